"""The gate before the service: sizes and rates are bounded, bodies unpacked, tills known by their signature.

It is an ASGI application around another one, which then sees plain, small, signed requests; and the bytes that were
signed are the bytes that came.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio.to_thread
import msgspec
import zstandard

from sync import signatures
from sync.central import tills
from sync.central.database import Pool
from sync.central.tills import Refused
from sync.signatures import Signed

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PACKED_MOST = 4 * 2**20
UNPACKED_MOST = 16 * 2**20
PACK_FROM = 1024
"""From so many bytes on an answer is packed for a till that can unpack it."""
BURST, A_SECOND = 200, 20.0
"""How many requests somebody may make at once, and how many a second for long."""
_SOMEBODIES_MOST = 20_000
_OPEN = ("/v1/join", "/v1/clock", "/healthz", "/metrics", "/schema", "/fleet")


class Gate:
    """Lets requests through to `app`; `now` tells UTC milliseconds."""

    def __init__(self, app: Application, pool: Pool, now: Callable[[], int]) -> None:
        self._app = app
        self._pool = pool
        self._now = now
        self._rates = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await self._admitted(scope, headers, receive)
        except Refused as refused:
            await _refuse(send, refused)
            return
        scope["headers"] = [
            *[pair for pair in scope["headers"] if pair[0] not in (b"content-encoding", b"content-length")],
            (b"content-length", str(len(body)).encode()),
        ]
        packs = "zstd" in headers.get("accept-encoding", "")
        await self._app(scope, _replayed(body), _Packing(send) if packs else send)

    async def _admitted(self, scope: Scope, headers: dict[str, str], receive: Receive) -> bytes:
        """The unpacked body of a request that may pass; raises Refused."""
        path = scope["path"]
        client = scope.get("client")
        if not self._rates.may(headers.get(signatures.TILL.lower()) or (client[0] if client else "")):
            raise Refused("rate", 429, "Too many requests; wait a little.")
        body = await _whole(receive)
        if not path.startswith(_OPEN):
            signed = _signed(headers)
            target = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            await anyio.to_thread.run_sync(self._admit, signed, scope["method"], target, body)
            scope["till"] = signed.till
        return _unpacked(body, headers.get("content-encoding", ""))

    def _admit(self, signed: Signed, method: str, target: str, body: bytes) -> None:
        with self._pool.connection() as link:
            tills.admit(link, signed, method, target, body, self._now())


class Rates:
    """A bucket of requests for each somebody, filled again as time goes by; the longest unseen are forgotten."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def may(self, somebody: str) -> bool:
        """Whether somebody may make one more request now."""
        now = self._clock_s()
        left, seen = self._left.pop(somebody, (float(BURST), now))
        left = min(BURST, left + (now - seen) * A_SECOND)
        self._left[somebody] = (max(0.0, left - 1), now)
        if len(self._left) > _SOMEBODIES_MOST:
            self._left.popitem(last=False)
        return left >= 1


def _signed(headers: dict[str, str]) -> Signed:
    names = (signatures.TILL, signatures.STAMP, signatures.NONCE, signatures.SIGNATURE)
    signed = signatures.parse(*(headers.get(name.lower(), "") for name in names))
    if signed is None:
        raise Refused("signature", 401, "The request is not signed.")
    return signed


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("broken", 400, "The request broke off.")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > PACKED_MOST:
            raise Refused("too_large", 413, f"The request has more than {PACKED_MOST} bytes.")
    return bytes(body)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "zstd":
        raise Refused("encoding", 415, "Bodies come as they are, or packed by zstd.")
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**23).stream_reader(body) as reader:
            plain = reader.read(UNPACKED_MOST + 1)
    except zstandard.ZstdError as error:
        raise Refused("encoding", 400, "The body is not what zstd packs.") from error
    if len(plain) > UNPACKED_MOST:
        raise Refused("too_large", 413, f"The request unpacks to more than {UNPACKED_MOST} bytes.")
    return plain


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class _Packing:
    """Packs an answer that is worth it; one that comes in pieces goes on as it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            message = self._packed(start, message)
            await self._send(start)
        await self._send(message)

    def _packed(self, start: Any, message: Any) -> Any:
        body = message.get("body", b"")
        names = {name.lower() for name, _ in start["headers"]}
        if message.get("more_body") or len(body) < PACK_FROM or b"content-encoding" in names or start["status"] == 206:
            return message
        packed = zstandard.ZstdCompressor(level=3).compress(body)
        start["headers"] = [
            *[pair for pair in start["headers"] if pair[0].lower() != b"content-length"],
            (b"content-encoding", b"zstd"),
            (b"content-length", str(len(packed)).encode()),
        ]
        return {**message, "body": packed}


async def _refuse(send: Send, refused: Refused) -> None:
    body = msgspec.json.encode({"code": refused.code, "sentence": refused.sentence})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
