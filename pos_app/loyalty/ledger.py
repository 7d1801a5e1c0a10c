"""The ledger: the state of accounts as a pure function of the set of facts.

Facts are folded in their place order (moment, till, epoch, seq). Lots are allotted, expiry is decided and debts are
filled in that fold, by the facts' own moments. So any order of arrival ends in the same state: a fact that comes
late makes its accounts be folded again.

A ledger holds the accounts of people who were ever linked with each other, mostly one; ledgers of strangers can be
joined, which is what a merge does. A family is the connected component of accounts under the links that hold.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

from pos_app.loyalty import facts, moments
from pos_app.loyalty.facts import Fact, Place
from pos_app.loyalty.moments import NEVER, Duration

CardStatus = Literal["unknown", "given", "blocked", "replaced", "left"]


class CardState(Struct, omit_defaults=True):
    """A card, the account that it leads to, and the moment from which it takes part in sales."""

    account: int
    member: int = 0
    active_from: int = 0
    status: CardStatus = "unknown"


class Link(Struct, frozen=True):
    """Two accounts that share their points, and the cards by which they were joined."""

    cards: tuple[int, int]
    accounts: tuple[int, int]


class Lot(Struct, omit_defaults=True):
    """Points from one earning, or points given back. `left` of `points` can still be spent, lapse or be cancelled.

    It waits until `credited`, which may be unknown yet (None), and can then be spent while `now < expires`.
    """

    account: int
    points: int
    left: int
    credited: int | None = None
    life: Duration | None = None
    expires: int | None = None
    open: bool = False
    expired: int = 0
    cancelled: int = 0
    given_back: bool = False


class Part(Struct, frozen=True):
    """So many points from one lot."""

    lot: bytes
    points: int


class Taking(Struct, omit_defaults=True):
    """Points taken from an account: spent on a swap, or cancelled. `owed` of them no lot could give: a debt."""

    account: int
    kind: Literal["spent", "cancelled"]
    points: int
    moment: int
    owed: int = 0
    parts: list[Part] = field(default_factory=list)
    item: str = ""
    quantity: int = 0


class Totals(Struct, omit_defaults=True):
    """Points ever: `earned == spent + expired + cancelled + balance + pending` always."""

    earned: int = 0
    spent: int = 0
    expired: int = 0
    cancelled: int = 0
    balance: int = 0
    pending: int = 0


class Ledger(Struct, omit_defaults=True):
    """Accounts that were ever linked, as of the fact at `last`. Keys of lots, takings and links: fact id + index."""

    zone: str
    last: Place | None = None
    cards: dict[int, CardState] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    links: dict[bytes, Link] = field(default_factory=dict)
    lots: dict[bytes, Lot] = field(default_factory=dict)
    takings: dict[bytes, Taking] = field(default_factory=dict)
    credits: dict[bytes, int] = field(default_factory=dict)
    next_change: int = NEVER


def key(fact_id: bytes, index: int) -> bytes:
    """The ledger's key of a fact's `index`-th lot, taking or link."""
    return fact_id + index.to_bytes(2, "big")


def fold(zone: str, history: Iterable[Fact]) -> Ledger:
    """The ledger of a set of facts, whatever their order and however often each comes."""
    distinct = {fact.id: fact for fact in history}
    ledger = Ledger(zone)
    for fact in sorted(distinct.values(), key=facts.place):
        apply(ledger, fact)
    return ledger


def join(one: Ledger, other: Ledger) -> Ledger:
    """The ledger of both sets of facts, where no fact names cards of both."""
    lasts = [ledger.last for ledger in (one, other) if ledger.last is not None]
    return Ledger(
        one.zone,
        max(lasts, default=None),
        one.cards | other.cards,
        one.kinds | other.kinds,
        one.links | other.links,
        one.lots | other.lots,
        one.takings | other.takings,
        one.credits | other.credits,
        min(one.next_change, other.next_change),
    )


def follows(ledger: Ledger, fact: Fact) -> bool:
    """Whether `fact` can be applied; otherwise its accounts have to be folded anew."""
    return ledger.last is None or ledger.last < facts.place(fact)


def apply(ledger: Ledger, fact: Fact) -> None:
    """Fold one more fact into `ledger`; it must follow all that were folded before."""
    assert follows(ledger, fact), "a fact of the past needs a new fold"
    advance(ledger, fact.moment)
    ledger.last = facts.place(fact)
    match fact.body:
        case facts.Enrolled() as body:
            _enrol(ledger, body)
        case facts.CardActivated() as body:
            card = _card(ledger, body.card)
            card.active_from = min(card.active_from, fact.moment)
        case facts.KindChanged() as body:
            if member := _card(ledger, body.card).member:
                ledger.kinds[member] = body.kind
        case facts.SaleCompleted() as body if body.card is not None:
            _sell(ledger, fact, body, _card(ledger, body.card).account)
        case facts.GoodsReturned() as body if body.card is not None:
            _return(ledger, fact, body, _card(ledger, body.card).account)
        case facts.CardsMerged() as body:
            _merge(ledger, fact.id, body)
        case facts.CardSplit() as body:
            _split(ledger, body)
        case facts.CardBlocked() as body:
            _card(ledger, body.card).status = "blocked"
        case facts.CardReplaced() as body:
            _replace(ledger, body)
        case facts.MemberLeft() as body:
            _leave(ledger, body)
        case facts.PointsAdjusted() as body:
            _adjust(ledger, fact, body)
        case facts.PointsCredited() as body:
            _credit(ledger, body)
        case _:
            pass
    for account in {_card(ledger, card).account for card in facts.cards_of(fact.body)}:
        _fill_debts(ledger, account)
    ledger.next_change = _next_change(ledger)
    advance(ledger, fact.moment)


def advance(ledger: Ledger, now: int) -> None:
    """Let everything happen that time alone brings until `now`: lots open (and fill debts) and lapse."""
    if now < ledger.next_change:
        return
    events = [
        *((lot.credited, 0, name) for name, lot in ledger.lots.items() if not lot.open and lot.credited is not None),
        *((lot.expires, 1, name) for name, lot in ledger.lots.items() if lot.left and lot.expires is not None),
    ]
    for moment, _, name in sorted(events):
        lot = ledger.lots[name]
        if moment > now:
            break
        if lot.open or lot.expires == moment:
            _lapse(lot)
        else:
            lot.open = True
            _fill_debts(ledger, lot.account)
    ledger.next_change = _next_change(ledger)


def family(ledger: Ledger, account: int) -> set[int]:
    """The accounts that share their points with `account`, itself included."""
    members = {account}
    grown = True
    while grown:
        near = {end for link in ledger.links.values() if members & set(link.accounts) for end in link.accounts}
        grown = not near <= members
        members |= near
    return members


def cards_to(ledger: Ledger, accounts: set[int]) -> list[int]:
    """The cards that lead to any of `accounts` today, blocked ones included, in numerical order."""
    return sorted(
        number
        for number, card in ledger.cards.items()
        if card.account in accounts and card.status not in ("replaced", "left")
    )


def totals(ledger: Ledger, account: int) -> Totals:
    """The points of the family of `account` as of the last fact or advance."""
    members = family(ledger, account)
    sums = Totals()
    for lot in ledger.lots.values():
        if lot.account not in members:
            continue
        if lot.given_back:
            sums.spent -= lot.points
        else:
            sums.earned += lot.points
        sums.expired += lot.expired
        sums.cancelled += lot.cancelled
        if lot.open:
            sums.balance += lot.left
        else:
            sums.pending += lot.left
    for taking in ledger.takings.values():
        if taking.account not in members:
            continue
        sums.balance -= taking.owed
        if taking.kind == "spent":
            sums.spent += taking.points
        else:
            sums.cancelled += taking.points
    return sums


def known_links(ledger: Ledger, card: int) -> tuple[bytes, ...]:
    """The links of a card's account, which a split of the card ends."""
    account = _card(ledger, card).account
    return tuple(sorted(name for name, link in ledger.links.items() if account in link.accounts))


