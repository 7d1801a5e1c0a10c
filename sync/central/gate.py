"""The gate before the service: sizes, times and rates are bounded, bodies unpacked, tills known by their signature.

It is an ASGI application around another one, which then sees plain, small, signed requests; and the bytes that were
signed are the bytes that came.
"""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import psycopg
import zstandard

from sync import signatures
from sync.central import tills
from sync.central.database import Pool
from sync.central.rates import Buckets, Limits, household
from sync.central.tills import Refused
from sync.signatures import Signed

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PACKED_MOST = 4 * 2**20
UNPACKED_MOST = 16 * 2**20
OPEN_MOST = 4096
"""How many bytes may come from somebody who has not signed."""
HELD_MOST = 256 * 2**20
"""How many bytes of bodies may be on their way in at once, all together."""
HELD_OF_ONE_MOST = 32 * 2**20
"""And how many of them from one address."""
AT_ONCE_MOST = 4
"""How many requests of one till are worked on at once: each has a connection to the database while it waits."""
BODY_S = 20.0
"""How long a body may take to come."""
PACK_FROM = 1024
"""From so many bytes on an answer is packed for a till that can unpack it."""
JOIN = "/v1/join"
PACKS = "/v1/packs/"
FLEET = ("/fleet", "/fleet/seen")
OPEN = frozenset({JOIN, "/v1/clock", "/healthz", "/metrics", "/schema/openapi.json", *FLEET})
"""What is answered without a till's signature; the fleet page has a password of its own."""
JSON, MSGPACK, FORM = "application/json", "application/msgpack", "application/x-www-form-urlencoded"
ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
"""Headers of every answer."""
_ONCE = frozenset({
    "content-type", "content-encoding", "content-length", "authorization",
    *(name.lower() for name in (signatures.TILL, signatures.STAMP, signatures.NONCE, signatures.SIGNATURE)),
})  # fmt: skip
"""Headers that say something once, or the request is not clear."""


