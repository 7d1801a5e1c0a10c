"""Devices tried out and set up in a till that runs: a scanner on a serial port, the line display, the camera."""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from hardware.scanner_trial import CODES
from pos_app import demo, shop
from pos_app import settings as settings_file
from pos_app.device_settings import CameraSettings, DisplaySettings, ScannerSettings, SerialScannerSettings
from pos_app.devices import DEVICES, Device
from pos_app.settings import Settings
from tests.helpers.cable import Cable
from ui.app import TillApp
from ui.camera.view import CameraView
from ui.devices.page import DevicesPanel
from ui.devices.trying import ScannerPanel
from ui.devices.wizard import ScannerWizard

KEY = Qt.Key
SHOP = "КООП 12"
PATIENCE_MS = 30_000

Opening = Callable[[Settings], TillApp]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till with the page of devices in front of its manager."""
    folder = tmp_path / "shop"
    demo.make_demo(folder, cards=5, goods=20)
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers, hook = [signal.getsignal(number) for number in numbers], sys.excepthook
    with ExitStack() as closing:

        def opening(chosen: Settings) -> TillApp:
            settings_file.save(chosen, folder)
            app = TillApp(closing.enter_context(shop.opened(folder)), {})
            closing.callback(_close, app)
            with qtbot.waitActive(app.window):
                app.show()
                app.window.showNormal()
                app.window.resize(1366, 768)
            qtbot.waitUntil(lambda: app.printer is not None, timeout=PATIENCE_MS)
            app.intake.inject(next(one.card for one in app.store.staff() if one.role == "manager"), "sheet")
            QTest.keyClick(app.window, KEY.Key_F12, Qt.KeyboardModifier.ControlModifier)
            return app

        yield opening
    sys.excepthook = hook
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def _close(app: TillApp) -> None:
    app.stop()
    delete(app.window)
    delete(app)


def _page(app: TillApp) -> DevicesPanel:
    panel = app.window.page.place.panel
    assert isinstance(panel, DevicesPanel)
    return panel


def _try(app: TillApp, device: Device) -> None:
    _page(app).list.select(DEVICES.index(device))
    QTest.keyClick(_page(app).list, KEY.Key_Return)


def _state(app: TillApp, device: Device) -> str:
    return next(report.state for report in app.window.devices.reports() if report.device == device)


def test_a_serial_scanner_is_tried_and_read_by_what_was_found(opened: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    cable = Cable(tmp_path / "scanner")
    cable.plug_in()
    app = opened(Settings("en", serial_scanner=SerialScannerSettings(str(cable.path), 115_200)))
    qtbot.waitUntil(lambda: _state(app, "serial_scanner") == "ready", timeout=PATIENCE_MS)
    _try(app, "serial_scanner")
    panel = app.window.page.place.panel
    assert isinstance(panel, ScannerPanel)
    wizard = panel.findChild(ScannerWizard)
    task = panel.findChild(QLabel, "step")
    assert wizard is not None
    assert task is not None
    steps = [task.text()]
    for code in CODES:
        cable.send(f"#{code.text}!\r\n".encode())
        qtbot.waitUntil(lambda: task.text() != steps[-1], timeout=PATIENCE_MS)
        steps.append(task.text())
    assert app.till.basket.empty
    done = panel.findChild(QPushButton, "next")
    assert done is not None
    QTest.mouseClick(done, Qt.MouseButton.LeftButton)

    kept = settings_file.load(tmp_path / "shop").serial_scanner
    assert (kept.path, kept.baud, kept.prefix, kept.suffix) == (str(cable.path), 115_200, "#", "!")
    assert _page(app).current.device == "serial_scanner"
    assert _page(app).current.state in ("starting", "ready")
    qtbot.waitUntil(lambda: _state(app, "serial_scanner") == "ready", timeout=PATIENCE_MS)
    goods = next(one.code for one in demo.demo_sheet(app.store) if one.kind == "goods")
    cable.send(f"#{goods}!\r\n".encode())
    qtbot.waitUntil(lambda: not app.till.basket.empty, timeout=PATIENCE_MS)
    cable.pull_out()
    qtbot.waitUntil(lambda: _state(app, "serial_scanner") in ("gone", "missing"), timeout=PATIENCE_MS)


def test_what_was_found_of_a_keyboard_scanner_counts_at_once(opened: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    app = opened(Settings("en"))
    _try(app, "wedge")
    panel = app.window.page.place.panel
    assert isinstance(panel, ScannerPanel)
    panel.found.emit(ScannerSettings(prefix="#"), None)
    assert settings_file.load(tmp_path / "shop").scanner.prefix == "#"
    assert app.window.devices.settings.scanner.prefix == "#"
    assert app.window.page.foot.message.text() == app.window.page.words.say("devices.say.kept")

    _try(app, "wedge")
    again = app.window.page.place.panel
    assert isinstance(again, ScannerPanel)
    QTest.keyClick(app.window.windowHandle(), KEY.Key_Escape)
    qtbot.waitUntil(lambda: app.window.page.place.panel is not again, timeout=PATIENCE_MS)
    assert _page(app).current.device == "wedge"


def test_the_display_shows_something(opened: Opening, qtbot: QtBot) -> None:
    master, slave = os.openpty()
    shown = bytearray()

    def is_shown(text: str) -> bool:
        while select.select([master], [], [], 0)[0]:
            shown.extend(os.read(master, 4096))
        return text.encode("cp1251") in shown

    app = opened(Settings("en", display=DisplaySettings(os.ttyname(slave))))
    qtbot.waitUntil(lambda: _state(app, "display") == "ready", timeout=PATIENCE_MS)
    _try(app, "display")
    qtbot.waitUntil(lambda: is_shown("1,234.56"), timeout=PATIENCE_MS)
    assert app.window.page.foot.message.tone == "good"

    app.window.devices.keep("display", "display", DisplaySettings(os.ttyname(slave), columns=16))
    assert _state(app, "display") in ("starting", "ready")
    app.window.devices.keep("display", "display", DisplaySettings())
    assert _state(app, "display") == "none"
    app.stop()
    os.close(master)
    os.close(slave)


def test_the_camera_shows_what_it_sees(opened: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    picture = tmp_path / "card.png"
    cv2.imwrite(str(picture), np.full((720, 1280, 3), 200, np.uint8))
    app = opened(Settings("en", camera=CameraSettings(str(picture))))
    qtbot.waitUntil(lambda: _state(app, "camera") == "ready", timeout=PATIENCE_MS)
    _try(app, "camera")
    view = app.window.page.place.findChild(CameraView)
    assert view is not None
    qtbot.waitUntil(lambda: not view.image.isNull(), timeout=PATIENCE_MS)
    least = app.window.minimumSizeHint()
    assert (least.width() <= 1366, least.height() <= 768) == (True, True)
    QTest.keyClick(app.window, KEY.Key_Escape)
    assert _page(app).current.device == "camera"

    app.window.devices.keep("camera", "camera", CameraSettings(str(tmp_path / "none.png")))
    qtbot.waitUntil(lambda: _state(app, "camera") == "missing", timeout=PATIENCE_MS)
    app.window.devices.keep("camera", "camera", CameraSettings(str(picture)))
    qtbot.waitUntil(lambda: _state(app, "camera") == "ready", timeout=PATIENCE_MS)
    app.window.devices.keep("camera", "camera", CameraSettings())
    assert _state(app, "camera") == "none"
    app.window.page.toggle_camera()  # nothing is to be seen, and nothing breaks
