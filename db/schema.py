"""The versions of the till's files, and how an older file is brought up to date.

Steps are numbered and go forward only. Each runs in a transaction of its own, after a copy of the file was made. The
number of the last one stands in the file (`user_version`), so that sqlite-utils is loaded only when there is one to do.
"""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from db.trouble import StoreTrouble


class Schema(NamedTuple):
    """A kind of file: the name of its set of steps and how many there are."""

    name: str
    version: int


JOURNAL = Schema("journal", 6)
REPLICA = Schema("replica", 4)


def prepare(connection: sqlite3.Connection, path: Path, schema: Schema, *, read_only: bool = False) -> None:
    """Bring the file to the version of this program; raises StoreTrouble newer, or older and damaged
    (it is empty) when it is read only."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > schema.version:
        raise StoreTrouble("newer", path)
    if version == schema.version:
        return
    if read_only:
        raise StoreTrouble("older" if version else "damaged", path)
    if version:
        _copy(connection, path.with_name(f"{path.name}.version-{version}"))
    from db import steps  # sqlite-utils costs more start time than all the rest of the store

    steps.apply(connection, schema.name)


def _copy(connection: sqlite3.Connection, path: Path) -> None:
    """A whole copy of the file; it gets its name only once it is complete."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    copy = sqlite3.connect(unfinished)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    unfinished.chmod(0o600)
    unfinished.replace(path)
