"""Money and quantities are whole numbers, from the text of a file to the amount of a line."""

import pytest

from pos_app.loyalty import money
from pos_app.loyalty.money import Ratio


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.30", "EUR", 1230),
        ("12.3", "EUR", 1230),
        ("12", "EUR", 1200),
        ("0.05", "BGN", 5),
        ("-0.05", "BGN", -5),
        ("0.00", "BGN", 0),
        ("007.10", "BGN", 710),
        ("500000", "IRR", 500_000),
        ("999999999999999.99", "EUR", 99_999_999_999_999_999),
    ],
)
def test_an_amount_is_read_to_the_minor_unit(text: str, currency: str, minor: int) -> None:
    assert money.parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".5", "5.", "1,20", "1 000", "+1", "--1", "1e3", "0x10", "NaN", "inf", "1_000", "12.30 ", "12.30\n",
        "١٢", "１２", "1.2.3", "1.1234567890", "1" * 16, "½",
    ],
)  # fmt: skip
def test_what_is_no_decimal_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number such as"):
        money.parse_decimal(text, 9)


@pytest.mark.parametrize(("text", "currency"), [("0.001", "EUR"), ("1.5", "IRR"), ("1.000", "BGN")])
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="has more than"):
        money.parse_amount(text, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(5, "EUR", "0.05"), (-5, "EUR", "-0.05"), (123456, "BGN", "1234.56"), (0, "EUR", "0.00"), (-70, "IRR", "-70")],
)
def test_an_amount_as_plain_text(minor: int, currency: str, text: str) -> None:
    assert money.amount_text(minor, currency) == text


def test_a_ratio_is_exact() -> None:
    assert money.parse_ratio("1.95583") == Ratio(195_583, 100_000)
    assert money.parse_ratio("2") == Ratio(2, 1)


@pytest.mark.parametrize("text", ["0", "0.000", "-1.5", "1.", "one"])
def test_a_ratio_is_above_zero(text: str) -> None:
    with pytest.raises(ValueError, match=r"above zero|decimal number"):
        money.parse_ratio(text)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (5, 10, 1), (4, 10, 0), (499, 1000, 0), (0, 7, 0), (-3, 2, -2), (1, 3, 0)],
)
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert money.divide_half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("price_minor", "quantity_milli", "amount_minor"),
    [
        (999, 350, 350),  # 9.99 x 0.350 = 3.4965
        (100, 5, 1),  # half a cent goes up
        (100, 4, 0),
        (1, 500, 1),
        (1, 499, 0),
        (333, 1500, 500),  # 4.995
        (120, 3000, 360),
        (0, 12345, 0),
        (-1, 500, -1),  # away from zero, so that taking back is the mirror of giving
    ],
)
def test_weighed_goods_are_rounded_half_up_per_line(price_minor: int, quantity_milli: int, amount_minor: int) -> None:
    assert money.line_amount_minor(price_minor, quantity_milli) == amount_minor
