"""Coupons of the shop and codes made of points: their worth, their life, and what they cannot go together with."""

import pytest

from pos_app.loyalty import coupons
from pos_app.loyalty.coupons import Codes, CodeWorth, Coupon, Stacking
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio

NOW = 1_000_000
TABLE = (CodeWorth(100, 500_000), CodeWorth(250, 1_250_000))
HONEY = Codes(Duration(days=60), TABLE, 10, 50_000, frozenset({"seasonal"}))
MADE = Coupon("MADE", 500_000, single_use=True, made_of=b"fact", made_at=NOW)


def check(
    *found: Coupon, one_benefit: bool = False, has_reductions: bool = False, sale_at: int = NOW, now: int = NOW
) -> None:
    coupons.check(
        found, codes=HONEY, stacking=Stacking(one_benefit), has_reductions=has_reductions, sale_at=sale_at, now=now
    )


def test_h7_the_table_and_every_other_ten_at_its_rate() -> None:
    assert [HONEY.worth(points) for points in (10, 100, 110, 250)] == [50_000, 500_000, 550_000, 1_250_000]


@pytest.mark.parametrize("points", [0, -10, 5, 101])
def test_h7_other_numbers_make_no_code(points: int) -> None:
    with pytest.raises(Refusal, match="points_step") as caught:
        HONEY.worth(points)
    assert caught.value.values == {"step": 10}


def test_h20_any_part_of_the_points_where_the_step_is_one() -> None:
    assert Codes(Duration(days=60), step=1, worth_minor=7).worth(1) == 7


def test_h7_a_table_alone_has_only_its_rows() -> None:
    alone = Codes(Duration(days=60), TABLE)
    assert alone.worth(100) == 500_000
    with pytest.raises(Refusal) as caught:
        alone.worth(110)
    assert caught.value.values == {"step": 100}


def test_h26_a_code_lives_until_the_moment_before_it_ends() -> None:
    ends = Coupon("E", 1, starts=NOW, ends=NOW + 10)
    check(ends, now=NOW)
    check(ends, now=NOW + 9)
    for now in (NOW - 1, NOW + 10):
        with pytest.raises(Refusal, match="coupon_expired"):
            check(ends, now=now)


def test_h21_a_code_cannot_be_used_on_a_sale_of_before_it_was_made() -> None:
    check(MADE, sale_at=NOW)
    with pytest.raises(Refusal, match="coupon_same_sale"):
        check(MADE, sale_at=NOW - 1)
    check(Coupon("SHOP", 1), sale_at=NOW - 1)


def test_h21_a_code_does_not_go_with_coupons_of_the_kinds_that_the_shop_names() -> None:
    seasonal, other = Coupon("S", 1, kind="seasonal"), Coupon("O", 1, kind="other")
    check(seasonal, other)
    check(MADE, other)
    for both in ((MADE, seasonal), (seasonal, MADE)):
        with pytest.raises(Refusal, match="coupon_kind") as caught:
            check(*both)
        assert caught.value.values == {"code": "S"}


def test_s9_one_kind_of_benefit_and_what_can_be_combined() -> None:
    one, two, both = Coupon("1", 1), Coupon("2", 1), Coupon("B", 1, combinable=True)
    check(one, two)
    check(one, one_benefit=True)
    check(one, both, one_benefit=True)
    check(both, one_benefit=True, has_reductions=True)
    check(one, has_reductions=True)
    for found, has_reductions in (((one, two), False), ((one,), True), ((both, one), True)):
        with pytest.raises(Refusal, match="one_benefit_only") as caught:
            check(*found, one_benefit=True, has_reductions=has_reductions)
        assert caught.value.values == {"code": "1"}


def test_the_same_coupon_counts_once() -> None:
    with pytest.raises(Refusal, match="coupon_used"):
        check(MADE, MADE)


@pytest.mark.parametrize(
    ("coupon", "goods_minor", "off"),
    [
        (Coupon("A", 500), 499, 499),
        (Coupon("A", 500), 501, 500),
        (Coupon("A", 500), 0, 0),
        (Coupon("A", 500), -3, 0),
        (Coupon("P", share=Ratio(10, 100)), 1005, 101),
        (Coupon("P", share=Ratio(10, 100)), 1004, 100),
        (Coupon("P", share=Ratio(1, 1)), 7, 7),
        (Coupon("P", share=Ratio(1, 1)), 0, 0),
        (Coupon("P", share=Ratio(10, 100)), -50, 0),
    ],
)
def test_what_a_coupon_takes_off(coupon: Coupon, goods_minor: int, off: int) -> None:
    assert coupons.lowers_minor(coupon, goods_minor) == off


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10, [1, 1, 1], [3, 3, 4]),
        (10, [0, 5, 0, 5], [0, 5, 0, 5]),
        (3, [3], [3]),
        (0, [4, 2], [0, 0]),
        (0, [0, 0], [0, 0]),
        (5, [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]),
    ],
)
def test_shares_add_up_and_never_exceed_their_line(total: int, weights: list[int], shares: list[int]) -> None:
    assert coupons.shared(total, weights) == shares
