"""The ledger by examples: families, expiry, debts, returns, and what happens when tills do not know of each other."""

import itertools
from collections.abc import Iterable

import pytest

from pos_app.loyalty import closing, ledger, moments
from pos_app.loyalty.facts import (
    CardActivated,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    Earned,
    Enrolled,
    Fact,
    GoodsReturned,
    KindChanged,
    MemberLeft,
    PointsAdjusted,
    PointsCredited,
)
from pos_app.loyalty.ledger import Ledger, Totals
from pos_app.loyalty.moments import HOUR, Duration
from tests.helpers.book import (
    DAUGHTER,
    HALF_YEAR,
    MEMBER,
    MONTH,
    MOTHER,
    NEW,
    SOFIA,
    SON,
    STRANGER,
    Book,
    at,
    back,
    lots,
    sale,
)

# -- earning, spending, expiry


def test_k2_what_a_sale_earns_is_for_the_next_one() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 50)
    now = at("2026-02-02T10:00")
    both = book.add("2026-02-02T10:00", sale(MOTHER, Earned(("all",), 20, credited=now, life=MONTH), spent=50))
    state = book.ledger()
    assert state.takings[ledger.key(both.id, 0)].parts == [ledger.Part(ledger.key(book.facts[1].id, 0), 50)]
    assert book.totals(MOTHER) == Totals(earned=70, spent=50, balance=20)


def test_points_can_be_spent_until_the_millisecond_before_they_expire() -> None:
    book = Book(MOTHER)
    earned = book.earn("2026-08-31T10:00", MOTHER, 50, HALF_YEAR)
    assert book.balance(MOTHER, "2027-02-28T09:59:59.999") == 50
    assert book.totals(MOTHER, "2027-02-28T10:00") == Totals(earned=50, expired=50)
    book.spend("2027-02-28T10:00", MOTHER, 50)
    state = book.ledger()
    assert state.lots[ledger.key(earned.id, 0)].expired == 50
    assert book.totals(MOTHER) == Totals(earned=50, spent=50, expired=50, balance=-50)


def test_a_spending_just_before_the_expiry_counts_however_late_it_arrives() -> None:
    book = Book(MOTHER)
    book.earn("2026-08-31T10:00", MOTHER, 50, HALF_YEAR)
    book.earn("2027-03-15T10:00", MOTHER, 5)
    book.spend("2027-02-28T09:59:59.999", MOTHER, 30, till=2)
    assert book.totals(MOTHER) == Totals(earned=55, spent=30, expired=20, balance=5)


def test_six_months_after_a_31st_is_the_last_of_february_in_a_leap_year_too() -> None:
    book = Book(MOTHER)
    book.earn("2027-08-31T10:00", MOTHER, 50, HALF_YEAR)
    assert book.balance(MOTHER, "2028-02-29T09:59:59.999") == 50
    assert book.balance(MOTHER, "2028-02-29T10:00") == 0


def test_a_clock_change_does_not_move_an_expiry() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-28T12:00", MOTHER, 50, MONTH)
    book.earn("2026-02-28T12:00", MOTHER, 7, Duration(days=29))
    assert lots(book.ledger()) == [(7, at("2026-03-29T12:00")), (50, at("2026-03-28T12:00"))]


def test_points_are_spent_from_the_lot_that_expires_first() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    book.earn("2026-02-02T10:00", MOTHER, 10, HALF_YEAR)
    book.earn("2026-02-03T10:00", MOTHER, 10, MONTH)
    book.spend("2026-02-04T10:00", MOTHER, 15)
    assert lots(book.ledger()) == [(5, at("2026-08-02T10:00")), (10, None)]


def test_pending_points_cannot_be_spent_until_they_are_credited() -> None:
    book = Book(MOTHER)
    order = book.add("2026-02-01T10:00", sale(MOTHER, Earned(("all",), 40, life=MONTH)))
    assert book.totals(MOTHER, "2029-01-01T00:00") == Totals(earned=40, pending=40)
    book.add("2026-03-01T10:00", PointsCredited(MOTHER, order.id, at("2026-03-05T00:00")))
    assert book.totals(MOTHER, "2026-03-04T23:59:59.999") == Totals(earned=40, pending=40)
    assert book.totals(MOTHER, "2026-03-05T00:00") == Totals(earned=40, balance=40)
    assert book.totals(MOTHER, "2026-04-05T00:00") == Totals(earned=40, expired=40)


