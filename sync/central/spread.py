"""What differs where PostgreSQL is spread over machines by Citus: nobody sees all of them as of one moment.

A cut is committed on the first machine a little before the others, and where one of those goes down in between, long
before. Until all have it nobody may be told that it is there, and no other cut may be made of what they show.
"""

import time

from sync.central.database import Link, row

PATIENCE_S = 1.0
"""How long other transactions that are just ending are waited for."""


def is_here(link: Link) -> bool:
    """Whether PostgreSQL is spread over machines."""
    return bool(row(link, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")[0])


def close_cut(link: Link, backend: int | None = None) -> bool:
    """Note that all machines show the last cut; False while one of them does not. One machine always does.

    `backend` is the process of the database that made the cut, where that is known: others' transactions do not matter.
    """
    tick, closed = row(link, "SELECT tick, closed FROM centre")
    if closed == tick or not is_here(link):
        return True
    if not _has_ended(link, "citus%" if backend is None else f"citus\\_%\\_{backend}\\_%"):
        return False
    link.execute("UPDATE centre SET closed = tick WHERE tick = %s", (tick,))
    return True


def _has_ended(link: Link, names: str) -> bool:
    """Whether everything that was committed until now under some names is so on all machines."""
    deadline = time.monotonic() + PATIENCE_S
    ending = _ending(link, names)
    while ending and time.monotonic() < deadline:
        ending &= _ending(link, names)
    return not ending


def _ending(link: Link, names: str) -> set[str]:
    """The transactions that have been promised and not committed yet, by machine; a machine that is away has one."""
    prepared = (
        "SELECT coalesce(string_agg(gid, ' '), '') FROM pg_prepared_xacts "
        f"WHERE database = current_database() AND gid LIKE '{names}'"
    )
    found = link.execute("SELECT nodeid, success, result FROM run_command_on_all_nodes(%s)", (prepared,)).fetchall()
    return {f"{node} {gid}" for node, is_there, gids in found for gid in (gids.split() if is_there else ["away"])}
