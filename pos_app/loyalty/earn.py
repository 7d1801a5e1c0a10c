"""Earning: which rule counts for which line, and how many points come of it.

A line takes the best rate of money that applies to it. Amounts of lines with the same rate are added up first, then
divided by the step and rounded down: `points = rate x floor(sum / step)` (K5). Points of the shelf label (S1), of
the nth purchase (M1) and of rules that are `added` come on top.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from pos_app.loyalty.basket import Line, Product
from pos_app.loyalty.facts import Earned
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import Amount, Ratio, ratio_text
from pos_app.loyalty.words import Words

if TYPE_CHECKING:
    from fractions import Fraction

Rounding = Literal["down", "half_up", "up"]
Group = tuple[object, ...]
"""What tells one earning of a sale from another: a rate of money, or one rule."""

_NO_COUNTS: Mapping[str, int] = MappingProxyType({})


class Step(Struct, frozen=True):
    """A step of money, as the programme names it, and the fraction that counts minor units of the sale in steps.

    A step of 0.50 BGN in sales of euro is `floor(cents x 195583 / 5 000 000)` (K5b). With a `percent`, the step is
    the amount of which that part is worth one point (T2).
    """

    amount: Amount
    numerator: int
    denominator: int
    rounding: Rounding = "down"
    percent: Ratio | None = None

    def count(self, amount_minor: int) -> int:
        """How many steps an amount has, whole ones unless rounded otherwise; none if it is below zero."""
        return (max(amount_minor, 0) * self.numerator + self.slack) // self.denominator

    @property
    def slack(self) -> int:
        """What rounding adds before whole steps are counted."""
        if self.rounding == "down":
            return 0
        return self.denominator // 2 if self.rounding == "half_up" else self.denominator - 1


class Condition(Struct, frozen=True, omit_defaults=True):
    """Where a rule applies; an empty set is no condition. The sale is made while `starts <= its moment < ends`."""

    brands: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    starts: int = -NEVER
    ends: int = NEVER

    def holds(self, product: Product, who: "Who") -> bool:
        """Whether the rule counts for a product that `who` buys, on some day."""
        return (
            (not self.brands or product.brand in self.brands)
            and (not self.categories or product.category in self.categories)
            and (not self.products or product.code in self.products)
            and (not self.kinds or who.kind in self.kinds)
            and (not self.tiers or who.tier in self.tiers)
            and (not self.channels or who.channel in self.channels)
        )


class EarnRule(Struct, frozen=True):
    """What gives points on the lines where `when` holds; `names` say on what, in words.

    `points` per step of money; without a step the points of the shelf label, or, where there is a `staircase`, so
    many for the first, second, ... piece that the account ever bought under this rule, and none after its end.
    A rule of money that is `added` comes on top of the best one. `on_paid` counts what is paid for delivery too.
    """

    id: str
    names: dict[str, str]
    points: int = 0
    step: Step | None = None
    when: Condition = Condition()
    staircase: tuple[int, ...] = ()
    added: bool = False
    on_paid: bool = False
    life: Duration | None = None

    @property
    def group(self) -> Group:
        """Lines of an equal rate are added up; a rule that comes on top stands alone."""
        if self.step is None or self.added or self.on_paid:
            return (self.id,)
        return (self.points, self.step.numerator, self.step.denominator, self.step.slack, self.life)


class Who(NamedTuple):
    """What a rule may ask about the customer and the sale."""

    kind: str
    tier: str | None = None
    channel: str = "store"


class Reckoning(Struct, frozen=True):
    """What the lines of a sale earn: the earnings with their reasons, and for each line its rule and its share.

    Shares are whole points that add up to the earnings of lines, whatever the rounding of the sums.
    """

    earned: tuple[Earned, ...]
    rules: tuple[EarnRule | None, ...]
    shares: tuple[int, ...]

    @property
    def points(self) -> int:
        return sum(earned.points for earned in self.earned)


class _Found(NamedTuple):
    """The rules of goods and customers of one sort: the best of money with its rate, and those on top of it."""

    rule: EarnRule | None
    rate: Group | None
    on_top: tuple[EarnRule, ...]


_Sort = tuple[str, str, str]


class EarnRules:
    """The rules of one programme version, ready to be asked for many baskets.

    What is found for goods of one sort (brand, category, and code where a rule names products) is remembered:
    a sort of goods is looked up among the rules once, not once a line.
    """

    def __init__(self, rules: Sequence[EarnRule], life: Duration | None = None) -> None:
        self.rules = tuple(rules)
        self.by_id = {rule.id: rule for rule in self.rules}
        self.life = life
        self._named_products = frozenset(code for rule in self.rules for code in rule.when.products)
        self._dated = any(rule.when.starts > -NEVER or rule.when.ends < NEVER for rule in self.rules)
        self._found: dict[tuple[Who, tuple[str, ...]], dict[_Sort, _Found]] = {}
        self._said: dict[tuple[str, tuple[str, ...]], str] = {}

    def best(self, product: Product, who: Who, now: int) -> EarnRule | None:
        """The rule of money with the highest rate that applies; of equal ones the first in the file."""
        return self._find(product, who, self._active(now), self._known(who, now)).rule

    def _active(self, now: int) -> tuple[EarnRule, ...]:
        if not self._dated:
            return self.rules
        return tuple([rule for rule in self.rules if rule.when.starts <= now < rule.when.ends])

    def _known(self, who: Who, now: int) -> dict[_Sort, _Found]:
        return self._found.setdefault((who, tuple([rule.id for rule in self._active(now)]) if self._dated else ()), {})

    def _find(self, product: Product, who: Who, rules: tuple[EarnRule, ...], known: dict[_Sort, _Found]) -> _Found:
        code = product.code if product.code in self._named_products else ""
        sort = (product.brand, product.category, code)
        found = known.get(sort)
        if found is None:
            holding = [rule for rule in rules if rule.when.holds(product, who)]
            best = max((rule for rule in holding if rule.step and not rule.added), key=_worth, default=None)
            on_top = tuple([rule for rule in holding if rule.step is None or rule.added])
            found = known[sort] = _Found(best, None if best is None else best.group, on_top)
        return found

    def reckon(
        self,
        lines: Sequence[Line],
        who: Who,
        sale_at: int,
        *,
        delivery_minor: int = 0,
        counts: Mapping[str, int] = _NO_COUNTS,
    ) -> Reckoning:
        """What `lines` earn for `who` in a sale of `sale_at`; when it can be spent is left open.

        `counts` tells how many pieces the account bought before under each rule with a staircase.
        """
        active, known = self._active(sale_at), self._known(who, sale_at)
        named, found = self._named_products, []
        for line in lines:  # as _find, without a call a line for what is known
            product = line.product
            sort = (product.brand, product.category, product.code if product.code in named else "")
            found.append(known.get(sort) or self._find(product, who, active, known))
        groups: dict[Group, list[int]] = {}
        on_top: dict[str, list[int]] = {}
        for index, (_, rate, more) in enumerate(found):
            if rate is not None:
                groups.setdefault(rate, []).append(index)
            for extra in more:
                on_top.setdefault(extra.id, []).append(index)
        shares = [0] * len(lines)
        earned: list[Earned] = []
        for members in groups.values():
            names = tuple(dict.fromkeys([rule.id for index in members if (rule := found[index].rule)]))
            self._add_money(earned, names, lines, members, delivery_minor, shares)
        for name, members in on_top.items():
            rule = self.by_id[name]
            if rule.step is not None:
                self._add_money(earned, (name,), lines, members, delivery_minor, shares)
            elif rule.staircase:
                self._add_nth(earned, rule, lines, members, counts.get(name, 0), shares)
            else:
                self._add_shelf(earned, rule, lines, members, shares)
        return Reckoning(tuple(earned), tuple([rule for rule, _, _ in found]), tuple(shares))

    def _add_money(
        self,
        earned: list[Earned],
        names: tuple[str, ...],
        lines: Sequence[Line],
        members: Sequence[int],
        delivery_minor: int,
        shares: list[int],
    ) -> None:
        rule = self.by_id[names[0]]
        step = rule.step
        assert step is not None
        numerator, denominator, slack, rate_points = step.numerator, step.denominator, step.slack, rule.points
        # Step.count, without a call a line: what a line adds to the points of the sum is its share.
        points = amount_minor = 0
        for index in members:
            amount_minor += lines[index].amount_minor
            reached = rate_points * ((amount_minor * numerator + slack) // denominator) if amount_minor > 0 else 0
            shares[index] += reached - points
            points = reached
        if rule.on_paid and delivery_minor:
            amount_minor += delivery_minor
            points = rate_points * step.count(amount_minor)
        if points:
            earned.append(Earned(names, points, amount_minor, tuple(members), None, rule.life or self.life))

    def _add_shelf(
        self, earned: list[Earned], rule: EarnRule, lines: Sequence[Line], members: Sequence[int], shares: list[int]
    ) -> None:
        points = 0
        for index in members:
            line = lines[index]
            share = line.product.points * line.quantity_milli // 1000
            shares[index] += share
            points += share
        if points:
            earned.append(Earned((rule.id,), points, 0, tuple(members), None, rule.life or self.life))

    def _add_nth(
        self,
        earned: list[Earned],
        rule: EarnRule,
        lines: Sequence[Line],
        members: Sequence[int],
        before: int,
        shares: list[int],
    ) -> None:
        bought = before
        points = 0
        for index in members:
            pieces = lines[index].quantity_milli // 1000
            share = sum(islice(rule.staircase, bought, bought + pieces))
            bought += pieces
            shares[index] += share
            points += share
        if bought > before:
            lot = Earned((rule.id,), points, 0, tuple(members), None, rule.life or self.life, before, bought - before)
            earned.append(lot)

    def said(self, names: tuple[str, ...], words: Words) -> str | None:
        """As `rate_words`; None where one of the rules is not known, or there is none."""
        known = self._said.get((words.language, names))
        if known is None and names and all(name in self.by_id for name in names):
            known = self.rate_words(names, words)
        return known

    def rate_words(self, names: tuple[str, ...], words: Words) -> str:
        """Rules of one rate in words: 2 points per 0.50 on goods of the brand КООП. KeyError for none of these."""
        said = self._said.get((words.language, names))
        if said is None:
            rules = [self.by_id[name] for name in names]
            on = words.say("earn.and").join(words.pick(rule.names) for rule in rules)
            step = rules[0].step
            if step is None:
                said = words.say("earn.nth" if rules[0].staircase else "earn.shelf", on=on)
            elif step.percent is not None:
                percent = ratio_text(step.percent).replace(".", words.say("number.decimal"))
                said = words.say("earn.percent", percent=percent, on=on)
            else:
                said = words.say("earn.rate", points=rules[0].points, step=step.amount, on=on)
            self._said[words.language, names] = said
        return said


def _worth(rule: EarnRule) -> "Fraction":
    from fractions import Fraction  # a till starts sooner without

    assert rule.step is not None
    return Fraction(rule.points * rule.step.numerator, rule.step.denominator)


def reason_words(earned: Earned, rules: EarnRules, currency: str, words: Words) -> str:
    """Why these points were earned, as a cashier can read it aloud: ... : 2.30 -> 8."""
    rate = rules.said(earned.rules, words)
    if rate is None:
        return words.say("earn.other", points=earned.points)
    if earned.units:
        first, last = earned.before + 1, earned.before + earned.units
        places = str(first) if first == last else f"{first}–{last}"
        return words.say("earn.reason_nth", rate=rate, nth=places, earned=earned.points)
    if rules.by_id[earned.rules[0]].step is None:
        return words.say("earn.reason_shelf", rate=rate, earned=earned.points)
    amount = Amount(earned.amount_minor, currency)
    return words.say("earn.reason", rate=rate, amount=amount, earned=earned.points)
