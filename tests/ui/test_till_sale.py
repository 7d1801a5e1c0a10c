"""A sale at the window: goods, a card, quantities, rewards, completing it; and what must not happen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app.loyalty.basket import Basket, Line
from pos_app.loyalty.facts import SaleCompleted
from tests.helpers.shop import BREAD, CHEESE, COFFEE, MILK
from tests.ui.till_desk import STAFF_CARD, TillDesk
from ui.till.painted import Style

KEY = Qt.Key


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    made = TillDesk(qtbot, tmp_path / "till")
    made.scan(STAFF_CARD)
    made.heard.clear()
    yield made
    made.close()


def test_a_sale_from_card_to_slip(desk: TillDesk, qtbot: QtBot) -> None:
    card = desk.card(100)
    desk.scan(BREAD.code, card, MILK.code)

    assert [(row.title, row.figures, row.note) for row in desk.rows()] == [
        ("Хляб Добруджа", ("1", "1,20 €", "1,20 €"), "+4 т."),
        ("Прясно мляко КООП", ("1", "2,30 €", "2,30 €"), "+16 т."),
    ]
    assert desk.rows()[1].detail == "2 точки на 0,50 лв. за стоки с марка КООП"
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert (facts.name, facts.chips, facts.card) == ("Мария П.", ("клиент",), f"карта *{card[-4:]}")
    assert (facts.balance, facts.earned, facts.spent, facts.after) == ("100", "+20", "0", "120")
    assert desk.total == ("За плащане", "3,50 €")
    assert desk.window.page.foot.points.text() == "+20"
    assert desk.heard == ["accepted"] * 3

    desk.key(KEY.Key_F10)
    [sale] = desk.facts(SaleCompleted)
    assert isinstance(sale.body, SaleCompleted)
    assert sale.cashier == "ivanka"
    assert desk.balance(card) == 120
    assert desk.till.basket == Basket()
    assert desk.total == ("Последна покупка", "3,50 €")
    assert desk.window.page.customer.facts is None
    shown = {one.objectName(): one.text() for one in desk.window.findChildren(QLabel) if one.isVisible()}
    assert (shown["done_to_pay"], shown["done_earned"], shown["done_balance"]) == ("3,50 €", "+20", "120 т.")
    assert desk.heard == ["accepted"] * 4

    desk.scan(BREAD.code)
    assert desk.total == ("За плащане", "1,20 €")
    assert desk.view().isVisible()


def test_without_a_card_the_sale_goes_on(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F10)
    [sale] = desk.facts(SaleCompleted)
    assert isinstance(sale.body, SaleCompleted)
    assert sale.body.card is None
    assert desk.window.page.foot.points.text() == ""


def test_two_quick_presses_complete_once(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F10, KEY.Key_F10)
    desk.touch("key_F10")

    assert len(desk.facts(SaleCompleted)) == 1
    assert desk.heard == ["accepted", "accepted"]
    assert desk.tone == "good"


def test_a_second_press_while_the_first_runs_does_nothing(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the window ever to work off events while it writes a sale down, a press in between must be lost."""
    complete = desk.till.complete
    desk.scan(BREAD.code)
    presses: list[str] = []

    def slow(means: str = "cash") -> object:
        if not presses:
            presses.append("second")
            desk.key(KEY.Key_F10)
            desk.touch("key_F10")
        return complete(means)

    monkeypatch.setattr(desk.till, "complete", slow)
    desk.key(KEY.Key_F10)

    assert presses == ["second"]
    assert len(desk.facts(SaleCompleted)) == 1
    assert desk.heard == ["accepted", "accepted"]


def test_a_key_that_is_held_down_counts_once(desk: TillDesk) -> None:
    desk.scan(BREAD.code, MILK.code, BREAD.code)
    desk.hold_key(KEY.Key_F8)
    assert len(desk.rows()) == 2

    desk.hold_key(KEY.Key_F10)
    assert len(desk.facts(SaleCompleted)) == 1

    desk.hold_key(KEY.Key_F12)
    assert desk.acts().count("drawer_opened") == 1


def test_nothing_to_complete_is_said(desk: TillDesk) -> None:
    desk.key(KEY.Key_F10)

    assert (desk.message, desk.tone) == ("Няма нищо за приключване. Сканирайте стока.", "refused")
    assert desk.heard == ["refused"]


def test_the_quantity_is_typed(desk: TillDesk) -> None:
    desk.scan(BREAD.code, MILK.code)
    desk.key(KEY.Key_Up, KEY.Key_F3)
    assert desk.panel == "quantity"
    desk.write("12")
    desk.key(KEY.Key_Return)

    assert desk.panel == ""
    assert [line.quantity_milli for line in desk.till.basket.lines] == [12_000, 1_000]
    assert desk.view().current == 0
    assert desk.total == ("За плащане", "16,70 €")


