"""What has to be seen before anything goes on: it lies over the whole till, in big letters."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.till.glyphs import Glyph
from ui.till.panel import is_enter
from ui.till.say import label

_SHOWN_MOST = 60


class Alarmed(NamedTuple):
    """What an alarm says: `shown` in big letters, `answers` as pairs of an id and the word on its button."""

    tone: str
    title: str
    shown: str
    sentence: str
    answers: Sequence[tuple[str, str]]


class Alarm(QWidget):
    """Covers its parent until one of its answers was given by key or touch; `answered` carries the answer's id.

    A single answer is given by Enter, Space or Esc. Of several, one has to be chosen with Tab or an arrow
    first, so that no key meant for something else decides.
    """

    answered = Signal(str)

    def __init__(self, alarmed: Alarmed, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("veil")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.buttons: list[QPushButton] = []
        self._answers = [answer for answer, _ in alarmed.answers]
        box = QFrame()
        box.setObjectName("alarm")
        theme.set_tone(box, alarmed.tone)
        self._fill(QVBoxLayout(box), alarmed)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(box, 6)
        middle.addStretch(1)
        around = QVBoxLayout(self)
        around.addStretch()
        around.addLayout(middle)
        around.addStretch()
        self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def back(self) -> None:
        """Esc: an answer where there is only one."""
        if len(self._answers) == 1:
            self.answered.emit(self._answers[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event) or (event.key() == Qt.Key.Key_Space and not event.isAutoRepeat()):
            chosen = next((number for number, one in enumerate(self.buttons) if one.hasFocus()), None)
            if chosen is not None:
                self.answered.emit(self._answers[chosen])
            else:
                self.back()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """What lies below is not to be touched."""
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        at = next((number for number, one in enumerate(self.buttons) if one.hasFocus()), -1)
        step = 1 if forward or at < 0 else -1
        self.buttons[(at + step) % len(self.buttons)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _fill(self, column: QVBoxLayout, alarmed: Alarmed) -> None:
        column.setContentsMargins(32, 28, 32, 28)
        column.setSpacing(16)
        column.addWidget(Glyph("warning", 4), alignment=Qt.AlignmentFlag.AlignCenter)
        shown = alarmed.shown if len(alarmed.shown) <= _SHOWN_MOST else f"{alarmed.shown[:_SHOWN_MOST]}…"
        for role, text, name in (
            ("large", alarmed.title, "alarm_title"),
            ("scanned", shown, "alarm_shown"),
            ("large", alarmed.sentence, "alarm_sentence"),
        ):
            line = label(role, text, name)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setWordWrap(True)
            column.addWidget(line)
            line.setVisible(bool(text))
        row = QHBoxLayout()
        row.setSpacing(12)
        for answer, word in alarmed.answers:
            made = QPushButton(word)
            made.setObjectName(f"answer_{answer}")
            made.setProperty("role", "primary" if len(alarmed.answers) == 1 else "")
            made.clicked.connect(lambda _, answer=answer: self.answered.emit(answer))
            self.buttons.append(made)
            row.addWidget(made)
        column.addLayout(row)
