"""Facts: the immutable things that happened, and nothing else is kept of the past.

Bodies name cards, accounts and members by number only; people stand in a table of their own. A card is named
rather than its account: which account it leads to is decided by the fold, from all the facts there are.
"""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from pos_app.loyalty.basket import Line, Swap
from pos_app.loyalty.moments import LATEST, Duration

POINTS_MOST = 10**15
PARTS_MOST = 65_536
"""How many lots, takings or links one fact can bring."""


def _check_points(*numbers: int) -> None:
    for points in numbers:
        if not 0 <= points <= POINTS_MOST:
            raise ValueError(f"{points} is no number of points from 0 to {POINTS_MOST}")


def _check_moments(*dates: int | None) -> None:
    for moment in dates:
        if moment is not None and not 0 <= moment <= LATEST:
            raise ValueError(f"{moment} is no moment between the years 1970 and 9000")


def _check_length(*parts: tuple[object, ...]) -> None:
    for part in parts:
        if len(part) > PARTS_MOST:
            raise ValueError(f"a fact has at most {PARTS_MOST} parts")


class Enrolled(Struct, frozen=True, tag="enrolled", omit_defaults=True):
    """A member got a card, and the card an account of its own; it earns from `active_from` on (K7).

    `guest` is the number under which earlier purchases wait for this member (H12), `invited_by` the card of the
    inviter (T10); 0 is none. `terms` is the accepted version of the terms (K9).
    """

    card: int
    account: int
    member: int
    kind: str
    active_from: int
    terms: str = ""
    guest: int = 0
    invited_by: int = 0

    def __post_init__(self) -> None:
        _check_moments(self.active_from)


class CardActivated(Struct, frozen=True, tag="card_activated"):
    """The centre activated a card before its time (K7)."""

    card: int


class KindChanged(Struct, frozen=True, tag="kind_changed"):
    """A member is of another kind from now on, such as an accepted cooperator (K10)."""

    card: int
    kind: str


class Earned(Struct, frozen=True, tag="earned", omit_defaults=True, gc=False):
    """Points that the rules gave, enough of it to say why in words: a lot of the ledger.

    `rules` names the rules of the programme version that agree on it, `amount_minor` is the sum of money that
    they counted and `lines` the lines of the sale that it came from.
    `credited` is the moment from which the points can be spent, None while that is still open;
    `life` is how long they live from then on, None for ever. Under a rule that counts pieces the account had bought
    `before` of them and has bought `units` more now (M1).
    """

    rules: tuple[str, ...]
    points: int
    amount_minor: int = 0
    lines: tuple[int, ...] = ()
    credited: int | None = None
    life: Duration | None = None
    before: int = 0
    units: int = 0

    def __post_init__(self) -> None:
        _check_points(self.points, self.before, self.units)
        _check_moments(self.credited)


class Tender(Struct, frozen=True):
    """What was paid by one means."""

    means: str
    amount_minor: int


class CouponUse(Struct, frozen=True, omit_defaults=True):
    """A coupon lowered a sale by so much; `made_of` is the fact that made it where it is a code made of points."""

    code: str
    amount_minor: int
    made_of: bytes = b""
    single_use: bool = False


class Entries(Struct, frozen=True):
    """A sale's entries of a prize draw, numbered from 1 (K13)."""

    draw: str
    count: int


USED_POINTS = PARTS_MOST - 1
"""The number under which the points that paid for goods are spent, beside those of the swaps."""

Authority = Literal["alone", "centre", "allowance"]
"""By which points were spent: the till has no centre, the centre kept them, or it did not answer in time."""


class SaleCompleted(Struct, frozen=True, tag="sale_completed", omit_defaults=True):
    """A sale, with what it was reckoned from (card, kind, tier, channel) and what the rules decided.

    `spent[i]` are the points paid for `swaps[i]`. `card` is None where no card took part; `shown_card` is the
    card that was scanned but could not take part, `notices` say why, and `card_from` is when it will be active.
    A purchase of a guest waits under the number `guest` (H12), which `card` then is too. Points that paid for goods
    are `used_points`, all of it spent by the `authority`. `approved` are the requests whose benefit lowered the sale,
    `dated` is when a past purchase was made. `means` is how an order is to be paid, whether or not it was `fulfilled`
    and `paid` by then. Points that the centre kept for this sale, or may have kept, are those of the `hold`.
    """

    slip: int
    currency: str
    lines: tuple[Line, ...]
    to_pay_minor: int
    swaps: tuple[Swap, ...] = ()
    card: int | None = None
    shown_card: int | None = None
    card_from: int = 0
    kind: str = ""
    tier: str | None = None
    channel: str = "store"
    mode: Literal["goods", "amount"] = "goods"
    earned: tuple[Earned, ...] = ()
    spent: tuple[int, ...] = ()
    tenders: tuple[Tender, ...] = ()
    notices: tuple[str, ...] = ()
    authority: Authority = "alone"
    guest: int = 0
    used_points: int = 0
    coupons: tuple[CouponUse, ...] = ()
    approved: tuple[bytes, ...] = ()
    delivery_minor: int = 0
    entries: tuple[Entries, ...] = ()
    means: str = "cash"
    fulfilled: bool = True
    paid: bool = True
    dated: int | None = None
    hold: bytes = b""

    @property
    def all_spent(self) -> int:
        """Points paid for swaps and used as money."""
        return sum(self.spent) + self.used_points

    def __post_init__(self) -> None:
        _check_points(*self.spent, self.used_points)
        _check_moments(self.card_from, self.dated)
        _check_length(self.earned, self.swaps, self.approved, self.coupons)
        if len(self.spent) > len(self.swaps):
            raise ValueError("points are spent on a swap that is not there")


