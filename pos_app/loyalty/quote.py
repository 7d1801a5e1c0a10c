"""What a basket comes to: money, points earned and spent, each with its reason. Nothing is kept here."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct

from pos_app.loyalty import coupons, crediting, customers, redeem
from pos_app.loyalty import use as use_of_points
from pos_app.loyalty.basket import Basket, Wish
from pos_app.loyalty.benefits import Request
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.earn import Reckoning, Who
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CouponUse, Entries, SaleCompleted, Tender
from pos_app.loyalty.programme import Version
from pos_app.loyalty.reductions import Lowered
from pos_app.loyalty.use import Usable


class Background(Struct, frozen=True):
    """What has to be known besides the basket and its customer.

    `taken_today` are swaps of this day by their item, `counts` pieces bought before under the rules that count them,
    `requests` what the member asked for, by name, and `coupons` what stands behind the basket's codes.
    """

    taken_today: Mapping[str, int] = MappingProxyType({})
    counts: Mapping[str, int] = MappingProxyType({})
    requests: Mapping[bytes, Request] = MappingProxyType({})
    coupons: tuple[Coupon, ...] = ()


NO_BACKGROUND = Background()


class Quote(Struct, frozen=True):
    """A reckoned basket, its lines lowered by all that lowers them.

    `customer` takes part in the sale; if the scanned card may not, `card_refusal` says why. `usable` is the most
    that could be used of the points, None where the programme has no use of points or nobody's card was scanned.
    """

    basket: Basket
    version: Version
    reckoning: Reckoning
    to_pay_minor: int
    moment: int
    customer: Customer | None = None
    card_refusal: Refusal | None = None
    card_from: int = 0
    notices: tuple[str, ...] = ()
    usable: Usable | None = None
    used_points: int = 0
    by_points_minor: int = 0
    coupons: tuple[CouponUse, ...] = ()
    approved: tuple[bytes, ...] = ()
    approved_minor: int = 0
    saved_minor: int = 0
    delivery_minor: int = 0
    entries: tuple[Entries, ...] = ()

    @property
    def earned(self) -> int:
        return self.reckoning.points if self.customer else 0

    @property
    def spent(self) -> int:
        """Points for swaps and points used as money."""
        return sum(swap.points for swap in self.basket.swaps) + self.used_points

    @property
    def discount_minor(self) -> int:
        """Money off by points, coupons and approved benefits."""
        return self.by_points_minor + self.approved_minor + sum(use.amount_minor for use in self.coupons)

    @property
    def balance_after(self) -> int | None:
        """The points that can be spent right after the sale; None without a customer."""
        if self.customer is None:
            return None
        at_once = sum(
            earned.points
            for earned in self.reckoning.earned
            if earned.credited is not None and earned.credited <= self.moment
        )
        return self.customer.balance - self.spent + at_once


def quote(
    basket: Basket,
    scanned: Customer | None,
    version: Version,
    now: int,
    zone: str,
    behind: Background = NO_BACKGROUND,
    *,
    strict: bool = True,
) -> Quote:
    """Reckon `basket` for the scanned card at `now`.

    A card that may not take part leaves the sale without it, with a notice (K7). Raises Refusal when the basket swaps
    something that cannot be had, or asks for a coupon or a use of points that cannot be. When it is not `strict` such
    wishes are left out or cut down to what can be, and the swaps are not looked at.
    """
    card_refusal = None if scanned is None else customers.refusal_of(scanned, now)
    customer = None if card_refusal else scanned
    if basket.swaps and strict:
        if customer is None:
            raise card_refusal or Refusal("no_card")
        redeem.check(basket.swaps, customer, now, behind.taken_today)
    wish = _wish(basket, version, customer, card_refusal, strict=strict)
    lowered = Lowered(basket.lines)
    if customer is not None:
        lowered.by_card_prices()
    _by_coupons(lowered, basket, version, behind.coupons, now, strict=strict)
    if customer is not None:
        lowered.by_benefits(version.benefits, customer.tier, behind.requests, now)
    usable = None if customer is None else _usable(lowered, basket, version, customer)
    used = _used(wish, version, usable, basket, customer, strict=strict)
    if used:
        assert version.use is not None
        lowered.by_points(used, version.use.worth(used))
    delivery_minor = _delivery(basket, version, lowered.goods_minor, used)
    basket = msgspec.structs.replace(basket, lines=lowered.lines)
    to_pay_minor = basket.total_minor + delivery_minor
    sale_at = now if basket.dated is None else basket.dated
    return Quote(
        basket=basket,
        version=version,
        reckoning=_reckoned(basket, version, customer, sale_at, now, zone, delivery_minor, used, behind.counts),
        to_pay_minor=to_pay_minor,
        moment=now,
        customer=customer,
        card_refusal=card_refusal,
        card_from=scanned.active_from if scanned and card_refusal else 0,
        notices=() if card_refusal is None else (str(card_refusal.code),),
        usable=usable,
        used_points=used,
        by_points_minor=lowered.by_points_minor,
        coupons=lowered.coupons,
        approved=lowered.approved,
        approved_minor=lowered.approved_minor,
        saved_minor=lowered.saved_minor,
        delivery_minor=delivery_minor,
        entries=tuple(
            Entries(draw.id, count) for draw in version.draws if (count := draw.entries(to_pay_minor, sale_at))
        ),
    )


def _wish(
    basket: Basket, version: Version, customer: Customer | None, card_refusal: Refusal | None, *, strict: bool
) -> Wish:
    """What of the points is to be used; raises Refusal where it cannot be any."""
    wish, use = basket.use_points, version.use
    if wish is None:
        wish = "auto" if use is not None and use.automatic else 0
    if use is None or customer is None or (basket.coupons and not use.with_coupons):
        if strict and wish not in (0, "auto"):
            raise _why_none(version, customer, card_refusal)
        return 0
    return wish


def _why_none(version: Version, customer: Customer | None, card_refusal: Refusal | None) -> Refusal:
    if version.use is None:
        return Refusal("no_use_of_points")
    if customer is None:
        return card_refusal or Refusal("no_card")
    return Refusal("coupon_with_points")


def _by_coupons(
    lowered: Lowered, basket: Basket, version: Version, found: Sequence[Coupon], now: int, *, strict: bool
) -> None:
    sale_at = now if basket.dated is None else basket.dated
    counted: list[Coupon] = []
    for coupon in found:
        try:
            coupons.check(
                [*counted, coupon],
                codes=version.codes,
                stacking=version.stacking,
                has_reductions=lowered.has_reductions,
                sale_at=sale_at,
                now=now,
            )
            lowered.by_coupon(coupon)
            counted.append(coupon)
        except Refusal:
            if strict:
                raise


def _usable(lowered: Lowered, basket: Basket, version: Version, customer: Customer) -> Usable | None:
    """The most points that this sale can take. What is swapped for is paid first."""
    use = version.use
    if use is None:
        return None
    if basket.coupons and not use.with_coupons:
        return Usable(0, "coupon")
    delivery = version.delivery
    is_delivered = delivery is not None and (basket.channel in delivery.channels or basket.delivery_minor is not None)
    free_from = delivery.free_from_minor if delivery is not None and is_delivered else None
    left = customer.balance - sum(swap.points for swap in basket.swaps)
    return use_of_points.most(use, left, lowered.goods_minor, lowered.open_to("points"), basket.channel, free_from)


def _used(
    wish: Wish, version: Version, usable: Usable | None, basket: Basket, customer: Customer | None, *, strict: bool
) -> int:
    if not wish or usable is None or customer is None:
        return 0
    assert version.use is not None
    if wish == "auto":
        return usable.points
    points = usable.points if wish == "max" else wish
    if not strict:
        return min(points // version.use.step * version.use.step, usable.points)
    left = customer.balance - sum(swap.points for swap in basket.swaps)
    use_of_points.check(version.use, points, usable, left, version.currency)
    return points


def _delivery(basket: Basket, version: Version, goods_minor: int, used: int) -> int:
    frees = version.use is not None and version.use.frees_delivery and used and basket.free_delivery_method
    if frees:
        return 0
    if basket.delivery_minor is not None:
        return basket.delivery_minor
    delivery = version.delivery
    return delivery.cost(goods_minor) if delivery is not None and basket.channel in delivery.channels else 0


_NOTHING = Reckoning((), (), ())


def _reckoned(
    basket: Basket,
    version: Version,
    customer: Customer | None,
    sale_at: int,
    now: int,
    zone: str,
    delivery_minor: int,
    used: int,
    counts: Mapping[str, int],
) -> Reckoning:
    """What the sale earns, and from when that can be spent where it is known already."""
    if customer is None and not basket.guest:
        return _NOTHING
    if used and version.use is not None and not version.use.earns:
        return Reckoning((), (None,) * len(basket.lines), (0,) * len(basket.lines))
    who = Who(customer.kind if customer else "", customer.tier if customer else None, basket.channel)
    reckoning = version.earn.reckon(basket.lines, who, sale_at, delivery_minor=delivery_minor, counts=counts)
    credited = None
    if customer is not None:
        handed_over, paid = (now if basket.fulfilled else None), (now if is_paid(basket) else None)
        credited = crediting.credited(version.crediting, basket.means, handed_over, paid, zone)
    if credited is None or not reckoning.earned:
        return reckoning
    earned = tuple([msgspec.structs.replace(lot, credited=credited) for lot in reckoning.earned])
    return Reckoning(earned, reckoning.rules, reckoning.shares)


def is_paid(basket: Basket) -> bool:
    """Whether a sale is paid when it is completed: an order is, only if it was paid by card."""
    return basket.fulfilled or basket.means == "card"


def completed(
    quote: Quote, slip: int, tenders: Sequence[Tender], mode: Literal["goods", "amount"] = "goods"
) -> SaleCompleted:
    """The fact of a sale that went as quoted."""
    basket, customer = quote.basket, quote.customer
    card = customer.card if customer else basket.guest or None
    return SaleCompleted(
        slip=slip,
        currency=quote.version.currency,
        lines=basket.lines,
        to_pay_minor=quote.to_pay_minor,
        swaps=basket.swaps,
        card=card,
        shown_card=basket.card if customer is None else None,
        card_from=quote.card_from,
        kind=customer.kind if customer else "",
        tier=customer.tier if customer else None,
        channel=basket.channel,
        mode=mode,
        earned=quote.reckoning.earned,
        spent=tuple(swap.points for swap in basket.swaps),
        tenders=tuple(tenders),
        notices=quote.notices,
        guest=0 if customer else basket.guest,
        used_points=quote.used_points,
        coupons=quote.coupons,
        approved=quote.approved,
        delivery_minor=quote.delivery_minor,
        entries=quote.entries,
        means=basket.means,
        fulfilled=basket.fulfilled,
        paid=is_paid(basket),
        dated=basket.dated,
    )
