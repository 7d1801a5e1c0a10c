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
    """A card, the account that it leads to, and the moment from which it takes part in sales.

    `replaced_by` is the card that stands for it since (0: none); their account is the same.
    """

    account: int
    member: int = 0
    active_from: int = 0
    status: CardStatus = "unknown"
    replaced_by: int = 0


class Link(Struct, frozen=True):
    """Two accounts that share their points, and the cards by which they were joined."""

    cards: tuple[int, int]
    accounts: tuple[int, int]


class Lot(Struct, omit_defaults=True):
    """Points from one earning, or points given back. `left` of `points` can still be spent, lapse or be cancelled.

    It waits until `credited`, which may be unknown yet (None), and can then be spent while `now < expires`.
    `card` earned it, and `returned` of its points were taken back with the goods that had earned them.
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
    card: int = 0
    returned: int = 0


class Part(Struct, frozen=True):
    """So many points from one lot."""

    lot: bytes
    points: int


class Taking(Struct, omit_defaults=True):
    """Points taken from an account: spent on a swap, or cancelled. `owed` of them no lot could give: a debt.

    Where the points of a swap came from is remembered in `parts`, so that they can be given back. Cancelled points
    are written off in their lots; when nothing is owed any more such a taking is forgotten.
    """

    account: int
    kind: Literal["spent", "cancelled"]
    points: int
    moment: int
    owed: int = 0
    parts: list[Part] = field(default_factory=list)
    item: str = ""
    quantity: int = 0
    card: int = 0


class Totals(Struct, omit_defaults=True):
    """Points ever: `earned == spent + expired + cancelled + balance + pending` always."""

    earned: int = 0
    spent: int = 0
    expired: int = 0
    cancelled: int = 0
    balance: int = 0
    pending: int = 0


class Ledger(Struct, omit_defaults=True):
    """Accounts that were ever linked, as of the fact at `last`. Keys of lots, takings and links: fact id + index.

    `kinds` are those of members, each since the fact at `kinds_at`. `credits` wait for sales that were not folded
    yet. `changed` is when time alone last changed something, `next_change` when it will do so next.
    """

    zone: str
    last: Place | None = None
    cards: dict[int, CardState] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    kinds_at: dict[int, Place] = field(default_factory=dict)
    links: dict[bytes, Link] = field(default_factory=dict)
    lots: dict[bytes, Lot] = field(default_factory=dict)
    takings: dict[bytes, Taking] = field(default_factory=dict)
    credits: dict[bytes, int] = field(default_factory=dict)
    changed: int = 0
    next_change: int = NEVER


def key(fact_id: bytes, index: int) -> bytes:
    """The ledger's key of a fact's `index`-th lot, taking or link."""
    return fact_id + index.to_bytes(2, "big")


def fold(zone: str, history: Iterable[Fact]) -> Ledger:
    """The ledger of a set of facts, whatever their order and however often each comes."""
    distinct: dict[bytes, Fact] = {}
    for fact in history:
        known = distinct.setdefault(fact.id, fact)
        if known != fact:  # two contents under one id: somebody is alarmed elsewhere, here one of them counts
            distinct[fact.id] = min(known, fact, key=facts.encode)
    ledger = Ledger(zone)
    for fact in sorted(distinct.values(), key=facts.place):
        apply(ledger, fact)
    return ledger


def join(one: Ledger, other: Ledger) -> Ledger:
    """The ledger of both sets of facts, where no fact names cards of both. It takes over what both consist of."""
    lasts = [ledger.last for ledger in (one, other) if ledger.last is not None]
    newer = {member for member, at in other.kinds_at.items() if member not in one.kinds_at or one.kinds_at[member] < at}
    joined = Ledger(
        one.zone,
        max(lasts, default=None),
        one.cards | other.cards,
        one.kinds | {member: other.kinds[member] for member in newer},
        one.kinds_at | {member: other.kinds_at[member] for member in newer},
        one.links | other.links,
        one.lots | other.lots,
        one.takings | other.takings,
        one.credits | other.credits,
        max(one.changed, other.changed),
        min(one.next_change, other.next_change),
    )
    if joined.last is not None:
        advance(joined, joined.last[0])
    return joined


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
    for number in facts.cards_of(fact.body):
        _card(ledger, number)
    match fact.body:
        case facts.Enrolled() as body:
            _enrol(ledger, fact, body)
        case facts.CardActivated() as body:
            card = _card(ledger, _today(ledger, body.card))
            card.active_from = min(card.active_from, fact.moment)
        case facts.KindChanged() as body:
            _set_kind(ledger, fact, _card(ledger, body.card).member, body.kind)
        case facts.SaleCompleted() as body if body.card is not None:
            _sell(ledger, fact, body, body.card)
        case facts.GoodsReturned() as body if body.card is not None:
            _return(ledger, fact, body, body.card)
        case facts.CardsMerged() as body:
            _merge(ledger, fact.id, body)
        case facts.CardSplit() as body:
            _split(ledger, body)
        case facts.CardBlocked() as body:
            card = _card(ledger, body.card)
            card.status = card.status if card.status in ("replaced", "left") else "blocked"
        case facts.CardReplaced() as body:
            _replace(ledger, body)
        case facts.MemberLeft() as body:
            _leave(ledger, body)
        case facts.PointsAdjusted() as body:
            _adjust(ledger, fact, body)
        case facts.PointsCredited() as body:
            _credit(ledger, fact, body)
        case _:
            pass
    _fill_debts(ledger)
    ledger.next_change = _next_change(ledger)


def advance(ledger: Ledger, now: int) -> None:
    """Let everything happen that time alone brings until `now`: lots open (and fill debts) and lapse.

    At one moment what lapses comes first, then what opens, that which lives shortest before the rest.
    """
    if now < ledger.next_change:
        return
    due: list[tuple[int, bool, int, bytes]] = []
    for name, lot in ledger.lots.items():
        if not lot.open and lot.credited is not None and lot.credited <= now:
            due.append((lot.credited, True, lot.expires or NEVER, name))
        if lot.left and lot.expires is not None and lot.expires <= now:
            due.append((lot.expires, False, NEVER, name))
    for moment, opens, _, name in sorted(due):
        lot = ledger.lots[name]
        if opens:
            lot.open = True
            _fill_debts(ledger)
        elif lot.left:
            _lapse(lot)
        else:
            continue
        ledger.changed = max(ledger.changed, moment)
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
    """The points of the family of `account` as of the last fact or advance.

    Points are spent where their lot is: a family that was cut apart keeps what it spent together.
    """
    members = family(ledger, account)
    sums = Totals()
    for lot in ledger.lots.values():
        if lot.account not in members:
            continue
        sums.spent += lot.points - lot.left - lot.expired - lot.cancelled
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
            sums.spent += taking.owed
        else:
            sums.cancelled += taking.owed
    return sums


def known_links(ledger: Ledger, card: int) -> tuple[bytes, ...]:
    """The links of a card's account, which a split of the card ends."""
    account = _card(ledger, card).account
    return tuple(sorted(name for name, link in ledger.links.items() if account in link.accounts))


