"""What must hold when all links have worked for a while, whatever happened before.

Each check is a function of the end of a run that raises Violation; `ALL` are those that every run ends with.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pos_app.loyalty import facts, ledger, stored
from pos_app.loyalty.accounts import Ledger, Totals
from pos_app.loyalty.facts import (
    BonusGiven,
    CardReplaced,
    CardsMerged,
    CardSplit,
    Fact,
    MemberLeft,
    PointsAdjusted,
    SaleCompleted,
)
from sync.messages import HoldWanted
from tests.simulation import goods, losses, told
from tests.simulation.end import End, Violation
from tests.simulation.tills import Till

if TYPE_CHECKING:
    from tests.simulation.world import World

HOLD_ENDS_MS = 10 * 60_000
"""What is promised: a hold ends after ten minutes at the latest."""


def facts_are_kept(end: End) -> None:
    """No fact is lost that any store had which was not destroyed, none was made up, all were understood."""
    lost = end.alive - end.kept
    if lost:
        some = [
            f"{fact.till}/{fact.epoch}/{fact.seq}" for fact in map(end.world.book.written.__getitem__, sorted(lost))
        ]
        raise Violation(f"the centre lacks {len(lost)} facts: {', '.join(some[:5])}")
    gone = end.world.kept - end.kept
    if gone:
        raise Violation(f"the centre has lost {len(gone)} facts of its own")
    if end.world.centre.has_apart():
        raise Violation("the centre does not understand a fact")


def names_are_kept(end: End) -> None:
    """The name of every member whose enrolment is known is known, too, and all tills tell it."""
    names = end.world.centre.names()
    wanted = {end.world.book.named[key] for key in end.alive & end.world.book.named.keys()}
    if missing := wanted - names.keys():
        raise Violation(f"the centre lacks the names of {sorted(missing)[:5]}")
    for till in end.world.tills.values():
        for card, state in end.expected.items():
            told, name = till.store.customer(card, end.then).name, names.get(state.cards[card].member, "")
            if told != name:
                raise Violation(f"till {till.name} calls the holder of {card} {told!r} instead of {name!r}")


def states_are_the_fold(end: End) -> None:
    """What the centre and all tills tell of every card is the fold of all facts."""
    kept = {root: stored.decode(data) for root, data in end.world.centre.ledgers()}
    for state in kept.values():
        state.statutes = end.world.statutes
        ledger.advance(state, end.then)
    roots = end.world.centre.roots()
    for card, state in end.expected.items():
        wanted = _told(state, card)
        if _told(kept[roots[card]], card) != wanted:
            raise Violation(f"the centre tells of {card} {_told(kept[roots[card]], card)}, the fold {wanted}")
        for till in end.world.tills.values():
            if (found := _shown(till, card, end.then)) != wanted:
                raise Violation(f"till {till.name} tells of {card} {found}, the fold {wanted}")


_Told = tuple[Totals, str, str, str, int]


def _told(state: Ledger, card: int) -> _Told:
    """The points, status, kind, tier and beginning of a card."""
    one = state.cards[card]
    tier = ledger.tier_of(state, one.account)
    kind = state.kinds.get(one.member, "")
    return ledger.totals(state, one.account), one.status, kind, "" if tier is None else tier.id, one.active_from


def _shown(till: Till, card: int, then: int) -> _Told:
    shown = till.store.customer(card, then)
    return till.store.totals(card, then), shown.status, shown.kind, shown.tier or "", shown.active_from


def points_add_up(end: End) -> None:
    """earned = spent + expired + cancelled + balance + pending; and earned is what the facts gave."""
    for group, state in zip(end.groups, end.ledgers, strict=True):
        accounts = {one.account for one in state.cards.values()} | {lot.account for lot in state.lots.values()}
        accounts |= {taking.account for taking in state.takings.values()}
        earned = 0
        while accounts:
            family = ledger.family(state, min(accounts))
            accounts -= family
            told = ledger.totals(state, min(family))
            if told.earned != told.spent + told.expired + told.cancelled + told.balance + told.pending:
                raise Violation(f"points do not add up: {told}")
            earned += told.earned
        if earned != (given := _given(group)):
            raise Violation(f"the facts gave {given} points, and {earned} were earned")


def _given(group: Iterable[Fact]) -> int:
    """The points that facts gave, each bonus once."""
    points = 0
    bonuses: set[str] = set()
    for fact in sorted(group, key=facts.place):
        match fact.body:
            case SaleCompleted() as sale:
                points += sum(earned.points for earned in sale.earned)
            case PointsAdjusted() as change:
                points += max(change.points, 0)
            case BonusGiven() as bonus if f"{bonus.rule}:{bonus.occasion}" not in bonuses:
                bonuses.add(f"{bonus.rule}:{bonus.occasion}")
                points += bonus.points
    return points


def families_share(end: End) -> None:
    """Cards that were merged, and of which none went any other way, have the same points."""
    for group, state in zip(end.groups, end.ledgers, strict=True):
        if any(isinstance(fact.body, CardSplit | CardReplaced | MemberLeft) for fact in group):
            continue
        for fact in group:
            if isinstance(fact.body, CardsMerged):
                told = [ledger.totals(state, state.cards[card].account) for card in facts.cards_of(fact.body)]
                if told.count(told[0]) != len(told):
                    raise Violation(f"cards of one family have different points: {told}")


def holds_end(end: End) -> None:
    """When the time of all holds is over, nothing is kept from anybody any more."""
    now = end.then + HOLD_ENDS_MS + 1
    for card, state in end.expected.items():
        ledger.advance(state, now)
        balance = ledger.totals(state, state.cards[card].account).balance
        if state.cards[card].status == "given" and balance > 0:
            answer = end.world.centre.hold(1, HoldWanted(bytes(16), card, balance), now)
            if not answer.granted:
                raise Violation(f"of {balance} points of {card} only {answer.available} can be had")
            end.world.centre.give_up(1, bytes(16), now)


ALL: tuple[Callable[[End], None], ...] = (
    facts_are_kept,
    names_are_kept,
    states_are_the_fold,
    points_add_up,
    families_share,
    goods.published_is_the_same,
    goods.stocks_are_the_same,
    losses.trust_is_kept,
    losses.losses_are_bounded,
    told.copies_were_told,
    told.cashiers_were_told,
    told.restores_were_told,
    told.debts_were_told,
    told.returns_were_told,
    told.nobody_is_told_for_nothing,
    holds_end,
)


def all_hold(world: "World") -> None:
    """Raises Violation for the first thing that does not hold."""
    end = End(world)
    for check in ALL:
        check(end)