def test_a_credit_that_is_told_before_its_sale_waits_for_it() -> None:
    book = Book(MOTHER)
    sold = Fact(b"order-with-16-by", 2, 1, 1, at("2026-02-01T10:00"), sale(MOTHER, Earned(("all",), 40)))
    book.add("2026-02-01T09:58", PointsCredited(MOTHER, sold.id, at("2026-02-01T09:58")))
    book.facts.append(sold)
    assert book.balance(MOTHER) == 40


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-02-20T10:00", "2026-02-21T10:00"),
        ("2026-02-01T09:00", "2026-02-21T10:00"),
        ("2026-02-01T09:00", "2026-02-01T09:01"),
    ],
)
def test_the_first_credit_stands(first: str, second: str) -> None:
    book = Book(MOTHER)
    order = book.add("2026-02-01T10:00", sale(MOTHER, Earned(("all",), 40)))
    book.add(first, PointsCredited(MOTHER, order.id, at("2026-03-01T00:00")))
    book.add(second, PointsCredited(MOTHER, order.id, at("2026-04-01T00:00")))
    assert book.totals(MOTHER, "2026-03-01T00:00").balance == 40


def test_points_that_are_credited_too_late_have_lapsed() -> None:
    """They fill no debt: they were never there to be spent."""
    book = Book(MOTHER)
    order = book.add("2026-02-01T10:00", sale(MOTHER, Earned(("all",), 40, life=MONTH)))
    book.spend("2026-02-15T10:00", MOTHER, 10)
    book.add("2026-05-01T10:00", PointsCredited(MOTHER, order.id, at("2026-02-02T10:00")))
    assert book.totals(MOTHER) == Totals(earned=40, spent=10, expired=40, balance=-10)


def test_only_undated_points_of_the_sale_are_credited() -> None:
    book = Book(MOTHER)
    now = at("2026-02-01T10:00")
    order = book.add("2026-02-01T10:00", sale(MOTHER, Earned(("goods",), 5, credited=now), Earned(("service",), 40)))
    book.add("2026-02-02T10:00", PointsCredited(MOTHER, order.id, at("2026-06-01T10:00")))
    assert book.totals(MOTHER) == Totals(earned=45, balance=5, pending=40)


# -- debts


def test_a_shortfall_is_a_debt_that_later_earnings_fill_first() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 40)
    swap = book.spend("2026-02-02T10:00", MOTHER, 100)
    assert book.totals(MOTHER) == Totals(earned=40, spent=100, balance=-60)
    book.earn("2026-02-03T10:00", MOTHER, 25)
    assert book.totals(MOTHER) == Totals(earned=65, spent=100, balance=-35)
    book.earn("2026-02-04T10:00", MOTHER, 50)
    assert book.totals(MOTHER) == Totals(earned=115, spent=100, balance=15)
    parts = book.ledger().takings[ledger.key(swap.id, 0)].parts
    assert [part.points for part in parts] == [40, 25, 35]


def test_the_oldest_debt_is_filled_first() -> None:
    book = Book(MOTHER)
    young = book.spend("2026-02-02T10:00", MOTHER, 10)
    old = book.spend("2026-02-01T10:00", MOTHER, 10, till=2)
    book.earn("2026-02-03T10:00", MOTHER, 15)
    takings = book.ledger().takings
    assert [takings[ledger.key(swap.id, 0)].owed for swap in (old, young)] == [0, 5]


def test_points_that_ripen_fill_debts_at_that_moment_and_lapse_no_more() -> None:
    book = Book(MOTHER)
    ripe = Earned(("all",), 40, credited=at("2026-03-01T00:00"), life=MONTH)
    book.add("2026-02-01T10:00", sale(MOTHER, ripe))
    book.spend("2026-02-15T10:00", MOTHER, 30)
    assert book.totals(MOTHER, "2026-02-28T23:59:59.999") == Totals(earned=40, spent=30, balance=-30, pending=40)
    assert book.totals(MOTHER, "2026-03-01T00:00") == Totals(earned=40, spent=30, balance=10)
    assert book.totals(MOTHER, "2026-04-01T00:00") == Totals(earned=40, spent=30, expired=10)


def test_what_ripens_first_fills_a_debt_also_when_nobody_looks_for_a_year() -> None:
    book = Book(MOTHER)
    for day in ("2026-03-05T00:00", "2026-03-01T00:00", "2026-03-09T00:00"):
        book.add("2026-02-01T10:00", sale(MOTHER, Earned((day,), 10, credited=at(day), life=MONTH)))
    book.spend("2026-02-15T10:00", MOTHER, 15)
    state = book.ledger("2027-02-15T10:00")
    assert [(lot.credited, lot.expired) for lot in state.lots.values()] == [
        (at("2026-03-05T00:00"), 5),
        (at("2026-03-01T00:00"), 0),
        (at("2026-03-09T00:00"), 10),
    ]


