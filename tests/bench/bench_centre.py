"""The centre's intake and folding against PostgreSQL itself, fed with the same bytes by psycopg.

`python -m tests.bench.bench_centre --facts N` measures other numbers of facts.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from queue import Empty, SimpleQueue
from typing import ParamSpec

import psutil

from pos_app.demo import ZONE
from sync.central import database, intake
from sync.central.database import Link
from sync.central.folding import Folder
from sync.messages import FACTS_MOST, Sent
from tests.bench import centre_day
from tests.bench.centre_day import MORNING, Till
from tests.bench.table import Row, shown

FACTS = 30_000
CARDS = 20_000
CONNECTIONS = 4
NOW = MORNING + 86_400_000
ROUNDS = 3

P = ParamSpec("P")
Links = Sequence[Link]

_SENT = ["int8", "bytea", "int8", "int8", "bytea", "bytea", "int8"]
_COLUMNS = "till, id, epoch, seq, hash, data, received"


def rows(count: int = FACTS) -> Iterable[Row]:
    with centre_day.centre() as url, ExitStack() as stack:
        links = [stack.enter_context(closing(database.connect(url))) for _ in range(CONNECTIONS)]
        yield from stored(links, count)
        yield from folded(links, count)
        yield from many_tills(links, count)


def stored(links: Links, count: int) -> Iterable[Row]:
    """Taken up by `receive` in batches of 500, against staging and upsert of the same bytes."""
    both = Both(links)
    for round_ in range(ROUNDS):
        days = days_of(20, count // 20, round_)
        begin(links[0], len(days))
        both.ours(receive_all, links, tills_of(days))
        begin(links[0], 0)
        both.reference(upsert_all, links, days)
    return both.rows("facts stored: staging + upsert", 1.5, count)


def folded(links: Links, count: int) -> Iterable[Row]:
    """Taken up and folded into the states of accounts with a past, against COPY of the same bytes into one table."""
    both = Both(links)
    for round_ in range(ROUNDS):
        days = days_of(20, count // 20, round_)
        begin(links[0], len(days))
        centre_day.open_accounts(links[0], CARDS)
        both.ours(receive_and_fold, links, tills_of(days))
        assert database.row(links[0], "SELECT count(*) FROM batch WHERE tick IS NULL")[0] == 0
        begin(links[0], 0)
        both.reference(copy_all, links[0], days)
    return both.rows("facts stored and folded: COPY into one table", 10, count)


def many_tills(links: Links, count: int) -> Iterable[Row]:
    """2 000 tills against 20, which send the same facts in uploads of the same size; all have sent something before."""
    both = Both(links)
    most = count // 2000
    for round_ in range(ROUNDS):
        for number, measure in ((2000, both.ours), (20, both.reference)):
            tills = tills_of(days_of(number, count // number + most, round_), most)
            begin(links[0], number)
            receive_all(links, tills, rounds=1)
            links[0].execute("ANALYZE")
            measure(receive_all, links, tills)
    return both.rows(f"facts of 2 000 tills, {most} an upload: those of 20 tills", 1.1, count)


class Both:
    """Seconds by the clock, and of all processors that worked on it: PostgreSQL's processes and this one.

    Where a service does the work, its process counts instead of this one, which only asks.
    """

    def __init__(self, links: Links, service: psutil.Process | None = None) -> None:
        self._link = links[0]
        self._service = service
        self._ours: list[tuple[float, float]] = []
        self._reference: list[tuple[float, float]] = []

    def ours(self, work: Callable[P, object], *values: P.args, **named: P.kwargs) -> None:
        self._ours.append(self._seconds(self._service or psutil.Process(), work, *values, **named))

    def reference(self, work: Callable[P, object], *values: P.args, **named: P.kwargs) -> None:
        self._reference.append(self._seconds(psutil.Process(), work, *values, **named))

    def _seconds(
        self, worker: psutil.Process, work: Callable[P, object], *values: P.args, **named: P.kwargs
    ) -> tuple[float, float]:
        began_s, used_s = time.perf_counter(), self._processors_s(worker)
        work(*values, **named)
        return time.perf_counter() - began_s, self._processors_s(worker) - used_s

    def _processors_s(self, worker: psutil.Process) -> float:
        server = psutil.Process(self._link.info.backend_pid).parent()
        assert server is not None
        used = server.cpu_times()
        ended = used.children_user + used.children_system
        working = [process.cpu_times() for process in (worker, *server.children())]
        return float(ended + sum(one.user + one.system for one in (used, *working)))

    def rows(self, what: str, budget: float, count: int) -> Iterable[Row]:
        """Microseconds a fact, of the best rounds: what a busy machine adds is nobody's."""
        for name, place in (("by the clock", 0), ("processors", 1)):
            ours, reference = (min(one[place] for one in some) / count for some in (self._ours, self._reference))
            yield Row(f"{what}, {name}", ours * 1e6, reference * 1e6, budget)


