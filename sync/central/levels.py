"""Levels that have changed, by facts or by time alone: their members are told by the centre, and by no till.

Beside each ledger stands which levels its members know of. So a fact that comes late, or twice, tells nobody anything
that is known, and what time has done is told on its day.
"""

from collections.abc import Mapping
from typing import LiteralString

import msgspec

from pos_app.loyalty import ledger, notices, stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.tiers import Statutes
from sync.central.database import Link
from sync.central.notices import queue

AT_ONCE = 500
"""How many ledgers are looked at in one transaction."""

Levels = dict[int, str]
"""The id of the tier of each account."""

_levels = msgspec.msgpack.Decoder(Levels)
_encoder = msgspec.msgpack.Encoder()


def read(told: bytes | None) -> Levels:
    """Levels as they are kept."""
    return {} if told is None else _levels.decode(told)


def kept(levels: Mapping[int, str]) -> bytes | None:
    """Levels to be kept."""
    return _encoder.encode(levels) if levels else None


def tell(link: Link, state: Ledger, known: Mapping[int, str], now: int) -> Levels:
    """Let members be told whose level is another one as of `now` than they know; tells what they know from now on.

    `state` stays as it is. The first level of an account is no news, and what happened long ago is none any more.
    """
    if not known and not state.statutes.eras:
        return {}
    state = _as_of(state, now)
    found = {card.account: ledger.tier_of(state, card.account) for card in state.cards.values()}
    levels = {account: tier.id for account, tier in found.items() if tier is not None}
    moment = max(state.changed, state.last[0] if state.last else 0)
    if moment < now - notices.LIFE_MS["tier_changed"]:
        return levels
    rules = state.statutes.at(moment)
    changed = {account for account, level in levels.items() if known.get(account, level) != level}
    for member, level in sorted(_members(state, levels, changed).items()):
        tier = rules.tier(level) if rules is not None else None
        if tier is not None:
            cause = f"level {member} {level} {now}".encode()
            queue(link, cause, notices.tier_changed(member, tier.names), moment, now)
    return levels


def _as_of(state: Ledger, now: int) -> Ledger:
    """A state with all that time has done until `now`."""
    if now < state.next_change:
        return state
    later = stored.decode(stored.encode(state))
    ledger.advance(later, max(now, later.changed))
    return later


def _members(state: Ledger, levels: Mapping[int, str], accounts: set[int]) -> dict[int, str]:
    """The level of each member of some accounts."""
    return {
        card.member: levels[card.account]
        for card in state.cards.values()
        if card.account in accounts and card.member and card.status != "left"
    }


def tell_what_time_did(link: Link, statutes: Statutes, now: int) -> int:
    """Look at a few ledgers that time alone has changed since they were; tells how many. Nobody folds meanwhile."""
    query: LiteralString = (
        "SELECT root, state, told FROM ledger WHERE next_change <= %s AND next_change < 4611686018427387904 "
        "ORDER BY next_change LIMIT %s"
    )
    rows = link.execute(query, (now, AT_ONCE)).fetchall()
    for root, data, told in rows:
        state = stored.decode(data)
        state.statutes = statutes
        ledger.advance(state, max(now, state.changed))
        levels = tell(link, state, read(told), now)
        link.execute(
            "UPDATE ledger SET next_change = %s, told = %s WHERE root = %s", (state.next_change, kept(levels), root)
        )
    return len(rows)
