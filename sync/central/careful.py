"""Folding that nothing stops: where a cut breaks, smaller ones are made, until the one fact is found that is to blame.

Facts come from tills, and no check before the fold can be as thorough as the fold. So whatever breaks it is put apart,
told, and tried again by the next version of the program.
"""

import logging

import psycopg

from sync.central import apart, batches
from sync.central.database import Link, row
from sync.central.folding import FOLD_MOST, LOCK, Folder, waiting_forks

log = logging.getLogger(__name__)

FEWER = 8
"""By so much a cut is smaller than the one that broke."""


class Careful:
    """Makes cuts as large as it can."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._most = FOLD_MOST

    def fold(self, link: Link) -> int:
        """Make one cut; tells how many facts are done with, 0 when none wait or somebody else is folding.

        Raises psycopg.OperationalError when the database is away, and what broke a cut without facts.
        """
        while True:
            try:
                folded = self._folder.fold(link, self._most)
            except psycopg.OperationalError:
                raise
            except Exception as error:
                if self._most > 1:
                    self._most = max(1, self._most // FEWER)
                    continue
                if batches.halve(link, LOCK):
                    continue
                if not _put_apart(link, type(error).__name__):
                    raise
                log.exception("a fact cannot be folded; it was put apart")
                return 1
            self._most = min(FOLD_MOST, self._most * 2)
            return folded


def _put_apart(link: Link, reason: str) -> bool:
    """Let what a cut of one fact would fold next count for nothing; whether there was anything."""
    with link.transaction():
        link.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        due = batches.waiting(link, 1)
        (tick,) = row(link, "SELECT tick FROM centre")
        for till, number in due:
            query = "SELECT id FROM fact WHERE till = %s AND batch = %s"
            for (id_,) in link.execute(query, (till, number)).fetchall():
                apart.put(link, till, id_, f"it cannot be folded: {reason}")
        batches.stamp(link, due, tick)
        forks = waiting_forks(link, 1)
        for fork in forks:
            link.execute(
                "UPDATE fork SET tick = %s WHERE till = %s AND id = %s AND data = %s",
                (tick, fork.till, fork.id, fork.data),
            )
        return bool(due or forks)
