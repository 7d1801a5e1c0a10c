"""Bad requests without end: `python -m tests.storm --requests 1000000 [--seed N]` against a centre that it starts.

Bytes that are no message, messages with values that cannot be, packed bombs, forged and repeated signatures, paths that
are none. Told are the answers by status and how much memory the process has gained. Exit 1 for any 5xx, for anybody who
got in, or for memory that grew by more than 64 MB after the first tenth.
"""

import argparse
import random
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import zstandard

from pos_app.loyalty import facts
from pos_app.loyalty.facts import Enrolled, Fact
from sync import signatures
from sync.central.state import now_ms
from sync.messages import Cursor, HoldOver, HoldWanted, Joining, Person, Pull, Report, Sent, Upload
from tests.helpers import postgres
from tests.helpers.served import AskingTill, Served, serving

GAIN_MOST_MB = 64
PATHS = (
    "/v1/facts", "/v1/changes", "/v1/holds", "/v1/holds/over", "/v1/join", "/v1/clock", "/v1/packs/abcdef01", "/fleet",
    "/fleet/seen", "/healthz", "/", "/v1", "/schema/openapi.json", "/%00", "/fleetX", "/v1/facts?x=1",
)  # fmt: skip
KINDS = ("application/json", "application/msgpack", "text/plain", "application/x-www-form-urlencoded", "")
BOMB = zstandard.ZstdCompressor(level=19).compress(bytes(64 * 2**20))


class Told(NamedTuple):
    """What a storm came to: answers by status, and the megabytes that the process gained after the first tenth."""

    statuses: Counter[int]
    gained_mb: float


