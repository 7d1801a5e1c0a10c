"""Types codes into a window and times how long a widget takes to be painted: for the scripts of `bench_window`."""

import os
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier, Qt
from PySide6.QtGui import QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

_PATIENCE_NS = 1_000_000_000


class ScanTimer(QObject):
    """For each line of the standard input: its characters and Enter as keys, then a line with the nanoseconds.

    Counted is from before the first key until `widget` has painted itself; 0 when `seen(code)` tells that it does
    not show what was typed: the machine held the keys up for so long that no scanner types like that. `go_on()`
    makes ready for the next. The end of the input ends the application.
    """

    def __init__(
        self, window: QWindow, widget: QWidget, seen: Callable[[str], bool], go_on: Callable[[], None]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._seen, self._go_on = seen, go_on
        self._painted_ns = 0
        widget.installEventFilter(self)
        self._lines = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._lines.activated.connect(self._read)
        print("ready", flush=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Paint:
            return False
        watched.event(event)
        self._painted_ns = self._painted_ns or time.perf_counter_ns()
        return True

    def _read(self) -> None:
        code = os.read(sys.stdin.fileno(), 100).decode().strip()
        if not code:
            QCoreApplication.quit()
            return
        self._painted_ns = 0
        began_ns = time.perf_counter_ns()
        for character in code:
            QTest.keyClick(self._window, Qt.Key(ord(character)))
        QTest.keyClick(self._window, Qt.Key.Key_Return)
        while not self._painted_ns and time.perf_counter_ns() - began_ns < _PATIENCE_NS:
            QCoreApplication.processEvents()
        taken_ns = self._painted_ns - began_ns if self._painted_ns and self._seen(code) else 0
        self._go_on()
        QCoreApplication.processEvents()
        print(taken_ns, flush=True)
