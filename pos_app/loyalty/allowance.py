"""Spending on trust: what a till lets be spent of points while the centre does not answer, and what that can cost."""

from typing import NamedTuple

from msgspec import Struct

from pos_app.loyalty import moments

DAY_SHORTEST = 23 * moments.HOUR
"""A shop's day lasts at least so long, also where the clock is put forward on it."""


class Allowance(Struct, frozen=True):
    """So many points a day at one till without the centre: of one card and its family, and of all cards together.

    Both shrink with the time since the centre was heard, evenly, to nothing after so many `hours`.
    """

    card_points: int
    till_points: int
    hours: int


NO_ALLOWANCE = Allowance(0, 0, 1)


class Trusted(NamedTuple):
    """Points that were spent on trust today at a till: of the card's family, and of all cards."""

    card: int = 0
    till: int = 0


def left(allowance: Allowance, spent: Trusted, age_ms: int | None) -> int:
    """How many points can be spent on trust now; `age_ms` is how long ago the centre was heard, None for never."""
    return max(
        0,
        min(
            _shrunk(allowance.card_points, allowance.hours, age_ms) - spent.card,
            _shrunk(allowance.till_points, allowance.hours, age_ms) - spent.till,
        ),
    )


def most_lost(points: int, hours: int, tills: int) -> int:
    """The most of an allowance of so many `points` a day that `tills` can let be spent while they are cut off at once.

    They are cut off in the middle of a day with the whole of it, and have it again each day, shrunk by then.
    """
    whole, age_ms = points, 0
    while again := _shrunk(points, hours, age_ms):
        whole += again
        age_ms += DAY_SHORTEST
    return tills * whole


def _shrunk(points: int, hours: int, age_ms: int | None) -> int:
    whole_ms = hours * moments.HOUR
    if age_ms is None or age_ms >= whole_ms:
        return 0
    return points * (whole_ms - max(age_ms, 0)) // whole_ms
