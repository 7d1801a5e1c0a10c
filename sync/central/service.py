"""The centre as an HTTP service: what tills ask, one route a question, described by OpenAPI.

The service itself keeps nothing: any number of them can run on one database.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

import anyio
import anyio.to_thread
import msgspec
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.params import Dependency
from litestar.response import Response
from msgspec import Struct

from sync.central import changes, holds, intake, tills
from sync.central.database import Pool, row
from sync.central.folding import Folder
from sync.central.gate import Application, Gate
from sync.central.tills import Refused
from sync.messages import (
    FACTS_MOST,
    IDS_MOST,
    VERSION,
    HoldAnswer,
    HoldOver,
    HoldWanted,
    Joined,
    Joining,
    Page,
    Pull,
    Receipt,
    Upload,
)

log = logging.getLogger(__name__)

_MSGPACK = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")
REST_S = 0.2
"""How long the folder rests when nothing waits."""
TIDY_S = 60.0

Now = Callable[[], int]


class Asked(Request[None, None, State]):
    """A request whose body is JSON or MessagePack, as its content type says."""

    async def json(self) -> object:
        if self.content_type[0] in _MSGPACK:
            return msgspec.msgpack.decode(await self.body())
        return await super().json()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Clock(Struct, frozen=True):
    """What the centre's clock says (UTC ms), which messages it speaks, and of which past it is."""

    now: int
    version: int
    timeline: str


class Service:
    """What the routes share: the database, the folder, the clock."""

    def __init__(self, pool: Pool, folder: Folder, now: Now) -> None:
        self.pool = pool
        self.folder = folder
        self.now = now
        self.waiting = anyio.Event()

    def fold_all(self) -> int:
        """Fold all that waits; tells how many facts that were."""
        count = 0
        with self.pool.connection() as link:
            while folded := self.folder.fold(link):
                count += folded
        return count


Shared = Annotated[Service, Dependency(skip_validation=True)]


@get("/v1/clock", sync_to_thread=True)
def clock(service: Shared) -> Clock:
    """The centre's clock; a till dates what it signs by it."""
    with service.pool.connection() as link:
        return Clock(service.now(), VERSION, row(link, "SELECT timeline FROM centre")[0])


@post("/v1/join", status_code=200, sync_to_thread=True)
def join(service: Shared, data: Joining) -> Joined:
    """A till becomes one of the centre's."""
    with service.pool.connection() as link:
        return tills.join(link, data, service.now())


@post("/v1/facts", status_code=200)
async def facts(service: Shared, request: Asked, data: Upload) -> Receipt:
    """A till sends facts and people."""
    if len(data.facts) > FACTS_MOST or len(data.people) > FACTS_MOST:
        raise Refused("too_many", 413, f"An upload brings at most {FACTS_MOST} facts and as many people.")
    till = _till(request)

    def received() -> Receipt:
        with service.pool.connection() as link:
            return intake.receive(link, till, data, service.now())

    receipt = await anyio.to_thread.run_sync(received)
    if data.facts or data.people:
        service.waiting.set()
    return receipt


@post("/v1/changes", status_code=200, sync_to_thread=True)
def pull(service: Shared, request: Asked, data: Pull) -> Page:
    """A till asks for what has changed."""
    if len(data.ids) > IDS_MOST:
        raise Refused("too_many", 413, f"A till asks about at most {IDS_MOST} facts at once.")
    with service.pool.connection() as link:
        return changes.page(link, _till(request), data, service.now())


@post("/v1/holds", status_code=200, sync_to_thread=True)
def hold(service: Shared, request: Asked, data: HoldWanted) -> HoldAnswer:
    """Points are to be kept for a sale."""
    with service.pool.connection() as link:
        return holds.take(link, _till(request), data, service.folder.statutes, service.now())


@post("/v1/holds/over", status_code=204, sync_to_thread=True)
def hold_over(service: Shared, request: Asked, data: HoldOver) -> None:
    """A sale was not completed: its points are free again."""
    with service.pool.connection() as link:
        holds.give_up(link, _till(request), data.hold, service.now())


@get("/healthz", sync_to_thread=True)
def healthy(service: Shared) -> dict[str, str]:
    """Whether the service and its database work."""
    with service.pool.connection() as link:
        row(link, "SELECT 1")
    return {"state": "ok"}


def gated(pool: Pool, folder: Folder, now: Now = now_ms) -> Gate:
    """The service behind its gate, as it is to be run, on an opened pool of connections."""
    return Gate(cast("Application", service_of(pool, folder, now)), pool, now)


def service_of(pool: Pool, folder: Folder, now: Now = now_ms) -> Litestar:
    """The service without its gate; it folds while it runs."""
    service = Service(pool, folder, now)

    @asynccontextmanager
    async def folding(_: Litestar) -> AsyncIterator[None]:
        service.waiting = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_fold_for_ever, service)
            tasks.start_soon(_tidy_for_ever, service)
            yield
            tasks.cancel_scope.cancel()

    return Litestar(
        route_handlers=[clock, join, facts, pull, hold, hold_over, healthy],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        lifespan=[folding],
        request_class=Asked,
        exception_handlers={Refused: _told, Exception: _unexpected},
        openapi_config=OpenAPIConfig(title="The centre of a cooperative's tills", version=str(VERSION)),
        logging_config=None,
    )


def _till(request: Asked) -> int:
    """The till that has signed a request; the gate lets no other through."""
    return int(cast("dict[str, int]", request.scope)["till"])


async def _fold_for_ever(service: Service) -> None:
    while True:
        with anyio.move_on_after(REST_S):
            await service.waiting.wait()
        service.waiting = anyio.Event()
        try:
            await anyio.to_thread.run_sync(service.fold_all)
        except Exception:
            log.exception("folding broke off; it is tried again")
            await anyio.sleep(REST_S)


async def _tidy_for_ever(service: Service) -> None:
    def tidy() -> None:
        with service.pool.connection() as link:
            tills.forget_nonces(link, service.now())

    while True:
        try:
            await anyio.to_thread.run_sync(tidy)
        except Exception:
            log.exception("tidying broke off; it is tried again")
        await anyio.sleep(TIDY_S)


def _told(_: Request[Any, Any, Any], refused: Refused) -> Response[dict[str, str]]:
    return Response({"code": refused.code, "sentence": refused.sentence}, status_code=refused.status)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    if isinstance(error, HTTPException):
        return Response({"code": "request", "sentence": str(error.detail)}, status_code=error.status_code)
    log.error("unexpected at %s %s", request.method, request.url.path, exc_info=error)
    return Response({"code": "unexpected", "sentence": "The centre has a fault; it is in its log."}, status_code=500)
