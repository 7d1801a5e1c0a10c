"""The whole account of a card, to be read aloud or printed: where did my points go? (T8, H18, H19)"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from db.store import Store
from pos_app import account
from pos_app.account import Movement
from pos_app.loyalty import facts, ledger
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.ledger import Ledger, Totals
from pos_app.loyalty.paper import Cut, Divider, Document, Feed, Pair, Part, Text
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.slip import SlipHead, heading
from pos_app.loyalty.tiers import Statutes
from pos_app.loyalty.words import Words

LAPSES_SHOWN = 5
PRINTED_MOST = 40
"""How many movements are printed: more would be a roll of paper; the window shows them all."""


class Statement(NamedTuple):
    """An account as of a moment. `lapses` are points with the moment at which they lapse, the soonest first, `tiers`
    the moments at which a tier was reached with its id (empty for none), `movements` the latest first.
    """

    customer: Customer
    totals: Totals
    family: tuple[int, ...]
    lapses: tuple[tuple[int, int], ...]
    tiers: tuple[tuple[int, str], ...]
    movements: tuple[Movement, ...]


def of(store: Store, programme: Programme, card: int, now: int, words: Words) -> Statement:
    """The account of a card that is known, as of `now`."""
    customer = store.customer(card, now)
    state = store.ledger(card)
    ledger.advance(state, now)
    accounts = ledger.family(state, customer.account)
    staff = {one.id: one.name for one in store.staff()}
    history = account.history(store, card)
    each = [account.movement(store, programme, fact, words) or _event(fact, programme, words) for fact in history]
    told = [
        one._replace(till=fact.till, cashier=staff.get(fact.cashier, fact.cashier))
        for fact, one in zip(history, each, strict=True)
        if one is not None
    ]
    told += _lapsed(state, accounts, words)
    return Statement(
        customer,
        ledger.totals(state, customer.account),
        tuple(ledger.cards_to(state, accounts)),
        _lapses(state, accounts),
        _tier_history(history, customer, programme.zone, programme.statutes, now),
        tuple(sorted(told, key=lambda one: one.moment, reverse=True)),
    )


def tier_name(programme: Programme, id_: str, words: Words) -> str:
    """What a tier of any version is called."""
    tiers = (version.tiers.tier(id_) for version in reversed(programme.versions) if version.tiers)
    return next((words.pick(tier.names) for tier in tiers if tier), "–")


def paper(told: Statement, moment: int, head: SlipHead, programme: Programme, words: Words) -> Document:
    """The statement on paper, without the member's name: what is printed is kept, and people can be erased."""
    say, number, customer = words.say, words.number, told.customer
    parts = heading(programme, words, head, say("statement.title"))
    parts += [
        Pair(say("slip.card", last4=f"{customer.card % 10000:04d}"), say("slip.till", till=head.till)),
        Text(say("slip.when", when=moment)),
        Divider(),
    ]
    parts += [Pair(say(f"statement.{name}"), number(points)) for name, points in figures(told)]
    parts += [Text(line) for line in lapse_lines(told, words)]
    parts += [Text(line) for line in tier_lines(told, programme, words)]
    parts.append(Divider())
    for one in told.movements[:PRINTED_MOST]:
        parts += _printed(one, words)
    if len(told.movements) > PRINTED_MOST:
        parts.append(Text(say("statement.more", count=len(told.movements) - PRINTED_MOST)))
    return (*parts, Feed(1), Cut())


def figures(told: Statement) -> list[tuple[str, int]]:
    """The sums of an account, by their names."""
    sums = told.totals
    named = [("balance", sums.balance), ("pending", sums.pending), ("earned", sums.earned), ("spent", sums.spent)]
    return [*named, ("cancelled", sums.cancelled), ("expired", sums.expired)]


def lapse_lines(told: Statement, words: Words) -> list[str]:
    """Which points lapse next."""
    return [words.say("statement.lapse", points=points, when=when) for points, when in told.lapses]


