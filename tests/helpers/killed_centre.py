"""`python -m tests.helpers.killed_centre MINUTES [SEED]`: three tills and a centre, killed and cut off at random.

Everything is a process as it runs in a shop: tills with their stores, `pos-app sync` beside each, `pos-app central`
on a PostgreSQL of its own, or on the one that `POS_TEST_DATABASE` names, which is left alone. Whoever dies is started
again, as the system would. In the end all must be equal.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import LiteralString, Self

from db.store import NewFact
from db.uplink import Uplink
from pos_app.clock import now_ms
from pos_app.loyalty import ledger, stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Enrolled, Fact, SaleCompleted
from sync.central import database, tills
from tests.helpers import postgres
from tests.helpers.linked import PROGRAMME, opened
from tests.helpers.network import Network
from tests.helpers.servers import Server

ROOT = Path(__file__).parents[2]
TILLS = 3
CARDS = 12
PATIENCE_S = 120
_PROGRAM = (sys.executable, "-m", "pos_app")


class _Kept:
    """A process that is started again whenever it has ended."""

    def __init__(self, *command: str, log: Path) -> None:
        self._command = command
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        self._process.kill()
        self._bury()

    def keep(self) -> None:
        """Start it again if it has ended."""
        if self._process.poll() is not None:
            self._bury()
            self.start()

    def end(self) -> int:
        """Let it end in order; its exit status."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.send_signal(signal.SIGTERM) if "pos_app" in self._command else None
        return self._process.wait(PATIENCE_S)

    def _bury(self) -> None:
        if self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait(PATIENCE_S)


