"""Bonuses, guests and pieces in the ledger: given once whatever the tills do, and taken back no more than once."""

from datetime import datetime
from itertools import permutations

import pytest

from pos_app.loyalty import ledger, returns
from pos_app.loyalty.bonuses import Bonus
from pos_app.loyalty.draws import Draw, entry_text, winners
from pos_app.loyalty.facts import (
    BonusGiven,
    CardsMerged,
    CodeMade,
    Earned,
    Enrolled,
    GoodsReturned,
    MemberLeft,
    PointsAdjusted,
    PointsBack,
    PointsCredited,
    SaleCompleted,
)
from pos_app.loyalty.ledger import Totals
from pos_app.loyalty.moments import Duration, from_local
from pos_app.loyalty.money import Ratio
from tests.helpers.book import MEMBER, MOTHER, NEW, SOFIA, SON, Book, at, sale

GUEST = 1 << 61 | 5
FIXED = Bonus("friend", {}, "friend_first_sale", points=20)
SHARE = Bonus("friend", {}, "friend_first_sale", share=Ratio(3, 100), point_minor=1_000)


# -- bonuses


def test_t9_three_percent_in_points_rounded_down() -> None:
    assert [SHARE.worth(paid) for paid in (33_333, 33_334, 500_000, 0, -5)] == [0, 1, 15, 0, 0]
    assert FIXED.worth(0) == 20


def test_h5_two_tills_that_give_the_same_bonus_give_it_once() -> None:
    book = Book(MOTHER)
    book.add("2026-02-01T10:00", BonusGiven(MOTHER, "friend", 20, "7"))
    book.add("2026-02-01T09:00", BonusGiven(MOTHER, "friend", 25, "7"), till=2)
    assert book.totals(MOTHER) == Totals(earned=25, balance=25)
    book.add("2026-02-01T11:00", BonusGiven(MOTHER, "friend", 20, "8"))
    book.add("2026-02-01T11:00", BonusGiven(MOTHER, "other", 5, "7"))
    assert book.balance(MOTHER) == 50


def test_t14_bonuses_live_as_their_rule_says() -> None:
    book = Book(MOTHER)
    book.add("2026-08-31T10:00", BonusGiven(MOTHER, "a", 5, "1", Duration(months=6)))
    book.add("2026-08-31T10:00", BonusGiven(MOTHER, "b", 7, "1"))
    assert book.balance(MOTHER, "2027-02-28T09:59:59.999") == 12
    assert book.balance(MOTHER, "2027-02-28T10:00") == 7


def test_t9_a_bonus_is_taken_back_from_its_own_points_and_not_twice() -> None:
    book = Book(MOTHER)
    given = book.add("2026-02-01T10:00", BonusGiven(MOTHER, "friend", 20, "7"))
    for till in (1, 2):
        book.add("2026-02-02T10:00", PointsAdjusted(MOTHER, -15, "came back", of=given.id), till=till)
    assert book.totals(MOTHER) == Totals(earned=20, cancelled=20)


def test_t9_a_bonus_that_was_spent_is_a_debt_and_one_that_never_counted_is_nothing() -> None:
    book = Book(MOTHER)
    given = book.add("2026-02-01T10:00", BonusGiven(MOTHER, "friend", 20, "7"))
    second = book.add("2026-02-01T11:00", BonusGiven(MOTHER, "friend", 20, "7"), till=2)
    book.spend("2026-02-02T10:00", MOTHER, 20)
    book.add("2026-02-03T10:00", PointsAdjusted(MOTHER, -20, "came back", of=second.id))
    assert book.balance(MOTHER) == 0
    book.add("2026-02-03T11:00", PointsAdjusted(MOTHER, -20, "came back", of=given.id))
    assert book.totals(MOTHER) == Totals(earned=20, spent=20, cancelled=20, balance=-20)


@pytest.mark.parametrize(
    ("rule", "given", "earlier", "back", "undone", "lost"),
    [
        (SHARE, 15, [], 100_000, False, 3),
        (SHARE, 15, [], 1, False, 1),
        (SHARE, 15, [100_000], 400_000, True, 12),
        (SHARE, 15, [], 450_000, True, 15),  # what delivery cost was not given back
        (FIXED, 20, [], 400_000, False, 0),
        (FIXED, 20, [400_000], 100_000, True, 20),
    ],
)
def test_t9_what_an_inviter_loses(
    rule: Bonus, given: int, earlier: list[int], back: int, undone: bool, lost: int
) -> None:
    bonus = BonusGiven(MOTHER, "friend", given, "7", sale=b"s", amount_minor=500_000)
    before = [GoodsReturned(1, b"s", "IRR", minor) for minor in earlier]
    assert returns.bonus_back(rule, bonus, before, GoodsReturned(1, b"s", "IRR", back), undone=undone) == lost


def test_h20_a_code_costs_its_points_at_once() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 100)
    book.add("2026-02-02T10:00", CodeMade(MOTHER, "ABC", 60, 300, "EUR", at("2026-04-02T10:00")))
    assert book.totals(MOTHER) == Totals(earned=100, spent=60, balance=40)


# -- guests


def guests_sale(points: int = 10) -> SaleCompleted:
    return SaleCompleted(1, "EUR", (), 0, card=GUEST, guest=GUEST, earned=(Earned(("all",), points),))


def joins(card: int, guest: int = GUEST) -> Enrolled:
    return Enrolled(card, card * 100, MEMBER.get(card, 999), "client", 0, guest=guest)


