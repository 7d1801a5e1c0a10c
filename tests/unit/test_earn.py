"""What a basket earns: the worked examples of the conditions, and the corners between them (K5, K5b)."""

import pytest

from pos_app import shipped
from pos_app.loyalty.basket import ONE, Line, Product
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Step, Who, reason_words
from pos_app.loyalty.facts import Earned
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Amount
from pos_app.loyalty.words import Words
from pos_app.texts import words
from tests.helpers.shop import EURO_DAY, LEV_DAY

LEV, EURO = shipped.programme("coop-bg").versions
CLIENT, COOPERATOR = Who("client"), Who("cooperator")


def goods(price_minor: int, brand: str = "Друг", quantity_milli: int = ONE, discount_minor: int = 0) -> Line:
    product = Product("3800000000010", "Стока", price_minor, brand)
    return Line(product, quantity_milli, price_minor, discount_minor)


def lev(*lines: Line, who: Who = CLIENT) -> int:
    return LEV.earn.reckon(lines, who, LEV_DAY).points


def euro(*lines: Line, who: Who = CLIENT) -> int:
    return EURO.earn.reckon(lines, who, EURO_DAY).points


def test_k5_the_conditions_own_example() -> None:
    bread, milk = goods(120), goods(230, "КООП")
    assert lev(bread, milk) == 10
    assert lev(bread, milk, who=COOPERATOR) == 14


def test_k5_own_brand_for_a_cooperator_is_two_not_four() -> None:
    assert lev(goods(50, "КООП"), who=COOPERATOR) == 2


def test_k5_amounts_of_one_rate_are_added_up_before_they_are_divided() -> None:
    assert lev(goods(40), goods(40), goods(40)) == 2
    assert lev(goods(40), goods(40, "КООП"), goods(40)) == 1
    assert lev(goods(25, "КООП"), goods(25, "КООП")) == 2


def test_k5_a_cooperators_brands_are_one_sum() -> None:
    reckoning = LEV.earn.reckon((goods(25), goods(25, "КООП")), COOPERATOR, LEV_DAY)
    assert reckoning.points == 2
    assert [earned.rules for earned in reckoning.earned] == [("cooperator",)]


@pytest.mark.parametrize(("stotinki", "points"), [(0, 0), (49, 0), (50, 1), (99, 1), (100, 2), (10_000_000, 200_000)])
def test_k5_a_step_must_be_full(stotinki: int, points: int) -> None:
    assert lev(goods(stotinki)) == points


def test_k5_weighed_goods_are_rounded_half_up_line_by_line() -> None:
    assert lev(goods(999, quantity_milli=350)) == 7  # 3.4965 is 3.50
    assert lev(goods(99, quantity_milli=500)) == 1  # 0.495 is 0.50
    assert lev(goods(99, quantity_milli=500), goods(1, quantity_milli=500)) == 1  # 0.50 + 0.01
    assert lev(goods(98, quantity_milli=500)) == 0


def test_k5_a_discount_lowers_what_is_reckoned() -> None:
    assert lev(goods(100, discount_minor=1)) == 1
    assert lev(goods(100), goods(100, discount_minor=100)) == 2


def test_k5b_the_conditions_own_example() -> None:
    assert euro(goods(1000)) == 39


@pytest.mark.parametrize(
    ("cents", "points"),
    [(25, 0), (26, 1), (51, 1), (52, 2), (76, 2), (77, 3), (100, 3), (2000, 78), (255_646, 10_000), (255_645, 9_999)],
)
def test_k5b_a_step_stays_worth_half_a_lev(cents: int, points: int) -> None:
    assert euro(goods(cents)) == points


def test_k5b_own_brand_and_cooperators_are_doubled_after_the_division() -> None:
    assert euro(goods(230, "КООП")) == 2 * 8  # 8.99 steps
    assert euro(goods(230), who=COOPERATOR) == 16


@pytest.mark.parametrize("cents", [10**9, 10**15, 10**15 + 7, 9_007_199_254_740_993])
def test_k5b_big_sums_are_exact(cents: int) -> None:
    """Floats would lose the last digits here."""
    assert euro(goods(cents)) == cents * 195_583 // 5_000_000


def test_a_line_of_nobodys_rule_earns_nothing() -> None:
    rules = EarnRules([rule("tea", 1, when=Condition(brands=frozenset({"Чай"})))])
    reckoning = rules.reckon((goods(500),), CLIENT, 1)
    assert reckoning.earned == ()
    assert reckoning.rules == (None,)
    assert reckoning.shares == (0,)


def test_nothing_earns_nothing() -> None:
    assert LEV.earn.reckon((), CLIENT, LEV_DAY).points == 0


def test_what_is_given_away_takes_no_points() -> None:
    """A line below zero, such as a deposit paid out, lowers the sum of its rate but never below nothing."""
    assert lev(goods(-500)) == 0
    assert lev(goods(200), goods(-150)) == 1
    assert lev(goods(200, "КООП"), goods(-150)) == 8


def rule(id_: str, points: int, step_minor: int = 50, when: Condition | None = None) -> EarnRule:
    step = Step(Amount(step_minor, "BGN"), 1, step_minor)
    return EarnRule(id_, {"bg": id_, "en": id_}, points, step, when or Condition())


