"""What becomes of a sale and of others because of it: orders, codes, friends, cars, under the shipped programmes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from db.store import Store
from pos_app import shipped, texts
from pos_app.desk import Desk
from pos_app.loyalty import moments
from pos_app.loyalty.basket import Product, Wish
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import BonusGiven, CodeMade, Fact, LineBack, SaleCompleted
from pos_app.settings import Settings
from pos_app.till import Till

HONEY = Product("1", "Honey", 1_000_000)
CAR = Product("2", "Car", 900_000_000, category="vehicle")
SHELF = Product("3", "Shelf", 10_500, points=20)


class World:
    """Till and desk of a shipped programme, and a clock to set; `ticks` it goes on at every look."""

    def __init__(self, folder: Path, name: str, now: str, ticks: int = 0) -> None:
        self.programme = shipped.programme(name)
        self.moment = self.at(now)
        self.ticks = ticks
        self.store = Store.open(folder, self.programme.zone, statutes=self.programme.statutes, lasting=False)
        words = texts.words("en", self.programme.zone)
        self.till = Till(self.store, self.programme, Settings(), words, self.clock)
        self.desk = Desk(self.store, self.programme, self.clock)

    def clock(self) -> int:
        self.moment += self.ticks
        return self.moment

    def at(self, text: str) -> int:
        return moments.from_local(datetime.fromisoformat(text), self.programme.zone)

    def goes_on(self, text: str) -> None:
        self.moment = self.at(text)

    def card(self, points: int = 0, **form: object) -> int:
        card = self.desk.enrol(**form).card  # type: ignore[arg-type]
        self.desk.activate(card)
        if points:
            self.desk.adjust(card, points, "to begin with")
        return card

    def sell(
        self, card: int | None, product: Product, pieces: int = 1, *, coupons: tuple[str, ...] = (),
        wish: Wish | None = None, **order: object,
    ) -> Fact:  # fmt: skip
        self.till.clear()
        self.till.set_order(card=card, **order)
        self.till.add(product, 1000 * pieces)
        for code in coupons:
            self.till.add_coupon(code)
        self.till.use_points(wish)
        return self.till.complete().fact

    def code(self, card: int, points: int) -> str:
        made = self.desk.make_code(card, points).body
        assert isinstance(made, CodeMade)
        return made.code

    def balance(self, card: int) -> int:
        return self.store.customer(card, self.till.now()).balance

    def pending(self, card: int) -> int:
        return self.store.customer(card, self.till.now()).pending

    def earned(self, sale: Fact) -> int:
        assert isinstance(sale.body, SaleCompleted)
        return sum(earned.points for earned in sale.body.earned)

    def given(self) -> list[int]:
        return [fact.body.points for fact in self.store.facts() if isinstance(fact.body, BonusGiven)]


@contextmanager
def shop(folder: Path, name: str, now: str, ticks: int = 0) -> Iterator[World]:
    with ExitStack() as closing:
        world = World(folder, name, now, ticks)
        closing.callback(world.store.close)
        yield world


@pytest.fixture
def honey(tmp_path: Path) -> Iterator[World]:
    with shop(tmp_path, "asal-plus", "2026-03-02T10:00") as world:
        yield world


@pytest.fixture
def iran(tmp_path: Path) -> Iterator[World]:
    with shop(tmp_path, "taavoni-ir", "2026-03-02T10:00") as world:
        yield world


@pytest.fixture
def cars(tmp_path: Path) -> Iterator[World]:
    with shop(tmp_path, "kerman-motor", "2026-03-02T10:00") as world:
        yield world


@pytest.fixture
def slovenia(tmp_path: Path) -> Iterator[World]:
    with shop(tmp_path, "dvizna-si", "2026-12-10T10:00") as world:
        yield world


# -- codes


def test_h25_whoever_brings_a_code_may_use_it_once(honey: World) -> None:
    code = honey.code(honey.card(100), 100)
    friend = honey.card()
    sale = honey.sell(friend, HONEY, coupons=(f" {code.lower()} ",))
    assert isinstance(sale.body, SaleCompleted)
    assert sale.body.to_pay_minor == 500_000
    for somebody in (friend, None):
        with pytest.raises(Refusal, match="coupon_used"):
            honey.sell(somebody, HONEY, coupons=(code,))


def test_h20_a_code_comes_back_with_the_last_of_the_goods_and_not_before(honey: World) -> None:
    code = honey.code(honey.card(100), 100)
    sale = honey.sell(None, HONEY, 2, coupons=(code,))
    honey.till.after.return_goods(sale, [LineBack(0, 1000)])
    with pytest.raises(Refusal, match="coupon_used"):
        honey.sell(None, HONEY, coupons=(code,))
    honey.till.after.return_goods(sale)
    again = honey.sell(None, HONEY, coupons=(code,))
    honey.till.after.cancel(again)
    third = honey.sell(None, HONEY, coupons=(code,))
    with pytest.raises(Refusal, match="sale_cancelled"):
        honey.till.after.cancel(again)
    with pytest.raises(Refusal, match="coupon_used"):
        honey.sell(None, HONEY, coupons=(code,))
    assert isinstance(third.body, SaleCompleted)
    assert third.body.coupons[0].amount_minor == 500_000


def test_h26_a_code_lives_sixty_days_to_the_millisecond(honey: World) -> None:
    card = honey.card(200)
    first, second = honey.code(card, 100), honey.code(card, 100)
    honey.goes_on("2026-05-01T09:59:59.999")
    honey.sell(None, HONEY, coupons=(first,))
    honey.goes_on("2026-05-01T10:00")
    with pytest.raises(Refusal, match="coupon_expired"):
        honey.sell(None, HONEY, coupons=(second,))


def test_a_coupon_of_the_shop_that_can_be_used_once(honey: World) -> None:
    honey.store.replica.put_coupons([Coupon("ONCE", 100_000, single_use=True), Coupon("EVER", 100_000)])
    sale = honey.sell(None, HONEY, coupons=("ONCE",))
    with pytest.raises(Refusal, match="coupon_used"):
        honey.sell(None, HONEY, coupons=("ONCE",))
    honey.till.after.return_goods(sale)
    honey.sell(None, HONEY, coupons=("ONCE", "EVER"))
    honey.sell(None, HONEY, coupons=("EVER",))


# -- orders


@pytest.mark.parametrize(
    ("handed_over", "paid", "waits", "comes"),
    [
        ("2026-12-31T23:59:59.998", "2026-12-31T23:59:59.999", "2026-12-31T23:59:59.999", "2027-01-01T00:00"),
        ("2026-12-31T10:00", "2027-01-01T00:00", "2027-01-31T23:59:59.999", "2027-02-01T00:00"),
    ],
)
def test_s6_transfers_are_credited_next_month_over_new_year(
    slovenia: World, handed_over: str, paid: str, waits: str, comes: str
) -> None:
    card = slovenia.card()
    order = slovenia.sell(card, SHELF, channel="online", means="transfer", fulfilled=False)
    slovenia.goes_on(handed_over)
    slovenia.till.after.fulfil(order)
    slovenia.goes_on(paid)
    slovenia.till.after.pay(order)
    slovenia.goes_on(waits)
    assert (slovenia.balance(card), slovenia.pending(card)) == (0, 20)
    slovenia.goes_on(comes)
    assert (slovenia.balance(card), slovenia.pending(card)) == (20, 0)
    slovenia.goes_on(comes.replace("2027-01-01", "2027-07-01").replace("2027-02-01", "2027-08-01"))
    assert slovenia.balance(card) == 0  # S7: six months from the credit


def test_s6_an_order_that_is_cancelled_while_its_points_wait_earns_nothing(slovenia: World) -> None:
    card = slovenia.card()
    order = slovenia.sell(card, SHELF, channel="online", means="card", fulfilled=False)
    slovenia.till.after.fulfil(order)
    slovenia.till.after.cancel(order)
    slovenia.goes_on("2027-01-01T00:00")
    assert (slovenia.balance(card), slovenia.pending(card)) == (0, 0)
    with pytest.raises(Refusal, match="sale_cancelled"):
        slovenia.till.after.pay(order)


def test_an_order_is_handed_over_once(slovenia: World) -> None:
    card = slovenia.card()
    order = slovenia.sell(card, SHELF, channel="online", means="cod", fulfilled=False)
    slovenia.goes_on("2026-12-10T12:00")
    slovenia.till.after.fulfil(order)
    slovenia.goes_on("2026-12-12T10:00")
    assert slovenia.till.after.fulfil(order) is order
    slovenia.goes_on("2026-12-13T11:59:59.999")
    assert (slovenia.balance(card), slovenia.pending(card)) == (0, 20)
    slovenia.goes_on("2026-12-13T12:00")
    assert (slovenia.balance(card), slovenia.pending(card)) == (20, 0)


def test_s8_points_that_paid_come_back_with_the_goods(slovenia: World) -> None:
    card = slovenia.card(2000)
    sale = slovenia.sell(card, SHELF, 2, channel="online", wish="max")
    assert isinstance(sale.body, SaleCompleted)
    assert (sale.body.used_points, sale.body.to_pay_minor, slovenia.balance(card)) == (2000, 19_000, 40)
    half = slovenia.till.after.return_goods(sale, [LineBack(0, 1000)])
    assert slovenia.balance(card) == 1000 + 20
    rest = slovenia.till.after.return_goods(sale)
    assert slovenia.balance(card) == 2000
    refunds = [back.fact.body.refund_minor for back in (half, rest)]  # type: ignore[union-attr]
    assert refunds == [9_500, 9_500]


# -- friends


def test_t11_only_the_first_completed_purchase_of_a_friend_counts(iran: World) -> None:
    inviter = iran.card()
    friend = iran.card(invited_by=inviter)
    waits = iran.sell(friend, HONEY, means="card", fulfilled=False)
    assert iran.given() == []
    iran.sell(friend, HONEY)
    assert iran.given() == [30]
    iran.till.after.fulfil(waits)
    iran.sell(friend, HONEY)
    assert (iran.given(), iran.balance(inviter)) == ([30], 30)


def test_t9_what_came_back_before_it_was_handed_over_was_never_bought(iran: World) -> None:
    inviter = iran.card()
    friend = iran.card(invited_by=inviter)
    order = iran.sell(friend, HONEY, 4, fulfilled=False)
    iran.till.after.return_goods(order, [LineBack(0, 1000)])
    iran.till.after.fulfil(order)
    assert (iran.given(), iran.balance(inviter)) == ([90], 90)
    iran.till.after.return_goods(order, [LineBack(0, 1000)])
    assert iran.balance(inviter) == 60
    iran.till.after.return_goods(order)
    assert iran.balance(inviter) == 0


def test_t11_an_order_of_which_all_came_back_is_no_purchase(iran: World) -> None:
    inviter = iran.card()
    friend = iran.card(invited_by=inviter)
    order = iran.sell(friend, HONEY, fulfilled=False)
    iran.till.after.return_goods(order)
    iran.till.after.fulfil(order)
    assert iran.given() == []
    iran.sell(friend, HONEY)
    assert iran.given() == [30]


# -- cars


def test_m1_twenty_one_cars_and_one_that_comes_back(cars: World) -> None:
    card = cars.card()
    begins = cars.balance(card)
    points = [cars.earned(cars.sell(card, CAR, channel="direct")) for _ in range(3)]
    points.append(cars.earned(cars.sell(card, CAR, 16, channel="direct")))
    last = cars.sell(card, CAR, 2, channel="direct")
    assert points == [60, 120, 180, 7 * 40 + 9 * 20]
    assert cars.earned(last) == 20  # the twentieth, and none for the twenty-first
    assert cars.balance(card) == begins + 60 + 120 + 180 + 280 + 200
    cars.till.after.return_goods(last, [LineBack(0, 1000)])
    assert cars.earned(cars.sell(card, CAR, channel="direct")) == 0  # the twenty-first again
    cars.till.after.return_goods(last)
    assert cars.earned(cars.sell(card, CAR, channel="direct")) == 0
    assert cars.balance(card) == begins + 60 + 120 + 180 + 280 + 180


def test_m4_an_approved_discount_comes_back_with_its_car_until_it_lapses(cars: World) -> None:
    card = cars.card(300)
    request = cars.desk.ask(card, next(one.id for one in cars.desk.benefits_of(card) if one.shares))
    cars.desk.decide(request, "approved")
    with pytest.raises(Refusal, match="already_done"):
        cars.desk.decide(request, "refused")
    sale = cars.sell(card, CAR, channel="direct")
    assert isinstance(sale.body, SaleCompleted)
    assert sale.body.to_pay_minor == CAR.price_minor * 99 // 100  # silver
    assert cars.desk.state(request) == "used"
    cars.till.after.cancel(sale)
    assert cars.desk.state(request) == "approved"
    cars.goes_on("2026-04-01T09:59:59.999")
    assert cars.desk.state(request) == "approved"
    cars.goes_on("2026-04-01T10:00")
    assert cars.desk.state(request) == "lapsed"
    dear = cars.sell(card, CAR, channel="direct")
    assert isinstance(dear.body, SaleCompleted)
    assert dear.body.to_pay_minor == CAR.price_minor


# -- the till itself


def test_k5b_a_sale_is_of_the_moment_at_which_it_was_reckoned(tmp_path: Path) -> None:
    """The clock goes on while a sale is completed: its version and its currency are those of one moment."""
    with shop(tmp_path, "coop-bg", "2025-12-31T23:59:59.980", ticks=1) as world:
        bread = Product("4", "Bread", 500)
        sales = []
        while world.moment < world.at("2026-01-01T00:00:00.020"):
            world.till.add(bread)
            sales.append(world.till.complete().fact)
        versions = [(sale.version, sale.body.currency) for sale in sales if isinstance(sale.body, SaleCompleted)]
        assert set(versions) == {("2025-lev", "BGN"), ("2026-euro", "EUR")}
        for sale in sales:
            assert sale.version == world.programme.version_at(sale.moment).id


def test_a_discount_never_outgrows_its_line(honey: World) -> None:
    honey.till.add(HONEY, 2000, discount_minor=1_500_000)
    with pytest.raises(Refusal, match="quantity_wrong"):
        honey.till.set_quantity(0, 1000)
    honey.till.set_quantity(0, 3000)
    assert honey.till.quote().to_pay_minor == 1_500_000


def test_h6_nobody_uses_fewer_points_than_none(honey: World) -> None:
    honey.till.set_customer(honey.card(100))
    honey.till.add(HONEY)
    for wish in (-10, -1):
        with pytest.raises(Refusal, match="points_step"):
            honey.till.use_points(wish)
    assert honey.till.basket.use_points is None
