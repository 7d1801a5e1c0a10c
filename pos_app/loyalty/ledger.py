"""The ledger: the state of accounts as a pure function of the set of facts.

Facts are folded in their place order (moment, till, epoch, seq). Lots are allotted, expiry is decided and debts are
filled in that fold, by the facts' own moments. So any order of arrival ends in the same state: a fact that comes
late makes its accounts be folded again.

A ledger holds the accounts of people who were ever linked with each other, mostly one; ledgers of strangers can be
joined, which is what a merge does. This is the door: what lies behind it is in `accounts`, `families`, `points`,
`requests` and `standing`.
"""

from collections.abc import Iterable

from pos_app.loyalty import facts, families, points, requests, standing
from pos_app.loyalty.accounts import (
    CardState,
    CardStatus,
    Ledger,
    Link,
    Lot,
    Part,
    Taking,
    Totals,
    card_state,
    cards_to,
    counts,
    family,
    key,
    known_links,
    totals,
)
from pos_app.loyalty.facts import Fact, Place
from pos_app.loyalty.points import advance
from pos_app.loyalty.standing import tier_of
from pos_app.loyalty.tiers import NO_STATUTES, Statutes

__all__ = [
    "CardState",
    "CardStatus",
    "Ledger",
    "Link",
    "Lot",
    "Part",
    "Taking",
    "Totals",
    "advance",
    "apply",
    "cards_to",
    "counts",
    "family",
    "fold",
    "follows",
    "join",
    "key",
    "known_links",
    "tier_of",
    "totals",
]


def fold(zone: str, history: Iterable[Fact], statutes: Statutes = NO_STATUTES) -> Ledger:
    """The ledger of a set of facts, whatever their order and however often each comes."""
    distinct: dict[bytes, Fact] = {}
    for fact in history:
        known = distinct.setdefault(fact.id, fact)
        if known != fact:  # two contents under one id: somebody is alarmed elsewhere, here one of them counts
            distinct[fact.id] = min(known, fact, key=facts.encode)
    ledger = Ledger(zone, statutes=statutes)
    for fact in sorted(distinct.values(), key=facts.place):
        apply(ledger, fact)
    return ledger


def join(one: Ledger, other: Ledger) -> Ledger:
    """The ledger of both sets of facts, where no fact names cards of both. It takes over what both consist of."""
    last = max([ledger.last for ledger in (one, other) if ledger.last is not None], default=None)
    for ledger in (one, other):
        if ledger.last is not None and last is not None:
            advance(ledger, last[0])
    newer = {member for member in other.kinds if member not in one.kinds or _since(one, member) < _since(other, member)}
    return Ledger(
        one.zone,
        last,
        one.cards | other.cards,
        one.kinds | {member: other.kinds[member] for member in newer},
        one.kinds_at | {member: other.kinds_at[member] for member in newer if member in other.kinds_at},
        one.links | other.links,
        one.lots | other.lots,
        one.takings | other.takings,
        one.credits | other.credits,
        max(one.changed, other.changed),
        min(one.next_change, other.next_change),
        one.requests | other.requests,
        one.given | other.given,
        one.counts | other.counts,
        one.tiers | other.tiers,
        one.statutes,
    )


def _since(ledger: Ledger, member: int) -> Place:
    """Since which fact a member is of the kind that is known; an opening state knows no fact of it."""
    return ledger.kinds_at.get(member, (0, 0, 0, 0, b""))


def follows(ledger: Ledger, fact: Fact) -> bool:
    """Whether `fact` can be applied; otherwise its accounts have to be folded anew.

    It cannot when it comes before a fact that was folded, or before what time has done since (`advance`).
    """
    return ledger.changed <= fact.moment and (ledger.last is None or ledger.last < facts.place(fact))


def apply(ledger: Ledger, fact: Fact) -> None:
    """Fold one more fact into `ledger`; it must follow all that were folded before."""
    assert ledger.last is None or ledger.last < facts.place(fact), "a fact of the past needs a new fold"
    advance(ledger, fact.moment)
    ledger.last = facts.place(fact)
    named = facts.cards_of(fact.body)
    left = {card_state(ledger, number).account for number in named}
    _change_cards(ledger, fact)
    _change_points(ledger, fact)
    points.fill_debts(ledger)
    accounts = {ledger.cards[number].account for number in named}
    if isinstance(fact.body, facts.CardSplit):
        accounts |= left  # the family that stays
    standing.settle(ledger, sorted(accounts), fact.moment)
    ledger.next_change = points.next_change(ledger)


def _change_cards(ledger: Ledger, fact: Fact) -> None:
    match fact.body:
        case facts.Enrolled() as body:
            families.enrol(ledger, fact, body)
        case facts.CardActivated() as body:
            families.activate(ledger, fact, body)
        case facts.KindChanged() as body:
            families.change_kind(ledger, fact, body)
        case facts.CardsMerged() as body:
            families.merge(ledger, fact, body)
        case facts.CardSplit() as body:
            families.split(ledger, body)
        case facts.CardBlocked() as body:
            families.block(ledger, body)
        case facts.CardReplaced() as body:
            families.replace(ledger, body)
        case facts.MemberLeft() as body:
            families.leave(ledger, body)


def _change_points(ledger: Ledger, fact: Fact) -> None:
    match fact.body:
        case facts.SaleCompleted() as body if body.card is not None:
            points.sell(ledger, fact, body, body.card)
        case facts.GoodsReturned() as body if body.card is not None:
            points.return_goods(ledger, fact, body, body.card)
        case facts.PointsAdjusted() as body:
            points.adjust(ledger, fact, body)
        case facts.PointsCredited() as body:
            points.credit(ledger, fact, body)
        case facts.BonusGiven() as body:
            points.give_bonus(ledger, fact, body)
        case facts.CodeMade() as body:
            points.make_code(ledger, fact, body)
        case facts.BenefitRequested() as body:
            requests.ask(ledger, fact, body)
        case facts.RequestDecided() as body:
            requests.decide(ledger, body)