Days = Sequence[tuple[int, list[Sent]]]


def tills_of(days: Days, most: int = FACTS_MOST) -> list[Till]:
    return [Till(number, sent, most) for number, sent in days]


def days_of(tills: int, sales: int, seed: int) -> Days:
    return [(number, centre_day.day(number, sales, CARDS, seed)) for number in range(1, tills + 1)]


def begin(link: Link, tills: int) -> dict[int, bytes]:
    """An empty centre with so many tills, and an empty table beside it; tells the tills' keys."""
    link.execute("DROP TABLE IF EXISTS kept")
    link.execute(
        "CREATE TABLE kept (till bigint, id bytea, epoch bigint NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL, "
        "data bytea NOT NULL, received bigint NOT NULL, PRIMARY KEY (till, id))"
    )
    centre_day.empty(link)
    return centre_day.enrol(link, tills)


def receive_all(links: Links, tills: Sequence[Till], rounds: int = 1_000_000) -> None:
    """Let every till send all that it has, or so many uploads of it, several tills at once."""
    waiting: SimpleQueue[tuple[Till, int]] = SimpleQueue()
    for till in tills:
        waiting.put((till, rounds))

    def take_up(link: Link) -> None:
        while True:
            try:
                till, left = waiting.get_nowait()
            except Empty:
                return
            upload = till.upload() if left else None
            if upload is not None:
                till.heard(intake.receive(link, till.number, upload, NOW))
                waiting.put((till, left - 1))

    _on(links, take_up)


def receive_and_fold(links: Links, tills: Sequence[Till]) -> None:
    """The same while a folder is at work; until it has nothing left."""
    over = threading.Event()

    def fold() -> None:
        folder = Folder(ZONE)
        while folder.fold(links[0]) or not over.is_set():
            pass

    with ThreadPoolExecutor(1) as one:
        folding = one.submit(fold)
        try:
            receive_all(links[1:], tills)
        finally:
            over.set()
        folding.result()


def upsert_all(links: Links, days: Days) -> None:
    """The same rows by COPY into a staging table, and from there into one that has each once."""
    batches: SimpleQueue[tuple[int, list[Sent]]] = SimpleQueue()
    for till, sent in days:
        for first in range(0, len(sent), FACTS_MOST):
            batches.put((till, sent[first : first + FACTS_MOST]))

    def upsert(link: Link) -> None:
        link.execute("CREATE TEMP TABLE IF NOT EXISTS staging (LIKE kept) ON COMMIT DELETE ROWS")
        while True:
            try:
                till, sent = batches.get_nowait()
            except Empty:
                return
            with link.transaction():
                _copy(link, "staging", till, sent)
                link.execute("INSERT INTO kept SELECT * FROM staging ON CONFLICT (till, id) DO NOTHING")

    _on(links, upsert)


def copy_all(link: Link, days: Days) -> None:
    """The same rows by COPY alone, one transaction for each 500."""
    for till, sent in days:
        for first in range(0, len(sent), FACTS_MOST):
            with link.transaction():
                _copy(link, "kept", till, sent[first : first + FACTS_MOST])


def _copy(link: Link, table: str, till: int, sent: Iterable[Sent]) -> None:
    with link.cursor() as cursor, cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
        copy.set_types(_SENT)
        for one in sent:
            copy.write_row((till, one.id, one.epoch, one.seq, one.hash, one.data, NOW))


def _on(links: Links, work: Callable[[Link], None]) -> None:
    with ThreadPoolExecutor(len(links)) as threads:
        for done in [threads.submit(work, link) for link in links]:
            done.result()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=int, default=FACTS)
    print("\n".join(shown(rows(parser.parse_args().facts))))


if __name__ == "__main__":
    main()
