"""Money and quantities as whole numbers: minor units of a currency, thousandths of a piece or kilogram."""

import re

from msgspec import Struct

DECIMALS = {"EUR": 2, "BGN": 2, "IRR": 0}
"""The currencies that programmes speak, with the decimals of their minor unit."""

_DECIMAL = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,9}))?")


class Amount(Struct, frozen=True, tag="amount"):
    """So many minor units of a currency."""

    minor: int
    currency: str


class Ratio(Struct, frozen=True):
    """An exact positive fraction, for rates such as 1.95583."""

    numerator: int
    denominator: int


def parse_decimal(text: str, decimals: int) -> int:
    """The decimal string `text` in units of 10**-decimals; ValueError when it is none or has more decimals."""
    match = _DECIMAL.fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError(f"'{text}' is not a decimal number such as 12.30")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > decimals:
        raise ValueError(f"'{text}' has more than {decimals} decimals")
    value = int(whole + fraction.ljust(decimals, "0"))
    return -value if sign else value


def decimal_text(value: int, decimals: int) -> str:
    """`value` units of 10**-decimals as a plain decimal string, the inverse of `parse_decimal`."""
    if decimals == 0:
        return str(value)
    digits = str(abs(value)).rjust(decimals + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def parse_amount(text: str, currency: str) -> int:
    """A money string in minor units of `currency`."""
    return parse_decimal(text, DECIMALS[currency])


def amount_text(minor: int, currency: str) -> str:
    """Minor units of `currency` as a plain decimal string."""
    return decimal_text(minor, DECIMALS[currency])


def parse_quantity(text: str) -> int:
    """A quantity with up to 3 decimals, in thousandths."""
    return parse_decimal(text, 3)


def parse_ratio(text: str) -> Ratio:
    """A positive decimal string as an exact fraction."""
    decimals = len(text.partition(".")[2])
    value = parse_decimal(text, decimals)
    if value <= 0:
        raise ValueError(f"'{text}' is not above zero")
    return Ratio(value, 10**decimals)


def ratio_text(ratio: Ratio) -> str:
    """A fraction that `parse_ratio` read as its shortest decimal string, cut after nine decimals."""
    text = decimal_text(ratio.numerator * 10**9 // ratio.denominator, 9)
    return text.rstrip("0").rstrip(".")


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest whole number, halves away from zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def line_amount_minor(price_minor: int, quantity_milli: int) -> int:
    """What `quantity_milli` thousandths cost at `price_minor` each, rounded half up to the minor unit."""
    product = price_minor * quantity_milli
    return (product + 500) // 1000 if product >= 0 else -((500 - product) // 1000)
