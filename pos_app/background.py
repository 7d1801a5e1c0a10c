"""What the store knows that a quote needs besides the basket: swaps of the day, pieces bought, requests, coupons."""

from collections.abc import Mapping, Sequence

from db.store import Store
from pos_app.loyalty import ledger, redeem
from pos_app.loyalty.basket import Basket, Offer
from pos_app.loyalty.benefits import Request
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CodeMade, GoodsReturned, SaleCompleted
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.programme import Version
from pos_app.loyalty.quote import NO_BACKGROUND, Background


def of(
    store: Store, basket: Basket, scanned: Customer | None, version: Version, now: int, *, strict: bool = True
) -> Background:
    """The background of a basket; raises Refusal for a coupon that is unknown or used, unless it is not `strict`."""
    found = _coupons(store, basket.coupons, strict=strict)
    if scanned is None:
        return Background(coupons=found) if found else NO_BACKGROUND
    taken = taken_today(store, scanned, [swap.offer for swap in basket.swaps], now) if basket.swaps else {}
    counts: Mapping[str, int] = {}
    requests: Mapping[bytes, Request] = {}
    if _asks_for_history(version):
        state = store.seen(scanned.card)
        counts = ledger.counts(state, scanned.account)
        requests = requests_of(state, scanned.account)
    return Background(taken, counts, requests, found)


def _coupons(store: Store, codes: Sequence[str], *, strict: bool) -> tuple[Coupon, ...]:
    found = []
    for code in codes:
        try:
            found.append(coupon(store, code))
        except Refusal:
            if strict:
                raise
    return tuple(found)


def _asks_for_history(version: Version) -> bool:
    return any(rule.staircase for rule in version.earn.rules) or any(benefit.shares for benefit in version.benefits)


def requests_of(state: Ledger, account: int) -> dict[bytes, Request]:
    """The requests of a family, by their names, in the order in which they were made."""
    members = ledger.family(state, account)
    return {name: request for name, request in state.requests.items() if request.account in members}


def taken_today(store: Store, customer: Customer, offers: Sequence[Offer], now: int) -> dict[str, int]:
    """How many of each offer with a limit the customer's family has had today."""
    if all(offer.per_account_per_day is None for offer in offers):
        return {}
    return redeem.taken_on_day(store.seen(customer.card), customer.account, now)


def coupon(store: Store, code: str) -> Coupon:
    """The coupon or code made of points behind a code; raises Refusal coupon_unknown or coupon_used."""
    known = store.coupon(code)
    if known is not None and not known.single_use:
        return known
    uses = 0
    for fact in store.facts_about(f"code:{code}"):
        match fact.body:
            case CodeMade() as made:
                known = Coupon(
                    made.code,
                    made.amount_minor,
                    ends=made.expires,
                    single_use=True,
                    made_of=fact.id,
                    made_at=fact.moment,
                )
            case SaleCompleted():
                uses += 1
            case GoodsReturned():
                uses -= 1
    if known is None:
        raise Refusal("coupon_unknown", code=code)
    if uses > 0:
        raise Refusal("coupon_used", code=code)
    return known
