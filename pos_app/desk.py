"""The desk's use cases: a card is handed over, activated, blocked or replaced; families join and leave."""

from collections.abc import Callable, Sequence

from db.store import NewFact
from pos_app.desk_work import new_number
from pos_app.loyalty import ledger
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    CardActivated,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    Fact,
    KindChanged,
    MemberLeft,
    PointsAdjusted,
)
from pos_app.loyalty.paper import Document
from pos_app.members import Members
from pos_app.requests import Requests


class Desk(Members, Requests):
    """The desk of one till: members, their requests, and their cards."""

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
        shared = ledger.family(self._store.seen(holder), account)
        for card in family:
            if self._known(card).account in shared:
                raise Refusal("already_merged", card=card)
        return self._record(CardsMerged(holder, tuple(family)))

    def split(self, card: int) -> Fact:
        """A card leaves its family and starts at zero (K8). Raises Refusal not_in_family."""
        account = self._known(card).account
        state = self._store.seen(card)
        if ledger.cards_to(state, ledger.family(state, account)) == [card]:
            raise Refusal("not_in_family", card=card)
        return self._record(CardSplit(card, new_number(), ledger.known_links(state, card)))

    def block(self, card: int, reason: str = "") -> Fact:
        """A card is lost or stolen."""
        self._known(card)
        return self._record(CardBlocked(card, reason))

    def replace(
        self, card: int, new_card: str | None = None, slip: Callable[[CardReplaced], Document] | None = None
    ) -> int:
        """A new card for the account of an old one, which leads nowhere from now on; tells the new number.

        What `slip` makes of it is printed with it.
        """
        if self._store.customer(card, self.now()).status in ("unknown", "left", "replaced"):
            self._known(card)
        number = self._store.next_card() if new_card is None else self._preprinted(new_card)
        now = self.now()
        body = CardReplaced(card, number, self._store.customer(card, now).active_from)
        self._record_all([NewFact(body, now)], jobs=[(None, slip(body), False)] if slip else [])
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
