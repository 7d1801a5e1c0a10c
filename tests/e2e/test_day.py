"""A morning at the till, end to end: a real window, a keyboard that types and scans, a printer's port, real files."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from db.store import Store
from hardware.virtual_printer import VirtualPrinter
from pos_app import demo
from pos_app.device_settings import ScannerSettings
from pos_app.loyalty.basket import Basket, Offer, Product
from pos_app.settings import Settings, save
from tests.helpers import foreign, paper
from tests.helpers.silent_printer import SilentPrinter
from tests.helpers.till_process import PATIENCE_S, TillProcess
from tests.helpers.xscreen import XScreen

SHOP = "КООП, магазин 12"
CASHIER = "stoyan"
CALM_SCANNER = ScannerSettings(gap_max_ms=500, gap_mean_max_ms=500, terminator_wait_ms=2000)
"""A busy machine may take its time between two keys of a burst; the till's own figures are tested elsewhere."""

RULE = "-" * 42
HEAD = ("БЕЛЕЖКА ЗА ТОЧКИ", "Клиентска карта КООП", SHOP, "с. Горно Поле", RULE)
FOOT = "Тази бележка е само за точките Ви. Пазете касовата бележка."


class Morning(NamedTuple):
    """A demo shop before it opens, and what is going to be sold in it."""

    folder: Path
    name_key: str
    card: str
    balance: int
    own: list[Product]
    other: list[Product]
    reward: Offer

    @property
    def goods(self) -> list[Product]:
        return self.own + self.other


@pytest.fixture(scope="module")
def screen() -> Iterator[XScreen]:
    with XScreen() as opened:
        yield opened


@pytest.fixture
def morning(tmp_path: Path) -> Morning:
    folder = tmp_path / "shop"
    demo.make_demo(folder, cards=40, goods=200)
    save(Settings(shop_lines=(SHOP, "с. Горно Поле"), scanner=CALM_SCANNER), folder)
    store = Store.open(folder, demo.ZONE, read_only=True)
    try:
        sheet = demo.demo_sheet(store)
        own, other = ([product for sample in sheet if sample.kind == kind and (product := store.product(sample.code))]
                      for kind in ("own_brand", "goods"))  # fmt: skip
        card = next(sample.code for sample in sheet if sample.kind == "client")
        balance = store.customer(int(card), 0).balance
        name_key = str([staff.id for staff in store.staff()].index(CASHIER) + 1)
        return Morning(folder, name_key, card, balance, own[:2], other[:3], store.offers()[0])
    finally:
        store.close()


def test_a_morning_at_the_till(screen: XScreen, morning: Morning) -> None:
    with SilentPrinter() as printer, TillProcess(morning.folder, printer.path, screen.environment) as till:
        sign_in(screen, till, morning)
        fill_basket(screen, till, morning)
        screen.press("F10")
        sale = nth_slip(printer, 1)
        check_sale(till, morning, sale)

        screen.press("F4", "1", "Return", "Return", "F10")
        check_return(till, morning, nth_slip(printer, 2))

        screen.press("F11", "1", "Return")
        assert nth_slip(printer, 3).lines == ["КОПИЕ", *sale.lines]

        screen.press("F9")
        till.wait_for_act("signed_out")
        screen.scan(morning.goods[0].code)
        screen.press(*demo.PINS[CASHIER], "Return")
        till.wait_for_act("signed_in", 2)
        till.wait_for_basket(lambda basket: basket == Basket())

        assert till.end() == 0
        assert [fact["body"]["type"] for fact in till.show_facts()] == [
            *("acted", "sale_completed", "goods_returned", "acted"),  # signed in, ..., reprinted
            *("acted", "acted"),  # signed out and in again
        ]
        assert [line for line in till.log() if re.search("WARNING|ERROR|CRITICAL", line)] == []


def test_the_same_till_with_a_printer_that_answers(screen: XScreen, morning: Morning) -> None:
    with VirtualPrinter() as printer, TillProcess(morning.folder, printer.path, screen.environment) as till:
        sign_in(screen, till, morning)
        screen.scan(morning.other[0].code)
        till.wait_for_basket(lambda basket: len(basket.lines) == 1)
        screen.press("F10")
        printed_whole = printer.wait_for(lambda machine: any(row.kind == "cut" for row in machine.rows), PATIENCE_S)
        assert printed_whole, printer.rows()
        till.wait_for_jobs(["taken"])
        assert till.end() == 0
        rows = [(row.kind, row.text) for row in printer.rows()]
        assert ("text", "Без клиентска карта") in rows
        assert ("barcode", "S00010000001") in rows