def test_what_lapses_at_a_moment_fills_no_debt_of_that_moment() -> None:
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", MOTHER, 30, MONTH)
    book.spend("2026-02-02T10:00", SON, 30)
    book.add("2026-03-01T10:00", CardsMerged(MOTHER, (SON,)))
    assert book.totals(MOTHER) == Totals(earned=30, spent=30, expired=30, balance=-30)


def test_staff_gives_and_takes_points() -> None:
    book = Book(MOTHER)
    book.add("2026-02-01T10:00", PointsAdjusted(MOTHER, 50, "sorry", MONTH))
    book.add("2026-02-02T10:00", PointsAdjusted(MOTHER, -70, "abuse"))
    assert book.totals(MOTHER) == Totals(earned=50, cancelled=70, balance=-20)
    book.earn("2026-02-03T10:00", MOTHER, 25)
    assert book.totals(MOTHER) == Totals(earned=75, cancelled=70, balance=5)
    book.add("2026-02-04T10:00", PointsAdjusted(MOTHER, 9, "sorry again", MONTH))
    assert book.totals(MOTHER, "2026-03-04T10:00") == Totals(earned=84, cancelled=70, expired=9, balance=5)


# -- returns


def test_a_return_takes_back_what_the_goods_earned() -> None:
    book = Book(MOTHER)
    sold = book.earn("2026-02-01T10:00", MOTHER, 40)
    book.add("2026-02-02T10:00", back(sold, taken=15))
    assert book.totals(MOTHER) == Totals(earned=40, cancelled=15, balance=25)


def test_points_that_were_spent_already_are_owed_after_a_return() -> None:
    book = Book(MOTHER)
    sold = book.earn("2026-02-01T10:00", MOTHER, 40)
    book.spend("2026-02-02T10:00", MOTHER, 30)
    book.add("2026-02-03T10:00", back(sold, taken=40))
    assert book.totals(MOTHER) == Totals(earned=40, spent=30, cancelled=40, balance=-30)
    book.earn("2026-02-04T10:00", MOTHER, 35)
    assert book.totals(MOTHER) == Totals(earned=75, spent=30, cancelled=40, balance=5)


def test_points_that_lapsed_already_are_not_owed_after_a_return() -> None:
    book = Book(MOTHER)
    sold = book.earn("2026-02-01T10:00", MOTHER, 40, MONTH)
    book.add("2026-04-01T10:00", back(sold, taken=40))
    assert book.totals(MOTHER) == Totals(earned=40, cancelled=40)


def test_pending_points_go_with_the_goods() -> None:
    book = Book(MOTHER)
    sold = book.add("2026-02-01T10:00", sale(MOTHER, Earned(("all",), 40)))
    book.add("2026-02-02T10:00", back(sold, taken=15))
    book.add("2026-02-03T10:00", PointsCredited(MOTHER, sold.id, at("2026-02-03T10:00")))
    assert book.totals(MOTHER) == Totals(earned=40, cancelled=15, balance=25)


def test_goods_that_come_back_at_two_tills_at_once_take_their_points_once() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T09:00", MOTHER, 100)
    sold = book.earn("2026-02-01T10:00", MOTHER, 40)
    book.add("2026-02-02T10:00", back(sold, taken=40), till=1)
    book.add("2026-02-02T10:00", back(sold, taken=40), till=2)
    assert book.totals(MOTHER) == Totals(earned=140, cancelled=40, balance=100)


def test_swapped_goods_give_their_points_back_with_the_expiry_of_their_lots() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 30, MONTH)
    book.earn("2026-02-02T10:00", MOTHER, 30, HALF_YEAR)
    swap = book.spend("2026-02-10T10:00", MOTHER, 50)
    book.add("2026-02-11T10:00", back(swap, given=50))
    assert lots(book.ledger()) == [
        (10, at("2026-08-02T10:00")),
        (20, at("2026-08-02T10:00")),
        (30, at("2026-03-01T10:00")),
    ]
    assert book.totals(MOTHER) == Totals(earned=60, balance=60)


def test_points_that_would_have_lapsed_meanwhile_come_back_until_the_next_day() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 30, MONTH)
    swap = book.spend("2026-02-10T10:00", MOTHER, 30)
    book.add("2026-03-20T18:00", back(swap, given=30))
    assert book.balance(MOTHER, "2026-03-21T17:59:59.999") == 30
    assert book.totals(MOTHER, "2026-03-21T18:00") == Totals(earned=30, expired=30)


def test_part_of_a_swap_comes_back_twice() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 60)
    swap = book.spend("2026-02-02T10:00", MOTHER, 60)
    book.add("2026-02-03T10:00", back(swap, given=20))
    assert book.totals(MOTHER) == Totals(earned=60, spent=40, balance=20)
    book.add("2026-02-04T10:00", back(swap, given=40))
    assert book.totals(MOTHER) == Totals(earned=60, balance=60)


