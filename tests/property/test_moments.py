"""Time on the wall clock: adding never goes back, and a day is a day wherever the clock jumps."""

from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import moments
from pos_app.loyalty.moments import HOUR, Duration

ZONES = st.sampled_from(["Europe/Sofia", "Asia/Tehran", "Europe/Ljubljana", "UTC", "Pacific/Apia", "America/St_Johns"])
MOMENTS = st.integers(0, 4_000_000_000_000)
NEAR_CHANGES = st.builds(
    lambda year, month, day, minute: moments.from_local(
        datetime(year, month, day, minute // 60, minute % 60), "Europe/Sofia"
    ),
    st.integers(2000, 2037),
    st.sampled_from([3, 10]),
    st.integers(24, 31),
    st.integers(0, 24 * 60 - 1),
)
DURATIONS = st.one_of(
    st.builds(Duration, months=st.integers(1, 1200)),
    st.builds(Duration, days=st.integers(1, 36_525)),
    st.builds(Duration, hours=st.integers(1, 9999)),
)


@given(st.one_of(MOMENTS, NEAR_CHANGES), DURATIONS, ZONES)
def test_later_is_later(moment: int, duration: Duration, zone: str) -> None:
    assert moments.add(moment, duration, zone) > moment


@given(st.one_of(MOMENTS, NEAR_CHANGES), DURATIONS, ZONES, st.integers(0, 90 * 24 * HOUR))
def test_who_came_later_lapses_later(moment: int, duration: Duration, zone: str, gap: int) -> None:
    """But for the hour that comes twice when clocks go back, and a day that a zone left out whole."""
    slack = 24 * HOUR if zone == "Pacific/Apia" else HOUR
    assert moments.add(moment, duration, zone) <= moments.add(moment + gap, duration, zone) + slack


@given(st.one_of(MOMENTS, NEAR_CHANGES), st.integers(1, 1200), ZONES)
def test_months_land_on_the_same_day_or_the_last(moment: int, months: int, zone: str) -> None:
    start, end = (moments.to_local(at, zone) for at in (moment, moments.add(moment, Duration(months=months), zone)))
    if zone == "Pacific/Apia":
        return  # it left the 30th of December 2011 out
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - date.resolution).day
    assert (end.year, end.month, end.day) == (year, month + 1, min(start.day, last))


@given(st.one_of(MOMENTS, NEAR_CHANGES), ZONES)
def test_a_moment_is_shown_and_read_back(moment: int, zone: str) -> None:
    again = moments.from_local(moments.to_local(moment, zone), zone)
    assert again == moment or moment - again in (HOUR, HOUR // 2)  # the second of an hour that comes twice


@given(st.one_of(MOMENTS, NEAR_CHANGES), ZONES)
def test_days_are_counted_in_the_order_of_time(moment: int, zone: str) -> None:
    tomorrow = moments.add(moment, Duration(days=1), zone)
    assert moments.day_of(moment, zone) < moments.day_of(tomorrow, zone)


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        duration = moments.parse_duration(text)
    except ValueError:
        return
    assert [duration.months, duration.days, duration.hours].count(0) >= 2
    assert duration.none == text.startswith("0")
