"""Pads for fingers: numbers and letters. They write into whatever field they were given and never take the focus."""

from collections.abc import Sequence

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QRegularExpressionValidator
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from pos_app.loyalty.words import Words
from ui.till.say import button

BACK = "⌫"
_DIGITS = ("789", "456", "123")
_PLAIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "0123456789" * 2 + ".")


def plain(text: str) -> str:
    """The text with the digits 0 to 9, in whichever a Persian or an Arabic keyboard has typed them."""
    return text.translate(_PLAIN)


class Field(QLineEdit):
    """A line to type in. `entered` is Enter by hand, `focused` that typing now goes here."""

    focused = Signal()
    entered = Signal()

    def __init__(self, name: str, role: str = "", pattern: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", role)
        self.setMaxLength(100)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        if pattern:
            self.allow(pattern)
        self.returnPressed.connect(self.entered)

    def allow(self, pattern: str) -> None:
        """Take only what the regular expression lets through, from now on."""
        self.setValidator(_Pattern(QRegularExpression(pattern), self))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """An Enter that is held down counts once."""
        if not (event.isAutoRepeat() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def press(self, key: str) -> None:
        """What a pad's button does."""
        if key == BACK:
            self.backspace()
        else:
            self.insert(key)
        self.setFocus()


class _Pattern(QRegularExpressionValidator):
    """Takes digits of any script, and makes them plain ones."""

    def validate(self, text: str, at: int) -> object:
        return super().validate(plain(text), at)


class NumberPad(QWidget):
    """The digits as on a till, a decimal mark where one is wanted, and back."""

    pressed = Signal(str)

    def __init__(self, mark: str = "", extra: Sequence[str] = ()) -> None:
        super().__init__()
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as the keyboard has it in every language
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        places = {digit: (row, column) for row, line in enumerate(_DIGITS) for column, digit in enumerate(line)}
        places |= {"0": (3, 1), BACK: (3, 2)}
        if mark:
            places[mark] = (3, 0)
        for key, (row, column) in places.items():
            made = button("digit", key, f"pad_{'back' if key == BACK else key}")
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            made.clicked.connect(lambda _, key=key: self.pressed.emit(key))
            grid.addWidget(made, row, column)


class LetterPad(QWidget):
    """A keyboard on the screen, for tills without one; its rows come from the catalogue of words."""

    pressed = Signal(str)

    def __init__(self, words: Words, written: str = "") -> None:
        """`written` are other rows than those of the language."""
        super().__init__()
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as the keyboard has it in every language
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        rows = (written or words.say("till.letters.rows")).split(" ")
        for number, letters in enumerate(rows):
            last = number == len(rows) - 1
            column.addLayout(self._row([*letters, " ", BACK] if last else list(letters), words))

    def _row(self, keys: Sequence[str], words: Words) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for key in keys:
            made = button("letter", words.say("till.letters.space") if key == " " else key, f"letter_{key}")
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            made.clicked.connect(lambda _, key=key: self.pressed.emit(key))
            row.addWidget(made, 3 if key == " " else 1)
        return row
