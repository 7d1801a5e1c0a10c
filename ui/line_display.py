"""What the customer reads on the line display: the goods just scanned, the total, name and points."""

from PySide6.QtCore import QObject, Signal, Slot

from hardware.display import DisplayState, LineDisplay, pair, sets
from pos_app import texts
from pos_app.device_settings import DisplaySettings
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from pos_app.till import Completed

ELSE = "en"
"""The language of a display whose page lacks the letters of the till's own."""


class CustomerLines(QObject):
    """Shows the open sale on the display of the settings. `changed` carries its state, from the window's thread."""

    changed = Signal(str)

    def __init__(
        self, chosen: DisplaySettings, programme: Programme, language: str, shop: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        known = sets(language, chosen.code_page)
        self._words: Words = texts.words_of(programme, language if known else ELSE)
        self._shop = shop
        self._who: int | None = None
        self._display = LineDisplay(
            chosen.path,
            baud=chosen.baud,
            commands=chosen.commands,
            columns=chosen.columns,
            code_page=chosen.code_page,
            on_state=self.changed.emit,
        )
        self.idle()

    @property
    def state(self) -> DisplayState:
        return self._display.state

    @Slot()
    def idle(self) -> None:
        """Nobody is served: the shop's name."""
        self._who = None
        columns = self._display.columns
        self._display.show(self._shop[:columns].center(columns), self._words.say("display.welcome").center(columns))

    @Slot(object, object)
    def show_quote(self, quote: Quote, current: int | None) -> None:
        """The line that was touched last, or the customer who has just been recognised, and the total."""
        basket, customer = quote.basket, quote.customer
        if not basket.lines and customer is None:
            self.idle()
            return
        total = self._total(quote)
        if customer is not None and (customer.card != self._who or not basket.lines):
            self._display.show(self._pair(customer.name, self._points(customer.balance - quote.spent)), total)
        elif basket.lines:
            line = basket.lines[current if current is not None and current < len(basket.lines) else -1]
            money = self._words.money(line.amount_minor, quote.version.currency)
            self._display.show(self._pair(line.product.name, money), total)
        self._who = customer.card if customer else None

    @Slot(object)
    def show_done(self, completed: Completed) -> None:
        """The sale is over: what was to be paid, and the points earned by it."""
        quote = completed.quote
        self._who = None
        if quote.customer is None:
            self._display.show(self._total(quote), self._words.say("display.thanks"))
        else:
            earned = self._words.signed(quote.earned)
            self._display.show(self._total(quote), self._pair(self._words.say("display.earned"), earned))

    def show_trial(self) -> None:
        """Something to see, until the next that is to be shown."""
        columns, money = self._display.columns, self._words.money(1_234_56, "EUR")
        self._display.show(self._shop[:columns].center(columns), self._pair(self._words.say("display.total"), money))

    def stop(self) -> None:
        """Leave the shop's name behind and give the port back."""
        self.idle()
        self._display.close()

    def _total(self, quote: Quote) -> str:
        money = self._words.money(quote.to_pay_minor, quote.version.currency)
        return self._pair(self._words.say("display.total"), money)

    def _points(self, points: int) -> str:
        return self._words.say("display.points", points=points)

    def _pair(self, left: str, right: str) -> str:
        return pair(left, right, self._display.columns, self._display.code_page)
