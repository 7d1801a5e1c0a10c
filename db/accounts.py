"""Accounts as the till sees them: the replica's opening states, and its own facts folded on top."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from db import seek, states
from db.journal import Journal
from db.own_states import OUTDATED, Based
from db.replica import Replica
from db.states import CardRow, Kept
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
NO_TICK = -1
"""The tick of what no replica tells."""
FIRST_ROOT = -1
_STEP = 8
"""So many ledgers are made again before somebody who scans a card may have to wait."""


class _Joined(NamedTuple):
    """A ledger joined from those with the keys `roots`; `tick` is the newest of the replica's ticks that is in it."""

    state: Ledger
    roots: set[int]
    tick: int


class _Warm(NamedTuple):
    """A ledger as it was written last, the totals of its accounts, and the tick of what it was put on."""

    state: Ledger
    sums: dict[int, Totals]
    tick: int


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
        return self._gathered(named).state

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
        joined = self._gathered(named, warm=True)
        if ledger.follows(joined.state, fact):
            ledger.apply(joined.state, fact)
        else:
            joined = self._folded(named)
        self._put(joined, points_only=isinstance(fact.body, _POINTS_ONLY))

    def cards_of_member(self, member: int) -> list[int]:
        """The cards that a member has or had, as either file knows them."""
        here = states.cards_of_member(self._journal.connection, member)
        return here or states.cards_of_member(self.replica.connection, member)

    def take_over(self, member: int) -> None:
        """Let the journal tell a member's cards from now on, by the personal data that were given here."""
        for card in self.cards_of_member(member):
            self._put(self._gathered([card]))

    def refreshing(self) -> Iterator[bool]:
        """Let the replica tell what it has been told meanwhile, a few ledgers with each step; whether one has changed.

        What it tells in full needs no states here; the rest is made again on top of it. Sales go on between the steps.
        """
        after = FIRST_ROOT
        while some := self._journal.based_after(after, _STEP):
            after = some[-1].root
            ticks = {row.root: states.newest_tick(self.replica.connection, row.cards) for row in some}
            fresh = [row for row in some if ticks[row.root] > row.tick]
            if fresh:
                with self._all_or_reread():
                    self._put_on_top(fresh)
            yield bool(fresh)

    def remaking(self) -> Iterator[bool]:
        """Make all of the journal's states again, on the replica that is open now, a few ledgers with each step.

        Until it is through, a card shows its state as it was before, or that of the replica. Broken off, all of it is
        done when the store is opened the next time.
        """
        with self._all_or_reread():
            self._journal.outdate()
        after = FIRST_ROOT
        while some := self._journal.cards_next(after, _STEP):
            after = some[-1]
            lacking = [card for card in some if card not in self._own]
            with self._all_or_reread():
                for card in lacking:
                    if card not in self._own and self._untold(card, self._tick_of(card)):
                        self._put(self._folded([card]))
            yield bool(lacking)
        yield from self.refreshing()
        with self._all_or_reread():
            for member in self._journal.members():
                if not self._own.issuperset(self.cards_of_member(member)):
                    self.take_over(member)
            self._journal.put_base(self.replica.base)

    def _tick_of(self, card: int) -> int:
        return states.newest_tick(self.replica.connection, [card])

    @contextmanager
    def _all_or_reread(self) -> Iterator[None]:
        """A transaction of the journal, after which what is in memory says the same as the file in any case."""
        try:
            with self._journal.transaction():
                yield
        except BaseException:
            self.reread()
            raise

    def _put_on_top(self, rows: Sequence[Based]) -> None:
        """Make the states of some ledgers again, all of them forgotten first: what was two may have become one."""
        for row in rows:
            self._journal.forget(row.root, row.cards)
            self._own.difference_update(row.cards)
            self._warm.pop(row.root, None)
        for row in rows:
            lacking = [card for card in row.cards if card not in self._own]
            joined = self._folded(lacking)
            if lacking and not self._is_told(joined.state):
                self._put(joined)

    def _is_told(self, state: Ledger) -> bool:
        """Whether the replica tells all there is of a ledger, the names of its people too."""
        for card, one in state.cards.items():
            tick = states.newest_tick(self.replica.connection, [card])
            if self._untold(card, tick) or self._journal.person(one.member) is not None:
                return False
        return True

    def _untold(self, card: int, tick: int) -> list[Fact]:
        """The own facts about a card that a state of the replica, as of this tick, does not hold."""
        replica = self.replica
        return [fact for fact in self._journal.facts_of(card, replica.included) if not replica.holds(fact.id, tick)]

    def rebase(self) -> None:
        """Make all of the journal's states again, on the replica that is open now."""
        with self._all_or_reread():
            self._make_again()

    def _make_again(self) -> None:
        self._journal.forget_states()
        self.reread()
        for card in self._journal.cards_after(self.replica.included):
            if card not in self._own:
                joined = self._folded([card])
                if not self._is_told(joined.state):
                    self._put(joined)
        for member in self._journal.members():
            self.take_over(member)
        self._journal.put_base(self.replica.base)

    def _gathered(self, named: Iterable[int], *, warm: bool = False) -> _Joined:
        """The joined ledger of some cards as it was kept.

        A `warm` one may be the very ledger that was written last: whoever changes it writes it again, or rereads.
        """
        state = Ledger(self._zone, statutes=self._statutes)
        roots: set[int] = set()
        tick = 0
        for card in named:
            kept = None if card in state.cards else self._kept(card, warm=warm)
            if kept is not None:
                state = ledger.join(state, kept.state) if roots else kept.state
                roots.add(kept.root)
                tick = OUTDATED if OUTDATED in (tick, kept.tick) else max(tick, kept.tick)
        return _Joined(state, roots, tick)

    def _kept(self, card: int, *, warm: bool) -> Kept | None:
        """The ledger of a card as the file has it that knows the card."""
        if warm and card in self._own:
            root = states.root_of(self._journal.connection, card)
            if root in self._warm:
                return Kept(root, self._warm[root].state, self._warm[root].tick)
        if self._read_only:
            here = self._read(self._journal.connection, card)
            return here or self._read(self.replica.connection, card)
        return self._read(self._known(card), card)

    def _read(self, connection: sqlite3.Connection, card: int) -> Kept | None:
        found = states.ledger_of(connection, card)
        if found is not None:
            found.state.statutes = self._statutes
        return found

    def _known(self, card: int) -> sqlite3.Connection:
        """The file that knows a card, if any does."""
        return self._journal.connection if card in self._own else self.replica.connection

    def _folded(self, named: Iterable[int]) -> _Joined:
        """The same from the beginning: the replica's ledgers, then all own facts that they do not tell."""
        state = Ledger(self._zone, statutes=self._statutes)
        roots: set[int] = set()
        history: dict[bytes, Fact] = {}
        told: dict[int, int] = {}
        waiting, seen = list(named), set[int]()
        while waiting:
            card = waiting.pop()
            if card in seen:
                continue
            seen.add(card)
            opening = None if card in state.cards else self._read(self.replica.connection, card)
            if opening is not None:
                roots.add(opening.root)
                told |= dict.fromkeys(opening.state.cards, opening.tick)
                waiting += opening.state.cards
                state = ledger.join(state, opening.state)
            for fact in self._untold(card, told.get(card, NO_TICK)):
                history[fact.id] = fact
                waiting += facts.cards_of(fact.body)
        for fact in sorted(history.values(), key=facts.place):
            _fold_in(state, fact)
        return _Joined(state, roots, max(told.values(), default=0))

    def _put(self, joined: _Joined, *, points_only: bool = False) -> None:
        state, roots, tick = joined
        root = min(roots) if roots else states.root_for(state)
        if len(state.lots) > self._close_at.get(root, closing.LOTS_MANY) and state.last is not None:
            closing.close(state, state.last[0] - closing.RETURNS_MS)
            self._close_at[root] = max(len(state.lots) + _CLOSED_EACH, closing.LOTS_MANY)
        for other in roots - {root}:
            self._journal.drop_ledger(other)
        sums = states.put_ledger(self._journal.connection, root, state, tick)
        for gone in [*roots, root]:
            self._warm.pop(gone, None)
        if len(self._warm) >= _WARM_MOST:
            self._warm.clear()
        self._warm[root] = _Warm(state, sums, tick)
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
