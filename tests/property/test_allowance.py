"""Points on trust: never more than the organisation allows, less with the time, and never more lost than was said."""

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import allowance, moments
from pos_app.loyalty.allowance import Allowance, Trusted

DAY = 24 * moments.HOUR
ALLOWANCES = st.builds(
    lambda card, more, hours: Allowance(card, card + more, hours),
    st.integers(1, 10_000),
    st.integers(0, 100_000),
    st.integers(1, 24 * 31),
)
AGES = st.integers(0, 40 * DAY)


def test_the_whole_of_it_at_once_half_of_it_later_nothing_in_the_end() -> None:
    rules = Allowance(200, 2000, 24)
    ages = (0, 12 * moments.HOUR, 24 * moments.HOUR - 1, 24 * moments.HOUR, None)
    assert [allowance.left(rules, Trusted(), age) for age in ages] == [200, 100, 0, 0, 0]
    assert allowance.left(rules, Trusted(card=150, till=150), 0) == 50
    assert allowance.left(rules, Trusted(card=0, till=1900), 0) == 100
    assert allowance.left(rules, Trusted(card=150, till=150), 12 * moments.HOUR) == 0
    assert allowance.left(allowance.NO_ALLOWANCE, Trusted(), 0) == 0


def test_what_can_be_lost_at_most_is_told_in_points() -> None:
    assert allowance.most_lost(200, 24, tills=1) == 200 + 200 + 8
    assert allowance.most_lost(200, 24, tills=5) == 5 * 408
    assert allowance.most_lost(200, 8, tills=3) == 3 * 400
    assert allowance.most_lost(0, 24, tills=3) == 0


@given(ALLOWANCES, st.integers(0, 20_000), st.integers(0, 20_000), AGES, AGES)
def test_it_only_shrinks(rules: Allowance, card: int, others: int, age: int, later: int) -> None:
    spent = Trusted(card, card + others)
    now = allowance.left(rules, spent, age)
    assert 0 <= now <= max(0, rules.card_points - card)
    assert now + spent.till <= max(rules.till_points, spent.till)
    assert allowance.left(rules, spent, age + later) <= now
    assert allowance.left(rules, Trusted(card + 1, card + others + 1), age) <= now


@given(
    ALLOWANCES,
    st.integers(0, DAY - 1),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10 * DAY), st.integers(0, 10_000)), max_size=40),
    st.integers(1, 6),
)
def test_no_greed_loses_more_than_was_said(
    rules: Allowance, cut_at: int, tries: list[tuple[int, int, int]], tills: int
) -> None:
    """Tills that are cut off together let as much be spent of one card as each of them may, whenever somebody asks."""
    spent: dict[tuple[int, int], int] = {}
    for number, passed, wanted in sorted(tries, key=lambda one: one[1]):
        till, day = number % tills, (cut_at + passed) // DAY
        trusted = Trusted(spent.get((till, day), 0), spent.get((till, day), 0))
        may = allowance.left(rules, trusted, passed)
        spent[till, day] = trusted.card + min(may, wanted)
    assert sum(spent.values()) <= allowance.most_lost(rules.card_points, rules.hours, tills)


@given(ALLOWANCES, st.integers(0, DAY - 1))
def test_the_greediest_day_is_within_it(rules: Allowance, cut_at: int) -> None:
    """Who takes all at the first moment of the cut, and of each day after it."""
    moments_ = [cut_at, *range(DAY, DAY * 34, DAY)]
    taken = sum(allowance.left(rules, Trusted(), moment - cut_at) for moment in moments_)
    assert taken <= allowance.most_lost(rules.card_points, rules.hours, tills=1)


@given(
    ALLOWANCES, st.lists(st.tuples(st.integers(0, 10 * DAY), st.integers(0, 9), st.integers(1, 10_000)), max_size=40)
)
def test_all_cards_of_a_till_together_stay_within_theirs(rules: Allowance, tries: list[tuple[int, int, int]]) -> None:
    spent: dict[tuple[int, int], int] = {}
    for passed, card, wanted in sorted(tries):
        day = passed // DAY
        trusted = Trusted(spent.get((day, card), 0), sum(points for (on, _), points in spent.items() if on == day))
        spent[day, card] = trusted.card + min(allowance.left(rules, trusted, passed), wanted)
    assert sum(spent.values()) <= allowance.most_lost(rules.till_points, rules.hours, tills=1)
