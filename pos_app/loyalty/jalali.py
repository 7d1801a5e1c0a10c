"""The Jalali calendar of Iran, in whole numbers: days are the ordinals of `datetime.date`, as `moments.day_of` gives.

Six months have 31 days, five 30, Esfand 29 or, in a leap year, 30. The law goes by the spring equinox at Tehran; from
1178 to 1501 (1799 to 2123 of the common era) that makes eight leap years of 33, which are counted here.
"""

from typing import NamedTuple

_CYCLE_YEARS, _CYCLE_LEAPS = 33, 8
_CYCLE_DAYS = 365 * _CYCLE_YEARS + _CYCLE_LEAPS
_LONG_MONTHS = 6
_DAYS_OF_LONG_MONTHS = 31 * _LONG_MONTHS
_BEFORE = 226_895
"""What the first day of every year has in common; 1 Farvardin 1390 is 21 March 2011."""


class Day(NamedTuple):
    """A day of the Jalali calendar."""

    year: int
    month: int
    day: int


def is_leap(year: int) -> bool:
    """Whether Esfand of this year has 30 days."""
    return (8 * year + 29) % _CYCLE_YEARS < _CYCLE_LEAPS


def month_days(year: int, month: int) -> int:
    """How many days a month (1 to 12) has."""
    if month <= _LONG_MONTHS:
        return 31
    return 30 if month < 12 or is_leap(year) else 29


def to_ordinal(year: int, month: int, day: int) -> int:
    """The ordinal of a Jalali day; ValueError when the month lacks it."""
    if not (1 <= month <= 12 and 1 <= day <= month_days(year, month)):
        raise ValueError(f"{year:04d}-{month:02d}-{day:02d} is no day of the Jalali calendar")
    return _new_year(year) + 30 * (month - 1) + min(month - 1, _LONG_MONTHS) + day - 1


def of_ordinal(ordinal: int) -> Day:
    """The Jalali day that an ordinal counts."""
    year = (ordinal - _new_year(1)) * _CYCLE_YEARS // _CYCLE_DAYS + 1
    while ordinal < _new_year(year):
        year -= 1
    while ordinal >= _new_year(year + 1):
        year += 1
    rest = ordinal - _new_year(year)
    if rest < _DAYS_OF_LONG_MONTHS:
        month, day = divmod(rest, 31)
    else:
        month, day = divmod(rest - _LONG_MONTHS, 30)
    return Day(year, month + 1, day + 1)


def _new_year(year: int) -> int:
    """The ordinal of 1 Farvardin: the days of all years before it, the leap days among them."""
    return 365 * (year - 1) + (8 * year + 21) // _CYCLE_YEARS + _BEFORE
