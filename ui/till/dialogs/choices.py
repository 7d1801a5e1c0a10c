"""Choosing one of a few things, and the account of a member in several such lists."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from pos_app.loyalty.words import Words
from ui import theme
from ui.till.panel import Panel, is_enter
from ui.till.rows import Row, RowsView
from ui.till.say import button, label

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}


class ChoicePanel(Panel):
    """A list of rows under a sentence; `picked` carries the number of the one that was taken by Enter or touch."""

    picked = Signal(int)

    def __init__(
        self,
        name: str,
        title: str,
        words: Words,
        rows: Sequence[Row],
        hint: str = "",
        widths_em: Sequence[float] = (12,),
    ) -> None:
        super().__init__(name, title, words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hint = label("muted", hint, f"{name}_hint")
        self.hint.setWordWrap(True)
        self.list = RowsView(widths_em)
        self.list.setObjectName(name)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.chosen.connect(self._on_chosen)
        self.list.set_rows(list(rows), 0)
        self.column.addWidget(self.hint)
        self.column.addWidget(self.list, 1)
        self.hint.setVisible(bool(hint))

    def enter(self) -> None:
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            self.list.step(_STEPS[Qt.Key(event.key())])
        elif is_enter(event):
            self._on_chosen(self.list.current)
        else:
            super().keyPressEvent(event)

    def _on_chosen(self, row: int) -> None:
        if row >= 0:
            self.picked.emit(row)


class Tab(NamedTuple):
    """One list of several: its caption, a sentence over it, its rows, and what taking one of them does."""

    name: str
    caption: str
    hint: str
    rows: list[Row]
    chosen: Callable[[int], None]


class MemberPanel(ChoicePanel):
    """What there is to know of a member: figures above, lists below. Arrows to the side change the list."""

    find_wanted = Signal()
    drop_wanted = Signal()
    yields = True

    def __init__(
        self, title: str, words: Words, figures: Sequence[tuple[str, str]], tabs: Sequence[Tab], key: str
    ) -> None:
        """`figures` are pairs of a caption and a text; `key` looks for another member."""
        super().__init__("member", title, words, (), " ")
        self._tabs = tuple(tabs)
        self._at = 0
        self._buttons: list[QPushButton] = []
        self.column.insertLayout(1, self._figures(figures))
        self.column.insertLayout(2, self._captions())
        self.column.addLayout(self._foot(key))
        self.picked.connect(self._take)
        self.show_tab(0)

    def _take(self, row: int) -> None:
        self._tabs[self._at].chosen(row)

    @property
    def tab(self) -> str:
        """The name of the list that is shown."""
        return self._tabs[self._at].name

    def show_tab(self, at: int) -> None:
        """Show another list."""
        self._at = at
        tab = self._tabs[at]
        for number, made in enumerate(self._buttons):
            theme.set_tone(made, "chosen" if number == at else "calm")
        self.hint.setText(tab.hint)
        self.list.set_rows(tab.rows, 0 if tab.rows else -1)

    def show_named(self, name: str) -> None:
        """Show the list of this name."""
        self.show_tab(next((number for number, tab in enumerate(self._tabs) if tab.name == name), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        aside = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if aside is None:
            return super().keyPressEvent(event)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            aside = -aside
        self.show_tab((self._at + aside) % len(self._tabs))

    def _figures(self, figures: Sequence[tuple[str, str]]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(24)
        for caption, text in figures:
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(label("caption", caption))
            column.addWidget(label("figure", text))
            row.addLayout(column)
        row.addStretch()
        return row

    def _captions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for number, tab in enumerate(self._tabs):
            made = button("", tab.caption, f"tab_{tab.name}")
            made.clicked.connect(lambda _checked, number=number: self.show_tab(number))
            self._buttons.append(made)
            row.addWidget(made, 1)
        return row

    def _foot(self, key: str) -> QHBoxLayout:
        row = QHBoxLayout()
        find = button("", self.words.say("till.member.find", key=key), "find_customer")
        find.clicked.connect(self.find_wanted)
        drop = button("", self.words.say("till.customer.drop"), "drop_customer")
        drop.clicked.connect(self.drop_wanted)
        row.addWidget(find, 1)
        row.addWidget(drop, 1)
        return row
