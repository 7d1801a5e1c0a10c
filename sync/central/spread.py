"""What differs where PostgreSQL is spread over machines by Citus: nobody sees all of them as of one moment.

A cut is committed on the first machine a little before the others, and where one of those goes down in between, long
before. Until all have it nobody may be told that it is there, and no other cut may be made of what they show.
"""

import time
from typing import LiteralString

from sync.central.database import Link, row

PATIENCE_S = 1.0
"""How long other transactions that are just ending are waited for."""


def is_here(link: Link) -> bool:
    """Whether PostgreSQL is spread over machines."""
    return bool(row(link, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")[0])


def close_cut(link: Link) -> bool:
    """Note that all machines show the last cut; False while one of them does not. One machine always does."""
    tick, closed = row(link, "SELECT tick, closed FROM centre")
    if closed == tick or not is_here(link):
        return True
    if not _has_ended(link):
        return False
    link.execute("UPDATE centre SET closed = tick WHERE tick = %s", (tick,))
    return True


def _has_ended(link: Link) -> bool:
    """Whether everything that was committed until now is so on all machines."""
    deadline = time.monotonic() + PATIENCE_S
    ending = _ending(link)
    while ending and time.monotonic() < deadline:
        ending &= _ending(link)
    return not ending


def _ending(link: Link) -> set[str]:
    """The transactions that have been promised and not committed yet, by machine; a machine that is away has one."""
    query: LiteralString = (
        "SELECT nodeid, success, result FROM run_command_on_all_nodes($$SELECT coalesce(string_agg(gid, ' '), '') "
        "FROM pg_prepared_xacts WHERE database = current_database()$$)"
    )
    found = link.execute(query).fetchall()
    return {f"{node} {gid}" for node, is_there, gids in found for gid in (gids.split() if is_there else ["away"])}
