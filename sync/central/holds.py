"""Holds: points that are kept for one sale of one till until it is completed, given up, or too late."""

from pos_app.loyalty import stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.tiers import Statutes
from sync.central import folding
from sync.central.database import Link, row
from sync.messages import HoldAnswer, HoldWanted

HOLD_MS = 10 * 60_000
"""How long points are kept for a sale."""
POINTS_MOST = 10**12
_TRIES = 3
"""How often a family is looked for that becomes another one meanwhile."""
_REMEMBERED_MS = 24 * 3_600_000


def take(link: Link, till: int, wanted: HoldWanted, statutes: Statutes, now: int) -> HoldAnswer:
    """Keep points of a card for a till's sale, if there are enough that nobody else has asked for.

    Asked again for the same hold it answers the same; with other points, the hold is changed.
    """
    with link.transaction():
        state = _locked(link, wanted.card)
        if state is None or not 0 < wanted.points <= POINTS_MOST:
            return HoldAnswer(False)
        state.statutes = statutes
        if state.cards[wanted.card].status != "given":
            return HoldAnswer(False)
        (kept,) = row(
            link,
            "SELECT coalesce(sum(points), 0) FROM hold "
            "WHERE card = ANY(%s) AND over IS NULL AND until > %s AND hold <> %s",
            (list(state.cards), now, wanted.hold),
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


def _locked(link: Link, card: int) -> Ledger | None:
    """The state of a card's family, which nobody else changes until the end of the transaction."""
    for _ in range(_TRIES):
        root = link.execute("SELECT root FROM card WHERE number = %s", (card,)).fetchone()
        if root is None:
            return None
        found = link.execute("SELECT state FROM ledger WHERE root = %s FOR UPDATE", root).fetchone()
        state = None if found is None else stored.decode(found[0])
        if state is not None and card in state.cards:
            return state
    return None


def give_up(link: Link, till: int, hold: bytes, now: int) -> None:
    """The sale of a hold was not completed: others may have its points."""
    link.execute("UPDATE hold SET over = %s WHERE hold = %s AND till = %s AND over IS NULL", (now, hold, till))


def forget(link: Link, now: int) -> None:
    """Drop the holds that have ended long ago: nobody is told of them, and no fact settles them any more."""
    link.execute("DELETE FROM hold WHERE until < %s", (now - _REMEMBERED_MS,))
