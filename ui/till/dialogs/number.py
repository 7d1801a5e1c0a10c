"""Typing one number, or the two amounts of a shop whose goods stay in the fiscal register."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pos_app.loyalty.money import decimal_text
from pos_app.loyalty.words import Words
from ui.till.pads import Field, NumberPad
from ui.till.panel import Panel
from ui.till.say import button, label

# More digits than anything takes: what is too much is refused in a sentence, and not cut to something else.
WHOLE = "[0-9]{0,9}"
KILOGRAMS = "[0-9]{0,9}([.,][0-9]{0,3})?"
SLIP = "[0-9]{0,7}|[0-9]{1,4}-[0-9]{0,7}"


def money(decimals: int) -> str:
    """What can be typed for a sum of a currency with so many decimals."""
    return f"[0-9]{{0,9}}([.,][0-9]{{0,{decimals}}})?" if decimals else WHOLE


def typed(value: int, decimals: int, mark: str) -> str:
    """So many units of 10**-decimals as they are typed, without zeros that say nothing: 2 or 0,350."""
    whole = value % 10**decimals == 0
    return decimal_text(value // 10**decimals if whole else value, 0 if whole else decimals).replace(".", mark)


def decimal(text: str) -> str:
    """What was typed, as a plain decimal string: ",5" is 0.5, nothing is 0."""
    whole, _, fraction = text.replace(",", ".").partition(".")
    return f"{whole or '0'}.{fraction}" if fraction else whole or "0"


class NumbersPanel(Panel):
    """Fields above each other, a pad beside them. `entered` carries what stands in them, as it was typed."""

    entered = Signal(object)

    def __init__(self, name: str, title: str, words: Words, pattern: str, action: str, mark: str = "") -> None:
        """`action` is the button's word; `mark` the third key of the lowest row, such as a decimal comma."""
        super().__init__(name, title, words)
        self._pattern = pattern
        self.fields: list[Field] = []
        self._target: Field | None = None
        self.beside = QVBoxLayout()
        self.beside.setSpacing(8)
        pad = NumberPad(mark)
        pad.pressed.connect(self._on_pad)
        self.done: QPushButton = button("primary", action, f"panel_{name}_done")
        self.done.clicked.connect(self._on_done)
        sides = QHBoxLayout()
        sides.setSpacing(24)
        left = QWidget()
        inner = QVBoxLayout(left)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(self.beside)
        inner.addStretch()
        inner.addWidget(self.done)
        sides.addWidget(left, 1)
        sides.addWidget(pad, 1)
        self.column.addLayout(sides, 1)

    def add_field(self, name: str, prompt: str, text: str = "", unit: str = "") -> Field:
        """One more field under the others, with its prompt above."""
        field = Field(name, "number", self._pattern)
        field.setText(text)
        field.setAccessibleName(prompt)
        field.entered.connect(lambda: self._on_enter(field))
        field.focused.connect(lambda: self._aim(field))
        self.fields.append(field)
        row = QHBoxLayout()
        row.addWidget(field, 1)
        if unit:
            row.addWidget(label("large", unit))
        self.beside.addWidget(label("muted", prompt, f"{name}_prompt"))
        self.beside.addLayout(row)
        return field

    def add_note(self, text: str) -> None:
        """A sentence under the fields."""
        note = label("muted", text, f"{self.objectName()}_note")
        note.setWordWrap(True)
        self.beside.addWidget(note)

    def enter(self) -> None:
        self.fields[0].setFocus()

    def complete(self) -> bool:
        self._on_done()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def texts(self) -> Sequence[str]:
        return [field.text().strip() for field in self.fields]

    def _aim(self, field: Field) -> None:
        self._target = field
        field.selectAll()

    def _on_pad(self, key: str) -> None:
        (self._target or self.fields[0]).press(key)

    def _on_enter(self, field: Field) -> None:
        """Enter goes on to the next field, from the last one it is done."""
        if field is self.fields[-1]:
            self._on_done()
        else:
            self.fields[self.fields.index(field) + 1].setFocus()

    def _on_done(self) -> None:
        self.entered.emit(self.texts())
