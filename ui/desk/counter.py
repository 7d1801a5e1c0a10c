"""What all deeds at the desk share: the counter, cards, panels that lead back, and how it is said what was done."""

from collections.abc import Callable

from pos_app.counter import Counter
from pos_app.loyalty.customers import Customer
from ui.till.deeds import Deeds
from ui.till.page import TillPage
from ui.till.panel import Panel


class AtCounter(Deeds):
    """Deeds at the counter of a till; `by_touch` is whether the desk was opened by a finger."""

    def __init__(self, page: TillPage, counter: Counter) -> None:
        super().__init__(page)
        self.counter = counter
        self.by_touch = False

    def customer(self, card: int) -> Customer:
        return self.till.store.customer(card, self.till.now())

    def name_of(self, customer: Customer) -> str:
        return customer.name or self.words.say("till.customer.nameless")

    def kind_name(self, kind: str) -> str:
        return self.words.pick(self.till.programme.kind_names(kind))

    def show(self, panel: Panel, behind: Callable[[], None]) -> None:
        """Open a panel from which Esc leads back to another."""
        panel.behind = behind
        self.page.place.open(panel)

    def told(self, key: str, **values: object) -> None:
        """Something was written down: say `desk.say.<key>`."""
        self.page.tell("good", self.words.say(f"desk.say.{key}", **values))
        self.page.accepted.emit()

    def told_printing(self, printing: str, waits: str) -> None:
        """The same for what is printed, now or once there is a printer."""
        self.told(printing if self.page.status.prints else waits)

    def active_words(self, customer: Customer) -> str:
        """Since or from when a card takes part."""
        if customer.active_from > self.till.now():
            return self.words.say("desk.status.waits", since=customer.active_from)
        return self.words.say("desk.status.active")

    def phone_waits(self, card: int) -> bool:
        """Whether a telephone has to be confirmed yet (T16)."""
        asked = self.till.programme.membership.phone_confirmed
        return asked and not self.counter.has_acted(card, "phone_confirmed")
