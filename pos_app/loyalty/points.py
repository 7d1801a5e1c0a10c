"""Points: lots are earned, spent, lapse and come back; what is missing is a debt that later points fill."""

from pos_app.loyalty import facts, moments, standing
from pos_app.loyalty.accounts import Ledger, Lot, Part, Taking, card_state, family, key
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.moments import NEVER, Duration


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
        standing.review(ledger, moment)
        if opens:
            lot.open = True
            fill_debts(ledger)
            standing.settle(ledger, [lot.account], moment)
        elif lot.left:
            _lapse(lot)
        else:
            continue
        ledger.changed = max(ledger.changed, moment)
    standing.review(ledger, now)
    ledger.next_change = next_change(ledger)


def next_change(ledger: Ledger) -> int:
    """The earliest moment at which time alone changes something."""
    soonest = standing.next_review(ledger)
    for lot in ledger.lots.values():
        moment = lot.expires if lot.open else lot.credited
        if moment is not None and moment < soonest and (lot.left or not lot.open):
            soonest = moment
    return soonest


def sell(ledger: Ledger, fact: Fact, body: facts.SaleCompleted, card: int) -> None:
    """Spend what the sale's swaps cost, then earn: what a sale earns is for the next one."""
    account = card_state(ledger, card).account
    for index, (swap, points) in enumerate(zip(body.swaps, body.spent, strict=False)):
        taking = Taking(account, "spent", points, fact.moment, item=swap.offer.item, quantity=swap.quantity, card=card)
        _take(ledger, key(fact.id, index), taking)
    if body.used_points:
        taking = Taking(account, "spent", body.used_points, fact.moment, card=card)
        _take(ledger, key(fact.id, facts.USED_POINTS), taking)
    for name in body.approved:
        request = ledger.requests.get(name)
        if request is not None and request.state == "approved":
            request.state = "used"
    waiting = ledger.credits.pop(_credit_name(fact.id, card), None)
    for index, earned in enumerate(body.earned):
        if earned.units:
            _count(ledger, account, earned.rules[0], earned.units)
        lot = Lot(account, earned.points, earned.points, life=earned.life, card=card, units=earned.units)
        ledger.lots[key(fact.id, index)] = lot
        _date(ledger, lot, waiting if earned.credited is None else earned.credited, fact.moment)


def _count(ledger: Ledger, account: int, rule: str, units: int) -> None:
    counted = ledger.counts.setdefault(account, {})
    counted[rule] = counted.get(rule, 0) + units


def give_bonus(ledger: Ledger, fact: Fact, body: facts.BonusGiven) -> None:
    """Give points for an occasion, once; of two tills that gave them the earlier one stands."""
    if ledger.given.setdefault(f"{body.rule}:{body.occasion}", fact.id) != fact.id:
        return
    lot = Lot(card_state(ledger, body.card).account, body.points, body.points, life=body.life, card=body.card)
    ledger.lots[key(fact.id, 0)] = lot
    _date(ledger, lot, fact.moment, fact.moment)


def make_code(ledger: Ledger, fact: Fact, body: facts.CodeMade) -> None:
    """Spend what a code costs."""
    account = card_state(ledger, body.card).account
    _take(ledger, key(fact.id, 0), Taking(account, "spent", body.points, fact.moment, card=body.card))


def adjust(ledger: Ledger, fact: Fact, body: facts.PointsAdjusted) -> None:
    """Give or take points, as staff decided."""
    account = card_state(ledger, body.card).account
    name = key(fact.id, 0)
    if body.points >= 0:
        lot = Lot(account, body.points, body.points, life=body.life, card=body.card)
        ledger.lots[name] = lot
        _date(ledger, lot, fact.moment, fact.moment)
    elif not body.of:
        _take(ledger, name, Taking(account, "cancelled", -body.points, fact.moment, card=body.card))
    elif (given := ledger.lots.get(key(body.of, 0))) is not None and given.card == body.card:
        points = _cancel(given, -body.points)
        if points:
            _take(ledger, name, Taking(given.account, "cancelled", points, fact.moment, card=body.card, returned=True))
    elif given is None and body.of in ledger.given.values():  # its books are closed: the account bears it
        _take(ledger, name, Taking(account, "cancelled", -body.points, fact.moment, card=body.card))


def credit(ledger: Ledger, fact: Fact, body: facts.PointsCredited) -> None:
    """Date the pending lots of a sale. The first moment that is told stands; a sale that comes later finds it."""
    lots = [lot for name, lot in ledger.lots.items() if name[:-2] == body.sale and lot.card == body.card]
    if not lots:
        ledger.credits.setdefault(_credit_name(body.sale, body.card), body.credited)
    for lot in lots:
        if lot.credited is None:
            _date(ledger, lot, body.credited, fact.moment)


def _credit_name(sale: bytes, card: int) -> bytes:
    return sale + str(card).encode()


def _date(ledger: Ledger, lot: Lot, credited: int | None, now: int) -> None:
    """Say from when a lot can be spent; if that lies in the past it counts from `now`, its life does not."""
    if credited is None:
        return
    lot.credited = credited
    lot.expires = None if lot.life is None else moments.add(credited, lot.life, ledger.zone)
    lot.life = None
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
            lot.lost += 0 if taking.returned else points
    if not taking.owed and taking.kind == "cancelled":
        del ledger.takings[name]


def fill_debts(ledger: Ledger) -> None:
    """Fill what is owed, the oldest debt first."""
    debts = [(taking.moment, name) for name, taking in ledger.takings.items() if taking.owed]
    for _, name in sorted(debts):
        _fill(ledger, name)


def return_goods(ledger: Ledger, fact: Fact, body: facts.GoodsReturned, card: int) -> None:
    """Cancel points that the sale earned and give back those it spent, no point more than once.

    A sale that is not known, or was another card's, stands for itself: the card's account bears all of it.
    """
    account = card_state(ledger, card).account
    for number, taken in enumerate(body.taken):
        lot = ledger.lots.get(key(body.sale, taken.index))
        owner, points = account, taken.points
        known = lot is not None and lot.card == card
        if lot is not None and known:
            owner, points = lot.account, _cancel(lot, points)
            if units := min(taken.units, lot.units):
                lot.units -= units
                _count(ledger, owner, taken.rule, -units)
        if points:
            debt = Taking(owner, "cancelled", points, fact.moment, card=card, returned=known)
            _take(ledger, key(fact.id, number), debt)
    for name in body.freed_requests:
        request = ledger.requests.get(name)
        if request is not None and request.state == "used":
            request.state = "approved"
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
    lot.lost += points
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
