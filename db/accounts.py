"""Accounts as the till sees them: the replica's opening states, and its own facts folded on top."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from db import seek, states
from db.journal import Journal
from db.replica import Replica
from db.states import CardRow
from pos_app.loyalty import closing, facts, ledger
from pos_app.loyalty.facts import (
    BenefitRequested,
    BonusGiven,
    CodeMade,
    Fact,
    GoodsReturned,
    PointsAdjusted,
    PointsCredited,
    RequestDecided,
    SaleCompleted,
)
from pos_app.loyalty.ledger import Ledger, Totals
from pos_app.loyalty.tiers import Statutes

_POINTS_ONLY = (
    BenefitRequested, BonusGiven, CodeMade, GoodsReturned, PointsAdjusted, PointsCredited, RequestDecided,
    SaleCompleted,
)  # fmt: skip
"""Facts that leave cards and members as they are."""

_WARM_MOST = 64
"""How many ledgers are kept decoded: those of the customers who stand at the till."""
_CLOSED_EACH = 32
"""After so many more lots it is tried again whether some of them have become old."""
LOTS_MANY = 200
"""From so many lots on an account's long past is closed to a short opening state."""
RETURNS_MS = 400 * 24 * 3_600_000
"""How far back goods may come back exactly; nothing younger is closed."""


class _Warm(NamedTuple):
    """A ledger as it was written last, and the totals of its accounts."""

    state: Ledger
    sums: dict[int, Totals]


