"""Keys for a window of this process: a scanner's with their own times, a person's as they come."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtTest import QTest

from hardware.keycodes import KeyStroke
from tests.helpers.strokes import ENTER, burst

_PAUSE_MS = 10_000
_LINUX_KEYS = {ENTER: Qt.Key.Key_Return}


class Keyboard:
    """Types into whichever window has the focus."""

    def __init__(self) -> None:
        self._now_ms = 0

    def scan(self, code: str, gap_ms: int = 5) -> None:
        """A code as a scanner types it, on the keys of a US keyboard, with Enter; read when this returns."""
        self._now_ms += _PAUSE_MS
        _send(burst(code, self._now_ms, gap_ms))

    def press(self, *keys: Qt.Key) -> None:
        """Keys one by one, each with what it does."""
        for key in keys:
            QTest.keyClick(_focus_window(), key)


def _focus_window() -> QWindow:
    window = QGuiApplication.focusWindow()
    assert window is not None, "no window has the keyboard"
    return window


def _send(strokes: Iterable[KeyStroke]) -> None:
    for stroke in strokes:
        if stroke.pressed:
            QCoreApplication.sendEvent(_focus_window(), _event(QEvent.Type.ShortcutOverride, stroke))
        kind = QEvent.Type.KeyPress if stroke.pressed else QEvent.Type.KeyRelease
        QCoreApplication.sendEvent(_focus_window(), _event(kind, stroke))


def _event(kind: QEvent.Type, stroke: KeyStroke) -> QKeyEvent:
    modifiers = Qt.KeyboardModifier.ShiftModifier if stroke.shift else Qt.KeyboardModifier.NoModifier
    key = _LINUX_KEYS.get(stroke.scan_code) or ord(stroke.text.upper())
    event = QKeyEvent(kind, key, modifiers, stroke.scan_code, 0, 0, stroke.text, stroke.auto_repeat)
    event.setTimestamp(stroke.timestamp_ms)
    return event
