"""What a person has to see to: copies of tills, broken chains, a centre that has lost something."""

from typing import Literal

from sync.central.database import Link

Kind = Literal[
    "copy", "fork", "chain", "gap", "restored", "reckoned", "clock", "debt", "returned", "claim", "programme"
]

THE_CENTRE = 0
"""The till of an alarm that is about the centre itself."""


def raise_alarm(link: Link, till: int, now: int, kind: Kind, subject: str) -> None:
    """Put something on the list of what a person has to see to."""
    link.execute(
        "INSERT INTO alarm (till, at, kind, subject) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (till, now, kind, subject),
    )
