"""A centre of the tests' own: the real service behind its gate, on a real PostgreSQL, on a port of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from sync.central import database, service, tills
from sync.central.database import Link, Pool
from sync.central.folding import Folder
from sync.central.rates import Limits, Rate
from sync.central.snapshots import Snapshots, routes
from sync.central.state import now_ms

ZONE = "Europe/Sofia"
SHOP = "sofia-1"
UNLIMITED = Limits(*6 * [Rate(10**9, 1e9)])
_PATIENCE_S = 20


class Centre:
    """A running centre. It can be stopped and started again on its port, which its tills do not change."""

    def __init__(self, database_url: str, folder: Path | None = None) -> None:
        self.database_url = database_url
        self.link: Link = database.connect(database_url)
        database.bring_up_to_date(self.link)
        tills.found_centre(self.link, ZONE)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self.snapshots: Snapshots | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._pool: Pool | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._pool = database.pool(self.database_url)
        self._pool.open(wait=True)
        if self._folder is not None:
            self.snapshots = Snapshots(self._folder, self._pool, self.database_url, least=1)
        app = service.gated(
            self._pool, Folder(ZONE), limits=UNLIMITED, more=routes(self.snapshots) if self.snapshots else ()
        )
        config = uvicorn.Config(app, port=self.port, log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        waited = threading.Event()
        for _ in range(_PATIENCE_S * 100):
            if self._server.started:
                return
            waited.wait(0.01)
        raise AssertionError("The centre does not start.")

    def stop(self) -> None:
        """Go away, as far as the tills can see."""
        if self._server is not None and self._thread is not None and self._pool is not None:
            self._server.should_exit = True
            self._thread.join(_PATIENCE_S)
            self._pool.close()
        if self.snapshots is not None:
            self.snapshots.close()
        self._server = None

    def close(self) -> None:
        self.stop()
        self.link.close()

    def code(self, name: str = "Каса", shop: str = SHOP) -> str:
        """A code with which one till can join."""
        return tills.new_code(self.link, name, shop, now_ms())

    def fold(self) -> None:
        """Let everything that was sent be part of the states."""
        folder = Folder(ZONE)
        waiting = [f"SELECT count(*) FROM {table} WHERE tick IS NULL" for table in ("batch", "person", "entry")]
        while any(self.one(query) for query in (*waiting, "SELECT coalesce(closed, tick) <> tick FROM centre")):
            folder.fold(self.link)

    def publish(self, kind: str, key: str, data: bytes | None, shop: str = "") -> None:
        """Put a thing among those that all tills are told."""
        self.link.execute(
            "INSERT INTO entry (kind, key, shop, data) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (kind, key, shop) DO UPDATE SET data = excluded.data, tick = NULL",
            (kind, key, shop, data),
        )
        self.fold()

    def one(self, query: str) -> int:
        """The number that a query answers."""
        found = self.link.execute(query.encode()).fetchone()
        assert found is not None
        return int(found[0])


@contextmanager
def running(database_url: str, folder: Path | None = None) -> Iterator[Centre]:
    """A centre on a database of its own, while it is needed; with a folder it makes snapshots there."""
    centre = Centre(database_url, folder)
    try:
        centre.start()
        yield centre
    finally:
        centre.close()