def sign_in(screen: XScreen, till: TillProcess, morning: Morning) -> None:
    screen.wait_for_window(SHOP)
    screen.press(morning.name_key, *demo.PINS[CASHIER], "Return")
    till.wait_for_act("signed_in")


def fill_basket(screen: XScreen, till: TillProcess, morning: Morning) -> None:
    """The card, five goods and the first thing of the board."""
    screen.scan(morning.card, *(product.code for product in morning.goods))
    till.wait_for_basket(lambda basket: len(basket.lines) == 5 and basket.card == int(morning.card))
    screen.press("F5", "Return")
    till.wait_for_basket(lambda basket: [swap.offer.item for swap in basket.swaps] == [morning.reward.item])
    screen.press("Escape")


def nth_slip(printer: SilentPrinter, number: int) -> paper.Job:
    """The slip that is printed as so many-th, once all of it has arrived."""
    sent = printer.wait_for(lambda data: sum(job.is_whole for job in paper.jobs(data)) >= number, PATIENCE_S)
    return paper.jobs(sent)[number - 1]


def check_sale(till: TillProcess, morning: Morning, slip: paper.Job) -> None:
    own, other = (sum(product.price_minor for product in goods) for goods in (morning.own, morning.other))
    own_points, other_points = 2 * steps(own), steps(other)
    balance = morning.balance + own_points + other_points - morning.reward.points
    [sale] = [fact for fact in till.show_facts() if fact["body"]["type"] == "sale_completed"]
    assert till.show_account(morning.card)["balance"] == balance
    assert " ".join(slip.text.split()) == " ".join(
        [
            *HEAD,
            f"Бележка № 0001-0000001 Каса 1 {printed(sale['when'])} Обслужил: Стоян Колев {RULE}",
            *(f"{product.name} {euro(product.price_minor)}" for product in morning.goods),
            f"Взето срещу точки 1 x {morning.reward.name} {morning.reward.points} т.",
            f"{RULE} Стойност на стоките {euro(own + other)} {RULE}",
            f"Карта *{morning.card[-4:]}",
            f"2 точки на 0,50 лв. за стоки с марка КООП: {euro(own)} -> {own_points}",
            f"1 точка на 0,50 лв. за стоки от други марки: {euro(other)} -> {other_points}",
            f"Спечелени точки {own_points + other_points}",
            f"Използвани точки {morning.reward.points}",
            f"Вашите точки сега {balance}",
            FOOT,
        ]
    )
    [code] = slip.codes128
    assert paper.read_code128(code) == "S00010000001"
    for program, lines in foreign.readings(slip.data).items():
        assert [line.rstrip() for line in lines if line.strip()] == [line for line in slip.lines if line], program


def check_return(till: TillProcess, morning: Morning, slip: paper.Job) -> None:
    """The first of the goods came back: the other own-brand goods keep their points, and the reward is not touched."""
    back, *kept = morning.own
    taken = 2 * (steps(sum(product.price_minor for product in morning.own)) - steps(kept[0].price_minor))
    *_, sale, returned = till.show_facts()
    account = till.show_account(morning.card)
    assert [(row["what"], row["slip"], row["points"]) for row in account["movements"]][1:] == [
        ("goods_returned", "0001-0000002", -taken)
    ]
    assert " ".join(slip.text.split()) == " ".join(
        [
            "ВРЪЩАНЕ НА СТОКИ",
            *HEAD[1:],
            f"Бележка № 0001-0000002 Каса 1 {printed(returned['when'])} Обслужил: Стоян Колев {RULE}",
            f"По бележка № 0001-0000001 от {printed(sale['when'])} 1 x {back.name} {RULE}",
            f"Стойност на върнатото {euro(back.price_minor)}",
            f"Отнети точки {taken}",
            f"Вашите точки сега {account['balance']}",
            FOOT,
        ]
    )
    [code] = slip.codes128
    assert paper.read_code128(code) == "S00010000002"


def steps(amount_minor: int) -> int:
    """How often 0.50 lev goes into an amount in cents of a euro."""
    return amount_minor * 195_583 // (50 * 100_000)


def euro(amount_minor: int) -> str:
    return f"{amount_minor // 100},{amount_minor % 100:02d} €"


def printed(when: str) -> str:
    """A moment of `show`, as slips have it."""
    return f"{datetime.fromisoformat(when):%d.%m.%Y %H:%M}"