def tier_lines(told: Statement, programme: Programme, words: Words) -> list[str]:
    """Since when which tier was held, the first of all first."""
    return [
        words.say("statement.tier", tier=tier_name(programme, id_, words), since=since) for since, id_ in told.tiers
    ]


def _printed(one: Movement, words: Words) -> list[Part]:
    title = f"{words.say('slip.when', when=one.moment)}  {one.what}"
    parts: list[Part] = [Pair(title, words.signed(one.points)) if one.points else Text(title)]
    return [*parts, *[Text(f"  {reason}") for reason in one.reasons]]


def _event(fact: Fact, programme: Programme, words: Words) -> Movement | None:
    """What happened to a card itself, None for what is no matter of an account."""

    def said(name: str, *reasons: str, **values: object) -> Movement:
        return Movement(fact.moment, words.say(f"statement.event.{name}", **values), 0, tuple(filter(None, reasons)))

    def last4(card: int) -> str:
        return f"{card % 10000:04d}"

    match fact.body:
        case facts.Enrolled(card=card, terms=terms):
            accepted = words.say("statement.terms", terms=terms) if terms else ""
            return said("enrolled", accepted, last4=last4(card))
        case facts.CardActivated(card=card):
            return said("activated", last4=last4(card))
        case facts.KindChanged(kind=kind):
            return said("kind", kind=words.pick(programme.kind_names(kind)))
        case facts.CardsMerged(cards=cards):
            return said("merged", words.joined([f"*{last4(card)}" for card in cards]))
        case facts.CardSplit(card=card):
            return said("split", last4=last4(card))
        case facts.CardBlocked(card=card, reason=reason):
            return said("blocked", reason, last4=last4(card))
        case facts.CardReplaced(card=card, new_card=new):
            return said("replaced", last4=last4(card), new4=last4(new))
        case facts.MemberLeft(card=card):
            return said("left", last4=last4(card))
        case facts.MemberActed(what="reviewed", about=about):
            return said("reviewed", about)
        case facts.MemberActed(what=what):
            return said(what)
    return None


def _lapsed(state: Ledger, accounts: set[int], words: Words) -> list[Movement]:
    """Points that lapsed by time alone, by the moment at which they did."""
    lapsed: dict[int, int] = {}
    for lot in state.lots.values():
        if lot.account in accounts and lot.expired and lot.expires is not None:
            lapsed[lot.expires] = lapsed.get(lot.expires, 0) + lot.expired
    return [Movement(moment, words.say("statement.event.lapsed"), -points) for moment, points in lapsed.items()]


def _lapses(state: Ledger, accounts: set[int]) -> tuple[tuple[int, int], ...]:
    left: dict[int, int] = {}
    for lot in state.lots.values():
        if lot.account in accounts and lot.left and lot.expires is not None:
            left[lot.expires] = left.get(lot.expires, 0) + lot.left
    return tuple((points, moment) for moment, points in sorted(left.items()))[:LAPSES_SHOWN]


def _tier_history(
    history: Iterable[Fact], customer: Customer, zone: str, statutes: Statutes, now: int
) -> tuple[tuple[int, str], ...]:
    """When the tier of a family changed, found by folding its facts again; empty where the till knows only a part."""
    if not statutes.eras:
        return ()
    steps: list[tuple[int, str]] = []
    state = Ledger(zone, statutes=statutes)

    def note(moment: int) -> None:
        tier = ledger.tier_of(state, customer.account)
        id_ = tier.id if tier else ""
        if id_ != (steps[-1][1] if steps else ""):
            steps.append((moment, id_))

    for fact in sorted(history, key=facts.place):
        _let_pass(state, fact.moment, note)
        ledger.apply(state, fact)
        note(fact.moment)
    _let_pass(state, now, note)
    return tuple(steps) if steps and steps[-1][1] == (customer.tier or "") else ()


def _let_pass(state: Ledger, until: int, note: Callable[[int], None]) -> None:
    """Let time go on to `until`, stopping wherever it changes something by itself."""
    while state.next_change <= until:
        moment = state.next_change
        ledger.advance(state, moment)
        note(moment)
        if state.next_change <= moment:
            return
