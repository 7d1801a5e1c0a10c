"""Moments and durations on a shop's own calendar: months that end, clocks that jump."""

from datetime import datetime

import pytest

from pos_app.loyalty import moments
from pos_app.loyalty.moments import HOUR, Duration

SOFIA, TEHRAN, LJUBLJANA = "Europe/Sofia", "Asia/Tehran", "Europe/Ljubljana"
DAY = 24 * HOUR


def at(text: str, zone: str = SOFIA) -> int:
    return moments.from_local(datetime.fromisoformat(text), zone)


def shown(moment: int, zone: str = SOFIA) -> str:
    return moments.to_local(moment, zone).isoformat(" ")


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2027-08-31T10:00", "6 months", "2028-02-29 10:00:00"),  # a leap year
        ("2026-08-31T10:00", "6 months", "2027-02-28 10:00:00"),
        ("2026-08-30T10:00", "6 months", "2027-02-28 10:00:00"),
        ("2028-02-29T10:00", "1 year", "2029-02-28 10:00:00"),
        ("2028-02-29T10:00", "4 years", "2032-02-29 10:00:00"),
        ("2026-01-31T10:00", "1 month", "2026-02-28 10:00:00"),
        ("2026-12-31T23:59:59", "2 months", "2027-02-28 23:59:59"),
        ("2026-05-15T10:00", "18 months", "2027-11-15 10:00:00"),
        ("2026-02-28T10:00", "2 weeks", "2026-03-14 10:00:00"),
        ("2099-12-31T10:00", "2 months", "2100-02-28 10:00:00"),  # no leap year
    ],
)
def test_months_are_the_calendars(start: str, duration: str, end: str) -> None:
    assert shown(moments.add(at(start), moments.parse_duration(duration), SOFIA)) == end


@pytest.mark.parametrize(
    ("start", "duration", "end", "hours"),
    [
        ("2026-03-28T12:00", "1 day", "2026-03-29 12:00:00", 23),  # the clock goes forward at 3 o'clock
        ("2026-03-28T12:00", "24 hours", "2026-03-29 13:00:00", 24),
        ("2026-10-24T12:00", "1 day", "2026-10-25 12:00:00", 25),  # and back at 4
        ("2026-10-24T12:00", "24 hours", "2026-10-25 11:00:00", 24),
        ("2026-03-28T03:30", "1 day", "2026-03-29 04:30:00", 24),  # half past three is left out that night
        ("2026-10-24T03:30", "1 day", "2026-10-25 03:30:00", 24),  # it comes twice: the first one counts
    ],
)
def test_k7_hours_are_elapsed_time_and_days_are_the_clocks(start: str, duration: str, end: str, hours: int) -> None:
    moment = at(start)
    later = moments.add(moment, moments.parse_duration(duration), SOFIA)
    assert shown(later) == end
    assert later - moment == hours * HOUR


def test_half_a_year_over_a_clock_change_keeps_the_hour() -> None:
    assert shown(moments.add(at("2026-01-15T09:30"), Duration(months=6), SOFIA)) == "2026-07-15 09:30:00"


def test_a_midnight_that_does_not_exist_is_the_hour_after_it() -> None:
    assert shown(at("2022-03-22T00:00", TEHRAN), TEHRAN) == "2022-03-22 01:00:00"


def test_zones_have_clocks_of_their_own() -> None:
    assert at("2026-01-01T00:00", LJUBLJANA) - at("2026-01-01T00:00", SOFIA) == HOUR
    assert at("2026-01-01T00:00", SOFIA) - at("2026-01-01T00:00", TEHRAN) == 3 * HOUR // 2


def test_a_day_is_the_shops_day() -> None:
    late, midnight = at("2025-12-31T23:59:59.999"), at("2026-01-01T00:00")
    assert midnight - late == 1
    assert moments.day_of(midnight, SOFIA) == moments.day_of(late, SOFIA) + 1
    assert moments.day_of(midnight, "UTC") == moments.day_of(late, "UTC")


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("24 hours", Duration(hours=24)),
        ("1 hour", Duration(hours=1)),
        ("0 hours", Duration()),
        ("1 day", Duration(days=1)),
        ("2 weeks", Duration(days=14)),
        ("6 months", Duration(months=6)),
        ("100 years", Duration(months=1200)),
    ],
)
def test_a_duration_is_read(text: str, duration: Duration) -> None:
    assert moments.parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "6", "months", "6months", "6  months", "-1 day", "1.5 days", "6 Months", "10000 days", "٦ months", "1 day "],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as"):
        moments.parse_duration(text)


@pytest.mark.parametrize("text", ["101 years", "1201 months", "9999 weeks"])
def test_more_than_a_century_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is longer than 100 years"):
        moments.parse_duration(text)


@pytest.mark.parametrize("wrong", [{"months": -1}, {"days": -1}, {"hours": -1}, {"months": 1201}, {"days": 10**9}])
def test_a_duration_that_cannot_be_cannot_be_made(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at most 100 years"):
        Duration(**wrong)


def test_nothing_lies_beyond_the_latest_moment() -> None:
    assert moments.add(moments.LATEST, Duration(months=1200), SOFIA) == moments.LATEST
    assert moments.add(moments.LATEST - HOUR, Duration(hours=24), SOFIA) == moments.LATEST
    assert shown(moments.LATEST, "UTC") == "9000-01-01 00:00:00"


@pytest.mark.parametrize("name", ["Europe/Sophia", "", "../../etc/passwd", "/etc/localtime", "Europe", "a\0b"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises((LookupError, ValueError, OSError)):
        moments.zone(name)
