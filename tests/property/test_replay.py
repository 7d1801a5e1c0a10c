"""Replays of random histories: under the same programme nothing is different, and nobody's points are lost."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pos_app import shipped, texts
from pos_app.desk import Desk
from pos_app.loyalty import facts, ledger, moments
from pos_app.loyalty.basket import Line, Offer, Product, Swap
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Body, Enrolled, Fact, LineBack, PointsAdjusted, SaleCompleted
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.programme import Programme
from pos_app.replay import Past, Replay
from pos_app.shop import Shop
from pos_app.till import Till
from tests.helpers import replays
from tests.helpers.histories import History, by_place, histories

DAY = 24 * HOUR
GOODS = (
    Product("1", "Bread", 120_000, points=7),
    Product("2", "Milk", 2_345_670, "КООП", points=40),
    Product("3", "Car", 90_000_000, category="vehicle", points=3, excluded_from=("points",)),
    Product("4", "Cheese", 333_333, weighed=True, excluded_from=("coupon",)),
)
OFFER = Offer("cup", "1", "Cup", 15)
GAPS = (0, 1, HOUR, 3 * DAY, 20 * DAY, 31 * DAY, 100 * DAY)
_ACTS = ("sale",) * 8 + ("return", "fulfil", "pay", "enrol", "code", "review", "profile", "phone", "ask", "adjust",
                        "merge", "split", "leave", "cancel", "kind")  # fmt: skip
_steps = st.tuples(
    st.sampled_from(_ACTS), st.integers(0, 7), st.integers(0, 3), st.integers(0, 23), st.sampled_from(GAPS)
)
Step = tuple[str, int, int, int, int]


class Day:
    """A till and a desk that do what steps say; whatever is refused is left."""

    def __init__(self, opened: Shop, starts: int) -> None:
        store, programme = opened.store, opened.programme
        store.replica.put_products(GOODS)
        store.put_offers([OFFER])
        self.now = starts
        self.till = Till(store, programme, opened.settings, texts.words_of(programme, "en"), lambda: self.now)
        self.desk = Desk(store, programme, lambda: self.now)
        self.cards = [self.desk.enrol(name="A", phone="1").card]
        self.sales: list[Fact] = []
        self.codes: list[str] = []

    def play(self, step: Step) -> None:
        verb, card, other, choice, gap = step
        self.now += gap
        try:
            self._do(verb, self.cards[card % len(self.cards)], other, choice)
        except Refusal:
            self.till.clear()

    def _do(self, verb: str, card: int, other: int, choice: int) -> None:
        desk = self.desk
        sale = self.sales[choice % len(self.sales)] if self.sales else None
        match verb:
            case "sale":
                self._sell(card, other, choice)
            case "enrol":
                phone, email = f"0{choice}", f"{other}@example.org"
                self.cards.append(desk.enrol(name="B", phone=phone, email=email, invited_by=card).card)
            case "code":
                made = desk.make_code(card, 10 * (1 + choice)).body
                self.codes.append(getattr(made, "code", ""))
            case "review":
                desk.review(card, GOODS[other].code)
            case "profile":
                desk.complete_profile(card)
            case "phone":
                desk.confirm_phone(card)
            case "ask":
                desk.decide(desk.ask(card, "discount"), "approved" if choice % 4 else "refused")
            case "adjust":
                desk.adjust(card, 37 * (choice - 4), "because")
            case "merge":
                desk.merge(card, [self.cards[choice % len(self.cards)]])
            case "split":
                desk.split(card)
            case "leave" if choice < 4:
                desk.leave(card)
            case "kind":
                desk.accept_cooperator(card)
            case _ if sale is not None:
                self._after(verb, sale, choice)

    def _after(self, verb: str, sale: Fact, choice: int) -> None:
        after = self.till.after
        match verb:
            case "return" if choice % 2:
                after.return_goods(sale)
            case "return":
                after.return_goods(sale, [LineBack(0, 1000)])
            case "fulfil":
                after.fulfil(sale)
            case "pay":
                after.pay(sale)
            case "cancel":
                after.cancel(sale)

    def _sell(self, card: int, other: int, choice: int) -> None:
        till = self.till
        till.clear()
        guest = self.till.programme.membership.guests_wait and choice in (8, 16)
        till.set_order(
            channel=("store", "online", "direct")[choice % 3],
            means=("cash", "card", "transfer", "cod")[other],
            fulfilled=choice % 5 != 0,
            delivery_minor=(None, None, 40_000)[choice // 8],
            free_delivery_method=choice % 2 == 0,
            guest=till.store.guest_number(f"{other}@example.org") if guest else 0,
        )
        if choice != 11 and not guest:
            till.set_customer(card)
        for product in GOODS[other : other + 1 + choice % 3]:
            till.add(product, 1500 if product.weighed else 1000 * (1 + choice % 2), discount_minor=(choice == 13) * 999)
        if choice in (5, 6):
            till.swap("cup")
        coupons = (self.codes.pop(),) if self.codes and choice % 4 == 0 else ()
        till.set_order(coupons=coupons, use_points=(None, "max", 10, 20)[choice % 4])
        self.sales.append(till.complete().fact)


def conserved(replay: Replay) -> bool:
    totals = [
        ledger.totals(state, account)
        for family in replay.families
        for state in (family.recorded, family.replayed)
        for account in {card.account for card in state.cards.values()}
    ]
    return all(one.earned == one.spent + one.expired + one.cancelled + one.balance + one.pending for one in totals)


@pytest.mark.parametrize("name", shipped.SHIPPED)
@settings(max_examples=30)
@given(steps=st.lists(_steps, min_size=3, max_size=30))
def test_nothing_is_different_under_the_same_programme(name: str, steps: Sequence[Step]) -> None:
    programme = shipped.programme(name)
    starts = moments.from_local(datetime(2026, 1, 31, 12), programme.zone)
    with tempfile.TemporaryDirectory() as folder, replays.shop(Path(folder), programme) as opened:
        day = Day(opened, starts)
        for step in steps:
            day.play(step)
        history = list(opened.store.facts())
        assert replays.differing(history, programme, opened.store.fact) == []
        assert replays.under(opened, programme).same


@settings(max_examples=60)
@given(
    name=st.sampled_from(shipped.SHIPPED),
    other=st.sampled_from(shipped.SHIPPED),
    steps=st.lists(_steps, min_size=3, max_size=30),
)
def test_any_programme_can_be_tried_on_any_history(name: str, other: str, steps: Sequence[Step]) -> None:
    """Points are conserved, and what was made again is already what the new programme says."""
    programme = shipped.programme(name)
    new = _in_currency(shipped.programme(other), programme)
    starts = moments.from_local(datetime(2026, 1, 31, 12), programme.zone)
    with tempfile.TemporaryDirectory() as folder, replays.shop(Path(folder), programme) as opened:
        day = Day(opened, starts)
        for step in steps:
            day.play(step)
        past = Past(lambda fact: (programme, programme.version_at(fact.moment)), opened.store.fact, lambda code: None)
        replay = Replay(programme, new, past, lambda card: None)
        remade = [made for fact in opened.store.facts() for made in replay.step(fact)]
        report = replay.end(opened.store.last_moment)
    assert conserved(replay)
    lots = [lot for family in replay.families for lot in family.replayed.lots.values() if not lot.given_back]
    assert report.replayed.points.issued == sum(lot.points for lot in lots)
    assert sum(points.issued for points in report.replayed.by_kind.values()) == report.replayed.points.issued
    assert sum(points.used for points in report.replayed.by_tier.values()) == report.replayed.points.used
    assert replays.differing(remade, new, {fact.id: fact for fact in remade}.get) == []


def _in_currency(new: Programme, like: Programme) -> Programme:
    """A programme whose versions reckon in another one's money, on its clock."""
    currency = like.versions[-1].currency
    versions = tuple(replace(version, currency=currency) for version in new.versions)
    return replace(new, zone=like.zone, versions=versions)


