"""A window with the scan intake, driven from outside: orders come in by stdin, what happens goes out as JSON.

Run as a program by the tests of the keyboard wedge, with the scanner's settings as its argument; the keys
come from the display's keyboard. Each line written is an object with one name: `focus` (the window that got it),
`scan`, `refused`, `edit` (the text of the line edit), `click` (of the button, an item of the list or menu),
`answer` (of the message box), `key` (a shortcut), `still open`, `asleep`, `done` (after each order).
"""

import json
import os
import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QSocketNotifier, QThread, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hardware.scanner_settings import ScannerSettings
from ui.intake import ScanIntake

orders = os.fdopen(sys.stdin.fileno(), "rb", buffering=0)


def say(name: str, value: object) -> None:
    print(json.dumps({name: value}, ensure_ascii=False), flush=True)


class Desk(QWidget):
    """The widgets that keys could do harm to, and the orders that put one in front."""

    def __init__(self) -> None:
        super().__init__()
        self._edit = QLineEdit()
        self._edit.textChanged.connect(lambda text: say("edit", text))
        self._button = QPushButton("Complete")
        self._button.setAutoDefault(True)
        self._button.clicked.connect(lambda: say("click", True))
        self._choice = QComboBox()
        self._choice.addItems(["0 zero", "2 two", "9 nine"])
        self._choice.currentIndexChanged.connect(lambda index: say("click", index))
        layout = QVBoxLayout(self)
        for widget in (self._edit, self._button, self._choice):
            layout.addWidget(widget)
        for key in ("F1", "F10"):
            QShortcut(QKeySequence(key), self).activated.connect(lambda key=key: say("key", key))
        self.orders: dict[str, Callable[[], object]] = {
            "edit": self._edit.setFocus,
            "button": self._button.setFocus,
            "list": self._open_list,
            "menu": self._open_menu,
            "box": self._open_box,
            "close": self._close,
            "clear": self._edit.clear,
            "sleep": self._sleep,
            "stumble": self._stumble,
        }
        self._open: QWidget | None = None

    def _open_list(self) -> None:
        self._choice.showPopup()
        self._open = self._choice.view()

    def _open_menu(self) -> None:
        menu = QMenu(self)
        for text in ("&2 Void", "&9 Sell"):
            menu.addAction(text)
        menu.triggered.connect(lambda action: say("click", action.text()))
        menu.popup(self.mapToGlobal(QPoint(5, 5)))
        menu.setActiveAction(menu.actions()[0])
        self._open = menu

    def _open_box(self) -> None:
        box = QMessageBox(QMessageBox.Icon.Question, "", "Delete the card?", parent=self)
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        box.setDefaultButton(QMessageBox.StandardButton.Yes)
        box.finished.connect(lambda _: say("answer", box.result()))
        box.open()
        box.activateWindow()
        self._open = box

    def _close(self) -> None:
        """Close what is open, if no key has done so."""
        if self._open is None or not self._open.isVisible():
            return
        say("still open", True)
        self._choice.hidePopup()
        self._open.window().close()
        # There need not be a window manager that hands the focus back.
        self.activateWindow()

    def _sleep(self) -> None:
        """Hang, as a till does that waits for a slow disk, until the next order comes."""
        say("asleep", True)
        orders.readline()

    def _stumble(self) -> None:
        """Hang for a moment once three more keys were pressed."""
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(Stumbling(self))


class Stumbling(QObject):
    """Counts key presses, and hangs after the third for longer than the keys before it are held."""

    HANGS_MS = 600

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._presses = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, QWindow):
            self._presses += 1
            if self._presses == 3:
                QTimer.singleShot(0, self, lambda: QThread.msleep(self.HANGS_MS))
        return False


def main() -> None:
    settings = ScannerSettings(**json.loads(sys.argv[1]))
    application = QApplication([])
    desk = Desk()
    intake = ScanIntake(settings)
    intake.scanned.connect(lambda text: say("scan", text))
    intake.refused.connect(lambda text: say("refused", text))

    def report_focus(window: QWindow | None) -> None:
        say("focus", window.objectName() if window else "")

    def obey() -> None:
        order = orders.readline().decode().strip()
        if not order:
            application.quit()
            return
        desk.orders[order]()
        say("done", order)

    application.focusWindowChanged.connect(report_focus)
    notifier = QSocketNotifier(orders.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(obey)
    desk.show()
    desk.activateWindow()
    application.exec()


if __name__ == "__main__":
    main()
