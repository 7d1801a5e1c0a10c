"""From facts to states, in cuts: whatever came late, together, or in two contents."""

import pytest

from pos_app.loyalty import facts, ledger, stored
from pos_app.loyalty.facts import CardsMerged, PointsAdjusted
from pos_app.loyalty.ledger import Totals
from sync.central import intake
from sync.central.database import Link, connect, row
from sync.central.folding import Folder
from sync.messages import Sent, Upload
from tests.helpers.central import CARD, NOW, OTHER, ZONE, FakeTill, begin, count, earning, enrolled
from tests.helpers.postgres import Postgres


def totals(link: Link, card: int) -> Totals:
    """The points of a card as the centre keeps them."""
    (data,) = row(link, "SELECT state FROM ledger JOIN card USING (root) WHERE number = %s", (card,))
    state = stored.decode(data)
    return ledger.totals(state, state.cards[card].account)


@pytest.fixture
def tills(link: Link) -> list[FakeTill]:
    begin(link)
    return [FakeTill(1), FakeTill(2)]


def test_a_fact_of_the_past_that_comes_late_counts_as_if_it_had_come_in_time(link: Link, tills: list[FakeTill]) -> None:
    one, two = tills
    one.write(enrolled(CARD), NOW)
    one.write(earning(CARD, 0, used=10), NOW + 2000)
    one.send(link)
    Folder(ZONE).fold(link)
    assert totals(link, CARD).balance == -10

    two.write(earning(CARD, 15), NOW + 1000)
    two.send(link)
    Folder(ZONE).fold(link)

    assert totals(link, CARD) == Totals(earned=15, spent=10, balance=5)


def test_merges_both_ways_at_two_tills_make_one_family(link: Link, tills: list[FakeTill]) -> None:
    one, two = tills
    for till, card, other in ((one, CARD, OTHER), (two, OTHER, CARD)):
        till.write(enrolled(card))
        till.write(earning(card, 10))
        till.write(CardsMerged(card, (other,)), NOW + 1)
        till.send(link)
        Folder(ZONE).fold(link)

    assert totals(link, CARD) == totals(link, OTHER) == Totals(earned=20, balance=20)
    assert count(link, "ledger") == 1


@pytest.mark.parametrize("smaller_first", [True, False])
def test_of_two_contents_the_smaller_counts_whichever_came_first(
    link: Link, tills: list[FakeTill], smaller_first: bool
) -> None:
    one, copy = FakeTill(1), FakeTill(1)
    for till in (one, copy):
        till.write(enrolled(CARD))
        till.write(enrolled(OTHER))
    written = [
        one.write(PointsAdjusted(CARD, 3, "a"), id_=b"the same id here"),
        copy.write(PointsAdjusted(OTHER, 9, "b"), id_=b"the same id here"),
    ]
    counts = min(written, key=facts.encode)
    for till in sorted((one, copy), key=lambda till: till.sent[-1].data, reverse=not smaller_first):
        till.send(link)
        while Folder(ZONE).fold(link):
            pass

    assert isinstance(counts.body, PointsAdjusted)
    wanted = {CARD: 0, OTHER: 0, counts.body.card: counts.body.points}
    assert {card: totals(link, card).balance for card in wanted} == wanted
    assert (count(link, "fact"), count(link, "fork")) == (3, 1)


def test_what_is_not_understood_is_put_apart_and_holds_nobody_up(link: Link, tills: list[FakeTill]) -> None:
    two = tills[1]
    unknown = Sent(1, 1, b"0123456789abcdef", bytes(16), b"\xc1 of a newer program")
    intake.receive(link, 1, Upload(1, b"", facts=(unknown,)), NOW)
    two.write(enrolled(CARD))
    two.send(link)

    assert Folder(ZONE).fold(link) == 2
    assert (count(link, "apart"), count(link, "ledger"), Folder(ZONE).fold(link)) == (1, 1, 0)


def test_only_one_folds_at_a_time(link: Link, postgres: Postgres, tills: list[FakeTill]) -> None:
    tills[0].write(enrolled(CARD))
    tills[0].send(link)
    with connect(link.info.dsn) as other, other.transaction():
        assert Folder(ZONE).fold(other) == 1
        assert Folder(ZONE).fold(link) == 0
    assert count(link, "ledger") == 1


def test_ticks_grow_and_none_is_made_again_after_a_loss(link: Link, tills: list[FakeTill]) -> None:
    ticks = []
    for points in range(3):
        tills[0].write(earning(CARD, points))
        tills[0].send(link)
        Folder(ZONE).fold(link)
        ticks.append(row(link, "SELECT tick FROM centre")[0])
    assert ticks == sorted(set(ticks))

    link.execute("UPDATE centre SET tick = %s", (ticks[0],))  # put back to the first
    link.execute("UPDATE batch SET tick = NULL WHERE tick > %s", (ticks[0],))
    Folder(ZONE).fold(link)

    assert row(link, "SELECT tick FROM centre")[0] not in ticks