def test_a_swap_that_comes_back_at_two_tills_at_once_gives_its_points_once() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 60)
    swap = book.spend("2026-02-02T10:00", MOTHER, 60)
    book.add("2026-02-03T10:00", back(swap, given=60), till=1)
    book.add("2026-02-03T10:00", back(swap, given=60), till=2)
    assert book.totals(MOTHER) == Totals(earned=60, balance=60)


def test_a_swap_on_credit_that_comes_back_lowers_the_debt_first() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 20)
    swap = book.spend("2026-02-02T10:00", MOTHER, 60)
    book.add("2026-02-03T10:00", back(swap, given=50))
    assert book.totals(MOTHER) == Totals(earned=20, spent=10, balance=10)


def test_points_given_back_fill_debts_of_the_family_that_spent_them() -> None:
    """The son has left meanwhile; what he spent was his mother's."""
    book = Book(MOTHER, SON)
    merged = book.add("2026-02-01T10:00", CardsMerged(MOTHER, (SON,)))
    book.earn("2026-02-02T10:00", MOTHER, 60)
    swap = book.spend("2026-02-03T10:00", SON, 60)
    book.spend("2026-02-04T10:00", MOTHER, 25)
    book.add("2026-02-05T10:00", CardSplit(SON, 77, (ledger.key(merged.id, 0),)))
    book.add("2026-02-06T10:00", back(swap, given=60))
    assert book.balance(MOTHER) == 35
    assert not any(taking.owed for taking in book.ledger().takings.values())
    assert book.totals(SON) == Totals()


def test_points_to_take_back_are_owed_by_the_family_that_had_them() -> None:
    book = Book(MOTHER, SON)
    merged = book.add("2026-02-01T10:00", CardsMerged(MOTHER, (SON,)))
    sold = book.earn("2026-02-02T10:00", SON, 60)
    book.spend("2026-02-03T10:00", MOTHER, 60)
    book.add("2026-02-05T10:00", CardSplit(SON, 77, (ledger.key(merged.id, 0),)))
    book.add("2026-02-06T10:00", back(sold, taken=60))
    assert (book.balance(MOTHER), book.balance(SON)) == (-60, 0)


def test_a_return_of_another_cards_sale_touches_nobody_elses_points() -> None:
    """No sound till writes such a fact; it must not depend on who is folded together."""
    book = Book(MOTHER, STRANGER)
    sold = book.earn("2026-02-01T10:00", MOTHER, 40)
    swap = book.spend("2026-02-02T10:00", MOTHER, 10)
    for sale_ in (sold, swap):
        whole = back(sale_, taken=10, given=10)
        book.add("2026-02-03T10:00", GoodsReturned(1, sale_.id, "EUR", 0, (), (), STRANGER, whole.taken, whole.given))
    book.add("2026-02-04T10:00", PointsCredited(STRANGER, sold.id, at("2026-02-04T10:00")))
    assert book.totals(MOTHER) == Totals(earned=40, spent=10, balance=30)
    assert book.totals(STRANGER) == Totals(spent=-20, cancelled=20)


# -- families (K8)


def test_k8_points_gather_on_the_holders_account() -> None:
    book = Book(MOTHER, SON, DAUGHTER)
    book.earn("2026-02-01T10:00", MOTHER, 78)
    book.earn("2026-02-01T11:00", SON, 39)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON, DAUGHTER)))
    book.earn("2026-02-03T10:00", DAUGHTER, 3)
    book.spend("2026-02-04T10:00", SON, 60)
    for card in (MOTHER, SON, DAUGHTER):
        assert book.totals(card) == Totals(earned=120, spent=60, balance=60)


def test_k8_a_card_that_leaves_starts_at_zero() -> None:
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", SON, 39)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)))
    book.add("2026-02-03T10:00", CardSplit(SON, 77, ledger.known_links(book.ledger(), SON)))
    book.earn("2026-02-04T10:00", SON, 5)
    assert book.totals(SON) == Totals(earned=5, balance=5)
    assert book.totals(MOTHER) == Totals(earned=39, balance=39)


def test_k8_the_holder_can_leave_too_and_the_points_stay_with_the_family() -> None:
    book = Book(MOTHER, SON, DAUGHTER)
    book.earn("2026-02-01T10:00", MOTHER, 39)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON, DAUGHTER)))
    book.add("2026-02-03T10:00", CardSplit(MOTHER, 77, ledger.known_links(book.ledger(), MOTHER)))
    assert book.balance(MOTHER) == 0
    assert book.balance(SON) == book.balance(DAUGHTER) == 39


