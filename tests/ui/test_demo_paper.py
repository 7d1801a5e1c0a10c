"""The demo's printer: what is sent to its port is seen on its paper, and its troubles are a real printer's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from hardware.escpos import PROFILES, encode, pieces
from hardware.printer import PrinterTrouble, SerialPrinter
from hardware.virtual_paper import Row
from pos_app import texts
from pos_app.loyalty.paper import Barcode, Cut, Document, OpenDrawer, Pair, Qr, Text
from tests.helpers.screen import codes_on
from ui.demo.paper import PaperWindow
from ui.demo.roll import PaperView

SLIP = "S00010000412"
DOCUMENT: Document = (
    Text("БЕЛЕЖКА ЗА ТОЧКИ", "centre", bold=True, big=True),
    Pair("Прясно мляко КООП", "2,30 €"),
    Barcode("CODE128", SLIP),
    Cut(),
)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[PaperWindow]:
    made = PaperWindow(texts.words("bg"))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.stop()


@pytest.fixture
def printer(window: PaperWindow) -> Iterator[SerialPrinter]:
    made = SerialPrinter(window.printer.path)
    yield made
    made.close()


def _print(printer: SerialPrinter, document: Document) -> str:
    return printer.send(pieces(document, PROFILES["generic-80"], language="bg"))


def _seen(view: PaperView) -> list[Row]:
    return [view.rows[number] for number in view.seen()]


def test_a_slip_sent_to_the_port_is_seen_and_its_barcode_can_be_scanned(
    qtbot: QtBot, window: PaperWindow, printer: SerialPrinter
) -> None:
    assert _print(printer, DOCUMENT) == "taken"
    qtbot.waitUntil(lambda: len(window.view.rows) == 4)

    title, pair, barcode, cut = _seen(window.view)
    assert (title.text, title.bold, title.big, title.align) == ("БЕЛЕЖКА ЗА ТОЧКИ", True, True, "centre")
    assert pair.text == f"{'Прясно мляко КООП':<36}2,30 €"
    assert (barcode.kind, cut.kind) == ("barcode", "cut")
    assert codes_on(window.view.viewport()) == [("CODE128", SLIP)]


def test_cards_and_qr_codes_on_the_paper_can_be_scanned(
    qtbot: QtBot, window: PaperWindow, printer: SerialPrinter
) -> None:
    link = "https://example.org/k?b=412"
    _print(printer, (Barcode("EAN13", "2900000000001"), Qr(link), Cut()))
    qtbot.waitUntil(lambda: len(window.view.rows) == 3)

    assert sorted(codes_on(window.view.viewport())) == [("EAN13", "2900000000001"), ("QRCODE", link)]


def test_dots_are_on_the_paper_and_a_qr_code_of_them_can_be_scanned(
    qtbot: QtBot, window: PaperWindow, printer: SerialPrinter
) -> None:
    link = "https://example.org/k?b=412"
    drawn = structs.replace(PROFILES["generic-80"], draws_qr=False)
    document = (Text("رسید امتیاز", "centre", bold=True, big=True), Qr(link), Cut())
    printer.send(pieces(document, drawn, language="fa"))
    qtbot.waitUntil(lambda: bool(window.view.rows) and window.view.rows[-1].kind == "cut")

    assert {row.kind for row in window.view.rows} == {"picture", "cut"}
    assert codes_on(window.view.viewport()) == [("QRCODE", link)]


def test_what_leaves_no_ink_is_painted_as_well(qtbot: QtBot, window: PaperWindow, printer: SerialPrinter) -> None:
    blank = window.view.viewport().grab().toImage()
    _print(printer, (OpenDrawer(),))
    printer.send((b"\x1bZ",))
    qtbot.waitUntil(lambda: len(window.view.rows) == 2)

    assert [row.kind for row in _seen(window.view)] == ["drawer", "unknown"]
    assert window.view.viewport().grab().toImage() != blank


def test_without_paper_the_printer_says_so_and_nothing_comes_out(
    qtbot: QtBot, window: PaperWindow, printer: SerialPrinter
) -> None:
    printer.open()
    window.troubles["paper_out"].click()
    with pytest.raises(PrinterTrouble) as caught:
        _print(printer, DOCUMENT)
    assert caught.value.code == "paper_out"
    assert len(window.printer.rows()) == 0

    window.troubles["paper_out"].click()
    assert _print(printer, DOCUMENT) == "taken"
    qtbot.waitUntil(lambda: len(window.view.rows) == 4)


def test_paper_that_is_put_back_lets_out_what_waited(qtbot: QtBot, window: PaperWindow) -> None:
    window.troubles["paper_out"].click()
    with window.printer.hands_on() as machine:
        machine.receive(encode(DOCUMENT, PROFILES["generic-80"], language="bg"))
    assert len(window.printer.rows()) == 0

    window.troubles["paper_out"].click()

    qtbot.waitUntil(lambda: len(window.view.rows) == 4)


@pytest.mark.parametrize(("trouble", "code"), [("cover_open", "cover_open"), ("silent", "offline")])
def test_the_other_troubles_are_those_of_a_real_printer(
    window: PaperWindow, printer: SerialPrinter, trouble: str, code: str
) -> None:
    printer.open()
    window.troubles[trouble].click()
    with pytest.raises(PrinterTrouble) as caught:
        _print(printer, DOCUMENT)

    assert caught.value.code == code


def test_a_long_roll_paints_no_more_rows_than_can_be_seen(qtbot: QtBot, window: PaperWindow) -> None:
    view = window.view
    view.append([Row("text", f"ред {number}") for number in range(10_000)])

    assert _seen(view)[-1].text == "ред 9999"
    bar = view.verticalScrollBar()
    for value in (0, bar.maximum() // 2, bar.maximum()):
        bar.setValue(value)
        assert 10 < len(view.seen()) < 100
    bar.setValue(bar.maximum() // 2)
    assert 4_900 < view.seen()[0] < 5_100


def test_new_rows_are_followed_unless_somebody_reads_further_up(window: PaperWindow) -> None:
    view, bar = window.view, window.view.verticalScrollBar()
    view.append([Row("text", str(number)) for number in range(500)])
    view.append([Row("text", "новият")])
    assert _seen(view)[-1].text == "новият"

    bar.setValue(100)
    view.append([Row("text", "още един")])
    assert bar.value() == 100


def test_a_window_that_changes_its_size_keeps_the_newest_row_in_sight(window: PaperWindow) -> None:
    view = window.view
    view.append([Row("text", str(number)) for number in range(500)])
    for height in (400, 900, 500):
        window.resize(window.width(), height)
        assert _seen(view)[-1].text == "499"


def test_clearing_leaves_no_paper_and_the_printer_at_work(
    qtbot: QtBot, window: PaperWindow, printer: SerialPrinter
) -> None:
    empty = window.view.viewport().grab().toImage()
    _print(printer, DOCUMENT)
    qtbot.waitUntil(lambda: len(window.view.rows) == 4)
    clear = window.findChild(QPushButton, "clear")
    assert clear is not None
    clear.click()
    assert window.view.viewport().grab().toImage() == empty

    _print(printer, DOCUMENT)
    qtbot.waitUntil(lambda: len(window.view.rows) == 4)


def test_a_closed_window_leaves_the_printer_at_work(qtbot: QtBot, window: PaperWindow, printer: SerialPrinter) -> None:
    window.close()

    assert _print(printer, DOCUMENT) == "taken"
    qtbot.waitUntil(lambda: len(window.view.rows) == 4)


def test_a_stopped_printer_is_gone(window: PaperWindow) -> None:
    window.stop()

    assert not Path(window.printer.path).exists()


def test_it_speaks_both_languages(window: PaperWindow) -> None:
    assert window.troubles["paper_out"].text() == "Без хартия"

    window.speak(texts.words("en"))

    assert window.windowTitle() == "Demo: printer"
    assert [box.text() for box in window.troubles.values()] == ["Paper out", "Cover open", "Silent"]
