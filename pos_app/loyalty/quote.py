"""What a basket comes to: money, points earned and spent, each with its reason. Nothing is kept here."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from pos_app.loyalty import customers, redeem
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.earn import Reckoning, Who
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import SaleCompleted, Tender
from pos_app.loyalty.programme import Version


class Quote(Struct, frozen=True):
    """A reckoned basket. `customer` takes part in the sale; if the scanned card may not, `card_refusal` says why."""

    basket: Basket
    version: Version
    reckoning: Reckoning
    to_pay_minor: int
    customer: Customer | None = None
    card_refusal: Refusal | None = None
    card_from: int = 0
    notices: tuple[str, ...] = ()

    @property
    def earned(self) -> int:
        return self.reckoning.points if self.customer else 0

    @property
    def spent(self) -> int:
        return sum(swap.points for swap in self.basket.swaps)

    @property
    def balance_after(self) -> int | None:
        """The points that can be spent after the sale; None without a customer."""
        if self.customer is None:
            return None
        at_once = sum(earned.points for earned in self.reckoning.earned if earned.credited is not None)
        return self.customer.balance - self.spent + at_once


_NOTHING = Reckoning((), (), ())


def quote(
    basket: Basket,
    scanned: Customer | None,
    version: Version,
    now: int,
    taken_today: Mapping[str, int],
    *,
    check_swaps: bool = True,
) -> Quote:
    """Reckon `basket` for the scanned card at `now`.

    A card that may not take part leaves the sale without it, with a notice (K7). Raises Refusal when the
    basket swaps something that cannot be had; with `check_swaps` False that is left for later.
    """
    card_refusal = None if scanned is None else customers.refusal_of(scanned, now)
    customer = None if card_refusal else scanned
    if basket.swaps and check_swaps:
        if customer is None:
            raise card_refusal or Refusal("no_card")
        redeem.check(basket.swaps, customer, now, taken_today)
    reckoning = _NOTHING
    if customer is not None:
        who = Who(customer.kind, customer.tier, basket.channel)
        reckoning = version.earn.reckon(basket.lines, who, now)
    notices = () if card_refusal is None else (str(card_refusal.code),)
    card_from = scanned.active_from if scanned and card_refusal else 0
    return Quote(basket, version, reckoning, basket.total_minor, customer, card_refusal, card_from, notices)


def completed(
    quote: Quote, slip: int, tenders: Sequence[Tender], mode: Literal["goods", "amount"] = "goods"
) -> SaleCompleted:
    """The fact of a sale that went as quoted."""
    basket, customer = quote.basket, quote.customer
    return SaleCompleted(
        slip=slip,
        currency=quote.version.currency,
        lines=basket.lines,
        to_pay_minor=quote.to_pay_minor,
        swaps=basket.swaps,
        card=customer.card if customer else None,
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
    )
