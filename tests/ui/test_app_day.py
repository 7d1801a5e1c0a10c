"""A sale in the whole application, in this process: keys into the window, paper out of the printer, points kept."""

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

from db.store import Store
from hardware.virtual_printer import VirtualPrinter
from pos_app import demo, shop
from pos_app.device_settings import PrinterSettings, SerialScannerSettings
from pos_app.loyalty.basket import Product
from pos_app.loyalty.facts import SaleCompleted
from pos_app.settings import Settings
from tests.helpers.cable import Cable
from tests.helpers.window_keys import Keyboard
from ui.app import TillApp

KEY = Qt.Key
SHOP = "КООП, магазин 12"
PATIENCE_MS = 30_000

Opening = Callable[..., TillApp]


@pytest.fixture
def open_till(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till in a demo shop; afterwards it is closed, and this process is what it was before."""
    demo.make_demo(tmp_path, cards=40, goods=200)
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    hook = sys.excepthook
    with ExitStack() as closing:

        def opening(printer: str = "", *, scanner: str = "", with_demo_windows: bool = False) -> TillApp:
            opened = closing.enter_context(shop.opened(tmp_path))
            settings = Settings(
                shop_lines=(SHOP,),
                printer=PrinterSettings(path=printer),
                serial_scanner=SerialScannerSettings(path=scanner),
            )
            running = TillApp(opened._replace(settings=settings), demo.PINS, demo=with_demo_windows)
            closing.callback(_close, running)
            with qtbot.waitActive(running.window):
                running.show()
            return running

        yield opening
    sys.excepthook = hook
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def _close(running: TillApp) -> None:
    running.stop()
    delete(running.window)
    delete(running)


def goods(store: Store, kind: str) -> list[Product]:
    codes = [sample.code for sample in demo.demo_sheet(store) if sample.kind == kind]
    return [product for code in codes if (product := store.product(code))]


def test_a_sale_from_signing_in_to_the_slip(open_till: Opening, qtbot: QtBot) -> None:
    keyboard = Keyboard()
    with VirtualPrinter() as printer:
        running = open_till(printer.path)
        store = running.store
        beeps: list[str] = []
        running.window.accepted.connect(lambda: beeps.append("accepted"))
        names = [staff.id for staff in store.staff()]
        with qtbot.waitSignal(running.sign_in.signed_in):
            keyboard.press(*[KEY.Key_Right] * (1 + names.index("stoyan")))
            keyboard.press(*(KEY(ord(digit)) for digit in demo.PINS["stoyan"]), KEY.Key_Return)
        card = next(int(sample.code) for sample in demo.demo_sheet(store) if sample.kind == "client")
        before = store.customer(card, running.till.now()).balance
        [first, second, *_], [reward, *_] = goods(store, "own_brand"), store.offers()
        for code in (str(card), first.code, first.code, second.code):
            keyboard.scan(code)
        keyboard.press(KEY.Key_F5, KEY.Key_Return, KEY.Key_Escape, KEY.Key_F10)
        assert beeps == ["accepted"] * 6

        qtbot.waitUntil(lambda: [job.state for job in store.jobs()] == ["printed"], timeout=PATIENCE_MS)
        [sale] = [fact.body for fact in store.facts() if isinstance(fact.body, SaleCompleted)]
        assert [(line.product, line.quantity_milli) for line in sale.lines] == [(first, 2000), (second, 1000)]
        earned = 2 * ((2 * first.price_minor + second.price_minor) * 195_583 // 5_000_000)
        balance = before + earned - reward.points
        assert store.customer(card, running.till.now()).balance == balance
        text = " ".join(" ".join(row.text for row in printer.rows() if row.kind == "text").split())
        assert f"{SHOP} " in text
        assert f"Спечелени точки {earned} Използвани точки {reward.points} Вашите точки сега {balance}" in text
        assert [row.text for row in printer.rows() if row.kind == "barcode"] == ["S00010000001"]


def test_the_demo_brings_its_own_printer_and_scanner(open_till: Opening, qtbot: QtBot) -> None:
    running = open_till(with_demo_windows=True)
    store = running.store
    staff_card = next(staff.card for staff in store.staff() if staff.role == "manager")
    for code in (staff_card, goods(store, "goods")[0].code):
        running.intake.inject(code, "sheet")
    Keyboard().press(KEY.Key_F10)
    assert running.demo is not None
    qtbot.waitUntil(lambda: [job.state for job in store.jobs()] == ["printed"], timeout=PATIENCE_MS)
    assert "Без клиентска карта" in [row.text for row in running.demo.paper.printer.rows()]


def test_a_scanner_on_a_serial_port_sells_and_says_when_it_is_gone(
    open_till: Opening, qtbot: QtBot, tmp_path: Path
) -> None:
    cable = Cable(tmp_path / "scanner")
    cable.plug_in()
    running = open_till(scanner=str(cable.path))
    store = running.store
    staff_card = next(staff.card for staff in store.staff() if staff.role == "manager")
    first, second = goods(store, "goods")[:2]
    status = running.window.page.status.findChild(QLabel, "status_scanner")
    assert status is not None

    def is_ready() -> bool:
        return running.serial_scanner is not None and running.serial_scanner.state == "ready"

    qtbot.waitUntil(is_ready, timeout=PATIENCE_MS)
    cable.send(f"]C0{staff_card}\r\n]E0{first.code}\r\n".encode())
    qtbot.waitUntil(lambda: len(running.till.basket.lines) == 1, timeout=PATIENCE_MS)
    assert status.text() == "Скенер: готов"
    cable.pull_out()
    qtbot.waitUntil(lambda: status.text() == "Скенер: изключен", timeout=PATIENCE_MS)
    cable.plug_in()
    qtbot.waitUntil(is_ready, timeout=PATIENCE_MS)
    cable.send(second.code.encode() + b"\r\n")
    qtbot.waitUntil(lambda: len(running.till.basket.lines) == 2, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: status.text() == "Скенер: готов", timeout=PATIENCE_MS)
    cable.pull_out()
