"""What lowers a sale, in its order: card prices, coupons, approved benefits, points; then delivery, and earning."""

import pytest
from msgspec.structs import replace

from pos_app.loyalty.basket import Basket, Line, Offer, Product, Swap, Wish
from pos_app.loyalty.benefits import Benefit, Request, RequestState, TierShare
from pos_app.loyalty.coupons import Codes, Coupon, Stacking
from pos_app.loyalty.crediting import Crediting
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.draws import Draw
from pos_app.loyalty.earn import EarnRule, EarnRules, Step
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CouponUse, Entries
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import Amount, Ratio
from pos_app.loyalty.programme import Version
from pos_app.loyalty.quote import Background, Quote, quote
from pos_app.loyalty.use import Usable, Use
from tests.helpers.shop import CARD, EURO_DAY, customer

NAMES = {"en": "x"}
PER_EURO = EarnRule("all", NAMES, 1, Step(Amount(100, "EUR"), 1, 100))
PAID = EarnRule("paid", NAMES, 1, Step(Amount(100, "EUR"), 1, 100), on_paid=True)
PLAIN = Version(id="1", starts=-NEVER, ends=NEVER, currency="EUR", earn=EarnRules([PER_EURO]))
TEN_PERCENT = Use(1, 1, share=Ratio(10, 100), guards_delivery=True)
ONLINE = Delivery(490, 10_000, frozenset({"online"}))
SHOP = replace(PLAIN, use=Use(1, 1))
TEA = Product("t", "tea", 1000)
GIFT = Product("g", "gift card", 500, excluded_from=("coupon",))
CASH = Product("m", "phone credit", 700, excluded_from=("points",))
CAR = Product("c", "car", 100_000, category="car")
FIVE = Coupon("FIVE", 500)


def lines(*products: Product) -> tuple[Line, ...]:
    return tuple([Line(product, 1000, product.price_minor) for product in products])


def quoted(
    version: Version,
    *products: Product,
    balance: int = 10_000,
    wish: Wish | None = None,
    coupons: tuple[Coupon, ...] = (),
    requests: dict[bytes, Request] | None = None,
    tier: str | None = None,
    strict: bool = True,
    **basket: object,
) -> Quote:
    asked = Basket(lines(*products), card=CARD, coupons=tuple(one.code for one in coupons), use_points=wish, **basket)  # type: ignore[arg-type]
    behind = Background(coupons=coupons, requests=requests or {})
    who = customer(balance, tier=tier)
    return quote(asked, who, version, EURO_DAY, "Europe/Sofia", behind, strict=strict)


# -- prices for card holders


def test_k12_card_holders_pay_the_lower_price_and_see_what_they_saved() -> None:
    cheap = Product("b", "bread", 120, card_price_minor=95)
    basket = Basket((Line(cheap, 3000, 120),), card=CARD)
    with_card = quote(basket, customer(), PLAIN, EURO_DAY, "Europe/Sofia")
    assert (with_card.to_pay_minor, with_card.saved_minor, with_card.earned) == (285, 75, 2)
    waiting = quote(basket, customer(active_from=EURO_DAY + 1), PLAIN, EURO_DAY, "Europe/Sofia")
    assert (waiting.to_pay_minor, waiting.saved_minor) == (360, 0)


@pytest.mark.parametrize(
    ("card_price", "discount", "to_pay", "saved"),
    [(120, 0, 120, 0), (130, 0, 120, 0), (95, 10, 85, 25), (95, 110, 0, 10), (0, 50, 0, 70), (119, 0, 119, 1)],
)
def test_k12_never_dearer_and_never_below_nothing(card_price: int, discount: int, to_pay: int, saved: int) -> None:
    line = Line(Product("b", "bread", 120, card_price_minor=card_price), 1000, 120, discount)
    found = quote(Basket((line,), card=CARD), customer(), PLAIN, EURO_DAY, "Europe/Sofia")
    assert (found.to_pay_minor, found.saved_minor) == (to_pay, saved)


