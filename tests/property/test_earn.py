"""Earning, at any basket: exact, fair to the order of lines, and never more for less."""

import sys
from fractions import Fraction
from types import FrameType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.basket import Line, Product
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Step, Who
from pos_app.loyalty.money import Amount

BRANDS = ("", "КООП", "Друг")
CATEGORIES = ("", "tea", "bread")
KINDS = ("client", "cooperator")


@st.composite
def lines(draw: st.DrawFn) -> Line:
    code = draw(st.sampled_from(["1", "2", "3"]))
    product = Product(code, "x", 0, draw(st.sampled_from(BRANDS)), draw(st.sampled_from(CATEGORIES)))
    price, quantity = draw(st.integers(0, 10**6)), draw(st.integers(1, 10**5))
    full = Line(product, quantity, price).amount_minor
    return Line(product, quantity, price, draw(st.integers(0, full)))


def some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


CONDITIONS = st.builds(
    Condition, brands=some(BRANDS), categories=some(CATEGORIES), products=some(("1", "2", "3")), kinds=some(KINDS)
)
STEPS = st.builds(lambda n, d: Step(Amount(50, "BGN"), n, d), st.integers(1, 200_000), st.integers(1, 5_000_000))
# Few steps, so that several rules share one.
RULES = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([(1, 50), (195_583, 5_000_000), (1, 25)]), CONDITIONS), max_size=6
).map(
    lambda rows: [
        EarnRule(f"r{number}", {"en": "x"}, points, Step(Amount(50, "BGN"), *step), when)
        for number, (points, step, when) in enumerate(rows)
    ]
)
WHO = st.sampled_from(KINDS).map(Who)


def steps_a_minor(rule: EarnRule) -> Fraction:
    assert rule.step is not None
    return Fraction(rule.step.numerator, rule.step.denominator)


@given(RULES, st.lists(lines(), max_size=12), WHO)
def test_k5_each_rate_is_its_points_times_the_full_steps_of_its_sum(
    rules: list[EarnRule], basket: list[Line], who: Who
) -> None:
    """Reckoned again in the plainest way."""
    wanted: dict[tuple[int, Fraction], Fraction] = {}
    for line in basket:
        rates = [
            (rule.points * steps_a_minor(rule), -number, rule)
            for number, rule in enumerate(rules)
            if rule.when.holds(line.product, who)
        ]
        if rates:
            best = max(rates, key=lambda rate: rate[:2])[2]
            rate = (best.points, steps_a_minor(best))
            wanted[rate] = wanted.get(rate, Fraction()) + line.amount_minor
    points = sum(points * ((amount * steps).__floor__()) for (points, steps), amount in wanted.items())
    assert EarnRules(rules).reckon(basket, who, 1).points == points


@given(RULES, st.lists(lines(), max_size=12), WHO, st.data())
def test_the_order_of_lines_changes_no_points(
    rules: list[EarnRule], basket: list[Line], who: Who, data: st.DataObject
) -> None:
    reckoned = EarnRules(rules).reckon(basket, who, 1)
    shuffled = EarnRules(rules).reckon(data.draw(st.permutations(basket)), who, 1)
    assert reckoned.points == shuffled.points
    assert {(earned.points, earned.amount_minor) for earned in reckoned.earned} == {
        (earned.points, earned.amount_minor) for earned in shuffled.earned
    }


@given(RULES, st.lists(lines(), max_size=12), WHO)
def test_shares_of_lines_add_up_and_every_line_is_told_of(rules: list[EarnRule], basket: list[Line], who: Who) -> None:
    reckoning = EarnRules(rules).reckon(basket, who, 7)
    assert len(reckoning.rules) == len(reckoning.shares) == len(basket)
    for earned in reckoning.earned:
        assert earned.points > 0
        assert earned.credited is None
        assert sum(reckoning.shares[index] for index in earned.lines) == earned.points
        assert sum(basket[index].amount_minor for index in earned.lines) == earned.amount_minor
    counted = [index for earned in reckoning.earned for index in earned.lines]
    assert len(counted) == len(set(counted))
    assert all(not reckoning.shares[index] for index in range(len(basket)) if index not in counted)


@given(RULES, st.lists(lines(), max_size=8), lines(), WHO)
def test_more_goods_never_earn_less(rules: list[EarnRule], basket: list[Line], more: Line, who: Who) -> None:
    asked = EarnRules(rules)
    assert asked.reckon([*basket, more], who, 1).points >= asked.reckon(basket, who, 1).points


@given(RULES, st.lists(st.tuples(lines(), WHO), max_size=30))
def test_what_is_remembered_is_what_would_be_found(rules: list[EarnRule], asked: list[tuple[Line, Who]]) -> None:
    remembering = EarnRules(rules)
    for line, who in asked:
        assert remembering.best(line.product, who, 1) is EarnRules(rules).best(line.product, who, 1)


@given(STEPS, st.integers(-(10**20), 10**20))
def test_a_step_counts_exactly(step: Step, amount_minor: int) -> None:
    exact = Fraction(max(amount_minor, 0) * step.numerator, step.denominator)
    assert step.count(amount_minor) <= exact < step.count(amount_minor) + 1


TEA = Condition(categories=frozenset({"tea"}))
EVERY_SORT = EarnRules(
    [
        EarnRule("all", {"en": "x"}, 1, Step(Amount(50, "EUR"), 1, 50)),
        EarnRule("own", {"en": "x"}, 2, Step(Amount(50, "EUR"), 1, 50), Condition(brands=frozenset({"КООП"}))),
        EarnRule("this", {"en": "x"}, 3, Step(Amount(50, "EUR"), 1, 50), Condition(products=frozenset({"7"}))),
        EarnRule("tea", {"en": "x"}, 1, Step(Amount(99, "EUR"), 1, 99), TEA, added=True),
        EarnRule("paid", {"en": "x"}, 1, Step(Amount(70, "EUR"), 1, 70), on_paid=True, added=True),
        EarnRule("shelf", {"en": "x"}),
        EarnRule("nth", {"en": "x"}, staircase=tuple(range(1, 41)), when=Condition(categories=frozenset({"bread"}))),
        EarnRule("dated", {"en": "x"}, 5, Step(Amount(50, "EUR"), 1, 50), Condition(starts=100, ends=200)),
    ]
)


def steps_taken(count: int) -> int:
    """How many lines of the program run to reckon a basket of `count` lines of which no two are alike."""
    basket = [
        Line(Product(str(n), "x", n, BRANDS[n % 3], CATEGORIES[n % 3], points=n % 5), 1000 + n, 100 + n)
        for n in range(count)
    ]
    taken = 0

    def count_one(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal taken
        taken += event == "line"
        return count_one

    before = sys.gettrace()
    sys.settrace(count_one)
    try:
        EVERY_SORT.reckon(basket, Who("client"), 150, counts={"nth": 3})
    finally:
        sys.settrace(before)
    return taken


def test_a_thousand_lines_take_ten_times_the_steps_of_a_hundred() -> None:
    """Counted, not timed: what a line costs does not grow with the number of lines."""
    steps_taken(1000)  # what is remembered of goods is found before anything is counted
    a_line = (steps_taken(200) - steps_taken(100)) / 100
    assert a_line > 1
    for count in (200, 500, 1000):
        assert steps_taken(count) <= steps_taken(100) + 1.1 * a_line * (count - 100)
