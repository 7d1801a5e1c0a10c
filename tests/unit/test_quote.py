"""What a basket comes to, and what keeps a card or a swap out of it."""

import pytest

from pos_app.loyalty import redeem
from pos_app.loyalty.basket import Basket, Line, Offer, Swap
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Tender
from pos_app.loyalty.quote import Quote, completed, quote
from tests.helpers.shop import BREAD, CARD, COFFEE, EURO_DAY, LEV_DAY, MILK, PROGRAMME, customer

LINES = (Line(BREAD, 1000, 120), Line(MILK, 1000, 230))


def quoted(basket: Basket, who: Customer | None, now: int = LEV_DAY) -> Quote:
    return quote(basket, who, PROGRAMME.version_at(now), now, PROGRAMME.zone)


def test_k5_client_and_cooperator() -> None:
    assert quoted(Basket(LINES, (), CARD), customer()).earned == 10
    assert quoted(Basket(LINES, (), CARD), customer(kind="cooperator")).earned == 14


def test_without_a_card_the_sale_goes_on_and_earns_nothing() -> None:
    bare = quoted(Basket(LINES), None)
    assert (bare.earned, bare.to_pay_minor, bare.balance_after, bare.notices) == (0, 350, None, ())


def test_k7_a_card_that_is_not_active_leaves_the_sale_without_it() -> None:
    waiting = quoted(Basket(LINES, (), CARD), customer(active_from=LEV_DAY + 1))
    assert (waiting.customer, waiting.earned, waiting.notices) == (None, 0, ("card_not_active",))
    assert quoted(Basket(LINES, (), CARD), customer(active_from=LEV_DAY)).earned == 10


def test_the_fact_of_a_sale_without_its_card_names_the_card_that_was_shown() -> None:
    body = completed(quoted(Basket(LINES, (), CARD), customer(active_from=LEV_DAY + 1)), 7, [])
    assert (body.card, body.shown_card, body.card_from, body.earned) == (None, CARD, LEV_DAY + 1, ())


def test_a_sale_is_reckoned_with_the_balance_before_it() -> None:
    rich = quoted(Basket(LINES, (Swap(COFFEE),), CARD), customer(balance=60))
    assert (rich.spent, rich.earned, rich.balance_after) == (60, 10, 10)
    with pytest.raises(Refusal, match="not_enough_points"):
        quoted(Basket((Line(MILK, 100_000, 230),), (Swap(COFFEE),), CARD), customer(balance=59))


def test_swapped_goods_earn_nothing_and_cost_what_the_board_says() -> None:
    dear = Offer("pot", "1", "Тенджера", 10, price_minor=500)
    swapped = quoted(Basket((), (Swap(dear, 2),), CARD), customer())
    assert (swapped.earned, swapped.spent, swapped.to_pay_minor) == (0, 20, 1000)


@pytest.mark.parametrize(
    ("offer", "quantity", "code"),
    [
        (Offer("x", "1", "X", 1, stock=1), 2, "out_of_stock"),
        (Offer("x", "1", "X", 1, stock=0), 1, "out_of_stock"),
        (Offer("x", "1", "X", 1, starts=EURO_DAY + 1), 1, "not_on_board"),
        (Offer("x", "1", "X", 1, ends=EURO_DAY), 1, "not_on_board"),
        (Offer("x", "1", "X", 1, tiers=("gold",)), 1, "tier_too_low"),
        (Offer("x", "1", "X", 1, per_account_per_day=1), 2, "limit_reached"),
        (Offer("x", "1", "X", 51), 2, "not_enough_points"),
    ],
)
def test_k3_what_cannot_be_had_is_refused(offer: Offer, quantity: int, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        quoted(Basket((), (Swap(offer, quantity),), CARD), customer(balance=100), EURO_DAY)


def test_k3_the_same_offer_on_two_lines_is_one_wish() -> None:
    offer = Offer("x", "1", "X", 1, stock=1)
    with pytest.raises(Refusal, match="out_of_stock"):
        quoted(Basket((), (Swap(offer), Swap(offer)), CARD), customer())


def test_k3_what_was_taken_today_counts() -> None:
    offer = Offer("x", "1", "X", 1, per_account_per_day=2)
    redeem.check([Swap(offer)], customer(), EURO_DAY, {"x": 1})
    with pytest.raises(Refusal, match="limit_reached"):
        redeem.check([Swap(offer)], customer(), EURO_DAY, {"x": 2})


def test_a_swap_needs_a_card() -> None:
    with pytest.raises(Refusal, match="no_card"):
        quoted(Basket((), (Swap(COFFEE),)), None)
    with pytest.raises(Refusal, match="card_blocked"):
        quoted(Basket((), (Swap(COFFEE),), CARD), customer(status="blocked"))


def test_a_card_in_debt_can_have_nothing() -> None:
    assert not redeem.can_have(Offer("x", "1", "X", 1), customer(balance=-5), EURO_DAY, {})
    with pytest.raises(Refusal, match="not_enough_points"):
        redeem.check([Swap(Offer("x", "1", "X", 1))], customer(balance=-5), EURO_DAY, {})


def test_the_fact_says_what_was_decided() -> None:
    body = completed(quoted(Basket(LINES, (Swap(COFFEE),), CARD), customer()), 412, [Tender("cash", 350)], "goods")
    assert (body.slip, body.card, body.kind, body.currency) == (412, CARD, "client", "BGN")
    assert (body.spent, sum(earned.points for earned in body.earned)) == ((60,), 10)
    assert [earned.rules for earned in body.earned] == [("all-goods",), ("own-brand",)]
