"""Trying a change on a year of 100 000 sales, against the minute that a manager may wait for it.

The store is made once and kept in `build/bench`.
"""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from pos_app import replay, shipped
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from tests.bench.stores import KEPT, NOW
from tests.bench.table import Row
from tests.helpers import year

SALES = 100_000
MINUTE_US = 60_000_000
_TIERS = """
points_live = "3 months"

[version.use]
points = 10
worth = "0.05"
automatic = true

[version.tiers]
within = "6 months"
hold = "6 months"

[[version.tiers.tier]]
id = "silver"
name.en = "silver"
points = 0

[[version.tiers.tier]]
id = "gold"
name.en = "gold"
points = 5000
"""


def rows() -> Iterable[Row]:
    """The same rules, and rules under which every single sale comes to something else."""
    folder = _made()
    for what, programme in (("the same rules", shipped.programme(year.PROGRAMME)), ("use and tiers", _with_tiers())):
        shop = year.opened(folder, read_only=True)
        began_s = time.perf_counter()
        report = replay.replayed(shop, programme, shop.store.last_moment)
        took_s = time.perf_counter() - began_s
        shop.store.close()
        assert report.sales == SALES
        assert report.same == (what == "the same rules")
        yield Row(f"a replay of {SALES:,} sales, {what}, against a minute", took_s * 1e6, MINUTE_US, 1)


def _made() -> Path:
    folder = KEPT / f"year-{SALES}"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        year.make(unfinished, SALES, starts=NOW)
        unfinished.rename(folder)
    return folder


def _with_tiers() -> Programme:
    """The home programme, whose later version lets points be used, expire and lift into tiers."""
    before, currency, after = shipped.content(year.PROGRAMME).decode().rpartition('rates.BGN = "1.95583"')
    return decode((before + currency + _TIERS + after).encode(), "tiers.toml")
