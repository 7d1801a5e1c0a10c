"""The Jalali calendar: days that everybody in Iran knows, the leap years, and a second calendar that agrees."""

from datetime import date

import pytest
from PySide6.QtCore import QCalendar, QDate

from pos_app.loyalty import jalali

LEAP_YEARS = (
    1181, 1185, 1189, 1193, 1197, 1201, 1205, 1210, 1214, 1218, 1222, 1226, 1230, 1234, 1238, 1243, 1247, 1251,
    1255, 1259, 1263, 1267, 1271, 1276, 1280, 1284, 1288, 1292, 1296, 1300, 1304, 1309, 1313, 1317, 1321, 1325,
    1329, 1333, 1337, 1342, 1346, 1350, 1354, 1358, 1362, 1366, 1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399,
    1403, 1408, 1412, 1416, 1420, 1424, 1428, 1432, 1436, 1441, 1445, 1449, 1453, 1457, 1461, 1465, 1469, 1474,
    1478, 1482, 1486, 1490, 1494, 1498,
)  # fmt: skip
"""As the International Components for Unicode have them."""


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ((1390, 1, 1), "2011-03-21"),
        ((1300, 1, 1), "1921-03-21"),
        ((1357, 11, 22), "1979-02-11"),
        ((1375, 12, 30), "1997-03-20"),
        ((1399, 12, 30), "2021-03-20"),
        ((1400, 1, 1), "2021-03-21"),
        ((1402, 12, 29), "2024-03-19"),
        ((1403, 1, 1), "2024-03-20"),
        ((1403, 12, 30), "2025-03-20"),
        ((1404, 1, 1), "2025-03-21"),
        ((1404, 6, 31), "2025-09-22"),
        ((1404, 7, 1), "2025-09-23"),
        ((1404, 10, 11), "2026-01-01"),
        ((1405, 1, 1), "2026-03-21"),
        ((1408, 12, 30), "2030-03-20"),
        ((1178, 1, 1), "1799-03-21"),
    ],
)
def test_days_that_are_known(there: tuple[int, int, int], here: str) -> None:
    ordinal = date.fromisoformat(here).toordinal()
    assert jalali.of_ordinal(ordinal) == there
    assert jalali.to_ordinal(*there) == ordinal


def test_the_leap_years() -> None:
    assert tuple(year for year in range(1180, 1501) if jalali.is_leap(year)) == LEAP_YEARS


@pytest.mark.parametrize(("year", "month", "days"), [(1404, 1, 31), (1404, 6, 31), (1404, 7, 30), (1404, 11, 30)])
def test_long_months_come_first(year: int, month: int, days: int) -> None:
    assert jalali.month_days(year, month) == days


def test_the_last_month_has_a_day_more_in_a_leap_year() -> None:
    assert [jalali.month_days(year, 12) for year in (1402, 1403, 1404)] == [29, 30, 29]


@pytest.mark.parametrize(
    "wrong", [(1404, 12, 30), (1404, 7, 31), (1404, 1, 32), (1404, 13, 1), (1404, 0, 1), (1404, 1, 0)]
)
def test_a_day_that_is_none_is_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="is no day of the Jalali calendar"):
        jalali.to_ordinal(*wrong)


def test_another_calendar_agrees_from_day_to_day() -> None:
    """Qt's own, where it follows the equinox too."""
    other = QCalendar(QCalendar.System.Jalali)
    day, last = date(1898, 3, 21), date(2057, 3, 19)
    for ordinal in range(day.toordinal(), last.toordinal() + 1):
        here = date.fromordinal(ordinal)
        parts = other.partsFromDate(QDate(here.year, here.month, here.day))
        assert jalali.of_ordinal(ordinal) == (parts.year, parts.month, parts.day)