def test_h12_a_guests_points_are_credited_when_the_account_is_opened() -> None:
    book = Book()
    bought = book.add("2026-02-01T10:00", guests_sale())
    book.add("2026-03-01T10:00", joins(MOTHER))
    assert book.totals(MOTHER) == Totals(earned=10, pending=10)
    book.add("2026-03-01T10:00", PointsCredited(GUEST, bought.id, at("2026-03-01T10:00")))
    assert book.totals(MOTHER) == Totals(earned=10, balance=10)


def test_h12_who_joins_first_has_them_and_families_stay_apart() -> None:
    """Two tills open an account for the same address at once: the later one does not swallow the earlier."""
    book = Book()
    book.add("2026-02-01T10:00", guests_sale())
    book.add("2026-03-01T10:00", joins(MOTHER))
    book.add("2026-03-01T11:00", joins(SON), till=2)
    assert (book.totals(MOTHER).pending, book.totals(SON)) == (10, Totals())
    book.earn("2026-03-02T10:00", MOTHER, 5)
    assert book.totals(SON) == Totals()


def test_h12_what_is_bought_as_a_guest_after_leaving_waits_for_who_joins_next() -> None:
    book = Book()
    book.add("2026-02-01T10:00", guests_sale())
    book.add("2026-03-01T10:00", joins(MOTHER))
    book.add("2026-04-01T10:00", MemberLeft(MOTHER))
    bought = book.add("2026-05-01T10:00", guests_sale(7))
    book.add("2026-06-01T10:00", joins(SON))
    book.add("2026-06-01T10:00", PointsCredited(GUEST, bought.id, at("2026-06-01T10:00")))
    assert book.totals(SON) == Totals(earned=7, balance=7)
    assert book.totals(MOTHER) == Totals(earned=10, cancelled=10)


def test_h12_goods_of_a_guest_can_come_back_before_and_after_joining() -> None:
    book = Book()
    first, second = book.add("2026-02-01T10:00", guests_sale()), book.add("2026-02-02T10:00", guests_sale())

    def back(sold: bytes) -> GoodsReturned:
        return GoodsReturned(1, sold, "EUR", 0, card=GUEST, taken=(PointsBack(0, 4),))

    book.add("2026-02-03T10:00", back(first.id))
    book.add("2026-03-01T10:00", joins(MOTHER))
    book.add("2026-03-02T10:00", back(second.id))
    assert book.totals(MOTHER) == Totals(earned=20, cancelled=8, pending=12)


# -- pieces of goods that are counted


def pieces(units: int, before: int, points: int = 0) -> SaleCompleted:
    return sale(MOTHER, Earned(("cars",), points, credited=0, before=before, units=units))


def cars(book: Book, card: int = MOTHER) -> int:
    state = book.ledger()
    return ledger.counts(state, state.cards[card].account).get("cars", 0)


def returned(sold: bytes, units: int) -> GoodsReturned:
    return GoodsReturned(1, sold, "EUR", 0, card=MOTHER, taken=(PointsBack(0, 0, units, "cars"),))


def test_m1_pieces_count_for_the_family_and_no_more_once_they_came_back() -> None:
    book = Book(MOTHER, SON)
    two = book.add("2026-02-01T10:00", pieces(2, 0))
    book.add("2026-02-02T10:00", pieces(1, 2))
    book.add("2026-02-03T10:00", CardsMerged(SON, (MOTHER,)))
    assert (cars(book), cars(book, SON)) == (3, 3)
    book.add("2026-02-04T10:00", returned(two.id, 1))
    assert cars(book) == 2


def test_m1_a_piece_that_came_back_at_two_tills_is_missing_once() -> None:
    book = Book(MOTHER)
    one = book.add("2026-02-01T10:00", pieces(1, 0))
    book.add("2026-02-02T10:00", pieces(1, 1))
    for till in (1, 2):
        book.add("2026-02-03T10:00", returned(one.id, 1), till=till)
    assert cars(book) == 1


# -- draws


def test_k13_the_winners_are_the_same_whoever_draws_again() -> None:
    entries = [entry_text("0001-0000412", number) for number in range(1, 5)]
    drawn = winners(entries, "seed", 2)
    assert all(winners(order, "seed", 2) == drawn for order in permutations(entries))
    assert winners([*entries, *entries], "seed", 9) == winners(entries, "seed", 4)
    assert set(winners(entries, "seed", 9)) == set(entries)
    assert any(winners(entries, f"seed {number}", 2) != drawn for number in range(20))
    assert winners([], "seed", 3) == []
    assert drawn == ["0001-0000412/3", "0001-0000412/1"]  # for ever


@pytest.mark.parametrize(
    ("when", "paid", "entries"),
    [
        ("2026-03-01T00:00", 999, 0),
        ("2026-03-01T00:00", 1000, 1),
        ("2026-03-31T23:59:59.999", 2999, 2),
        ("2026-02-28T23:59:59.999", 1000, 0),
        ("2026-04-01T00:00", 1000, 0),
        ("2026-03-15T10:00", -1000, 0),
    ],
)
def test_k13_entries_between_the_dates(when: str, paid: int, entries: int) -> None:
    starts, ends = (from_local(datetime.fromisoformat(day), SOFIA) for day in ("2026-03-01", "2026-04-01"))
    assert Draw("prize", {}, 1000, starts, ends).entries(paid, at(when)) == entries


def test_h9_who_left_and_joined_again_starts_at_zero() -> None:
    book = Book(MOTHER)
    book.earn("2026-02-01T10:00", MOTHER, 50)
    book.add("2026-02-02T10:00", MemberLeft(MOTHER))
    book.add("2026-02-03T10:00", joins(NEW, 0))
    assert (book.totals(MOTHER), book.totals(NEW)) == (Totals(earned=50, cancelled=50), Totals())
