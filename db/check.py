"""Looking the till's files over without changing them: what is damaged, and what was put aside."""

import sqlite3
import threading
from pathlib import Path

from db import file, generations, journal, schema
from db.store import LOCK_FILE
from db.trouble import StoreTrouble, of_reading

LOOK_S = 5.0
"""After so long a file that is large is taken to be whole, as far as it was looked at."""

_AGAIN_S = 0.002
"""Something that had not begun yet was not broken off."""


def faults(folder: Path, look_s: float = LOOK_S) -> list[str]:
    """A sentence for every file of a till in `folder` that is not as it should be; none where there is no till yet."""
    try:
        replicas = generations.all_in(folder)
        found = [
            f"{path} is a damaged file that was put aside: keep it for support"
            for path in generations.set_apart(folder)
        ]
        written = folder / journal.FILE
        if not written.exists():
            return [*found, str(StoreTrouble("no_journal", written))] if replicas else found
        if not replicas:
            found.append(str(StoreTrouble("no_replica", folder)))
        kinds = [(written, schema.JOURNAL), *((path, schema.REPLICA) for path in replicas)]
        return found + [fault for path, kind in kinds if (fault := _fault(path, kind, look_s))]
    except FileNotFoundError:
        return []
    except OSError as error:
        return [str(of_reading(folder, error))]


def is_open(folder: Path) -> bool:
    """Whether a till works with the files of `folder` now."""
    return file.is_locked(folder / LOCK_FILE)


def _fault(path: Path, kind: schema.Schema, look_s: float) -> str | None:
    """What is wrong with one file, if anything was found within `look_s` seconds."""
    try:
        connection = file.opened(path, kind, read_only=True)
    except StoreTrouble as trouble:
        return None if trouble.code == "older" else str(trouble)  # the next start brings it up to date
    done = threading.Event()
    stopper = threading.Thread(target=_stop, args=(connection, done, look_s), daemon=True)
    stopper.start()
    try:
        told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if told == "ok" else str(StoreTrouble("damaged", path))
    except sqlite3.Error as error:
        return None if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT else str(of_reading(path, error))
    finally:
        done.set()
        stopper.join()
        connection.close()


def _stop(connection: sqlite3.Connection, done: threading.Event, look_s: float) -> None:
    """Break off what takes longer than `look_s`; SQLite asks no progress handler while it looks a file over."""
    wait_s = look_s
    while not done.wait(wait_s):
        connection.interrupt()
        wait_s = _AGAIN_S
