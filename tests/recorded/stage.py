"""The centre of a conversation: the real service on a real PostgreSQL, which folds when the conversation says so."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, cast

import msgspec
import uvicorn

from pos_app.loyalty import facts, ledger
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.programme_file import decode
from sync.central import apart, backups, database, published, snapshots, tills
from sync.central.database import Link, row
from sync.central.folding import Folder
from sync.central.service import gated
from sync.messages import Kind
from tests.helpers.centre import UNLIMITED
from tests.recorded.conversation import Did

_ledgers = msgspec.msgpack.Decoder(Ledger)


class Stage:
    """The centre while it runs, and what happens at it. Its clock is `now`."""

    def __init__(self, url: str, database_url: str, link: Link, folder: Path, zone: str) -> None:
        self.url = url
        self.link = link
        self._database_url = database_url
        self._folder = folder
        self._folding = Folder(zone)
        self._backup = 0

    def do(self, did: Did) -> None:
        """Let something happen at the centre."""
        link, values = self.link, did.values
        match did.what, values:
            case "code", (str(code), str(name), str(shop)):
                expires = did.at + tills.CODE_MS
                link.execute("INSERT INTO join_code VALUES (%s, %s, %s, %s)", (tills._mark(code), name, shop, expires))
            case "programme", (str(id_), str(pack), bytes(content)):
                published.put_programme(link, "", id_, pack, content, did.at)
                self._folding.statutes = decode(content, pack, kept=True).statutes
            case "publish", (str(kind), str(scope), str(key), bytes(data)):
                published.put(link, cast("Kind", kind), scope, {key: data})
            case "take away", (str(kind), str(scope), str(key)):
                published.take_away(link, cast("Kind", kind), scope, [key])
            case "fold", ():
                while self._waits():
                    self._folding.fold(link)
            case "backup", ():
                backups.noted(link, backups.begin(link, did.at), did.at)
            case "restore", ():
                backups.restored(link, did.at)
            case "snapshot", ():
                snapshots.make(self._database_url, self._folder)
            case "shut out", (int(till),):
                tills.shut_out(link, till, did.at)
            case "try again", ():
                apart.try_again(link)
            case _:
                raise AssertionError(f"nobody knows how to do {did.what!r} with {len(values)} values")

    def _waits(self) -> bool:
        waits: LiteralString = (
            "SELECT EXISTS (SELECT 1 FROM batch WHERE tick IS NULL) "
            "OR EXISTS (SELECT 1 FROM person WHERE tick IS NULL) OR EXISTS (SELECT 1 FROM entry WHERE tick IS NULL)"
        )
        return bool(row(self.link, waits)[0])

    def points(self, now: int) -> dict[int, dict[str, int]]:
        """What every card has, as the centre keeps it."""
        found: dict[int, dict[str, int]] = {}
        for (data,) in self.link.execute("SELECT state FROM ledger"):
            found |= self._points(_ledgers.decode(data), now)
        return dict(sorted(found.items()))

    def points_by_fold(self, now: int) -> dict[int, dict[str, int]]:
        """What every card has by one fold of all facts that count."""
        found: dict[int, dict[str, int]] = {}
        for group in _families(self.link):
            found |= self._points(ledger.fold(self._folding._zone, group, self._folding.statutes), now)
        return dict(sorted(found.items()))

    def _points(self, state: Ledger, now: int) -> dict[int, dict[str, int]]:
        state.statutes = self._folding.statutes
        ledger.advance(state, max(now, state.changed))
        return {card: msgspec.to_builtins(ledger.totals(state, one.account)) for card, one in state.cards.items()}

    def alarms(self) -> list[tuple[int, str]]:
        return self.link.execute("SELECT DISTINCT till, kind FROM alarm ORDER BY till, kind").fetchall()


def _families(link: Link) -> Iterator[list[Fact]]:
    """The facts that count, of cards that have to do with each other."""
    rows = link.execute(
        "SELECT till, id, data FROM fact WHERE NOT EXISTS "
        "(SELECT FROM apart WHERE apart.till = fact.till AND apart.id = fact.id)"
    ).fetchall()
    groups: list[tuple[set[int], list[Fact]]] = []
    for _, _, data in rows:
        fact = facts.decode(data)
        cards = set(facts.cards_of(fact.body))
        joined = [group for group in groups if group[0] & cards]
        groups = [group for group in groups if not group[0] & cards]
        if cards:
            groups.append((cards.union(*(one[0] for one in joined)), [fact, *(f for one in joined for f in one[1])]))
    yield from (group for _, group in groups)


@contextmanager
def staged(
    database_url: str, folder: Path, zone: str, now: Callable[[], int], around: Callable[[Any], Any] = lambda app: app
) -> Iterator[Stage]:
    """A new centre in an empty database. `around` may put something around its application."""
    folder.mkdir(parents=True, exist_ok=True)
    with database.connect(database_url) as link, database.pool(database_url, most=4) as pool:
        tills.found_centre(link, zone)
        made = snapshots.Snapshots(folder, pool, database_url, least=10**9)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
            listening.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            stage = Stage(url, database_url, link, folder, zone)
            app = gated(pool, stage._folding, now, UNLIMITED, snapshots.routes(made))
            config = uvicorn.Config(around(app), lifespan="off", ws="none", log_config=None, access_log=False)
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                yield stage
            finally:
                server.should_exit = True
                thread.join()
                made.close()