class Accounts:
    """States of both files. Whichever file knows a card knows its whole ledger; the journal hides the replica."""

    def __init__(self, journal: Journal, replica: Replica, zone: str, statutes: Statutes, *, read_only: bool) -> None:
        self.replica = replica
        self._journal = journal
        self._zone = zone
        self._statutes = statutes
        self._read_only = read_only
        self._own: set[int] = set()
        self._warm: dict[int, _Warm] = {}
        self._close_at: dict[int, int] = {}
        self.reread()

    def reread(self) -> None:
        """Learn anew which cards the journal knows: the one writer of a file need not ask it for each."""
        self._warm.clear()
        self._own = set() if self._read_only else self._journal.own_cards()

    def row(self, card: int) -> CardRow | None:
        """What the look-up of a card shows."""
        if self._read_only:
            return states.card_row(self._journal.connection, card) or states.card_row(self.replica.connection, card)
        return states.card_row(self._known(card), card)

    def contact(self, member: int) -> tuple[str, str]:
        """Name and phone of a member."""
        person = self._journal.person(member)
        return states.contact(self.replica.connection, member) if person is None else (person.name, person.phone)

    def ledger(self, named: Iterable[int]) -> Ledger:
        """One ledger of everybody who was ever linked with these cards; empty when none of them is known."""
        return self._gathered(named)[0]

    def seen(self, card: int) -> Ledger:
        """The ledger of a card to look at: it is not the caller's to change, nor to keep."""
        warm = self._warm_of(card)
        return self.ledger([card]) if warm is None else warm.state

    def totals(self, card: int, now: int) -> Totals:
        """The points of a card's family as of `now`; none for a card that is not known."""
        warm = self._warm_of(card)
        if warm is not None and now < warm.state.next_change:
            return warm.sums[warm.state.cards[card].account]
        state = self.ledger([card])
        if card not in state.cards:
            return Totals()
        ledger.advance(state, now)
        return ledger.totals(state, state.cards[card].account)

    def _warm_of(self, card: int) -> "_Warm | None":
        return self._warm.get(states.root_of(self._journal.connection, card)) if card in self._own else None

    def settle(self, fact: Fact) -> None:
        """Let a fact that the journal has just taken up change its accounts."""
        named = facts.cards_of(fact.body)
        if not named:
            return
        state, roots = self._gathered(named, warm=True)
        if ledger.follows(state, fact):
            ledger.apply(state, fact)
        else:
            state, roots = self._folded(named)
        self._put(state, roots, points_only=isinstance(fact.body, _POINTS_ONLY))

    def cards_of_member(self, member: int) -> list[int]:
        """The cards that a member has or had, as either file knows them."""
        here = states.cards_of_member(self._journal.connection, member)
        return here or states.cards_of_member(self.replica.connection, member)

    def take_over(self, member: int) -> None:
        """Let the journal tell a member's cards from now on, by the personal data that were given here."""
        for card in self.cards_of_member(member):
            self._put(*self._gathered([card]))

    def rebase(self) -> None:
        """Make all of the journal's states again, on the replica that is open now."""
        try:
            with self._journal.transaction():
                self._make_again()
        except BaseException:
            self.reread()
            raise

    def _make_again(self) -> None:
        self._journal.forget_states()
        self.reread()
        for card in self._journal.cards_after(self.replica.included):
            if card not in self._own:
                self._put(*self._folded([card]))
        for member in self._journal.members():
            self.take_over(member)
        self._journal.put_base(self.replica.base)

    def _gathered(self, named: Iterable[int], *, warm: bool = False) -> tuple[Ledger, set[int]]:
        """The joined ledger of some cards as it was kept, and the keys of what it was joined from.

        A `warm` one may be the very ledger that was written last: whoever changes it writes it again, or rereads.
        """
        state = Ledger(self._zone, statutes=self._statutes)
        roots: set[int] = set()
        for card in named:
            kept = None if card in state.cards else self._kept(card, warm=warm)
            if kept is not None:
                root, part = kept
                state = ledger.join(state, part) if roots else part
                roots.add(root)
        return state, roots

    def _kept(self, card: int, *, warm: bool) -> tuple[int, Ledger] | None:
        """The ledger of a card as the file has it that knows the card, and its key there."""
        if warm and card in self._own:
            root = states.root_of(self._journal.connection, card)
            if root in self._warm:
                return root, self._warm[root].state
        if self._read_only:
            here = self._read(self._journal.connection, card)
            return here or self._read(self.replica.connection, card)
        return self._read(self._known(card), card)

    def _read(self, connection: sqlite3.Connection, card: int) -> tuple[int, Ledger] | None:
        found = states.ledger_of(connection, card)
        if found is not None:
            found[1].statutes = self._statutes
        return found

    def _known(self, card: int) -> sqlite3.Connection:
        """The file that knows a card, if any does."""
        return self._journal.connection if card in self._own else self.replica.connection

    def _folded(self, named: Iterable[int]) -> tuple[Ledger, set[int]]:
        """The same from the beginning: the replica's ledgers, then all own facts that they do not tell."""
        state = Ledger(self._zone, statutes=self._statutes)
        roots: set[int] = set()
        history: dict[bytes, Fact] = {}
        waiting, seen = list(named), set[int]()
        while waiting:
            card = waiting.pop()
            if card in seen:
                continue
            seen.add(card)
            opening = None if card in state.cards else self._read(self.replica.connection, card)
            if opening is not None:
                root, part = opening
                roots.add(root)
                state = ledger.join(state, part)
                waiting += part.cards
            for fact in self._journal.facts_of(card, self.replica.included):
                history[fact.id] = fact
                waiting += facts.cards_of(fact.body)
        for fact in sorted(history.values(), key=facts.place):
            _fold_in(state, fact)
        return state, roots

    def _put(self, state: Ledger, roots: set[int], *, points_only: bool = False) -> None:
        root = min(roots) if roots else states.root_for(state)
        if len(state.lots) > self._close_at.get(root, LOTS_MANY) and state.last is not None:
            closing.close(state, state.last[0] - RETURNS_MS)
            self._close_at[root] = max(len(state.lots) + _CLOSED_EACH, LOTS_MANY)
        for other in roots - {root}:
            self._journal.drop_ledger(other)
        sums = states.put_ledger(self._journal.connection, root, state)
        for gone in [*roots, root]:
            self._warm.pop(gone, None)
        if len(self._warm) >= _WARM_MOST:
            self._warm.clear()
        self._warm[root] = _Warm(state, sums)
        if points_only and self._own.issuperset(state.cards):
            return
        states.put_cards(self._journal.connection, state, self.contact)
        self._own.update(state.cards)
        for number, card in state.cards.items():
            person = self._journal.person(card.member)
            if person is not None:
                self._journal.put_seek(number, seek.person_text(person.name, person.phone, number))


def _fold_in(state: Ledger, fact: Fact) -> None:
    """Apply a fact, right after an opening state that is already beyond it: late, but never lost."""
    last = state.last
    if last is None or ledger.follows(state, fact):
        ledger.apply(state, fact)
        return
    state.last = None
    ledger.apply(state, fact)
    state.last = last
