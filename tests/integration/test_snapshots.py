"""Snapshots: made by a real centre, loaded over a network that cuts, taken up while the till sells."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest

from db.records import Staff
from db.store import NewFact, Person
from pos_app.clock import now_ms
from pos_app.loyalty.facts import CardsMerged, Enrolled
from sync import signatures
from sync.central.snapshots import Snapshots, make
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import SHOP, Centre
from tests.helpers.linked import balance, enrolled, give_card, opened, rounds, sell
from tests.helpers.network import Network
from tests.helpers.shop import BREAD, MILK


class Full(NamedTuple):
    """A centre with some cards and their points, of which a snapshot lies ready, and the till that has told it."""

    centre: Centre
    folder: Path
    points: dict[int, int]

    @property
    def cards(self) -> list[int]:
        return list(self.points)

    @property
    def snapshots(self) -> Snapshots:
        assert self.centre.snapshots is not None
        return self.centre.snapshots


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    place = tmp_path_factory.mktemp("full")
    with postgres.running() as server, centres.running(server.database(), place / "snapshots") as centre:
        yield filled(centre, place / "till")


def encoded(thing: object) -> bytes:
    return msgspec.msgpack.encode(thing)


def _name(number: int) -> str:
    """A name that no other one holds."""
    return "Ана " + chr(ord("а") + number) * 4


def filled(centre: Centre, folder: Path) -> Full:
    """Cards with names and points, two of a family, goods for all and for a shop; and a snapshot of all that."""
    enrolled(centre, folder)
    with opened(folder) as store, rounds(folder) as made:
        cards = []
        for number in range(30):
            card = store.next_card()
            person = Person(number + 1, _name(number), f"0888 1234{number:02}", f"{number}@mail.example")
            store.record([NewFact(Enrolled(card, card, number + 1, "client", 0), now_ms())], people=[person])
            sell(store, card, number)
            cards.append(card)
        merged = CardsMerged(cards[1], (cards[2],))
        store.record([NewFact(merged, store.last_moment)])
        made.go()
        centre.fold()
    centre.publish("product", BREAD.code, encoded(BREAD))
    centre.publish("staff", "ivanka", encoded(Staff("ivanka", "Иванка", "cashier", "")))
    centre.publish("product", MILK.code, encoded(MILK), SHOP)
    centre.publish("product", "3800000000093", encoded(MILK), "elsewhere")
    assert centre.snapshots is not None
    assert centre.snapshots.offered(2) is None  # the first who asks lets one be made
    centre.snapshots.wait()
    points = dict(zip(cards, range(30), strict=True))
    return Full(centre, folder, points | {cards[1]: 3, cards[2]: 3})


def check(full: Full, folder: Path) -> None:
    """All that the centre tells is at a till."""
    cards = full.cards
    with opened(folder) as store:
        store.refresh()
        assert {card: balance(store, card) for card in cards} == full.points
        assert [found.card for found in store.find_people(_name(17))] == [cards[17]]
        assert store.find_people("0888123417")[0].card == cards[17]
        assert store.members_by("17@mail.example") == [18]
        assert [one.name for one in store.replica.staff()] == ["Иванка"]
        assert (store.product(BREAD.code), store.product(MILK.code)) == (BREAD, MILK)
        assert store.product("3800000000093") is None
        assert not list(folder.glob("*.part*"))


def test_a_new_till_takes_up_a_snapshot_and_goes_on_from_it(full: Full, tmp_path: Path) -> None:
    centre, cards = full.centre, full.cards
    folder = enrolled(centre, tmp_path / "till")
    with rounds(folder) as made:
        went = made.go()
        assert went.link.why == ""
        assert went.states == 0  # all came in the file
    check(full, folder)
    with opened(full.folder) as store, rounds(full.folder) as first:
        sell(store, cards[5], 100)
        first.go()
    full.points[cards[5]] += 100
    centre.fold()
    with rounds(folder) as made:
        assert made.go().states == 1
    with opened(folder) as store:
        assert balance(store, cards[5]) == full.points[cards[5]]


def test_what_the_till_has_sold_meanwhile_stays_on_top(full: Full, tmp_path: Path) -> None:
    centre, cards = full.centre, full.cards
    folder = enrolled(centre, tmp_path / "till")
    with opened(folder) as store:
        own = give_card(store)
        sell(store, own, 7)
        with rounds(folder) as made:
            made.go()
            sell(store, own, 5)  # while the file is swapped
        store.refresh()
        assert balance(store, own) == 12
        assert balance(store, cards[9]) == full.points[cards[9]]
        with rounds(folder) as made:
            made.go()
            centre.fold()
            made.go()
        store.refresh()
        assert balance(store, own) == 12


def test_cut_off_again_and_again_it_is_gone_on_with(full: Full, tmp_path: Path) -> None:
    centre = full.centre
    with Network(centre.port) as network:
        folder = enrolled(centre, tmp_path / "till", network.url)
        network.cut_after = 2000
        sizes = []
        for _ in range(40):
            with rounds(folder) as made:
                if not made.go().link.why:
                    break
            parts = list(folder.glob("snapshot-*.part"))
            sizes += [part.stat().st_size for part in parts]
        else:
            raise AssertionError("It never came to its end.")
        assert len(set(sizes)) > 3
        assert sizes == sorted(sizes)
        offered = centre.snapshots.offered(2) if centre.snapshots else None
        assert offered is not None
        assert network.passed < 3 * offered.size + 40 * 2000
    check(full, folder)


def test_a_file_that_is_not_what_was_offered_is_loaded_again(full: Full, tmp_path: Path) -> None:
    centre = full.centre
    folder = enrolled(centre, tmp_path / "till")
    assert centre.snapshots is not None
    made = centre.snapshots.newest()
    assert made is not None
    (folder / f"snapshot-{made.hash}.zst.part").write_bytes(b"x" * 100)
    (folder / "snapshot-other.zst.part").write_bytes(b"x")
    with rounds(folder) as going:
        assert "not what was offered" in going.go().link.sentence
        assert going.go().link.why == ""
    check(full, folder)


def test_of_another_past_of_the_centre_no_snapshot_is_taken(full: Full, tmp_path: Path) -> None:
    centre = full.centre
    (before,) = centre.link.execute("SELECT timeline FROM centre").fetchall()[0]
    centre.link.execute("UPDATE centre SET timeline = 'another'")
    try:
        folder = enrolled(centre, tmp_path / "till")
        with rounds(folder) as made:
            went = made.go()
            assert went.link.why == ""
            assert went.states >= 29
        check(full, folder)
    finally:
        centre.link.execute("UPDATE centre SET timeline = %s", (before,))


def test_after_a_long_time_alone_a_snapshot_is_loaded_instead_of_pages(full: Full, tmp_path: Path) -> None:
    centre, cards = full.centre, full.cards
    folder = enrolled(centre, tmp_path / "till")
    with rounds(folder) as made:
        made.go()
    with opened(full.folder) as store, rounds(full.folder) as first:
        for card in cards[10:]:
            sell(store, card, 1)
            full.points[card] += 1
        first.go()
    centre.fold()
    make(centre.database_url, full.snapshots.folder)
    with rounds(folder) as made:
        made._loading.is_far = True
        assert made.go().states == 0
    check(full, folder)
    with rounds(folder) as made:
        made._loading.is_far = True
        assert made.go().link.why == ""


def test_a_full_disk_is_no_reason_to_stand_still(full: Full, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = full.centre
    folder = enrolled(centre, tmp_path / "till")
    monkeypatch.setattr("sync.snapshots.FREE_BYTES", 1 << 60)
    with rounds(folder) as made:
        assert made.go().states >= 29
    check(full, folder)


def test_two_at_most_lie_on_the_disk_and_only_tills_get_them(full: Full, tmp_path: Path) -> None:
    centre = full.centre
    folder = full.snapshots.folder
    for number in range(3):
        centre.publish("product", f"380000000010{number}", encoded(MILK))
        made = make(centre.database_url, folder)
    assert len(list(folder.glob("snapshot-*.zst"))) == 2
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".zst", ".zst"]
    content = (folder / f"snapshot-{made.hash}.zst").read_bytes()
    assert hashlib.sha256(content).hexdigest() == made.hash
    with httpx.Client(base_url=centre.url) as client:
        assert client.get("/v1/snapshot").status_code == 401
        assert client.get(f"/v1/snapshot/{made.hash}").status_code == 401
        private = (full.folder / "centre.key").read_text()

        def get(path: str, **headers: str) -> httpx.Response:
            signed = signatures.headers(bytes.fromhex(private), 2, "GET", path, b"", now_ms())
            return client.get(path, headers=signed | headers)

        path = f"/v1/snapshot/{made.hash}"
        assert get(path).content == content
        rest = get(path, Range="bytes=1000-")
        assert (rest.status_code, rest.content) == (206, content[1000:])
        assert get(path, Range="bytes=what").content == content
        assert get(path, Range=f"bytes={len(content)}-").status_code == 416
        for wrong in ("0" * 64, "x", "snapshot.json"):
            assert get(f"/v1/snapshot/{wrong}").status_code == 404
