"""Typing one line of letters that are the same in every language, such as an e-mail address."""

from PySide6.QtCore import Qt, Signal

from pos_app.loyalty.words import Words
from ui.till.pads import Field, LetterPad
from ui.till.panel import Panel
from ui.till.say import button, label


class TextPanel(Panel):
    """`entered` carries what was typed, without spaces around it."""

    entered = Signal(str)

    def __init__(
        self, name: str, title: str, words: Words, prompt: str, hint: str, *, pattern: str, letters: str
    ) -> None:
        """`letters` are those of the pad."""
        super().__init__(name, title, words)
        self.field = Field(name, "", pattern)
        self.field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.field.setAccessibleName(prompt)
        self.field.entered.connect(self._on_entered)
        below = label("muted", hint, f"{name}_hint")
        below.setWordWrap(True)
        done = button("primary", words.say("till.quantity.apply"), f"panel_{name}_done")
        done.clicked.connect(self._on_entered)
        pad = LetterPad(words, letters)
        pad.pressed.connect(self.field.press)
        for widget in (label("muted", prompt), self.field, below):
            self.column.addWidget(widget)
        self.column.addStretch()
        self.column.addWidget(pad)
        self.column.addWidget(done)

    def enter(self) -> None:
        self.field.setFocus()

    def complete(self) -> bool:
        self._on_entered()
        return True

    def _on_entered(self) -> None:
        self.entered.emit(self.field.text().strip())
