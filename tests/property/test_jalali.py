"""Jalali days follow each other like any calendar's, and lead back to where they came from."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import jalali

ORDINALS = st.integers(date(622, 3, 22).toordinal(), date(9000, 1, 1).toordinal())


@given(ORDINALS)
def test_a_day_leads_back(ordinal: int) -> None:
    assert jalali.to_ordinal(*jalali.of_ordinal(ordinal)) == ordinal


@given(ORDINALS)
def test_the_next_day_is_the_next_or_begins_a_month(ordinal: int) -> None:
    today, tomorrow = jalali.of_ordinal(ordinal), jalali.of_ordinal(ordinal + 1)
    assert today < tomorrow
    if tomorrow.day == 1:
        assert today.day == jalali.month_days(today.year, today.month)
        assert tomorrow.month == today.month % 12 + 1
        assert tomorrow.year == today.year + (today.month == 12)
    else:
        assert tomorrow == (today.year, today.month, today.day + 1)


@given(st.integers(1, 7000))
def test_a_year_begins_near_the_equinox(year: int) -> None:
    """Within three days of 21 March, until this calendar and the Gregorian one have drifted apart."""
    begins = date.fromordinal(jalali.to_ordinal(year, 1, 1))
    assert begins.year == year + 621
    assert abs(begins - date(begins.year, 3, 21)).days <= 3


@given(st.integers(1, 7000))
def test_a_year_has_its_days(year: int) -> None:
    days = sum(jalali.month_days(year, month) for month in range(1, 13))
    assert days == 365 + jalali.is_leap(year)
    assert jalali.to_ordinal(year + 1, 1, 1) - jalali.to_ordinal(year, 1, 1) == days
