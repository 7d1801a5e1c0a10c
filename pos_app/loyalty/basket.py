"""What stands on the counter: goods, and the things of the reward board that the customer takes for points."""

from typing import Literal

from msgspec import Struct

from pos_app.loyalty.money import line_amount_minor

ONE = 1000
"""A quantity of one: quantities are thousandths."""
REDUCTIONS = ("coupon", "points")
"""What goods can be excluded from."""


class Product(Struct, frozen=True, omit_defaults=True, gc=False):
    """One kind of goods; `weighed` goods are priced per kilogram.

    Card holders pay `card_price_minor` where there is one (K12). `points` stand on the shelf label (S2), for each
    piece or kilogram. `excluded_from` are the reductions that leave it as it is: coupon, points (H21).
    """

    code: str
    name: str
    price_minor: int
    brand: str = ""
    category: str = ""
    weighed: bool = False
    card_price_minor: int | None = None
    points: int = 0
    excluded_from: tuple[str, ...] = ()


class Line(Struct, frozen=True, omit_defaults=True, gc=False):
    """Some of one product, with the price of this sale and a discount in money off the whole line.

    A reckoned sale lowers it further by `lowered_minor`: by the card price (`saved_minor` of it), by coupons and
    approved benefits, and by `points_used`, which are worth `by_points_minor` of it.
    """

    product: Product
    quantity_milli: int = ONE
    price_minor: int = 0
    discount_minor: int = 0
    lowered_minor: int = 0
    saved_minor: int = 0
    by_points_minor: int = 0
    points_used: int = 0

    @property
    def amount_minor(self) -> int:
        """What is to be paid for the line, rounded half up, after all that lowers it."""
        return line_amount_minor(self.price_minor, self.quantity_milli) - self.discount_minor - self.lowered_minor


class Offer(Struct, frozen=True, omit_defaults=True):
    """A thing on the reward board (K3): `points` each, and `price_minor` in money on top where the board asks it.

    It can be had while `starts <= now < ends`; `stock` None is as many as the shop has. Where shops share a stock it is
    what was left after the centre's tick `counted_at`, below nothing if more was given away than there was.
    """

    item: str
    product: str
    name: str
    points: int
    price_minor: int = 0
    stock: int | None = None
    starts: int | None = None
    ends: int | None = None
    tiers: tuple[str, ...] = ()
    per_account_per_day: int | None = None
    counted_at: int | None = None


class Swap(Struct, frozen=True):
    """So many of an offer, taken for points."""

    offer: Offer
    quantity: int = 1

    @property
    def points(self) -> int:
        return self.offer.points * self.quantity

    @property
    def amount_minor(self) -> int:
        """The money that the board asks on top of the points."""
        return self.offer.price_minor * self.quantity


Wish = int | Literal["max", "auto"]
"""So many points, the most that can be used, or what the till would do by itself."""


class Basket(Struct, frozen=True, omit_defaults=True):
    """The open sale, whole: it is replaced, never changed, so that every state of it can be kept.

    `coupons` are their codes, `use_points` what the customer wishes to pay by points (None: what the programme does
    by itself). An order that is handed over later is not `fulfilled`. `delivery_minor` None is the programme's own
    fee. `dated` is when a past purchase was made (UTC ms). `guest` is the number under which a purchase without a
    card waits for its buyer (H12). Under `hold` the centre is asked to keep the points that it takes.
    """

    lines: tuple[Line, ...] = ()
    swaps: tuple[Swap, ...] = ()
    card: int | None = None
    channel: str = "store"
    coupons: tuple[str, ...] = ()
    use_points: Wish | None = None
    means: str = "cash"
    fulfilled: bool = True
    delivery_minor: int | None = None
    free_delivery_method: bool = False
    dated: int | None = None
    guest: int = 0
    hold: bytes = b""

    @property
    def empty(self) -> bool:
        return not (self.lines or self.swaps)

    @property
    def total_minor(self) -> int:
        """What is to be paid in money."""
        return sum(line.amount_minor for line in self.lines) + sum(swap.amount_minor for swap in self.swaps)