def test_k8_a_debt_stays_with_the_family() -> None:
    book = Book(MOTHER, SON)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)))
    book.spend("2026-02-03T10:00", SON, 30)
    book.add("2026-02-04T10:00", CardSplit(SON, 77, ledger.known_links(book.ledger(), SON)))
    assert book.balance(SON) == 0
    assert book.balance(MOTHER) == -30


def test_k8_two_cards_merged_both_ways_at_once_are_one_family_and_can_part() -> None:
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    book.earn("2026-02-01T10:00", SON, 5)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)), till=1)
    book.add("2026-02-02T10:00", CardsMerged(SON, (MOTHER,)), till=2)
    assert book.balance(MOTHER) == book.balance(SON) == 15
    links = ledger.known_links(book.ledger(), SON)
    assert len(links) == 2
    book.add("2026-02-03T10:00", CardSplit(SON, 77, links))
    assert (book.balance(MOTHER), book.balance(SON)) == (15, 0)


def test_k8_two_cards_of_a_family_that_leave_at_once_leave_nobody_without_points() -> None:
    """The second till did not know of the first: the last card keeps what is there."""
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)))
    links = ledger.known_links(book.ledger(), SON)
    book.add("2026-02-03T10:00", CardSplit(MOTHER, 77, links), till=1)
    book.add("2026-02-03T10:01", CardSplit(SON, 78, links), till=2)
    assert (book.balance(MOTHER), book.balance(SON)) == (0, 10)


def test_k8_a_merge_that_a_split_did_not_know_of_goes_on_to_hold() -> None:
    book = Book(MOTHER, SON, STRANGER)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    book.earn("2026-02-01T10:00", STRANGER, 3)
    known = book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)), till=1)
    book.add("2026-02-03T10:00", CardsMerged(STRANGER, (SON,)), till=2)
    book.add("2026-02-04T10:00", CardSplit(SON, 77, (ledger.key(known.id, 0),)), till=1)
    state = book.ledger()
    assert ledger.family(state, state.cards[SON].account) == {77, STRANGER * 100}
    assert book.balance(SON) == book.balance(STRANGER) == 3
    assert book.balance(MOTHER) == 10


def test_k8_a_family_that_is_cut_apart_keeps_what_it_spent_together() -> None:
    book = Book(MOTHER, SON, STRANGER)
    book.earn("2026-02-01T10:00", STRANGER, 8)
    known = book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)), till=1)
    book.add("2026-02-03T10:00", CardsMerged(STRANGER, (SON,)), till=2)
    book.spend("2026-02-03T11:00", MOTHER, 5, till=2)
    book.add("2026-02-04T10:00", CardSplit(SON, 77, (ledger.key(known.id, 0),)), till=1)
    assert book.totals(STRANGER) == Totals(earned=8, spent=5, balance=3)
    assert book.totals(MOTHER) == Totals()


def test_k8_a_split_that_is_all_overtaken_leaves_no_points_behind() -> None:
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", SON, 9)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)), till=2)
    book.add("2026-02-03T10:00", CardSplit(SON, 77), till=1)
    assert book.balance(SON) == book.balance(MOTHER) == 9


def test_k8_a_card_on_its_own_does_not_lose_its_points_by_leaving() -> None:
    book = Book(SON)
    book.earn("2026-02-01T10:00", SON, 9)
    book.add("2026-02-03T10:00", CardSplit(SON, 77))
    assert book.balance(SON) == 9


def test_k8_a_chain_of_merges_is_one_family() -> None:
    book = Book(MOTHER, SON, DAUGHTER, STRANGER)
    for points, card in enumerate((MOTHER, SON, DAUGHTER, STRANGER), start=1):
        book.earn("2026-02-01T10:00", card, points)
    for holder, card in itertools.pairwise((STRANGER, DAUGHTER, SON, MOTHER)):
        book.add("2026-02-02T10:00", CardsMerged(holder, (card,)))
    assert [book.balance(card) for card in (MOTHER, STRANGER)] == [10, 10]
    state = book.ledger()
    assert ledger.cards_to(state, ledger.family(state, MOTHER * 100)) == [MOTHER, SON, DAUGHTER, STRANGER]


# -- cards


def test_k7_the_centre_activates_a_card_but_never_later_than_it_would_be() -> None:
    book = Book()
    book.add("2026-02-01T10:00", Enrolled(SON, SON, 102, "client", at("2026-02-02T10:00")))
    book.add("2026-02-01T12:00", CardActivated(SON))
    assert book.ledger().cards[SON].active_from == at("2026-02-01T12:00")
    book.add("2026-02-05T12:00", CardActivated(SON))
    assert book.ledger().cards[SON].active_from == at("2026-02-01T12:00")


