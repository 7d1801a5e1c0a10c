"""Earning: which rule counts for which line, and how many points come of it.

A line takes the best rate that applies to it. Amounts of lines with the same rate are added up first, then divided
by the step and rounded down: `points = rate x floor(sum / step)` (K5).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from pos_app.loyalty.basket import Line, Product
from pos_app.loyalty.facts import Earned
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Amount
from pos_app.loyalty.words import Words

if TYPE_CHECKING:
    from fractions import Fraction


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


class _Best(NamedTuple):
    """What was found for goods and customers of one sort; `rate` is None where no rule applies."""

    rule: EarnRule | None
    rate: tuple[int, int, int] | None


class EarnRules:
    """The rules of one programme version, ready to be asked for many baskets.

    What is found for goods of one sort (brand, category, and code where a rule names products) is remembered:
    a sort of goods is looked up among the rules once, not once a line.
    """

    def __init__(self, rules: Sequence[EarnRule], life: Duration | None = None) -> None:
        self.rules = tuple(rules)
        self.by_id = {rule.id: rule for rule in self.rules}
        self._life = life
        self._named_products = frozenset(code for rule in self.rules for code in rule.when.products)
        self._found: dict[Who, dict[tuple[str, str, str], _Best]] = {}
        self._said: dict[tuple[str, tuple[str, ...]], str] = {}

    def best(self, product: Product, who: Who) -> EarnRule | None:
        """The rule with the highest rate that applies; of equal ones the first in the file."""
        return self._best(product, who, self._found.setdefault(who, {})).rule

    def _best(self, product: Product, who: Who, found: dict[tuple[str, str, str], _Best]) -> _Best:
        code = product.code if product.code in self._named_products else ""
        sort = (product.brand, product.category, code)
        best = found.get(sort)
        if best is None:
            rule = max((rule for rule in self.rules if rule.when.holds(product, who)), key=_worth, default=None)
            best = found[sort] = _Best(rule, None if rule is None else rule.rate)
        return best

    def reckon(self, lines: Sequence[Line], who: Who, now: int) -> Reckoning:
        """What `lines` earn for `who`; the points can be spent from `now` on, that is from the next sale on."""
        found = self._found.setdefault(who, {})
        bests = [self._best(line.product, who, found) for line in lines]
        groups: dict[tuple[int, int, int], list[int]] = {}
        for index, (rule, rate) in enumerate(bests):
            if rule is not None and rate is not None:
                groups.setdefault(rate, []).append(index)
        shares = [0] * len(bests)
        earned: list[Earned] = []
        for (rate_points, numerator, denominator), members in groups.items():
            # Step.count, without a call a line: what a line adds to the points of the sum is its share.
            points = amount_minor = 0
            for index in members:
                amount_minor += lines[index].amount_minor
                reached = rate_points * (amount_minor * numerator // denominator) if amount_minor > 0 else 0
                shares[index] = reached - points
                points = reached
            if points:
                names = tuple(dict.fromkeys([rule.id for index in members if (rule := bests[index].rule)]))
                earned.append(Earned(names, points, amount_minor, tuple(members), now, self._life))
        return Reckoning(tuple(earned), tuple([rule for rule, _ in bests]), tuple(shares))

    def rate_words(self, names: tuple[str, ...], words: Words) -> str:
        """Rules of one rate in words: 2 points per 0.50 on goods of the brand КООП. KeyError for none of these."""
        said = self._said.get((words.language, names))
        if said is None:
            rules = [self.by_id[name] for name in names]
            said = self._said[words.language, names] = words.say(
                "earn.rate",
                points=rules[0].points,
                step=rules[0].step.amount,
                on=words.say("earn.and").join(words.pick(rule.names) for rule in rules),
            )
        return said


def _worth(rule: EarnRule) -> "Fraction":
    from fractions import Fraction  # a till starts sooner without

    return Fraction(rule.points * rule.step.numerator, rule.step.denominator)


def reason_words(earned: Earned, rules: EarnRules, currency: str, words: Words) -> str:
    """Why these points were earned, as a cashier can read it aloud: ... : 2.30 -> 8."""
    if not (earned.rules and all(name in rules.by_id for name in earned.rules)):
        return words.say("earn.other", points=earned.points)
    return words.say(
        "earn.reason",
        rate=rules.rate_words(earned.rules, words),
        amount=Amount(earned.amount_minor, currency),
        earned=earned.points,
    )
