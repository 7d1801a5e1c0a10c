"""The customer's line display during a sale, and the sentence about a picture that cannot stand on slips."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from hardware.virtual_display import Screen, VirtualDisplay
from pos_app import demo, shop
from pos_app.device_settings import DisplayCommands, DisplaySettings, PrinterSettings
from pos_app.settings import Settings
from tests.helpers.window_keys import Keyboard
from ui.app import TillApp

KEY = Qt.Key
SHOP = "КООП, магазин 12"
SOON_MS = 10_000

Opening = Callable[..., TillApp]


@pytest.fixture
def open_till(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till in a demo shop with a line display; afterwards this process is what it was before."""
    demo.make_demo(tmp_path, cards=40, goods=200)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    hook = sys.excepthook
    with ExitStack() as closing:

        def opening(display: DisplaySettings, logo: str = "", language: str = "bg") -> TillApp:
            opened = closing.enter_context(shop.opened(tmp_path))
            printer = PrinterSettings(logo=logo)
            settings = Settings(shop_lines=(SHOP,), display=display, printer=printer, language=language)
            running = TillApp(opened._replace(settings=settings), demo.PINS)
            closing.callback(_close, running)
            with qtbot.waitActive(running.window):
                running.show()
            return running

        yield opening
    sys.excepthook = hook
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _close(running: TillApp) -> None:
    running.stop()
    delete(running.window)
    delete(running)


def sign_in(running: TillApp) -> None:
    running.intake.inject(next(str(staff.card) for staff in running.store.staff() if staff.role == "manager"), "sheet")


def code(running: TillApp, kind: str) -> str:
    return next(sample.code for sample in demo.demo_sheet(running.store) if sample.kind == kind)


@pytest.mark.parametrize("commands", ["cd5220", "epson"])
def test_a_customer_reads_goods_total_name_and_points(
    open_till: Opening, qtbot: QtBot, commands: DisplayCommands
) -> None:
    with VirtualDisplay() as display:

        def reads(above: str, below: str) -> None:
            qtbot.waitUntil(lambda: display.lines == (above, below), timeout=SOON_MS)

        running = open_till(DisplaySettings(path=display.path, commands=commands))
        reads(SHOP.center(20).rstrip(), "Добре дошли".center(20).rstrip())
        sign_in(running)
        product = running.store.product(code(running, "own_brand"))
        assert product is not None
        running.intake.inject(product.code, "sheet")
        words = running.window.page.words
        money = words.money(product.price_minor, "EUR").replace("\u202f", " ").replace("\u00a0", " ")
        room = 20 - len(money) - 1
        total = f"Общо{money.rjust(16)}"
        reads(f"{product.name[:room].ljust(room)} {money}", total)

        card = int(code(running, "client"))
        running.intake.inject(str(card), "sheet")
        customer = running.store.customer(card, running.till.now())
        points = f"{customer.balance} т."
        room = 20 - len(points) - 1
        reads(f"{customer.name[:room].ljust(room)} {points}", total)
        other = running.store.product(code(running, "goods"))
        assert other is not None
        running.intake.inject(other.code, "sheet")
        qtbot.waitUntil(lambda: display.lines[0].startswith(other.name[:10]), timeout=SOON_MS)
        for index in (1, 0):
            running.till.void(index)
        running.window.page.refresh()
        nothing = words.money(0, "EUR").replace("\u00a0", " ")
        reads(f"{customer.name[:room].ljust(room)} {points}", f"Общо{nothing.rjust(16)}")
        running.intake.inject(product.code, "sheet")

        quote = running.till.quote()
        Keyboard().press(KEY.Key_F10)
        earned = f"+{quote.earned}"
        reads(total, f"Спечелени точки {earned.rjust(4)}")
        running.window.lock()
        reads(SHOP.center(20).rstrip(), "Добре дошли".center(20).rstrip())


def test_a_display_without_the_letters_speaks_english(open_till: Opening, qtbot: QtBot) -> None:
    with VirtualDisplay(Screen(20, "cp1251")) as display:
        open_till(DisplaySettings(path=display.path), language="fa")
        qtbot.waitUntil(lambda: display.lines[1].strip() == "Welcome", timeout=SOON_MS)


def test_a_till_sells_without_its_display(open_till: Opening, tmp_path: Path, qtbot: QtBot) -> None:
    running = open_till(DisplaySettings(path=str(tmp_path / "ttyUSB9")))
    qtbot.waitUntil(lambda: running.lines is not None, timeout=SOON_MS)
    sign_in(running)
    running.intake.inject(code(running, "own_brand"), "sheet")
    Keyboard().press(KEY.Key_F10)
    lines = running.lines
    assert lines is not None
    qtbot.waitUntil(lambda: lines.state == "missing", timeout=SOON_MS)
    assert len(running.store.jobs()) == 1


def test_a_picture_that_cannot_be_printed_is_told(open_till: Opening, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "logo.png").write_text("no picture")
    running = open_till(DisplaySettings(), logo=str(tmp_path / "logo.png"))
    sign_in(running)
    qtbot.waitUntil(lambda: running.printer is not None and running.window.page.alarm is not None)
    assert running.window.page.alarm is not None
    assert any("logo.png" in label.text() for label in running.window.page.alarm.findChildren(QLabel))
    assert running.printer is not None
    assert running.printer.has_bad_logo
