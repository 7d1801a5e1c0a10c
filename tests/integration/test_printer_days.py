"""Random days of a printer in trouble: no slip is lost unnoticed, none comes twice without a mark, none is called printed
that is torn. `make printer-days` plays 300 of them for each way to acknowledge.
"""

import os
from pathlib import Path

import pytest

from hardware.escpos import Acknowledges
from tests.helpers.printer_day import Day, Fault, Result

DAYS = int(os.environ.get("PRINTER_DAYS", "12"))
FAULT_DAYS = 60
"""A fault has to show in one of so many days; see that few are needed."""


def played(folder: Path, days: range, acknowledges: Acknowledges, fault: Fault = "") -> list[tuple[int, Result]]:
    """The days by their seeds, up to the first that is not as it should be."""
    results = []
    for seed in days:
        (folder / str(seed)).mkdir()
        results.append((seed, Day(folder / str(seed), seed, acknowledges, fault).live()))
        if not results[-1][1].is_honest:
            break
    return results


@pytest.mark.parametrize("acknowledges", ["process_id", "status"])
def test_no_slip_is_lost_unnoticed_doubled_without_a_mark_or_called_printed_when_torn(
    tmp_path: Path, acknowledges: Acknowledges
) -> None:
    results = played(tmp_path, range(DAYS), acknowledges)
    slips, asked, troubles, crashes = (sum(result[field] for _, result in results) for field in range(4))  # type: ignore[misc]
    print(
        f"{acknowledges}: {len(results)} days, {slips} slips, {asked} asked about, {troubles} troubles, {crashes} crashes"
    )
    seed, last = results[-1]
    assert (last.lost, last.doubled) == ([], []), f"day {seed}"
    if acknowledges == "process_id":
        assert last.false == [], f"day {seed}"
    assert min(slips, asked, troubles, crashes) > 0, "otherwise such days show nothing"


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