def _card(ledger: Ledger, number: int) -> CardState:
    """A card; one that no fact has handed over yet leads to an account of its own number meanwhile."""
    return ledger.cards.setdefault(number, CardState(account=number))


def _enrol(ledger: Ledger, body: facts.Enrolled) -> None:
    if _card(ledger, body.card).status != "unknown":
        return  # handed over twice, at two tills at once: the earlier one stands
    ledger.cards[body.card] = CardState(body.account, body.member, body.active_from, "given")
    ledger.kinds[body.member] = body.kind


def _sell(ledger: Ledger, fact: Fact, body: facts.SaleCompleted, account: int) -> None:
    for index, points in enumerate(body.spent):
        swap = body.swaps[index]
        _take(
            ledger,
            key(fact.id, index),
            Taking(account, "spent", points, fact.moment, item=swap.offer.item, quantity=swap.quantity),
        )
    for index, earned in enumerate(body.earned):
        credited = ledger.credits.get(fact.id) if earned.credited is None else earned.credited
        lot = Lot(account, earned.points, earned.points, life=earned.life)
        ledger.lots[key(fact.id, index)] = lot
        _date(ledger, lot, credited)


def _date(ledger: Ledger, lot: Lot, credited: int | None) -> None:
    if credited is None:
        return
    lot.credited = credited
    lot.expires = None if lot.life is None else moments.add(credited, lot.life, ledger.zone)


