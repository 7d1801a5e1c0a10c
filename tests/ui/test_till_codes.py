"""Codes of all kinds at the window: what they do to the basket, and what is said of those that do nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app.device_settings import ScannerSettings
from pos_app.loyalty.basket import Product
from pos_app.loyalty.cards import check_digit
from pos_app.loyalty.slip import slip_code
from pos_app.settings import Settings
from tests.helpers.shop import BREAD
from tests.ui.till_desk import STAFF_CARD, TillDesk

KEY = Qt.Key
SOAP = Product("036000291452", "Сапун", 125)
HAM = Product("00123", "Шунка", 1500, weighed=True)
LABEL = f"210012300345{check_digit('210012300345')}"
MISREAD = "3800123456780"


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    chosen = Settings(scanner=ScannerSettings(scale_labels=("21IIIIIWWWWWC",)))
    made = TillDesk(qtbot, tmp_path, settings=chosen, goods=(BREAD, SOAP, HAM))
    made.scan(f"]C0{STAFF_CARD}")
    made.heard.clear()
    yield made
    made.close()


def _text(desk: TillDesk, name: str) -> str:
    shown = desk.see(QLabel, name)
    assert isinstance(shown, QLabel)
    return shown.text()


def _quantities(desk: TillDesk) -> list[tuple[str, int]]:
    return [(line.product.name, line.quantity_milli) for line in desk.till.basket.lines]


def test_a_label_that_is_scanned_or_typed_brings_its_weight(desk: TillDesk) -> None:
    desk.scan(f"]E0{LABEL}")
    desk.key(KEY.Key_F1)
    desk.write(LABEL)
    desk.key(KEY.Key_Return)
    assert _quantities(desk) == [("Шунка", 345)] * 2
    assert desk.panel == ""

    desk.key(KEY.Key_F1)
    desk.write("шунка")
    desk.key(KEY.Key_Return)
    assert desk.panel == "quantity", "what was typed before says nothing of this one"


def test_a_misread_is_told_apart_from_unknown_goods(desk: TillDesk) -> None:
    desk.scan(f"]E0{MISREAD}")
    assert (_text(desk, "alarm_title"), _text(desk, "alarm_shown")) == ("Грешно прочетен код", MISREAD)
    assert "последната му цифра не съответства" in _text(desk, "alarm_sentence")
    assert desk.heard == ["refused"]


def test_an_unknown_code_is_shown_without_its_identifier(desk: TillDesk) -> None:
    desk.scan("]C1010380012345678710LOT\x1d21A")
    assert (_text(desk, "alarm_title"), _text(desk, "alarm_shown")) == (
        "Непознат код",
        "010380012345678710LOT 21A",
    )


def test_goods_come_back_by_any_form_of_their_code(desk: TillDesk) -> None:
    desk.scan(SOAP.code, LABEL, desk.card())
    slip = desk.till.complete().fact.body.slip  # type: ignore[union-attr]
    desk.window.page.refresh()
    desk.scan(slip_code(slip))
    desk.scan("]E00036000291452", LABEL)
    assert [row.figures for row in desk.rows("sold")] == [("1", "1"), ("0,345 кг", "0,345 кг")]
    desk.scan(MISREAD)
    assert "не е прочетен вярно" in desk.message
