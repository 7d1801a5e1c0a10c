"""The way to the centre over HTTPS: messages out, messages back, every one signed; trouble is `Away` or `Turned`."""

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
import zstandard

from db import link
from sync import signatures
from sync.agent import Away
from sync.messages import (
    HoldAnswer,
    HoldOver,
    HoldWanted,
    Joined,
    Joining,
    Offered,
    Page,
    Pull,
    Receipt,
    SaleFound,
    SaleWanted,
    Upload,
)

T = TypeVar("T")

TIMEOUT_S = 20.0
HOLD_TIMEOUT_S = 0.4
SALE_TIMEOUT_S = 2.0
PACK_FROM = 1024
ANSWER_MOST = 64 * 2**20
_REFUSALS = (400, 401, 403, 404, 409, 413, 415, 422, 429)

_encoder = msgspec.msgpack.Encoder()


class Turned(Exception):
    """The centre answers, and not as was asked: it does not know the till, or has shut it out. `code` is its own."""

    def __init__(self, code: str, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status


class NotTrusted(Away):
    """Somebody answers with a certificate that is not trusted; nothing was told to them."""


class Clock(msgspec.Struct, frozen=True):
    """What the centre's clock says, in UTC ms."""

    now: int


class _Told(msgspec.Struct, frozen=True):
    """How the centre refuses something."""

    code: str
    sentence: str


class HttpLine:
    """The line of one till; `now` is the till's own clock in UTC ms, set right by the centre's with `set_clock`."""

    def __init__(self, url: str, till: int, key: bytes, now: Callable[[], int], *, ca_file: str = "") -> None:
        self._url = url.rstrip("/")
        self._path = urlsplit(self._url).path
        self._till = till
        self._key = key
        self._now = now
        self.offset_ms = 0
        self._client = httpx.Client(verify=_trust(ca_file), timeout=TIMEOUT_S)

    def close(self) -> None:
        self._client.close()

    def set_clock(self) -> int:
        """Learn by how many milliseconds the centre's clock is ahead; half of the way there and back is allowed for."""
        before = self._now()
        told = self._answer(self._client.build_request("GET", f"{self._url}/v1/clock"), Clock).now
        after = self._now()
        self.offset_ms = told - (before + after) // 2
        return self.offset_ms

    def join(self, joining: Joining) -> Joined:
        return self._ask("/v1/join", joining, Joined)

    def send(self, upload: Upload) -> Receipt:
        return self._ask("/v1/facts", upload, Receipt)

    def changes(self, pull: Pull) -> Page:
        return self._ask("/v1/changes", pull, Page)

    def pack(self, hash_: str, timeout_s: float = TIMEOUT_S) -> bytes:
        """A programme file by its hash, which is the caller's to check."""
        return self._content(self._signed("GET", f"/v1/packs/{hash_}", b"", {}, timeout_s))[0]

    def snapshot(self) -> Offered | None:
        """The snapshot that the centre has ready, if any."""
        try:
            return self._answer(self._signed("GET", "/v1/snapshot", b"", {"Accept": "application/msgpack"}), Offered)
        except Turned as turned:
            if turned.status == 404:
                return None
            raise

    def snapshot_pieces(self, hash_: str, first: int) -> Iterator[bytes]:
        """The bytes of a snapshot from one on, as they come; nothing where it is no more, or not what was asked for."""
        wanted = {"Range": f"bytes={first}-"} if first else {}
        request = self._signed("GET", f"/v1/snapshot/{hash_}", b"", wanted)
        try:
            answer = self._client.send(request, stream=True)
            try:
                if answer.status_code == (206 if first else 200):
                    yield from answer.iter_raw()
            finally:
                answer.close()
        except (httpx.HTTPError, ssl.SSLError) as error:
            raise Away(_told("The centre cannot be reached", error)) from error

    def hold(self, wanted: HoldWanted) -> HoldAnswer:
        """Ask for points to be kept; Away also when the answer takes longer than a cashier can wait."""
        return self._ask("/v1/holds", wanted, HoldAnswer, HOLD_TIMEOUT_S)

    def give_up(self, over: HoldOver) -> None:
        self._ask("/v1/holds/over", over, type(None), HOLD_TIMEOUT_S)

    def sale(self, wanted: SaleWanted) -> SaleFound:
        """Ask for a sale by its slip; Away also when the answer takes longer than somebody with a slip can wait."""
        return self._ask("/v1/sales", wanted, SaleFound, SALE_TIMEOUT_S)

    def _ask(self, path: str, message: object, kind: type[T], timeout_s: float = TIMEOUT_S) -> T:
        body, headers = _encoder.encode(message), {"Content-Type": "application/msgpack"}
        if len(body) >= PACK_FROM:
            body = zstandard.ZstdCompressor(level=3).compress(body)
            headers["Content-Encoding"] = "zstd"
        headers |= {"Accept": "application/msgpack", "Accept-Encoding": "zstd"}
        return self._answer(self._signed("POST", path, body, headers, timeout_s), kind)

    def _signed(
        self, method: str, path: str, body: bytes, headers: dict[str, str], timeout_s: float = TIMEOUT_S
    ) -> httpx.Request:
        """A request, signed if the till has its number already."""
        if self._till:
            stamp = self._now() + self.offset_ms
            headers |= signatures.headers(self._key, self._till, method, self._path + path, body, stamp)
        return self._client.build_request(
            method, self._url + path, content=body, headers=headers, timeout=httpx.Timeout(timeout_s)
        )

    def _content(self, request: httpx.Request) -> tuple[bytes, str]:
        """What was answered and of which media type; raises Away when nothing was, Turned when it was a refusal."""
        try:
            answer = self._client.send(request, stream=True)
            try:
                content = _read(answer, request.extensions["timeout"]["read"])
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            if _is_distrust(error):
                raise NotTrusted(_told(f"The certificate of {self._url} is not trusted", error)) from error
            raise Away(_told("The centre cannot be reached", error)) from error
        if answer.status_code in _REFUSALS:
            raise _turned(content, answer.status_code)
        if not answer.is_success:
            raise Away(f"The centre has answered with {answer.status_code}.")
        return content, answer.headers.get("content-type", "")

    def _answer(self, request: httpx.Request, kind: type[T]) -> T:
        """The message that was answered; raises Away also when it is none."""
        content, media = self._content(request)
        if kind is type(None):
            return None
        try:
            if "json" in media:
                return msgspec.json.decode(content, type=kind)
            return msgspec.msgpack.decode(content, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Away(_told("The centre's answer cannot be read", error)) from error


def of_till(folder: Path, url: str, till: int, now: Callable[[], int]) -> HttpLine:
    """The line of the till in a folder, with the centre's clock as it was last known; raises StoreTrouble."""
    line = HttpLine(url, till, link.key(folder) or b"", now, ca_file=link.ca_file(folder))
    known = link.state(folder)
    line.offset_ms = 0 if known is None else known.offset_ms
    return line


def _read(answer: httpx.Response, timeout_s: float) -> bytes:
    """The whole answer; one that trickles in is not waited for longer than for one that does not come."""
    content, until = bytearray(), time.monotonic() + timeout_s
    for piece in answer.iter_bytes():
        content += piece
        if time.monotonic() > until:
            raise httpx.ReadTimeout(f"the answer was not whole after {timeout_s} s")
        if len(content) > ANSWER_MOST:
            raise httpx.DecodingError(f"the answer has more than {ANSWER_MOST} bytes")
    return bytes(content)


def _told(sentence: str, error: Exception) -> str:
    """A sentence with its reason, which some errors have and some have not."""
    return f"{sentence}: {str(error).rstrip('.') or type(error).__name__}."


def _turned(content: bytes, status: int) -> Turned:
    try:
        told = msgspec.json.decode(content, type=_Told)
    except msgspec.DecodeError:
        return Turned("unknown", f"The centre has answered with {status}.", status)
    return Turned(told.code, told.sentence, status)


def _is_distrust(error: BaseException | None) -> bool:
    """Whether a certificate was the trouble, however deep below."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _trust(ca_file: str) -> ssl.SSLContext:
    """Whose certificates are believed: those of the system, or of the file."""
    return ssl.create_default_context(cafile=ca_file or None)
