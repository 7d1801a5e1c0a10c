"""The till is killed at any moment: no completed sale is lost or doubled, the basket is back, each slip comes out.

The whole application runs in a process of its own, on real files and a printer's port. Killing a process does not
lose what it has handed to the system, as losing the power does; that what is told is on the disk by then has a test of
its own below.
"""

import os
import random
import re
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from pos_app import demo
from pos_app.loyalty.slip import slip_text
from tests.helpers.killable_till import (
    PATIENCE_S,
    WRITING,
    KillableTill,
    KilledError,
    Strace,
    kill_at,
    only,
)
from tests.helpers.killed_day import FIRST_SLIP, Day, DemoShop, Position, check, equal_sales, sales_by_chance, whole
from tests.helpers.silent_printer import SilentPrinter

SALES = 200
SLIPS_TRIED = 4
"""A slip may be on its way to the printer before anybody looks at it: then the next one is tried."""
SAID = {"scan": "basket", "board": "basket", "complete": "beeped", "print": "printed", "close": "closed"}


class Victim:
    """A till that is killed and comes back, and a day of sales for it."""

    def __init__(self, folder: Path, printer: SilentPrinter) -> None:
        self.folder = folder
        self.printer = printer
        self.shop = DemoShop(folder)
        self.day = Day(self.shop, equal_sales(self.shop, SALES))
        self.position = Position(0, 0)
        databases = [f"{file}{suffix}" for file in folder.glob("*.db") for suffix in ("", "-wal", "-shm")]
        self.files = only(*databases, folder / "journal.witness", printer.path)
        self._till: KillableTill | None = None

    def start(self, *before: str) -> KillableTill:
        """The till, on its way back."""
        self._till = KillableTill(self.folder, self.printer.path, self.shop.staff_card, *before)
        return self._till

    def till(self) -> KillableTill:
        """The till at work; one that has just come back is found as it must be."""
        if self._till is None:
            self.start().wait_for("ready")
            self.check()
        assert self._till is not None
        return self._till

    def check(self) -> None:
        self.position = check(self.folder, self.day, self.position, self.printer.data)

    def obey(self, *orders: str) -> None:
        for order in orders:
            till = self.till()
            till.order(order)
            self.position = self.day.heard(self.position, till.wait_for(SAID[order.split()[0]]))

    def fill_basket(self, steps: int) -> None:
        """Bring a sale to so many steps, with nothing that waits for the printer."""
        self.till()
        self.obey(*self.day.orders_to(self.position, steps), "print")

    def bury(self) -> int:
        """The exit status of a till that has ended, or is about to."""
        till, self._till = self._till, None
        return 0 if till is None else till.bury()

    def kill(self, after_s: float = 0.0) -> None:
        """Kill the till, and take up what it had said until then."""
        till, self._till = self._till, None
        if till is not None:
            till.kill(after_s)
            for line in till.heard:
                self.position = self.day.heard(self.position, line)

    def is_killed_by(self, order: str, call: str, number: int) -> bool:
        """Whether the till is killed while it obeys: it is if one of its threads makes so many calls of this name."""
        try:
            with Strace(self.till(), *kill_at(call, number), *self.files):
                self.obey(order)
        except KilledError:
            self.bury()
            return True
        return False

    def end(self) -> None:
        """Close in order once everything is printed; nothing may be missing then."""
        self.obey("print", "close")
        assert self.bury() == 0
        slips = {slip_text(FIRST_SLIP + number) for number in range(1, self.position.sales + 1)}
        self.printer.wait_for(lambda sent: whole(sent) == slips, PATIENCE_S)
        before = self.position
        self.check()
        assert self.position == before


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    demo.make_demo(folder, cards=40, goods=200)
    return folder


@pytest.fixture
def victim(demo_folder: Path, tmp_path: Path) -> Iterator[Victim]:
    folder = Path(shutil.copytree(demo_folder, tmp_path / "till"))
    with SilentPrinter() as printer:
        made = Victim(folder, printer)
        yield made
        made.kill()


