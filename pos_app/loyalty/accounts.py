"""What a ledger consists of: cards and the accounts that they lead to, links, lots of points, takings.

A family is the connected component of accounts under the links that hold.
"""

from typing import Literal

from msgspec import Struct, field

from pos_app.loyalty.benefits import Request
from pos_app.loyalty.facts import Place
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.tiers import NO_STATUTES, Statutes, TierState

CardStatus = Literal["unknown", "given", "blocked", "replaced", "left"]


class CardState(Struct, omit_defaults=True):
    """A card, the account that it leads to, and the moment from which it takes part in sales.

    `replaced_by` is the card that stands for it since (0: none); their account is the same. `invited_by` is the card
    of the member's inviter (0: none). A `guest` is no card but the number under which purchases waited for it.
    """

    account: int
    member: int = 0
    active_from: int = 0
    status: CardStatus = "unknown"
    replaced_by: int = 0
    invited_by: int = 0
    guest: bool = False


class Link(Struct, frozen=True):
    """Two accounts that share their points, and the cards by which they were joined."""

    cards: tuple[int, int]
    accounts: tuple[int, int]


class Lot(Struct, omit_defaults=True, array_like=True, gc=False):
    """Points from one earning, or points given back. `left` of `points` can still be spent, lapse or be cancelled.

    It waits until `credited`, which may be unknown yet (None), and can then be spent while `now < expires`; `life` is
    how long that will be, as long as it is unknown. `card` earned it, and `returned` of its points were taken back with
    the goods that had earned them. `lost` of them do not count for a tier any more. `units` are the pieces of the
    earning that still count under its rule.
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
    lost: int = 0
    units: int = 0


class Part(Struct, frozen=True):
    """So many points from one lot."""

    lot: bytes
    points: int


class Taking(Struct, omit_defaults=True):
    """Points taken from an account: spent on a swap, or cancelled. `owed` of them no lot could give: a debt.

    Where the points of a swap came from is remembered in `parts`, so that they can be given back. Cancelled points
    are written off in their lots; when nothing is owed any more such a taking is forgotten. `returned` points are
    those of goods that came back: their own lot has lost them, not the lot that makes up for them.
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
    returned: bool = False


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
    yet. `changed` is when time alone last changed something, `next_change` when it will do so next. `given` are the
    bonuses that were given, `counts` how many pieces each account bought under the rules that count them, `tiers`
    the tiers of accounts by the `statutes`, which are not kept with the rest.
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
    requests: dict[bytes, Request] = field(default_factory=dict)
    given: dict[str, bytes] = field(default_factory=dict)
    counts: dict[int, dict[str, int]] = field(default_factory=dict)
    tiers: dict[int, TierState] = field(default_factory=dict)
    statutes: Statutes = NO_STATUTES


def key(fact_id: bytes, index: int) -> bytes:
    """The ledger's key of a fact's `index`-th lot, taking or link."""
    return fact_id + index.to_bytes(2, "big")


def card_state(ledger: Ledger, number: int) -> CardState:
    """A card; one that no fact has handed over yet leads to an account of its own number meanwhile."""
    return ledger.cards.setdefault(number, CardState(account=number))


def family(ledger: Ledger, account: int) -> set[int]:
    """The accounts that share their points with `account`, itself included."""
    members = {account}
    if not ledger.links:
        return members
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
    earned = spent = expired = cancelled = balance = pending = 0
    for lot in ledger.lots.values():
        if lot.account not in members:
            continue
        points, left = lot.points, lot.left
        if lot.open:
            balance += left
        else:
            pending += left
        if lot.given_back:
            spent -= points
        else:
            earned += points
        if left != points:
            expired += lot.expired
            cancelled += lot.cancelled
            spent += points - left - lot.expired - lot.cancelled
    for taking in ledger.takings.values():
        if not taking.owed or taking.account not in members:
            continue
        balance -= taking.owed
        if taking.kind == "spent":
            spent += taking.owed
        else:
            cancelled += taking.owed
    return Totals(earned, spent, expired, cancelled, balance, pending)


def counts(ledger: Ledger, account: int) -> dict[str, int]:
    """How many pieces the family of `account` bought under each rule that counts them."""
    found: dict[str, int] = {}
    for member in family(ledger, account):
        for rule, count in ledger.counts.get(member, {}).items():
            found[rule] = found.get(rule, 0) + count
    return found


def known_links(ledger: Ledger, card: int) -> tuple[bytes, ...]:
    """The links of a card's account, which a split of the card ends."""
    account = card_state(ledger, card).account
    return tuple(sorted(name for name, link in ledger.links.items() if account in link.accounts))
