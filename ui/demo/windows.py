"""The demo's two windows beside the till: the printer's paper and the sheet of barcodes."""

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from db.store import Store
from pos_app import demo
from pos_app.loyalty.words import Words
from ui.demo.paper import PaperWindow
from ui.demo.sheet import SheetWindow
from ui.intake import ScanIntake

SOURCE = "sheet"

TILL_SIZE = QSize(1366, 768)
_SHEET_LEAST_PX = 240
SHEET_KEYS = "Ctrl+B"
PAPER_KEYS = "Ctrl+P"


class DemoWindows:
    """What stands in for a printer and a hand scanner."""

    def __init__(self, store: Store, words: Words, intake: ScanIntake) -> None:
        self._store = store
        self.paper = PaperWindow(words)
        self.sheet = SheetWindow(demo.demo_sheet(store), words, lambda code: intake.inject(code, SOURCE))
        self.show_last_slip()

    def show_beside(self, till: QWidget) -> None:
        """Show the till with both windows to its right and below, or behind it where the screen is too small."""
        screen = QGuiApplication.primaryScreen().availableGeometry()
        room = screen.size() - TILL_SIZE
        self.sheet.move(screen.topLeft())
        self.paper.move(screen.topLeft())
        if room.width() >= self.paper.minimumSizeHint().width():
            self.paper.setGeometry(
                screen.left() + TILL_SIZE.width(), screen.top(), room.width(), min(screen.height(), TILL_SIZE.height())
            )
        if room.height() >= _SHEET_LEAST_PX:
            self.sheet.setGeometry(screen.left(), screen.top() + TILL_SIZE.height(), screen.width(), room.height())
        self.sheet.show()
        self.paper.show()
        till.setGeometry(QRect(screen.topLeft(), TILL_SIZE.boundedTo(screen.size())))
        till.show()
        till.raise_()
        till.activateWindow()
        for keys, window in ((SHEET_KEYS, self.sheet), (PAPER_KEYS, self.paper)):
            for here in (till, self.sheet, self.paper):
                _connect(keys, here, till if here is window else window)

    def speak(self, words: Words) -> None:
        """Show both windows in another language."""
        self.paper.speak(words)
        self.sheet.speak(words)

    def show_last_slip(self) -> None:
        """Put the last slip's barcode on the sheet, for a return."""
        self.sheet.show_slip(self._store.last_slip())

    def stop(self) -> None:
        """Take both windows and the printer away."""
        self.paper.stop()
        self.paper.close()
        self.sheet.close()


def _connect(keys: str, here: QWidget, there: QWidget) -> None:
    """The keys bring one window in front of another."""
    shortcut = QShortcut(QKeySequence(keys), here)
    shortcut.activated.connect(there.raise_)
    shortcut.activated.connect(there.activateWindow)
