"""The centre's database: connections, and the numbered steps by which its schema came to be as it is."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import LiteralString

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Link = Connection[TupleRow]
Pool = ConnectionPool[Link]

_SCHEMA = files("sync.central") / "schema"
_VANISHED = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How soon a server that says nothing any more is given up, so that another one is looked for; libpq waits hours."""
RECONNECT_S = 2.0
"""After so long without a server the next request looks for one at once; the pool would wait longer each time."""

_STEPS_LOCK = 0x706F735F61707001
"""One program brings the schema up to date at a time."""


class SchemaTrouble(Exception):
    """The database is not one that this program can work with; the text is a sentence."""


def connect(url: str) -> Link:
    """A connection by a PostgreSQL URL, each statement a transaction of its own unless one is begun."""
    return psycopg.connect(reachable(url), autocommit=True)


def pool(url: str, most: int = 16) -> Pool:
    """Connections for many requests at once; open it before and close it after."""
    return ConnectionPool(
        reachable(url),
        kwargs={"autocommit": True},
        min_size=1,
        max_size=most,
        open=False,
        timeout=5.0,
        reconnect_timeout=RECONNECT_S,
    )


def reachable(url: str) -> str:
    """A URL with bounds to what is waited for a server, unless it has its own."""
    return make_conninfo("", **{**_VANISHED, **conninfo_to_dict(url)})


def row(link: Link, query: LiteralString, values: Sequence[object] = ()) -> TupleRow:
    """The one row of a query that always has one."""
    found = link.execute(query, values).fetchone()
    assert found is not None, query
    return found


def steps() -> list[tuple[int, str]]:
    """The numbered steps of the schema, in their order."""
    return sorted(
        (int(step.name[:4]), step.read_text("utf-8")) for step in _SCHEMA.iterdir() if step.name[:4].isdigit()
    )


def bring_up_to_date(link: Link) -> int:
    """Do the steps that are still pending, each in a transaction of its own; tells how many there were.

    Tills may be connected meanwhile: a step only adds. Raises SchemaTrouble for a database of a newer program, or one
    whose released steps are not what this program did.
    """
    link.execute("CREATE TABLE IF NOT EXISTS step (number integer PRIMARY KEY, mark text NOT NULL)")
    done = 0
    with _alone(link):
        known: dict[int, str] = dict(link.execute("SELECT number, mark FROM step").fetchall())
        wanted = steps()
        if known.keys() - {number for number, _ in wanted}:
            raise SchemaTrouble("The database is of a newer program. Install that version of pos-app, or a newer one.")
        for number, text in wanted:
            mark = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
            if number in known and known[number] != mark:
                raise SchemaTrouble(f"Step {number} of the schema is not the one that was done in this database.")
            if number not in known:
                with link.transaction():
                    for statement in _statements(text):
                        link.execute(statement.encode())
                    link.execute("INSERT INTO step VALUES (%s, %s)", (number, mark))
                done += 1
        link.execute((_SCHEMA / "spread.sql").read_bytes())
    return done


def _statements(text: str) -> Iterator[str]:
    """The statements of a step, each ending with its line: where tables are distributed they are told on one by one."""
    statement = ""
    for part in text.splitlines(keepends=True):
        statement += part
        if part.rstrip().endswith(";") and statement.count("$$") % 2 == 0:
            yield statement
            statement = ""
    if statement.strip():
        yield statement


@contextmanager
def _alone(link: Link) -> Iterator[None]:
    link.execute("SELECT pg_advisory_lock(%s)", (_STEPS_LOCK,))
    try:
        yield
    finally:
        link.execute("SELECT pg_advisory_unlock(%s)", (_STEPS_LOCK,))