class LineBack(Struct, frozen=True):
    """So much of the sale's line number `index` came back."""

    index: int
    quantity_milli: int


class PointsBack(Struct, frozen=True, omit_defaults=True):
    """Points of the sale's `index`-th earning to take back, or of its `index`-th swap to give back.

    `units` are the pieces that count no more under the `rule` that counts them.
    """

    index: int
    points: int
    units: int = 0
    rule: str = ""

    def __post_init__(self) -> None:
        _check_points(self.points, self.units)
        if not 0 <= self.index < PARTS_MOST:
            raise ValueError(f"a sale has no part number {self.index}")


class GoodsReturned(Struct, frozen=True, tag="goods_returned", omit_defaults=True):
    """Goods of a sale came back: points it earned are taken back, points paid for swaps are given back.

    `card` is the one of the sale, whatever card the customer has by now. The refund is in the currency of the
    return; where the sale was made in another one, `refund_then_minor` is the same in that. An order that was
    `cancelled` never took place: codes that it used can be used again, as after a return of everything (`freed`).
    """

    slip: int
    sale: bytes
    currency: str
    refund_minor: int
    lines: tuple[LineBack, ...] = ()
    swaps: tuple[LineBack, ...] = ()
    card: int | None = None
    taken: tuple[PointsBack, ...] = ()
    given: tuple[PointsBack, ...] = ()
    refund_then_minor: int | None = None
    cancelled: bool = False
    freed: tuple[str, ...] = ()
    freed_requests: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        _check_length(self.taken, self.given, self.freed, self.freed_requests)


class OrderChanged(Struct, frozen=True, tag="order_changed"):
    """An order was handed over or paid. `card` is the one of the sale."""

    sale: bytes
    state: Literal["fulfilled", "paid"]
    card: int | None = None


class CardsMerged(Struct, frozen=True, tag="cards_merged"):
    """Family cards whose points gather on the holder's account from now on (K8): one link a card."""

    holder: int
    cards: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_length(self.cards)


class CardSplit(Struct, frozen=True, tag="card_split"):
    """A card leaves its family and starts the new `account` at zero (K8).

    `links` are those that the till knew of; a merge that it did not know of goes on to hold.
    """

    card: int
    account: int
    links: tuple[bytes, ...] = ()


class CardBlocked(Struct, frozen=True, tag="card_blocked", omit_defaults=True):
    """A card is lost or stolen."""

    card: int
    reason: str = ""


class CardReplaced(Struct, frozen=True, tag="card_replaced"):
    """A new card leads to the account of an old one, and the old one to none."""

    card: int
    new_card: int
    active_from: int

    def __post_init__(self) -> None:
        _check_moments(self.active_from)


class MemberLeft(Struct, frozen=True, tag="member_left"):
    """Membership ended: the card's account loses its points, unless a family goes on with it (H9)."""

    card: int


class PointsAdjusted(Struct, frozen=True, tag="points_adjusted", omit_defaults=True):
    """Staff gave or took points (T12), with the reason; or those `of` a bonus went with the sale that it was for."""

    card: int
    points: int
    reason: str
    life: Duration | None = None
    of: bytes = b""

    def __post_init__(self) -> None:
        _check_points(abs(self.points))


class PointsCredited(Struct, frozen=True, tag="points_credited"):
    """Pending points of a sale can be spent from `credited` on (T8, H13, S6). `card` is the one of the sale."""

    card: int
    sale: bytes
    credited: int

    def __post_init__(self) -> None:
        _check_moments(self.credited)


class MemberActed(Struct, frozen=True, tag="member_acted", omit_defaults=True):
    """A member did what the programme may give points for, or applied to be of another kind (K10).

    `about` is the goods reviewed, or the kind applied for.
    """

    card: int
    what: Literal["profile_completed", "phone_confirmed", "reviewed", "applied"]
    about: str = ""


class BonusGiven(Struct, frozen=True, tag="bonus_given", omit_defaults=True):
    """A bonus rule gave points, for each `occasion` once: a second one, of another till, counts for nothing.

    `sale` is the friend's purchase of which `amount_minor` was paid (T9).
    """

    card: int
    rule: str
    points: int
    occasion: str
    life: Duration | None = None
    sale: bytes = b""
    amount_minor: int = 0

    def __post_init__(self) -> None:
        _check_points(self.points)


