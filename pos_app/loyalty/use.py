"""Using points at payment: how many at most, why not more, and what they are worth (T3, T4, H6, H22, S4, S8)."""

from typing import Literal, NamedTuple

from msgspec import Struct

from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import Amount, Ratio

Limit = Literal["balance", "percent", "delivery", "goods", "channel", "coupon"]
"""What keeps the customer from using more."""


class Use(Struct, frozen=True):
    """`step` points (and multiples of them) are worth `worth_minor` each time.

    At most `share` of the goods' value can be paid so, in `channels` (empty: all). With `guards_delivery` the rest
    stays at the threshold of free delivery if it was there. `automatic` is what a till does that was told nothing.
    """

    step: int
    worth_minor: int
    share: Ratio | None = None
    channels: frozenset[str] = frozenset()
    automatic: bool = False
    with_coupons: bool = True
    earns: bool = True
    guards_delivery: bool = False
    frees_delivery: bool = False

    def worth(self, points: int) -> int:
        """What `points`, a multiple of the step, are worth in minor units."""
        return points // self.step * self.worth_minor


class Usable(NamedTuple):
    """The most points that can be used on a sale, and what the limit is."""

    points: int
    limit: Limit


def most(
    use: Use, balance: int, goods_minor: int, lowerable_minor: int, channel: str, free_from_minor: int | None
) -> Usable:
    """How many points can be used on goods of `goods_minor`, of which `lowerable_minor` may be paid by points.

    `free_from_minor` is the threshold of free delivery where the sale is delivered.
    """
    if use.channels and channel not in use.channels:
        return Usable(0, "channel")
    limits: list[tuple[int, Limit]] = [
        (max(balance, 0) // use.step * use.step, "balance"),
        (_points(use, lowerable_minor), "goods"),
    ]
    if use.share is not None:
        limits.append((_points(use, goods_minor * use.share.numerator // use.share.denominator), "percent"))
    if use.guards_delivery and free_from_minor is not None and goods_minor >= free_from_minor:
        limits.append((_points(use, goods_minor - free_from_minor), "delivery"))
    return Usable(*min(limits, key=lambda limit: limit[0]))


def _points(use: Use, minor: int) -> int:
    return max(minor, 0) // use.worth_minor * use.step


def check(use: Use, points: int, usable: Usable, balance: int, currency: str) -> None:
    """Raise Refusal when so many points cannot be used."""
    if usable.limit == "channel":
        raise Refusal("channel")
    if points < 0 or points % use.step:
        raise Refusal("points_step", step=use.step)
    if points > max(balance, 0):
        raise Refusal("not_enough_points", need=points, have=balance)
    if points > usable.points:
        worth = Amount(use.worth(usable.points), currency)
        raise Refusal("over_cap", points=points, most=usable.points, worth=worth, limit=usable.limit)
