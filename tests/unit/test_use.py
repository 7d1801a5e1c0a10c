"""How many points can be used at payment, and what keeps the customer from using more (T4, H6, S8)."""

import pytest

from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import Amount, Ratio
from pos_app.loyalty.use import Usable, Use, check, most

PLAIN = Use(1, 1)
TENS = Use(10, 50_000)
IRAN = Use(1, 1000, share=Ratio(5, 100), channels=frozenset({"store"}))
GUARDED = Use(1, 1, share=Ratio(10, 100), guards_delivery=True)
FREE_FROM = 10_000


def usable(use: Use, balance: int, goods_minor: int, *, lowerable_minor: int | None = None) -> Usable:
    lowerable = goods_minor if lowerable_minor is None else lowerable_minor
    return most(use, balance, goods_minor, lowerable, "store", FREE_FROM)


def test_t4_at_most_five_percent_of_the_sale() -> None:
    assert usable(IRAN, 1000, 2_000_000) == Usable(100, "percent")
    assert usable(IRAN, 100, 2_000_000) == Usable(100, "balance")
    assert usable(IRAN, 99, 2_000_000) == Usable(99, "balance")
    assert usable(IRAN, 1000, 1_999_999) == Usable(99, "percent")
    assert usable(IRAN, 1000, 19_999) == Usable(0, "percent")


def test_t13_not_in_another_channel() -> None:
    assert most(IRAN, 1000, 2_000_000, 2_000_000, "online", None) == Usable(0, "channel")
    assert most(PLAIN, 1000, 500, 500, "online", None) == Usable(500, "goods")


@pytest.mark.parametrize(
    ("balance", "points"), [(257, 250), (250, 250), (249, 240), (10, 10), (9, 0), (0, 0), (-1, 0), (-25, 0)]
)
def test_h6_points_are_used_in_tens(balance: int, points: int) -> None:
    assert usable(TENS, balance, 10**9) == Usable(points, "balance")


def test_an_empty_balance_pays_for_nothing() -> None:
    for balance in (0, -1):
        assert usable(PLAIN, balance, 500) == Usable(0, "balance")
        with pytest.raises(Refusal, match="not_enough_points"):
            check(PLAIN, 1, Usable(0, "balance"), balance, "EUR")


def test_h6_ten_points_are_five_thousand_toman() -> None:
    assert TENS.worth(250) == 1_250_000
    assert usable(TENS, 257, 1_249_999) == Usable(240, "goods")
    assert usable(TENS, 257, 1_250_000) == Usable(250, "balance")


def test_h21_goods_that_points_must_not_lower_are_left_out() -> None:
    assert usable(PLAIN, 1000, 900, lowerable_minor=300) == Usable(300, "goods")
    assert usable(PLAIN, 1000, 900, lowerable_minor=0) == Usable(0, "goods")


@pytest.mark.parametrize(
    ("goods_minor", "found"),
    [
        (10_500, Usable(500, "delivery")),
        (9_000, Usable(900, "percent")),
        (9_999, Usable(999, "percent")),
        (10_000, Usable(0, "delivery")),
        (10_001, Usable(1, "delivery")),
        (20_000, Usable(2_000, "percent")),
    ],
)
def test_s8_delivery_never_gets_dearer(goods_minor: int, found: Usable) -> None:
    assert usable(GUARDED, 10**6, goods_minor) == found


def test_s8_without_delivery_there_is_nothing_to_guard() -> None:
    assert most(GUARDED, 10**6, 10_500, 10_500, "store", None) == Usable(1_050, "percent")
    assert usable(Use(1, 1, share=Ratio(10, 100)), 10**6, 10_500) == Usable(1_050, "percent")


@pytest.mark.parametrize(
    ("points", "code"),
    [(5, "points_step"), (-10, "points_step"), (260, "not_enough_points"), (250, "over_cap")],
)
def test_what_cannot_be_used_is_refused_with_the_reason(points: int, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        check(TENS, points, Usable(240, "goods"), 257, "IRR")


def test_who_asks_for_too_much_is_told_the_most_and_why() -> None:
    with pytest.raises(Refusal) as caught:
        check(IRAN, 101, Usable(100, "percent"), 500, "IRR")
    assert caught.value.values == {
        "points": 101, "most": 100, "worth": Amount(100_000, "IRR"), "limit": "percent",
    }  # fmt: skip
    check(IRAN, 100, Usable(100, "percent"), 500, "IRR")
    check(IRAN, 0, Usable(0, "balance"), -5, "IRR")
    with pytest.raises(Refusal, match="channel"):
        check(IRAN, 0, Usable(0, "channel"), 500, "IRR")
