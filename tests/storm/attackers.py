"""Who sends bad requests: strangers, enrolled tills gone bad, a till that was shut out, visitors of the pages."""

import base64
from collections.abc import Callable
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from pos_app.loyalty import facts
from pos_app.loyalty.facts import Fact
from sync import signatures
from sync.central.state import now_ms
from sync.messages import Cursor, HoldOver, HoldWanted, Joining, Person, Pull, Report, Sent, Upload
from tests.helpers import bodies
from tests.helpers.served import AskingTill
from tests.storm.twists import BOMBS, LIES, Twister

SIGNED = (
    "/v1/facts", "/v1/facts", "/v1/facts", "/v1/changes", "/v1/changes", "/v1/holds", "/v1/holds/over",
    "/v1/packs/abcdef01", "/v1/snapshot", "/v1/snapshot/" + "a" * 64,
)  # fmt: skip
OPEN = ("/v1/join", "/v1/clock", "/healthz", "/schema/openapi.json", "/metrics", "/fleet", "/fleet/seen")
NOWHERE = (
    "/", "/v1", "/v2/facts", "/%00", "/fleetX", "/v1/facts/", "/v1/facts?x=1", "//v1/facts", "/v1/../v1/facts",
    "/%2e%2e/etc",
    "/v1/packs/" + "f" * 128, "/v1/packs/%2e%2e%2f", "/v1/packs/" + "9" * 4000, "/v1/snapshot/..%2fsnapshot.json",
    "/v1/snapshot/" + "é" * 64, "/described", "/described/openapi.json", "/v1/holds/over/over", "*",
    "http://other/v1/facts",
)  # fmt: skip
TYPES = (
    "application/json", "application/msgpack", "text/plain", "application/x-www-form-urlencoded", "", "application/xml",
    "application/json; charset=utf-7", "multipart/form-data; boundary=x", "application/vnd.tomorrow+msgpack",
    "\udcff/\udcfe",
)  # fmt: skip
PASSWORDS_SHARE = 0.002
"""A wrong password costs the centre much on purpose, so only few visitors try one."""


class Bad(NamedTuple):
    """A bad request: by whom, for which path, its bytes, and whether anybody may be answered well there.

    `is_http` says that it is one whole request, after which others can follow on the connection.
    """

    who: str
    path: str
    raw: bytes
    is_open: bool = False
    is_http: bool = True


def request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a request."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {path} HTTP/1.1\r\nhost: centre\r\n{lines}content-length: {len(body)}\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + body


