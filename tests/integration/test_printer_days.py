"""Random days of a printer in trouble: no slip is lost unnoticed, none comes twice without a mark, none that is torn is
called printed. `make printer-days` plays 300 of them for each way to acknowledge.
"""

import os
import shutil
from pathlib import Path

import pytest

from hardware.escpos import Acknowledges
from tests.helpers.printer_day import Day, Fault, Result

DAYS = int(os.environ.get("PRINTER_DAYS", "6"))
FAULT_DAYS = 60
"""A fault has to show in one of so many days; see that few are needed."""


def played(folder: Path, days: range, acknowledges: Acknowledges, fault: Fault = "") -> list[tuple[int, Result]]:
    """The days by their seeds, up to the first that is not as it should be."""
    results = []
    for seed in days:
        (folder / str(seed)).mkdir()
        results.append((seed, Day(folder / str(seed), seed, acknowledges, fault).live()))
        shutil.rmtree(folder / str(seed))
        if results[-1][1].is_wrong(acknowledges):
            break
    return results


@pytest.mark.parametrize("acknowledges", ["process_id", "status"])
def test_no_slip_is_lost_unnoticed_doubled_without_a_mark_or_called_printed_when_torn(
    tmp_path: Path, acknowledges: Acknowledges
) -> None:
    results = played(tmp_path, range(DAYS), acknowledges)
    sums = {
        field: sum(getattr(result, field) for _, result in results)
        for field in ("slips", "asked", "troubles", "crashes")
    }
    print(acknowledges, len(results), "days", sums, "torn:", sum(len(result.false) for _, result in results))
    seed, last = results[-1]
    assert not last.is_wrong(acknowledges), f"day {seed}: {last}"
    assert min(sums.values()) > 0, "otherwise such days show nothing"


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("acknowledged at the end only", "false"),
        ("tried again after it had begun", "doubled"),
        ("unsure forgotten at the start", "lost"),
        ("printed on silence", "false"),
        ("copies without a mark", "doubled"),
    ],
)
def test_such_days_show_a_fault_of_the_till(tmp_path: Path, fault: Fault, shows: str) -> None:
    seed, last = played(tmp_path, range(FAULT_DAYS), "process_id", fault)[-1]
    assert getattr(last, shows) != [], f"{FAULT_DAYS} days did not show it, the last was {seed}"
