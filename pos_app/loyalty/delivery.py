"""What delivery costs, and from which amount of goods on it is free (S8)."""

from msgspec import Struct


class Delivery(Struct, frozen=True):
    """The fee of sales in `channels`; goods of `free_from_minor` and more are delivered free (None: never)."""

    fee_minor: int
    free_from_minor: int | None
    channels: frozenset[str]

    def cost(self, goods_minor: int) -> int:
        """The fee for goods of so much."""
        return 0 if self.free_from_minor is not None and goods_minor >= self.free_from_minor else self.fee_minor
