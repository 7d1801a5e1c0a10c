"""Points for other things than goods: joining, a profile, a review, a friend (H3 to H5, H10, T9 to T11, M1)."""

from typing import Literal

from msgspec import Struct

from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio

Occasion = Literal[
    "joined", "profile_completed", "reviewed", "friend_joined", "friend_confirmed_phone", "friend_first_sale"
]
OCCASIONS: tuple[Occasion, ...] = (
    "joined", "profile_completed", "reviewed", "friend_joined", "friend_confirmed_phone", "friend_first_sale",
)  # fmt: skip


class Bonus(Struct, frozen=True):
    """`points` on an occasion, or a `share` of the friend's sale in points worth `point_minor` each.

    On a friend's occasions they are the inviter's. They live for `life`, None for ever.
    """

    id: str
    names: dict[str, str]
    occasion: Occasion
    points: int = 0
    share: Ratio | None = None
    point_minor: int = 1
    life: Duration | None = None

    def worth(self, paid_minor: int) -> int:
        """The points that it gives for a sale of which so much was paid."""
        if self.share is None:
            return self.points
        return max(paid_minor, 0) * self.share.numerator // (self.share.denominator * self.point_minor)
