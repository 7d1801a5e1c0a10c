"""The desk's use cases: a card is handed over, activated, blocked or replaced; families join and leave."""

import secrets
from collections.abc import Callable, Sequence

from db.store import NewFact, Person, Store
from pos_app.loyalty import cards, ledger, moments
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    Body,
    CardActivated,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    Enrolled,
    Fact,
    KindChanged,
    MemberLeft,
    PointsAdjusted,
)
from pos_app.loyalty.programme import Programme


def new_number() -> int:
    """A number for a member or an account, from 62 random bits."""
    return secrets.randbits(62) | 1


class Desk:
    """The desk of one till. Every method writes one fact; all raise Refusal for cards that cannot take part."""

    def __init__(
        self, store: Store, programme: Programme, clock: Callable[[], int], cashier: Callable[[], str] = str
    ) -> None:
        self._store = store
        self._programme = programme
        self._clock = clock
        self._cashier = cashier

    def now(self) -> int:
        return max(self._clock(), self._store.last_moment)

    def enrol(
        self,
        *,
        kind: str | None = None,
        card: str | None = None,
        name: str = "",
        phone: str = "",
        email: str = "",
        terms: str = "",
        birthday: str = "",
    ) -> Customer:
        """Hand over a card: the till's next number, or the pre-printed `card` that was scanned (K1, K7).

        Raises Refusal card_not_valid, card_taken or kind_unknown.
        """
        number = self._store.next_card() if card is None else self._preprinted(card)
        now = self.now()
        if kind is not None and kind not in [known.id for known in self._programme.kinds]:
            raise Refusal("kind_unknown", kind=kind)
        member = new_number()
        body = Enrolled(
            card=number,
            account=number,
            member=member,
            kind=kind or self._programme.kinds[0].id,
            active_from=moments.add(now, self._programme.card_active_after, self._programme.zone),
            terms=terms,
        )
        self._record(body, [Person(member, name, phone, email, terms, birthday)])
        return self._store.customer(number, now)

    def _preprinted(self, card: str) -> int:
        if not cards.is_card(card):
            raise Refusal("card_not_valid", card=card[:20])
        if self._store.customer(int(card), self.now()).status != "unknown":
            raise Refusal("card_taken", card=int(card))
        return int(card)

    def activate(self, card: int) -> Fact:
        """The centre activates a card before its time (K7)."""
        self._known(card)
        return self._record(CardActivated(card))

    def accept_cooperator(self, card: int, kind: str = "cooperator") -> Fact:
        """The member is a cooperator from now on."""
        self._known(card)
        return self._record(KindChanged(card, kind))

    def merge(self, holder: int, family: Sequence[int]) -> Fact:
        """Gather the points of family cards on the holder's account (K8). Raises Refusal already_merged."""
        account = self._known(holder).account
        shared = ledger.family(self._store.ledger(holder), account)
        for card in family:
            if self._known(card).account in shared:
                raise Refusal("already_merged", card=card)
        return self._record(CardsMerged(holder, tuple(family)))

    def split(self, card: int) -> Fact:
        """A card leaves its family and starts at zero (K8). Raises Refusal not_in_family."""
        account = self._known(card).account
        state = self._store.ledger(card)
        if ledger.cards_to(state, ledger.family(state, account)) == [card]:
            raise Refusal("not_in_family", card=card)
        return self._record(CardSplit(card, new_number(), ledger.known_links(state, card)))

    def block(self, card: int, reason: str = "") -> Fact:
        """A card is lost or stolen."""
        self._known(card)
        return self._record(CardBlocked(card, reason))

    def replace(self, card: int, new_card: str | None = None) -> int:
        """A new card for the account of an old one, which leads nowhere from now on; tells the new number."""
        if self._store.customer(card, self.now()).status in ("unknown", "left", "replaced"):
            self._known(card)
        number = self._store.next_card() if new_card is None else self._preprinted(new_card)
        self._record(CardReplaced(card, number, self._store.customer(card, self.now()).active_from))
        return number

    def leave(self, card: int) -> Fact:
        """Membership ends."""
        self._known(card)
        return self._record(MemberLeft(card))

    def adjust(self, card: int, points: int, reason: str) -> Fact:
        """Give or take points, with the reason on record (T12). Raises Refusal reason_missing."""
        self._known(card)
        if not reason.strip():
            raise Refusal("reason_missing")
        return self._record(PointsAdjusted(card, points, reason))

    def _known(self, card: int) -> Customer:
        """A card that the desk can work with: one that waits for its activation can be, a blocked one cannot."""
        customer = self._store.customer(card, self.now())
        match customer.status:
            case "unknown":
                raise Refusal("card_unknown", card=card)
            case "blocked" | "replaced":
                raise Refusal("card_blocked", card=card)
            case "left":
                raise Refusal("card_left", card=card)
        return customer

    def _record(self, body: Body, people: Sequence[Person] = ()) -> Fact:
        now = self.now()
        version = self._programme.version_at(now).id
        return self._store.record(
            [NewFact(body, now)],
            cashier=self._cashier(),
            programme=self._programme.pack,
            version=version,
            people=people,
        )[0]
