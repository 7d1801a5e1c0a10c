"""Goods that come back in any number of parts: no point and no cent too many or too few."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pos_app.loyalty import returns
from pos_app.loyalty.basket import Basket, Line, Offer, Product, Swap
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact, GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.quote import completed, quote
from tests.helpers.shop import BREAD, CARD, CHEESE, EURO_DAY, LEV_DAY, MILK, PROGRAMME, customer


@st.composite
def lines(draw: st.DrawFn, product: Product) -> Line:
    quantity = draw(st.integers(1, 3000)) if product.weighed else 1000 * draw(st.integers(1, 5))
    price = draw(st.integers(0, 2000))
    full = Line(product, quantity, price).amount_minor
    return Line(product, quantity, price, draw(st.integers(0, full)))


BASKETS = st.lists(st.sampled_from([BREAD, MILK, CHEESE]).flatmap(lines), min_size=1, max_size=6)
POT = Offer("pot", "1", "Тенджера", 7, price_minor=250)


def sale_of(basket: Basket, kind: str, now: int) -> Fact:
    version = PROGRAMME.version_at(now)
    body = completed(quote(basket, customer(10_000, kind), version, now, PROGRAMME.zone), 1, [])
    return Fact(b"sale", 1, 1, 1, now, body, programme=PROGRAMME.pack, version=version.id)


def earned(body: SaleCompleted) -> int:
    return sum(earning.points for earning in body.earned)


@given(BASKETS, st.sampled_from(["client", "cooperator"]), st.sampled_from([LEV_DAY, EURO_DAY]), st.data())
def test_parts_add_up_to_the_whole(goods: list[Line], kind: str, now: int, data: st.DataObject) -> None:
    swaps = (Swap(POT, data.draw(st.integers(1, 3))),)
    sale = sale_of(Basket(tuple(goods), swaps, CARD), kind, now)
    assert isinstance(sale.body, SaleCompleted)
    version = PROGRAMME.version_at(now)
    earlier: list[GoodsReturned] = []
    while any(left := returns.left_milli(sale.body, earlier)):
        index = data.draw(st.sampled_from([n for n, quantity in enumerate(left) if quantity]))
        step = 1 if goods[index].product.weighed else 1000
        part = step * data.draw(st.integers(1, left[index] // step))
        back = returns.goods_returned(sale, earlier, [LineBack(index, part)], (), version, version, 2)
        assert all(points.points > 0 for points in back.taken)
        assert back.refund_minor >= 0
        earlier.append(back)
        stays = returns.left_milli(sale.body, earlier)
        kept = [(line, quantity) for line, quantity in zip(sale.body.lines, stays, strict=True) if quantity]
        if all(not line.discount_minor for line, _ in kept):
            rest = Basket(tuple(Line(line.product, quantity, line.price_minor) for line, quantity in kept), (), CARD)
            again = quote(rest, customer(0, kind), version, now, PROGRAMME.zone)
            assert earned(sale.body) - taken(earlier) == again.earned
    last = returns.goods_returned(sale, earlier, *returns.everything(sale.body, earlier), version, version, 2)
    earlier.append(last)
    assert taken(earlier) == earned(sale.body)
    assert sum(points.points for back in earlier for points in back.given) == sum(sale.body.spent)
    assert sum(back.refund_minor for back in earlier) == sale.body.to_pay_minor
    with pytest.raises(Refusal, match="already_returned"):
        returns.goods_returned(sale, earlier, *returns.everything(sale.body, earlier), version, version, 2)


def taken(returned: list[GoodsReturned]) -> int:
    return sum(points.points for back in returned for points in back.taken)


@given(BASKETS, st.integers(0, 9), st.integers(-2000, 10_000))
def test_more_than_was_sold_never_comes_back(goods: list[Line], index: int, quantity: int) -> None:
    sale = sale_of(Basket(tuple(goods), (), CARD), "client", EURO_DAY)
    inside = (
        index < len(goods)
        and 0 < quantity <= goods[index].quantity_milli
        and (goods[index].product.weighed or quantity % 1000 == 0)
    )
    assume(not inside)
    euro = PROGRAMME.version_at(EURO_DAY)
    with pytest.raises(Refusal):
        returns.goods_returned(sale, [], [LineBack(index, quantity)], (), euro, euro, 2)


def test_k5b_a_lev_sale_is_refunded_in_euro() -> None:
    sale = sale_of(Basket((Line(BREAD, 4000, 250),), (), CARD), "client", LEV_DAY)
    lev, euro = PROGRAMME.version_at(LEV_DAY), PROGRAMME.version_at(EURO_DAY)
    back = returns.goods_returned(sale, [], [LineBack(0, 4000)], (), lev, euro, 2)
    assert (back.currency, back.refund_minor, back.refund_then_minor) == ("EUR", 511, 1000)
    assert taken([back]) == 20
    same_day = returns.goods_returned(sale, [], [LineBack(0, 4000)], (), lev, lev, 2)
    assert (same_day.currency, same_day.refund_minor, same_day.refund_then_minor) == ("BGN", 1000, None)
