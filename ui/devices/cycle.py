"""One of many: its word between two arrows, by key or touch."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.till.panel import is_enter
from ui.till.say import button, label


class Cycle(QWidget):
    """`chosen` is one of the options; the arrows to the sides go to the next, also round the ends.

    `changed(option)` when it has become another, `entered` by Enter.
    """

    changed = Signal(object)
    entered = Signal()

    def __init__(self, name: str, prompt: str, options: Sequence[tuple[Any, str]], chosen: Any) -> None:
        """`options` are values with their words."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(prompt)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "cycle")
        self._options = list(options)
        self._back = self._arrow("‹", -1, f"{name}_back")
        self._on = self._arrow("›", 1, f"{name}_on")
        self._word = label("large", name=f"{name}_chosen")
        self._word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._word.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._back)
        row.addWidget(self._word, 1)
        row.addWidget(self._on)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(label("caption", prompt, f"{name}_prompt"))
        column.addLayout(row)
        self.show_options(options, chosen)

    @property
    def chosen(self) -> Any:
        return self._options[self._at][0]

    def show_options(self, options: Sequence[tuple[Any, str]], chosen: Any) -> None:
        """Other options, one of them chosen."""
        self._options = list(options)
        self._at = next(number for number, (option, _) in enumerate(self._options) if option == chosen)
        self._word.setText(self._options[self._at][1])

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        theme.set_tone(self, "good")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        theme.set_tone(self, "calm")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event):
            self.entered.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            from_left = self.layoutDirection() == Qt.LayoutDirection.LeftToRight
            self._step(1 if (event.key() == Qt.Key.Key_Right) == from_left else -1)
        else:
            super().keyPressEvent(event)

    def _arrow(self, sign: str, by: int, name: str) -> QPushButton:
        made = button("digit", sign, name)
        made.clicked.connect(lambda: self._step(by))
        return made

    def _step(self, by: int) -> None:
        self._at = (self._at + by) % len(self._options)
        self._word.setText(self._options[self._at][1])
        self.changed.emit(self.chosen)
