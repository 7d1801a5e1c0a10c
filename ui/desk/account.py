"""Where did my points go? An account with its sums, what lapses next, its tiers and every movement."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from pos_app.account import Movement
from pos_app.loyalty.words import Words
from ui.desk.forms import OnScan
from ui.till.panel import Panel
from ui.till.rows import Row, RowsView
from ui.till.say import button, joined, label, points

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -6, Qt.Key.Key_PageDown: 6}


class AccountPanel(Panel):
    """An account to read aloud; `print_wanted` by button or the key that completes."""

    print_wanted = Signal()

    def __init__(
        self,
        words: Words,
        title: str,
        figures: Sequence[tuple[str, str]],
        notes: Sequence[str],
        movements: Sequence[Movement],
        scan: OnScan,
        key: str,
    ) -> None:
        """`figures` are pairs of a caption and a number, `notes` what lapses and the tiers; `key` prints."""
        super().__init__("desk_account", title, words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scan = scan
        self._movements = movements
        self.column.addLayout(self._figures(figures))
        for number, note in enumerate(notes):
            line = label("muted", note, f"account_note_{number}")
            line.setWordWrap(True)
            self.column.addWidget(line)
        self.list = RowsView((8,))
        self.list.setObjectName("movements")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._reasons = label("", name="account_reasons")
        self._reasons.setWordWrap(True)
        self.list.moved.connect(self._on_moved)
        self.list.set_rows([self._row(one) for one in movements], 0)
        printing = button("", words.say("desk.account.print", key=key), "account_print")
        printing.clicked.connect(self.print_wanted)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self._reasons, 1)
        foot.addWidget(printing)
        self.column.addWidget(self.list, 1)
        self.column.addLayout(foot)

    def enter(self) -> None:
        self.setFocus()

    def complete(self) -> bool:
        self.print_wanted.emit()
        return True

    def take_scan(self, code: str) -> bool:
        return self._scan(code)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS:
            self.list.step(_STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _figures(self, figures: Sequence[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(0)
        for column, (caption, number) in enumerate(figures):
            grid.addWidget(label("caption", caption), 0, column)
            grid.addWidget(label("figure", number, f"account_figure_{column}"), 1, column)
            grid.setColumnStretch(column, 1)
        return grid

    def _row(self, one: Movement) -> Row:
        words = self.words
        where = words.say("slip.till", till=one.till) if one.till else ""
        detail = joined(words, words.say("slip.when", when=one.moment), where, one.cashier)
        return Row(one.what, detail, (points(words, one.points, sign=True) if one.points else "",))

    def _on_moved(self, row: int) -> None:
        self._reasons.setText("\n".join(self._movements[row].reasons) if row >= 0 else "")
