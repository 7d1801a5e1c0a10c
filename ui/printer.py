"""Printing beside the window: slips go out by a timer, and the window hears how the printer is."""

import logging
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from db.store import Store
from hardware import script
from hardware.columns import Picture
from hardware.escpos import PrinterProfile, pieces
from hardware.printer import SerialPrinter
from pos_app.printing import BacklogAnswer, PrinterState, Printing
from pos_app.settings import Settings

log = logging.getLogger(__name__)

_POLL_MS = 100


class SlipPrinter(QObject):
    """The till's printer, or none where `port` is empty: then slips wait in the journal.

    `changed` carries the PrinterState when it has become another, `moved` says that a slip came or went.
    """

    changed = Signal(object)
    moved = Signal()

    def __init__(self, store: Store, settings: Settings, profile: PrinterProfile, port: str, parent: QObject) -> None:
        super().__init__(parent)
        chosen = settings.printer
        printer = None
        if port:
            printer = SerialPrinter(port, baud=chosen.baud, flow=chosen.flow, acknowledges=profile.acknowledges)
        self.has_bad_logo = False  # the settings name a picture file that cannot be printed
        encoder = partial(
            pieces,
            profile=profile,
            language=settings.language,
            code_page=chosen.code_page or None,
            drawer_pin=chosen.drawer_pin,
            logo=self._logo(chosen.logo, profile),
        )
        self._printing = Printing(store, printer, encoder, name=f"{profile.id} {port}")
        self._state = self._printing.state
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._timer.start()

    @property
    def state(self) -> PrinterState:
        """How the printer is, as of the last look."""
        return self._state

    @Slot(int)
    def forget(self, slip: int) -> None:
        """Somebody has seen to a slip that may not have been whole."""
        self._printing.forget(slip)
        self._look()

    @Slot(str)
    def answer_backlog(self, answer: BacklogAnswer) -> None:
        """Somebody has told which slips of those that have waited long are still wanted."""
        self._printing.answer_backlog(answer)
        self._look()

    def stop(self) -> None:
        """Wait for the slip under way and give the port back."""
        self._timer.stop()
        self._printing.stop()

    def _logo(self, path: str, profile: PrinterProfile) -> Picture | None:
        if not path or not profile.draws:
            return None
        try:
            return script.logo(path, profile.dots)
        except script.PictureFault as fault:
            log.info("no logo on slips: %s", fault)
            self.has_bad_logo = True
            return None

    def _poll(self) -> None:
        if self._printing.poll():
            self._look()
            self.moved.emit()

    def _look(self) -> None:
        state = self._printing.state
        if state != self._state:
            self._state = state
            self.changed.emit(state)
