"""What lowers the lines of a sale, one after the other: card prices, coupons, approved benefits, points."""

from collections.abc import Mapping, Sequence

import msgspec

from pos_app.loyalty import coupons
from pos_app.loyalty.basket import Line
from pos_app.loyalty.benefits import Benefit, Request
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CouponUse
from pos_app.loyalty.money import divide_half_up, line_amount_minor


class Lowered:
    """The lines of a sale as they are lowered; what each reduction took off is kept in the line that it lowered."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        self.coupons: tuple[CouponUse, ...] = ()
        self.approved: tuple[bytes, ...] = ()
        self.approved_minor = 0
        self.saved_minor = 0
        self.by_points_minor = 0

    @property
    def goods_minor(self) -> int:
        """What the goods come to by now."""
        return sum([line.amount_minor for line in self.lines])

    @property
    def has_reductions(self) -> bool:
        """Whether lines are cheaper already, by their own discount or the card price."""
        return any(line.discount_minor or line.saved_minor for line in self.lines)

    def open_to(self, kind: str) -> int:
        """What the lines come to that a reduction of this kind (`coupon`, `points`) may lower (H21)."""
        return sum(self._weights(kind))

    def by_card_prices(self) -> None:
        """Let card holders pay the card price where it is lower (K12)."""
        if any(line.product.card_price_minor is not None for line in self.lines):
            self.lines = tuple([_with_card_price(line) for line in self.lines])
            self.saved_minor = sum(line.saved_minor for line in self.lines)

    def by_coupon(self, coupon: Coupon) -> None:
        """Take a coupon off the lines that it may lower; raises Refusal nothing_discountable."""
        weights = self._weights("coupon")
        amount_minor = coupons.lowers_minor(coupon, sum(weights))
        if amount_minor <= 0:
            raise Refusal("nothing_discountable", code=coupon.code)
        self._lower(coupons.shared(amount_minor, weights))
        use = CouponUse(coupon.code, amount_minor, coupon.made_of, coupon.single_use or bool(coupon.made_of))
        self.coupons = (*self.coupons, use)

    def by_benefits(
        self, benefits: Sequence[Benefit], tier: str | None, requests: Mapping[bytes, Request], now: int
    ) -> None:
        """Use up approvals whose benefit lowers goods of this sale, one of each benefit (M4)."""
        for benefit in benefits:
            share = benefit.share(tier)
            approved = {name: one for name, one in requests.items() if one.state_at(now) == "approved"}
            name = next((name for name, one in approved.items() if one.benefit == benefit.id), None)
            if share is None or name is None:
                continue
            weights = [
                line.amount_minor if not benefit.categories or line.product.category in benefit.categories else 0
                for line in self.lines
            ]
            amount_minor = divide_half_up(sum(weights) * share.numerator, share.denominator)
            if any(weights):
                self._lower(coupons.shared(amount_minor, weights))
                self.approved = (*self.approved, name)
                self.approved_minor += amount_minor

    def by_points(self, points: int, worth_minor: int) -> None:
        """Pay so much of the lines by points."""
        weights = self._weights("points")
        worths, parts = coupons.shared(worth_minor, weights), coupons.shared(points, weights)
        self.by_points_minor = worth_minor
        self.lines = tuple(
            msgspec.structs.replace(
                line, lowered_minor=line.lowered_minor + worth, by_points_minor=worth, points_used=part
            )
            for line, worth, part in zip(self.lines, worths, parts, strict=True)
        )

    def _weights(self, kind: str) -> list[int]:
        return [0 if kind in line.product.excluded_from else max(line.amount_minor, 0) for line in self.lines]

    def _lower(self, shares: Sequence[int]) -> None:
        self.lines = tuple(
            msgspec.structs.replace(line, lowered_minor=line.lowered_minor + share) if share else line
            for line, share in zip(self.lines, shares, strict=True)
        )


def _with_card_price(line: Line) -> Line:
    card_price = line.product.card_price_minor
    if card_price is None or card_price >= line.price_minor:
        return line
    full = line_amount_minor(line.price_minor, line.quantity_milli)
    saved = min(full - line_amount_minor(card_price, line.quantity_milli), full - line.discount_minor)
    return msgspec.structs.replace(line, lowered_minor=line.lowered_minor + saved, saved_minor=saved)
