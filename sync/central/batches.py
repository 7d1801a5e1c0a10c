"""Batches: the facts of one upload that were new. What holds for all is noted once, and no fact is written again."""

import os
from collections.abc import Collection

from sync.central.database import Link, row

Batch = tuple[int, int]
"""its till, and its number"""


def new_number() -> int:
    """The number of a batch that is being stored; no other one of its till has it."""
    return int.from_bytes(os.urandom(8), "big") >> 1


def note(link: Link, till: int, number: int, received: int, facts: int) -> None:
    """So many facts were stored as a batch, in this transaction; it waits to be folded."""
    link.execute("INSERT INTO batch VALUES (%s, %s, %s, %s)", (till, number, received, facts))


def waiting(link: Link, most: int) -> list[Batch]:
    """The committed batches that are in no cut yet: the oldest, until they have `most` facts."""
    return link.execute(
        "SELECT till, number FROM (SELECT till, number, sum(facts) OVER whole - facts AS before FROM "
        "(SELECT * FROM batch WHERE tick IS NULL ORDER BY received, till, number LIMIT %s) AS oldest "
        "WINDOW whole AS (ORDER BY received, till, number)) AS one WHERE before < %s",
        (most, most),
    ).fetchall()


def stamp(link: Link, batches: Collection[Batch], tick: int) -> None:
    """Note in which cut batches were folded."""
    if batches:
        link.execute(
            "UPDATE batch SET tick = %s FROM unnest(%b::bigint[], %b::bigint[]) AS one (till, number) "
            "WHERE batch.till = one.till AND batch.number = one.number",
            (tick, [till for till, _ in batches], [number for _, number in batches]),
        )


def halve(link: Link, folding: int) -> bool:
    """Make two batches of the first that waits, so that less is folded at once; False where it has one fact.

    `folding` is the lock of those who fold: nobody may be at it meanwhile.
    """
    with link.transaction():
        link.execute("SELECT pg_advisory_xact_lock(%s)", (folding,))
        for till, number in waiting(link, 1):
            received, facts = row(
                link, "SELECT received, facts FROM batch WHERE till = %s AND number = %s", (till, number)
            )
            if facts < 2:
                return False
            half, moved = new_number(), facts // 2
            link.execute(
                "UPDATE fact SET batch = %s WHERE till = %s AND id IN "
                "(SELECT id FROM fact WHERE till = %s AND batch = %s ORDER BY seq, id LIMIT %s)",
                (half, till, till, number, moved),
            )
            note(link, till, half, received, moved)
            link.execute("UPDATE batch SET facts = facts - %s WHERE till = %s AND number = %s", (moved, till, number))
            return True
        return False
