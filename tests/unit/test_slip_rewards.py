"""What a slip tells of reductions, of points that wait, of draws and of what points are worth."""

from datetime import datetime

from msgspec.structs import replace

from pos_app import shipped, texts
from pos_app.loyalty.basket import Basket, Line, Product
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.moments import from_local
from pos_app.loyalty.paper import Document, Pair, Text
from pos_app.loyalty.quote import Background, completed, quote
from pos_app.loyalty.slip import SlipHead, sale_slip

CARD = 2900000000018
RICE = Product("1", "Rice", 500_000, card_price_minor=None)


def slip(name: str, basket: Basket, now: datetime, balance: int = 0, coupons: tuple[Coupon, ...] = ()) -> Document:
    programme = shipped.programme(name)
    moment = from_local(now, programme.zone)
    version = programme.version_at(moment)
    who = Customer(CARD, CARD, 1, "Ana", "client", balance)
    quoted = quote(basket, who, version, moment, programme.zone, Background(coupons=coupons))
    body = completed(quoted, 10_000_001, [])
    words = texts.words("en", programme.zone)
    return sale_slip(body, moment, quoted.balance_after, SlipHead((), 1, ""), programme, version, words)


def pairs(document: Document) -> dict[str, str]:
    return {part.left: part.right for part in document if isinstance(part, Pair)}


def lines(document: Document) -> list[str]:
    return [part.text for part in document if isinstance(part, Text)]


def test_points_that_paid_and_what_is_left_of_them() -> None:
    basket = Basket((Line(RICE, 4000, 500_000),), card=CARD, use_points="max")
    printed = slip("taavoni-ir", basket, datetime(2025, 6, 1, 10), balance=205)
    assert pairs(printed)["Paid with 100 points"] == "−100,000 rial"
    assert pairs(printed)["To pay"] == "1,900,000 rial"
    assert pairs(printed)["Points spent"] == "100"
    assert pairs(printed)["Your points now"] == "124"


def test_a_code_the_delivery_and_points_that_wait() -> None:
    basket = Basket(
        (Line(RICE, 6000, 500_000),), card=CARD, coupons=("HONEY",), delivery_minor=400_000, fulfilled=False
    )
    printed = slip("asal-plus", basket, datetime(2025, 6, 1), 257, (Coupon("HONEY", 1_000_000),))
    assert pairs(printed)["Code HONEY"] == "−1,000,000 rial"
    assert pairs(printed)["Delivery"] == "400,000 rial"
    assert pairs(printed)["Your points now"] == "257"
    assert "20 points will come once the goods are handed over" in lines(printed)
    assert "Your points pay for goods worth 1,250,000 rial" in lines(printed)


def test_points_of_next_month_and_the_day_from_which_they_count() -> None:
    tool = Product("1", "Tool", 1000, points=40)
    basket = Basket((Line(tool, 1000, 1000),), card=CARD, channel="online", means="card")
    printed = slip("dvizna-si", basket, datetime(2026, 12, 31, 23), balance=0)
    assert pairs(printed)["Delivery"] == "4.90 €"
    assert [line for line in lines(printed) if "40 points can be spent from" in line and "2027" in line]


def test_entries_of_a_draw_are_numbered_and_many_are_told_by_their_ends() -> None:
    few = slip("coop-bg", Basket((Line(RICE, 1000, 3050),), card=CARD), datetime(2026, 3, 1))
    assert [line for line in lines(few) if "Entry no." in line] == [f"Entry no. 0001-0000001/{n}" for n in (1, 2, 3)]
    many = slip("coop-bg", Basket((Line(RICE, 1000, 20_000),), card=CARD), datetime(2026, 3, 1))
    assert "Entry no. 0001-0000001/1 – 0001-0000001/20" in lines(many)


def test_card_holders_see_what_they_saved() -> None:
    cheaper = replace(RICE, card_price_minor=450)
    basket = Basket((Line(cheaper, 2000, 500),), card=CARD)
    printed = slip("coop-bg", basket, datetime(2026, 3, 1))
    assert pairs(printed)["You saved as a card holder"].startswith("−")
    assert "1" in pairs(printed)["You saved as a card holder"]
