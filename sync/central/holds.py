"""Holds: points that are kept for one sale of one till until it is completed, given up, or too late."""

from pos_app.loyalty import stored
from pos_app.loyalty.tiers import Statutes
from sync.central import folding
from sync.central.database import Link, row
from sync.messages import HoldAnswer, HoldWanted

HOLD_MS = 10 * 60_000
"""How long points are kept for a sale."""
POINTS_MOST = 10**12
_REMEMBERED_MS = 24 * 3_600_000


def take(link: Link, till: int, wanted: HoldWanted, statutes: Statutes, now: int) -> HoldAnswer:
    """Keep points of a card for a till's sale, if there are enough that nobody else has asked for.

    Asked again for the same hold it answers the same; with other points, the hold is changed.
    """
    with link.transaction():
        found = link.execute(
            "SELECT root, state FROM card JOIN ledger USING (root) WHERE number = %s FOR UPDATE OF ledger",
            (wanted.card,),
        ).fetchone()
        if found is None or not 0 < wanted.points <= POINTS_MOST:
            return HoldAnswer(False)
        root, data = found
        state = stored.decode(data)
        state.statutes = statutes
        if state.cards[wanted.card].status != "given":
            return HoldAnswer(False)
        (kept,) = row(
            link,
            "SELECT coalesce(sum(points), 0) FROM hold JOIN card ON card.number = hold.card "
            "WHERE card.root = %s AND over IS NULL AND until > %s AND hold <> %s",
            (root, now, wanted.hold),
        )
        available = max(0, folding.balance_of(state, wanted.card, now) - int(kept))
        if wanted.points > available:
            return HoldAnswer(False, available=available)
        until = now + HOLD_MS
        kept_now = link.execute(
            "INSERT INTO hold VALUES (%s, %s, %s, %s, %s) ON CONFLICT (card, hold) DO UPDATE SET "
            "points = excluded.points, until = excluded.until WHERE hold.over IS NULL AND hold.till = excluded.till",
            (wanted.hold, wanted.card, till, wanted.points, until),
        )
        return HoldAnswer(True, until, available, HOLD_MS) if kept_now.rowcount else HoldAnswer(False)


def give_up(link: Link, till: int, hold: bytes, now: int) -> None:
    """The sale of a hold was not completed: others may have its points."""
    link.execute("UPDATE hold SET over = %s WHERE hold = %s AND till = %s AND over IS NULL", (now, hold, till))


def forget(link: Link, now: int) -> None:
    """Drop the holds that have ended long ago: nobody is told of them, and no fact settles them any more."""
    link.execute("DELETE FROM hold WHERE until < %s", (now - _REMEMBERED_MS,))