@settings(max_examples=60)
@given(history=histories(most=30), name=st.sampled_from(shipped.SHIPPED))
def test_histories_of_tills_out_of_touch_can_be_replayed_and_replayed_again(history: History, name: str) -> None:
    programme = _in_currency(replace(shipped.programme(name), zone=history.zone), shipped.programme("dvizna-si"))
    told = {fact.id: fact for fact in (_with_goods(fact) for fact in by_place(history.facts))}
    past = Past(lambda fact: (programme, programme.version_at(fact.moment)), told.get, lambda code: None)
    replay = Replay(programme, programme, past, lambda card: None)
    remade = [made for fact in told.values() for made in replay.step(fact)]
    recorded = ledger.fold(history.zone, told.values(), programme.statutes)
    for family in replay.families:
        for number in family.recorded.cards:
            assert family.recorded.cards[number] == recorded.cards[number]
    assert conserved(replay)
    assert replays.differing(sorted(remade, key=facts.place), programme, {fact.id: fact for fact in remade}.get) == []


def test_what_two_tills_gave_for_the_same_points_is_given_again() -> None:
    """Neither could know of the other: the sale stands, and the balance goes below zero as it did."""
    programme, card = shipped.programme("coop-bg"), 2_900_000_000_001
    swap = SaleCompleted(1, "EUR", (), 0, (Swap(OFFER),), card, kind="client", spent=(OFFER.points,))
    bodies: tuple[Body, ...] = (
        Enrolled(card, card, 1, "client", 0),
        PointsAdjusted(card, OFFER.points, "because"),
        swap,
        swap,
    )
    starts = moments.from_local(datetime(2026, 3, 2, 12), programme.zone)
    history = [
        Fact(bytes([number]), number, 1, 1, starts + number * DAY, body, version="2026-euro")
        for number, body in enumerate(bodies)
    ]
    assert ledger.totals(ledger.fold(programme.zone, history), card).balance == -OFFER.points
    assert replays.differing(history, programme, {fact.id: fact for fact in history}.get) == []


def _with_goods(fact: Fact) -> Fact:
    """Sales of these histories have points and no goods; here they get some, of about as many points."""
    if not isinstance(fact.body, SaleCompleted):
        return fact
    points = sum(earned.points for earned in fact.body.earned)
    line = Line(Product("1", "Bread", 26 * points, points=points), 1000, 26 * points)
    return replace(fact, body=replace(fact.body, lines=(line,)))
