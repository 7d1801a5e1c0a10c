"""Levels that the centre tells: what facts have changed, and what time alone has, each once."""

from pathlib import Path

import pytest

from db.records import Identity
from db.store import NewFact, Store
from pos_app import central, consequences, shipped
from pos_app.loyalty import moments
from pos_app.loyalty.facts import CardsMerged, Enrolled, MemberLeft, PointsAdjusted
from pos_app.loyalty.moments import HOUR, NEVER, Duration
from pos_app.loyalty.tiers import Era, Statutes, Tier, TierRules
from sync.central.database import Link, connect, pool
from sync.central.folding import Folder
from sync.central.state import Service
from tests.helpers.central import CARD, NOW, OTHER, ZONE, FakeTill, begin, earning, enrolled
from tests.helpers.postgres import Postgres

HALF = Duration(months=6)
YELLOW = Tier("yellow", {"bg": "жълто", "en": "yellow"}, 0)
GREEN = Tier("green", {"bg": "зелено", "en": "green"}, 100)
STATUTES = Statutes((Era(NEVER, TierRules((YELLOW, GREEN), "window", HALF, HALF)),))
REVIEW = moments.add(NOW, HALF, ZONE)
"""The points that made somebody rise are in the window of the first review still."""
FALL = moments.add(REVIEW, HALF, ZONE)


class Told:
    """The centre with a clock of its own, and which levels it has told whom."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.now = NOW
        self.folder = Folder(ZONE, STATUTES, now=lambda: self.now)

    def fold(self, *tills: FakeTill, at: int = NOW) -> None:
        self.now = at
        for till in tills:
            till.send(self.link, at)
        while self.folder.fold(self.link):
            pass

    def look(self, at: int) -> int:
        self.now = at
        return self.folder.look_at_time(self.link)

    def levels(self, card: int = CARD) -> list[str]:
        return [
            level
            for (level,) in self.link.execute(
                "SELECT data::jsonb ->> 'tier.en' FROM notice WHERE channel = 'mail' AND kind = 'tier_changed' "
                "AND member = %s ORDER BY created, id",
                (card + 7,),
            )
        ]


@pytest.fixture
def told(link: Link) -> Told:
    begin(link)
    return Told(link)


@pytest.fixture
def risen(told: Told) -> FakeTill:
    """A till where a member has risen."""
    till = FakeTill()
    till.write(enrolled(CARD))
    told.fold(till)
    assert told.levels() == []
    till.write(earning(CARD, 100))
    told.fold(till)
    return till


def test_who_rises_is_told_once(told: Told, risen: FakeTill) -> None:
    assert told.levels() == ["green"]
    risen.write(earning(CARD, 5), NOW + 1)
    told.fold(risen, at=NOW + 1)
    other = FakeTill(2)
    other.write(earning(CARD, 5), NOW)  # a fact of the past: all is folded anew
    told.fold(other, at=NOW + 2)
    assert told.levels() == ["green"]


def test_who_falls_by_time_alone_is_told_on_the_day_and_never_again(told: Told, risen: FakeTill) -> None:
    assert (told.look(REVIEW), told.look(FALL - 1), told.levels()) == (1, 0, ["green"])
    assert (told.look(FALL), told.levels()) == (1, ["green", "yellow"])
    assert (told.look(FALL + HOUR), told.levels()) == (0, ["green", "yellow"])

    risen.write(earning(CARD, 1), FALL + HOUR)
    told.fold(risen, at=FALL + HOUR)
    assert told.levels() == ["green", "yellow"]


def test_a_late_fact_that_changes_nothing_of_today_tells_nothing(told: Told, risen: FakeTill) -> None:
    told.look(FALL)
    late = FakeTill(2)
    late.write(earning(CARD, 1), NOW + HOUR)  # as of it the member is green still
    told.fold(late, at=FALL + HOUR)
    assert told.levels() == ["green", "yellow"]


def test_a_late_fact_that_makes_a_fall_undone_is_told(told: Told, risen: FakeTill) -> None:
    told.look(FALL)
    late = FakeTill(2)
    late.write(PointsAdjusted(CARD, 100, "gift"), FALL - HOUR)
    told.fold(late, at=FALL + HOUR)
    assert told.levels() == ["green", "yellow", "green"]


def test_all_members_of_a_family_are_told_and_who_has_left_is_not(told: Told, risen: FakeTill) -> None:
    third = OTHER + 1
    for card in (OTHER, third):
        risen.write(enrolled(card), NOW + 1)
    told.fold(risen)
    risen.write(CardsMerged(CARD, (OTHER, third)), NOW + 2)
    risen.write(MemberLeft(third), NOW + 3)
    told.fold(risen)
    assert (told.levels(CARD), told.levels(OTHER), told.levels(third)) == (["green"], ["green"], [])


def test_what_was_long_ago_is_no_news(told: Told) -> None:
    till = FakeTill()
    till.write(enrolled(CARD))
    told.fold(till, at=NOW + 30 * 24 * HOUR)
    till.write(earning(CARD, 100))
    told.fold(till, at=NOW + 30 * 24 * HOUR)
    assert told.levels() == []


def test_a_programme_without_levels_looks_at_nothing(told: Told, risen: FakeTill) -> None:
    told.folder = Folder(ZONE, now=lambda: told.now)
    assert told.look(FALL) == 0


@pytest.mark.parametrize("has_centre", [True, False])
def test_a_till_tells_levels_only_while_it_stands_alone(tmp_path: Path, has_centre: bool) -> None:
    programme = shipped.programme("taavoni-ir")
    store = Store.open(tmp_path, programme.zone, statutes=programme.statutes)
    if has_centre:
        store.enrol(Identity(5, 1, bytes(32), 5), "https://centre.example", "first")
    card = store.next_card()
    store.record([NewFact(Enrolled(card, card, 1, "client", NOW), NOW)])

    consequences.record(store, programme, [NewFact(PointsAdjusted(card, 100, "test"), NOW)])

    assert [notice.kind for notice in store.notices()] == ([] if has_centre else 2 * ["tier_changed"])
    store.close()


def test_the_service_looks_at_what_time_did_by_the_programme_in_force(postgres: Postgres) -> None:
    url, now = postgres.database(), [NOW]
    with connect(url) as link, pool(url, most=2) as links:
        programme = central.prepared(link, "taavoni-ir")
        link.execute("INSERT INTO till (till, name, shop, public_key, joined, epochs) VALUES (1, '', '', '', 0, 1)")
        service = Service(links, Folder(programme.zone, now=lambda: now[0]), lambda: now[0])
        told, till = Told(link), FakeTill()
        for body in (enrolled(CARD), earning(CARD, 100)):
            till.write(body)
            till.send(link)
            service.fold_all()
        assert told.levels() == ["green"]

        now[0] = moments.add(NOW, Duration(months=12), programme.zone)
        service.look_at_time()
        assert told.levels() == ["green", "yellow"]
