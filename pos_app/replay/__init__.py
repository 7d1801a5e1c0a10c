"""Trying a change before it is law: the recorded sales of a store reckoned again under a changed programme.

The facts of the store are folded twice, side by side: as they were recorded, and as they would have been. Nothing is
kept, and the till may go on working.
"""

import gc
import heapq
from collections.abc import Callable, Iterable
from functools import lru_cache

from db import states
from db.store import Store
from pos_app.loyalty import facts, ledger
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.facts import Fact, SaleCompleted
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.programme_file import decode
from pos_app.replay.ledgers import Families, Family, Opening, apply
from pos_app.replay.memory import Memory, Past
from pos_app.replay.remaking import Remaker
from pos_app.replay.report import MOST, Change, Report, households
from pos_app.replay.telling import lines
from pos_app.shop import Shop

__all__ = ["Past", "Replay", "Report", "lines", "replayed"]

_TOLD_EACH = 1000
"""After so many facts the progress is told again."""


class Replay:
    """A replay under way. Facts are given in their place order (`facts.place`)."""

    def __init__(self, then: Programme, programme: Programme, past: Past, opening: Opening) -> None:
        self.families = Families(programme.zone, then.statutes, programme.statutes, opening)
        self.report = Report(programme.id, programme.pack)
        self._remaker = Remaker(Memory(programme, self.families, past))

    def step(self, fact: Fact) -> list[Fact]:
        """Fold one fact as it was recorded, and what it would have been; tells the latter. Raises FileFault."""
        body, report = fact.body, self.report
        named = facts.cards_of(body)
        shown = body.shown_card if isinstance(body, SaleCompleted) and not named else None
        family = self.families.of(named or (shown,)) if named or shown is not None else None  # type: ignore[arg-type]
        if family is not None:
            ledger.advance(family.recorded, fact.moment)
            ledger.advance(family.replayed, fact.moment)
        remade = []
        for new in self._remaker.remade(fact, family):
            state = self.families.of(cards).replayed if (cards := facts.cards_of(new.body)) else None
            report.replayed.count(new, state)
            if state is not None:
                apply(state, new)
            remade.append(new)
        report.recorded.count(fact, family.recorded if named and family is not None else None)
        if named and family is not None:
            apply(family.recorded, fact)
        report.starts = report.starts or fact.moment
        report.ends = fact.moment
        report.facts += 1
        if isinstance(body, SaleCompleted):
            report.sales += 1
            report.sales_with_card += body.card is not None
            report.changed += remade[0] is not fact
        return remade

    def end(self, now: int, name_of: Callable[[int], str] = lambda card: "") -> Report:
        """What it came to, with what time alone brings until `now`; `name_of` tells the short name behind a card."""
        report = self.report
        report.refused = self._remaker.refused
        changes: list[Change] = []
        for family in self.families:
            for side, state in ((report.recorded, family.recorded), (report.replayed, family.replayed)):
                ledger.advance(state, max(now, report.ends))
                side.expired += sum(lot.expired for lot in state.lots.values()) - family.expired_before
            for accounts in households(family.recorded):
                report.members += 1
                change = self._compared(family, accounts)
                if change.points:
                    changes.append(change)
        losing = [change for change in changes if change.points < 0]
        gaining = [change for change in changes if change.points > 0]
        report.lose, report.gain = len(losing), len(gaining)
        report.losers = heapq.nsmallest(MOST, losing, key=lambda change: (change.points, change.card))
        report.winners = heapq.nsmallest(MOST, gaining, key=lambda change: (-change.points, change.card))
        for change in (*report.losers, *report.winners):
            change.name = name_of(int(change.card))
            change.card = change.card[-4:]
        return report

    def _compared(self, family: Family, accounts: set[int]) -> Change:
        account = min(accounts)
        card = min(ledger.cards_to(family.recorded, accounts) or family.recorded.cards)
        found = []
        for side, state in ((self.report.recorded, family.recorded), (self.report.replayed, family.replayed)):
            totals, tier = ledger.totals(state, account), ledger.tier_of(state, account)
            side.balance += totals.balance
            side.pending += totals.pending
            if tier is not None:
                side.tiers[tier.id] = side.tiers.get(tier.id, 0) + 1
            found.append((totals, tier.id if tier else ""))
        (before, tier_before), (after, tier_after) = found
        return Change(
            str(card), "", after.spent + after.balance + after.pending - before.spent - before.balance - before.pending,
            before.balance, after.balance, before.spent, after.spent, tier_before, tier_after,
        )  # fmt: skip


def replayed(
    shop: Shop, programme: Programme, now: int, progress: Callable[[float], object] = lambda share: None
) -> Report:
    """The facts of a shop reckoned again under `programme`, and what would be different at `now`.

    `progress` is told which share is done, 0 to 1. Raises FileFault where the programme cannot reckon these sales.
    """
    store = shop.store
    if programme.zone != shop.programme.zone:
        raise FileFault(programme.id, [f"key 'zone': {programme.zone!r}; the shop's is {shop.programme.zone!r}"])
    replay = Replay(shop.programme, programme, Past(_rules_of(shop), store.fact, store.coupon), _opening(store))
    collecting = gc.isenabled()
    gc.disable()  # facts and ledgers have no circles; looking for them takes as long as the replay
    try:
        _play(replay, store.facts(), store.last_moment, progress)
        return replay.end(now, lambda card: store.customer(card, now).name)
    finally:
        if collecting:
            gc.enable()


def _play(replay: Replay, history: Iterable[Fact], ends: int, progress: Callable[[float], object]) -> None:
    starts: int | None = None
    for number, fact in enumerate(history):
        starts = fact.moment if starts is None else starts
        if number % _TOLD_EACH == 0:
            progress((fact.moment - starts) / max(ends - starts, 1))
        replay.step(fact)
    progress(1.0)


def _opening(store: Store) -> Opening:
    """The ledgers of the replica, unless it tells of the store's own facts already: then all begin with nothing."""
    if store.replica.included:
        return lambda card: None

    def opening(card: int) -> Ledger | None:
        found = states.ledger_of(store.replica.connection, card)
        return None if found is None else found[1]

    return opening


def _rules_of(shop: Shop) -> Callable[[Fact], tuple[Programme, Version]]:
    """By which programme and version a fact was reckoned; today's where its file is not kept."""

    @lru_cache(maxsize=64)
    def programme_of(pack: str) -> Programme:
        content = None if pack == shop.programme.pack else shop.store.pack(pack)
        if content is None:
            return shop.programme
        try:
            return decode(content, pack, kept=True)
        except FileFault:
            return shop.programme

    def rules_of(fact: Fact) -> tuple[Programme, Version]:
        programme = programme_of(fact.programme)
        return programme, programme.version(fact.version) or programme.version_at(fact.moment)

    return rules_of
