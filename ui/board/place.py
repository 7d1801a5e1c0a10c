"""Where the board stands: on the second display, beside the till and never over it."""

import signal
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication

from ui import theme
from ui.board.goods import look
from ui.board.window import WINDOWED, BoardWindow


def run(folder: Path, *, language: str | None, windowed: bool) -> int:
    """Show the board of a data folder until its window is closed; the exit code. Raises FileFault and StoreTrouble."""
    look(folder, language)  # what is wrong with the files is said before there is a window
    qt = QApplication(["pos-app", *theme.ARGUMENTS])
    theme.apply(qt)
    qt.setQuitOnLastWindowClosed(False)
    window = BoardWindow(partial(look, folder, language))
    window.closed.connect(qt.quit)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Python hears of them whenever it runs, perhaps in the middle of painting: no moment to close a window.
        signal.signal(number, lambda *_: QTimer.singleShot(0, qt.quit))
    if windowed:
        window.resize(WINDOWED)
        window.show()
    else:
        place = BoardPlace(window, qt)
        place.find()
    return qt.exec()


class BoardPlace(QObject):
    """Keeps the window full-screen on the display that is not the till's, as displays come and go.

    With one display from the start it takes that. When the second one is pulled out it hides until it is back.
    """

    def __init__(self, window: BoardWindow, qt: QApplication) -> None:
        super().__init__(window)
        self._window = window
        self._qt = qt
        self._beside = len(qt.screens()) > 1
        window.setCursor(Qt.CursorShape.BlankCursor)
        if self._beside:  # keys and scans are the till's
            window.setWindowFlag(Qt.WindowType.WindowDoesNotAcceptFocus)
            window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        for changed in (qt.screenAdded, qt.screenRemoved, qt.primaryScreenChanged):
            changed.connect(self.find)

    def find(self) -> None:
        """Show the window where it belongs now."""
        primary = self._qt.primaryScreen()
        other = next((screen for screen in self._qt.screens() if screen is not primary), None)
        if other is None and self._beside:
            self._window.hide()
        elif other is not None or primary is not None:
            self._fill(other or primary)

    def _fill(self, screen: QScreen) -> None:
        self._window.setScreen(screen)
        self._window.setGeometry(screen.geometry())
        self._window.setWindowState(Qt.WindowState.WindowFullScreen)
        self._window.show()  # showFullScreen would ask for the keyboard as well
