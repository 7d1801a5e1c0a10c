"""The tier of each account in the fold: raised when points come, reviewed when its time is over (T5 to T7, H1, M2)."""

from collections.abc import Iterable

from pos_app.loyalty import tiers
from pos_app.loyalty.accounts import Ledger, family
from pos_app.loyalty.moments import LATEST, NEVER
from pos_app.loyalty.tiers import Gain, TierRules, TierState


def tier_of(ledger: Ledger, account: int) -> TierState | None:
    """The tier of the family of `account` as of the last fact or advance, None where there are no tiers."""
    if not ledger.tiers:
        return None
    moment = max(ledger.changed, ledger.last[0] if ledger.last else 0)
    rules = ledger.statutes.at(moment)
    return None if rules is None else _best(ledger, rules, family(ledger, account))


def measured(ledger: Ledger, account: int, now: int) -> int:
    """The points that count for the tier of a family at `now`."""
    rules = ledger.statutes.at(now)
    if rules is None:
        return 0
    members = family(ledger, account)
    begins = tiers.begins(rules, now, ledger.zone)
    points = 0
    for lot in ledger.lots.values():  # as _gains, without a thing for each: this is done at every sale
        if lot.open and not lot.given_back and lot.account in members and (lot.credited or 0) >= begins:
            points += lot.points - lot.lost
    return points - _owed(ledger, members)


def settle(ledger: Ledger, accounts: Iterable[int], now: int) -> None:
    """Let the tiers of these accounts' families follow their points."""
    rules = ledger.statutes.at(now)
    if rules is None:
        return
    for account in accounts:
        members = family(ledger, account)
        points = measured(ledger, account, now)
        _set(ledger, members, tiers.risen(rules, _best(ledger, rules, members), points, now, ledger.zone))


def review(ledger: Ledger, now: int) -> None:
    """Do the reviews that are due until `now`, and let the tiers of a new version hold from its beginning."""
    if not ledger.statutes.eras:
        return
    while (due := next_review(ledger)) <= min(now, LATEST):
        rules = ledger.statutes.at(due)
        for account in sorted(ledger.tiers):
            state = ledger.tiers.get(account)
            if rules is None:
                ledger.tiers.pop(account, None)
            elif state is not None and state.until == due:
                _review_family(ledger, rules, account, state)
        ledger.changed = max(ledger.changed, due)
        if (rules is not None and rules.slides) or due in {era.ends for era in ledger.statutes.eras}:
            settle(ledger, sorted({card.account for card in ledger.cards.values()}), due)


def next_review(ledger: Ledger) -> int:
    """When time alone may change a tier: at the next review, or with the rules of a later version."""
    if not ledger.statutes.eras:
        return NEVER
    moment = max(ledger.changed, ledger.last[0] if ledger.last else 0)
    soonest = min((state.until for state in ledger.tiers.values() if state.until is not None), default=NEVER)
    rules = ledger.statutes.at(moment)
    if rules is not None and rules.slides:
        gains = _gains(ledger, {lot.account for lot in ledger.lots.values()})
        left = [tiers.leaves(rules, gain, ledger.zone) for gain in gains]
        soonest = min([soonest, *[leaving for leaving in left if leaving > moment]])
    return min(soonest, ledger.statutes.next_after(moment))


def _review_family(ledger: Ledger, rules: TierRules, account: int, state: TierState) -> None:
    members = family(ledger, account)
    assert state.until is not None
    before = [gain for gain in _gains(ledger, members) if gain.moment < state.until]
    points = tiers.measured(rules, before, state.until, ledger.zone) - _owed(ledger, members)
    _set(ledger, members, tiers.reviewed(rules, state, points, ledger.zone))


def _best(ledger: Ledger, rules: TierRules, members: set[int]) -> TierState | None:
    states = [ledger.tiers[member] for member in members if member in ledger.tiers]
    return max(states, key=lambda state: (rules.place(state.id), state.until or 0), default=None)


def _set(ledger: Ledger, members: set[int], state: TierState | None) -> None:
    for member in members:
        if state is None:
            ledger.tiers.pop(member, None)
        else:
            ledger.tiers[member] = state


def _gains(ledger: Ledger, members: set[int]) -> list[Gain]:
    return [
        Gain(lot.credited or 0, lot.points - lot.lost)
        for lot in ledger.lots.values()
        if lot.open and not lot.given_back and lot.account in members
    ]


def _owed(ledger: Ledger, members: set[int]) -> int:
    """Points that staff took and no lot could give yet."""
    return sum(
        taking.owed
        for taking in ledger.takings.values()
        if taking.kind == "cancelled" and not taking.returned and taking.account in members
    )