def test_k10_a_member_is_of_the_kind_he_was_last_said_to_be() -> None:
    book = Book(MOTHER)
    assert book.ledger().kinds == {101: "client"}
    book.add("2026-02-05T12:00", KindChanged(MOTHER, "cooperator"))
    book.add("2026-02-04T12:00", KindChanged(MOTHER, "guest"), till=2)
    assert book.ledger().kinds == {101: "cooperator"}


def test_a_new_card_leads_to_the_account_of_the_old_one() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    book.add("2026-02-02T10:00", CardReplaced(MOTHER, NEW, at("2026-02-02T10:00")))
    state = book.ledger()
    assert (state.cards[MOTHER].status, state.cards[NEW].status) == ("replaced", "given")
    assert state.cards[NEW].member == MEMBER[MOTHER]
    assert book.balance(NEW) == 10
    assert ledger.cards_to(state, {MOTHER * 100}) == [NEW]


def test_a_replaced_card_that_is_reported_lost_again_stays_replaced() -> None:
    book = Book(MOTHER)
    book.add("2026-02-02T10:00", CardReplaced(MOTHER, NEW, at("2026-02-02T10:00")))
    book.add("2026-02-03T10:00", CardBlocked(MOTHER), till=2)
    state = book.ledger()
    assert (state.cards[MOTHER].status, state.cards[NEW].status) == ("replaced", "given")


def test_what_an_old_card_is_told_counts_for_the_one_that_replaced_it() -> None:
    """A till that has not heard of the replacement splits the family, and the member leaves at another one."""
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    merged = book.add("2026-02-01T11:00", CardsMerged(MOTHER, (SON,)))
    book.add("2026-02-02T10:00", CardReplaced(SON, NEW, at("2026-02-02T10:00")), till=1)
    book.add("2026-02-03T10:00", CardSplit(SON, 77, (ledger.key(merged.id, 0),)), till=2)
    book.earn("2026-02-04T10:00", SON, 4, till=2)
    assert (book.balance(MOTHER), book.balance(NEW)) == (10, 4)
    book.add("2026-02-05T10:00", MemberLeft(SON), till=3)
    assert book.ledger().cards[NEW].status == "left"
    assert book.totals(NEW) == Totals(earned=4, cancelled=4)


def test_a_merge_by_the_old_number_goes_with_the_card_that_replaced_it() -> None:
    book = Book(MOTHER, SON, STRANGER)
    known = book.add("2026-02-01T10:00", CardsMerged(MOTHER, (SON,)), till=1)
    book.add("2026-02-02T10:00", CardsMerged(STRANGER, (SON,)), till=2)
    book.add("2026-02-03T10:00", CardReplaced(SON, NEW, 0), till=1)
    book.add("2026-02-04T10:00", CardSplit(NEW, 77, (ledger.key(known.id, 0),)), till=1)
    book.earn("2026-02-05T10:00", NEW, 4)
    assert [book.balance(card) for card in (MOTHER, NEW, STRANGER)] == [0, 4, 4]


def test_a_card_that_was_replaced_at_two_tills_at_once_has_two_heirs() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    book.add("2026-02-02T10:00", CardReplaced(MOTHER, NEW, 0), till=1)
    book.add("2026-02-02T10:00", CardReplaced(MOTHER, NEW + 1, 0), till=2)
    assert book.balance(NEW) == book.balance(NEW + 1) == 10


def test_a_card_is_not_replaced_by_one_that_somebody_has() -> None:
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", SON, 10)
    book.add("2026-02-02T10:00", CardReplaced(MOTHER, SON, 0))
    book.add("2026-02-02T11:00", CardReplaced(MOTHER, MOTHER, 0))
    assert book.ledger().cards[MOTHER].status == "given"
    assert (book.balance(MOTHER), book.balance(SON)) == (0, 10)


def test_a_card_that_was_handed_over_twice_belongs_to_the_first() -> None:
    book = Book(MOTHER)
    book.add("2026-02-02T10:00", Enrolled(MOTHER, 5, 999, "cooperator", 0), till=2)
    state = book.ledger()
    assert (state.cards[MOTHER].member, state.cards[MOTHER].account) == (MEMBER[MOTHER], MOTHER * 100)
    assert 999 not in state.kinds