class Gate:
    """Lets requests through to `app`; `now` tells UTC milliseconds."""

    def __init__(self, app: Application, pool: Pool, now: Callable[[], int], limits: Limits | None = None) -> None:
        self._app = app
        self._pool = pool
        self._now = now
        limits = limits or Limits()
        self._addresses = Buckets(limits.address)
        self._tills = Buckets(limits.till)
        self._refused = Buckets(limits.refused)
        self._joins = Buckets(limits.joins)
        self._signs_in = Buckets(limits.signs_in)
        self._till_bytes = Buckets(limits.till_bytes)
        self._held: Counter[str] = Counter()
        self._busy: Counter[int] = Counter()
        self.counts: Callable[[str, int, float], object] = lambda path, status, seconds: None
        """Is told the path, status and seconds of every request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            begun, path, status = time.monotonic(), scope["path"], 0

            async def noted(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await self._answer(scope, receive, noted)
            finally:
                self.counts(path, status, time.monotonic() - begun)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = _headers(scope)
            body = await self._admitted(scope, headers, receive)
            till = self._begun(scope)
        except Refused as refused:
            await _refuse(send, refused)
            return
        scope["headers"] = [
            *[pair for pair in scope["headers"] if pair[0] not in (b"content-encoding", b"content-length")],
            (b"content-length", str(len(body)).encode()),
        ]
        packs = "zstd" in headers.get("accept-encoding", "")
        try:
            await self._app(scope, _replayed(body, receive), _Answer(send, packs=packs))
        finally:
            self._end(till)

    def _begun(self, scope: Scope) -> int:
        """Count a request of a till among those that are worked on; tells the till, 0 for none."""
        till = int(scope.get("till", 0))
        if till and self._busy[till] >= AT_ONCE_MOST:
            raise Refused("rate", 429, "Too many requests of this till at once; wait a little.")
        self._busy[till] += 1
        return till

    def _end(self, till: int) -> None:
        self._busy[till] -= 1
        if not self._busy[till]:
            del self._busy[till]

    async def _admitted(self, scope: Scope, headers: dict[str, str], receive: Receive) -> bytes:
        """The unpacked body of a request that may pass; raises Refused."""
        path, method = scope["path"], scope["method"]
        client = scope.get("client")
        address = household(client[0] if client else "")
        if not self._addresses.may(address):
            raise Refused("rate", 429, "Too many requests; wait a little.")
        if method not in ("GET", "POST"):
            raise Refused("method", 405, "The centre is asked by GET and POST.")
        if path in OPEN:
            self._may_come_unsigned(path, address, headers)
            return await self._unsigned(path, headers, receive, address)
        if self._refused.left(address) < 1:
            raise Refused("rate", 429, "Too many requests that were refused; wait a little.")
        try:
            return await self._signed(scope, headers, receive, address)
        except Refused as refused:
            if refused.code in ("signature", "stamp", "shut_out", "replay"):
                self._refused.may(address)
            raise

    def _may_come_unsigned(self, path: str, address: str, headers: dict[str, str]) -> None:
        """Codes and passwords cannot be guessed in a row."""
        if path == JOIN and not self._joins.may(address):
            raise Refused("rate", 429, "Too many tries to join from here; wait a minute.")
        if "authorization" in headers and self._signs_in.left(address) < 1:
            raise Refused("rate", 429, "Too many wrong passwords from here; wait a minute.")

    def wrong_password(self, address: str) -> None:
        """Somebody at this address gave a wrong password."""
        self._signs_in.may(household(address))

    async def _unsigned(self, path: str, headers: dict[str, str], receive: Receive, address: str) -> bytes:
        body = await self._whole(receive, OPEN_MOST, address)
        if body:
            _check_type(headers, (FORM,) if path in FLEET else (JSON, MSGPACK))
        return _unpacked(body, headers.get("content-encoding", ""), OPEN_MOST)

    async def _signed(self, scope: Scope, headers: dict[str, str], receive: Receive, address: str) -> bytes:
        signed = _signed(headers)
        body = await self._whole(receive, PACKED_MOST, address)
        target = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")

        def admitted() -> bytes:
            with self._pool.connection() as link:
                tills.admit(link, signed, scope["method"], target, body, self._now(), self._tills.may)
            return _unpacked(body, headers.get("content-encoding", ""), UNPACKED_MOST)

        try:
            plain = await anyio.to_thread.run_sync(admitted)
        except psycopg.OperationalError as error:
            log.warning("the database cannot be reached: %s", type(error).__name__)
            raise Refused("database", 503, "The centre cannot reach its database; try again.") from error
        if not self._till_bytes.may(signed.till, len(plain)):
            raise Refused("rate", 429, "Too much at once from this till; wait a minute.")
        if body:
            _check_type(headers, (JSON, MSGPACK))
        scope["till"] = signed.till
        return plain

    async def _whole(self, receive: Receive, most: int, address: str) -> bytes:
        """The body as it came; raises Refused for one that is too large, too slow, or one too many."""
        body = bytearray()
        try:
            with anyio.fail_after(BODY_S):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused("broken", 400, "The request broke off.")
                    piece = message.get("body", b"")
                    body += piece
                    self._held[address] += len(piece)
                    more = message.get("more_body", False)
                    if len(body) > most:
                        raise Refused("too_large", 413, f"The request has more than {most} bytes.")
                    if self._held[address] > HELD_OF_ONE_MOST or self._held.total() > HELD_MOST:
                        raise Refused("busy", 503, "The centre has too much to read at once; try again.")
        except TimeoutError:
            raise Refused("slow", 408, f"The request took more than {BODY_S:.0f} seconds to come.") from None
        finally:
            self._held[address] -= len(body)
            if not self._held[address]:
                del self._held[address]
        return bytes(body)


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by their names; raises Refused when one comes twice that may not."""
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if name in headers and name in _ONCE:
            raise Refused("headers", 400, f"The header {name} came more than once.")
        headers[name] = value.decode("latin-1")
    return headers


def _check_type(headers: dict[str, str], possible: tuple[str, ...]) -> None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in possible:
        raise Refused("type", 415, f"A body here is of type {' or '.join(possible)}.")


def _signed(headers: dict[str, str]) -> Signed:
    names = (signatures.TILL, signatures.STAMP, signatures.NONCE, signatures.SIGNATURE)
    signed = signatures.parse(*(headers.get(name.lower(), "") for name in names))
    if signed is None:
        raise Refused("signature", 401, "The request is not signed.")
    return signed


def _unpacked(body: bytes, encoding: str, most: int) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "zstd":
        raise Refused("encoding", 415, "Bodies come as they are, or packed by zstd.")
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**23).stream_reader(body) as reader:
            plain = reader.read(most + 1)
    except zstandard.ZstdError as error:
        raise Refused("encoding", 400, "The body is not what zstd packs.") from error
    if len(plain) > most:
        raise Refused("too_large", 413, f"The request unpacks to more than {most} bytes.")
    return plain


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body at once; after it whatever comes, which is that the other side hangs up."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


class _Answer:
    """Adds what every answer says, and packs one that is worth it; one that comes in pieces goes on as it is."""

    def __init__(self, send: Send, *, packs: bool) -> None:
        self._send = send
        self._packs = packs
        self._start: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self._start["headers"] = [*message["headers"], *ALWAYS]
            return
        if self._start is not None:
            start, self._start = self._start, None
            message = self._packed(start, message) if self._packs else message
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
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *ALWAYS]
    if refused.status == 405:
        headers.append((b"allow", b"GET, POST"))
    if refused.status == 429:
        headers.append((b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
