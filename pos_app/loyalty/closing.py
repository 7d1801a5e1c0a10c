"""Closing the books: a short opening state for a long past, so that no account is folded from birth for ever."""

import msgspec

from pos_app.loyalty import moments
from pos_app.loyalty.accounts import Ledger, Lot

LOTS_MANY = 200
"""From so many lots on an account's long past is closed to a short opening state."""
RETURNS_MS = 400 * 24 * 3_600_000
"""How far back goods may come back exactly; nothing younger is closed."""

_encoder = msgspec.msgpack.Encoder()


def close(ledger: Ledger, before: int) -> None:
    """Forget how points came and went before `before`, a moment that `ledger` has reached; keep what is left of them.

    Swaps that owe nothing are dropped. Lots of an account that expire together become one, and so do its empty ones.
    Totals, expiry and all that later facts do stay the same, except that goods of a sale from before `before` cannot
    come back as exactly: what it earned is taken from the card's account, even if it had lapsed, and what it spent
    is given back without an expiry. So `before` should lie further back than goods are taken back. Points that
    still count for a tier because they came lately keep their moments.
    """
    ledger.takings = {name: taking for name, taking in ledger.takings.items() if taking.owed or taking.moment >= before}
    needed = {part.lot for taking in ledger.takings.values() for part in taking.parts}
    lots_before = min(before, _windows_begin(ledger))
    old = [name for name, lot in ledger.lots.items() if name not in needed and _is_old(lot, lots_before)]
    gone = set(old)
    lots = {name: lot for name, lot in ledger.lots.items() if name not in gone}
    for name in old:
        lot = ledger.lots[name]
        expires = lot.expires if lot.left else None
        alike = _encoder.encode((lot.account, bool(lot.left), expires, lot.given_back))
        whole = lots.setdefault(alike, Lot(lot.account, 0, 0, 0, None, expires, open=True, given_back=lot.given_back))
        whole.points += lot.points
        whole.left += lot.left
        whole.expired += lot.expired
        whole.cancelled += lot.cancelled
        whole.lost += lot.lost
        whole.credited = max(whole.credited or 0, lot.credited or 0)
    ledger.lots = lots


def _windows_begin(ledger: Ledger) -> int:
    """The first moment that the review of a tier can look back to from now on."""
    reached = max(ledger.changed, ledger.last[0] if ledger.last else 0)
    begins = [
        moments.subtract(reached, era.rules.within, ledger.zone)
        for era in ledger.statutes.eras
        if era.rules is not None and era.rules.measure == "window"
    ]
    return min(begins, default=moments.NEVER)


def _is_old(lot: Lot, before: int) -> bool:
    return lot.open and lot.credited is not None and lot.credited < before
