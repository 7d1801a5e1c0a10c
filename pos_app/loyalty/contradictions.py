"""What a programme says and cannot mean: rules that never count, tiers out of reach, codes that cheat the customer.

Each fault is noted at the table that is wrong. Tables that could not be read are left out, so that one mistake is told
once.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from pos_app.loyalty.bonuses import Occasion
from pos_app.loyalty.coupons import Codes
from pos_app.loyalty.crediting import MEANS
from pos_app.loyalty.earn import Condition, EarnRule
from pos_app.loyalty.money import Ratio, amount_text
from pos_app.loyalty.programme import CHANNELS, Version
from pos_app.loyalty.tables import Table
from pos_app.loyalty.tiers import TierRules
from pos_app.loyalty.use import Use

T = TypeVar("T")
_WINDOW_MONTHS_MOST = 13
_WINDOW_DAYS_MOST = 395
_ONCE: tuple[Occasion, ...] = ("joined", "profile_completed")
"""The occasions that a member has only once."""


class Read(NamedTuple):
    """A version, and the table that it was read from."""

    version: Version
    table: Table


def find(read: Read, kinds: frozenset[str]) -> None:
    """Note the contradictions within a version; `kinds` are all kinds of member."""
    version, table = read
    if not (table.sound(below=False) and table.place("rates").sound()):
        return
    use = version.use if table.place("use").sound() else None
    codes = version.codes if table.place("codes").sound() else None
    rules = list(_rows(table, "earn", version.earn.rules))
    _outside(version, table)
    _beaten(version, rules, kinds)
    _generous(rules, _best_point(use, codes))
    _crediting(version, table)
    if use:
        _delivery(version, use, table)
    if codes:
        _codes(version.currency, use, codes, table.place("codes"))
    if version.tiers and table.place("tiers").sound():
        _tiers(version.tiers, table.place("tiers"))
    for place, benefit in _rows(table, "benefit", version.benefits):
        if benefit.categories and not benefit.shares:
            place.fault("categories", "say nothing without percent; name the part of the price, or leave them out")
    for place, draw in _rows(table, "draw", version.draws):
        if draw.starts >= version.ends or draw.ends <= version.starts:
            place.fault("from", "lies with 'until' outside of this version; the draw would have no entries")


def _rows(table: Table, key: str, rows: Sequence[T]) -> Iterator[tuple[Table, T]]:
    """The rows that were read well, each with its table."""
    for number, row in enumerate(rows, start=1):
        place = table.place(f"{key} {number}")
        if place.sound():
            yield place, row


def _outside(version: Version, table: Table) -> None:
    for number, rule in enumerate(version.earn.rules, start=1):
        place = table.place(f"earn {number}")
        if not place.right("from", "until"):
            continue
        if rule.when.starts >= version.ends:
            place.fault("from", "lies after the last day of this version; no sale can meet the rule")
        elif rule.when.ends <= version.starts:
            place.fault("until", "lies before the first day of this version; no sale can meet the rule")


def _beaten(version: Version, rules: list[tuple[Table, EarnRule]], kinds: frozenset[str]) -> None:
    """Note the rules of money that a better one always comes before: a line takes the best rate only."""
    everything = {"kinds": kinds, "channels": frozenset(CHANNELS)}
    if version.tiers and version.tiers.reached(0) >= 0:
        everything["tiers"] = frozenset(tier.id for tier in version.tiers.tiers)
    money = [(place, rule, rate) for place, rule in rules if not rule.added and (rate := _rate(rule))]
    for place, rule, rate in money:
        for _, other, higher in money:
            more = higher.numerator * rate.denominator - rate.numerator * higher.denominator
            if more > 0 and _lasts(version, other, rule) and _covers(other.when, rule.when, everything):
                place.fault(_rate_key(rule), f"is never counted: {other.id!r} always gives more")
                break


def _rate(rule: EarnRule) -> Ratio | None:
    """The points for one minor unit, None where a rule does not go by money."""
    return Ratio(rule.points * rule.step.numerator, rule.step.denominator) if rule.step else None


def _rate_key(rule: EarnRule) -> str:
    return "percent" if rule.step and rule.step.percent else "points"


def _lasts(version: Version, long: EarnRule, short: EarnRule) -> bool:
    """Whether the first rule counts on all days of the second that lie in their version."""
    starts, ends = max(short.when.starts, version.starts), min(short.when.ends, version.ends)
    return long.when.starts <= starts and ends <= long.when.ends


def _covers(wide: Condition, narrow: Condition, everything: dict[str, frozenset[str]]) -> bool:
    """Whether the first condition holds wherever the second does; `everything` are all the values of some keys."""
    for key in ("brands", "categories", "products", "kinds", "tiers", "channels"):
        here: frozenset[str] = getattr(wide, key)
        there: frozenset[str] = getattr(narrow, key)
        all_there_is = everything.get(key)
        if here and not (all_there_is and here >= all_there_is) and not (there and there <= here):
            return False
    return True


def _best_point(use: Use | None, codes: Codes | None) -> Ratio | None:
    """The most that a point can be worth in minor units, None where it has no worth in money."""
    worths = [Ratio(use.worth_minor, use.step)] if use else []
    if codes:
        worths += [Ratio(row.worth_minor, row.points) for row in codes.table]
        worths += [Ratio(codes.worth_minor, codes.step)] if codes.step else []
    best = None
    for worth in worths:
        if best is None or worth.numerator * best.denominator > best.numerator * worth.denominator:
            best = worth
    return best


def _generous(rules: list[tuple[Table, EarnRule]], point: Ratio | None) -> None:
    """Note the rules whose points are worth all that was paid for them: goods would be free for ever."""
    for place, rule in rules:
        rate = _rate(rule)
        if rate and point and rate.numerator * point.numerator >= rate.denominator * point.denominator:
            what = "gives back all that was paid, or more; give fewer points, or make a point worth less"
            place.fault(_rate_key(rule), what)


def _crediting(version: Version, table: Table) -> None:
    """Note tables [[version.credit]] that an earlier one leaves nothing to: the first that fits counts."""
    taken: set[str] = set()
    for place, row in _rows(table, "credit", version.crediting):
        again = sorted(row.means & taken)
        if taken.issuperset(MEANS):
            place.fault("paid_by", "never counts; the tables before it name every way to pay")
        elif again:
            place.fault("paid_by", f"names {again[0]!r}, which an earlier table [[version.credit]] names already")
        taken |= row.means or frozenset(MEANS)


def _delivery(version: Version, use: Use, table: Table) -> None:
    place = table.place("use")
    if use.guards_delivery and use.frees_delivery:
        place.fault("guards_delivery", "contradicts frees_delivery: what is free by points needs no guard")
    elif use.guards_delivery and (version.delivery is None or version.delivery.free_from_minor is None):
        place.fault("guards_delivery", "has nothing to guard; there must be a table [version.delivery] with free_from")


def _codes(currency: str, use: Use | None, codes: Codes, table: Table) -> None:
    """Note codes that are worth less than their points would be otherwise."""
    if use and codes.step and codes.worth_minor * use.step < use.worth_minor * codes.step:
        table.fault("worth", "makes codes cheaper than their points, which are worth more at payment; raise it")
    for number, row in enumerate(codes.table, start=1):
        place = table.place(f"table {number}")
        others = [other for other in codes.table[: number - 1] if other.points == row.points]
        if others:
            place.fault("points", f"{row.points} are in an earlier table [[version.codes.table]] already")
            continue
        worth, otherwise = _otherwise(row.points, use, codes)
        if row.worth_minor < worth:
            place.fault(
                "worth",
                f"'{amount_text(row.worth_minor, currency)}' is less than the {amount_text(worth, currency)} that "
                f"{row.points} points are worth {otherwise}; the customer would lose",
            )


def _otherwise(points: int, use: Use | None, codes: Codes) -> tuple[int, str]:
    """The most that so many points are worth in another way, in minor units and words."""
    worths = [
        (points // row.points * row.worth_minor, f"in codes of {row.points}")
        for row in codes.table
        if row.points < points
    ]
    if codes.step:
        worths.append((points // codes.step * codes.worth_minor, f"in codes of {codes.step}"))
    if use:
        worths.append((use.worth(points), "at payment"))
    return max(worths, default=(0, ""))


def _tiers(tiers: TierRules, table: Table) -> None:
    for number, (lower, tier) in enumerate(zip(tiers.tiers, tiers.tiers[1:], strict=False), start=2):
        if tier.least <= lower.least:
            table.place(f"tier {number}").fault(
                "points", f"{tier.least} can never be a tier of its own: {lower.id!r} before it begins at {lower.least}"
            )
    if tiers.measure == "window":
        if tiers.hold is None:
            table.fault("hold", "is missing; with 'within' a tier is held for a while, such as \"6 months\"")
        if (
            tiers.within.months > _WINDOW_MONTHS_MOST
            or tiers.within.days + tiers.within.hours // 24 > _WINDOW_DAYS_MOST
        ):
            table.fault("within", f"is longer than {_WINDOW_MONTHS_MOST} months; older points are no longer kept apart")


def out_of_reach(reads: Sequence[Read]) -> None:
    """Note the tiers for which all the points that a member can ever get do not suffice.

    That can be told only where every rule has an end: staircases, and bonuses that come once.
    """
    stairs: dict[str, int] = {}
    bonuses: dict[Occasion, int] = {}
    for version, _ in reads:
        if any(not rule.staircase for rule in version.earn.rules):
            return
        if any(bonus.occasion not in _ONCE for bonus in version.bonuses):
            return
        for rule in version.earn.rules:
            stairs[rule.id] = max(stairs.get(rule.id, 0), sum(rule.staircase))
        for occasion in _ONCE:
            points = sum(bonus.points for bonus in version.bonuses_on(occasion))
            bonuses[occasion] = max(bonuses.get(occasion, 0), points)
    most = sum(stairs.values()) + sum(bonuses.values())
    for version, table in reads:
        for number, tier in enumerate(version.tiers.tiers if version.tiers else (), start=1):
            if tier.least > most:
                table.place(f"tiers.tier {number}").fault(
                    "points", f"{tier.least} can never be reached: all rules together give a member {most} at most"
                )
