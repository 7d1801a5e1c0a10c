"""Looking something up by a part of what is known of it: goods, customers."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout

from pos_app.loyalty.words import Words
from ui.till.pads import Field, LetterPad, plain
from ui.till.panel import Panel
from ui.till.rows import Row, RowsView
from ui.till.say import button, label

_SETTLE_MS = 40
"""How long typing has to rest before the store is asked; less than a person's next key."""
_LEAST_LETTERS = 2

Thing = TypeVar("Thing")


class Source(Generic[Thing]):
    """What a search asks and how it shows what it found."""

    def __init__(
        self,
        find: Callable[[str], Sequence[Thing]],
        tell: Callable[[Thing], Row],
        widths_em: Sequence[float],
        by_number: Callable[[str], Sequence[Thing]] | None = None,
    ) -> None:
        """`by_number` finds what has just this number; where it is given, a part of a number chooses nothing."""
        self.find = find
        self.tell = tell
        self.widths_em = widths_em
        self.by_number = by_number


class SearchPanel(Panel, Generic[Thing]):
    """A field, what was found, and on touch a keyboard. `picked` carries the thing itself."""

    picked = Signal(object)
    yields = True

    def __init__(
        self, name: str, words: Words, source: Source[Thing], text: str = "", *, by_touch: bool = False, said: str = ""
    ) -> None:
        """Title, prompt and hint stand in the catalogue under `said`, or else under `till` and its name."""
        said = said or f"till.{name}"
        super().__init__(name, words.say(f"{said}.title"), words)
        self._hint = f"{said}.hint"
        self._source = source
        self._found: Sequence[Thing] = ()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._search)
        self.field = Field("search")
        self.field.setPlaceholderText(words.say(f"{said}.prompt"))
        self.field.setText(text)
        self.field.textChanged.connect(self._settle.start)
        self.field.entered.connect(self._on_enter)
        self.list = RowsView(source.widths_em)
        self.list.setObjectName("found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.chosen.connect(self._on_chosen)
        self._note = label("muted", name="found_note")
        self._letters = LetterPad(words)
        self._letters.pressed.connect(self.field.press)
        keyboard = button("", words.say("till.letters.show"), "letters_show")
        keyboard.clicked.connect(lambda: self._letters.setVisible(not self._letters.isVisible()))
        self.row = QHBoxLayout()
        self.row.addWidget(self.field, 1)
        self.row.addWidget(keyboard)
        self.column.addLayout(self.row)
        self.column.addWidget(self._note)
        self.column.addWidget(self.list, 1)
        self.column.addWidget(self._letters)
        self._letters.setVisible(by_touch)
        self._search()

    def enter(self) -> None:
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
        if event.key() in steps:
            self.list.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _search(self) -> None:
        self._settle.stop()
        text = plain(self.field.text()).strip()
        asked = len(text) >= _LEAST_LETTERS
        found = list(self._source.find(text)) if asked else []
        chosen = 0
        if asked and self._source.by_number and not any(character.isalpha() for character in text):
            whole = self._source.by_number(text)
            found = [*whole, *(one for one in found if one not in whole)]
            chosen = 0 if whole else -1
        self._found = found
        self.list.set_rows([self._source.tell(one) for one in found], chosen)
        self._tell(text[:40] if asked else "", is_chosen=chosen >= 0)

    def _tell(self, text: str, *, is_chosen: bool) -> None:
        """Say what is to be done where nothing was found for `text`, or nothing that Enter could take."""
        say = self.words.say
        if self._found:
            self._note.setText(say("till.search.choose"))
        else:
            self._note.setText(say("till.search.none", text=text) if text else say(self._hint))
        self._note.setVisible(not self._found or not is_chosen)

    def _on_enter(self) -> None:
        if self._settle.isActive():
            self._search()
        self._on_chosen(self.list.current)

    def _on_chosen(self, row: int) -> None:
        if 0 <= row < len(self._found):
            self.picked.emit(self._found[row])