# -- coupons


def test_h15_points_are_reckoned_on_what_is_left_after_discounts() -> None:
    tea = replace(TEA, price_minor=300_000)
    found = quoted(PLAIN, tea, coupons=(Coupon("C", 100_000),))
    assert (found.earned, found.to_pay_minor, found.discount_minor) == (2_000, 200_000, 100_000)


def test_h11_delivery_earns_nothing_unless_all_that_is_paid_counts() -> None:
    delivered = replace(PLAIN, delivery=ONLINE)
    assert quoted(delivered, TEA, channel="online").earned == 10
    paid = replace(delivered, earn=EarnRules([PAID]))
    assert quoted(paid, TEA, channel="online").earned == 14


def test_h21_goods_excluded_from_discounts_stay_as_they_are() -> None:
    found = quoted(PLAIN, TEA, GIFT, TEA, coupons=(Coupon("MUCH", 1_999),))
    assert [line.amount_minor for line in found.basket.lines] == [1, 500, 0]
    assert found.coupons == (CouponUse("MUCH", 1_999),)
    with pytest.raises(Refusal, match="nothing_discountable"):
        quoted(PLAIN, GIFT, coupons=(FIVE,))
    assert quoted(PLAIN, GIFT, coupons=(FIVE,), strict=False).coupons == ()


def test_coupons_go_one_after_the_other() -> None:
    found = quoted(PLAIN, TEA, coupons=(FIVE, Coupon("TEN", share=Ratio(1, 10))))
    assert [use.amount_minor for use in found.coupons] == [500, 50]
    with pytest.raises(Refusal, match="nothing_discountable"):
        quoted(PLAIN, TEA, coupons=(Coupon("ALL", 1000), FIVE))


def test_s9_goods_that_are_cheaper_already_take_no_coupon() -> None:
    alone = replace(PLAIN, stacking=Stacking(one_benefit=True), use=Use(1, 1))
    reduced = Product("b", "bread", 120, card_price_minor=95)
    with pytest.raises(Refusal, match="one_benefit_only"):
        quoted(alone, reduced, TEA, coupons=(FIVE,))
    found = quoted(alone, TEA, coupons=(FIVE,), wish=100)
    assert (found.to_pay_minor, found.used_points) == (400, 100)  # the use of points is exempt
    assert quoted(alone, reduced, wish=5).to_pay_minor == 90


def test_a_code_made_of_points_says_which_fact_made_it() -> None:
    made = Coupon("MADE", 300, single_use=True, made_of=b"fact", made_at=EURO_DAY)
    assert quoted(replace(PLAIN, codes=Codes(Duration(days=60))), TEA, coupons=(made,)).coupons == (
        CouponUse("MADE", 300, b"fact", single_use=True),
    )


# -- points used at payment


def test_t3_points_pay_a_part_and_the_rest_earns() -> None:
    iran = replace(SHOP, use=Use(1, 1000, share=Ratio(5, 100)), currency="IRR")
    found = quoted(iran, replace(TEA, price_minor=2_000_000), wish="max")
    assert (found.used_points, found.by_points_minor, found.to_pay_minor) == (100, 100_000, 1_900_000)
    assert found.basket.lines[0].points_used == 100
    assert found.earned == 19_000


def test_t15_no_points_beside_a_code() -> None:
    alone = replace(PLAIN, use=Use(1, 1, with_coupons=False))
    assert quoted(alone, TEA, coupons=(FIVE,)).usable == Usable(0, "coupon")
    for wish in ("max", 10):
        with pytest.raises(Refusal, match="coupon_with_points"):
            quoted(alone, TEA, coupons=(FIVE,), wish=wish)
    assert (
        quoted(replace(PLAIN, use=Use(1, 1, with_coupons=False, automatic=True)), TEA, coupons=(FIVE,)).used_points == 0
    )


