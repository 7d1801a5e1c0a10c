"""Random programmes, random days: the till does what it quotes, nobody's points go astray, no step ends in a crash."""

import atexit
import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.store import Store
from pos_app.loyalty import closing, facts, ledger
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact, SaleCompleted
from pos_app.loyalty.programme import Programme
from pos_app.till import Completed
from tests.helpers.histories import DAY, deliveries
from tests.helpers.programmes import programmes
from tests.helpers.shop_day import ShopDay, Step, steps
from tests.helpers.stores import whole
from tests.property.test_ledger import Node, assert_balanced, assert_sound

MEMORY = Path("/dev/shm")
DAYS = st.lists(steps, min_size=8, max_size=30)


@cache
def empty_store() -> Path:
    """The files of a store in which nothing has happened: to copy them is quicker than to make them again."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Store.open(folder / "store", "UTC", lasting=False).close()
    return folder / "store"


@contextmanager
def opened(programme: Programme, start: int) -> Iterator[ShopDay]:
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        ShopDay(Path(folder) / "till", empty_store(), programme, start) as day,
    ):
        for number in (1, 2, 3):
            day.play(Step("enrol", other=number))
            day.play(Step("activate", card=number - 1))
            day.play(Step("adjust", card=number - 1, points=40))
        yield day


def of_cards(day: ShopDay) -> list[Fact]:
    """All facts but those that change nobody's account."""
    return [fact for fact in day.store.facts() if facts.cards_of(fact.body)]


@given(programmes(), DAYS)
def test_nothing_crashes_and_no_point_goes_astray(rules: tuple[Programme, int], history: list[Step]) -> None:
    programme, start = rules
    with opened(programme, start) as day:
        for step in history:
            day.play(step)
            for card in day.cards:
                assert_balanced(day.store.totals(card, day.till.now()))
        written, now = of_cards(day), day.till.now()
        state = ledger.fold(programme.zone, written, programme.statutes)
        ledger.advance(state, now)
        assert_sound(state, written, now)
        everybody = list(state.cards)
        kept = whole(day.store, everybody, now)
        assert kept == state
        for later in (now, now + 40 * DAY, now + 800 * DAY):
            ledger.advance(state, later)
            for card in everybody:
                shown, sums = day.store.customer(card, later), ledger.totals(state, state.cards[card].account)
                tier = ledger.tier_of(state, state.cards[card].account)
                assert (shown.balance, shown.pending) == (sums.balance, sums.pending)
                assert (shown.tier, shown.tier_until) == ((tier.id, tier.until) if tier else (None, None))


@given(programmes(), DAYS, st.data())
def test_the_facts_of_a_day_make_one_state_in_any_order(
    rules: tuple[Programme, int], history: list[Step], data: st.DataObject
) -> None:
    programme, start = rules
    with opened(programme, start) as day:
        for step in history:
            day.play(step)
        written = of_cards(day)
    state = ledger.fold(programme.zone, written, programme.statutes)
    node = Node(programme.zone, programme.statutes)
    for batch in data.draw(deliveries(written)):
        node.take_in(batch)
    assert node.whole() == state
    closed = copy.deepcopy(state)
    closing.close(closed, written[-1].moment - data.draw(st.sampled_from([0, DAY, 400 * DAY])))
    for later in (0, DAY, 40 * DAY, 200 * DAY, 800 * DAY):
        ledger.advance(state, written[-1].moment + later)
        ledger.advance(closed, written[-1].moment + later)
        for card in state.cards.values():
            assert ledger.totals(closed, card.account) == ledger.totals(state, card.account)
            assert ledger.tier_of(closed, card.account) == ledger.tier_of(state, card.account)


@given(programmes(), DAYS, st.data())
def test_a_sale_undone_at_once_leaves_everything_as_it_was(
    rules: tuple[Programme, int], history: list[Step], data: st.DataObject
) -> None:
    programme, start = rules
    with opened(programme, start) as day:
        for step in history:
            day.moment += step.gap
            before = day.standing(day.till.now() + 1)  # when it will have come back
            sold = day.play(step._replace(gap=0))
            if not isinstance(sold, Completed):
                continue
            body = sold.fact.body
            assert isinstance(body, SaleCompleted)
            if sold.fact.moment + 1 in day.changes() or data.draw(st.booleans()):
                continue
            cancels = data.draw(st.booleans())
            after = day.till.after
            back = after.cancel(sold.fact) if cancels else after.return_goods(sold.fact)
            assert isinstance(back.fact.body, facts.GoodsReturned)
            paid = body.to_pay_minor - (0 if cancels else body.delivery_minor)
            refund = (
                back.fact.body.refund_minor
                if back.fact.body.refund_then_minor is None
                else back.fact.body.refund_then_minor
            )
            assert refund == paid
            assert day.standing(day.till.now()) == before
            asked = day.store.seen(body.card or 0).requests
            assert all(asked[name].state == "approved" for name in body.approved)
            with pytest.raises(Refusal, match="sale_cancelled" if cancels else "already_returned"):
                after.cancel(sold.fact)
