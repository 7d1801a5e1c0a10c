"""The desk in the till's window: its front, the panel of one card, and the ways between them."""

from functools import partial

from db.store import Found
from pos_app import debts, statement
from pos_app.counter import MANAGERS, Counter
from pos_app.loyalty import cards
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.enrolment import Form
from pos_app.loyalty.errors import Refusal
from ui.desk.card_work import CardWork
from ui.desk.counter import AtCounter
from ui.desk.front import Act, CardPanel, FrontPanel
from ui.desk.joining import Joining
from ui.desk.wrong import WrongPanel
from ui.till.deeds import spoken
from ui.till.dialogs.search import Source
from ui.till.page import TillPage
from ui.till.rows import Row
from ui.till.say import button, joined


class DeskDeeds(AtCounter):
    """The desk in the till's window."""

    def __init__(self, page: TillPage) -> None:
        super().__init__(page, Counter(page.till))
        self._joining = Joining(page, self.counter)
        self._work = CardWork(page, self.counter, self._take_card)
        self._joining.front_wanted.connect(self._front)
        self._joining.next_wanted.connect(self._go_on)
        self._work.card_wanted.connect(self.show_card)
        self._work.replaced.connect(self._joining.handed)

    @spoken
    def open(self, by_touch: bool) -> None:
        """The desk's key: the card of the sale, then the front, then somebody joins."""
        for deeds in (self, self._joining, self._work):
            deeds.by_touch = by_touch
        panel, card = self.page.place.panel, self.till.basket.card
        if isinstance(panel, FrontPanel):
            self._joining.join(Form())
        elif card is not None and not isinstance(panel, CardPanel):
            self.show_card(card)
        else:
            self._front()

    def _front(self) -> None:
        source = Source(self.looked_up(self.till.find_people), self._person_row, (9,))
        panel = FrontPanel(self.words, source, self._take_card, self.key("desk"), by_touch=self.by_touch)
        panel.picked.connect(lambda found: self.show_card(found.card))
        panel.new_wanted.connect(lambda: self._joining.join(Form()))
        if self.counter.is_manager and self.till.spending is not None:
            wrong = button("", self.words.say("desk.wrong.open"), "desk_wrong")
            wrong.clicked.connect(self._wrong)
            panel.row.addWidget(wrong)
        self.page.place.open(panel)

    @spoken
    def _wrong(self, _checked: bool = False) -> None:
        """What went wrong while tills were alone; the manager's to see."""
        store = self.till.store
        panel = WrongPanel(self.words, debts.owed(store), store.oversold())
        panel.picked.connect(self.show_card)
        self.show(panel, self._front)

    def _person_row(self, found: Found) -> Row:
        kind = self.words.pick(self.till.programme.kind_names(found.kind))
        return Row(found.name, joined(self.words, found.phone, kind), (str(found.card),))

    def _take_card(self, code: str) -> bool:
        """A card that was scanned: its desk, or the form of somebody who gets it."""
        if not cards.is_card(code):
            return False
        if self.customer(int(code)).status == "unknown":
            self._joining.join(Form(card=code))
        else:
            self.show_card(int(code))
        return True

    def _go_on(self, card: int, wanted: str) -> None:
        """From a card that was handed over to what comes next."""
        if wanted == "new":
            self._joining.join(Form())
        elif wanted == "phone":
            self._pick(card, "phone")
        else:
            self.show_card(card)

    # -- one card

    @spoken
    def show_card(self, card: int) -> None:
        """A card and all that can be done with it."""
        customer, words = self.customer(card), self.words
        title = words.say("desk.card.title", name=self.name_of(customer), card=card)
        tier = statement.tier_name(self.till.programme, customer.tier, words) if customer.tier else ""
        kind = self.kind_name(customer.kind)
        family = len(self.counter.family_of(card))
        shared = words.say("desk.card.family", cards=family) if family > 1 else ""
        points = words.say("desk.card.points", points=customer.balance)
        pending = words.say("desk.card.pending", points=customer.pending) if customer.pending else ""
        lines = [
            ("strong", self._status_words(customer)),
            ("muted", joined(words, kind, tier, points, pending, shared)),
        ]
        panel = CardPanel(words, title, lines, self._acts_on(customer), self._take_card)
        panel.picked.connect(partial(self._pick, card))
        self.show(panel, self._front)

    def _status_words(self, customer: Customer) -> str:
        if customer.status == "given":
            return self.active_words(customer)
        return self.words.say(f"desk.status.{customer.status}")

    def _acts_on(self, customer: Customer) -> list[Act]:
        """Everything that can be done in this programme, and what of it with this card now."""
        programme, counter, card = self.till.programme, self.counter, customer.card
        given = customer.status == "given"
        others = counter.kinds_to_apply_for(customer.kind)
        can = {
            "account": True,
            "block": given,
            "replace": customer.status in ("given", "blocked"),
            "merge": given,
            "split": given and len(counter.family_of(card)) > 1,
            "activate": given and customer.active_from > self.till.now(),
            "profile": given and not counter.has_acted(card, "profile_completed"),
            "adjust": given,
            "leave": given,
        }
        if programme.membership.phone_confirmed:
            can["phone"] = given and self.phone_waits(card)
        if len(programme.kinds) > 1:
            can["accept"] = given and bool(others)
        applied = counter.applied_for(card)
        return [self._act(name, can[name], applied) for name in self._work.acts if name in can]

    def _act(self, name: str, can: bool, applied: str) -> Act:
        say = self.words.say
        note = say(f"desk.act.{name}_is")
        if name == "accept" and applied:
            note = say("desk.act.applied")
        if name in MANAGERS and not self.counter.is_manager:
            note = joined(self.words, say("desk.act.manager"), note)
        kind = self.kind_name(applied or self.till.programme.kinds[-1].id)
        return Act(name, say(f"desk.act.{name}", kind=kind), note, can, name == "accept" and bool(applied))

    @spoken
    def _pick(self, card: int, name: str) -> None:
        if name in MANAGERS and not self.counter.is_manager:
            raise Refusal("not_allowed")
        self._work.acts[name](card)
