"""Promise 1: the power goes at any instant; no acknowledged sale is lost, none doubled, the open basket is back.

Run as a program it is the till that gets killed: `sell FOLDER` sells until then and says what has returned, and
`boundaries FOLDER` kills a fork of itself at every call into SQLite and every write to the witness, one after another.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from db.store import NewFact, Person, Store
from pos_app.loyalty import ledger
from pos_app.loyalty.basket import Basket, Line, Offer, Swap
from pos_app.loyalty.facts import CardsMerged, SaleCompleted
from tests.helpers.stores import BREAD, SLIP, START, ZONE, enrol, give, opened, sale

ROOT = Path(__file__).parents[2]
COFFEE = Offer("coffee", "3800000000048", "Кафе 100 г", 1, stock=10**6)
SALES = 200
KILLS = 20
MEMBER = 77


def basket_of(slip: int) -> Basket:
    """The basket that becomes the sale with this slip number."""
    return Basket((Line(BREAD, 1000 * (1 + slip % 5), 120),), (Swap(COFFEE),), slip)


def begin(folder: Path) -> int:
    """A till with a family of two cards, points to spend and a board; tells one card."""
    store = opened(folder)
    ana, petar = enrol(store, "Ана", member=MEMBER), enrol(store, "Петър")
    store.record([NewFact(CardsMerged(ana, (petar,)), START)])
    store.put_offers([COFFEE])
    give(store, ana, 10_000)
    store.close()
    return ana


def sell_one(store: Store, card: int) -> None:
    """One customer: a basket, then the sale with all that can belong to one; a line is said when each has returned."""
    slip = store.next_slip()
    store.keep_basket(basket_of(slip))
    say(f"basket {slip}")
    body = sale(store, card, points=3, swaps=(Swap(COFFEE),), pieces=1 + slip % 5)
    store.record(
        [NewFact(body, START)],
        jobs=[(slip, SLIP, False)],
        basket=Basket(),
        people=[Person(MEMBER, f"Ана {slip}")],
    )
    say(f"sale {slip}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def check(folder: Path, card: int, lines: list[str]) -> int:
    """Open the till after a kill and hold it against what had been said; tells how many sales there are."""
    store = opened(folder)
    assert store.warnings == []
    assert store._journal.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    history = list(store.facts())
    slips = [fact.body.slip for fact in history if isinstance(fact.body, SaleCompleted)]
    said = [int(line.split()[1]) for line in lines if line.startswith("sale ")]

    assert len(slips) == len(set(slips))
    assert set(said) <= set(slips)
    assert set(slips) <= {int(line.split()[1]) for line in lines if line.startswith("basket ")}
    assert [fact.seq for fact in history] == list(range(1, len(history) + 1))
    assert [job.slip for job in store.jobs()] == slips
    assert store.ledger(card) == ledger.fold(ZONE, history)
    assert store.customer(card, START).balance == 10_000 + 2 * len(slips)
    assert [offer.stock for offer in store.offers()] == [10**6 - len(slips)]
    if slips:
        assert [found.name for found in store.find_people(f"ана {slips[-1]}")] == [f"Ана {slips[-1]}"]
    assert store.open_basket() in baskets_after(lines, slips)
    assert store.next_slip() == (slips[-1] if slips else 10_000_000) + 1
    store.close()
    return len(slips)


def baskets_after(lines: list[str], slips: list[int]) -> list[Basket]:
    """Which baskets may be open: the last that was acknowledged, or the one whose write was under way."""
    last = slips[-1] if slips else 10_000_000
    if lines and lines[-1] == f"basket {last + 1}":
        return [basket_of(last + 1)]
    return [Basket(), basket_of(last + 1)]


def program(what: str, folder: Path, card: int) -> list[str]:
    return [sys.executable, "-m", "tests.integration.test_kill_store", what, str(folder), str(card)]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    card = begin(folder)
    chance = random.Random(20)
    lines: list[str] = []
    kills = 0
    while (done := check(folder, card, lines)) < SALES or kills < KILLS:
        assert kills < 10 * KILLS, "the till does not get on"
        with subprocess.Popen(program("sell", folder, card), stdout=subprocess.PIPE, cwd=ROOT) as child:
            assert child.stdout is not None
            for _ in range(chance.randrange(2, 2 + 4 * SALES // KILLS)):
                lines.append(child.stdout.readline().decode().strip())
            for _ in range(chance.randrange(20_000)):  # some moment of the next sale
                pass
            child.kill()
            lines += child.stdout.read().decode().splitlines()
        assert child.returncode == -signal.SIGKILL
        kills += 1
    assert done >= SALES


def test_killed_at_every_write_boundary(tmp_path: Path) -> None:
    card = begin(tmp_path / "till")
    ran = subprocess.run(
        program("boundaries", tmp_path / "till", card),
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert (ran.returncode, ran.stderr) == (0, "")
    killed, sales = map(int, ran.stdout.split())
    assert killed > 40
    assert 0 < sales < killed


# -- the till that gets killed


def main(what: str, folder: Path, card: int) -> None:
    if what == "sell":
        store = opened(folder)
        while True:
            sell_one(store, card)
            store.checkpoint()
    boundaries(folder, card)


def boundaries(folder: Path, card: int) -> None:
    """Kill a fork at its first boundary, its second, ... until one comes through; say how many, and the sales made."""
    killed = sold = 0
    while True:
        copy = Path(shutil.copytree(folder, folder.with_name("copy")))
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(writing, 1)
            store = opened(copy)
            sys.setprofile(Killer(killed + 1))
            sell_one(store, card)
            sys.setprofile(None)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as said:
            lines = said.read().splitlines()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sold += check(copy, card, lines)
        shutil.rmtree(copy)
        if status == 0:
            break
        assert status == -signal.SIGKILL, status
        killed += 1
    print(killed, sold)


class Killer:
    """Kills its process before and after the calls that may write, at the one with the given number."""

    def __init__(self, boundary: int) -> None:
        self._left = boundary

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        if event not in ("c_call", "c_return"):
            return
        on = getattr(called, "__self__", None)
        if isinstance(on, sqlite3.Connection) or called is os.pwrite:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
