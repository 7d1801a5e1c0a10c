"""The reward board: everything on it, with its points, and whether the customer can have it now."""

from collections.abc import Sequence

from PySide6.QtCore import Signal

from pos_app.loyalty.basket import Offer
from pos_app.loyalty.words import Words
from ui.till.panel import Panel
from ui.till.rows import Row, RowsView
from ui.till.say import cost, joined, label


class BoardPanel(Panel):
    """`picked(item)` is a touch or Enter on an offer; one that cannot be had is picked too, to hear why."""

    picked = Signal(str)

    def __init__(self, words: Words, currency: str) -> None:
        super().__init__("board", words.say("till.board.title"), words)
        self._currency = currency
        self._offers: list[Offer] = []
        self._hint = label("muted", name="board_hint")
        self._hint.setWordWrap(True)
        self.list = RowsView((12,))
        self.list.setObjectName("board")
        self.list.chosen.connect(self._on_chosen)
        self.column.addWidget(self._hint)
        self.column.addWidget(self.list, 1)

    def enter(self) -> None:
        self.list.setFocus()

    def show_board(self, board: Sequence[tuple[Offer, bool]], left: int | None) -> None:
        """Show the board, cheapest first; `left` are the points still to spend, None without a customer."""
        say = self.words.say
        rows = sorted(board, key=lambda entry: (entry[0].points, entry[0].name))
        self._offers = [offer for offer, _ in rows]
        self.list.set_rows([self._row(offer, free) for offer, free in rows], None if self.list.rows else 0)
        if not rows:
            self._hint.setText(say("till.board.empty"))
        elif left is None:
            self._hint.setText(say("till.board.no_card"))
        else:
            self._hint.setText(say("till.board.left", points=left))

    def _row(self, offer: Offer, free: bool) -> Row:
        words = self.words
        details: list[str] = []
        if offer.stock is not None:
            details.append(words.say("till.board.stock", stock=offer.stock))
        if offer.per_account_per_day is not None:
            details.append(words.say("till.board.a_day", limit=offer.per_account_per_day))
        note = words.say("till.board.free") if free else ""
        return Row(offer.name, joined(words, *details), (cost(words, offer, self._currency),), note, is_dim=not free)

    def _on_chosen(self, row: int) -> None:
        self.picked.emit(self._offers[row].item)
