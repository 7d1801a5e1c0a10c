"""Swapping points for goods of the reward board (K2, K3): what can be had, and why something cannot."""

from collections.abc import Mapping, Sequence

from pos_app.loyalty import moments
from pos_app.loyalty.basket import Offer, Swap
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.ledger import Ledger, family


def on_board(offer: Offer, now: int) -> bool:
    """Whether the offer's dates include `now`."""
    return (offer.starts is None or offer.starts <= now) and (offer.ends is None or now < offer.ends)


def can_have(offer: Offer, customer: Customer, now: int, taken_today: Mapping[str, int]) -> bool:
    """Whether one of `offer` can be had at once, for the board of the customer's panel."""
    return _refusal(offer, 1, customer, now, taken_today) is None and offer.points <= customer.balance


def check(swaps: Sequence[Swap], customer: Customer, now: int, taken_today: Mapping[str, int]) -> None:
    """Raise Refusal when the swaps cannot all be had. A sale is reckoned with the balance before it."""
    wanted: dict[str, int] = {}
    for swap in swaps:
        wanted[swap.offer.item] = wanted.get(swap.offer.item, 0) + swap.quantity
    for offer in {swap.offer.item: swap.offer for swap in swaps}.values():
        refusal = _refusal(offer, wanted[offer.item], customer, now, taken_today)
        if refusal is not None:
            raise refusal
    need = sum(swap.points for swap in swaps)
    if need > max(customer.balance, 0):
        raise Refusal("not_enough_points", need=need, have=customer.balance)


def taken_on_day(ledger: Ledger, account: int, now: int) -> dict[str, int]:
    """How many of each offer the family of `account` has swapped on the shop's day of `now`."""
    members, today = family(ledger, account), moments.day_of(now, ledger.zone)
    taken: dict[str, int] = {}
    for taking in ledger.takings.values():
        if taking.item and taking.account in members and moments.day_of(taking.moment, ledger.zone) == today:
            taken[taking.item] = taken.get(taking.item, 0) + taking.quantity
    return taken


def _refusal(
    offer: Offer, quantity: int, customer: Customer, now: int, taken_today: Mapping[str, int]
) -> Refusal | None:
    if not on_board(offer, now):
        return Refusal("not_on_board", item=offer.name)
    if offer.stock is not None and quantity > offer.stock:
        return Refusal("out_of_stock", item=offer.name)
    if offer.tiers and customer.tier not in offer.tiers:
        return Refusal("tier_too_low", item=offer.name)
    limit = offer.per_account_per_day
    if limit is not None and taken_today.get(offer.item, 0) + quantity > limit:
        return Refusal("limit_reached", item=offer.name, limit=limit)
    return None