class Connection:
    """A connection kept open, and opened again when the centre has closed it."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._socket: socket.socket | None = None

    def ask(self, head: bytes, body: bytes) -> int:
        """The status of the answer; 0 where the centre hung up."""
        with suppress(OSError):
            if self._socket is None:
                assert self._address.hostname is not None
                self._socket = socket.create_connection((self._address.hostname, self._address.port or 80), timeout=30)
            self._socket.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            if status := self._answer(self._socket):
                return status
        self.close()
        return 0

    def _answer(self, connection: socket.socket) -> int:
        got = b""
        while b"\r\n\r\n" not in got:
            piece = connection.recv(65536)
            if not piece:
                return 0
            got += piece
        head, _, rest = got.partition(b"\r\n\r\n")
        fields = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in fields if line.startswith(b"content-length:")), 0)
        while len(rest) < length:
            rest += connection.recv(65536)
        if b"connection: close" in fields:
            self.close()
        return int(head[9:12])

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Storm:
    """Makes bad requests by chance, of a till that is known and of nobody."""

    def __init__(self, till: AskingTill, seed: int) -> None:
        self._till = till
        self._chance = random.Random(seed)
        self._last: dict[str, str] = {}

    def requests(self, count: int) -> Iterator[tuple[bytes, bytes]]:
        for _ in range(count):
            yield self._request()

    def _request(self) -> tuple[bytes, bytes]:
        chance = self._chance
        path = chance.choice(PATHS[:5]) if chance.random() < 0.8 else chance.choice(PATHS)
        body = chance.choice((self._noise, self._mutant, self._mutant, self._mutant, self._packed))()
        method = chance.choice(("POST",) * 8 + ("GET", "PUT"))
        head = {"content-type": chance.choice(KINDS) if chance.random() < 0.3 else chance.choice(KINDS[:2])}
        if body.startswith(b"\x28\xb5\x2f\xfd"):
            head["content-encoding"] = chance.choice(("zstd", "zstd", "gzip"))
        head |= self._signature(method, path, body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"{method} {path} HTTP/1.1\r\nhost: centre\r\n{lines}".encode("latin-1"), body

    def _signature(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """Right in most cases, so that what is behind the gate is tried; forged, old or repeated in the others."""
        kind = self._chance.random()
        if kind < 0.6:
            self._last = self._till.signed(method, path, body)
            return self._last
        if kind < 0.7:
            return self._last
        if kind < 0.8:
            return signatures.headers(signatures.new_key(), self._till.joined.till, method, path, body, now_ms())
        if kind < 0.9:
            return {name: self._chance.choice(("", "-1", "9" * 40, "x", "\xff")) for name in ("till", "till-stamp")}
        return {}

    def _noise(self) -> bytes:
        return self._chance.randbytes(self._chance.choice((0, 1, 10, 200, 3000)))

    def _packed(self) -> bytes:
        if self._chance.random() < 0.02:
            return BOMB
        packed = zstandard.ZstdCompressor().compress(self._mutant())
        return packed if self._chance.random() < 0.5 else self._bitten(packed)

    def _mutant(self) -> bytes:
        """A message with a wrong value or a wrong byte in it, or none."""
        encode: Callable[[object], bytes] = self._chance.choice((msgspec.json.encode, msgspec.msgpack.encode))
        message = msgspec.to_builtins(self._message(), builtin_types=(bytes,))
        if self._chance.random() < 0.6:
            message = self._twisted(message)
        encoded = encode(message)
        return self._bitten(encoded) if self._chance.random() < 0.4 else encoded

    def _message(self) -> object:
        chance = self._chance
        number = chance.randrange(1, 2**31)
        fact = Fact(
            chance.randbytes(16), self._till.joined.till, 1, number, now_ms(), Enrolled(number, number, 5, "x", 0)
        )
        data = facts.encode(fact)
        sent = Sent(1, number, fact.id, chance.randbytes(16), data)
        report = Report("1", 1, 1, {"printer": "ok"})
        return chance.choice((
            Upload(1, chance.randbytes(16), facts=(sent,), people=(Person(number, "x"),), report=report),
            Pull(Cursor(chance.randrange(3), 0), (chance.randbytes(16),)), HoldWanted(chance.randbytes(16), number, 5),
            HoldOver(chance.randbytes(16)), Joining("ABCD", chance.randbytes(32)),
        ))  # fmt: skip

    def _twisted(self, value: object) -> object:
        """One of its values, however deep, in the place of another."""
        chance = self._chance
        if isinstance(value, dict) and value and chance.random() < 0.9:
            key = chance.choice(list(value))
            return value | {key: self._twisted(value[key])}
        if isinstance(value, list | tuple) and value and chance.random() < 0.9:
            place = chance.randrange(len(value))
            return [*value[:place], self._twisted(value[place]), *value[place + 1 :]]
        return chance.choice((
            None, -1, 0, 2**31, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, "", "\0", "x" * 5000, b"", bytes(5000), [], {},
            True, [[]] * 500, {"a": {"a": {"a": []}}}, "\ud7ff\U0010ffff", self._deep(),
        ))  # fmt: skip

    def _deep(self) -> object:
        value: object = 1
        for _ in range(200):
            value = [value]
        return value

    def _bitten(self, text: bytes) -> bytes:
        """With some of its bytes other ones, or gone."""
        bitten = bytearray(text)
        for _ in range(self._chance.randrange(1, 5)):
            if bitten:
                bitten[self._chance.randrange(len(bitten))] = self._chance.randrange(256)
        return bytes(bitten[: self._chance.randrange(len(bitten) + 1)] if self._chance.random() < 0.3 else bitten)


def rage(served: Served, count: int, seed: int, say: Callable[[str], object] = lambda line: None) -> Told:
    """Send so many bad requests."""
    statuses: Counter[int] = Counter()
    connection = Connection(served.url)
    before = 0.0
    try:
        for number, (head, body) in enumerate(Storm(served.till(), seed).requests(count)):
            if number == count // 10:
                before = _memory_mb()
            statuses[connection.ask(head, body)] += 1
            if number % 10_000 == 9_999:
                say(f"{number + 1}: {dict(sorted(statuses.items()))}, {_memory_mb():.0f} MB")
    finally:
        connection.close()
    return Told(statuses, _memory_mb() - before)


def _memory_mb() -> float:
    """What this process holds of the machine's memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with postgres.running() as server, serving(server.database()) as served:
        told = rage(served, options.requests, options.seed, print)
        (known,) = served.link.execute("SELECT count(*) FROM till").fetchone() or (0,)
    faults = sum(count for status, count in told.statuses.items() if status >= 500)
    print(f"{dict(sorted(told.statuses.items()))}; {faults} faults; {known} tills; {told.gained_mb:.0f} MB gained")
    return int(faults > 0 or known != 1 or told.gained_mb > GAIN_MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
