"""Moments: whole milliseconds since 1970 in UTC, and what a shop's own calendar makes of them.

Durations of months and days are counted on the shop's wall clock, hours by elapsed time: 31 August and
6 months is the last day of February.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

SECOND = 1000
HOUR = 3600 * SECOND
NEVER = 1 << 62
"""Later than every moment; where "no expiry" has to be compared."""

LATEST = 221_845_392_000_000
"""The year 9000: no moment that is reckoned with lies beyond it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MONTHS_MOST, _DAYS_MOST = 1200, 36_525
_DURATION = re.compile(r"([0-9]{1,4}) (hour|day|week|month|year)s?")


class Duration(Struct, frozen=True, gc=False):
    """A stretch of time as a rule names it; only one of the three is not zero. ValueError beyond 100 years."""

    months: int = 0
    days: int = 0
    hours: int = 0

    def __post_init__(self) -> None:
        if not (
            0 <= self.months <= _MONTHS_MOST and 0 <= self.days <= _DAYS_MOST and 0 <= self.hours <= 24 * _DAYS_MOST
        ):
            raise ValueError("a duration is not negative and at most 100 years")

    @property
    def none(self) -> bool:
        """Whether it is no time at all."""
        return not (self.months or self.days or self.hours)


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The time zone `name`; raises ZoneInfoNotFoundError or ValueError when there is none."""
    return ZoneInfo(name)


def from_local(local: datetime, zone_name: str) -> int:
    """The moment at which a shop's clock shows `local` (a naive datetime)."""
    return (local.replace(tzinfo=zone(zone_name)) - _EPOCH) // _MILLISECOND


def to_local(moment: int, zone_name: str) -> datetime:
    """What a shop's clock shows at `moment`: a naive datetime."""
    aware = _EPOCH + timedelta(milliseconds=moment)
    return aware.astimezone(zone(zone_name)).replace(tzinfo=None)


def parse_duration(text: str) -> Duration:
    """A duration such as "24 hours", "1 day" or "6 months"; ValueError when it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a duration such as '24 hours', '1 day' or '6 months'")
    count, unit = int(match[1]), match[2]
    months, days = {"month": count, "year": 12 * count}, {"day": count, "week": 7 * count}
    try:
        return Duration(months.get(unit, 0), days.get(unit, 0), count if unit == "hour" else 0)
    except ValueError:
        raise ValueError(f"'{text}' is longer than 100 years") from None


def add(moment: int, duration: Duration, zone_name: str) -> int:
    """`moment` and `duration` later, by the shop's calendar; a day that a month lacks becomes its last.

    An hour that the clock leaves out is the one after it, one that comes twice its first. Nothing lies beyond LATEST.
    """
    if duration.months or duration.days:
        moment = _on_the_calendar(moment, duration.months, duration.days, zone_name)
    return min(moment + duration.hours * HOUR, LATEST)


def subtract(moment: int, duration: Duration, zone_name: str) -> int:
    """`moment` less `duration`, by the shop's calendar; a day that a month lacks becomes its last."""
    if duration.months or duration.days:
        moment = _on_the_calendar(moment, -duration.months, -duration.days, zone_name)
    return moment - duration.hours * HOUR


def _on_the_calendar(moment: int, months: int, days: int, zone_name: str) -> int:
    """`moment` so many months and days later (earlier, if negative), at the same time on the shop's clock."""
    local = (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone(zone_name))
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, _last_day(year, month + 1))
    later = local.replace(year=year, month=month + 1, day=day, fold=0)
    if days:
        later += timedelta(days=days)
    return (later - _EPOCH) // _MILLISECOND


def _last_day(year: int, month: int) -> int:
    if month != 2:
        return 30 if month in (4, 6, 9, 11) else 31
    return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28


def next_month(moment: int, zone_name: str) -> int:
    """The first moment of the shop's calendar month after that of `moment`."""
    local = to_local(moment, zone_name)
    year, month = divmod(local.year * 12 + local.month, 12)
    return from_local(datetime(year, month + 1, 1), zone_name)


def day_of(moment: int, zone_name: str) -> int:
    """The shop's day that `moment` falls on, as a whole number that grows by one a day."""
    return to_local(moment, zone_name).toordinal()
