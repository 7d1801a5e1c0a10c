"""A member's account as the till shows it: the way to the next tier, points ever, every movement with its reason."""

from collections.abc import Iterator
from typing import NamedTuple

from db.store import Store
from pos_app import consequences, past
from pos_app.loyalty import facts, ledger, standing
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.earn import reason_words
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.ledger import Totals
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.slip import slip_text
from pos_app.loyalty.tiers import Tier
from pos_app.loyalty.words import Words


class Progress(NamedTuple):
    """How far a member is: the `points` that count, the tier, the one above it (None at the top).

    `until` is the moment (UTC ms) up to which the tier is held, None where none is.
    """

    points: int
    tier: Tier | None
    following: Tier | None
    until: int | None

    @property
    def missing(self) -> int:
        """The points that are missing to the tier above."""
        return 0 if self.following is None else max(0, self.following.least - self.points)

    @property
    def permille(self) -> int:
        """How much of the way from this tier to the one above lies behind, 1000 at the top."""
        if self.following is None:
            return 1000
        begin = self.tier.least if self.tier else 0
        done = min(max(self.points - begin, 0), self.following.least - begin)
        return 1000 * done // max(1, self.following.least - begin)


class Movement(NamedTuple):
    """Something that happened to the points: when (UTC ms), what it was, how many points, why; of a statement also at
    which till and by whom.
    """

    moment: int
    what: str
    points: int
    reasons: tuple[str, ...] = ()
    till: int = 0
    cashier: str = ""


def progress(store: Store, version: Version, customer: Customer, now: int) -> Progress | None:
    """How far a customer is from the next tier; None where the programme has no tiers."""
    rules = version.tiers
    if rules is None:
        return None
    state = store.ledger(customer.card)
    ledger.advance(state, now)
    points = standing.measured(state, customer.account, now)
    return Progress(points, rules.tier(customer.tier), rules.next_above(customer.tier), customer.tier_until)


def totals(store: Store, customer: Customer, now: int) -> Totals:
    """The points of a customer's family, ever: earned, spent, expired, cancelled."""
    state = store.ledger(customer.card)
    ledger.advance(state, now)
    return ledger.totals(state, customer.account)


def movements(store: Store, programme: Programme, card: int, words: Words) -> list[Movement]:
    """Every movement of the points of a card's family that this till knows of, the latest first (T8)."""
    told = (movement(store, programme, fact, words) for fact in history(store, card))
    return [one for one in told if one is not None]


def history(store: Store, card: int) -> list[Fact]:
    """Every fact about the cards of a card's family that this till knows of, the latest first."""
    family = consequences.family_cards(store, card)
    found = {fact.id: fact for one in family for fact in store.facts_of(one)}
    return sorted(found.values(), key=facts.place, reverse=True)


def codes(store: Store, card: int) -> list[Fact]:
    """The codes that a card's family made of points, the latest first."""
    family = consequences.family_cards(store, card)
    made = {fact.id: fact for one in family for fact in store.facts_of(one) if isinstance(fact.body, facts.CodeMade)}
    return sorted(made.values(), key=facts.place, reverse=True)


def movement(store: Store, programme: Programme, fact: Fact, words: Words) -> Movement | None:
    """One fact as a movement, None for what moves no points."""
    say, moment = words.say, fact.moment
    match fact.body:
        case facts.SaleCompleted() as sale:
            points = sum(earned.points for earned in sale.earned) - sale.all_spent
            reasons = tuple(_reasons_of(store, programme, fact, sale, words))
            return Movement(moment, say("account.sale", slip=slip_text(sale.slip)), points, reasons)
        case facts.GoodsReturned() as back:
            taken, given = (sum(part.points for part in moved) for moved in (back.taken, back.given))
            moved = (("slip.taken", taken), ("slip.given", given))
            reasons = tuple([f"{say(label)}: {points}" for label, points in moved if points])
            return Movement(moment, say("account.returned", slip=slip_text(back.slip)), given - taken, reasons)
        case facts.PointsAdjusted() as adjusted:
            return Movement(moment, say("account.adjusted"), adjusted.points, (adjusted.reason,))
        case facts.BonusGiven() as bonus:
            rule = past.version_of(store, programme, fact).bonus(bonus.rule)
            return Movement(moment, words.pick(rule.names) if rule else bonus.rule, bonus.points)
        case facts.CodeMade() as made:
            return Movement(moment, say("account.code", code=made.code), -made.points)
        case facts.PointsCredited() as credited:
            return Movement(moment, say("account.credited", since=credited.credited), 0)
        case _:
            return None


def _reasons_of(
    store: Store, programme: Programme, fact: Fact, sale: facts.SaleCompleted, words: Words
) -> Iterator[str]:
    rules = past.version_of(store, programme, fact).earn
    for earned in sale.earned:
        yield reason_words(earned, rules, sale.currency, words)
    for swap, points in zip(sale.swaps, sale.spent, strict=True):
        yield f"{swap.offer.name}: {words.signed(-points)}"
    if sale.used_points:
        yield words.say("slip.by_points", points=sale.used_points)
