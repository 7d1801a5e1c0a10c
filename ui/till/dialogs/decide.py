"""The manager decides on a request: a reason that the member is told, and yes or no."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from pos_app.loyalty.words import Words
from ui.till.pads import Field, LetterPad
from ui.till.panel import Panel, is_enter
from ui.till.say import button, label


class DecidePanel(Panel):
    """`decided(outcome, reason)`; Enter does nothing until one of the answers was chosen with Tab."""

    decided = Signal(str, str)

    def __init__(self, words: Words, title: str, told: str, *, by_touch: bool = False) -> None:
        """`told` is what was asked for."""
        super().__init__("decide", title, words)
        what = label("large", told, "decide_what")
        what.setWordWrap(True)
        self.field = Field("reason")
        self.field.setPlaceholderText(words.say("till.decide.reason"))
        self._letters = LetterPad(words)
        self._letters.pressed.connect(self.field.press)
        keyboard = button("", words.say("till.letters.show"), "letters_show")
        keyboard.clicked.connect(lambda: self._letters.setVisible(not self._letters.isVisible()))
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(keyboard)
        answers = QHBoxLayout()
        answers.setSpacing(12)
        for outcome in ("approved", "refused"):
            made = button("", words.say(f"till.decide.{outcome}"), f"decide_{outcome}")
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.clicked.connect(lambda _checked, outcome=outcome: self._answer(outcome))
            answers.addWidget(made)
        self.column.addWidget(what)
        self.column.addLayout(row)
        self.column.addWidget(self._letters)
        self._letters.setVisible(by_touch)
        self.column.addStretch()
        self.column.addLayout(answers)

    def enter(self) -> None:
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        if isinstance(focused, QPushButton) and is_enter(event):
            focused.click()
        else:
            super().keyPressEvent(event)

    def _answer(self, outcome: str) -> None:
        self.decided.emit(outcome, self.field.text().strip())
