"""Orders at the window: how they go, what their slip is scanned for later, and what that does to the points."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pos_app import shipped
from pos_app.loyalty.basket import Product
from pos_app.loyalty.facts import GoodsReturned, OrderChanged, SaleCompleted
from pos_app.loyalty.slip import slip_code
from tests.ui.till_desk import STAFF_CARD, TillDesk

KEY = Qt.Key
CAR = Product("3800000000017", "Автомобил", 28_500_000_000, category="vehicle")
HONEY = Product("3800000000024", "Мед", 1_500_000)
YARN = Product("3800000000031", "Preja", 5_000, points=50)

Opening = Callable[..., TillDesk]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till of a shipped programme, with somebody at it."""
    made: list[TillDesk] = []

    def opening(programme: str, language: str = "bg") -> TillDesk:
        folder, rules = tmp_path / str(len(made)), shipped.programme(programme)
        desk = TillDesk(qtbot, folder, language=language, programme=rules, goods=[CAR, HONEY, YARN])
        made.append(desk)
        desk.scan(STAFF_CARD)
        desk.heard.clear()
        return desk

    yield opening
    for desk in made:
        desk.close()


def _order_key(desk: TillDesk) -> None:
    QTest.keyClick(desk.window, KEY.Key_F10, Qt.KeyboardModifier.ControlModifier)


def _order(desk: TillDesk) -> dict[str, str]:
    return {row.title: row.figures[0] for row in desk.rows("order")}


def _select(desk: TillDesk, title: str) -> None:
    at = [row.title for row in desk.rows("order")].index(title)
    desk.key(*[KEY.Key_PageUp] * 2, *[KEY.Key_Down] * at)


def test_how_an_order_goes_is_set_by_keys_and_stands_in_the_basket(opened: Opening) -> None:
    desk = opened("dvizna-si", "en")
    card = desk.card()
    desk.scan(YARN.code, card)
    assert desk.window.page.foot.points.text() == "0"
    _order_key(desk)
    assert _order(desk) == {
        "Where it is ordered": "in the shop",
        "Paid by": "cash",
        "Goods are handed over": "now",
        "Delivery fee": "by the rules",
    }
    desk.key(KEY.Key_Return)
    _select(desk, "Paid by")
    desk.key(KEY.Key_Return, KEY.Key_Return)
    _select(desk, "Goods are handed over")
    desk.key(KEY.Key_Return)
    assert list(_order(desk).values()) == ["online", "bank transfer", "handed over later", "by the rules"]
    desk.key(KEY.Key_Escape)

    assert [(row.title, row.detail, row.figures) for row in desk.rows()[1:]] == [
        ("Delivery", "", ("", "", "4.90 €")),
        ("Order", "online · bank transfer · handed over later", ()),
    ]
    assert desk.total == ("To pay", "54.90 €")
    assert desk.window.page.foot.points.text() == "+50"
    desk.key(KEY.Key_F10)
    [sale] = desk.facts(SaleCompleted)
    assert isinstance(sale.body, SaleCompleted)
    assert (sale.body.channel, sale.body.means, sale.body.fulfilled) == ("online", "transfer", False)

    desk.scan(YARN.code)
    assert len(desk.rows()) == 1


def test_the_fee_of_the_delivery_is_typed(opened: Opening) -> None:
    desk = opened("asal-plus")
    desk.scan(HONEY.code)
    _order_key(desk)
    _select(desk, "Доставка")
    desk.key(KEY.Key_Return)
    assert desk.panel == "delivery"
    desk.key(KEY.Key_Escape)
    assert desk.panel == "order"
    _select(desk, "Доставка")
    desk.key(KEY.Key_Return)
    desk.write("40000")
    desk.key(KEY.Key_Return)
    assert _order(desk)["Доставка"] == "40\u00a0000 томана"
    desk.key(KEY.Key_Escape)
    assert desk.total == ("За плащане", "190\u00a0000 томана")

    desk.scan(desk.card(230))
    _order_key(desk)
    _select(desk, "Безплатна доставка с точки")
    desk.key(KEY.Key_Return)
    desk.key(KEY.Key_F6)
    desk.write("100")
    desk.key(KEY.Key_Return)
    assert desk.total == ("За плащане", "100\u00a0000 томана")


