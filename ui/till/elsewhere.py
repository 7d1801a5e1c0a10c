"""A slip that is looked for at the centre while the window goes on."""

from contextlib import suppress
from threading import Thread

from PySide6.QtCore import QObject, QTimer, Signal

from pos_app.elsewhere import Elsewhere, Known, Lack

WAIT_MS = 2000
"""So long somebody with a slip in the hand waits for the centre, and no longer."""


class SlipSearch(QObject):
    """Asks in a thread. `told` carries the answer to the last question, which is there when the time is over."""

    told = Signal(object)
    _answered = Signal(int, object)

    def __init__(self, elsewhere: Elsewhere, parent: QObject) -> None:
        super().__init__(parent)
        self._elsewhere = elsewhere
        self._question = 0
        self._answered.connect(self._take)
        self._patience = QTimer(self, interval=WAIT_MS, singleShot=True)
        self._patience.timeout.connect(lambda: self.told.emit("centre_silent"))

    def is_alone(self) -> bool:
        """Whether the link is known to be away."""
        return self._elsewhere.is_alone()

    def ask(self, slip: int, sale: bytes) -> None:
        """Look for the sale of a slip, or for what is about the `sale` that is here."""
        self._question += 1
        self._patience.start()
        Thread(target=self._ask, args=(self._question, slip, sale), name="slip", daemon=True).start()

    def _ask(self, question: int, slip: int, sale: bytes) -> None:
        answer = self._elsewhere.ask(slip, sale)
        with suppress(RuntimeError):  # the window has been closed meanwhile
            self._answered.emit(question, answer)

    def _take(self, question: int, answer: Known | Lack) -> None:
        if question == self._question and self._patience.isActive():
            self._patience.stop()
            self.told.emit(answer)
