"""Plays a conversation of an old version to today's centre: it says what it said then, and reads what it read then.

What the centre makes by chance (timeline, tokens, ticks, the key for card numbers, hashes of snapshots) is another
thing each time. So the player learns from the answers what is now in the place of what was then, and says that
instead. All else that an old till reads of an answer has to be what it was; more may be there.
"""

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import zstandard

from sync import signatures
from tests.recorded.conversation import Asked, Conversation
from tests.recorded.stage import Stage

Way = tuple[str | int, ...]
"""Where in a message a value is"""

_BY_CHANCE = {"timeline", "token", "card_key", "hash", "size", "unpacked", "tick", "counted_at", "version"}
"""Fields that are another thing each time; of its own version the centre may tell."""
_BY_CHANCE_AT = {("cursor", 0), ("states", 1), ("entries", 2), ("things", 2)}
_TABLES = ("card", "ledger", "account", "product", "offer", "staff", "coupon")
"""What a till reads of a snapshot."""
_INSIDE = "inside"
"""Stands in a way for going into bytes that are a message themselves."""


class Differs(AssertionError):
    """Today's centre does not answer as the one of then did."""


class Answered(NamedTuple):
    """What today's centre answers."""

    status: int
    media: str
    body: bytes


class Player:
    """Plays the tills of a conversation; the clock of the stage's centre is `now`."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._instead: dict[Any, Any] = {}
        self.now = 0

    def play(self, stage: Stage) -> int:
        """Play it to its end; tells how many requests that were. Raises Differs."""
        asked = 0
        with httpx.Client(base_url=stage.url, timeout=30) as client:
            for place, event in enumerate(self._conversation.events):
                self.now = event.at
                if isinstance(event, Asked):
                    try:
                        self._compare(event, self._ask(client, event))
                    except Differs as differs:
                        raise Differs(f"event {place}, {event.method} {event.target}: {differs}") from differs
                    asked += 1
                else:
                    stage.do(event)
        return asked

    def _ask(self, client: httpx.Client, event: Asked) -> Answered:
        target, body, headers = self._target(event.target), self._body(event), dict(event.headers)
        if headers.get("content-encoding") == "zstd":
            body = zstandard.ZstdCompressor(level=3).compress(body)
        if event.till:
            key = self._conversation.keys[event.till]
            headers |= signatures.headers(key, event.till, event.method, target, body, event.at)
        with client.stream(event.method, target, content=body, headers=headers) as answer:
            content = b"".join(answer.iter_raw())
            if answer.headers.get("content-encoding") == "zstd":
                content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
            return Answered(answer.status_code, answer.headers.get("content-type", ""), content)

    def _target(self, target: str) -> str:
        return "/".join(str(self._instead.get(part, part)) for part in target.split("/"))

    def _body(self, event: Asked) -> bytes:
        if not event.body:
            return b""
        return msgspec.msgpack.encode(self._said(msgspec.msgpack.decode(event.body)))

    def _said(self, value: Any) -> Any:
        """A value with what is now in the place of what was then."""
        if isinstance(value, dict):
            return {key: self._said(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._said(one) for one in value]
        return self._instead.get(value, value) if value else value

    def _compare(self, event: Asked, answered: Answered) -> None:
        if (event.status, event.media) != (answered.status, answered.media):
            raise Differs(f"{answered.status} {answered.media} instead of {event.status} {event.media}")
        if event.media == "application/zstd":
            _same_file(event.answer, answered.body)
        elif event.media.startswith("application/json"):
            then = msgspec.json.decode(event.answer)
            if event.target == "/v1/clock":
                then = {"now": then["now"]}  # a till reads no more of it
            self._same((), then, msgspec.json.decode(answered.body))
        elif event.media == "application/msgpack":
            self._same((), msgspec.msgpack.decode(event.answer), msgspec.msgpack.decode(answered.body))
        elif event.answer != answered.body:
            raise Differs("another content")

    def _same(self, way: Way, then: Any, now: Any) -> None:
        """Whether a value that was read then is there now."""
        if isinstance(then, dict) and isinstance(now, dict):
            if missing := then.keys() - now.keys():
                raise Differs(f"{way}: {missing} are not there")
            for key, value in then.items():
                self._same((*way, key), value, now[key])
        elif isinstance(then, list) and isinstance(now, list):
            if len(now) < len(then) or (len(now) > len(then) and way and way[-1] in ("states", "entries", "ticks")):
                raise Differs(f"{way}: {len(now)} instead of {len(then)}")
            for index, (value, other) in enumerate(zip(then, now, strict=False)):
                self._same((*way, index), value, other)
        elif then != now and not self._same_inside(way, then, now):
            self._learn(way, then, now)

    def _same_inside(self, way: Way, then: Any, now: Any) -> bool:
        """Whether both are bytes in which there is the same message."""
        if not (isinstance(then, bytes) and isinstance(now, bytes)):
            return False
        try:
            read, other = msgspec.msgpack.decode(then, strict=False), msgspec.msgpack.decode(now, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        if not isinstance(read, dict | list):
            return False
        self._same((*way, _INSIDE), read, other)
        return True

    def _learn(self, way: Way, then: Any, now: Any) -> None:
        """Remember what is now in the place of something that was made by chance."""
        if not _is_by_chance(way) or type(then) is not type(now) or not (then and now):
            raise Differs(f"{way}: {now!r} instead of {then!r}")
        if self._instead.setdefault(then, now) != now:
            raise Differs(f"{way}: {now!r} where it was {self._instead[then]!r} before")


def _is_by_chance(way: Way) -> bool:
    names = [part for part in way if isinstance(part, str)]
    return names[-1] in _BY_CHANCE or names[-1] == "ticks" or (names[-1], way[-1]) in _BY_CHANCE_AT


def _same_file(then: bytes, now: bytes) -> None:
    """Whether a till of then can follow the replica in a snapshot of now; one of a later schema it does not take."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "then", Path(folder) / "now"
        for path, packed in zip(paths, (then, now), strict=True):
            path.write_bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
        with closing(sqlite3.connect(paths[0])) as old, closing(sqlite3.connect(paths[1])) as new:
            if _one(new, "PRAGMA user_version") > _one(old, "PRAGMA user_version"):
                return
            for table in _TABLES:
                if missing := _columns(old, table) - _columns(new, table):
                    raise Differs(f"the snapshot's {table} lacks {missing}")
                count = f"SELECT count(*) FROM {table}"
                if _one(old, count) != _one(new, count):
                    raise Differs(f"the snapshot has {_one(new, count)} of {table} instead of {_one(old, count)}")


def _one(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    rows: Sequence[Any] = connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall()
    return {name for (name,) in rows}
