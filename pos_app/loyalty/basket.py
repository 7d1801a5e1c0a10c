"""What stands on the counter: goods, and the things of the reward board that the customer takes for points."""

from msgspec import Struct

from pos_app.loyalty.money import line_amount_minor

ONE = 1000
"""A quantity of one: quantities are thousandths."""


class Product(Struct, frozen=True, omit_defaults=True):
    """One kind of goods; `weighed` goods are priced per kilogram."""

    code: str
    name: str
    price_minor: int
    brand: str = ""
    category: str = ""
    weighed: bool = False


class Line(Struct, frozen=True, omit_defaults=True):
    """Some of one product, with the price of this sale and a discount in money off the whole line."""

    product: Product
    quantity_milli: int = ONE
    price_minor: int = 0
    discount_minor: int = 0

    @property
    def amount_minor(self) -> int:
        """What the line costs, rounded half up, after its discount."""
        return line_amount_minor(self.price_minor, self.quantity_milli) - self.discount_minor


class Offer(Struct, frozen=True, omit_defaults=True):
    """A thing on the reward board (K3): `points` each, and `price_minor` in money on top where the board asks it.

    It can be had while `starts <= now < ends`; `stock` None is as many as the shop has.
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


class Basket(Struct, frozen=True, omit_defaults=True):
    """The open sale, whole: it is replaced, never changed, so that every state of it can be kept."""

    lines: tuple[Line, ...] = ()
    swaps: tuple[Swap, ...] = ()
    card: int | None = None
    channel: str = "store"

    @property
    def empty(self) -> bool:
        return not (self.lines or self.swaps)

    @property
    def total_minor(self) -> int:
        """What is to be paid in money."""
        return sum(line.amount_minor for line in self.lines) + sum(swap.amount_minor for swap in self.swaps)