def test_a_past_purchase_is_entered_with_its_day(opened: Opening) -> None:
    desk = opened("kerman-motor")
    desk.scan(desk.card(), CAR.code)
    _order_key(desk)
    desk.key(KEY.Key_Return)
    assert _order(desk)["Откъде е поръчката"] == "направо от компанията"
    assert desk.window.page.foot.points.text() == "+60"
    _select(desk, "Ден на покупката")
    desk.key(KEY.Key_Return)
    for wrong in ("14051330", "1405", "14990101"):
        desk.write(wrong)
        desk.key(KEY.Key_Return)
        assert (desk.panel, desk.message) == ("dated", f"{wrong} не е ден до днес.")
        desk.key(*[KEY.Key_Backspace] * 8)
    desk.write("13890105")
    desk.key(KEY.Key_Return)
    assert _order(desk)["Ден на покупката"] == "05.01.1389"
    assert desk.window.page.foot.points.text() == "0"
    desk.key(KEY.Key_Escape)
    assert desk.rows()[-1].detail == "направо от компанията · 05.01.1389"
    desk.key(KEY.Key_Down, KEY.Key_F8)
    assert (desk.till.basket.channel, desk.till.basket.dated) == ("store", None)


def test_an_open_order_is_handed_over_and_its_points_come(opened: Opening) -> None:
    desk = opened("asal-plus")
    card, slip = _open_order(desk)
    assert desk.store.customer(int(card), desk.now()).pending == 15
    desk.moment += 60_000
    desk.scan(slip_code(slip))
    assert desk.panel == "open_order"
    assert [row.title for row in desk.rows("open_order")][:2] == ["Предадена", "Платена"]
    desk.key(KEY.Key_Return)

    [changed] = desk.facts(OrderChanged)
    assert isinstance(changed.body, OrderChanged)
    assert (changed.body.state, changed.cashier) == ("fulfilled", "ivanka")
    assert (desk.panel, desk.tone) == ("", "good")
    assert (desk.balance(card), desk.store.customer(int(card), desk.now()).pending) == (35, 0)

    desk.scan(slip_code(slip))
    assert desk.panel == "return"


def test_an_order_is_cancelled_only_after_a_second_word(opened: Opening) -> None:
    desk = opened("asal-plus")
    card, slip = _open_order(desk)
    desk.moment += 60_000
    desk.key(KEY.Key_F4)
    desk.write(str(slip % 10**7))
    desk.key(KEY.Key_Return)
    assert desk.panel == "open_order"
    desk.key(KEY.Key_Down, KEY.Key_Down, KEY.Key_Return)
    assert desk.window.page.alarm is not None
    desk.key(KEY.Key_Return)
    assert desk.facts(GoodsReturned) == []
    desk.touch("answer_keep")
    assert desk.facts(GoodsReturned) == []

    desk.key(KEY.Key_Return)
    desk.touch("answer_cancel")
    [back] = desk.facts(GoodsReturned)
    assert isinstance(back.body, GoodsReturned)
    assert back.body.cancelled
    assert desk.panel == "returned"
    assert desk.store.customer(int(card), desk.now()).pending == 0


def test_goods_of_an_open_order_can_come_back(opened: Opening) -> None:
    desk = opened("asal-plus")
    _, slip = _open_order(desk)
    desk.scan(slip_code(slip))
    desk.key(*[KEY.Key_Down] * 3, KEY.Key_Return)
    assert desk.panel == "return"


def _open_order(desk: TillDesk) -> tuple[str, int]:
    card = desk.card()
    desk.scan(card, HONEY.code)
    desk.till.set_order(fulfilled=False)
    desk.key(KEY.Key_F10)
    slip = desk.store.last_slip()
    assert slip is not None
    return card, slip


def test_a_programme_without_orders_has_no_key_for_them(opened: Opening) -> None:
    desk = opened("coop-bg")
    _order_key(desk)
    assert desk.panel == ""
    assert desk.window.findChildren(QPushButton, "key_Ctrl+F10") == []
    assert opened("taavoni-ir").see(QPushButton, "key_Ctrl+F10")


def test_points_of_a_buyer_without_a_card_wait_for_the_address(opened: Opening) -> None:
    desk = opened("asal-plus")
    desk.scan(HONEY.code)
    _order_key(desk)
    _select(desk, "Купувач без карта")
    desk.key(KEY.Key_Return)
    assert desk.panel == "guest"
    desk.write("neda")
    desk.key(KEY.Key_Return)
    assert (desk.panel, desk.message) == ("guest", "neda не е адрес на е-поща.")
    for letter in "@a.ir":
        desk.touch(f"letter_{letter}")
    desk.touch("panel_guest_done")
    assert _order(desk)["Купувач без карта"] == "точките чакат по е-поща"
    desk.key(KEY.Key_Escape, KEY.Key_F10)

    desk.moment += 60_000
    joined = desk.office.enrol(name="Неда", email="neda@a.ir")
    assert joined.balance == 35