class _Given:
    """A database that is there, and nobody's to kill."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self) -> str:
        return self._url

    def start(self) -> None:
        """It has never ended."""

    def kill(self) -> None:
        """Others live there."""

    def answers(self) -> bool:
        return True


class Cluster:
    """Tills and their centre. `figures` count what was done to them."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)
        self._seed = seed
        self.figures: Counter[str] = Counter()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="killed-centre")))
            url = self._begun(stack)
            self.port = port = _free_port()
            self._central = self._started(
                stack, *_PROGRAM, "central", "--database", url, "--port", str(port),
                "--programme", PROGRAMME.id, log="central",
            )  # fmt: skip
            self._networks = [stack.enter_context(Network(port)) for _ in range(TILLS)]
            folders = [self._enrolled(f"till{number}", port, way.url) for number, way in enumerate(self._networks)]
            self.folders = folders
            self.cards = [card for folder in folders for card in _given(folder, CARDS // TILLS)]
            cards = [str(card) for card in self.cards]
            selling = (sys.executable, "-m", "tests.helpers.selling_till")
            self._tills = [
                self._started(
                    stack, *selling, str(folder), self._seed + folder.name, *cards, log=f"{folder.name}.facts"
                )
                for folder in folders
            ]
            self._syncs = [
                self._started(stack, *_PROGRAM, "sync", "--data", str(folder), log=f"{folder.name}.sync")
                for folder in folders
            ]
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _begun(self, stack: ExitStack) -> str:
        """The URL of the database, where there is one at last."""
        if postgres.GIVEN in os.environ:
            url = stack.enter_context(postgres.running()).database(empty=True)
            self._server: Server | _Given = _Given(url)
            return url
        self._standby = stack.enter_context(Server(_free_port()))
        self._server = server = stack.enter_context(Server(_free_port()))
        server.begin()
        server.start()
        hosts = f"127.0.0.1:{server.port},127.0.0.1:{self._standby.port}"
        return f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"

    def _started(self, stack: ExitStack, *command: str, log: str) -> _Kept:
        kept = _Kept(*command, log=self.folder / log)
        stack.callback(kept.kill)
        return kept

    def _enrolled(self, name: str, port: int, url: str) -> Path:
        """A till of the centre, whose way to it is a network of its own."""
        folder = self.folder / name
        _wait_for(lambda: _listens(port))
        with database.connect(self._server.url()) as link:
            code = tills.new_code(link, name, "shop", now_ms())
        command = [*_PROGRAM, "enrol", "--centre", url, "--code", code, "--data", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S)
        return folder

    # -- harm

    def harm(self, seconds: float) -> None:
        """Kill and cut for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            threading.Event().wait(self._chance.random() * 2)
            self._once()
            for one in (self._central, *self._tills, *self._syncs):
                one.keep()
            if not self._server.answers():
                self._server.start()

    def _once(self) -> None:
        verb = self._chance.choice(["till", "till", "sync", "sync", "central", "postgres", "cut", "cut", "cut", "heal"])
        self.figures[verb] += 1
        match verb:
            case "till":
                self._chance.choice(self._tills).kill()
            case "sync":
                self._chance.choice(self._syncs).kill()
            case "central":
                self._central.kill()
            case "postgres":
                self._server.kill()
            case "cut":
                network = self._chance.choice(self._networks)
                network.cut_after = self._chance.choice([0, 20, 300, 5000])
                network.delay_s = self._chance.choice([0, 0.05, 0.5])
                network.lie = self._chance.choice([None, None, b"", b"HTTP/1.1 200 OK\r\n\r\n\x00"])
            case _:
                self._heal()

    def _heal(self) -> None:
        for network in self._networks:
            network.cut_after, network.delay_s, network.lie = None, 0.0, None

    # -- another server in the place of the first

    def add_standby(self, *, synchronous: bool) -> None:
        """Let a second server follow the first one."""
        assert isinstance(self._server, Server)
        self._standby.follow(self._server, "standby")
        self._standby.start()
        with database.connect(self._server.url()) as link:
            if synchronous:
                link.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
                link.execute("SELECT pg_reload_conf()")
            wanted = "sync" if synchronous else "async"
            query: LiteralString = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = %s"
            _wait_for(lambda: database.row(link, query, (wanted,))[0] == 1)

    def cut_standby_off(self) -> None:
        """Let the second server hear nothing more of the first one."""
        with database.connect(self._standby.url()) as link:
            link.execute("ALTER SYSTEM SET primary_conninfo = ''")
            link.execute("SELECT pg_reload_conf()")

    def fail_over(self) -> int:
        """Kill the first server and let the second take its place; tells how many acknowledged facts it lacks."""
        self._server.kill()
        self._standby.promote()
        self._server = self._standby
        return self.lost()

    def lost(self) -> int:
        """How many acknowledged facts the centre lacks."""
        acknowledged = set[bytes]()
        for folder in self.folders:
            uplink = Uplink(folder)
            acknowledged.update(id_ for _, id_ in uplink.sent_ids(0, 1_000_000))
            uplink.close()
        with database.connect(self._server.url()) as link:
            kept = {bytes(id_) for (id_,) in link.execute("SELECT id FROM fact")}
        self.figures["acknowledged"] = len(acknowledged)
        return len(acknowledged - kept)

    def wait_for_facts(self, more: int) -> None:
        """Wait until the centre has so many facts more than now."""
        with database.connect(self._server.url()) as link:
            wanted = database.row(link, "SELECT count(*) FROM fact")[0] + more
            _wait_for(lambda: database.row(link, "SELECT count(*) FROM fact")[0] >= wanted)

    # -- the end

    def settle(self) -> None:
        """Let all links work and the tills sell no more, until nothing waits anywhere."""
        self._heal()
        for one in self._tills:
            assert one.end() == 0
        for sync in self._syncs:
            sync.kill()
        _wait_for(self._is_settled)
        for folder in self.folders:
            self._round(folder)

    def _is_settled(self) -> bool:
        self._central.keep()
        sent = [self._round(folder) for folder in self.folders]
        with database.connect(self._server.url()) as link:
            return all(sent) and not database.row(link, "SELECT count(*) FROM batch WHERE tick IS NULL")[0]

    def _round(self, folder: Path) -> bool:
        command = [*_PROGRAM, "sync", "--once", "--data", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        return done.returncode == 0 and "Nothing waits." in done.stdout

    def check(self, alarms: Collection[str] = ()) -> None:
        """Nothing was lost, nothing doubled, all are of one mind, and people were told of nothing but `alarms`."""
        written: dict[bytes, Fact] = {}
        for folder in self.folders:
            with opened(folder) as store:
                own = {fact.id: fact for fact in store.facts()}
                told = {bytes.fromhex(line) for line in _lines(self.folder / f"{folder.name}.facts")}
                assert told <= own.keys(), f"{folder.name} has lost {len(told - own.keys())} facts"
                slips = Counter(fact.body.slip for fact in own.values() if isinstance(fact.body, SaleCompleted))
                assert max(slips.values()) == 1
                written |= own
        expected = ledger.fold(PROGRAMME.zone, written.values(), PROGRAMME.statutes)
        now = max(now_ms(), *(fact.moment for fact in written.values()))
        with database.connect(self._server.url()) as link:
            kept = [bytes(id_) for (id_,) in link.execute("SELECT id FROM fact")]
            assert sorted(kept) == sorted(written), f"{len(kept)} facts at the centre, {len(written)} at the tills"
            assert link.execute("SELECT * FROM apart").fetchall() == []
            assert {kind for (kind,) in link.execute("SELECT kind FROM alarm")} <= set(alarms)
            for card in self.cards:
                (data,) = database.row(
                    link, "SELECT state FROM ledger JOIN card USING (root) WHERE number = %s", (card,)
                )
                assert _points(stored.decode(data), card, now) == _points(expected, card, now), f"centre, {card}"
        for folder in self.folders:
            with opened(folder) as store:
                store.refresh()
                for card in self.cards:
                    assert store.totals(card, now) == _points(expected, card, now), f"{folder.name}, {card}"
        bodies = Counter(type(fact.body).__name__ for fact in written.values())
        self.figures["facts"] = len(written)
        self.figures.update(bodies)


def _points(state: Ledger, card: int, now: int) -> ledger.Totals:
    state.statutes = PROGRAMME.statutes
    ledger.advance(state, now)
    totals = ledger.totals(state, state.cards[card].account)
    assert totals.earned == totals.spent + totals.expired + totals.cancelled + totals.balance + totals.pending
    return totals


def _given(folder: Path, count: int) -> list[int]:
    """Cards that a till hands over, before anything happens."""
    with opened(folder) as store:
        cards = []
        for _ in range(count):
            card = store.next_card()
            store.record([NewFact(Enrolled(card, card, card, "client", 0), max(now_ms(), store.last_moment))])
            cards.append(card)
        return cards


def _lines(path: Path) -> list[str]:
    """The whole lines of a file; the last one may have been broken off."""
    return path.read_text().split("\n")[:-1]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "It does not come to rest."
        threading.Event().wait(0.1)


def main(minutes: float, seed: str) -> None:
    with Cluster(seed) as cluster:
        cluster.harm(minutes * 60)
        cluster.settle()
        cluster.check()
        print(f"seed {seed}: all equal; " + ", ".join(f"{name} {count}" for name, count in cluster.figures.items()))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else str(int.from_bytes(os.urandom(4), "big")))