def best(rules: list[EarnRule], line: Line, who: Who = CLIENT) -> str | None:
    found = EarnRules(rules).best(line.product, who, 1)
    return found.id if found else None


def test_the_best_rate_counts_whatever_the_order() -> None:
    two, three = rule("two", 2), rule("three", 3)
    assert best([two, three], goods(1)) == best([three, two], goods(1)) == "three"


def test_a_rate_is_points_and_step_together() -> None:
    assert best([rule("one per 10", 1, 10), rule("two per 50", 2, 50)], goods(1)) == "one per 10"


def test_of_equal_rates_the_first_in_the_file_counts() -> None:
    assert best([rule("a", 1), rule("b", 1)], goods(1)) == "a"
    assert best([rule("b", 2, 100), rule("a", 1, 50)], goods(1)) == "b"


@pytest.mark.parametrize(
    ("when", "who", "applies"),
    [
        ({"brands": {"Друг"}}, CLIENT, True),
        ({"brands": {"КООП"}}, CLIENT, False),
        ({"categories": {"tea"}}, CLIENT, True),
        ({"categories": {"bread"}}, CLIENT, False),
        ({"products": {"38"}}, CLIENT, True),
        ({"products": {"39"}}, CLIENT, False),
        ({"kinds": {"client"}}, CLIENT, True),
        ({"kinds": {"client"}}, COOPERATOR, False),
        ({"tiers": {"gold"}}, Who("client", "gold"), True),
        ({"tiers": {"gold"}}, CLIENT, False),
        ({"channels": {"online"}}, Who("client", None, "online"), True),
        ({"channels": {"online"}}, CLIENT, False),
        ({"brands": {"Друг"}, "kinds": {"cooperator"}}, CLIENT, False),
        ({"brands": {"Друг", "КООП"}, "kinds": {"client", "cooperator"}}, CLIENT, True),
    ],
)
def test_a_rule_applies_where_all_its_conditions_hold(when: dict[str, set[str]], who: Who, applies: bool) -> None:
    product = Product("38", "Чай", 100, "Друг", "tea")
    only = rule("only", 1, when=Condition(**{key: frozenset(values) for key, values in when.items()}))  # type: ignore[arg-type]
    assert (EarnRules([only]).best(product, who, 1) is not None) is applies


def test_goods_are_not_taken_for_others_of_their_brand() -> None:
    """What was found for goods of a sort is remembered, but rules that name products are asked for each of them."""
    rules = EarnRules([rule("all", 1), rule("this", 5, when=Condition(products=frozenset({"38"})))])
    this, other = Product("38", "Чай", 100, "Друг"), Product("39", "Кафе", 100, "Друг")
    for product, name in ((this, "this"), (other, "all"), (this, "this")):
        found = rules.best(product, CLIENT, 1)
        assert found is not None
        assert found.id == name


def test_every_point_has_its_line_and_its_reason() -> None:
    lines = (goods(120), goods(230, "КООП"), goods(35), goods(20, "КООП"))
    reckoning = LEV.earn.reckon(lines, CLIENT, LEV_DAY)
    assert [(earned.rules, earned.points, earned.amount_minor, earned.lines) for earned in reckoning.earned] == [
        (("all-goods",), 3, 155, (0, 2)),
        (("own-brand",), 10, 250, (1, 3)),
    ]
    assert reckoning.shares == (2, 8, 1, 2)
    assert [found and found.id for found in reckoning.rules] == ["all-goods", "own-brand", "all-goods", "own-brand"]


def test_what_a_sale_earns_is_dated_by_its_quote_and_lives_as_the_rules_say() -> None:
    earned = EarnRules([rule("all", 1)], Duration(months=6)).reckon((goods(50),), CLIENT, LEV_DAY).earned[0]
    assert earned == Earned(("all",), 1, 50, (0,), None, Duration(months=6))
    assert LEV.earn.reckon((goods(50),), CLIENT, LEV_DAY).earned[0].life is None


BG, EN = words("bg"), words("en")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (BG, "2 точки на 0,50 лв. за стоки с марка КООП: 2,30 лв. → 8"),
        (EN, "2 points per 0.50 BGN on goods of the brand КООП: 2.30 BGN → 8"),
    ],
)
def test_a_reason_can_be_read_aloud(texts: Words, said: str) -> None:
    earned = LEV.earn.reckon((goods(230, "КООП"),), CLIENT, LEV_DAY).earned[0]
    assert reason_words(earned, LEV.earn, "BGN", texts) == said


def test_a_reason_in_euro_names_the_step_in_lev() -> None:
    earned = EURO.earn.reckon((goods(1000),), CLIENT, EURO_DAY).earned[0]
    assert reason_words(earned, EURO.earn, "EUR", EN) == "1 point per 0.50 BGN on goods of other brands: 10.00 € → 39"


@pytest.mark.parametrize("names", [(), ("unknown",), ("own-brand", "unknown")])
def test_a_reason_of_rules_that_nobody_knows_any_more_is_the_points(names: tuple[str, ...]) -> None:
    assert reason_words(Earned(names, 8, 230), LEV.earn, "BGN", EN) == "8 points"
