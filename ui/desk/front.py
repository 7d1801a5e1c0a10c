"""The desk's front: a card is scanned or looked up, or somebody joins; then what can be done with the card."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QVBoxLayout

from db.store import Found
from pos_app.loyalty.words import Words
from ui import theme
from ui.desk.forms import OnScan
from ui.till.dialogs.search import SearchPanel, Source
from ui.till.panel import Panel, is_enter
from ui.till.say import button, label

_COLUMNS = 3
_DIGITS = "1234567890"


class FrontPanel(SearchPanel[Found]):
    """Looks up cards; `new_wanted` says that somebody joins."""

    new_wanted = Signal()
    yields = False

    def __init__(self, words: Words, source: Source[Found], scan: OnScan, key: str, *, by_touch: bool = False) -> None:
        super().__init__("desk", words, source, by_touch=by_touch, said="desk.front")
        self._scan = scan
        self._note.setWordWrap(True)
        new = button("primary", words.say("desk.front.new", key=key), "desk_new")
        new.clicked.connect(self.new_wanted)
        self.row.addWidget(new)

    def take_scan(self, code: str) -> bool:
        return self._scan(code)


class Act(NamedTuple):
    """Something that can be done with a card; `note` says who may or why not. `waits` is what somebody asked for."""

    name: str
    title: str
    note: str
    can: bool = True
    waits: bool = False


class CardPanel(Panel):
    """One card and all that can be done with it; `picked(name)` by digit, arrows and Enter, or touch."""

    picked = Signal(str)

    def __init__(
        self, words: Words, title: str, lines: Sequence[tuple[str, str]], acts: Sequence[Act], scan: OnScan
    ) -> None:
        """`lines` are pairs of a role and a text."""
        super().__init__("desk_card", title, words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scan = scan
        for number, (role, text) in enumerate(lines):
            line = label(role, text, f"desk_card_line_{number}")
            line.setWordWrap(True)
            self.column.addWidget(line)
        grid = QGridLayout()
        grid.setSpacing(8)
        self._buttons: list[QPushButton] = []
        for number, act in enumerate(acts):
            made = self._button(number, act)
            self._buttons.append(made)
            grid.addWidget(made, *divmod(number, _COLUMNS))
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)
        self.column.addLayout(grid, 1)

    def enter(self) -> None:
        self._buttons[0].setFocus()

    def take_scan(self, code: str) -> bool:
        return self._scan(code)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        from_left = self.layoutDirection() == Qt.LayoutDirection.LeftToRight
        steps = {
            Qt.Key.Key_Left: -1 if from_left else 1,
            Qt.Key.Key_Right: 1 if from_left else -1,
            Qt.Key.Key_Up: -_COLUMNS,
            Qt.Key.Key_Down: _COLUMNS,
        }
        if is_enter(event) and isinstance(focused, QPushButton):
            focused.click()
        elif event.key() in steps:
            self._step(steps[Qt.Key(event.key())])
        elif event.text() and event.text() in _DIGITS[: len(self._buttons)] and not event.isAutoRepeat():
            self._buttons[_DIGITS.index(event.text())].click()
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        at = next((number for number, one in enumerate(self._buttons) if one.hasFocus()), 0)
        if 0 <= at + by < len(self._buttons):
            self._buttons[at + by].setFocus()

    def _button(self, number: int, act: Act) -> QPushButton:
        made = button("act", "", f"act_{act.name}")
        made.setAccessibleName(act.title)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        made.clicked.connect(lambda: self.picked.emit(act.name))
        column = QVBoxLayout(made)
        column.setContentsMargins(10, 4, 10, 4)
        column.setSpacing(0)
        column.addStretch()
        digit = f"{_DIGITS[number]}  " if number < len(_DIGITS) else ""
        for role, text in (("strong" if act.can else "muted", f"{digit}{act.title}"), ("caption", act.note)):
            line = label(role, text)
            line.setWordWrap(True)
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(line)
        column.addStretch()
        theme.set_tone(made, "attention" if act.waits else "calm")
        return made
