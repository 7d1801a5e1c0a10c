"""Panels that try a device out: the scanner by its three codes, the camera by what it sees."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent

from pos_app.loyalty.words import Words
from pos_app.settings import Settings
from ui.camera.feed import CameraFeed
from ui.camera.view import CameraView
from ui.devices.wizard import ScannerWizard
from ui.intake import ScanIntake
from ui.till.panel import Panel

_CAMERA_EM = 26
"""What the panel has of height beside its title."""

Raw = Callable[[Callable[[bytes], object] | None], None]


class ScannerPanel(Panel):
    """The set-up of a scanner; `found(ScannerSettings, SerialScannerSettings | None)` are to be kept."""

    found = Signal(object, object)

    def __init__(self, words: Words, title: str, settings: Settings, intake: ScanIntake, listen_serial: Raw) -> None:
        super().__init__("scanner", title, words)
        self._listen_serial = listen_serial
        self._wizard = ScannerWizard(words, settings.scanner, settings.serial_scanner, intake)
        self._wizard.finished.connect(self.found)
        self._wizard.cancelled.connect(self.closed)
        self.column.addWidget(self._wizard, 1)
        listen_serial(self._wizard.take_bytes)

    def enter(self) -> None:
        self._wizard.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        self._listen_serial(None)
        super().hideEvent(event)


class CameraPanel(Panel):
    """What the camera sees, with the code that it has just read; the code goes nowhere."""

    def __init__(self, words: Words, feed: CameraFeed) -> None:
        super().__init__("camera", words.say("devices.name.camera"), words)
        self._view = CameraView(words, feed, height_most_em=_CAMERA_EM)
        self.column.addWidget(self._view, 1)
        self.column.addStretch()

    def enter(self) -> None:
        self.setFocus()

    def take_scan(self, code: str) -> bool:
        return True
