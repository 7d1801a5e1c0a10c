"""Moments: whole milliseconds since 1970 in UTC, and what a shop's own calendar makes of them.

Durations of months and days are counted on the shop's wall clock, hours by elapsed time: 31 August and
6 months is the last day of February.
"""

import calendar
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

SECOND = 1000
HOUR = 3600 * SECOND
NEVER = 1 << 62
"""Later than every moment; where "no expiry" has to be compared."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"([0-9]{1,4}) (hour|day|week|month|year)s?")


class Duration(Struct, frozen=True):
    """A stretch of time as a rule names it; only one of the three is not zero."""

    months: int = 0
    days: int = 0
    hours: int = 0


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The time zone `name`; raises ZoneInfoNotFoundError or ValueError when there is none."""
    return ZoneInfo(name)


def from_local(local: datetime, zone_name: str) -> int:
    """The moment at which a shop's clock shows `local` (a naive datetime)."""
    aware = local.replace(tzinfo=zone(zone_name))
    return (aware - _EPOCH) // timedelta(milliseconds=1)


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
    match unit:
        case "hour":
            return Duration(hours=count)
        case "day":
            return Duration(days=count)
        case "week":
            return Duration(days=7 * count)
        case "month":
            return Duration(months=count)
        case _:
            return Duration(months=12 * count)


def add(moment: int, duration: Duration, zone_name: str) -> int:
    """`moment` and `duration` later, by the shop's calendar; a day that a month lacks becomes its last."""
    if duration.months or duration.days:
        local = to_local(moment, zone_name)
        month = local.year * 12 + local.month - 1 + duration.months
        year, month = divmod(month, 12)
        day = min(local.day, calendar.monthrange(year, month + 1)[1])
        local = local.replace(year=year, month=month + 1, day=day) + timedelta(days=duration.days)
        moment = from_local(local, zone_name)
    return moment + duration.hours * HOUR


def day_of(moment: int, zone_name: str) -> int:
    """The shop's day that `moment` falls on, as a whole number that grows by one a day."""
    return to_local(moment, zone_name).toordinal()
