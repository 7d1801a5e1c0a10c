"""The bar above: where this is, how the devices are, who works here, what time it is."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from pos_app.loyalty.words import Words
from pos_app.printing import PrinterState
from ui import theme
from ui.till.say import ElidedLabel, label

_MINUTE_MS = 60_000
_FINE = ("ready", "printing")
_UNKNOWN = ("none", "silent")
_FINE_SCANNER = ("none", "ready")


class StatusBar(QFrame):
    """One line of words; what needs somebody is in a colour of its own and in other words."""

    def __init__(self, words: Words, shop: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self._words = words
        self.prints = False
        """Whether a slip goes out at once, as far as is known."""

        self._parts = {
            name: label("", name=f"status_{name}") for name in ("printer", "scanner", "centre", "cashier", "clock")
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
        self.show_centre()
        self.show_scanner(stopped=False)

    def show_printer(self, state: PrinterState) -> None:
        """How the printer is, and how many slips wait for it."""
        words = self._words
        self.prints = state.condition in _FINE
        text = words.say(f"till.status.printer_{state.condition}")
        if state.waiting and state.condition not in _FINE:
            text = words.say("till.status.slips_wait", printer=text, slips=state.waiting)
        calm = state.condition in _FINE or (state.condition in _UNKNOWN and not state.waiting)
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

    def show_centre(self) -> None:
        """This till works alone."""
        self._show("centre", self._words.say("till.status.centre_alone"), "calm")

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
