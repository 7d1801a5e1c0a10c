"""A day at a till that is killed again and again: what is sold, and what must be found each time it comes back."""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from db.store import Store
from pos_app.demo import ZONE, demo_sheet
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.facts import Fact, SaleCompleted
from pos_app.loyalty.slip import slip_text
from tests.helpers import paper

FIRST_SLIP = 10_000_000
_BOARD = "board "
_REWARD = (3, "R04")
"""A reward of the demo shop that is never out of stock: its place on the board, and its id."""


class Content(NamedTuple):
    """What a basket or a sale is made of: card, (code, thousandths) of the goods, (id, pieces) of the rewards."""

    card: int | None
    goods: tuple[tuple[str, int], ...]
    rewards: tuple[tuple[str, int], ...]


class Position(NamedTuple):
    """How far the day has come: sales that are completed, steps of the next one."""

    sales: int
    steps: int


class DemoShop:
    """What of a demo shop is sold on such a day, and how its cards stood in the morning."""

    def __init__(self, folder: Path) -> None:
        now = time.time_ns() // 1_000_000
        store = Store.open(folder, ZONE, read_only=True)
        try:
            samples = demo_sheet(store)
            goods = [sample.code for sample in samples if sample.kind in ("own_brand", "goods")]
            self.prices = {code: product.price_minor for code in goods if (product := store.product(code))}
            cards = [int(sample.code) for sample in samples if sample.kind in ("client", "cooperator")]
            self.points = {card: store.customer(card, now).balance for card in cards}
            self.reward_points = next(offer.points for offer in store.offers() if offer.item == _REWARD[1])
            self.staff_card = next(staff.card for staff in store.staff() if staff.own_card is None)
        finally:
            store.close()


def sales_by_chance(shop: DemoShop, count: int, seed: int) -> list[list[str]]:
    """Goods, mostly a card somewhere among them, and now and then a reward while the morning's points last."""
    chance, points = random.Random(seed), dict(shop.points)
    sales: list[list[str]] = []
    for _ in range(count):
        steps = [f"scan {code}" for code in chance.choices(sorted(shop.prices), k=chance.randint(1, 5))]
        if chance.random() < 0.8:
            card = chance.choice(sorted(points))
            steps.insert(chance.randint(0, len(steps)), f"scan {card}")
            if chance.random() < 0.3 and points[card] >= shop.reward_points:
                points[card] -= shop.reward_points
                steps.append(f"{_BOARD}{_REWARD[0]}")
        sales.append(steps)
    return sales


def equal_sales(shop: DemoShop, count: int) -> list[list[str]]:
    """The same sale again and again: a reward among goods, for the card with the most points."""
    goods = [f"scan {code}" for code in sorted(shop.prices)]
    richest = max(shop.points, key=lambda card: shop.points[card])
    return [[goods[0], f"scan {richest}", f"{_BOARD}{_REWARD[0]}", goods[1], goods[2]]] * count