def _card(ledger: Ledger, number: int) -> CardState:
    """A card; one that no fact has handed over yet leads to an account of its own number meanwhile."""
    return ledger.cards.setdefault(number, CardState(account=number))


def _today(ledger: Ledger, number: int) -> int:
    """The card that stands for `number` today: itself, or the last of those that replaced it."""
    while replaced_by := _card(ledger, number).replaced_by:
        number = replaced_by
    return number


def _enrol(ledger: Ledger, fact: Fact, body: facts.Enrolled) -> None:
    card = _card(ledger, body.card)
    if card.member or card.status == "given":
        return  # handed over twice, at two tills at once: the earlier one stands
    _rename(ledger, card.account, body.account)
    for other in ledger.cards.values():
        if other.account == body.account:
            other.member = other.member or body.member
    card.active_from = body.active_from
    if card.status == "unknown":
        card.status = "given"
    _set_kind(ledger, fact, body.member, body.kind)


def _rename(ledger: Ledger, old: int, new: int) -> None:
    """What a card's number stood for until its account was known belongs to that account."""
    owners: list[CardState | Lot | Taking] = [*ledger.cards.values(), *ledger.lots.values(), *ledger.takings.values()]
    for owner in owners:
        if owner.account == old:
            owner.account = new
    for name, link in ledger.links.items():
        first, second = (new if account == old else account for account in link.accounts)
        ledger.links[name] = Link(link.cards, (first, second))


