"""Money never loses a unit between text and number."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import money


@given(st.integers(1 - 10**15, 10**15 - 1), st.integers(0, 9))
def test_text_and_number_are_each_others_inverse(value: int, decimals: int) -> None:
    assert money.parse_decimal(money.decimal_text(value, decimals), decimals) == value


@given(st.text(max_size=20), st.integers(0, 9))
def test_any_text_is_a_number_or_refused(text: str, decimals: int) -> None:
    try:
        value = money.parse_decimal(text, decimals)
    except ValueError:
        return
    assert Fraction(value, 10**decimals) == Fraction(text)


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_half_up_is_the_nearest_and_away_from_zero_at_the_middle(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = money.divide_half_up(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**6), min_size=2, max_size=2))
def test_a_line_costs_more_the_more_there_is_of_it(price_minor: int, quantities: list[int]) -> None:
    less, more = sorted(quantities)
    assert money.line_amount_minor(price_minor, less) <= money.line_amount_minor(price_minor, more)


@given(st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,9})?", fullmatch=True))
def test_a_ratio_is_what_its_text_says(text: str) -> None:
    if not Fraction(text):
        return
    ratio = money.parse_ratio(text)
    assert Fraction(ratio.numerator, ratio.denominator) == Fraction(text)
