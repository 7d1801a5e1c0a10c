"""What is lost by spending on trust is at most what docs/centre-spending.md says, for each family, till and day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from pos_app.loyalty import allowance, facts, ledger, moments
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.allowance import Allowance, Trusted
from pos_app.loyalty.facts import CodeMade, Fact, SaleCompleted
from tests.simulation.end import End, Violation
from tests.simulation.keys import key_of
from tests.simulation.tills import ZONE
from tests.simulation.trust import PROGRAMMES, Trust


class Spent(NamedTuple):
    """Points that were spent on trust, as their fact tells it, on which day of the shop."""

    fact: Fact
    trust: Trust
    card: int
    points: int
    day: int


class Loss(NamedTuple):
    """Points that were lost to spending on trust, and how many may be at most."""

    lost: int
    bound: int


def trust_is_kept(end: End) -> None:
    """No till has let more be spent on trust than was allowed at the moment: by a family, and by all on that day."""
    by_day: dict[tuple[str, int], list[Spent]] = defaultdict(list)
    for group in end.groups:
        for spent in _on_trust(end, group):
            by_day[spent.trust.copy, spent.day].append(spent)
    for some in by_day.values():
        some.sort(key=lambda spent: spent.fact.seq)
        for number, spent in enumerate(some):
            before = some[:number]
            trusted = Trusted(
                sum(one.points for one in before if one.card in spent.trust.family),
                sum(one.points for one in before),
            )
            may = allowance.left(_rules(spent.fact), trusted, spent.fact.moment - spent.trust.heard)
            if spent.points > may:
                raise Violation(f"{spent.points} points of {spent.card} were spent on trust where {may} may be")


def losses_are_bounded(end: End) -> None:
    """What each family, and all of them, have lost to spending on trust is within the bound."""
    for loss in [*families(end), everybody(end)]:
        if loss.lost > loss.bound:
            raise Violation(f"{loss.lost} points were lost to spending on trust, where {loss.bound} may be")


def families(end: End) -> list[Loss]:
    """The losses of those who have spent on trust, family by family."""
    found = []
    for group in end.groups:
        if some := _on_trust(end, group):
            found.append(Loss(_lost(group, {spent.fact.id for spent in some}), _bound_of_family(some)))
    return found


def everybody(end: End) -> Loss:
    """The losses of all families together."""
    some = [spent for group in end.groups for spent in _on_trust(end, group)]
    days = {(spent.trust.copy, spent.day) for spent in some}
    cuts = {(spent.trust.copy, spent.trust.heard) for spent in some}
    points = max((_rules(spent.fact).till_points for spent in some), default=0)
    return Loss(sum(one.lost for one in families(end)), _bound(some, points, len(days), len(cuts)))


def _bound_of_family(some: Sequence[Spent]) -> int:
    """One that was another family in between, for a till that was cut off, counts as each of them."""
    days = {(spent.trust.copy, spent.trust.family, spent.day) for spent in some}
    cuts = {(spent.trust.copy, spent.trust.family, spent.trust.heard) for spent in some}
    return _bound(some, max(_rules(spent.fact).card_points for spent in some), len(days), len(cuts))


def _bound(some: Sequence[Spent], points: int, days: int, cuts: int) -> int:
    """So much can be lost where so many points are allowed, in so many days of tills, and in so many cuts of them."""
    hours = max((_rules(spent.fact).hours for spent in some), default=1)
    return min(points * days, allowance.most_lost(points, hours, cuts))


def _rules(fact: Fact) -> Allowance:
    """What was allowed at the till that wrote a fact."""
    return PROGRAMMES[fact.programme][1].version_at(fact.moment).allowance


def _on_trust(end: End, group: Iterable[Fact]) -> list[Spent]:
    """What facts tell of points that were spent on trust."""
    found = []
    for fact in group:
        match fact.body:
            case (
                SaleCompleted(authority="allowance", all_spent=points, card=int() as card)
                | CodeMade(authority="allowance", points=points, card=card)
            ):
                trust = end.world.book.trusted[key_of(facts.encode(fact))]
                found.append(Spent(fact, trust, card, points, moments.day_of(fact.moment, ZONE)))
    return found


def _lost(group: Iterable[Fact], trusted: Collection[bytes]) -> int:
    """The most that was ever owed because of what was spent on trust: without it, so much less would have been."""
    there, without = Ledger(ZONE), Ledger(ZONE)
    lost = 0
    for fact in sorted(group, key=facts.place):
        ledger.apply(there, fact)
        ledger.apply(without, _unspent(fact) if fact.id in trusted else fact)
        lost = max(lost, _owed(there) - _owed(without))
    return lost


def _unspent(fact: Fact) -> Fact:
    """The same, but for the points that it spends."""
    match fact.body:
        case SaleCompleted() as sale:
            return replace(fact, body=replace(sale, spent=(0,) * len(sale.spent), used_points=0))
        case CodeMade() as code:
            return replace(fact, body=replace(code, points=0))
    return fact


def _owed(state: Ledger) -> int:
    return sum(taking.owed for taking in state.takings.values())
