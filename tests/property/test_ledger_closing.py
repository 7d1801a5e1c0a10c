"""Closed books say the same as open ones, and go on the same."""

import copy
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import closing, ledger
from pos_app.loyalty.facts import Fact, GoodsReturned, PointsAdjusted, PointsBack, PointsCredited, SaleCompleted
from pos_app.loyalty.ledger import Ledger
from tests.helpers.histories import DAY, History, by_place, histories


def accounts(state: Ledger) -> set[int]:
    return {card.account for card in state.cards.values()} | {lot.account for lot in state.lots.values()}


def assert_says_the_same(closed: Ledger, open_: Ledger) -> None:
    assert closed.next_change == open_.next_change
    assert closed.cards == open_.cards
    assert closed.links == open_.links
    for account in accounts(open_):
        assert ledger.totals(closed, account) == ledger.totals(open_, account)
        assert ledger.tier_of(closed, account) == ledger.tier_of(open_, account)
        assert ledger.counts(closed, account) == ledger.counts(open_, account)


def speaks_of_the_past(fact: Fact, past: Sequence[Fact], before: int) -> bool:
    """Whether a fact needs what is forgotten: goods or points of a sale from before the closing."""
    match fact.body:
        case GoodsReturned(sale=name) | PointsCredited(sale=name) | PointsAdjusted(of=name):
            return any(one.id == name and one.moment < before for one in past)
    return False


@given(histories(exact=True, least=20), st.data())
def test_closed_books_go_on_as_open_ones(history: History, data: st.DataObject) -> None:
    past = by_place(history.facts)
    cut = data.draw(st.integers(0, len(past)))
    state = history.fold(past[:cut])
    reached = max((fact.moment for fact in past[:cut]), default=0)
    before = max(reached - data.draw(st.sampled_from([0, 0, 1, DAY, 40 * DAY])), 0)
    closed = copy.deepcopy(state)
    closing.close(closed, before)
    assert_says_the_same(closed, state)
    again = copy.deepcopy(closed)
    closing.close(again, before)
    assert again == closed
    for fact in past[cut:]:
        if speaks_of_the_past(fact, past[:cut], before):
            continue
        ledger.apply(state, fact)
        ledger.apply(closed, fact)
        if data.draw(st.booleans()):
            closing.close(closed, before)
        assert_says_the_same(closed, state)
    for _ in range(30):
        soonest = state.next_change
        ledger.advance(state, soonest)
        ledger.advance(closed, soonest)
        assert_says_the_same(closed, state)


@given(histories(exact=True, least=20))
def test_closing_keeps_nothing_that_time_has_settled(history: History) -> None:
    state = ledger.fold(history.zone, history.facts)
    end = max(fact.moment for fact in history.facts) + 1
    ledger.advance(state, end)
    closing.close(state, end)
    assert all(taking.owed for taking in state.takings.values())
    needed = {part.lot for taking in state.takings.values() for part in taking.parts}
    loose = [
        lot
        for name, lot in state.lots.items()
        if name not in needed and lot.credited is not None and lot.credited < end
    ]
    sorts = [(lot.account, lot.expires if lot.left else None, bool(lot.left), lot.given_back) for lot in loose]
    assert len(sorts) == len(set(sorts))


@given(histories(exact=True, least=20), st.data())
def test_goods_of_a_closed_sale_can_still_come_back(history: History, data: st.DataObject) -> None:
    """Nothing breaks, and the books stay balanced."""
    past = by_place(history.facts)
    state = history.fold(past)
    closing.close(state, past[-1].moment)
    sales = [fact for fact in past if isinstance(fact.body, SaleCompleted)]
    for number, sale in enumerate(data.draw(st.lists(st.sampled_from(sales), max_size=4)) if sales else []):
        assert isinstance(sale.body, SaleCompleted)
        taken = tuple([PointsBack(index, earned.points) for index, earned in enumerate(sale.body.earned)])
        given = tuple([PointsBack(index, points) for index, points in enumerate(sale.body.spent)])
        back = GoodsReturned(1, sale.id, "EUR", 0, (), (), sale.body.card, taken, given)
        ledger.apply(state, Fact(b"back %11d" % number, 9, 1, number, past[-1].moment + 1, back))
    for account in accounts(state):
        sums = ledger.totals(state, account)
        assert sums.earned == sums.spent + sums.expired + sums.cancelled + sums.balance + sums.pending
