"""The panels over the basket: looking up, holding, returning, printing again, typing amounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from pos_app.loyalty.facts import GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.slip import slip_code, slip_text
from pos_app.printing import PrinterState
from pos_app.settings import Settings
from tests.helpers.shop import BREAD, CHEESE, MILK
from tests.ui.till_desk import STAFF_CARD, TillDesk
from ui.till.pads import Field
from ui.till.panel import Panel

KEY = Qt.Key


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    made = TillDesk(qtbot, tmp_path / "till")
    made.scan(STAFF_CARD)
    made.heard.clear()
    yield made
    made.close()


@pytest.fixture
def amounts(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    made = TillDesk(qtbot, tmp_path / "till", settings=Settings(mode="amount"))
    made.scan(STAFF_CARD)
    made.heard.clear()
    yield made
    made.close()


def _sell(desk: TillDesk, *codes: str, points: int = 0) -> tuple[str, int]:
    """A completed sale to a new customer: the card and the slip's number."""
    card = desk.card(points)
    desk.scan(card, *codes)
    desk.key(KEY.Key_F10)
    slip = desk.store.last_slip()
    assert slip is not None
    desk.heard.clear()
    return card, slip


# -- looking up


def test_goods_are_found_by_a_part_of_the_name(desk: TillDesk, qtbot: QtBot) -> None:
    desk.key(KEY.Key_F1)
    desk.write("мляко")
    qtbot.waitUntil(lambda: [row.title for row in desk.rows("found")] == ["Прясно мляко КООП"])
    desk.key(KEY.Key_Return)

    assert desk.panel == ""
    assert [line.product for line in desk.till.basket.lines] == [MILK]
    assert desk.heard == ["accepted"]


def test_enter_does_not_wait_for_the_search(desk: TillDesk) -> None:
    desk.key(KEY.Key_F1)
    desk.write(BREAD.code)
    desk.key(KEY.Key_Return)

    assert [line.product for line in desk.till.basket.lines] == [BREAD]


def test_digits_typed_with_nothing_open_look_for_goods(desk: TillDesk, qtbot: QtBot) -> None:
    desk.key(KEY.Key_3, KEY.Key_8)
    assert desk.panel == "goods"
    qtbot.waitUntil(lambda: len(desk.rows("found")) == 4)
    desk.key(KEY.Key_Down, KEY.Key_Down, KEY.Key_Up, KEY.Key_Escape)
    assert desk.panel == ""
    assert desk.till.basket.empty


def test_a_part_of_a_code_sells_nothing_until_a_row_is_chosen(desk: TillDesk, qtbot: QtBot) -> None:
    desk.key(KEY.Key_3, KEY.Key_8)
    qtbot.waitUntil(lambda: len(desk.rows("found")) == 4)
    desk.key(KEY.Key_Return)
    assert (desk.panel, desk.till.basket.empty) == ("goods", True)
    note = desk.see(QLabel, "found_note")
    assert isinstance(note, QLabel)
    assert note.text() == "Няма такъв точен код. Изберете със стрелките или докоснете реда."

    chosen = desk.rows("found")[0].title
    desk.key(KEY.Key_Down, KEY.Key_Return)
    assert [line.product.name for line in desk.till.basket.lines] == [chosen]


@pytest.mark.parametrize("typed", ["0.335", ".335", "0,017"])
def test_a_number_with_a_point_is_typed_whole_and_is_no_code(desk: TillDesk, typed: str) -> None:
    for character in typed:
        desk.write(character)
    field = desk.see(Field, "search")
    assert isinstance(field, Field)
    assert field.text() == typed
    desk.key(KEY.Key_Return)
    assert desk.till.basket.empty


def test_weighed_goods_that_were_looked_up_ask_for_their_weight(desk: TillDesk) -> None:
    desk.key(KEY.Key_F1)
    desk.write("сирене")
    desk.key(KEY.Key_Return)
    assert desk.panel == "quantity"
    desk.write("0,25")
    desk.key(KEY.Key_Return)

    assert [(line.product, line.quantity_milli) for line in desk.till.basket.lines] == [(CHEESE, 250)]