def test_what_a_card_did_before_it_was_handed_over_as_clocks_tell_is_its_members() -> None:
    """One till's clock runs ahead of the other's."""
    book = Book()
    book.earn("2026-02-01T09:59", SON, 10, till=2)
    book.spend("2026-02-01T09:59", SON, 3, till=2)
    book.add("2026-02-01T09:59", CardsMerged(MOTHER, (SON,)), till=2)
    book.add("2026-02-01T09:59", CardReplaced(SON, NEW, 0), till=2)
    book.add("2026-02-01T09:59", CardBlocked(DAUGHTER), till=2)
    for card in (SON, DAUGHTER):
        book.add("2026-02-01T10:00", Enrolled(card, card * 100, MEMBER[card], "client", at("2026-02-01T10:00")))
    state = book.ledger()
    assert book.totals(NEW) == book.totals(SON) == book.totals(MOTHER) == Totals(earned=10, spent=3, balance=7)
    assert state.cards[NEW].account == state.cards[SON].account == SON * 100
    assert state.cards[NEW].member == MEMBER[SON]
    assert (state.cards[SON].status, state.cards[DAUGHTER].status) == ("replaced", "blocked")
    assert state.cards[DAUGHTER].member == MEMBER[DAUGHTER]


def test_a_replacement_that_was_used_before_it_was_told_of_keeps_its_points() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", NEW, 6, till=2)
    book.add("2026-02-01T10:01", CardReplaced(MOTHER, NEW, 0))
    assert book.balance(NEW) == 6


# -- leaving (H9)


def test_h9_who_leaves_loses_his_points_pending_ones_too() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 10)
    order = book.add("2026-02-01T11:00", sale(MOTHER, Earned(("all",), 5)))
    book.add("2026-02-02T10:00", MemberLeft(MOTHER))
    book.add("2026-02-03T10:00", PointsCredited(MOTHER, order.id, at("2026-02-03T10:00")))
    assert book.totals(MOTHER) == Totals(earned=15, cancelled=15)
    assert book.ledger().cards[MOTHER].status == "left"


def test_h9_the_family_of_who_leaves_goes_on_with_the_points() -> None:
    book = Book(MOTHER, SON)
    book.earn("2026-02-01T10:00", SON, 10)
    book.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)))
    book.add("2026-02-03T10:00", MemberLeft(SON))
    assert book.balance(MOTHER) == 10
    book.add("2026-02-04T10:00", MemberLeft(MOTHER))
    assert book.totals(MOTHER) == Totals(earned=10, cancelled=10)


# -- folding


def test_a_fact_of_the_past_does_not_follow() -> None:
    book = Book(MOTHER)
    late, last = book.earn("2026-02-01T10:00", MOTHER, 1), book.earn("2026-02-02T10:00", MOTHER, 1)
    state = Ledger(SOFIA)
    ledger.apply(state, last)
    assert not ledger.follows(state, late)
    assert not ledger.follows(state, last)
    with pytest.raises(AssertionError, match="a fact of the past"):
        ledger.apply(state, late)


def test_a_fact_from_before_what_time_has_done_does_not_follow() -> None:
    """Somebody looked ahead, and kept what he saw."""
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 10, MONTH)
    swap = book.spend("2026-02-28T10:00", MOTHER, 10)
    state = ledger.fold(SOFIA, book.facts[:-1])
    ledger.advance(state, at("2026-02-28T12:00"))
    assert ledger.follows(state, swap)
    ledger.advance(state, at("2026-03-01T12:00"))
    assert not ledger.follows(state, swap)
    assert book.totals(MOTHER) == Totals(earned=10, spent=10)


@pytest.mark.parametrize("first", [0, 1])
def test_two_contents_under_one_id_are_one_fact_whichever_came_first(first: int) -> None:
    one = Fact(b"i" * 16, 1, 1, 1, at("2026-02-01T10:00"), PointsAdjusted(MOTHER, 5, "one"))
    other = Fact(b"i" * 16, 1, 1, 1, at("2026-02-01T10:00"), PointsAdjusted(MOTHER, 7, "other"))
    pair = [one, other, one] if first else [other, one, other]
    state = ledger.fold(SOFIA, pair)
    assert state == ledger.fold(SOFIA, [one, other])
    assert ledger.totals(state, MOTHER).balance in (5, 7)


@pytest.mark.parametrize("turned", [False, True])
def test_a_member_with_cards_in_two_ledgers_has_the_later_kind_when_they_are_joined(turned: bool) -> None:
    one, other = Book(), Book()
    one.add("2026-02-01T10:00", Enrolled(MOTHER, MOTHER, 7, "client", 0))
    one.add("2026-02-05T10:00", KindChanged(MOTHER, "cooperator"))
    other.facts = one.facts[:1]  # ids go on where the first book's end
    other.add("2026-02-03T10:00", Enrolled(SON, SON, 7, "client", 0), till=2)
    parts: Iterable[list[Fact]] = (one.facts, other.facts[1:])
    states = [ledger.fold(SOFIA, part) for part in parts]
    joined = ledger.join(*(reversed(states) if turned else states))
    assert joined.kinds == {7: "cooperator"}