def test_weighed_goods_take_grams_by_touch(desk: TillDesk) -> None:
    desk.scan(CHEESE.code)
    assert desk.message == "Сирене: въведете килограмите с\N{NO-BREAK SPACE}F3."
    assert desk.heard == ["attention"]

    desk.touch("key_F3")
    for key in ("0", ",", "3", "5", "9", "back", "0"):
        desk.touch(f"pad_{key}")
    desk.touch("panel_quantity_done")

    assert desk.till.basket.lines == (Line(CHEESE, 350, 999),)
    assert desk.rows()[0].figures == ("0,350 кг", "9,99 €", "3,50 €")


def test_goods_that_were_not_weighed_wait_for_it_and_stop_the_sale(desk: TillDesk) -> None:
    desk.scan(CHEESE.code, BREAD.code)
    waiting = desk.rows()[0]
    assert (waiting.detail, waiting.waits) == ("0 кг — въведете килограмите (F3)", True)
    assert waiting.figures == ("0 кг", "9,99 €", "0,00 €")
    assert desk.view().current == 1

    desk.key(KEY.Key_F10)
    assert desk.message == "Сирене: първо претеглете и въведете килограмите."
    assert desk.facts(SaleCompleted) == []
    assert desk.view().current == 0

    desk.key(KEY.Key_F3)
    desk.write("0,5")
    desk.key(KEY.Key_Return)
    assert not desk.rows()[0].waits
    desk.key(KEY.Key_F10)
    assert len(desk.facts(SaleCompleted)) == 1


@pytest.mark.parametrize("typed", ["0", "", "00"])
def test_a_quantity_that_cannot_be_is_refused_in_a_sentence(desk: TillDesk, typed: str) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F3, KEY.Key_Backspace)
    desk.write(typed)
    desk.key(KEY.Key_Return)

    assert desk.message == "Количеството 0.000 не е възможно тук."
    assert desk.panel == "quantity"
    assert desk.till.basket.lines[0].quantity_milli == 1000


def test_a_number_that_is_too_long_is_refused_and_not_cut(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F3)
    desk.write("12345")
    desk.key(KEY.Key_Return)

    assert desk.message.startswith("Количеството 12345")
    assert (desk.panel, desk.tone) == ("quantity", "refused")
    assert desk.till.basket.lines[0].quantity_milli == 1000


def test_a_scan_while_the_pad_is_open_goes_to_the_sale(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F3)
    desk.write("3")
    desk.scan(MILK.code)
    assert desk.panel == "quantity"
    desk.key(KEY.Key_Return)

    assert [(line.product, line.quantity_milli) for line in desk.till.basket.lines] == [(BREAD, 3000), (MILK, 1000)]


def test_voiding_takes_out_the_selected_line(desk: TillDesk) -> None:
    desk.scan(BREAD.code, MILK.code, CHEESE.code)
    desk.key(KEY.Key_Up, KEY.Key_F8)
    assert [row.title for row in desk.rows()] == ["Хляб Добруджа", "Сирене"]
    assert desk.message == "Махнато: Прясно мляко КООП."
    assert desk.view().current == 1

    desk.touch("key_F8")
    desk.touch("key_F8")
    assert desk.till.basket == Basket()
    desk.key(KEY.Key_F8)
    assert desk.message == "Няма избран ред. Сканирайте стока."


def test_rewards_are_taken_from_the_board_by_keys(desk: TillDesk) -> None:
    card = desk.card(100)
    desk.scan(card, BREAD.code)
    desk.key(KEY.Key_F5)
    assert [(row.title, row.figures, row.is_dim) for row in desk.rows("board")] == [
        ("Чаша", ("5 т.",), False),
        ("Кафе 100 г", ("60 т.",), False),
        ("Чайник порцеланов", ("50\u00a0000 т. + 2,50 €",), True),
    ]
    desk.key(KEY.Key_Down, KEY.Key_Return)
    assert [row.is_dim for row in desk.rows("board")] == [False, True, True]
    desk.key(KEY.Key_Return)
    assert desk.message == "Точките не стигат: нужни са 120, има 100."
    assert desk.tone == "refused"

    desk.key(KEY.Key_Escape)
    assert desk.rows()[1].figures == ("1", "", "−60 т.")
    assert desk.rows()[1].detail == "срещу точки: 1 × 60 точки"
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert (facts.spent, facts.after) == ("−60", "44")

    desk.key(KEY.Key_F3)
    assert desk.message == "Награда се добавя от таблото (F5) и се маха с\N{NO-BREAK SPACE}F8."
    desk.key(KEY.Key_F10)
    assert desk.balance(card) == 44


