"""Goods that come back: the points to take back are what the sale earned less what it would have earned without
them, by the version of its own moment; points paid for swapped goods are given back."""

from collections.abc import Sequence

from pos_app.loyalty.basket import ONE, Line
from pos_app.loyalty.earn import Who
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact, GoodsReturned, LineBack, PointsBack, SaleCompleted
from pos_app.loyalty.money import decimal_text, divide_half_up, line_amount_minor
from pos_app.loyalty.programme import Version


def left_milli(sale: SaleCompleted, earlier: Sequence[GoodsReturned]) -> list[int]:
    """How much of each line of a sale did not come back yet, in thousandths."""
    left = [line.quantity_milli for line in sale.lines]
    for back in (back for fact in earlier for back in fact.lines):
        left[back.index] -= back.quantity_milli
    return left


def left_swaps(sale: SaleCompleted, earlier: Sequence[GoodsReturned]) -> list[int]:
    """How many of each swap of a sale did not come back yet."""
    left = [swap.quantity for swap in sale.swaps]
    for back in (back for fact in earlier for back in fact.swaps):
        left[back.index] -= back.quantity_milli // 1000
    return left


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
) -> GoodsReturned:
    """The fact of a return of `lines` and `swaps` of `sale`, after the `earlier` ones.

    Points are reckoned by the version of the sale, `then`; money is given back in the currency of `now`, at the rate
    that its file fixes. Raises Refusal when more would come back than was sold, or a part of a piece.
    """
    body = sale.body
    assert isinstance(body, SaleCompleted)
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
        taken=_taken(body, earlier, after, then) if body.card is not None else (),
        given=tuple(
            PointsBack(back.index, body.swaps[back.index].offer.points * back.quantity_milli // 1000) for back in swaps
        ),
    )


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
    """What `quantity_milli` of a line cost, its discount shared out by quantity."""
    discount = divide_half_up(line.discount_minor * quantity_milli, line.quantity_milli)
    return line_amount_minor(line.price_minor, quantity_milli) - discount


def _taken(
    sale: SaleCompleted, earlier: Sequence[GoodsReturned], left: Sequence[int], version: Version
) -> tuple[PointsBack, ...]:
    """For each earning of the sale what it had given so far less what the goods that stay would earn."""
    staying = [
        Line(
            line.product,
            quantity,
            line.price_minor,
            divide_half_up(line.discount_minor * quantity, line.quantity_milli),
        )
        for line, quantity in zip(sale.lines, left, strict=True)
    ]
    who = Who(sale.kind, sale.tier, sale.channel)
    reckoned = version.earn.reckon(staying, who, 0)
    staying_points = {version.earn.by_id[earned.rules[0]].rate: earned.points for earned in reckoned.earned}
    taken: list[PointsBack] = []
    for index, earned in enumerate(sale.earned):
        rule = version.earn.by_id.get(earned.rules[0])
        stays = staying_points.get(rule.rate, 0) if rule is not None else 0
        before = sum(back.points for fact in earlier for back in fact.taken if back.index == index)
        points = earned.points - before - stays
        if points > 0:
            taken.append(PointsBack(index, points))
    return tuple(taken)