def test_a_joined_ledger_stands_where_the_later_one_stood() -> None:
    one, other = Book(MOTHER), Book(SON)
    one.earn("2026-02-01T10:00", MOTHER, 5, MONTH)
    other.facts[0] = Fact(b"other enrolment ", 2, 1, 1, other.facts[0].moment, other.facts[0].body)
    other.facts.append(Fact(b"much later sale ", 2, 1, 2, at("2026-06-01T10:00"), sale(SON)))
    joined = ledger.join(one.ledger(), other.ledger())
    assert joined == ledger.fold(SOFIA, [*one.facts, *other.facts])
    assert ledger.totals(joined, MOTHER * 100) == Totals(earned=5, expired=5)


# -- closing the books


def test_closed_books_of_points_that_never_lapse_are_one_lot() -> None:
    book = Book(MOTHER)
    for day in range(1, 29):
        book.earn(f"2026-02-{day:02d}T10:00", MOTHER, 10)
    book.spend("2026-03-01T10:00", MOTHER, 95)
    state = book.ledger()
    closing.close(state, at("2026-03-02T00:00"))
    assert sorted((lot.points, lot.left) for lot in state.lots.values()) == [(90, 0), (190, 185)]
    assert not state.takings
    assert ledger.totals(state, MOTHER * 100) == Totals(earned=280, spent=95, balance=185)


def test_closing_keeps_what_recent_swaps_may_have_to_give_back() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 30, HALF_YEAR)
    swap = book.spend("2026-03-05T10:00", MOTHER, 30)
    state = book.ledger()
    closing.close(state, at("2026-03-01T00:00"))
    returned = Fact(b"r" * 16, 1, 1, 99, at("2026-03-06T10:00"), back(swap, given=30))
    ledger.apply(state, returned)
    assert lots(state) == [(30, at("2026-08-01T10:00"))]


def test_goods_of_a_closed_sale_still_cost_their_points_when_they_come_back() -> None:
    book = Book(MOTHER)
    sold = book.earn("2026-02-01T10:00", MOTHER, 30)
    book.earn("2026-02-02T10:00", MOTHER, 5)
    state = book.ledger()
    closing.close(state, at("2026-03-01T00:00"))
    ledger.apply(state, Fact(b"r" * 16, 1, 1, 99, at("2026-03-06T10:00"), back(sold, taken=30)))
    assert ledger.totals(state, MOTHER * 100) == Totals(earned=35, cancelled=30, balance=5)


def test_a_long_life_is_folded_at_a_steady_pace() -> None:
    """One more fact costs what the ledger's size says, not its square: counted, not timed."""

    def looks(sales: int) -> int:
        book = Book(MOTHER, SON)
        book.add("2026-01-02T10:00", CardsMerged(MOTHER, (SON,)))
        for n in range(sales):
            moment = at("2026-02-01T10:00") + n * HOUR
            body = sale((MOTHER, SON)[n % 2], Earned(("all",), 2, credited=moment), spent=1)
            book.facts.append(Fact(b"%016d" % n, 1, 1, n + 100, moment, body))
        state = book.ledger()
        counting = _CountingDict(state.lots)
        state.lots = counting
        ledger.apply(state, Fact(b"l" * 16, 1, 1, 10**6, at("2027-02-01T10:00"), sale(MOTHER, spent=5)))
        return counting.walks

    assert looks(10) == looks(100)


class _CountingDict(dict[bytes, ledger.Lot]):
    """Lots that count how often somebody goes through all of them."""

    walks = 0

    def items(self):  # type: ignore[no-untyped-def]
        self.walks += 1
        return super().items()

    def values(self):  # type: ignore[no-untyped-def]
        self.walks += 1
        return super().values()


def test_a_moment_is_where_the_fold_is() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 10, MONTH)
    state = book.ledger()
    assert state.next_change == at("2026-03-01T10:00")
    ledger.advance(state, at("2026-03-01T10:00"))
    assert state.next_change == moments.NEVER


def test_members_of_opening_states_keep_their_kinds_when_they_are_joined() -> None:
    """A snapshot tells kinds and no facts of them."""
    one, other = Ledger(SOFIA), Ledger(SOFIA)
    one.kinds, other.kinds = {1: "client"}, {2: "cooperator"}
    assert ledger.join(one, other).kinds == {1: "client", 2: "cooperator"}
    other.kinds_at = {2: (5, 1, 1, 1, b"x")}
    late = Ledger(SOFIA)
    late.kinds, late.kinds_at = {2: "client"}, {2: (4, 1, 1, 1, b"x")}
    assert ledger.join(late, other).kinds == ledger.join(other, late).kinds == {2: "cooperator"}
