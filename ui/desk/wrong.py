"""The manager's list of what went wrong while tills were alone: points spent twice, goods given beyond their stock."""

from collections.abc import Sequence

from PySide6.QtCore import Signal

from pos_app.debts import Debt
from pos_app.loyalty.basket import Offer
from pos_app.loyalty.slip import slip_text
from pos_app.loyalty.words import Words
from ui.till.panel import Panel
from ui.till.rows import Row, RowsView
from ui.till.say import joined, label, points


class WrongPanel(Panel):
    """`picked(card)` is a touch or Enter on a card that owes points."""

    picked = Signal(object)

    def __init__(self, words: Words, owed: Sequence[Debt], oversold: Sequence[tuple[Offer, int]]) -> None:
        super().__init__("wrong", words.say("desk.wrong.title"), words)
        self._owed = list(owed)
        note = label("muted", words.say("desk.wrong.note" if owed or oversold else "desk.wrong.none"), "wrong_note")
        note.setWordWrap(True)
        self.column.addWidget(note)
        self.list = RowsView((10,))
        self.list.setObjectName("wrong")
        rows = [self._debt(debt) for debt in self._owed]
        self.list.set_rows([*rows, *(self._goods(offer, count) for offer, count in oversold)], 0)
        self.list.chosen.connect(self._pick)
        self.column.addWidget(self.list, 1)

    def enter(self) -> None:
        self.list.setFocus()

    def _pick(self, row: int) -> None:
        if row < len(self._owed):
            self.picked.emit(self._owed[row].card)

    def _debt(self, debt: Debt) -> Row:
        words = self.words
        where = words.say("desk.wrong.elsewhere")
        if debt.till:
            where = words.say("desk.wrong.here", slip=slip_text(debt.slip)) if debt.slip else ""
        name = debt.name or words.say("till.customer.nameless")
        return Row(
            words.say("desk.card.title", name=name, card=debt.card),
            joined(words, words.say("desk.wrong.at", at=debt.moment), where),
            (points(words, -debt.owed, sign=True),),
            words.say("desk.wrong.of", points=debt.points),
        )

    def _goods(self, offer: Offer, count: int) -> Row:
        return Row(offer.name, self.words.say("desk.wrong.oversold", count=count), (self.words.signed(-count),))