def test_rewards_are_taken_by_touch(desk: TillDesk, qtbot: QtBot) -> None:
    desk.scan(desk.card(100))
    panel = desk.window.page.customer
    qtbot.waitUntil(lambda: [offer.item for offer in panel.offers] == ["coffee", "cup"])
    desk.touch_at(panel, panel.offer_area(1).center())

    assert [swap.offer.item for swap in desk.till.basket.swaps] == ["cup"]
    assert desk.message == "Чаша за 5 т."
    qtbot.waitUntil(lambda: [offer.item for offer in panel.offers] == ["coffee"])
    desk.touch_at(panel, panel.offer_area(1).center())
    desk.key(KEY.Key_F8)
    assert desk.till.basket.swaps == ()


def test_money_on_top_of_points_is_shown(desk: TillDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.scan(desk.card(60_000))
    panel = desk.window.page.customer
    qtbot.waitUntil(lambda: [offer.item for offer in panel.offers] == ["teapot", "coffee", "cup"])
    written: list[str] = []
    write = panel.write

    def watched(painter: QPainter, area: QRect, text: str, style: Style) -> None:
        written.append(text)
        write(painter, area, text, style)

    monkeypatch.setattr(panel, "write", watched)
    panel.grab()
    assert written[-6:] == ["50\u00a0000 т. + 2,50 €", "Чайник порцеланов", "60 т.", "Кафе 100 г", "5 т.", "Чаша"]


def test_one_that_is_left_is_told_in_the_singular(desk: TillDesk) -> None:
    desk.store.put_offers([replace(COFFEE, stock=1)])
    desk.key(KEY.Key_F5)
    assert desk.rows("board")[0].detail == "остава 1"


def test_what_is_missing_to_the_next_reward_is_said(desk: TillDesk, qtbot: QtBot) -> None:
    desk.scan(desk.card(2))
    panel = desk.window.page.customer
    qtbot.waitUntil(lambda: panel.nearest == "Още 3 точки до „Чаша“")
    assert list(panel.offers) == []


def test_the_board_without_a_customer_tells_to_scan_and_takes_the_card(desk: TillDesk) -> None:
    desk.key(KEY.Key_F5)
    assert all(row.is_dim for row in desk.rows("board"))
    desk.key(KEY.Key_Return)
    assert desk.message == "За размяна на точки е нужна клиентска карта."

    desk.scan(desk.card(100))
    assert desk.panel == "board"
    assert not desk.rows("board")[0].is_dim


def test_a_card_that_is_not_active_says_so(desk: TillDesk) -> None:
    card = desk.card(active=False)
    desk.scan(BREAD.code, card)
    sentence = "Картата става активна на 03.03.2026 10:00. Дотогава не събира и не разменя точки."

    facts = desk.window.page.customer.facts
    assert facts is not None
    assert (facts.sentence, facts.earned) == (sentence, "")
    assert (desk.message, desk.tone) == (sentence, "attention")
    assert desk.heard == ["accepted", "attention"]
    assert desk.rows()[0].note == ""

    desk.key(KEY.Key_F10)
    [sale] = desk.facts(SaleCompleted)
    assert isinstance(sale.body, SaleCompleted)
    assert (sale.body.card, sale.body.notices) == (None, ("card_not_active",))


def test_no_use_of_points_at_payment_is_a_sentence(desk: TillDesk) -> None:
    desk.touch("key_F6")
    assert desk.message == "В тази програма с точки не се плаща. Те се разменят за награди: F5."


def test_the_open_basket_is_back_after_a_new_start(desk: TillDesk, qtbot: QtBot, tmp_path: Path) -> None:
    card = desk.card(100)
    desk.scan(card, BREAD.code, MILK.code)
    desk.close()

    again = TillDesk(qtbot, tmp_path / "till")
    again.scan(STAFF_CARD)
    assert [row.title for row in again.rows()] == ["Хляб Добруджа", "Прясно мляко КООП"]
    assert again.view().current == 1
    facts = again.window.page.customer.facts
    assert facts is not None
    assert facts.balance == "100"
    again.close()


def test_a_reward_that_is_gone_meanwhile_is_told_and_the_rest_goes_on(desk: TillDesk) -> None:
    desk.scan(desk.card(100), BREAD.code)
    desk.till.swap("coffee")
    desk.store.put_offers([])
    desk.scan(MILK.code)

    assert desk.heard[-2:] == ["attention", "accepted"]
    assert len(desk.rows()) == 3
    desk.key(KEY.Key_F10)
    assert desk.message == "Кафе 100 г не е на таблото с награди сега."
    assert desk.facts(SaleCompleted) == []
