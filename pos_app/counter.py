"""The desk beside a till: who works at the till works here, some of it only as the manager, and papers are printed."""

from pos_app.desk import Desk
from pos_app.loyalty import card_slip, ledger, moments
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.enrolment import FaultCode, FieldName, Form, birthday, faults
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CardReplaced, Enrolled, Fact, MemberActed
from pos_app.loyalty.paper import Document
from pos_app.loyalty.programme import Kind, Terms
from pos_app.till import Till

MANAGERS = frozenset({"activate", "accept", "profile", "adjust", "leave"})
"""What only a manager may do, by the names that the desk's window has for it."""


class Counter(Desk):
    """The desk of whoever is signed in at a till. What needs the manager raises Refusal not_allowed for others."""

    def __init__(self, till: Till) -> None:
        super().__init__(till.store, till.programme, till.now, lambda: till.staff.id if till.staff else "")
        self._till = till
        self.spending = till.spending

    @property
    def is_manager(self) -> bool:
        staff = self._till.staff
        return staff is not None and staff.role == "manager"

    # -- joining

    def terms(self) -> Terms | None:
        """The terms in force, None where the programme has none (K9)."""
        return self._programme.terms_at(self.now())

    def kinds_to_apply_for(self, kind: str | None = None) -> list[Kind]:
        """The kinds of member that somebody of `kind`, or who joins, can become (K10)."""
        now_kind = kind or self._programme.kinds[0].id
        return [one for one in self._programme.kinds[1:] if one.id != now_kind]

    def faults_of(self, form: Form) -> dict[FieldName, FaultCode]:
        """What is wrong with a form, by its fields."""
        today = moments.to_local(self.now(), self._programme.zone).date()
        return faults(form, self._programme.calendar, today, has_terms=self.terms() is not None)

    def hand_over(self, form: Form) -> Customer:
        """Enrol by a form without faults, and print the slip of the card. Raises Refusal as `enrol` does."""
        till = self._till

        def slip(body: Enrolled) -> Document:
            return card_slip.card_slip(body, self.now(), form.applies_for, till.head(), self._programme, till.words)

        born = birthday(form.birthday, self._programme.calendar)
        return self.enrol(
            card=form.card or None,
            name=form.name,
            phone=form.phone,
            email=form.email,
            birthday=born.isoformat() if born else "",
            language=form.language,
            invited_by=int(form.inviter) if form.inviter else None,
            applies_for=form.applies_for,
            slip=slip,
        )

    def print_terms(self) -> None:
        """Print the terms in force, if there are any."""
        terms = self.terms()
        if terms is not None:
            self.print(card_slip.terms_paper(terms, self._till.head(), self._programme, self._till.words))

    def print(self, document: Document) -> None:
        """Queue a paper of the desk."""
        self._store.add_job(None, document, False)

    # -- cards

    def check(self, card: int) -> Customer:
        """Whose a card is that can be worked with; raises Refusal card_unknown, card_blocked or card_left."""
        return self._known(card)

    def family_of(self, card: int) -> list[int]:
        """The cards that share their points with a card today, itself included."""
        state = self._store.ledger(card)
        account = self._store.customer(card, self.now()).account
        return ledger.cards_to(state, ledger.family(state, account))

    def applied_for(self, card: int) -> str:
        """The kind that a card's member applied for and is not yet, empty for none (K10)."""
        kind = self._store.customer(card, self.now()).kind
        wanted = next((act.about for act in reversed(self._acts(card)) if act.what == "applied"), "")
        return wanted if wanted != kind else ""

    def has_acted(self, card: int, what: str) -> bool:
        """Whether a card's member has done something, such as completing the profile."""
        return any(act.what == what for act in self._acts(card))

    def _acts(self, card: int) -> list[MemberActed]:
        """What a card's member did, with whichever card of theirs."""
        member = self._store.customer(card, self.now()).member
        history = [fact.body for one in self._store.cards_of_member(member) for fact in self._store.facts_of(one)]
        return [body for body in history if isinstance(body, MemberActed)]

    def give_new_card(self, card: int, new_card: str = "") -> Customer:
        """Replace a card by the next one or a pre-printed `new_card`, and print its slip. Raises Refusal."""
        moment, till = self.now(), self._till

        def slip(body: CardReplaced) -> Document:
            return card_slip.replaced_slip(body, moment, till.head(), self._programme, till.words)

        number = self.replace(card, new_card or None, slip)
        return self._store.customer(number, self.now())

    # -- what needs the manager

    def activate(self, card: int) -> Fact:
        self._need_manager()
        return super().activate(card)

    def accept_cooperator(self, card: int, kind: str = "cooperator") -> Fact:
        self._need_manager()
        return super().accept_cooperator(card, kind)

    def complete_profile(self, card: int) -> tuple[Fact, ...]:
        """As at every desk, but once; raises Refusal already_done."""
        self._need_manager()
        if self.has_acted(card, "profile_completed"):
            raise Refusal("already_done")
        return super().complete_profile(card)

    def adjust(self, card: int, points: int, reason: str) -> Fact:
        self._need_manager()
        return super().adjust(card, points, reason)

    def leave(self, card: int) -> Fact:
        self._need_manager()
        return super().leave(card)

    def _need_manager(self) -> None:
        if not self.is_manager:
            raise Refusal("not_allowed")
