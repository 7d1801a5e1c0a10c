"""Asking before something is done for good, and gathering the cards of a family."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout

from pos_app.loyalty import cards
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.words import Words
from ui.desk.forms import CARD, OnScan
from ui.till.pads import Field, plain
from ui.till.panel import Panel, is_enter
from ui.till.rows import Row, RowsView
from ui.till.say import button, label, points


class AskPanel(Panel):
    """What something means, and a button that does it; `agreed` by that, Enter or the key that completes."""

    agreed = Signal()

    def __init__(
        self, name: str, title: str, words: Words, sentences: Sequence[str], action: str, scan: OnScan
    ) -> None:
        super().__init__(name, title, words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scan = scan
        self.column.addStretch(1)
        for number, sentence in enumerate(sentences):
            line = label("large", sentence, f"{name}_{number}")
            line.setWordWrap(True)
            self.column.addWidget(line)
        self.column.addStretch(2)
        done = button("primary", action, f"panel_{name}_done")
        done.clicked.connect(self.agreed)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(done)
        self.column.addLayout(row)

    def enter(self) -> None:
        self.setFocus()

    def complete(self) -> bool:
        self.agreed.emit()
        return True

    def take_scan(self, code: str) -> bool:
        return self._scan(code)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event):
            self.agreed.emit()
        else:
            super().keyPressEvent(event)


class FamilyPanel(Panel):
    """The cards whose points come together on the holder's account (K8).

    `merged(cards)` are those beside the holder's, `typed(number)` is one that was typed.
    """

    merged = Signal(list)
    typed = Signal(str)

    def __init__(
        self, words: Words, holder: Customer, look_up: Callable[[str, Sequence[int]], Customer], key: str
    ) -> None:
        """`look_up` tells whose a number is, beside the cards already there; it raises Refusal where it cannot be."""
        super().__init__("family", words.say("desk.family.title", name=holder.name), words)
        self._holder = holder
        self._look_up = look_up
        self._others: list[Customer] = []
        hint = label("muted", words.say("desk.family.hint"), "family_hint")
        hint.setWordWrap(True)
        self.field = Field("family_card", "", CARD)
        self.field.setPlaceholderText(words.say("desk.family.prompt"))
        self.field.entered.connect(self._on_entered)
        put = button("", words.say("desk.family.add"), "family_add")
        put.clicked.connect(self._on_entered)
        self.list = RowsView((12,))
        self.list.setObjectName("family")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.chosen.connect(self._drop)
        self._sum = label("large", name="family_sum")
        self._sum.setWordWrap(True)
        self._done = button("primary", words.say("desk.family.merge", key=key), "panel_family_done")
        self._done.clicked.connect(self.complete)
        row, foot = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(put)
        foot.addWidget(self._sum, 1)
        foot.addWidget(self._done)
        self.column.addWidget(hint)
        self.column.addLayout(row)
        self.column.addWidget(self.list, 1)
        self.column.addLayout(foot)
        self._show()

    def enter(self) -> None:
        self.field.setFocus()

    def complete(self) -> bool:
        if self._others:
            self.merged.emit([other.card for other in self._others])
        return True

    def take_scan(self, code: str) -> bool:
        """A scanned card joins the others."""
        if not cards.is_card(code):
            return False
        self.add(code)
        return True

    def add(self, number: str) -> None:
        """One more card; raises Refusal as the look-up does."""
        self._others.append(self._look_up(number, [one.card for one in (self._holder, *self._others)]))
        self.field.clear()
        self._show()

    def _on_entered(self) -> None:
        text = plain(self.field.text()).strip()
        if text:
            self.typed.emit(text)
        else:
            self.complete()

    def _drop(self, row: int) -> None:
        if row > 0:
            del self._others[row - 1]
            self._show()

    def _show(self) -> None:
        words, say = self.words, self.words.say
        rows = [Row(self._holder.name, self._detail(self._holder, "holder"), (points(words, self._holder.balance),))]
        rows += [Row(one.name, self._detail(one, "member"), (points(words, one.balance),)) for one in self._others]
        self.list.set_rows(rows, len(rows) - 1)
        together = sum(one.balance for one in (self._holder, *self._others))
        self._sum.setText(say("desk.family.sum", points=together) if self._others else say("desk.family.nobody"))
        self._done.setEnabled(bool(self._others))

    def _detail(self, one: Customer, part: str) -> str:
        return self.words.joined([str(one.card), self.words.say(f"desk.family.{part}")])