def _set_kind(ledger: Ledger, fact: Fact, member: int, kind: str) -> None:
    if member:
        ledger.kinds[member] = kind
        ledger.kinds_at[member] = facts.place(fact)


def _sell(ledger: Ledger, fact: Fact, body: facts.SaleCompleted, card: int) -> None:
    account = _card(ledger, card).account
    for index, (swap, points) in enumerate(zip(body.swaps, body.spent, strict=False)):
        taking = Taking(account, "spent", points, fact.moment, item=swap.offer.item, quantity=swap.quantity, card=card)
        _take(ledger, key(fact.id, index), taking)
    waiting = ledger.credits.pop(_credit_name(fact.id, card), None)
    for index, earned in enumerate(body.earned):
        lot = Lot(account, earned.points, earned.points, life=earned.life, card=card)
        ledger.lots[key(fact.id, index)] = lot
        _date(ledger, lot, waiting if earned.credited is None else earned.credited, fact.moment)


def _date(ledger: Ledger, lot: Lot, credited: int | None, now: int) -> None:
    """Say from when a lot can be spent; if that lies in the past it counts from `now`, its life does not."""
    if credited is None:
        return
    lot.credited = credited
    lot.expires = None if lot.life is None else moments.add(credited, lot.life, ledger.zone)
    lot.open = credited <= now
    if lot.expires is not None and lot.expires <= now:
        _lapse(lot)


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
    taking.owed = taking.points
    ledger.takings[name] = taking
    _fill(ledger, name)


def _fill(ledger: Ledger, name: bytes) -> None:
    """Take what is owed from points that can be spent now."""
    taking = ledger.takings[name]
    for lot_name, lot in _spendable(ledger, family(ledger, taking.account)):
        points = min(lot.left, taking.owed)
        if not points:
            break
        lot.left -= points
        taking.owed -= points
        if taking.kind == "spent":
            taking.parts.append(Part(lot_name, points))
        else:
            lot.cancelled += points
    if not taking.owed and taking.kind == "cancelled":
        del ledger.takings[name]


def _fill_debts(ledger: Ledger) -> None:
    """Fill what is owed, the oldest debt first."""
    debts = [(taking.moment, name) for name, taking in ledger.takings.items() if taking.owed]
    for _, name in sorted(debts):
        _fill(ledger, name)


def _return(ledger: Ledger, fact: Fact, body: facts.GoodsReturned, card: int) -> None:
    """Cancel points that the sale earned and give back those it spent, no point more than once.

    A sale that is not known, or was another card's, stands for itself: the card's account bears all of it.
    """
    account = _card(ledger, card).account
    for number, taken in enumerate(body.taken):
        lot = ledger.lots.get(key(body.sale, taken.index))
        owner, points = account, taken.points
        if lot is not None and lot.card == card:
            owner, points = lot.account, _cancel(lot, points)
        if points:
            _take(ledger, key(fact.id, number), Taking(owner, "cancelled", points, fact.moment, card=card))
    for number, given in enumerate(body.given):
        taking = ledger.takings.get(key(body.sale, given.index))
        if taking is not None and taking.card == card:
            _give_back(ledger, key(fact.id, number), taking, given.points, fact.moment)
        else:
            _open_again(ledger, key(fact.id, number), account, given.points, None, fact.moment)


