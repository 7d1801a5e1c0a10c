"""Joining: the form in two steps, and the card that is handed over (K6, K9, K10)."""

from functools import partial

from PySide6.QtCore import Signal

from pos_app.loyalty import cards
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.enrolment import FieldName, Form
from pos_app.loyalty.errors import Refusal, RefusalCode
from ui.desk.counter import AtCounter
from ui.desk.enrol import HandedPanel, TermsPanel, WhoPanel
from ui.till.deeds import spoken

_FIELDS: dict[RefusalCode, FieldName] = {"phone_taken": "phone", "card_unknown": "inviter", "card_taken": "card"}
"""The field of the form that a refusal is about."""
_WHO: frozenset[FieldName] = frozenset({"name", "phone", "email", "birthday", "inviter"})
"""The fields of the form's first step."""


class Joining(AtCounter):
    """Somebody joins. `front_wanted` leads back to the desk's front, `next_wanted(card, name)` on from a new card."""

    front_wanted = Signal()
    next_wanted = Signal(object, str)

    @spoken
    def join(self, form: Form) -> None:
        """The first step of the form."""
        panel = WhoPanel(
            self.words, form, lambda code: self._scan_into(panel, code),
            has_terms=self.counter.terms() is not None, by_touch=self.by_touch,
        )  # fmt: skip
        panel.entered.connect(lambda: self._joins_as(panel))
        self.show(panel, self.front_wanted.emit)
        if form.card:
            self.page.tell("calm", self.words.say("desk.say.preprinted", card=int(form.card)))

    def _scan_into(self, panel: WhoPanel | TermsPanel, code: str) -> bool:
        """A card that somebody has is the inviter's, one that nobody has is the new one."""
        if not cards.is_card(code):
            return False
        if self.customer(int(code)).status != "unknown":
            if isinstance(panel, TermsPanel):
                raise Refusal("card_taken", card=int(code))
            panel.fill("inviter", code)
        elif isinstance(panel, TermsPanel):
            panel.fill("card", code)
        else:
            panel.take_card(code)
            self.page.tell("calm", self.words.say("desk.say.preprinted", card=int(code)))
        return True

    @spoken
    def _joins_as(self, panel: WhoPanel) -> None:
        form = panel.form
        if panel.show_faults(self._sentences(form, _WHO)):
            raise Refusal("form_faults")
        self._agree(form)

    def _sentences(self, form: Form, fields: frozenset[FieldName] | None = None) -> dict[str, str]:
        """What is wrong with the form in words, by the fields asked for."""
        found = self.counter.faults_of(form)
        return {
            field: self.words.say(f"desk.fault.{fault}")
            for field, fault in found.items()
            if fields is None or field in fields
        }

    def _agree(self, form: Form) -> None:
        """The second step of the form."""
        panel = TermsPanel(
            self.words, form, self.counter.terms(), self.counter.kinds_to_apply_for(),
            lambda code: self._scan_into(panel, code), self.key("complete"), by_touch=self.by_touch,
        )  # fmt: skip
        panel.print_wanted.connect(self._print_terms)
        panel.entered.connect(lambda: self._hand_over(panel))
        self.show(panel, lambda: self.join(panel.form))

    @spoken
    def _print_terms(self) -> None:
        self.counter.print_terms()
        self.told_printing("printing", "print_waits")

    @spoken
    def _hand_over(self, panel: TermsPanel) -> None:
        form = panel.form
        if panel.show_faults(self._sentences(form)):
            raise Refusal("form_faults")
        try:
            customer = self.counter.hand_over(form)
        except Refusal as refusal:
            self._show_fault(panel, form, refusal)
            raise
        self.page.refresh()
        self.handed(customer, form)

    def _show_fault(self, panel: TermsPanel, form: Form, refusal: Refusal) -> None:
        """Say beside its field why a form cannot be taken, on the step where that is."""
        field = _FIELDS.get(refusal.code)
        if field in _WHO:
            self.join(form)
            who = self.page.place.panel
            assert isinstance(who, WhoPanel)
            who.show_faults({field: self.words.refusal(refusal)})
        elif field is not None:
            panel.show_faults({field: self.words.refusal(refusal)})

    def handed(self, customer: Customer, form: Form | None = None) -> None:
        """A card was handed over: what holds of it, and what can be done next."""
        say = self.words.say
        lines = [self.active_words(customer)]
        if customer.balance:
            lines.append(say("desk.handed.balance" if form is None else "desk.handed.points", points=customer.balance))
        if form is not None and form.applies_for:
            lines.append(say("desk.handed.applied", kind=self.kind_name(form.applies_for)))
        nexts = {"card": say("desk.handed.card"), "new": say("desk.handed.new")}
        if self.phone_waits(customer.card):
            nexts = {"phone": say("desk.handed.phone"), **nexts}
        panel = HandedPanel(self.words, customer, lines, nexts)
        panel.next_wanted.connect(partial(self.next_wanted.emit, customer.card))
        self.page.place.open(panel)
        self.told_printing("handed", "handed_print_waits")