def test_no_sale_is_lost_or_doubled_however_often_the_till_is_killed(victim: Victim) -> None:
    chance = random.Random(20260302)
    day = victim.day = Day(victim.shop, sales_by_chance(victim.shop, SALES, seed=1))
    kills, is_done = 0, False
    while not is_done:
        if chance.random() < 0.25:
            victim.start()
            victim.kill(after_s=chance.uniform(0, 1))
        else:
            till = victim.till()
            till.order(*day.orders_after(victim.position), "print")
            is_done = any(till.read_line() == "printed" for _ in range(chance.randint(0, 80)))
            victim.kill(after_s=chance.uniform(0, 0.03))
        kills += 1
    victim.end()
    assert victim.position == Position(SALES, 0)
    assert kills > SALES // 10


@pytest.mark.parametrize("stage", ["goods", "sale", "slip"])
def test_a_till_killed_before_each_of_its_writes_comes_back(victim: Victim, stage: str) -> None:
    *_, last = steps = victim.day.sales[0]
    order = {"goods": last, "sale": "complete", "slip": "print"}[stage]

    def is_killed(call: str, number: int) -> bool:
        for _ in range(SLIPS_TRIED if (stage, call) == ("slip", "write") else 1):
            victim.fill_basket(len(steps) - (order == last))
            if stage == "slip":
                victim.obey("complete")
            if victim.is_killed_by(order, call, number):
                return True
        return False

    kills = {call: next(n for n in count() if not is_killed(call, n + 1)) for call in WRITING}
    victim.end()
    assert {call for call, times in kills.items() if times} >= {"pwrite64", "fdatasync"}
    assert kills["write"] > 0 or stage != "slip"


def test_a_till_killed_before_each_write_of_its_return_comes_back(victim: Victim) -> None:
    """It was killed in the middle of a slip, and is killed again until it has come back, and closed in order."""

    def is_killed(call: str, number: int) -> bool:
        till = victim.start("strace", "-f", "-o", os.devnull, *kill_at(call, number), *victim.files)
        try:
            till.wait_for("ready")
            till.order("close")
            till.wait_for("closed")
        except KilledError:
            return True
        finally:
            victim.bury()
        return False

    def is_killed_while_printing() -> bool:
        victim.fill_basket(len(victim.day.sales[0]))
        victim.obey("complete")
        return victim.is_killed_by("print", "write", 2)

    kills: dict[str, int] = {}
    for call in WRITING:
        assert any(is_killed_while_printing() for _ in range(SLIPS_TRIED))
        kills[call] = next(n for n in count() if not is_killed(call, n + 1))
    victim.end()
    assert {call for call, times in kills.items() if times} >= {"pwrite64", "fdatasync", "unlink"}


def test_what_is_told_is_on_the_disk_by_then(victim: Victim, tmp_path: Path) -> None:
    """The beep comes behind the sale, the first byte to the printer behind the mark on its print job."""
    victim.obey(*victim.day.sales[0], "complete", "print", *victim.day.sales[1])
    beep = str(Path(f"/proc/{victim.till().pid}/fd/1").readlink())
    log = tmp_path / "calls"
    options = ["-y", "-o", str(log), "-e", f"trace={','.join(WRITING)}", *victim.files, *only(beep)]
    with Strace(victim.till(), *options):
        victim.obey("complete", "print")
    calls = list(calls_in(log))
    for told, commits in ((beep, 1), (victim.printer.path, 2)):  # the job may be marked before the beep is heard
        before = [call for call, path in calls[: calls.index(("write", told))] if path.endswith("/journal.db-wal")]
        assert before[-1] == "fdatasync", before
        assert before.count("fdatasync") >= commits
        assert "pwrite64" in before
    victim.end()


def calls_in(log: Path) -> Iterator[tuple[str, str]]:
    """The system calls that strace wrote down and the files they were for, in the order in which they ended."""
    begun: dict[str, tuple[str, str]] = {}
    for line in log.read_text().splitlines():
        thread, rest = line.split(maxsplit=1)
        if found := re.match(r"(\w+)\(\d+<([^>]*)>", rest):
            begun[thread] = found[1], found[2]
        if thread in begun and "<unfinished" not in rest:
            yield begun.pop(thread)