def _lapse(lot: Lot) -> None:
    lot.open = True
    lot.expired += lot.left
    lot.left = 0


def _spendable(ledger: Ledger, members: set[int]) -> list[tuple[bytes, Lot]]:
    """Lots with points, in the order in which they are spent: the one that expires first comes first."""
    lots = [(name, lot) for name, lot in ledger.lots.items() if lot.open and lot.left and lot.account in members]
    lots.sort(key=lambda item: (item[1].expires or NEVER, item[1].credited or 0, item[0]))
    return lots


def _take(ledger: Ledger, name: bytes, taking: Taking) -> None:
    ledger.takings[name] = taking
    taking.owed = taking.points
    _fill(taking, _spendable(ledger, family(ledger, taking.account)))


def _fill(taking: Taking, lots: list[tuple[bytes, Lot]]) -> None:
    for name, lot in lots:
        points = min(lot.left, taking.owed)
        if not points:
            continue
        lot.left -= points
        taking.owed -= points
        taking.parts.append(Part(name, points))


def _fill_debts(ledger: Ledger, account: int) -> None:
    if not any(taking.owed for taking in ledger.takings.values()):
        return
    members = family(ledger, account)
    debts = [item for item in ledger.takings.items() if item[1].owed and item[1].account in members]
    for _, taking in sorted(debts, key=lambda item: (item[1].moment, item[0])):
        _fill(taking, _spendable(ledger, members))


def _return(ledger: Ledger, fact: Fact, body: facts.GoodsReturned, account: int) -> None:
    for number, taken in enumerate(body.taken):
        _take_back(ledger, key(fact.id, number), key(body.sale, taken.index), taken.points, account, fact.moment)
    for number, given in enumerate(body.given):
        _give_back(ledger, key(fact.id, number), key(body.sale, given.index), given.points, account, fact.moment)


def _take_back(ledger: Ledger, name: bytes, lot_name: bytes, points: int, account: int, now: int) -> None:
    """Cancel points of a lot: first what is left of it, then what lapsed; what was spent makes a taking."""
    lot = ledger.lots.get(lot_name)
    if lot is not None:
        account = lot.account
        from_left = min(points, lot.left)
        from_expired = min(points - from_left, lot.expired)
        lot.left -= from_left
        lot.expired -= from_expired
        lot.cancelled += from_left + from_expired
        points -= from_left + from_expired
    if points:
        _take(ledger, name, Taking(account, "cancelled", points, now))


