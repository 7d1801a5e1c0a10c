"""Writes down a conversation of today's tills with today's centre: `python -m tests.recorded.record [FILE]`.

Do it once for each version that is released, and keep the file: what tills of that version say is played to every
later centre by `tests/central/test_recorded.py`.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import zstandard

from db import link as links
from db.store import NewFact, Person, Store
from pos_app import __version__, enrol, shipped
from pos_app.clock import now_ms
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.facts import Acted, Body, CardsMerged
from sync.line import HttpLine, Turned
from sync.messages import HoldOver, HoldWanted
from tests.helpers import bodies, postgres
from tests.helpers.linked import give_card, opened, rounds, sell
from tests.helpers.shop import BREAD, COFFEE, MILK, PROGRAMME
from tests.recorded import conversation
from tests.recorded.conversation import Asked, Conversation, Did
from tests.recorded.stage import Stage, staged

_KEPT = ("content-type", "content-encoding", "accept", "accept-encoding", "range")


class Recording:
    """Stands before the centre and writes down what is asked and answered; the centre's clock stands at `now`
    meanwhile.
    """

    def __init__(self) -> None:
        self.events: list[Asked | Did] = []
        self.now = now_ms()
        self._app: Any = None

    def around(self, app: Any) -> "Recording":
        self._app = app
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked, answered = bytearray(), bytearray()
        start: dict[str, Any] = {}

        async def receiving() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            answered.extend(message.get("body", b""))
            await send(message)

        at = self.now = now_ms()
        sent = _headers(scope["headers"])  # the gate takes some away
        await self._app(scope, receiving, sending)
        got = _headers(start["headers"])
        query = scope["query_string"].decode("latin-1")
        self.events.append(
            Asked(
                at,
                int(sent.get("till", 0)),
                scope["method"],
                scope["path"] + (f"?{query}" if query else ""),
                {name: sent[name] for name in _KEPT if name in sent},
                _unpacked(bytes(asked), sent),
                start["status"],
                got.get("content-type", ""),
                _unpacked(bytes(answered), got),
            )
        )


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def _unpacked(body: bytes, headers: dict[str, str]) -> bytes:
    if headers.get("content-encoding") != "zstd":
        return body
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


class Recorder:
    """Plays the tills; whatever they say is written down."""

    def __init__(self, stage: Stage, events: list[Asked | Did], folder: Path) -> None:
        self._stage = stage
        self._events = events
        self._folder = folder
        self._chance = Random(1)

    def did(self, what: str, *values: bytes | str | int) -> None:
        did = Did(now_ms(), what, values)
        self._stage.do(did)
        self._events.append(did)

    def till(self, name: str, shop: str) -> Path:
        """A till that has joined."""
        code = f"CODE{name.upper()}".ljust(12, "X")
        self.did("code", code, name, shop)
        enrol.enrol(self._folder / name, self._stage.url, code)
        return self._folder / name

    def round(self, folder: Path, why: str = "") -> None:
        with rounds(folder) as made:
            assert made.go().link.why == why

    def play(self) -> None:
        self._publish()
        one, two = self.till("one", "sofia"), self.till("two", "coop/plovdiv")
        cards = self._sell(one, two)
        self._hold(one, cards[0])
        self._publish_again()
        self._begin_late(cards[0])
        self._copy(one)
        self._restore(one, two)
        self._many(one)
        self.did("shut out", 3)
        self.round(two, "shut_out")
        self.did("fold")
        self.round(one)

    def _publish(self) -> None:
        content, _ = shipped.source("coop-bg")
        self.did("programme", PROGRAMME.id, PROGRAMME.pack, content)
        for product in (BREAD, MILK, bodies.COFFEE):
            self.did("publish", "product", "", product.code, msgspec.msgpack.encode(product))
        for offer in (COFFEE, bodies.CUP):
            self.did("publish", "offer", "coop", offer.item, msgspec.msgpack.encode(offer))
        self.did("publish", "coupon", "", "LJETO", msgspec.msgpack.encode(Coupon("LJETO", amount_minor=100)))
        self.did("fold")

    def _sell(self, one: Path, two: Path) -> list[int]:
        with opened(one) as here, opened(two) as there:
            person = Person(77, "Мария П.", "+359888123456", "maria@example.org", "2027-01", "1980-05-06", "bg")
            cards = [give_card(here), give_card(here), give_card(there)]
            sold = sell(here, cards[0], 300)
            here.record([NewFact(body, _moment(here)) for body in self._each(cards[:2], sold.id)], people=[person])
            sell(there, cards[2], 50)
            self.round(one)
            self.round(two)
            self.did("fold")
            self.round(one)
            self.round(two)
            there.refresh()
            there.record([NewFact(body, _moment(there)) for body in self._each([cards[2], cards[0]], sold.id)[:8]])
            there.record([NewFact(CardsMerged(cards[2], (cards[0],)), _moment(there))])
            self.did("backup")
            self.round(two)
            self.did("fold")
            self.round(one)
            self.round(two)
        return cards

    def _each(self, cards: list[int], about: bytes) -> list[Body]:
        return bodies.each(cards, about, now_ms())

    def _hold(self, folder: Path, card: int) -> None:
        key = links.key(folder)
        assert key is not None
        line = HttpLine(self._stage.url, 2, key, now_ms)
        try:
            line.set_clock()
            assert line.hold(HoldWanted(b"h" * 16, card, 10)).granted
            assert line.hold(HoldWanted(b"h" * 16, card, 15)).granted
            assert not line.hold(HoldWanted(b"i" * 16, card, 10**6)).granted
            line.give_up(HoldOver(b"h" * 16))
            assert not line.hold(HoldWanted(b"j" * 16, 2_999_999_999_999, 1)).granted
            line.pack(PROGRAMME.pack)
            for wrong in ("0" * 16, "nothing"):
                _turned_away(line, wrong)
        finally:
            line.close()

    def _publish_again(self) -> None:
        dearer = msgspec.structs.replace(BREAD, price_minor=150)
        self.did("publish", "product", "coop/plovdiv", BREAD.code, msgspec.msgpack.encode(dearer))
        self.did("take away", "product", "", MILK.code)
        self.did("fold")

    def _begin_late(self, card: int) -> None:
        """A till that begins with a snapshot."""
        self.did("snapshot")
        late = self.till("late", "coop/plovdiv")
        self.round(late)
        with opened(late) as store:
            sell(store, card, 5)
        self.round(late)

    def _copy(self, one: Path) -> None:
        """A disk is copied, and both go on."""
        copy = self._folder / "copy"
        shutil.copytree(one, copy)
        for folder in (one, copy):
            with opened(folder) as store:
                give_card(store)
            self.round(folder)
        with opened(copy) as store:
            assert store.begin_epoch_if_asked()
            give_card(store)
        self.round(copy)
        self.did("fold")

    def _restore(self, *tills: Path) -> None:
        self.did("restore")
        for folder in tills:
            self.round(folder)
        self.did("fold")

    def _many(self, folder: Path) -> None:
        """More than goes into one upload."""
        with opened(folder) as store:
            for _ in range(3):
                store.record([NewFact(Acted("drawer_opened"), _moment(store)) for _ in range(200)])
        self.round(folder)
        self.did("fold")
        self.round(folder)


def _turned_away(line: HttpLine, pack: str) -> None:
    try:
        line.pack(pack)
    except Turned:
        return
    raise AssertionError("there is no such pack")


def _moment(store: Store) -> int:
    return max(now_ms(), store.last_moment)


def recorded(folder: Path, database_url: str) -> Conversation:
    """A conversation of today."""
    recording = Recording()
    events = recording.events
    place = folder / "snapshots"
    with staged(database_url, place, PROGRAMME.zone, lambda: recording.now, recording.around) as stage:
        Recorder(stage, events, folder).play()
        at = now_ms()
        points, again = stage.points(at), stage.points_by_fold(at)
        assert points == again, "the centre does not keep what the facts say"
        keys = {number: links.key(folder / name) or b"" for number, name in ((2, "one"), (3, "two"), (4, "late"))}
        return Conversation(__version__, PROGRAMME.zone, keys, events, points, stage.alarms())


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else conversation.FOLDER / f"{__version__}.conversation"
    with postgres.running() as server, tempfile.TemporaryDirectory() as folder:
        found = recorded(Path(folder), server.database())
    conversation.write(path, found)
    asked = [event for event in found.events if isinstance(event, Asked)]
    print(f"{path}: {len(asked)} requests, {len(found.points)} cards, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
