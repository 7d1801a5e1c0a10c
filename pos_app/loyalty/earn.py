"""Earning: which rule counts for which line, and how many points come of it.

A line takes the best rate that applies to it. Amounts of lines with the same rate are added up first, then divided
by the step and rounded down: `points = rate x floor(sum / step)` (K5).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from msgspec import Struct

from pos_app.loyalty.basket import Line, Product
from pos_app.loyalty.facts import Earned
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Amount
from pos_app.loyalty.words import Names, Words


class Step(Struct, frozen=True):
    """A step of money, as the programme names it, and the fraction that counts minor units of the sale in steps.

    A step of 0.50 BGN in sales of euro is `floor(cents x 195583 / 5 000 000)` (K5b).
    """

    amount: Amount
    numerator: int
    denominator: int

    def count(self, amount_minor: int) -> int:
        """How many whole steps an amount has; none if it is below zero."""
        return max(amount_minor, 0) * self.numerator // self.denominator


class Condition(Struct, frozen=True, omit_defaults=True):
    """Where a rule applies; an empty set is no condition."""

    brands: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def holds(self, product: Product, who: "Who") -> bool:
        return (
            (not self.brands or product.brand in self.brands)
            and (not self.categories or product.category in self.categories)
            and (not self.products or product.code in self.products)
            and (not self.kinds or who.kind in self.kinds)
            and (not self.tiers or who.tier in self.tiers)
            and (not self.channels or who.channel in self.channels)
        )


class EarnRule(Struct, frozen=True):
    """`points` per step of money on the lines where `when` holds; `names` say on what, in words."""

    id: str
    names: dict[str, str]
    points: int
    step: Step
    when: Condition = Condition()

    @property
    def rate(self) -> tuple[int, int, int]:
        """Lines of an equal rate are added up."""
        return (self.points, self.step.numerator, self.step.denominator)


class Who(NamedTuple):
    """What a rule may ask about the customer and the sale."""

    kind: str
    tier: str | None = None
    channel: str = "store"


class Reckoning(Struct, frozen=True):
    """What the lines of a sale earn: the earnings with their reasons, and for each line its rule and its share.

    Shares are whole points that add up to the earnings, whatever the rounding of the sums.
    """

    earned: tuple[Earned, ...]
    rules: tuple[EarnRule | None, ...]
    shares: tuple[int, ...]

    @property
    def points(self) -> int:
        return sum(earned.points for earned in self.earned)


class EarnRules:
    """The rules of one programme version, ready to be asked for many baskets."""

    def __init__(self, rules: Sequence[EarnRule], life: Duration | None = None) -> None:
        self.rules = tuple(rules)
        self.by_id = {rule.id: rule for rule in self.rules}
        self._life = life
        self._named_products = frozenset(code for rule in self.rules for code in rule.when.products)
        self._best: dict[tuple[str, str, str, Who], EarnRule | None] = {}

    def best(self, product: Product, who: Who) -> EarnRule | None:
        """The rule with the highest rate that applies; of equal ones the first in the file."""
        code = product.code if product.code in self._named_products else ""
        name = (product.brand, product.category, code, who)
        if name not in self._best:
            self._best[name] = max(
                (rule for rule in self.rules if rule.when.holds(product, who)), key=_worth, default=None
            )
        return self._best[name]

    def reckon(self, lines: Sequence[Line], who: Who, now: int) -> Reckoning:
        """What `lines` earn for `who`; the points can be spent from `now` on, that is from the next sale on."""
        rules = tuple([self.best(line.product, who) for line in lines])
        groups: dict[tuple[int, int, int], list[int]] = {}
        for index, rule in enumerate(rules):
            if rule is not None:
                groups.setdefault(rule.rate, []).append(index)
        earned: list[Earned] = []
        shares = [0] * len(lines)
        for members in groups.values():
            points, amount_minor = 0, 0
            for index in members:
                rule = rules[index]
                assert rule is not None
                amount_minor += lines[index].amount_minor
                reached = rule.points * rule.step.count(amount_minor)
                shares[index] = reached - points
                points = reached
            if points:
                names = tuple(dict.fromkeys([rule.id for index in members if (rule := rules[index])]))
                earned.append(Earned(names, points, amount_minor, tuple(members), now, self._life))
        return Reckoning(tuple(earned), rules, tuple(shares))


def _worth(rule: EarnRule) -> Fraction:
    return Fraction(rule.points * rule.step.numerator, rule.step.denominator)


def rate_words(rule: EarnRule, words: Words) -> str:
    """The rule in words: 2 points per 0.50 on goods of the brand КООП."""
    return words.say("earn.rate", points=rule.points, step=rule.step.amount, on=words.pick(rule.names))


def reason_words(earned: Earned, rules: EarnRules, currency: str, words: Words) -> str:
    """Why these points were earned, as a cashier can read it aloud: ... : 2.30 -> 8."""
    known: list[Names] = [rules.by_id[name].names for name in earned.rules if name in rules.by_id]
    if not known:
        return words.say("earn.other", points=earned.points)
    first = rules.by_id[earned.rules[0]]
    return words.say(
        "earn.reason",
        rate=words.say(
            "earn.rate",
            points=first.points,
            step=first.step.amount,
            on=words.say("earn.and").join(words.pick(names) for names in known),
        ),
        amount=Amount(earned.amount_minor, currency),
        earned=earned.points,
    )
