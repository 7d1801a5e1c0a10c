"""The baskets that were put aside."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal

from db.store import Held
from pos_app.loyalty.words import Words
from ui.till.panel import Panel
from ui.till.rows import Row, RowsView
from ui.till.say import joined


class HeldPanel(Panel):
    """`picked(id)` is a touch or Enter on a basket that is to be taken up again."""

    picked = Signal(int)

    def __init__(self, words: Words, held: Sequence[Held], currency: str, name_of: Callable[[int], str]) -> None:
        """`name_of` tells the name behind a card."""
        super().__init__("hold", words.say("till.held.title"), words)
        self._held = list(held)
        self.list = RowsView((8,))
        self.list.setObjectName("held")
        self.list.set_rows([self._row(one, currency, name_of) for one in self._held], 0)
        self.list.chosen.connect(lambda row: self.picked.emit(self._held[row].id))
        self.column.addWidget(self.list, 1)

    def enter(self) -> None:
        self.list.setFocus()

    def _row(self, held: Held, currency: str, name_of: Callable[[int], str]) -> Row:
        words, basket = self.words, held.basket
        who = "" if basket.card is None else name_of(basket.card)
        title = words.say("till.held.number", number=held.id)
        goods = [line.product.name for line in basket.lines] + [swap.offer.name for swap in basket.swaps]
        return Row(
            joined(words, title, who, held.note),
            ", ".join(goods),
            (words.money(basket.total_minor, currency),),
            words.say("till.held.at", at=held.at),
        )
