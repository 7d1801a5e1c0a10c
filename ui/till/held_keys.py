"""A key that is held down: some X servers send it as pairs of release and press that Qt does not take for repeats."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QWindow

_SAME_MS = 2
"""No finger presses a key again so soon after it let go of it."""
_ONCE = frozenset(
    {
        Qt.Key.Key_Escape,
        Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
        Qt.Key.Key_Insert,
        *(Qt.Key(Qt.Key.Key_F1 + n) for n in range(12)),
    }
)


class HeldKeys(QObject):
    """Keeps the repeats of a held F-key, Enter or Esc from a window; each of them does something once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._released_ms: dict[int, int] = {}

    def watch(self, window: QWindow) -> None:
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.key() not in _ONCE:
            return False
        if event.type() == QEvent.Type.KeyRelease:
            self._released_ms[event.key()] = event.timestamp()
            return False
        released_ms = self._released_ms.get(event.key(), 0)
        if not released_ms or not 0 <= event.timestamp() - released_ms <= _SAME_MS:
            return False
        event.accept()  # so that Qt looks for no shortcut either
        return True
