"""On which PostgreSQL the centre runs: another server, or another branch of its past, was put back from a backup."""

from sync.central import backups
from sync.central.database import Link, row


def moved(link: Link, now: int) -> bool:
    """Whether the database is not where it was when a centre last began to serve it; then a new timeline begins.

    A copy by pg_dump is on another server, one that was recovered to a point in time or promoted is on another branch.
    """
    system, branch = row(  # the branch is that of the log; the control file learns of it by the next checkpoint only
        link,
        "SELECT system_identifier::text, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer "
        "FROM pg_control_system()",
    )
    with link.transaction():
        known = link.execute("SELECT system, branch FROM place FOR UPDATE").fetchone()
        link.execute(
            "INSERT INTO place (system, branch) VALUES (%s, %s) ON CONFLICT (one) DO UPDATE SET "
            "system = excluded.system, branch = excluded.branch",
            (system, branch),
        )
        if known is None or known == (system, branch):
            return False
        backups.restored(link, now)
        return True