def test_h16_a_sale_on_which_points_were_used_earns_none() -> None:
    honey = replace(PLAIN, use=Use(10, 50, earns=False))
    assert quoted(honey, TEA, wish=10).earned == 0
    assert quoted(honey, TEA, wish=0).earned == 10
    assert quoted(honey, TEA, balance=9, wish="max").earned == 10  # none could be used


def test_h23_automatic_or_by_hand_and_changed_for_a_sale() -> None:
    automatic, by_hand = replace(PLAIN, use=Use(10, 50, automatic=True)), replace(PLAIN, use=Use(10, 50))
    assert quoted(automatic, TEA).used_points == quoted(by_hand, TEA, wish="auto").used_points == 200
    assert quoted(automatic, TEA, wish=0).used_points == quoted(by_hand, TEA).used_points == 0
    assert quoted(automatic, TEA, wish=30).used_points == 30


def test_h24_delivery_is_free_when_points_are_used_and_its_method_allows_it() -> None:
    frees = replace(PLAIN, use=Use(1, 1, frees_delivery=True), delivery=ONLINE)
    assert quoted(frees, TEA, wish=1, channel="online", free_delivery_method=True).delivery_minor == 0
    assert quoted(frees, TEA, wish=0, channel="online", free_delivery_method=True).delivery_minor == 490
    assert quoted(frees, TEA, wish=1, channel="online").delivery_minor == 490
    assert quoted(frees, TEA, wish=1, delivery_minor=300).delivery_minor == 300
    assert quoted(frees, TEA, wish=1, delivery_minor=300, free_delivery_method=True).delivery_minor == 0


@pytest.mark.parametrize(
    ("price", "used", "delivery"), [(10_500, 500, 0), (9_000, 900, 490), (10_000, 0, 0), (9_999, 999, 490)]
)
def test_s8_the_most_that_can_be_used_keeps_delivery_free(price: int, used: int, delivery: int) -> None:
    slovenian = replace(PLAIN, use=TEN_PERCENT, delivery=ONLINE)
    found = quoted(slovenian, replace(TEA, price_minor=price), wish="max", channel="online")
    assert (found.used_points, found.delivery_minor, found.to_pay_minor) == (used, delivery, price - used + delivery)


def test_s8_goods_taken_along_have_no_delivery_to_guard() -> None:
    slovenian = replace(PLAIN, use=TEN_PERCENT, delivery=ONLINE)
    assert quoted(slovenian, replace(TEA, price_minor=10_500), wish="max").used_points == 1_050


def test_points_lower_only_the_lines_that_they_may() -> None:
    found = quoted(SHOP, TEA, CASH, wish="max")
    assert [line.amount_minor for line in found.basket.lines] == [0, 700]
    assert found.usable == Usable(1000, "goods")


def test_points_for_swaps_are_paid_before_points_are_used() -> None:
    swap = Swap(Offer("cup", "c", "Cup", 60))
    found = quoted(SHOP, TEA, balance=100, wish="max", swaps=(swap,))
    assert (found.used_points, found.spent, found.balance_after) == (40, 100, 9)
    with pytest.raises(Refusal, match="not_enough_points") as caught:
        quoted(SHOP, TEA, balance=100, wish=41, swaps=(swap,))
    assert caught.value.values == {"need": 41, "have": 40}


def test_no_use_of_points_without_rule_or_card() -> None:
    with pytest.raises(Refusal, match="no_use_of_points"):
        quoted(PLAIN, TEA, wish=1)
    basket = Basket(lines(TEA), use_points=1)
    with pytest.raises(Refusal, match="no_card"):
        quote(basket, None, SHOP, EURO_DAY, "Europe/Sofia")
    with pytest.raises(Refusal, match="card_blocked"):
        quote(replace(basket, card=CARD), customer(status="blocked"), SHOP, EURO_DAY, "Europe/Sofia")