def test_looking_up_by_touch_brings_a_keyboard(desk: TillDesk, qtbot: QtBot) -> None:
    desk.touch("key_F1")
    for letter in "хляк":
        desk.touch(f"letter_{letter}")
    desk.touch("letter_⌫")
    desk.touch("letter_б")
    qtbot.waitUntil(lambda: [row.title for row in desk.rows("found")] == ["Хляб Добруджа"])
    view = desk.view("found")
    desk.touch_at(view.viewport(), view.visualRect(view.model().index(0, 0)).center())

    assert [line.product for line in desk.till.basket.lines] == [BREAD]


def test_nothing_found_is_said(desk: TillDesk, qtbot: QtBot) -> None:
    desk.key(KEY.Key_F1)
    desk.write("няма такова")
    note = desk.see(QLabel, "found_note")
    assert isinstance(note, QLabel)
    qtbot.waitUntil(lambda: note.text() == "Нищо не е намерено за „няма такова“.")
    desk.key(KEY.Key_Return)
    assert desk.panel == "goods"


@pytest.mark.parametrize("text", ["мария", "0888 12", "card"])
def test_a_customer_is_found_by_name_phone_or_card(desk: TillDesk, text: str) -> None:
    card = desk.card(100, "Мария Петрова")
    desk.card(5, "Георги")
    desk.key(KEY.Key_F2)
    desk.write(card[4:12] if text == "card" else text)
    desk.key(KEY.Key_Return)

    facts = desk.window.page.customer.facts
    assert facts is not None
    assert facts.name == "Мария Петрова"
    assert desk.panel == ""
    assert desk.heard == ["accepted"]


def test_a_card_scanned_while_looking_up_is_the_answer(desk: TillDesk) -> None:
    card = desk.card(100)
    desk.key(KEY.Key_F2)
    desk.write("ма")
    desk.scan(card)

    assert desk.panel == ""
    assert desk.till.basket.card == int(card)


def test_the_customer_can_be_removed_again(desk: TillDesk) -> None:
    desk.scan(desk.card(100), BREAD.code)
    desk.till.swap("coffee")
    desk.touch("key_F2")
    desk.touch("drop_customer")

    assert desk.window.page.customer.facts is None
    assert (desk.till.basket.card, desk.till.basket.swaps) == (None, ())
    assert desk.message == "Покупката продължава без карта."


# -- panels among each other


