"""Facts made again under a changed programme, one after the other, each with what would have followed from it.

What a sale wishes (goods, swaps, points to use, coupons) is taken as it was; what the new rules or the replayed
balance do not allow falls away. What facts do not tell (whether a telephone was known before, what somebody would have
bought instead) is taken from what was recorded: where the old rules gave a bonus the new ones give theirs.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from pos_app import background
from pos_app.loyalty import crediting, facts, ledger, moments, quote, returns, slip
from pos_app.loyalty.basket import Basket, Line, Swap
from pos_app.loyalty.bonuses import Bonus, Occasion
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import FileFault, Refusal
from pos_app.loyalty.facts import (
    BonusGiven,
    CardReplaced,
    CodeMade,
    Enrolled,
    Fact,
    GoodsReturned,
    MemberActed,
    OrderChanged,
    PointsAdjusted,
    PointsCredited,
    RequestDecided,
    SaleCompleted,
)
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.quote import Background
from pos_app.replay.ledgers import Families, Family

_DECIDED = (
    "lines", "to_pay_minor", "swaps", "card", "kind", "tier", "earned", "spent", "used_points", "coupons", "approved",
    "delivery_minor", "guest", "entries",
)  # fmt: skip
"""What the rules decide of a sale."""


class Past(NamedTuple):
    """What is known of the past: by which programme and version a fact was reckoned, facts by id, coupons by code."""

    rules_of: Callable[[Fact], tuple[Programme, Version]]
    fact: Callable[[bytes], Fact | None]
    coupon: Callable[[str], Coupon | None]


class _Order(NamedTuple):
    """When a sale was handed over and paid, None where it was not yet."""

    fulfilled: int | None
    paid: int | None


class _Bonus(NamedTuple):
    """A bonus for a friend's purchase as it was given, None where it was not, and as it would have been.

    `returns` are the returns of the purchase that came before it.
    """

    then: BonusGiven | None
    now: BonusGiven
    returns: int


class Remaker:
    """Makes facts again, in the order in which they are folded. `refused` sales count without points now."""

    def __init__(self, programme: Programme, families: Families, past: Past) -> None:
        self.refused = 0
        self._programme = programme
        self._families = families
        self._past = past
        self._sales: dict[bytes, dict[str, object]] = {}
        self._returns: dict[bytes, list[tuple[GoodsReturned, GoodsReturned]]] = {}
        self._orders: dict[bytes, _Order] = {}
        self._guests: dict[int, list[bytes]] = {}
        self._bonuses: dict[bytes, list[_Bonus]] = {}
        self._codes: dict[str, Coupon | None] = {}
        self._expected: dict[tuple[int, object], int | None] = {}
        self._expected_at = 0

    def remade(self, fact: Fact, family: Family | None) -> Iterator[Fact]:
        """What `fact` would have been, nothing if it would not have happened, and what would have followed.

        Each has to be folded before the next one is asked for. `family` is that of the cards that the fact names or
        shows, its ledgers advanced to the fact's moment. Raises FileFault where the programme cannot reckon at all.
        """
        if fact.moment != self._expected_at:
            self._expected.clear()
            self._expected_at = fact.moment
        if family is None:
            yield fact if not isinstance(fact.body, SaleCompleted) else self._sale(fact, fact.body, None)
            return
        match fact.body:
            case SaleCompleted() as body:
                yield from self._sold(fact, body, family)
            case GoodsReturned() as body:
                yield from self._returned(fact, body)
            case OrderChanged() as body:
                yield fact
                yield from self._changed(fact, body)
            case Enrolled() as body:
                yield from self._enrolled(fact, body)
            case MemberActed() as body:
                yield fact
                yield from self._acted(fact, body, family.replayed)
            case BonusGiven() as body:
                yield from self._given(fact, body)
            case PointsCredited() as body:
                yield from self._credited(fact, body)
            case PointsAdjusted() as body:
                yield from self._adjusted(fact, body)
            case CodeMade() as body:
                yield from self._code(fact, body, family)
            case CardReplaced() as body:
                yield self._replaced(fact, body, family)
            case RequestDecided() as body:
                yield self._decided(fact, body, family.replayed)
            case _:
                yield fact

    def _version(self, moment: int) -> Version:
        return self._programme.version_at(moment)

    # -- sales

    def _sold(self, fact: Fact, body: SaleCompleted, family: Family) -> Iterator[Fact]:
        sold = self._sale(fact, body, family)
        yield sold
        if body.guest:
            self._guests.setdefault(body.guest, []).append(fact.id)
        if not (body.fulfilled and body.paid):
            self._orders[fact.id] = _Order(fact.moment if body.fulfilled else None, fact.moment if body.paid else None)
        if body.fulfilled:
            yield from self._friends_first_sale(fact, sold)

    def _sale(self, fact: Fact, body: SaleCompleted, family: Family | None) -> Fact:
        version = self._version(fact.moment)
        if version.currency != body.currency:
            day = moments.to_local(fact.moment, self._programme.zone).date()
            sentence = (
                f"the sales of {day} are in {body.currency}, version '{version.id}' reckons in {version.currency}"
            )
            raise FileFault(self._programme.id, [f"{sentence}; it needs a version for that time"])
        customer = None if family is None else self._customer(fact, body, version, family)
        took_part = body.card is not None and not body.guest
        swaps = self._swaps(body, customer, fact.moment)
        self.refused += (took_part and customer is None) or swaps != body.swaps
        asked = self._basket(fact, body, version, customer, swaps)
        behind = Background(coupons=self._coupons(body))
        if customer is not None and family is not None and _asks_for_history(version):
            state = family.replayed
            behind = replace(
                behind,
                counts=ledger.counts(state, customer.account),
                requests=background.requests_of(state, customer.account),
            )
        quoted = quote.quote(asked, customer, version, fact.moment, self._programme.zone, behind, strict=False)
        made = quote.completed(quoted, body.slip, body.tenders, body.mode)
        changes = {name: new for name in _DECIDED if (new := getattr(made, name)) != getattr(body, name)}
        if not changes:
            return fact
        self._sales[fact.id] = changes
        return replace(fact, body=replace(body, **changes))

    def _customer(self, fact: Fact, body: SaleCompleted, version: Version, family: Family) -> Customer | None:
        """Who takes part in a sale now: the same as then, but for cards whose first days end sooner or later."""
        if body.guest:
            return None
        card = body.card or body.shown_card
        state, then = family.replayed, family.recorded
        if card is None or card not in state.cards:
            return None
        known, before = state.cards[card], then.cards[card]
        waits = fact.moment < known.active_from
        if body.card is None:
            if waits or known.status != "given" or "card_not_active" not in body.notices:
                return None
        elif waits and fact.moment >= before.active_from:
            return None
        tier = ledger.tier_of(state, known.account)
        uses = body.all_spent or (version.use is not None and version.use.automatic)
        return Customer(
            card,
            known.account,
            known.member,
            "",
            body.kind or state.kinds.get(known.member, ""),
            self._balance(family, card, body.all_spent) if uses else 0,
            tier=None if tier is None else tier.id,
        )

    def _balance(self, family: Family, card: int, spent: int) -> int:
        """The replayed balance; more by what a till let through then that could not know how little there was."""
        account = family.replayed.cards[card].account
        balance = ledger.totals(family.replayed, account).balance
        if not spent:
            return balance
        then = ledger.totals(family.recorded, family.recorded.cards[card].account).balance
        return balance + max(0, spent - max(then, 0))

    def _swaps(self, body: SaleCompleted, customer: Customer | None, now: int) -> tuple[Swap, ...]:
        """The swaps that can still be had: all of them or none."""
        if not body.swaps or customer is None:
            return ()
        tiers = [swap.offer.tiers for swap in body.swaps if swap.offer.tiers]
        wanted = sum(body.spent)
        lacks_tier = body.tier != customer.tier and any(customer.tier not in allowed for allowed in tiers)
        return () if lacks_tier or wanted > max(customer.balance, 0) else body.swaps

    def _basket(
        self, fact: Fact, body: SaleCompleted, version: Version, customer: Customer | None, swaps: tuple[Swap, ...]
    ) -> Basket:
        """What the customer wished, before anything was lowered."""
        _, then = self._past.rules_of(fact)
        by_itself = version.use is not None and version.use.automatic and not (then.use and then.use.automatic)
        freed = bool(body.used_points and then.use is not None and then.use.frees_delivery and not body.delivery_minor)
        return Basket(
            lines=tuple([Line(line.product, line.quantity_milli, line.price_minor, line.discount_minor)
                         for line in body.lines]),
            swaps=swaps,
            card=None if customer is None else customer.card,
            channel=body.channel,
            coupons=tuple([use.code for use in body.coupons]),
            use_points="auto" if by_itself else body.used_points,
            means=body.means,
            fulfilled=body.fulfilled,
            delivery_minor=_asked_for_delivery(body, then, freed=freed),
            free_delivery_method=freed,
            dated=body.dated,
            guest=body.guest if self._programme.membership.guests_wait else 0,
        )  # fmt: skip

    def _coupons(self, body: SaleCompleted) -> tuple[Coupon, ...]:
        """What stands behind a sale's codes: a coupon of the shop took off what it did, a code what it is worth now."""
        found = []
        for use in body.coupons:
            if use.made_of and use.code in self._codes:
                coupon = self._codes[use.code]
            else:
                known = None if use.made_of else self._past.coupon(use.code)
                coupon = Coupon(
                    use.code,
                    use.amount_minor,
                    kind=known.kind if known else "",
                    combinable=known.combinable if known else True,
                    single_use=use.single_use,
                    made_of=use.made_of,
                )
            if coupon is not None:
                found.append(coupon)
        return tuple(found)

    def _code(self, fact: Fact, body: CodeMade, family: Family) -> Iterator[Fact]:
        _, then = self._past.rules_of(fact)
        codes = self._version(fact.moment).codes
        made = body
        if codes is not None and codes != then.codes:
            try:
                expires = moments.add(fact.moment, codes.live, self._programme.zone)
                made = replace(body, amount_minor=codes.worth(body.points), expires=expires)
            except Refusal:
                codes = None
        known = body.card in family.replayed.cards
        if codes is None or (known and body.points > self._balance(family, body.card, body.points)):
            self._codes[body.code] = None
            return
        self._codes[body.code] = Coupon(
            body.code, made.amount_minor, ends=made.expires, single_use=True, made_of=fact.id, made_at=fact.moment
        )
        yield replace(fact, body=made)

    # -- what comes back, what is handed over later

    def _sale_of(self, name: bytes) -> tuple[Fact, Fact] | None:
        """A sale as it was recorded and as it would have been."""
        fact = self._past.fact(name)
        if fact is None or not isinstance(fact.body, SaleCompleted):
            return None
        changes = self._sales.get(name)
        return fact, replace(fact, body=replace(fact.body, **changes)) if changes else fact

    def _returned(self, fact: Fact, body: GoodsReturned) -> Iterator[Fact]:
        found = self._sale_of(body.sale)
        back = body
        if found is not None:
            back = self._back(fact, body, found[1])
            yield replace(fact, body=back)
            yield from self._bonus_back(fact, found[0], body, back)
            self._returns.setdefault(body.sale, []).append((body, back))
        else:
            yield fact

    def _back(self, fact: Fact, body: GoodsReturned, sale: Fact) -> GoodsReturned:
        """A return reckoned again; as it was where two tills took the same goods back."""
        sold = sale.body
        assert isinstance(sold, SaleCompleted)
        earlier = [back for _, back in self._returns.get(body.sale, ())]
        swaps = body.swaps if sold.swaps else ()
        if not (body.lines or swaps):
            return body if body.swaps == swaps else replace(body, swaps=(), given=())
        try:
            return returns.goods_returned(
                sale, earlier, body.lines, swaps, self._version(sale.moment), self._version(fact.moment), body.slip,
                cancelled=body.cancelled,
            )  # fmt: skip
        except Refusal:
            return body

    def _changed(self, fact: Fact, body: OrderChanged) -> Iterator[Fact]:
        order = self._orders.get(body.sale)
        found = self._sale_of(body.sale)
        if order is None or found is None:
            return
        recorded, sale = found
        sold = sale.body
        assert isinstance(sold, SaleCompleted)
        order = order._replace(**{body.state: fact.moment})
        if body.state == "fulfilled" and order.paid is None and sold.means != "transfer":
            order = order._replace(paid=fact.moment)
        self._orders[body.sale] = order
        if sold.card is not None and not (sold.guest and not self._member(sold.guest)):
            yield from self._dated(fact, recorded, sold.card, order)
        if body.state == "fulfilled":
            yield from self._friends_first_sale(fact, sale)

    def _dated(self, fact: Fact, sale: Fact, card: int, order: _Order) -> Iterator[Fact]:
        """When the points of an order can be spent: what was recorded of it is dated anew, what was not is told."""
        sold = sale.body
        assert isinstance(sold, SaleCompleted)
        _, then = self._past.rules_of(sale)
        now = self._version(sale.moment)
        if now.crediting == then.crediting and sold.card == card:
            return
        dates = [
            crediting.credited(rules, sold.means, order.fulfilled, order.paid, self._programme.zone)
            for rules in (then.crediting, now.crediting)
        ]
        self._expected[card, sale.id] = dates[1]
        if dates[1] is not None and (dates[0] is None or sold.card != card):
            yield _follower(fact, PointsCredited(card, sale.id, dates[1]), b"c")

    def _credited(self, fact: Fact, body: PointsCredited) -> Iterator[Fact]:
        date = self._expected.get((body.card, body.sale), body.credited)
        if date is not None:
            yield fact if date == body.credited else replace(fact, body=replace(body, credited=date))

    # -- members

    def _member(self, card: int) -> int:
        state = self._families.of([card]).replayed.cards.get(card)
        return state.member if state else 0

    def _enrolled(self, fact: Fact, body: Enrolled) -> Iterator[Fact]:
        then, _ = self._past.rules_of(fact)
        programme, made = self._programme, body
        if programme.card_active_after != then.card_active_after:
            active_from = moments.add(fact.moment, programme.card_active_after, programme.zone)
            made = replace(made, active_from=active_from)
        if body.guest and not programme.membership.guests_wait:
            made = replace(made, guest=0)
        yield replace(fact, body=made)
        yield from self._bonuses_on(fact, "joined", body.card, str(body.member))
        yield from self._bonuses_on(fact, "friend_joined", body.invited_by, str(body.member))
        for name in self._guests.pop(made.guest, ()) if made.guest else ():
            found = self._sale_of(name)
            if found is not None and not any(back.cancelled for back, _ in self._returns.get(name, ())):
                order = self._orders.get(name, _Order(fact.moment, fact.moment))
                since = _Order(*(None if moment is None else fact.moment for moment in order))
                yield from self._dated(fact, found[0], made.guest, since)

    def _replaced(self, fact: Fact, body: CardReplaced, family: Family) -> Fact:
        old, new = family.recorded.cards.get(body.card), family.replayed.cards.get(body.card)
        if old is None or new is None or body.active_from != old.active_from or new.active_from == old.active_from:
            return fact
        return replace(fact, body=replace(body, active_from=new.active_from))

    def _acted(self, fact: Fact, body: MemberActed, state: Ledger) -> Iterator[Fact]:
        card = state.cards[body.card]
        match body.what:
            case "profile_completed":
                yield from self._bonuses_on(fact, "profile_completed", body.card, str(card.member))
            case "reviewed":
                yield from self._bonuses_on(fact, "reviewed", body.card, f"{card.account}:{body.about}")
            case "phone_confirmed":
                yield from self._bonuses_on(fact, "friend_confirmed_phone", card.invited_by, str(card.member))

    def _decided(self, fact: Fact, body: RequestDecided, state: Ledger) -> Fact:
        _, then = self._past.rules_of(fact)
        asked = state.requests.get(body.request)
        rule = None if asked is None else self._version(fact.moment).benefit(asked.benefit)
        if asked is None or rule is None or body.outcome != "approved" or rule == then.benefit(asked.benefit):
            return fact
        lapses = None if rule.lapses is None else moments.add(fact.moment, rule.lapses, self._programme.zone)
        return replace(fact, body=replace(body, lapses=lapses))

    # -- bonuses

    def _bonuses_on(
        self, fact: Fact, occasion: Occasion, card: int, about: str, sale: Fact | None = None
    ) -> Iterator[Fact]:
        """Bonuses of an occasion that the old rules knew none for; otherwise what they gave is told by a fact."""
        _, then = self._past.rules_of(fact)
        if not card or then.bonuses_on(occasion):
            return
        for rule in self._version(fact.moment).bonuses_on(occasion):
            if f"{rule.id}:{about}" not in self._families.of([card]).replayed.given:
                paid = sale.body.to_pay_minor if sale and isinstance(sale.body, SaleCompleted) else 0
                given = BonusGiven(card, rule.id, rule.worth(paid), about, rule.life, sale.id if sale else b"", paid)
                if sale is not None:
                    self._note_bonus(None, given)
                yield _follower(fact, given, b"b" + rule.id.encode())

    def _friends_first_sale(self, fact: Fact, sale: Fact) -> Iterator[Fact]:
        sold = sale.body
        assert isinstance(sold, SaleCompleted)
        if sold.card is None or sold.guest:
            return
        buyer = self._families.of([sold.card]).replayed.cards.get(sold.card)
        if buyer is not None and buyer.invited_by and buyer.member:
            yield from self._bonuses_on(fact, "friend_first_sale", buyer.invited_by, str(buyer.member), sale)

    def _given(self, fact: Fact, body: BonusGiven) -> Iterator[Fact]:
        """What the new rules give where the old ones gave a bonus."""
        _, then = self._past.rules_of(fact)
        old = then.bonus(body.rule)
        if old is None:
            yield fact
            return
        amount_minor = body.amount_minor
        found = self._sale_of(body.sale) if body.sale else None
        if found is not None:
            before, after = (one.body for one in found)
            assert isinstance(before, SaleCompleted)
            assert isinstance(after, SaleCompleted)
            if after.card is None:
                return
            amount_minor = max(amount_minor + after.to_pay_minor - before.to_pay_minor, 0)
        for place, rule in enumerate(self._heirs(fact.moment, then, old)):
            points = body.points if rule == old and amount_minor == body.amount_minor else rule.worth(amount_minor)
            given = replace(body, rule=rule.id, points=points, life=rule.life, amount_minor=amount_minor)
            if body.sale:
                self._note_bonus(None if place else body, given)
            yield _follower(fact, given, b"b" + rule.id.encode()) if place else replace(fact, body=given)

    def _heirs(self, moment: int, then: Version, old: Bonus) -> Iterable[Bonus]:
        """The new rules in the place of an old one: that of its name; with the first one come those of new names."""
        before = [rule.id for rule in then.bonuses_on(old.occasion)]
        return [
            rule
            for rule in self._version(moment).bonuses_on(old.occasion)
            if rule.id == old.id or (rule.id not in before and old.id == before[0])
        ]

    def _note_bonus(self, then: BonusGiven | None, now: BonusGiven) -> None:
        self._bonuses.setdefault(now.sale, []).append(_Bonus(then, now, len(self._returns.get(now.sale, ()))))

    def _bonus_back(self, fact: Fact, sale: Fact, body: GoodsReturned, back: GoodsReturned) -> Iterator[Fact]:
        """What inviters lose of a bonus for a purchase of which less was bought now."""
        for bonus in self._bonuses.get(body.sale, ()):
            old = self._past.rules_of(sale)[1].bonus(bonus.then.rule) if bonus.then else None
            new = self._version(sale.moment).bonus(bonus.now.rule)
            if (bonus.then, old, body) == (bonus.now, new, back):
                continue
            earlier = self._returns.get(body.sale, [])[bonus.returns :]
            points = _lost(new, bonus.now, [one for _, one in earlier], back)
            was_lost = bonus.then is not None and _lost(old, bonus.then, [one for one, _ in earlier], body)
            if bonus.then is not None and was_lost:
                self._expected[bonus.then.card, f"{bonus.then.rule}: {slip.slip_text(body.slip)}"] = -points
            elif points:
                reason = f"{bonus.now.rule}: {slip.slip_text(back.slip)}"
                yield _follower(fact, PointsAdjusted(bonus.now.card, -points, reason), b"a" + bonus.now.rule.encode())

    def _adjusted(self, fact: Fact, body: PointsAdjusted) -> Iterator[Fact]:
        points = self._expected.get((body.card, body.reason), body.points)
        if points or points == body.points:
            yield fact if points == body.points else replace(fact, body=replace(body, points=points))


def _asks_for_history(version: Version) -> bool:
    return any(rule.staircase for rule in version.earn.rules) or any(benefit.shares for benefit in version.benefits)


def _asked_for_delivery(body: SaleCompleted, then: Version, *, freed: bool) -> int | None:
    """What was asked for delivery apart from the programme's own fee, None where it was that or freed by points."""
    if then.delivery is None or body.channel not in then.delivery.channels:
        return body.delivery_minor or None
    own = then.delivery.cost(sum([line.amount_minor for line in body.lines]))
    return None if freed or body.delivery_minor == own else body.delivery_minor


def _lost(rule: Bonus | None, given: BonusGiven, earlier: Iterable[GoodsReturned], back: GoodsReturned) -> int:
    """The points that an inviter loses because more of the friend's purchase came back (`back`)."""
    if rule is None or rule.share is None:
        return 0
    kept = given.amount_minor - sum(map(returns.refunded, earlier))
    return max(0, rule.worth(kept) - rule.worth(kept - returns.refunded(back)))


def _follower(fact: Fact, body: facts.Body, mark: bytes) -> Fact:
    """A fact that would have followed right after another one."""
    return replace(fact, id=fact.id + mark, body=body)
