"""The centre as it runs, `pos-app central` in a process of its own, asked over HTTP by signed requests.

`python -m tests.bench.bench_centre_service --facts N` measures other numbers of facts.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
from psycopg import sql

from pos_app.clock import now_ms
from sync.central import database, folding
from sync.central.database import Link
from sync.line import HttpLine
from sync.messages import HoldOver, HoldWanted
from tests.bench import centre_day
from tests.bench.bench_centre import CARDS, CONNECTIONS, Both, Links, begin, days_of, tills_of, upsert_all
from tests.bench.centre_day import FIRST_CARD, Till
from tests.bench.table import Row, percentile, shown

ROOT = Path(__file__).parents[2]
FACTS = 30_000
HOLDS = 300
DAY_FACTS = 1000 * 3 * 600
HOUR_US = 3_600_000_000
CASHIER_US = 400_000
"""How long a cashier waits for the centre before the till decides alone."""


def rows(count: int = FACTS) -> Iterable[Row]:
    with centre_day.centre() as url:
        links = [database.connect(url) for _ in range(CONNECTIONS)]
        begin(links[0], 20)
        with _served(url) as (address, service):
            yield from stored(address, service, links, count)
            yield from held(address, links)
            yield replayed(address, links, count)
        for link in links:
            link.close()


def stored(address: str, service: psutil.Process, links: Links, count: int) -> Iterable[Row]:
    """Facts stored over HTTP against staging and upsert of the same bytes; nobody folds meanwhile.

    By the clock the tills are on the same processors; what the service and PostgreSQL work is told without them.
    """
    both = Both(links, service)
    for round_ in range(3):
        days = days_of(20, count // 20, round_)
        keys = begin(links[0], len(days))
        with _nobody_folds(links[0]):
            both.ours(_send_all, address, keys, tills_of(days))
        begin(links[0], 0)
        both.reference(upsert_all, links, days)
    return both.rows("facts stored over HTTP: staging + upsert", 1.5, count)


def held(address: str, links: Links) -> Iterable[Row]:
    """The 95th percentile of a hold, given up afterwards: in peace, and while tills send and their facts are folded."""
    keys = begin(links[0], 40)
    centre_day.open_accounts(links[0], CARDS)
    peace = _holds(address, keys)
    yield Row("95th percentile of a hold: how long a cashier waits", percentile(peace, 0.95), CASHIER_US, 0.25)
    tills = [till for till in tills_of(days_of(40, 1000, 9), 50) if till.number > 20]
    with ThreadPoolExecutor(1) as one:
        sending = one.submit(_send_all, address, keys, tills)
        busy = _holds(address, keys)
        sending.result()
    yield Row("the same while tills send and all is folded", percentile(busy, 0.95), CASHIER_US, 0.25)
    print(f"median of a hold {statistics.median(peace):.0f} us, busy {statistics.median(busy):.0f} us", file=sys.stderr)


def replayed(address: str, links: Links, count: int) -> Row:
    """A share of the day of 1 000 shops with 3 tills, sent and folded over HTTP; told as the whole of it."""
    days = days_of(count // 600, 600, 5)
    keys = begin(links[0], len(days))
    centre_day.open_accounts(links[0], CARDS)

    def day() -> None:
        _send_all(address, keys, tills_of(days))
        _wait_for(lambda: not database.row(links[0], "SELECT count(*) FROM batch WHERE tick IS NULL")[0])

    seconds = _seconds(day) / (len(days) * 600) * DAY_FACTS
    share = f"{len(days) * 600:,} of its {DAY_FACTS:,} facts"
    what = f"a day of 1 000 shops in {seconds / 60:.0f} minutes, by {share}: an hour"
    return Row(what, seconds * 1e6, HOUR_US, 1)


@contextmanager
def _served(url: str) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of a centre on a database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pos_app", "central", "--database", url, "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(lambda: _answers(address))
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _nobody_folds(link: Link) -> Iterator[None]:
    link.execute(sql.SQL("SELECT pg_advisory_lock({})").format(folding.LOCK))
    try:
        yield
    finally:
        link.execute(sql.SQL("SELECT pg_advisory_unlock({})").format(folding.LOCK))


def _send_all(address: str, keys: dict[int, bytes], tills: Sequence[Till]) -> None:
    """Let all tills send all that they have, some at once."""

    def send(some: Sequence[Till]) -> None:
        for till in some:
            with closing(HttpLine(address, till.number, keys[till.number], now_ms)) as line:
                while (upload := till.upload()) is not None:
                    till.heard(line.send(upload))

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for done in [threads.submit(send, tills[first::CONNECTIONS]) for first in range(CONNECTIONS)]:
            done.result()


def _holds(address: str, keys: dict[int, bytes]) -> list[float]:
    """Microseconds of holds, each of another till and card than the one before."""
    samples = []
    lines = [HttpLine(address, number, keys[number], now_ms) for number in range(1, 21)]
    for place in range(HOLDS):
        line, hold = lines[place % len(lines)], os.urandom(16)
        began = time.perf_counter_ns()
        line.hold(
            HoldWanted(hold, FIRST_CARD + place, 10)
        )  # refused too, where the account was folded without its past
        samples.append((time.perf_counter_ns() - began) / 1000)
        line.give_up(HoldOver(hold))
    for line in lines:
        line.close()
    return samples


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=int, default=FACTS)
    print("\n".join(shown(rows(parser.parse_args().facts))))


if __name__ == "__main__":
    main()
