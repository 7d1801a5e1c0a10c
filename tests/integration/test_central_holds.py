"""Points that are kept for a sale: until it comes, is given up, or is too late."""

import pytest

from pos_app.loyalty.facts import CardBlocked, CardsMerged
from pos_app.loyalty.tiers import NO_STATUTES
from sync.central import holds
from sync.central.database import Link
from sync.central.folding import Folder
from sync.messages import HoldAnswer, HoldWanted
from tests.helpers.central import CARD, NOW, OTHER, ZONE, FakeTill, begin, earning, enrolled

FIRST, SECOND = b"first hold 12345", b"second hold 1234"


@pytest.fixture
def till(link: Link) -> FakeTill:
    """A till that has given a card 100 points."""
    begin(link)
    till = FakeTill()
    till.write(enrolled(CARD))
    till.write(earning(CARD, 100))
    tell(link, till)
    return till


def tell(link: Link, till: FakeTill) -> None:
    till.send(link)
    Folder(ZONE).fold(link)


def take(link: Link, hold: bytes, points: int, *, till: int = 1, now: int = NOW, card: int = CARD) -> HoldAnswer:
    return holds.take(link, till, HoldWanted(hold, card, points), NO_STATUTES, now)


def test_what_is_kept_for_one_sale_nobody_else_has(link: Link, till: FakeTill) -> None:
    assert take(link, FIRST, 70) == HoldAnswer(True, NOW + holds.HOLD_MS, 100, holds.HOLD_MS)
    assert take(link, SECOND, 40, till=2) == HoldAnswer(False, available=30)
    assert take(link, SECOND, 30, till=2).granted


def test_asked_again_it_is_the_same_hold_or_another_sum(link: Link, till: FakeTill) -> None:
    for points in (70, 70, 100, 20):
        assert take(link, FIRST, points).granted
    assert take(link, SECOND, 80, till=2).granted


def test_given_up_its_points_are_free(link: Link, till: FakeTill) -> None:
    take(link, FIRST, 100)
    holds.give_up(link, 2, FIRST, NOW)  # it is not that till's
    assert not take(link, SECOND, 1, till=2).granted

    holds.give_up(link, 1, FIRST, NOW)

    assert take(link, SECOND, 100, till=2).granted
    assert not take(link, FIRST, 1).granted


def test_a_hold_that_is_over_is_not_granted_again(link: Link, till: FakeTill) -> None:
    take(link, FIRST, 10)
    holds.give_up(link, 1, FIRST, NOW)

    assert not take(link, FIRST, 10).granted


def test_it_ends_with_its_time(link: Link, till: FakeTill) -> None:
    until = take(link, FIRST, 100).until

    assert not take(link, SECOND, 1, till=2, now=until - 1).granted
    assert take(link, SECOND, 100, till=2, now=until).granted


def test_its_sale_settles_it(link: Link, till: FakeTill) -> None:
    take(link, FIRST, 60)
    till.write(earning(CARD, 0, used=60, hold=FIRST))
    till.send(link)
    assert take(link, SECOND, 50, till=2) == HoldAnswer(False, available=40)
    Folder(ZONE).fold(link)

    assert take(link, SECOND, 50, till=2) == HoldAnswer(False, available=40)
    assert take(link, SECOND, 40, till=2).granted


def test_a_family_has_its_points_once(link: Link, till: FakeTill) -> None:
    till.write(enrolled(OTHER))
    till.write(CardsMerged(CARD, (OTHER,)), NOW + 1)
    tell(link, till)
    take(link, FIRST, 60, now=NOW + 1)

    assert take(link, SECOND, 50, card=OTHER, now=NOW + 1) == HoldAnswer(False, available=40)


@pytest.mark.parametrize(("card", "points"), [(OTHER, 1), (CARD, 0), (CARD, -5), (CARD, 10**15)])
def test_what_cannot_be_is_refused(link: Link, till: FakeTill, card: int, points: int) -> None:
    assert not take(link, FIRST, points, card=card).granted


def test_a_blocked_card_gets_nothing(link: Link, till: FakeTill) -> None:
    till.write(CardBlocked(CARD), NOW + 1)
    tell(link, till)

    assert take(link, FIRST, 1, now=NOW + 1) == HoldAnswer(False)
