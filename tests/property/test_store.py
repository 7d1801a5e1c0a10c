"""Whatever is recorded, however it is cut and reopened: the store's accounts are the fold of all facts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from db.store import NewFact, Snapshot, Store
from pos_app.loyalty import facts, ledger
from pos_app.loyalty.facts import (
    Body,
    CardSplit,
    Fact,
    GoodsReturned,
    PointsAdjusted,
    PointsCredited,
    RequestDecided,
    SaleCompleted,
)
from pos_app.loyalty.ledger import Ledger
from tests.helpers.histories import DAY, History, by_place, histories
from tests.helpers.stores import groups, whole

OWN_TILL = 1
LONG = 800 * DAY


MEMORY = Path("/dev/shm")
"""Where a disk's speed does not matter to the hundreds of stores of a property."""


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder) / "till"


class Player:
    """Records the facts of a history at one till; they get ids, slips and moments of its own."""

    def __init__(self, folder: Path, history: History, told: list[Fact]) -> None:
        self._folder = folder
        self._history = history
        self._ids = {fact.id: fact.id for fact in told}
        self.written: list[Fact] = []
        self.store = self._opened()

    def _opened(self) -> Store:
        return Store.open(self._folder, self._history.zone, statutes=self._history.statutes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """A failing example is tried hundreds of times over; none of them may leave its files open."""
        self.store.close()

    def reopen(self) -> None:
        self.store.close()
        self.store = self._opened()
        assert self.store.warnings == []

    def record(self, batch: list[Fact], earliest: int = 0) -> None:
        """Record facts in one transaction. What one speaks of that is unknown here stays unknown."""
        slip = self.store.next_slip()
        new: list[NewFact] = []
        for number, fact in enumerate(batch):
            moment = max(fact.moment, earliest, self.store.last_moment, *(one.moment for one in new), 0)
            new.append(NewFact(self._rewritten(fact.body, slip + number), moment))
        written = self.store.record(new)
        self._ids |= {old.id: fact.id for old, fact in zip(batch, written, strict=True)}
        self.written += written

    def _rewritten(self, body: Body, slip: int) -> Body:
        replace = msgspec.structs.replace
        match body:
            case SaleCompleted():
                return replace(body, slip=slip, approved=self._known(body.approved))
            case GoodsReturned():
                freed = self._known(body.freed_requests)
                return replace(body, slip=slip, sale=self._ids.get(body.sale, body.sale), freed_requests=freed)
            case PointsCredited():
                return replace(body, sale=self._ids.get(body.sale, body.sale))
            case RequestDecided():
                return replace(body, request=self._ids.get(body.request, body.request))
            case PointsAdjusted():
                return replace(body, of=self._ids.get(body.of, body.of))
            case CardSplit():
                return replace(body, links=tuple(self._link(name) for name in body.links))
            case _:
                return body

    def _known(self, names: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return tuple([self._ids.get(name, name) for name in names])

    def _link(self, name: bytes) -> bytes:
        return self._ids.get(name[:16], name[:16]) + name[16:]


def cards_in(history: list[Fact]) -> list[int]:
    return sorted({card for fact in history for card in facts.cards_of(fact.body)})


def assert_shows(store: Store, expected: Ledger, cards: list[int], now: int) -> None:
    """The store's ledgers and its look-up say of every card what the fold of all facts says at `now`."""
    ledger.advance(expected, now)
    state = whole(store, cards, now)
    assert state.cards == expected.cards
    assert state.kinds == expected.kinds
    assert state.links == expected.links
    assert state.lots == expected.lots
    assert state.takings == expected.takings
    assert (state.requests, state.given, state.counts) == (expected.requests, expected.given, expected.counts)
    assert state.tiers == expected.tiers
    for card in cards:
        shown, totals = store.customer(card, now), ledger.totals(expected, expected.cards[card].account)
        known = expected.cards[card]
        assert (shown.account, shown.member, shown.status, shown.active_from) == (
            known.account, known.member, known.status, known.active_from,
        )  # fmt: skip
        assert (shown.balance, shown.pending) == (totals.balance, totals.pending)
        assert shown.kind == expected.kinds.get(known.member, "")
        standing = ledger.tier_of(expected, known.account)
        assert (shown.tier, shown.tier_until) == ((standing.id, standing.until) if standing else (None, None))


@given(st.data(), histories(most=25, exact=True))
@settings(max_examples=60)
def test_alone_the_store_shows_the_fold_of_all_facts(data: st.DataObject, history: History) -> None:
    with new_folder() as folder, Player(folder, history, []) as player:
        waiting = by_place(list(history.facts))
        while waiting:
            size = data.draw(st.integers(1, 3))
            player.record(waiting[:size])
            waiting = waiting[size:]
            if data.draw(st.integers(0, 7)) == 0:
                player.reopen()
        store = player.store
        assert list(store.facts()) == player.written
        for now in (store.last_moment, store.last_moment + LONG):
            expected = history.fold(player.written)
            assert_shows(store, expected, cards_in(player.written), now)


def snapshot_of(folder: Path, history: History, told: list[Fact], included: int = 0) -> None:
    """A replica of everything that `told` facts make."""
    with Snapshot(folder, included=included) as snapshot:
        snapshot.add((history.fold(group), []) for group in groups(told))


@given(histories(most=40, exact=True), st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=120)
def test_own_facts_stand_on_the_replica_of_the_others(history: History, first: int, more: int) -> None:
    """Some facts come from the centre, some are recorded on top, then the centre tells some of those too."""
    ordered = by_place(list(history.facts))
    told, own = ordered[:first], ordered[first:]
    with new_folder() as folder, Player(folder, history, told) as player:
        snapshot_of(folder, history, told)
        player.store.reload_replica()
        for fact in own:
            player.record([fact], earliest=1 + max((one.moment for one in told), default=0))
        cards = cards_in(told + player.written)
        now = max([player.store.last_moment, *(fact.moment for fact in told)])
        assert_shows(player.store, history.fold(told + player.written), cards, now)

        included = min(more, len(player.written))
        snapshot_of(folder, history, told + player.written[:included], included)
        player.store.reload_replica()
        assert_shows(player.store, history.fold(told + player.written), cards, now)
        player.reopen()
        assert_shows(player.store, history.fold(told + player.written), cards, now + LONG)


@given(histories(most=30), histories(most=30))
@settings(max_examples=100)
def test_facts_before_an_opening_state_are_never_lost(later: History, own: History) -> None:
    """The replica is ahead of this till: whatever is recorded counts, and a rebuilt store says the same."""
    with new_folder() as folder, Player(folder, later, list(later.facts)) as player:
        snapshot_of(folder, later, list(later.facts))
        player.store.reload_replica()
        for fact in own.facts:
            player.record([fact])
        cards = cards_in([*later.facts, *player.written])
        now = max(player.store.last_moment, *(fact.moment for fact in later.facts)) + LONG
        before = whole(player.store, cards, now)
        for account in {card.account for card in before.cards.values()}:
            sums = ledger.totals(before, account)
            assert sums.earned == sums.spent + sums.expired + sums.cancelled + sums.balance + sums.pending
        written = {
            ledger.key(fact.id, index)
            for fact in player.written
            if isinstance(fact.body, SaleCompleted) and fact.body.card is not None
            for index, _ in enumerate(fact.body.earned)
        }
        assert written <= before.lots.keys()

        snapshot_of(folder, later, list(later.facts))  # another base: every state is made anew
        player.store.reload_replica()
        assert whole(player.store, cards, now) == before
