"""The customer of the sale, and what is taken from the board for points."""

from db.store import Found
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.board import BoardPanel
from ui.till.dialogs.search import SearchPanel, Source
from ui.till.rows import Row
from ui.till.say import button, joined, points


class Members(Deeds):
    """Who the sale is for."""

    def search(self, by_touch: bool) -> None:
        """F2: look for a customer, or go on without one."""
        source = Source(self.looked_up(self.till.find_people), self._person_row, (9,))
        panel = SearchPanel[Found]("customer", self.words, source, by_touch=by_touch)
        panel.picked.connect(self._set_customer)
        if self.till.basket.card is not None:
            drop = button("", self.words.say("till.customer.drop"), "drop_customer")
            drop.clicked.connect(self._drop_customer)
            panel.row.addWidget(drop)
        self.page.place.open(panel)

    @spoken
    def _set_customer(self, found: Found) -> None:
        self.till.set_customer(found.card)
        self.scanned()

    @spoken
    def _drop_customer(self, _checked: bool = False) -> None:
        self.till.drop_customer()
        self.page.place.close_panel()
        self.page.refresh()
        self.say("calm", "dropped")

    @spoken
    def board(self, by_touch: bool) -> None:
        """F5: everything on the board."""
        panel = BoardPanel(self.words, self.till.version.currency)
        panel.picked.connect(self.swap)
        self.page.show_board(panel)
        self.page.place.open(panel)

    @spoken
    def swap(self, item: str) -> None:
        """Take one of an offer for points."""
        if self.page.alarm is not None:
            return
        self.till.swap(item)
        page = self.page
        page.refresh(len(self.till.basket.lines) + len(self.till.basket.swaps) - 1)
        swap = next(swap for swap in self.till.basket.swaps if swap.offer.item == item)
        self.say("good", "swapped", name=swap.offer.name, points=points(self.words, swap.offer.points))
        if isinstance(page.place.panel, BoardPanel):
            page.show_board(page.place.panel)
        page.accepted.emit()

    @spoken
    def scanned(self) -> None:
        """The basket has a customer now; whether the card takes part stands in the quote."""
        page = self.page
        if isinstance(page.place.panel, BoardPanel):
            page.show_board(page.place.panel)
        page.place.make_room()
        quote = page.refresh()
        if quote.card_refusal is not None:
            page.tell("attention", self.words.refusal(quote.card_refusal))
            page.attention.emit()
        elif quote.customer is not None:
            self.say("good", "card", name=quote.customer.name, points=quote.customer.balance)
            page.accepted.emit()

    def _person_row(self, found: Found) -> Row:
        kind = self.words.pick(self.till.programme.kind_names(found.kind))
        return Row(found.name, joined(self.words, found.phone, kind), (str(found.card),))
