"""What a person has to see to: copies of tills, broken chains, a centre that has lost something."""

from typing import Literal

from sync.central.database import Link, row

Kind = Literal[
    "copy", "fork", "chain", "gap", "restored", "reckoned", "clock", "debt", "returned", "claim", "programme"
]

THE_CENTRE = 0
"""The till of an alarm that is about the centre itself."""


UNSEEN_MOST = 200
"""So many alarms of a kind a till has on the list until somebody has seen to some: more say nothing new."""
_EACH = ("debt", "reckoned")
"""Of these each is something to see to by itself."""


def raise_alarm(link: Link, till: int, now: int, kind: Kind, subject: str) -> None:
    """Put something on the list of what a person has to see to."""
    if kind not in _EACH:
        query = "SELECT count(*) FROM alarm WHERE till = %s AND kind = %s AND seen IS NULL"
        if row(link, query, (till, kind))[0] >= UNSEEN_MOST:
            return
    link.execute(
        "INSERT INTO alarm (till, at, kind, subject) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (till, now, kind, subject),
    )