def test_what_is_not_strict_cuts_a_wish_down_to_what_can_be() -> None:
    tens = replace(PLAIN, use=Use(10, 50))
    assert quoted(tens, TEA, balance=57, wish=1_234, strict=False).used_points == 50
    assert quoted(tens, TEA, balance=57, wish=34, strict=False).used_points == 30
    assert quoted(tens, TEA, balance=-20, wish=34, strict=False).used_points == 0
    assert quoted(PLAIN, TEA, wish="max", strict=False).used_points == 0


# -- approved benefits


def request(state: RequestState = "approved", lapses: int | None = EURO_DAY + 1) -> dict[bytes, Request]:
    return {b"asked": Request(CARD, "price", state, EURO_DAY, lapses=lapses)}


CLUB = replace(
    PLAIN,
    benefits=(
        Benefit(
            "price", NAMES, asked=True, shares=(TierShare("gold", Ratio(2, 100)),), categories=frozenset({"car"})
        ),
    ),
)  # fmt: skip


def test_m4_an_approved_discount_lowers_the_next_car_by_itself() -> None:
    found = quoted(CLUB, TEA, CAR, tier="gold", requests=request())
    assert (found.approved, found.approved_minor, found.to_pay_minor) == ((b"asked",), 2_000, 99_000)
    assert [line.lowered_minor for line in found.basket.lines] == [0, 2_000]


@pytest.mark.parametrize(
    ("asked", "tier", "goods"),
    [
        (request("waiting"), "gold", CAR),
        (request("refused"), "gold", CAR),
        (request("used"), "gold", CAR),
        (request(lapses=EURO_DAY), "gold", CAR),
        (request(), "silver", CAR),
        (request(), None, CAR),
        (request(), "gold", TEA),
        ({}, "gold", CAR),
    ],
)
def test_m4_only_an_approval_that_stands_lowers_a_car(
    asked: dict[bytes, Request], tier: str | None, goods: Product
) -> None:
    found = quoted(CLUB, goods, tier=tier, requests=asked)
    assert (found.approved, found.to_pay_minor) == ((), goods.price_minor)


def test_m4_one_approval_a_sale() -> None:
    twice = request() | {b"again": Request(CARD, "price", "approved", EURO_DAY)}
    assert quoted(CLUB, CAR, tier="gold", requests=twice).approved == (b"asked",)


# -- what else a sale comes to


def test_k13_every_full_amount_of_a_sale_is_an_entry() -> None:
    drawn = replace(PLAIN, draws=(Draw("prize", NAMES, 500, EURO_DAY, EURO_DAY + 1),))
    assert quoted(drawn, TEA).entries == (Entries("prize", 2),)
    assert quoted(drawn, TEA, coupons=(Coupon("ONE", 1),)).entries == (Entries("prize", 1),)
    assert quoted(drawn, TEA, coupons=(Coupon("MOST", 501),)).entries == ()
    assert quoted(drawn, TEA, dated=EURO_DAY - 1).entries == ()


def test_h13_an_order_earns_pending_points() -> None:
    found = quoted(replace(PLAIN, crediting=(Crediting(),)), TEA, fulfilled=False, balance=5)
    assert (found.earned, found.balance_after) == (10, 5)
    assert found.reckoning.earned[0].credited is None


def test_s6_points_of_the_next_month_are_not_in_the_balance() -> None:
    later = replace(PLAIN, crediting=(Crediting(next_month=True),))
    assert quoted(later, TEA, balance=5).balance_after == 5
    assert quoted(PLAIN, TEA, balance=5).balance_after == 15


def test_h12_a_guests_purchase_earns_and_waits() -> None:
    found = quote(Basket(lines(TEA), guest=77), None, PLAIN, EURO_DAY, "Europe/Sofia")
    assert (found.reckoning.points, found.earned, found.balance_after) == (10, 0, None)
    assert found.reckoning.earned[0].credited is None