def _give_back(ledger: Ledger, name: bytes, taking_name: bytes, points: int, account: int, now: int) -> None:
    """Undo a spending, last part first: a debt shrinks; points of a lot come back with that lot's expiry."""
    taking = ledger.takings.get(taking_name)
    if taking is None:
        _open_again(ledger, name, account, points, None, now)
        return
    forgiven = min(points, taking.owed)
    taking.owed -= forgiven
    taking.points -= forgiven
    points -= forgiven
    for number in range(len(taking.parts) - 1, -1, -1):
        part = taking.parts[number]
        back = min(points, part.points)
        if not back:
            continue
        points -= back
        taking.parts[number] = Part(part.lot, part.points - back)
        expires = ledger.lots[part.lot].expires
        _open_again(ledger, name + number.to_bytes(2, "big"), taking.account, back, expires, now)
    taking.parts = [part for part in taking.parts if part.points]
    if points:
        _open_again(ledger, name, taking.account, points, None, now)


def _open_again(ledger: Ledger, name: bytes, account: int, points: int, expires: int | None, now: int) -> None:
    if expires is not None:
        expires = max(expires, moments.add(now, Duration(days=1), ledger.zone))
    ledger.lots[name] = Lot(account, points, points, now, None, expires, open=True, given_back=True)


def _merge(ledger: Ledger, fact_id: bytes, body: facts.CardsMerged) -> None:
    holder = _card(ledger, body.holder).account
    for index, number in enumerate(body.cards):
        card = _card(ledger, number).account
        ledger.links[key(fact_id, index)] = Link((body.holder, number), (holder, card))


def _split(ledger: Ledger, body: facts.CardSplit) -> None:
    """The card gets a new account; the old one stays with the family, and so do its points."""
    card = _card(ledger, body.card)
    left_behind = card.account
    if cards_to(ledger, family(ledger, left_behind)) in ([body.card], []):
        return  # the last card of a family keeps the points: two cards left it at two tills at once
    card.account = body.account
    for name, link in ledger.links.items():
        if body.card in link.cards and name not in body.links:
            ledger.links[name] = _moved(link, body.card, left_behind, body.account)
    _fill_debts(ledger, left_behind)


def _moved(link: Link, card: int, old: int, new: int) -> Link:
    """A link that a split did not know of goes on to hold, from the card's new account."""
    first, second = (
        new if number == card and account == old else account
        for number, account in zip(link.cards, link.accounts, strict=True)
    )
    return Link(link.cards, (first, second))


def _replace(ledger: Ledger, body: facts.CardReplaced) -> None:
    old = _card(ledger, body.card)
    if _card(ledger, body.new_card).status != "unknown":
        return
    ledger.cards[body.new_card] = CardState(old.account, old.member, body.active_from, "given")
    old.status = "replaced"


def _leave(ledger: Ledger, body: facts.MemberLeft) -> None:
    card = _card(ledger, body.card)
    card.status = "left"
    members = family(ledger, card.account)
    if cards_to(ledger, members):
        return
    for lot in ledger.lots.values():
        if lot.account in members:
            lot.cancelled += lot.left
            lot.left = 0


def _adjust(ledger: Ledger, fact: Fact, body: facts.PointsAdjusted) -> None:
    account = _card(ledger, body.card).account
    name = key(fact.id, 0)
    if body.points >= 0:
        ledger.lots[name] = Lot(account, body.points, body.points, life=body.life)
        _date(ledger, ledger.lots[name], fact.moment)
    else:
        _take(ledger, name, Taking(account, "cancelled", -body.points, fact.moment))


def _credit(ledger: Ledger, body: facts.PointsCredited) -> None:
    ledger.credits[body.sale] = body.credited
    for name, lot in ledger.lots.items():
        if name.startswith(body.sale) and lot.credited is None:
            _date(ledger, lot, body.credited)


def _next_change(ledger: Ledger) -> int:
    """The earliest moment at which time alone changes something."""
    return min(
        (
            moment
            for lot in ledger.lots.values()
            for moment in ((lot.expires if lot.left else None) if lot.open else lot.credited,)
            if moment is not None
        ),
        default=NEVER,
    )
