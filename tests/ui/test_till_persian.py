"""A till of Iran: it begins at the right, counts in toman and Jalali days, and takes digits as they are typed there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from db.store import Staff
from hardware.codepages import UNPRINTABLE
from hardware.escpos import PROFILES, encode
from hardware.virtual_paper import Interpreter, Row
from pos_app import settings as settings_file
from pos_app import shop, texts
from pos_app.desk import Desk
from pos_app.loyalty.basket import Product
from pos_app.loyalty.facts import SaleCompleted
from pos_app.loyalty.moments import from_local
from pos_app.loyalty.paper import Document
from pos_app.settings import Settings
from ui import theme
from ui.app import TillApp
from ui.till.foot import Figure
from ui.till.pads import BACK, Field, LetterPad

KEY = Qt.Key
STAFF_CARD = "2800000000011"
TEA = Product("6260000000013", "چای لاهیجان ۵۰۰ گرم", 1_234_560, "تعاونی")
RIGHT_TO_LEFT, LEFT_TO_RIGHT = Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight

Opening = Callable[..., TillApp]


@pytest.fixture
def open_till(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till of the Iranian cooperative's programme."""
    with ExitStack() as closing:

        def opening(language: str = "fa", mode: str = "goods") -> TillApp:
            chosen = Settings(language=language, programme="taavoni-ir", mode=mode, shop_lines=("تعاونی ۱۲",))
            settings_file.save(chosen, tmp_path)
            opened = closing.enter_context(shop.opened(tmp_path))
            opened.store.replica.put_products([TEA])
            opened.store.replica.put_staff([Staff("reza", "رضا", "cashier", "", STAFF_CARD)])
            running = TillApp(opened, {})
            closing.callback(_close, running)
            with qtbot.waitActive(running.window):
                running.window.resize(1366, 768)
                running.window.show()
            running.intake.inject(STAFF_CARD, "sheet")
            return running

        yield opening


def _close(running: TillApp) -> None:
    running.stop()
    delete(running.window)
    delete(running)
    QApplication.setLayoutDirection(LEFT_TO_RIGHT)


def see(running: TillApp, kind: type[QWidget], name: str) -> QWidget:
    [found] = [one for one in running.window.findChildren(kind, name) if one.isVisible()]
    return found


def press(*keys: Qt.Key) -> None:
    for key in keys:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, key)


def total(running: TillApp) -> str:
    figure = see(running, Figure, "total")
    assert isinstance(figure, Figure)
    return figure.text()


def test_sums_are_toman_in_persian_digits(open_till: Opening) -> None:
    running = open_till()
    running.intake.inject(TEA.code, "sheet")
    assert total(running) == "۱۲۳٬۴۵۶ تومان"
    assert running.window.page.words.calendar == "jalali"


def test_the_day_is_a_jalali_one(open_till: Opening) -> None:
    running = open_till()
    now = running.till.now()
    shown = running.sign_in.findChild(QLabel, "date")
    day = running.window.page.words.say("sign_in.date", now=now)
    assert shown is not None
    assert shown.text() == day
    assert day.startswith("۱۴")


@pytest.mark.parametrize(
    ("typed", "rial", "shown"),
    [
        ("۱۲۳۴۵۶", 1_234_560, "۱۲۳٬۴۵۶ تومان"),
        ("٤٥", 450, "۴۵ تومان"),
        ("12.5", 125, "۱۲٫۵ تومان"),
        ("۱۲٫۵", 125, "۱۲٫۵ تومان"),
    ],
)
def test_amounts_are_typed_in_toman_and_in_any_digits(open_till: Opening, typed: str, rial: int, shown: str) -> None:
    running = open_till(mode="amount")
    press(KEY.Key_F1)
    field = QApplication.focusWidget()
    assert isinstance(field, Field)
    for character in typed:
        QTest.simulateEvent(field, True, 0, Qt.KeyboardModifier.NoModifier, character, False)
    press(KEY.Key_Tab, KEY.Key_Return)

    assert total(running) == shown
    press(KEY.Key_F10)
    [sale] = [fact.body for fact in running.store.facts() if isinstance(fact.body, SaleCompleted)]
    assert sum(line.amount_minor for line in sale.lines) == rial


def test_the_pads_type_what_stands_on_them(open_till: Opening) -> None:
    running = open_till(mode="amount")
    press(KEY.Key_F1)
    for key in ("1", "2", ".", "5"):
        QTest.mouseClick(see(running, QPushButton, f"pad_{key}"), Qt.MouseButton.LeftButton)
    field = see(running, Field, "amount_own")
    assert isinstance(field, Field)
    assert field.text() == "12.5"


