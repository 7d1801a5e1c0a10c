"""Coupons of the shop and codes made of points: what they lower, and when they cannot be used (H7, H20, H21, S9)."""

from collections.abc import Sequence

from msgspec import Struct

from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio, divide_half_up


class Coupon(Struct, frozen=True, omit_defaults=True):
    """A coupon of the shop, valid while `starts <= now < ends`: an amount off, or a share of what it lowers.

    Who brings a code made of points has such a coupon too; `made_of` is then the fact that made it.
    """

    code: str
    amount_minor: int = 0
    share: Ratio | None = None
    kind: str = ""
    combinable: bool = False
    starts: int | None = None
    ends: int | None = None
    single_use: bool = False
    made_of: bytes = b""
    made_at: int = 0


class CodeWorth(Struct, frozen=True):
    """So many points make a code worth so much (H7)."""

    points: int
    worth_minor: int


class Codes(Struct, frozen=True):
    """How points become codes: by the table, or in multiples of `step` at its rate; a code lives for `live`."""

    live: Duration
    table: tuple[CodeWorth, ...] = ()
    step: int = 0
    worth_minor: int = 0
    not_with_kinds: frozenset[str] = frozenset()

    def worth(self, points: int) -> int:
        """What a code of so many points is worth in minor units; raises Refusal points_step."""
        row = next((row for row in self.table if row.points == points), None)
        if row is not None:
            return row.worth_minor
        if not self.step or points <= 0 or points % self.step:
            raise Refusal("points_step", step=self.step or min((row.points for row in self.table), default=1))
        return points // self.step * self.worth_minor


class Stacking(Struct, frozen=True):
    """Whether a sale has one kind of benefit at most, those marked as combinable apart (S9)."""

    one_benefit: bool = False


def check(
    coupons: Sequence[Coupon],
    *,
    codes: Codes | None,
    stacking: Stacking,
    has_reductions: bool,
    sale_at: int,
    now: int,
) -> None:
    """Raise Refusal when these coupons cannot be used together on a sale of `sale_at`, entered at `now`.

    `has_reductions` tells that lines of the sale are cheaper already.
    """
    for place, coupon in enumerate(coupons):
        if coupon in coupons[:place]:
            raise Refusal("coupon_used", code=coupon.code)
        if coupon.made_of and sale_at < coupon.made_at:
            raise Refusal("coupon_same_sale", code=coupon.code)
        if coupon.starts is not None and now < coupon.starts:
            raise Refusal("coupon_expired", code=coupon.code)
        if coupon.ends is not None and now >= coupon.ends:
            raise Refusal("coupon_expired", code=coupon.code)
    made = [coupon for coupon in coupons if coupon.made_of]
    if made and codes is not None:
        for coupon in coupons:
            if not coupon.made_of and coupon.kind in codes.not_with_kinds:
                raise Refusal("coupon_kind", code=coupon.code)
    alone = [coupon for coupon in coupons if not coupon.combinable]
    if stacking.one_benefit and alone and len(alone) + has_reductions > 1:
        raise Refusal("one_benefit_only", code=alone[0].code)


def lowers_minor(coupon: Coupon, lowerable_minor: int) -> int:
    """How much a coupon takes off goods of `lowerable_minor`, rounded half up, never more than they cost."""
    if coupon.share is not None:
        return divide_half_up(max(lowerable_minor, 0) * coupon.share.numerator, coupon.share.denominator)
    return min(coupon.amount_minor, max(lowerable_minor, 0))


def shared(total_minor: int, weights: Sequence[int]) -> list[int]:
    """`total_minor` shared out in proportion to `weights`, in whole units that add up to it; no weight, no share."""
    whole = sum(weights)
    shares, given, so_far = [], 0, 0
    for weight in weights:
        so_far += weight
        upto = total_minor * so_far // whole if whole else 0
        shares.append(upto - given)
        given = upto
    return shares