class Stranger:
    """Knows the paths and the number of a till, and has no key."""

    def __init__(self, chance: Random, till: AskingTill) -> None:
        self._chance = chance
        self._till = till
        self._twister = Twister(chance)
        self._stolen: dict[str, str] = {}

    def bad(self) -> Bad:
        chance = self._chance
        path = chance.choice(chance.choice((SIGNED, SIGNED, SIGNED, OPEN[:5], NOWHERE)))
        method = chance.choice(("POST",) * 6 + ("GET", "GET", "PUT", "HEAD", "OPTIONS", "DELETE", "TRACE", "BREW"))
        kind, body = self._body()
        headers = {"content-type": kind, **self._signature(method, path, body)}
        if body.startswith(b"\x28\xb5\x2f\xfd"):
            headers["content-encoding"] = chance.choice(("zstd", "zstd", "gzip", "br, zstd"))
        path = quote(path, safe="/%?=*:.")
        return Bad("stranger", path, request(method, path, headers, body), is_open=path in OPEN or method == "OPTIONS")

    def _body(self) -> tuple[str, bytes]:
        chance = self._chance
        kind = chance.random()
        if kind < 0.2:
            return chance.choice(TYPES), chance.randbytes(chance.choice((0, 1, 10, 200, 3000)))
        if kind < 0.3:
            return chance.choice(TYPES[:2]), chance.choice(LIES)
        if kind < 0.35:
            return TYPES[1], chance.choice(BOMBS[1:])
        joining = Joining(chance.choice(("ABCD", "K7QH" * 3, "\0", "é")), chance.randbytes(32), "Каса", "9")
        return self._twister.encoded(chance.choice((joining, Pull(Cursor(1, 0)), HoldWanted(b"x" * 16, 1, 1))))

    def _signature(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """None, one of another key, one that was overheard, or one with values that cannot be."""
        chance, till = self._chance, self._till
        number = till.joined.till
        match chance.randrange(6):
            case 0:
                return {}
            case 1:
                return signatures.headers(signatures.new_key(), number, method, path, body, now_ms())
            case 2:
                overheard = till.signed("GET", "/v1/packs/00000000")
                return overheard | {"Till": str(number + 1)} if chance.random() < 0.2 else overheard
            case 3:
                right = till.signed(method, path, body)
                name = chance.choice(list(right))
                return right | {
                    name: chance.choice(("", "-1", "9" * 40, "x", "\udcff", "٣", "0x1", " 1", right[name] + "0"))
                }
            case 4:
                stamp = chance.choice((0, now_ms() - 301_000, now_ms() + 301_000, 2**53 - 1))
                return till.signed(method, path, body, stamp=stamp)
            case _:
                right = till.signed(method, path, body)
                return {name: right[name] for name in chance.sample(list(right), 3)}


class BadTill:
    """An enrolled till whose owner means harm: its signatures are right."""

    def __init__(self, chance: Random, till: AskingTill, who: str = "till") -> None:
        self._chance = chance
        self._till = till
        self._who = who
        self._twister = Twister(chance)
        self._number = 0
        self._epoch = 1
        self._hash = b""
        self._facts: list[bytes] = []
        self._last: Bad | None = None
        self.token: Callable[[int], tuple[bytes, int, bytes, str]] = lambda epoch: (b"", 0, b"", "")
        """What the centre has told this till in an epoch: token, number, hash, timeline."""

    def bad(self) -> Bad:
        chance = self._chance
        if self._last is not None and chance.random() < 0.02:
            return self._last  # once more, to the byte
        path = chance.choice(SIGNED if chance.random() < 0.97 else NOWHERE)
        method = (
            "POST" if path.count("/") == 2 or path.endswith("over") else chance.choice(("GET", "GET", "GET", "POST"))
        )
        kind, body = ("", b"") if method == "GET" else self._body(path)
        if chance.random() < 0.02:
            kind = chance.choice(TYPES)
        headers = {"content-type": kind} if body or kind else {}
        packed = chance.random()
        if packed < 0.005:
            body, headers["content-encoding"] = chance.choice(BOMBS), "zstd"
        elif packed < 0.2:
            body, headers["content-encoding"] = self._twister.packed(body), "zstd"
        if chance.random() < 0.3:
            headers |= {
                "accept": chance.choice(("application/msgpack", "*/*", "x", "application/msgpack;q=9e9", "\udcff"))
            }
        if "snapshot" in path and chance.random() < 0.5:
            wanted = ("bytes=0-", "bytes=-5", "bytes=9999999999999999-", "bytes=1-2,3-4", "bytes=٣-", "lines=1")
            headers["range"] = chance.choice(wanted)
        path = quote(path, safe="/%?=*:.")
        headers |= self._till.signed(method, path, body)
        self._last = Bad(self._who, path, request(method, path, headers, body))
        return self._last

    def _body(self, path: str) -> tuple[str, bytes]:
        chance = self._chance
        if chance.random() < 0.03:
            return chance.choice(TYPES[:2]), chance.choice(LIES)
        match path:
            case "/v1/facts":
                message: object = self._upload()
            case "/v1/changes":
                tick = chance.choice((0, 1, now_ms(), 2**63 - 1, -1, *[chance.randrange(2**40)] * 2))
                ids = tuple(
                    chance.choice((b"", b"x" * 16, *self._facts[-5:])) for _ in range(chance.choice((0, 1, 3, 1001)))
                )
                message = Pull(Cursor(tick, chance.choice((0, -(1 << 62), 2**63 - 1))), ids, self.token(self._epoch)[3])
            case "/v1/holds":
                message = HoldWanted(chance.randbytes(16), chance.choice(self._cards()), chance.choice((1, 5, 10**12)))
            case "/v1/holds/over":
                message = HoldOver(chance.randbytes(chance.choice((16, 16, 0, 5000))))
            case _:
                message = Joining("ABCD", chance.randbytes(32))
        return self._twister.encoded(message, twisted=0.5, bitten=0.1)

    def _upload(self) -> Upload:
        """What it says next, sometimes as it ought to be, mostly not."""
        chance = self._chance
        if chance.random() < 0.05:
            self._epoch = chance.choice((1, 2, self._epoch + 1, 2**31, 2**62, 0, -1))
        token, seq, before, timeline = self.token(self._epoch)
        self._number = chance.choice((seq, seq, seq, self._number, 0, 2**62))
        self._hash = before if chance.random() < 0.9 else chance.randbytes(16)
        first, hash_ = self._number, self._hash
        sent = tuple(
            self._sent() for _ in range(chance.choice((0, 1, 1, 2, 3, 20, 501) if chance.random() < 0.1 else (1, 2)))
        )
        people = (Person(chance.choice((1, 5, 2**62, -1)), *(chance.choice(("x", "\0", "Б" * 400)) for _ in range(6))),)
        devices = {f"device {number}": "x" * 400 for number in range(chance.choice((0, 1, 200)))}
        report = Report("9" * 500, 2**62, -5, devices, ("x\0" * 300,) * 60, chance.choice((0, 10**18, -(10**18))))
        return Upload(
            self._epoch,
            token if chance.random() < 0.8 else chance.randbytes(16),
            chance.choice((timeline, timeline, timeline, "", "elsewhere")),
            first if chance.random() < 0.9 else chance.choice((5, 2**40)),
            sent,
            hash_ if chance.random() < 0.9 else chance.randbytes(16),
            people if chance.random() < 0.2 else (),
            report if chance.random() < 0.2 else None,
            chance.choice((0, 0, 0, first, 2**62, -1)),
        )

    def _sent(self) -> Sent:
        chance = self._chance
        self._number += chance.choice((1, 1, 1, 1, 0, 5, -3))
        self._number = max(-(2**62), min(self._number, 2**62))
        id_ = (
            chance.choice((chance.randbytes(16), *self._facts[-1:])) if chance.random() < 0.1 else chance.randbytes(16)
        )
        moment = chance.choice((now_ms(), now_ms(), now_ms(), 0, 10**12, 200_000_000_000_000))
        till = self._till.joined.till if chance.random() < 0.9 else chance.choice((0, 1, 2**62))
        about = bodies.body(chance, self._cards(), self._facts[-50:], moment)
        fact = Fact(id_, till, self._epoch, self._number, moment, about, "x" * chance.choice((0, 5, 3000)))
        data = facts.encode(fact)
        if chance.random() < 0.4:
            kind, twisted = self._twister.encoded(fact, bitten=0.1)
            data = twisted if kind.endswith("msgpack") else data
        self._hash = facts.chain(self._hash, data) if chance.random() < 0.95 else chance.randbytes(16)
        self._facts.append(id_)
        del self._facts[:-200]
        return Sent(self._epoch, self._number, id_, self._hash, data)

    def _cards(self) -> list[int]:
        """Some cards that others use too, many that nobody does, and numbers that are no cards."""
        chance = self._chance
        return [
            2_900_000_000_001 + chance.randrange(20),
            chance.randrange(2**40),
            chance.choice((0, 1 << 62, 2**63 - 1)),
        ]


class Visitor:
    """Comes to the pages of administrators, without a password that is right."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def bad(self) -> Bad:
        chance = self._chance
        path = chance.choice(
            ("/fleet", "/fleet", "/fleet/seen", "/fleet/seen", "/metrics", "/schema/openapi.json", "/fleet/")
        )
        query = chance.choice(
            ("", "", "?lang=bg", "?lang=%00", "?lang=" + "x" * 5000, "?lang=bg&lang=fa", "?%ff=%ff", "?;;&&==")
        )
        method = "POST" if path.endswith("seen") else chance.choice(("GET", "GET", "GET", "POST"))
        headers = {"accept-language": chance.choice(("bg", "fa-IR", "x" * 3000, ",;q=,", "\udcff"))}
        headers |= self._authorization()
        body = b""
        if method == "POST":
            headers["content-type"] = chance.choice((TYPES[3], TYPES[3], TYPES[3], *TYPES))
            body = self._form()
        if chance.random() < 0.3:
            headers |= {"sec-fetch-site": chance.choice(("same-origin", "cross-site", ""))}
            headers |= {"origin": chance.choice(("null", "http://other", "http://centre", "http://[", "\udcff"))}
        target = path + query
        return Bad(
            "visitor",
            path,
            request(method, target, headers, body),
            is_open=path in ("/metrics", "/schema/openapi.json"),
        )

    def _authorization(self) -> dict[str, str]:
        chance = self._chance
        kind = chance.random()
        if kind < PASSWORDS_SHARE:
            name = chance.choice(("ivanka", "nobody", "x" * 3000))
            given = base64.b64encode(f"{name}:{chance.choice(('guess', 'x' * 3000))}".encode()).decode()
            return {"authorization": f"Basic {given}"}
        if kind < 0.5:
            return {}
        given = base64.b64encode(chance.choice((b"", b":", b"a:", b":b", b"\xff:\xfe", b"a\0:b", b"ab"))).decode()
        return {
            "authorization": chance.choice(
                (f"Basic {given}", "Basic", "Bearer x", "Basic ===", "basic \udcff", "Digest")
            )
        }

    def _form(self) -> bytes:
        chance = self._chance
        fields = {
            "till": ("1", "-1", "9" * 400, "x", "٣"),
            "at": ("1", "1e9", "9" * 30, ""),
            "kind": ("copy", "\0", "x" * 2000),
            "subject": ("1/1", "\0", "'"),
            "lang": ("bg", "//other", "\r\nset-cookie: x"),
        }
        form = "&".join(
            f"{name}={quote(chance.choice(some))}" for name, some in fields.items() if chance.random() < 0.9
        )
        return chance.choice(
            (form.encode(), form.encode(), chance.randbytes(200), b"&" * 3000, b"%" * 500, b"a=1&" * 1000)
        )
