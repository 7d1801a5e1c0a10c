"""Who stands at the till: what a scanned card says about its member and points, as of now."""

from msgspec import Struct

from pos_app.loyalty.errors import Refusal, RefusalCode
from pos_app.loyalty.ledger import CardStatus


class Customer(Struct, frozen=True, omit_defaults=True):
    """A card and what its account may do. `balance` are points that can be spent now, `pending` those to come."""

    card: int
    account: int
    member: int
    name: str
    kind: str
    balance: int
    pending: int = 0
    tier: str | None = None
    status: CardStatus = "given"
    active_from: int = 0
    tier_until: int | None = None


_REFUSALS: dict[CardStatus, RefusalCode] = {
    "unknown": "card_unknown",
    "blocked": "card_blocked",
    "replaced": "card_blocked",
    "left": "card_left",
}


def refusal_of(customer: Customer, now: int) -> Refusal | None:
    """Why the card takes no part in a sale at `now`, if it does not (K7)."""
    code = _REFUSALS.get(customer.status)
    if code is not None:
        return Refusal(code, card=customer.card)
    if now < customer.active_from:
        return Refusal("card_not_active", card=customer.card, since=customer.active_from)
    return None
