"""The bar above: where this is, how the devices are, who works here, what time it is."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from db.link import Link
from hardware.camera_messages import CameraState
from pos_app.loyalty.words import Words
from pos_app.printing import PrinterState
from ui import theme
from ui.till.say import ElidedLabel, label

_MINUTE_MS = 60_000
_FINE = ("ready", "printing", "paper_low")
_CALM = ("ready", "printing")
_FEW = 20
"""So many facts may be on their way to the centre without a word."""
_NEAR_PX = 8
_UNKNOWN = ("none", "silent")
_FINE_SCANNER = ("none", "ready")
_CAMERA_FINE = ("none", "starting", "ready")


class StatusBar(QFrame):
    """One line of words; what needs somebody is in a colour of its own and in other words.

    `devices_wanted` when a finger asks what is the matter with a device, `centre_wanted` when it asks about the link.
    """

    devices_wanted = Signal()
    centre_wanted = Signal()

    def __init__(self, words: Words, shop: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self._words = words
        self.prints = False
        """Whether a slip goes out at once, as far as is known."""

        self._parts = {
            name: label("", name=f"status_{name}")
            for name in ("printer", "scanner", "camera", "centre", "cashier", "clock")
        }
        self._shop = ElidedLabel("strong", "status_shop")
        self._shop.setText(shop)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(24)
        row.addWidget(self._shop, 1)
        for part in self._parts.values():
            row.addWidget(part)
        self._parts["clock"].setProperty("role", "strong")
        self._stopped = False
        self._serial = "none"
        self._parts["camera"].hide()
        self.show_centre()
        self.show_scanner(stopped=False)

    def show_printer(self, state: PrinterState) -> None:
        """How the printer is, and how many slips wait for it."""
        words = self._words
        self.prints = state.condition in _FINE
        text = words.say(f"till.status.printer_{state.condition}")
        if state.waiting and state.condition not in _FINE:
            text = words.say("till.status.slips_wait", printer=text, slips=state.waiting)
        calm = state.condition in _CALM or (state.condition in _UNKNOWN and not state.waiting)
        self._show("printer", text, "calm" if calm else "attention")

    def show_scanner(self, *, stopped: bool) -> None:
        """Whether scans are taken, or wait until the cashier has seen an unknown code."""
        self._stopped = stopped
        if stopped:
            self._show("scanner", self._words.say("till.status.scanner_stopped"), "refused")
        elif self._serial in _FINE_SCANNER:
            self._show("scanner", self._words.say("till.status.scanner_ready"), "calm")
        else:
            self._show("scanner", self._words.say(f"scanner.serial.{self._serial}"), "attention")

    def show_serial_scanner(self, state: str) -> None:
        """How the scanner on a serial port is, where there is one."""
        self._serial = state
        self.show_scanner(stopped=self._stopped)

    def show_camera(self, state: CameraState) -> None:
        """How the camera is, where it needs somebody."""
        self._show("camera", self._words.say(f"camera.status.{state.condition}"), "attention")
        self._parts["camera"].setVisible(state.condition not in _CAMERA_FINE)

    def show_centre(self, link: Link | None = None, *, has_one: bool = False) -> None:
        """How the link with the centre is, as far as anything is known; a till that has none works alone."""
        say = self._words.say
        if not has_one:
            self._show("centre", say("till.status.centre_alone"), "calm")
        elif link is None or not (link.heard or link.why):
            self._show("centre", say("centre.starting"), "calm")
        elif link.why == "shut_out":
            self._show("centre", say("centre.shut_out"), "refused")
        elif link.why:
            key = "alone_waiting" if link.waiting else "alone"
            self._show("centre", say(f"centre.{key}", since=link.alone_since, facts=link.waiting), "attention")
        else:
            key = "linked_waiting" if link.waiting > _FEW else "linked"
            self._show("centre", say(f"centre.{key}", facts=link.waiting), "calm")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self.childAt(point) in (self._parts["printer"], self._parts["scanner"]):
            self.devices_wanted.emit()
        elif self._parts["centre"].geometry().adjusted(-_NEAR_PX, -_NEAR_PX, _NEAR_PX, _NEAR_PX).contains(point):
            self.centre_wanted.emit()
        else:
            super().mousePressEvent(event)

    def show_cashier(self, name: str) -> None:
        self._show("cashier", name, "calm")

    def show_clock(self, now: int) -> None:
        self._show("clock", self._words.say("till.status.clock", now=now), "calm")

    def _show(self, name: str, text: str, tone: str) -> None:
        part = self._parts[name]
        part.setText(text)
        theme.set_tone(part, tone)


class Clock(QTimer):
    """Times out at each full minute of the till's own time."""

    def wait(self, now: int) -> None:
        """Wait from `now` (UTC milliseconds) to the next full minute."""
        self.setSingleShot(True)
        self.start(_MINUTE_MS - now % _MINUTE_MS)
