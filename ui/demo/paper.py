"""The virtual printer to look at: its paper, its troubles, its cutter and the drawer behind it; above it the customer's
line display.
"""

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from hardware.machine import Machine
from hardware.virtual_printer import VirtualPrinter
from pos_app.loyalty.words import Words
from ui import theme
from ui.demo.pole import Pole
from ui.demo.roll import PaperView
from ui.till.say import button

COLUMNS = 42
TROUBLES = ("paper_out", "cover_open", "silent")


class PaperWindow(QWidget):
    """A printer of its own, with its port at `printer.path`, and a window on its paper; a line display, too.

    Closing the window leaves both at work; `stop` takes them away.
    """

    def __init__(self, words: Words, columns: int = COLUMNS) -> None:
        super().__init__()
        self._feed = _Feed()
        self.printer = VirtualPrinter(Machine(columns), on_rows=self._feed.printed.emit)
        base = theme.BASE_LEAST_PX  # beside a till window there is little room
        theme.dress(self, base)
        self.pole = Pole(base)
        self.view = PaperView(columns, base, words, self)
        self._feed.printed.connect(self.view.append)
        self.troubles = {name: QCheckBox() for name in TROUBLES}
        self.clear_key = button("plain", "", "clear")
        self.clear_key.clicked.connect(self.view.clear)
        self._build()
        self.speak(words)
        self.resize(self.sizeHint().width(), base * 44)

    def speak(self, words: Words) -> None:
        """Show every text in the language of `words`."""
        self.setWindowTitle(words.say("demo.paper.title"))
        self.clear_key.setText(words.say("demo.paper.clear"))
        for name, box in self.troubles.items():
            box.setText(words.say(f"demo.paper.{name}"))
        self.view.speak(words)

    def stop(self) -> None:
        """Take printer and display away; their ports vanish."""
        self.pole.stop()
        self.printer.close()

    def _build(self) -> None:
        housing = QFrame()
        housing.setProperty("role", "card")
        keys = QHBoxLayout(housing)
        keys.setContentsMargins(12, 8, 12, 8)
        keys.setSpacing(12)
        for name, box in self.troubles.items():
            box.setObjectName(name)
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.toggled.connect(self._set_troubles)
            keys.addWidget(box)
        keys.addStretch(1)
        keys.addWidget(self.clear_key)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.pole)
        rows.addWidget(self.view, 1)
        rows.addWidget(housing)

    @Slot()
    def _set_troubles(self) -> None:
        with self.printer.hands_on() as machine:
            machine.paper_out = self.troubles["paper_out"].isChecked()
            machine.cover_open = self.troubles["cover_open"].isChecked()
            machine.silent = self.troubles["silent"].isChecked()


class _Feed(QObject):
    """Brings rows from the printer's thread into the window's, and outlives the window if it must."""

    printed = Signal(object)
