"""One SQLite file of the till: opened, kept to its owner, written in whole transactions."""

import fcntl
import os
import sqlite3
from pathlib import Path
from types import TracebackType

from db import schema
from db.schema import Schema
from db.trouble import StoreTrouble, TroubleCode, of_error, of_reading

WAL_PAGES = 4000
"""At this length (16 MB) a commit empties the WAL by itself, should nobody find an idle moment for it."""

_BUSY_S = 5.0


def opened(path: Path, kind: Schema, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection to a file of this kind, made or brought up to date where that is allowed.

    Every commit is on the disk when it returns. Raises StoreTrouble.
    """
    try:
        if read_only and not path.exists():
            raise StoreTrouble("missing", path)
        if path.is_dir():
            raise StoreTrouble("damaged", path)
        if not read_only:
            _make_private(path)
        connection = connected(path, read_only=read_only)
    except (sqlite3.Error, OSError) as error:
        raise of_error(path, error) from error
    try:
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        schema.prepare(connection, path, kind, read_only=read_only)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error | OSError):
            raise (of_reading if read_only else of_error)(path, error) from error
        raise
    return connection


def connected(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A bare connection without transactions of Python's own."""
    mode = "rw" if not read_only else "ro&immutable=1" if _is_still(path) else "ro"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_S, cached_statements=256)


def _is_still(path: Path) -> bool:
    """Whether a file can be read as it lies: SQLite may make no side files beside it, and none would tell more."""
    wal, shared = (path.with_name(path.name + side) for side in ("-wal", "-shm"))
    if os.access(path.parent, os.W_OK):
        return False
    return not wal.exists() or (wal.stat().st_size == 0 and not shared.exists())


def locked(path: Path, code: TroubleCode) -> int:
    """The handle of a lock that goes with the process; StoreTrouble of this code when another one has it."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if isinstance(error, BlockingIOError):
            raise StoreTrouble(code, path.parent) from error
        raise
    return handle


def is_locked(path: Path) -> bool:
    """Whether another process has a lock; it is taken for an instant where none has."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def synced(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_private(path: Path) -> None:
    """Make the file where there is none, for its owner alone; SQLite gives its side files the same rights."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return


class Transaction:
    """All or nothing; on the disk when it is left without an error. Raises StoreTrouble when it cannot be."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def __enter__(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise of_error(self._path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._connection.execute("COMMIT")
        except sqlite3.Error as failure:
            raise of_error(self._path, failure) from failure
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