def test_a_keyboard_is_not_mirrored(open_till: Opening) -> None:
    running = open_till(mode="amount")
    press(KEY.Key_F1)
    seven, nine = (see(running, QPushButton, f"pad_{digit}") for digit in "79")
    assert seven.mapTo(running.window, QPoint()).x() < nine.mapTo(running.window, QPoint()).x()


def test_letters_stand_as_on_a_persian_keyboard(qtbot: QtBot) -> None:
    around = QWidget()
    around.setLayoutDirection(RIGHT_TO_LEFT)
    qtbot.addWidget(around)
    pad = LetterPad(texts.words("fa"))
    pad.setParent(around)
    pad.resize(900, 300)
    around.show()
    places = {one.objectName().removeprefix("letter_"): one.x() for one in pad.findChildren(QPushButton)}
    assert sorted("ضصثق", key=places.__getitem__) == list("ضصثق")
    letters = set(places)
    assert letters - {" ", BACK} >= set("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")


def test_another_language_turns_the_window_round(open_till: Opening) -> None:
    running = open_till()
    page = running.window.page
    assert running.window.layoutDirection() == RIGHT_TO_LEFT
    assert page.customer.x() < page.place.x()
    running.speak(texts.words_of(running.till.programme, "sl"))
    page = running.window.page
    QApplication.processEvents()
    assert running.window.layoutDirection() == LEFT_TO_RIGHT
    assert page.customer.x() > page.place.x()


def _slip(running: TillApp) -> Document:
    desk = Desk(running.store, running.till.programme, running.till.now)
    card = desk.enrol(name="مریم", phone="09121234567").card
    running.intake.inject(str(card), "sheet")
    running.intake.inject(TEA.code, "sheet")
    press(KEY.Key_F10)
    [job] = running.store.jobs()
    return job.document


def test_a_slip_is_persian_and_drawn(open_till: Opening) -> None:
    document = _slip(open_till())
    texts = [text for part in document for text in (getattr(part, "text", ""), getattr(part, "left", "")) if text]
    assert any("امتیاز" in text for text in texts)
    for profile in PROFILES.values():
        data = encode(document, profile, language="fa")
        kinds = [row.kind for row in _rows(data, profile.columns)]
        assert "picture" in kinds
        assert "unknown" not in kinds
        assert len(data) <= 9000


def test_a_slip_has_words_that_the_printer_can_set(open_till: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that takes no dots has a slip in English, and names are spelt."""
    plain = structs.replace(PROFILES["generic-80"], draws=False)
    monkeypatch.setitem(PROFILES, "generic-80", plain)
    paper = _printed(encode(_slip(open_till()), plain, language="fa"), plain.columns)
    assert "123,456 toman" in paper
    assert "chay lahyjan 500 grm" in paper
    assert "Points earned" in paper
    assert UNPRINTABLE not in paper


def _rows(data: bytes, columns: int) -> list[Row]:
    printer = Interpreter(columns)
    while data:
        data = data[printer.step(data) :]
    return printer.rows


def _printed(data: bytes, columns: int) -> str:
    return " ".join(" ".join(row.text for row in _rows(data, columns)).split())


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_fonts_have_every_letter(language: str, qtbot: QtBot) -> None:
    font = QFont()
    font.setFamilies(list(theme.FAMILIES))
    metrics = QFontMetrics(font)
    letters = {letter for text in texts.catalogue(language).values() for letter in text} - {
        "\u200e",
        "\u2066",
        "\u2069",
    }
    assert {letter for letter in letters if not metrics.inFontUcs4(ord(letter))} == set()


def test_persian_lines_are_no_higher_than_latin_ones(qtbot: QtBot) -> None:
    font = QFont()
    font.setFamilies(list(theme.FAMILIES))
    font.setPixelSize(100)
    metrics = QFontMetrics(font)
    assert metrics.boundingRect("پرداخت").height() <= metrics.height()


def test_new_year_at_midnight(open_till: Opening) -> None:
    words = open_till().window.page.words
    midnight = from_local(datetime(2026, 3, 21), "Asia/Tehran")
    assert [words.say("sign_in.date", now=moment) for moment in (midnight - 1, midnight)] == [
        "۱۴۰۴/۱۲/۲۹",
        "۱۴۰۵/۰۱/۰۱",
    ]
