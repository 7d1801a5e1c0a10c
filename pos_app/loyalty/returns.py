"""Goods that come back: the points to take back are what the sale earned less what it would have earned without
them, by the version of its own moment; points paid for swapped goods are given back."""

from collections.abc import Sequence

from pos_app.loyalty.basket import ONE, Line
from pos_app.loyalty.bonuses import Bonus
from pos_app.loyalty.earn import Who
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import USED_POINTS, BonusGiven, Fact, GoodsReturned, LineBack, PointsBack, SaleCompleted
from pos_app.loyalty.money import decimal_text, line_amount_minor
from pos_app.loyalty.programme import Version


def left_milli(sale: SaleCompleted, earlier: Sequence[GoodsReturned]) -> list[int]:
    """How much of each line of a sale did not come back yet, in thousandths; none where two tills took it back."""
    return [max(0, left) for left in balance_milli(sale, earlier)[0]]


def left_swaps(sale: SaleCompleted, earlier: Sequence[GoodsReturned]) -> list[int]:
    """How many of each swap of a sale did not come back yet."""
    return [max(0, left) // ONE for left in balance_milli(sale, earlier)[1]]


def balance_milli(sale: SaleCompleted, earlier: Sequence[GoodsReturned]) -> tuple[list[int], list[int]]:
    """What was sold less what came back, of each line and each swap in thousandths: below nothing where two tills that
    did not know of each other took the same goods back.
    """
    lines = [line.quantity_milli for line in sale.lines]
    swaps = [swap.quantity * ONE for swap in sale.swaps]
    for back in earlier:
        for left, parts in ((lines, back.lines), (swaps, back.swaps)):
            for part in parts:
                if 0 <= part.index < len(left):
                    left[part.index] -= part.quantity_milli
    return lines, swaps


def everything(sale: SaleCompleted, earlier: Sequence[GoodsReturned]) -> tuple[list[LineBack], list[LineBack]]:
    """All lines and swaps that did not come back yet."""
    lines = [LineBack(index, left) for index, left in enumerate(left_milli(sale, earlier)) if left > 0]
    swaps = [LineBack(index, left * 1000) for index, left in enumerate(left_swaps(sale, earlier)) if left > 0]
    return lines, swaps


def goods_returned(
    sale: Fact,
    earlier: Sequence[GoodsReturned],
    lines: Sequence[LineBack],
    swaps: Sequence[LineBack],
    then: Version,
    now: Version,
    slip: int,
    *,
    cancelled: bool = False,
) -> GoodsReturned:
    """The fact of a return of `lines` and `swaps` of `sale`, after the `earlier` ones.

    Points are reckoned by the version of the sale, `then`; money is given back in the currency of `now`, at the rate
    that its file fixes; a sale that is `cancelled` gives back what delivery cost, too. When nothing is left of the
    sale, codes and approvals that it used can be used again. Raises Refusal when more would come back than was sold,
    or a part of a piece.
    """
    body = sale.body
    assert isinstance(body, SaleCompleted)
    sale_at = sale.moment if body.dated is None else body.dated
    before = left_milli(body, earlier)
    after = _without(before, lines)
    swaps_after = _without([left * 1000 for left in left_swaps(body, earlier)], swaps)
    if not (lines or swaps):
        raise Refusal("already_returned")
    if any(quantity % 1000 for quantity in swaps_after):
        raise Refusal("quantity_wrong", quantity=decimal_text(max(swaps_after), 3))
    for back in lines:
        if back.quantity_milli % ONE and not body.lines[back.index].product.weighed:
            raise Refusal("quantity_wrong", quantity=decimal_text(back.quantity_milli, 3))
    refund_minor = sum(
        _part(line, had) - _part(line, has) for line, had, has in zip(body.lines, before, after, strict=True)
    )
    refund_minor += sum(body.swaps[back.index].offer.price_minor * back.quantity_milli // 1000 for back in swaps)
    refund_minor += body.delivery_minor if cancelled else 0
    undone = cancelled or not (any(after) or any(swaps_after))
    other = now.currency != body.currency and body.currency in now.rates
    return GoodsReturned(
        slip=slip,
        sale=sale.id,
        currency=now.currency if other else body.currency,
        refund_minor=now.converted(refund_minor, body.currency) if other else refund_minor,
        refund_then_minor=refund_minor if other else None,
        lines=tuple(lines),
        swaps=tuple(swaps),
        card=body.card,
        taken=() if body.card is None else _taken(body, earlier, after, then, sale_at),
        given=(
            *[
                PointsBack(back.index, body.swaps[back.index].offer.points * back.quantity_milli // 1000)
                for back in swaps
            ],
            *_used_points_back(body, before, after),
        ),
        cancelled=cancelled,
        freed=tuple(use.code for use in body.coupons if undone and use.single_use),
        freed_requests=body.approved if undone else (),
    )


def bonus_back(
    rule: Bonus, given: BonusGiven, earlier: Sequence[GoodsReturned], back: GoodsReturned, *, undone: bool
) -> int:
    """The points that an inviter loses because more of the friend's purchase came back (T9, H5).

    `earlier` came back since they were given; `undone` tells that nothing is left of the purchase now.
    """
    if rule.share is None:
        return given.points if undone else 0
    kept_minor = given.amount_minor - sum(map(refunded, earlier))
    return max(0, rule.worth(kept_minor) - (0 if undone else rule.worth(kept_minor - refunded(back))))


def refunded(back: GoodsReturned) -> int:
    """The refund in the currency of the sale."""
    return back.refund_minor if back.refund_then_minor is None else back.refund_then_minor


def _without(left: Sequence[int], back: Sequence[LineBack]) -> list[int]:
    remaining = list(left)
    for item in back:
        if not 0 <= item.index < len(remaining):
            raise Refusal("not_bought")
        if item.quantity_milli <= 0:
            raise Refusal("quantity_wrong", quantity=decimal_text(item.quantity_milli, 3))
        if item.quantity_milli > remaining[item.index]:
            raise Refusal("already_returned")
        remaining[item.index] -= item.quantity_milli
    return remaining


def _part(line: Line, quantity_milli: int) -> int:
    """What `quantity_milli` of a line cost, all that lowered it shared out by quantity."""
    return _staying(line, quantity_milli).amount_minor


def _staying(line: Line, quantity_milli: int) -> Line:
    """The line with only so much of its goods: less of them never cost more, nor less than nothing."""
    full_minor = line_amount_minor(line.price_minor, quantity_milli)
    lowered_minor = line.discount_minor + line.lowered_minor
    if lowered_minor:
        share = (2 * line.amount_minor * quantity_milli + line.quantity_milli - 1) // (2 * line.quantity_milli)
        lowered_minor = full_minor - min(share, full_minor)
    return Line(line.product, quantity_milli, line.price_minor, lowered_minor)


def _used_points_back(sale: SaleCompleted, before: Sequence[int], after: Sequence[int]) -> list[PointsBack]:
    """The points that paid for the goods which come back."""
    points = sum(
        _points_for(line, line.quantity_milli - has) - _points_for(line, line.quantity_milli - had)
        for line, had, has in zip(sale.lines, before, after, strict=True)
    )
    return [PointsBack(USED_POINTS, points)] if points else []


def _points_for(line: Line, quantity_milli: int) -> int:
    return line.points_used * quantity_milli // line.quantity_milli


def _taken(
    sale: SaleCompleted, earlier: Sequence[GoodsReturned], left: Sequence[int], version: Version, sale_at: int
) -> tuple[PointsBack, ...]:
    """For each earning of the sale what it had given so far less what the goods that stay would earn."""
    staying = [_staying(line, quantity) for line, quantity in zip(sale.lines, left, strict=True)]
    counts = {earned.rules[0]: earned.before for earned in sale.earned if earned.units}
    reckoned = version.earn.reckon(
        staying,
        Who(sale.kind, sale.tier, sale.channel),
        sale_at,
        delivery_minor=sale.delivery_minor if any(left) else 0,
        counts=counts,
    )
    stays = {version.earn.by_id[earned.rules[0]].group: earned for earned in reckoned.earned}
    taken: list[PointsBack] = []
    for index, earned in enumerate(sale.earned):
        rule = version.earn.by_id.get(earned.rules[0])
        kept = stays.get(rule.group) if rule is not None else None
        before = [back for fact in earlier for back in fact.taken if back.index == index]
        points = earned.points - sum(back.points for back in before) - (kept.points if kept else 0)
        units = earned.units - sum(back.units for back in before) - (kept.units if kept else 0)
        if points > 0 or units > 0:
            taken.append(PointsBack(index, max(points, 0), units, earned.rules[0] if units else ""))
    return tuple(taken)