class CodeMade(Struct, frozen=True, tag="code_made", omit_defaults=True):
    """Points became a discount code that anybody may bring, once, while `now < expires` (H20, H25, H26).

    By which `authority` they were spent, and the `hold` of them, are as those of a sale.
    """

    card: int
    code: str
    points: int
    amount_minor: int
    currency: str
    expires: int
    authority: Authority = "alone"
    hold: bytes = b""

    def __post_init__(self) -> None:
        _check_points(self.points)
        _check_moments(self.expires)


class BenefitRequested(Struct, frozen=True, tag="benefit_requested", omit_defaults=True):
    """A member asked for a benefit (M4 to M6), for an `order` that is `due` at some day, or a `plan`."""

    card: int
    benefit: str
    order: bytes = b""
    due: int | None = None
    plan: str = ""

    def __post_init__(self) -> None:
        _check_moments(self.due)


class RequestDecided(Struct, frozen=True, tag="request_decided", omit_defaults=True):
    """What came of a request; an approval that nobody used `lapses`."""

    card: int
    request: bytes
    outcome: Literal["approved", "refused"]
    reason: str = ""
    lapses: int | None = None

    def __post_init__(self) -> None:
        _check_moments(self.lapses)


class DrawHeld(Struct, frozen=True, tag="draw_held"):
    """The winners of a prize draw, drawn by `seed` out of so many `entries` (K13)."""

    draw: str
    seed: str
    entries: int
    winners: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_length(self.winners)


class Acted(Struct, frozen=True, tag="acted", omit_defaults=True):
    """Something that somebody did and that has to be on record: signing in, the drawer, a reprint."""

    act: Literal["signed_in", "signed_out", "sign_in_failed", "drawer_opened", "reprinted", "own_card"]
    subject: str = ""


Body = (
    Enrolled
    | CardActivated
    | KindChanged
    | SaleCompleted
    | GoodsReturned
    | CardsMerged
    | CardSplit
    | CardBlocked
    | CardReplaced
    | MemberLeft
    | PointsAdjusted
    | PointsCredited
    | OrderChanged
    | MemberActed
    | BonusGiven
    | CodeMade
    | BenefitRequested
    | RequestDecided
    | DrawHeld
    | Acted
)


class Fact(Struct, frozen=True, omit_defaults=True):
    """One thing that happened. `id` is made at the till and alone tells two facts apart.

    `(till, epoch, seq)` is the fact's place in its till's chain, `moment` UTC milliseconds, `programme` the pack
    and `version` the version of the programme by which it was reckoned. A fact that speaks of another one (a
    return of its sale, a split of its links) is dated after it. What cannot be raises ValueError.
    """

    id: bytes
    till: int
    epoch: int
    seq: int
    moment: int
    body: Body
    cashier: str = ""
    programme: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        _check_moments(self.moment)


Place = tuple[int, int, int, int, bytes]


def place(fact: Fact) -> Place:
    """Where a fact stands in the fold: by moment, then till, then the till's own order."""
    return (fact.moment, fact.till, fact.epoch, fact.seq, fact.id)


def cards_of(body: Body) -> tuple[int, ...]:
    """The cards whose accounts a fact can change; none for what only has to be on record."""
    match body:
        case CardsMerged():
            return (body.holder, *body.cards)
        case CardReplaced():
            return (body.card, body.new_card)
        case Enrolled() if body.guest:
            return (body.card, body.guest)
        case SaleCompleted() | GoodsReturned() | OrderChanged():
            return () if body.card is None else (body.card,)
        case Acted() | DrawHeld():
            return ()
        case _:
            return (body.card,)


def sale_of(body: Body) -> bytes:
    """The id of the sale that a fact is about, empty for none."""
    match body:
        case GoodsReturned() | OrderChanged() | BonusGiven():
            return body.sale
        case _:
            return b""


def keys_of(body: Body) -> tuple[str, ...]:
    """By what else a fact is found again: the code, order, bonus or draw that it is about."""
    match body:
        case CodeMade():
            return (f"code:{body.code}",)
        case SaleCompleted():
            codes = [f"code:{use.code}" for use in body.coupons]
            return (*codes, *[f"draw:{entries.draw}" for entries in body.entries])
        case GoodsReturned():
            return tuple([f"code:{code}" for code in body.freed])
        case OrderChanged():
            return (f"order:{body.sale.hex()}",)
        case BonusGiven() if body.sale:
            return (f"bonus:{body.sale.hex()}",)
        case BenefitRequested() if body.plan:
            return (f"plan:{body.plan}",)
        case DrawHeld():
            return (f"draw:{body.draw}",)
        case _:
            return ()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fact)


def encode(fact: Fact) -> bytes:
    """The one byte form of a fact, in the journal and on the wire."""
    return _encoder.encode(fact)


def decode(data: bytes) -> Fact:
    """The fact that `encode` wrote; raises msgspec.DecodeError when it is none."""
    try:
        return _decoder.decode(data)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(f"is no fact: {error}") from error


def chain(previous: bytes, encoded: bytes) -> bytes:
    """The chain hash of a fact after the one whose chain hash is `previous` (16 bytes, empty for the first)."""
    return hashlib.blake2b(previous + encoded, digest_size=16).digest()
