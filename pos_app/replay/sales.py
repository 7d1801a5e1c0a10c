"""Sales and codes made again: the same wishes under other rules, and what is not allowed now falls away."""

from msgspec.structs import replace

from pos_app import background
from pos_app.loyalty import ledger, moments, quote
from pos_app.loyalty.basket import Basket, Line, Swap
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import FileFault, Refusal
from pos_app.loyalty.facts import CodeMade, Fact, SaleCompleted
from pos_app.loyalty.programme import Version
from pos_app.loyalty.quote import Background
from pos_app.replay.ledgers import Family
from pos_app.replay.memory import Memory

DECIDED = (
    "lines", "to_pay_minor", "swaps", "card", "kind", "tier", "earned", "spent", "used_points", "coupons", "approved",
    "delivery_minor", "guest", "entries",
)  # fmt: skip
"""What the rules decide of a sale."""


class Sales:
    """Sales made again. `refused` of them would be without points or a swap."""

    def __init__(self, memory: Memory) -> None:
        self.refused = 0
        self._memory = memory
        self._codes: dict[str, Coupon | None] = {}

    def sold(self, fact: Fact, body: SaleCompleted, family: Family | None) -> Fact:
        """A sale under the new rules; the same fact where nothing is different.

        `family` is that of the card, None without one. Raises FileFault when the sale is in another currency.
        """
        version = self._memory.now(fact.moment)
        self._check_currency(fact, body, version)
        customer = None if family is None else self._customer(fact, body, version, family)
        swaps = _swaps(body, customer)
        self.refused += (body.card is not None and not body.guest and customer is None) or swaps != body.swaps
        behind = Background(coupons=self._coupons(body))
        if customer is not None and family is not None and _asks_for_history(version):
            counts = ledger.counts(family.replayed, customer.account)
            behind = replace(behind, counts=counts, requests=background.requests_of(family.replayed, customer.account))
        asked = self._basket(fact, body, version, customer, swaps)
        zone = self._memory.programme.zone
        quoted = quote.quote(asked, customer, version, fact.moment, zone, behind, strict=False)
        made = quote.completed(quoted, body.slip, body.tenders, body.mode)
        changes = {name: new for name in DECIDED if (new := getattr(made, name)) != getattr(body, name)}
        if not changes:
            return fact
        sale = replace(fact, body=replace(body, **changes))
        self._memory.keep_sale(sale)
        return sale

    def _check_currency(self, fact: Fact, body: SaleCompleted, version: Version) -> None:
        if version.currency != body.currency:
            day = moments.to_local(fact.moment, self._memory.programme.zone).date()
            sentence = f"sales of {day} are in {body.currency}, but version {version.id!r} is in {version.currency}"
            raise FileFault(self._memory.programme.id, [f"{sentence}; there must be a version for that time"])

    def _customer(self, fact: Fact, body: SaleCompleted, version: Version, family: Family) -> Customer | None:
        """Who takes part in a sale now: the same as then, but for cards whose first days end sooner or later."""
        card = body.card or body.shown_card
        if body.guest or card is None or card not in family.replayed.cards:
            return None
        known = family.replayed.cards[card]
        waits = fact.moment < known.active_from
        if body.card is None:
            if waits or known.status != "given" or "card_not_active" not in body.notices:
                return None
        elif waits and fact.moment >= family.recorded.cards[card].active_from:
            return None
        tier = ledger.tier_of(family.replayed, known.account)
        spends = body.all_spent or (version.use is not None and version.use.automatic)
        return Customer(
            card,
            known.account,
            known.member,
            "",
            body.kind or family.replayed.kinds.get(known.member, ""),
            _balance(family, card, body.all_spent) if spends else 0,
            tier=None if tier is None else tier.id,
        )

    def _basket(
        self, fact: Fact, body: SaleCompleted, version: Version, customer: Customer | None, swaps: tuple[Swap, ...]
    ) -> Basket:
        """What the customer wished, before anything was lowered."""
        then = self._memory.then(fact)
        by_itself = version.use is not None and version.use.automatic and not (then.use and then.use.automatic)
        freed = bool(body.used_points and then.use is not None and then.use.frees_delivery and not body.delivery_minor)
        lines = [Line(line.product, line.quantity_milli, line.price_minor, line.discount_minor) for line in body.lines]
        return Basket(
            lines=tuple(lines),
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
            guest=body.guest if self._memory.programme.membership.guests_wait else 0,
        )

    def _coupons(self, body: SaleCompleted) -> tuple[Coupon, ...]:
        """What stands behind a sale's codes: a coupon of the shop took off what it did, a code what it is worth now."""
        found = []
        for use in body.coupons:
            if use.made_of and use.code in self._codes:
                coupon = self._codes[use.code]
            else:
                known = None if use.made_of else self._memory.past.coupon(use.code)
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

    def code(self, fact: Fact, body: CodeMade, family: Family) -> Fact | None:
        """A code made of points under the new rules; None where it could not be had."""
        codes = self._memory.now(fact.moment).codes
        if codes is not None and codes != self._memory.then(fact).codes:
            try:
                expires = moments.add(fact.moment, codes.live, self._memory.programme.zone)
                body = replace(body, amount_minor=codes.worth(body.points), expires=expires)
            except Refusal:
                codes = None
        known = body.card in family.replayed.cards
        if codes is None or (known and body.points > _balance(family, body.card, body.points)):
            self._codes[body.code] = None
            return None
        self._codes[body.code] = Coupon(
            body.code, body.amount_minor, ends=body.expires, single_use=True, made_of=fact.id, made_at=fact.moment
        )
        return replace(fact, body=body)


def _balance(family: Family, card: int, spent: int) -> int:
    """The replayed balance; more by what a till let through then that could not know how little there was."""
    balance = ledger.totals(family.replayed, family.replayed.cards[card].account).balance
    if not spent:
        return balance
    then = ledger.totals(family.recorded, family.recorded.cards[card].account).balance
    return balance + max(0, spent - max(then, 0))


def _swaps(body: SaleCompleted, customer: Customer | None) -> tuple[Swap, ...]:
    """The swaps that can still be had: all of them or none."""
    if not body.swaps or customer is None or sum(body.spent) > max(customer.balance, 0):
        return ()
    limited = [swap.offer.tiers for swap in body.swaps if swap.offer.tiers]
    lacks_tier = customer.tier != body.tier and any(customer.tier not in tiers for tiers in limited)
    return () if lacks_tier else body.swaps


def _asks_for_history(version: Version) -> bool:
    return any(rule.staircase for rule in version.earn.rules) or any(benefit.shares for benefit in version.benefits)


def _asked_for_delivery(body: SaleCompleted, then: Version, *, freed: bool) -> int | None:
    """What was asked for delivery apart from the programme's own fee, None where it was that or freed by points."""
    if then.delivery is None or body.channel not in then.delivery.channels:
        return body.delivery_minor or None
    own = then.delivery.cost(sum([line.amount_minor for line in body.lines]))
    return None if freed or body.delivery_minor == own else body.delivery_minor