def test_tab_stays_inside_a_panel(desk: TillDesk) -> None:
    desk.key(KEY.Key_F1)
    panel = desk.window.page.place.panel
    assert panel is not None
    for _ in range(5):
        desk.key(KEY.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert panel.isAncestorOf(focused)


def test_another_panel_takes_the_place_and_esc_goes_back(desk: TillDesk) -> None:
    desk.key(KEY.Key_F1, KEY.Key_F5, KEY.Key_F2)
    assert desk.panel == "customer"
    assert len([one for one in desk.window.findChildren(Panel) if one.isVisible()]) == 1
    desk.key(KEY.Key_Escape)
    assert desk.panel == ""
    assert desk.window.page.basket.hasFocus()


@pytest.mark.parametrize("key", [KEY.Key_F8, KEY.Key_F10, KEY.Key_F12])
def test_what_is_hidden_behind_a_panel_is_not_acted_upon(desk: TillDesk, key: KEY) -> None:
    desk.scan(BREAD.code)
    desk.heard.clear()
    desk.key(KEY.Key_F5, key)

    assert (len(desk.till.basket.lines), desk.panel) == (1, "board")
    assert desk.facts(SaleCompleted) == []
    assert "drawer_opened" not in desk.acts()
    assert desk.message == "Първо затворете отворения прозорец: Esc."
    assert desk.heard == ["attention"]


# -- holding


def test_a_basket_is_put_aside_and_taken_up_again(desk: TillDesk) -> None:
    desk.scan(desk.card(100), BREAD.code)
    desk.key(KEY.Key_F7)
    assert desk.till.basket.empty
    assert desk.message == "Покупката е отложена под № 1. Обратно се взема с\N{NO-BREAK SPACE}F7."
    assert desk.window.page.customer.facts is None

    desk.scan(MILK.code)
    desk.key(KEY.Key_F7, KEY.Key_F7)
    assert [(row.title, row.detail, row.figures) for row in desk.rows("held")] == [
        ("№ 1 · Мария П.", "Хляб Добруджа", ("1,20 €",)),
        ("№ 2", "Прясно мляко КООП", ("2,30 €",)),
    ]
    desk.key(KEY.Key_Return)
    assert [row.title for row in desk.rows()] == ["Хляб Добруджа"]
    assert desk.message == "Взета е покупка № 1."
    assert desk.window.page.customer.facts is not None


def test_with_nothing_on_hold_that_is_said(desk: TillDesk) -> None:
    desk.touch("key_F7")
    assert (desk.message, desk.panel) == ("Няма отложени покупки.", "")


# -- returning


def test_a_part_of_a_sale_comes_back(desk: TillDesk) -> None:
    card, slip = _sell(desk, BREAD.code, MILK.code, points=100)
    desk.key(KEY.Key_F4)
    desk.write("1")
    desk.key(KEY.Key_Return)
    assert desk.panel == "return"
    assert [row.figures for row in desk.rows("sold")] == [("1", "–"), ("1", "–")]

    desk.key(KEY.Key_Down, KEY.Key_Return)
    assert [row.figures for row in desk.rows("sold")] == [("1", "–"), ("1", "1")]
    summary = desk.see(QLabel, "return_summary")
    assert isinstance(summary, QLabel)
    assert summary.text() == "За връщане 2,30 € · отнемат се 16 точки"

    desk.key(KEY.Key_F10)
    [back] = desk.facts(GoodsReturned)
    assert isinstance(back.body, GoodsReturned)
    assert back.body.lines == (LineBack(1, 1000),)
    assert desk.balance(card) == 104
    assert desk.panel == "returned"
    assert desk.heard == ["accepted"]
    assert slip_text(slip + 1) in desk.see(QLabel, "returned_slip").text()  # type: ignore[attr-defined]


def test_a_second_press_after_a_return_completes_no_sale(desk: TillDesk) -> None:
    _, slip = _sell(desk, BREAD.code)
    desk.scan(MILK.code, slip_code(slip))
    desk.touch("return_all")
    desk.key(KEY.Key_F10, KEY.Key_F10)
    desk.hold_key(KEY.Key_F10)

    assert len(desk.facts(GoodsReturned)) == 1
    assert len(desk.facts(SaleCompleted)) == 1
    assert [line.product for line in desk.till.basket.lines] == [MILK]
    desk.key(KEY.Key_Return)
    assert desk.panel == ""
    assert [row.title for row in desk.rows()] == ["Прясно мляко КООП"]


def test_goods_scanned_while_returning_come_back(desk: TillDesk) -> None:
    _, slip = _sell(desk, BREAD.code, BREAD.code, MILK.code)
    desk.scan(slip_code(slip))
    desk.key(KEY.Key_F10)
    assert (desk.panel, desk.message, desk.facts(GoodsReturned)) == ("return", "", []), "nothing was chosen"
    desk.scan(BREAD.code, BREAD.code)
    assert [row.figures for row in desk.rows("sold")] == [("2", "2"), ("1", "–")]

    desk.scan(BREAD.code)
    assert desk.message == "Тези стоки вече са върнати."
    desk.scan(CHEESE.code)
    assert desk.message == "Тази стока не е в бележката."
    assert desk.till.basket.empty
    assert desk.heard == ["accepted", "accepted", "accepted", "refused", "refused"]


def test_a_quantity_is_typed_for_the_selected_line(desk: TillDesk) -> None:
    _, slip = _sell(desk, BREAD.code, BREAD.code, BREAD.code, points=0)
    desk.scan(slip_code(slip))
    desk.touch("pad_2")
    assert desk.rows("sold")[0].figures == ("3", "2")
    desk.touch("pad_back")
    desk.touch("pad_4")
    assert (desk.message, desk.tone) == ("Хляб Добруджа: за връщане има най-много 3.", "refused")
    assert not desk.see(QPushButton, "panel_return_done").isEnabled()
    desk.key(KEY.Key_F10)
    assert desk.facts(GoodsReturned) == []

    desk.touch("pad_1")
    desk.touch("pad_,")
    desk.touch("pad_5")
    assert desk.message == "Хляб Добруджа: за връщане има най-много 3.", "15, since pieces have no fractions"
    assert desk.rows("sold")[0].figures == ("3", "1")
    desk.touch("panel_return_done")
    assert desk.panel == "returned"


def test_a_part_of_weighed_goods_comes_back_in_kilograms(desk: TillDesk) -> None:
    desk.scan(CHEESE.code)
    desk.till.set_quantity(0, 750)
    desk.key(KEY.Key_F10)
    slip = desk.store.last_slip()
    assert slip is not None
    desk.scan(slip_code(slip))
    field = desk.see(Field, "return_quantity")
    assert isinstance(field, Field)
    for key in ("pad_0", "pad_,", "pad_5"):
        desk.touch(key)
    assert desk.rows("sold")[0].figures == ("0,750 кг", "0,500 кг")

    field.setText("0,8")
    field.textEdited.emit("0,8")
    assert desk.message == "Сирене: за връщане има най-много 0,750 кг."
    assert field.text() == "0,500"
    desk.key(KEY.Key_F10)
    [back] = desk.facts(GoodsReturned)
    assert isinstance(back.body, GoodsReturned)
    assert back.body.lines == (LineBack(0, 500),)


def test_rewards_come_back_for_their_points(desk: TillDesk) -> None:
    card = desk.card(100)
    desk.scan(card, BREAD.code)
    desk.till.swap("coffee")
    desk.key(KEY.Key_F10)
    slip = desk.store.last_slip()
    assert slip is not None
    assert desk.balance(card) == 44
    desk.scan(slip_code(slip))
    desk.key(KEY.Key_Down, KEY.Key_Return, KEY.Key_F10)

    assert desk.balance(card) == 104


def test_a_slip_that_nobody_knows(desk: TillDesk) -> None:
    desk.key(KEY.Key_F4)
    desk.write("77")
    desk.key(KEY.Key_Return)
    assert desk.message == "Няма покупка с бележка № 77 на тази каса."
    assert desk.panel == "find_slip"

    desk.key(KEY.Key_Escape)
    desk.scan("S00019999999")
    assert desk.window.page.alarm is not None


def test_the_slip_of_a_return_cannot_be_returned(desk: TillDesk) -> None:
    _, slip = _sell(desk, BREAD.code)
    desk.scan(slip_code(slip))
    desk.touch("return_all")
    desk.key(KEY.Key_F10, KEY.Key_Escape)
    desk.scan(slip_code(slip + 1))

    assert desk.window.page.alarm is not None
    sentence = desk.see(QLabel, "alarm_sentence")
    assert isinstance(sentence, QLabel)
    assert sentence.text().startswith("Няма покупка с бележка №")
    assert desk.panel == ""


def test_what_came_back_already_is_shown_as_such(desk: TillDesk) -> None:
    _, slip = _sell(desk, BREAD.code, MILK.code)
    desk.scan(slip_code(slip))
    desk.key(KEY.Key_Return, KEY.Key_F10, KEY.Key_Escape)
    desk.scan(slip_code(slip))

    first, second = desk.rows("sold")
    assert (first.detail, first.figures, first.is_dim) == ("вече върнато", ("0", "–"), True)
    assert (second.figures, second.is_dim) == (("1", "–"), False)
    assert desk.view("sold").current == 1


# -- printing again, the drawer


@pytest.mark.parametrize("number", ["", "1", "1-1", "0001-0000001"])
def test_a_slip_is_printed_again(desk: TillDesk, number: str) -> None:
    _, slip = _sell(desk, BREAD.code)
    desk.key(KEY.Key_F11)
    desk.write(number)
    desk.key(KEY.Key_Return)

    assert [(job.slip, job.copy) for job in desk.store.jobs("queued")] == [(slip, False), (slip, True)]
    assert desk.acts()[-1] == "reprinted"
    assert (desk.message, desk.tone, desk.panel) == ("Копието чака принтера.", "attention", "")


def test_a_copy_is_said_to_be_printed_where_the_printer_is_ready(desk: TillDesk) -> None:
    _sell(desk, BREAD.code)
    desk.window.show_printer(PrinterState("ready", 0, ()))
    desk.key(KEY.Key_F11, KEY.Key_Return)
    assert (desk.message, desk.tone) == ("Копието се печата.", "good")


@pytest.mark.parametrize("number", ["", "42"])
def test_a_slip_that_is_not_there_cannot_be_printed_again(desk: TillDesk, number: str) -> None:
    desk.key(KEY.Key_F11)
    desk.write(number)
    desk.key(KEY.Key_Return)

    assert desk.message.startswith("Няма покупка с бележка №")
    assert desk.panel == "reprint"
    assert desk.heard == ["refused"]


def test_the_drawer_is_opened_on_record(desk: TillDesk) -> None:
    desk.touch("key_F12")
    assert desk.acts()[-1] == "drawer_opened"
    assert desk.message == "Чекмеджето се отваря."


# -- amounts only


def test_two_amounts_are_typed_and_earn(amounts: TillDesk) -> None:
    card = amounts.card()
    amounts.scan(card)
    amounts.key(KEY.Key_F1)
    amounts.write("2,30")
    amounts.key(KEY.Key_Tab)
    amounts.write("10")
    amounts.key(KEY.Key_Return)

    assert [(row.title, row.figures[2], row.note) for row in amounts.rows()] == [
        ("Стоки с марка КООП", "2,30 €", "+16 т."),
        ("Други стоки", "10,00 €", "+39 т."),
    ]
    assert amounts.total == ("За плащане", "12,30 €")

    amounts.key(KEY.Key_F1)
    own = amounts.see(Field, "amount_own")
    assert isinstance(own, Field)
    assert own.text() == "2,30"
    amounts.key(KEY.Key_Return, KEY.Key_Backspace, KEY.Key_Return)
    assert [row.title for row in amounts.rows()] == ["Стоки с марка КООП"]
    amounts.key(KEY.Key_F10)
    assert amounts.balance(card) == 16


def test_amounts_by_touch_go_into_the_touched_field(amounts: TillDesk) -> None:
    amounts.touch("key_F1")
    other = amounts.see(Field, "amount_other")
    amounts.touch_at(other, other.rect().center())
    for key in ("5", ",", "5", "0"):
        amounts.touch(f"pad_{key}")
    amounts.touch("panel_amounts_done")

    assert [(line.product.name, line.amount_minor) for line in amounts.till.basket.lines] == [("Други стоки", 550)]


def test_where_only_amounts_are_typed_quantities_and_goods_are_not(amounts: TillDesk) -> None:
    amounts.key(KEY.Key_F3)
    assert amounts.message == "Тук се въвеждат само суми: F1."
    amounts.key(KEY.Key_5)
    assert amounts.panel == ""
    amounts.key(KEY.Key_F10)
    assert (amounts.message, amounts.tone) == ("Няма нищо за приключване. Въведете сумите: F1.", "refused")
    amounts.scan(BREAD.code)
    sentence = amounts.see(QLabel, "alarm_sentence")
    assert isinstance(sentence, QLabel)
    assert sentence.text() == "На тази каса се въвеждат само суми: F1."