def _cancel(lot: Lot, points: int) -> int:
    """Cancel points of a lot: first what is left of it, then what lapsed; tells how many of them were spent."""
    points = min(points, lot.points - lot.returned)
    lot.returned += points
    from_left = min(points, lot.left)
    from_expired = min(points - from_left, lot.expired)
    lot.left -= from_left
    lot.expired -= from_expired
    lot.cancelled += from_left + from_expired
    return points - from_left - from_expired


def _give_back(ledger: Ledger, name: bytes, taking: Taking, points: int, now: int) -> None:
    """Undo a spending, last part first: a debt shrinks; points of a lot come back with that lot's expiry."""
    forgiven = min(points, taking.owed)
    taking.owed -= forgiven
    taking.points -= forgiven
    points -= forgiven
    while points and taking.parts:
        part = taking.parts.pop()
        again = name + len(taking.parts).to_bytes(2, "big")
        back = min(points, part.points)
        points -= back
        if back < part.points:
            taking.parts.append(Part(part.lot, part.points - back))
        _open_again(ledger, again, taking.account, back, ledger.lots[part.lot].expires, now)


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
    """The card gets a new account; the old one stays with the family, and so do its points.

    Links that the split did not know of go with the card. If no card led to the old points any more, the card
    stays: it was the last one, because others left at other tills at the same time.
    """
    number = _today(ledger, body.card)
    old, links = _card(ledger, number).account, dict(ledger.links)
    cards = [card for other, card in ledger.cards.items() if _today(ledger, other) == number]
    for card in cards:
        card.account = body.account
    for name, link in links.items():
        if name not in body.links:
            ledger.links[name] = _moved(ledger, link, number, old, body.account)
    if not cards_to(ledger, family(ledger, old)):
        ledger.links = links
        for card in cards:
            card.account = old


def _moved(ledger: Ledger, link: Link, card: int, old: int, new: int) -> Link:
    """A link with the end that a card has in an old account put into a new one."""
    first, second = (
        new if account == old and _today(ledger, number) == card else account
        for number, account in zip(link.cards, link.accounts, strict=True)
    )
    return Link(link.cards, (first, second))


def _replace(ledger: Ledger, body: facts.CardReplaced) -> None:
    old = _card(ledger, body.card)
    new = _card(ledger, body.new_card)
    if new is old or new.status != "unknown":
        return
    _rename(ledger, new.account, old.account)
    ledger.cards[body.new_card] = CardState(old.account, old.member, body.active_from, "given")
    old.status = "replaced"
    old.replaced_by = old.replaced_by or body.new_card


def _leave(ledger: Ledger, body: facts.MemberLeft) -> None:
    card = _card(ledger, _today(ledger, body.card))
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
        lot = Lot(account, body.points, body.points, life=body.life, card=body.card)
        ledger.lots[name] = lot
        _date(ledger, lot, fact.moment, fact.moment)
    else:
        _take(ledger, name, Taking(account, "cancelled", -body.points, fact.moment, card=body.card))


def _credit(ledger: Ledger, fact: Fact, body: facts.PointsCredited) -> None:
    """The first moment that is told stands. A sale that is not known yet finds it later."""
    lots = [lot for name, lot in ledger.lots.items() if name[:-2] == body.sale and lot.card == body.card]
    if not lots:
        ledger.credits.setdefault(_credit_name(body.sale, body.card), body.credited)
    for lot in lots:
        if lot.credited is None:
            _date(ledger, lot, body.credited, fact.moment)


def _credit_name(sale: bytes, card: int) -> bytes:
    return sale + str(card).encode()


def _next_change(ledger: Ledger) -> int:
    """The earliest moment at which time alone changes something."""
    soonest = NEVER
    for lot in ledger.lots.values():
        moment = lot.expires if lot.open else lot.credited
        if moment is not None and moment < soonest and (lot.left or not lot.open):
            soonest = moment
    return soonest
