"""Requests and answers in JSON or MessagePack: bodies as their content type says, answers as is asked for."""

from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.response import Response
from litestar.response.base import ASGIResponse

from sync.central.tills import Refused

T = TypeVar("T")

MSGPACK = "application/msgpack"
MSGPACK_NAMES = (MSGPACK, "application/x-msgpack", "application/vnd.msgpack")


class Asked(Request[None, None, State]):
    """A request whose body is JSON or MessagePack, as its content type says."""

    async def json(self) -> object:
        """What the body says; raises Refused for one that says nothing."""
        body = await self.body()
        try:
            if self.content_type[0] in MSGPACK_NAMES:
                return msgspec.msgpack.decode(body)
            return msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:  # no such bytes, not UTF-8, or one in the other without end
            raise Refused("body", 400, f"The body cannot be read: {str(error)[:100]}") from error


class Chosen(Response[T]):
    """An answer in MessagePack for whoever would rather have that than JSON."""

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **rest: Any) -> ASGIResponse:
        kind = self.media_type or rest.get("media_type") or MediaType.JSON
        if (
            self.content is not None
            and kind == MediaType.JSON
            and request.accept.best_match([MediaType.JSON.value, *MSGPACK_NAMES]) in MSGPACK_NAMES
        ):
            self.content, self.media_type = cast("T", msgspec.msgpack.encode(self.content)), MSGPACK
        return super().to_asgi_response(app, request, **rest)