class Day:
    """Sales as orders for the obedient till, and what must come of them."""

    def __init__(self, shop: DemoShop, sales: list[list[str]]) -> None:
        self.shop = shop
        self.sales = sales

    def orders_after(self, position: Position) -> list[str]:
        """Everything that is still to be done."""
        orders: list[str] = []
        for number in range(position.sales, len(self.sales)):
            done = position.steps if number == position.sales else 0
            orders += [*self.sales[number][done:], "complete"]
        return orders

    def orders_to(self, position: Position, steps: int) -> list[str]:
        """What brings a sale to so many steps: this one, or the next one where this one has more already."""
        here = self.sales[position.sales]
        if position.steps <= steps:
            return here[position.steps : steps]
        return [*here[position.steps :], "complete", *self.sales[position.sales + 1][:steps]]

    def heard(self, position: Position, line: str) -> Position:
        """Where the day is once the till has said this."""
        match line.split():
            case ["basket", steps]:
                return Position(position.sales, int(steps))
            case ["beeped", slip]:
                return Position(int(slip) - FIRST_SLIP, 0)
        return position

    def after(self, position: Position) -> Position:
        """The position one order further on."""
        if position.sales == len(self.sales):
            return position
        if position.steps == len(self.sales[position.sales]):
            return Position(position.sales + 1, 0)
        return Position(position.sales, position.steps + 1)

    def content(self, position: Position) -> Content:
        """What the open basket has to hold at a position."""
        card: int | None = None
        goods: list[tuple[str, int]] = []
        rewards = 0
        steps = self.sales[position.sales][: position.steps] if position.sales < len(self.sales) else []
        for step in steps:
            code = step.removeprefix("scan ")
            if step.startswith(_BOARD):
                rewards += 1
            elif code not in self.shop.prices:
                card = int(code)
            elif goods and goods[-1][0] == code:
                goods[-1] = code, goods[-1][1] + 1000
            else:
                goods.append((code, 1000))
        return Content(card, tuple(goods), ((_REWARD[1], rewards),) if rewards else ())

    def whole(self, sale: int) -> Content:
        """What a completed sale has to hold."""
        return self.content(Position(sale, len(self.sales[sale])))

    def to_pay_minor(self, content: Content) -> int:
        return sum(self.shop.prices[code] * milli // 1000 for code, milli in content.goods)

    def balances(self, sales: Sequence[SaleCompleted]) -> dict[int, int]:
        """What each card must have after these sales: a plain sum, whatever the store's ledgers say."""
        balances = dict(self.shop.points)
        for sale in sales:
            if sale.card is not None:
                balances[sale.card] += sum(earned.points for earned in sale.earned) - sum(sale.spent)
        return balances


def check(folder: Path, day: Day, heard: Position, sent: bytes) -> Position:
    """Everything that must hold whenever a killed till has come back; tells where the day is.

    `heard` is the last that it had said before, `sent` all that the printer was ever sent.
    """
    for file in folder.glob("*.db"):
        _check_file(file)
    store = Store.open(folder, ZONE, read_only=True)
    try:
        facts = list(store.facts())
        basket = store.open_basket()
        now = time.time_ns() // 1_000_000
        sales = _check_facts(facts, day)
        here = _find_basket(basket, day, len(sales))
        assert here in (heard, day.after(heard)), f"The till had said {heard} and came back at {here}."
        balances = day.balances(sales)
        assert {card: store.customer(card, now).balance for card in balances} == balances
        jobs = Counter(job.slip for job in store.jobs() if not job.copy)
        assert jobs == Counter(sale.slip for sale in sales)
    finally:
        store.close()
    _check_prints(sent, sales)
    return here


def _check_prints(sent: bytes, sales: Sequence[SaleCompleted]) -> None:
    """No slip was begun twice without being marked as a copy; one may have broken off before its number."""
    begun = Counter(_number(job) for job in paper.jobs(sent) if "КОПИЕ" not in job.lines)
    assert begun.total() <= len(sales), begun
    assert all(times == 1 for number, times in begun.items() if number), begun
    assert set(begun) - {""} <= {slip_text(sale.slip) for sale in sales}


def _check_file(file: Path) -> None:
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], file
    finally:
        connection.close()


def _check_facts(facts: Sequence[Fact], day: Day) -> list[SaleCompleted]:
    """Facts without a gap in the till's first epoch, and each sale once, as it was rung up."""
    assert [(fact.epoch, fact.seq) for fact in facts] == [(1, seq) for seq in range(1, len(facts) + 1)]
    sales = [fact.body for fact in facts if isinstance(fact.body, SaleCompleted)]
    assert [sale.slip for sale in sales] == [FIRST_SLIP + number for number in range(1, len(sales) + 1)]
    wanted = [day.whole(number) for number in range(len(sales))]
    assert [_content(sale) for sale in sales] == wanted
    assert [sale.to_pay_minor for sale in sales] == [day.to_pay_minor(content) for content in wanted]
    return sales


def _find_basket(basket: Basket, day: Day, sales: int) -> Position:
    found = _content(basket)
    most = len(day.sales[sales]) if sales < len(day.sales) else 0
    fitting = [here for steps in range(most + 1) if day.content(here := Position(sales, steps)) == found]
    assert len(fitting) == 1, f"No such basket was ever open: {found}"
    return fitting[0]


def _content(sold: Basket | SaleCompleted) -> Content:
    goods = tuple((line.product.code, line.quantity_milli) for line in sold.lines)
    return Content(sold.card, goods, tuple((swap.offer.item, swap.quantity) for swap in sold.swaps))


def whole(sent: bytes) -> set[str]:
    """The numbers of the slips that came out whole, copies included."""
    return {_number(job) for job in paper.jobs(sent) if job.is_whole}


def _number(job: paper.Job) -> str:
    """The slip's number, empty where the print broke off before it."""
    line = next((line for line in job.lines if line.startswith("Бележка № ")), "")
    return " ".join(line.split()[2:3])
