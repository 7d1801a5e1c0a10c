"""What tills say that the centre has lost: facts that were acknowledged, ticks that were told.

After a silent fall-back the first till that knows more is believed at once: a new timeline begins, and everybody offers
again. A till gone bad could claim that without end, and let the whole fleet send everything all the time. So a till is
believed a few times a day, all tills together some times more; then a person decides.
"""

from typing import NamedTuple

from sync.central import backups
from sync.central.alarms import raise_alarm
from sync.central.database import Link, row
from sync.central.moments import DAY_MS

OF_A_TILL = 2
"""So many claims of one till are believed within a day."""
OF_ALL = 20
"""And so many of all tills."""


class Claim(NamedTuple):
    """A claim that waits for a person: the till, when it came (UTC ms), and what was lost."""

    till: int
    at: int
    what: str


def hear(link: Link, till: int, timeline: str, what: str, now: int) -> str:
    """A till of this timeline has what the centre lacks; tells the timeline that counts now.

    A claim that is not believed is set apart, one of each till at a time, with an alarm.
    """
    with link.transaction():
        (current,) = row(link, "SELECT timeline FROM centre FOR UPDATE")
        if current != timeline:
            return str(current)  # somebody else has said so meanwhile
        believed, of_all = row(
            link,
            "SELECT count(*) FILTER (WHERE till = %s), count(*) FROM claim WHERE timeline IS NOT NULL AND at > %s",
            (till, now - DAY_MS),
        )
        if believed < OF_A_TILL and of_all < OF_ALL:
            current = backups.restored(link, now)
            _note(link, Claim(till, now, what), current)
        elif not _waits(link, till):
            _note(link, Claim(till, now, what), None)
            raise_alarm(link, till, now, "claim", what)
        return str(current)


def _note(link: Link, claim: Claim, timeline: str | None) -> None:
    link.execute(
        "INSERT INTO claim (till, at, what, timeline) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (*claim, timeline),
    )


def _waits(link: Link, till: int) -> bool:
    query = "SELECT 1 FROM claim WHERE till = %s AND timeline IS NULL AND decided IS NULL"
    return link.execute(query, (till,)).fetchone() is not None


def waiting(link: Link) -> list[Claim]:
    """The claims that a person has to decide."""
    query = "SELECT till, at, what FROM claim WHERE timeline IS NULL AND decided IS NULL ORDER BY at, till"
    return [Claim(*found) for found in link.execute(query)]


def believe(link: Link, till: int, now: int) -> str | None:
    """Begin the timeline that a till's claim asks for, and tell it; None where it waits for nothing.

    All that wait are decided by that: everybody offers again.
    """
    with link.transaction():
        if not _waits(link, till):
            return None
        timeline = backups.restored(link, now)
        link.execute(
            "UPDATE claim SET decided = %s, timeline = %s WHERE decided IS NULL AND timeline IS NULL", (now, timeline)
        )
        return timeline


def dismiss(link: Link, till: int, now: int) -> bool:
    """Let a till's claim be; whether one waited."""
    query = "UPDATE claim SET decided = %s WHERE till = %s AND timeline IS NULL AND decided IS NULL"
    return link.execute(query, (now, till)).rowcount > 0
