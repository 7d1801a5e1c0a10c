"""Backups of the centre, and what it is to have come back from one.

Tills keep what they have written until a backup holds it. So a centre that was restored is made whole by them, if
only they learn of it: they do by its timeline, which is another one from then on.
"""

import os

from sync.central import notices
from sync.central.alarms import THE_CENTRE, raise_alarm
from sync.central.database import Link, row


def begin(link: Link, now: int) -> int:
    """Remember, before a backup is made, what it will hold at least; tells the backup's number."""
    with link.transaction():
        (number,) = row(link, "INSERT INTO backup (begun) VALUES (%s) RETURNING number", (now,))
        link.execute("INSERT INTO backup_epoch SELECT till, epoch, %s, seq FROM epoch", (number,))
        return int(number)


def noted(link: Link, number: int, now: int) -> bool:
    """The backup of this number is made and kept: tills may forget in time what it holds. Whether one was begun."""
    with link.transaction():
        known = link.execute("UPDATE backup SET noted = %s WHERE number = %s", (now, number))
        if not known.rowcount:
            return False
        link.execute(
            "UPDATE epoch SET safe = greatest(safe, held.seq) FROM backup_epoch AS held "
            "WHERE held.number = %s AND held.till = epoch.till AND held.epoch = epoch.epoch",
            (number,),
        )
        link.execute("DELETE FROM backup_epoch WHERE number <= %s", (number,))
        return True


def restored(link: Link, now: int) -> str:
    """Begin a new timeline, because the centre was put back to an earlier state; tells it.

    All tills offer again what they have, and make their replicas anew.
    """
    timeline = os.urandom(8).hex()
    link.execute("UPDATE centre SET timeline = %s, restored = %s", (timeline, now))
    notices.doubt(link)
    raise_alarm(link, THE_CENTRE, now, "restored", timeline)
    return timeline
