"""Tiers in the ledger: risen at once, held, reviewed by the window before the review (T5 to T7, H1, M2)."""

import copy

import pytest

from pos_app.loyalty import closing, ledger, tiers
from pos_app.loyalty.facts import (
    BonusGiven,
    CardsMerged,
    CardSplit,
    Earned,
    MemberLeft,
    PointsAdjusted,
    PointsCredited,
)
from pos_app.loyalty.moments import LATEST, NEVER, Duration
from pos_app.loyalty.tiers import Era, Gain, Statutes, Tier, TierRules, TierState
from tests.helpers.book import DAUGHTER, MONTH, MOTHER, SOFIA, SON, Book, at, back, sale

HALF = Duration(months=6)
COLOURS = tuple(Tier(id_, {}, least) for id_, least in (("yellow", 0), ("green", 100), ("blue", 300), ("purple", 1000)))
HIVE = (Tier("prince", {}, 0), Tier("king", {}, 500))
METALS = (Tier("bronze", {}, 30), Tier("silver", {}, 211))
IRAN = TierRules(COLOURS, "window", HALF, HALF)
SLIDING = TierRules(COLOURS, "window", HALF)


def always(rules: TierRules | None) -> Statutes:
    return Statutes((Era(NEVER, rules),))


def book(rules: TierRules, *cards: int) -> Book:
    return Book(*(cards or (MOTHER,)), statutes=always(rules))


# -- what points reach


@pytest.mark.parametrize(
    ("points", "id_"),
    [(0, "yellow"), (99, "yellow"), (100, "green"), (299, "green"), (300, "blue"), (999, "blue"), (1000, "purple")],
)
def test_t5_each_level_from_its_least_points_on(points: int, id_: str) -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, points)
    assert told.tier(MOTHER) == (id_, None if id_ == "yellow" else "2026-08-01T10:00:00")


def test_m2_below_the_lowest_there_is_none() -> None:
    told = book(TierRules(METALS))
    told.earn("2026-02-01T10:00", MOTHER, 29)
    assert told.tier(MOTHER) is None
    told.earn("2026-02-01T11:00", MOTHER, 1)
    assert told.tier(MOTHER) == ("bronze", None)
    told.add("2026-02-01T12:00", PointsAdjusted(MOTHER, -1, "abuse"))
    assert told.tier(MOTHER) is None


def test_neighbours_of_a_tier() -> None:
    rules = TierRules(METALS)
    assert (rules.next_above(None), rules.next_above("bronze"), rules.next_above("silver")) == (*METALS, None)
    assert (rules.place("gold"), rules.place(None), rules.place("silver")) == (-1, -1, 1)
    assert (rules.tier("silver"), rules.tier("gold")) == (METALS[1], None)


# -- points gathered since joining


def test_h1_spending_and_expiry_do_not_lower_what_was_gathered() -> None:
    told = book(TierRules(HIVE))
    told.earn("2026-02-01T10:00", MOTHER, 499, MONTH)
    assert told.tier(MOTHER) == ("prince", None)
    told.spend("2026-02-10T10:00", MOTHER, 400)
    told.earn("2026-04-01T10:00", MOTHER, 1)
    assert told.tier(MOTHER) == ("king", None)
    assert told.totals(MOTHER).expired == 99


def test_h1_cancelled_points_do_not_count() -> None:
    told = book(TierRules(HIVE))
    told.earn("2026-02-01T10:00", MOTHER, 300)
    sold = told.earn("2026-02-02T10:00", MOTHER, 200)
    assert told.tier(MOTHER) == ("king", None)
    told.add("2026-02-03T10:00", back(sold, taken=1))
    assert told.tier(MOTHER) == ("prince", None)


def test_h1_points_taken_back_do_not_count_though_they_were_spent_or_lapsed() -> None:
    told = book(TierRules(HIVE))
    sold = told.earn("2026-02-01T10:00", MOTHER, 500, MONTH)
    told.spend("2026-02-02T10:00", MOTHER, 100)
    told.add("2026-04-01T10:00", back(sold, taken=500))
    assert told.tier(MOTHER) == ("prince", None)
    told.earn("2026-04-02T10:00", MOTHER, 500)  # a hundred of them fill the debt, and count all the same
    assert told.tier(MOTHER) == ("king", None)


def test_t12_points_that_staff_took_do_not_count_even_as_a_debt() -> None:
    told = book(TierRules(HIVE))
    told.earn("2026-02-01T10:00", MOTHER, 500)
    told.spend("2026-02-02T10:00", MOTHER, 500)
    told.add("2026-02-03T10:00", PointsAdjusted(MOTHER, -1, "abuse"))
    assert told.tier(MOTHER) == ("prince", None)
    told.earn("2026-02-04T10:00", MOTHER, 1)
    assert told.tier(MOTHER) == ("king", None)


def test_points_given_back_for_goods_are_not_gathered_twice() -> None:
    told = book(TierRules(HIVE))
    told.earn("2026-02-01T10:00", MOTHER, 300)
    swapped = told.spend("2026-02-02T10:00", MOTHER, 300)
    told.add("2026-02-03T10:00", back(swapped, given=300))
    assert told.tier(MOTHER) == ("prince", None)


def test_h13_pending_points_count_once_they_are_credited() -> None:
    told = book(TierRules(HIVE))
    order = told.add("2026-02-01T10:00", sale(MOTHER, Earned(("all",), 500)))
    assert told.tier(MOTHER, "2026-03-01T10:00") == ("prince", None)
    told.add("2026-03-01T11:00", PointsCredited(MOTHER, order.id, at("2026-04-01T00:00")))
    assert told.tier(MOTHER, "2026-03-31T23:59:59.999") == ("prince", None)
    assert told.tier(MOTHER, "2026-04-01T00:00") == ("king", None)


def test_h9_who_leaves_takes_nothing_along() -> None:
    told = book(TierRules(HIVE), MOTHER, SON)
    told.earn("2026-02-01T10:00", MOTHER, 600)
    told.add("2026-02-02T10:00", MemberLeft(MOTHER))
    assert told.tier(MOTHER) == ("prince", None)


# -- holding and reviewing


def test_t7_the_level_is_held_until_its_review() -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 100)
    told.spend("2026-02-02T10:00", MOTHER, 100)
    assert told.tier(MOTHER, "2026-08-01T09:59:59.999") == ("green", "2026-08-01T10:00:00")


@pytest.mark.parametrize(
    ("earned", "kept"),
    [
        ("2026-08-01T10:00", "green"),  # the review's window begins with this very moment
        ("2026-08-01T09:59:59.999", "yellow"),
        ("2027-02-01T09:59:59.999", "green"),
        ("2027-02-01T10:00", "green"),  # too late for the review, and it rises again at once
    ],
)
def test_t7_the_window_of_a_review_includes_its_first_moment(earned: str, kept: str) -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 100)
    told.earn("2026-08-01T09:00", MOTHER, 100)  # stays at the first review
    told.add("2026-08-01T09:30", PointsAdjusted(MOTHER, -100, "so that this one alone decides"))
    told.earn(earned, MOTHER, 100)
    found = told.tier(MOTHER, "2027-02-01T10:00")
    assert found is not None
    assert found[0] == kept


def test_t7_a_new_period_begins_either_way() -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 350)
    told.earn("2026-07-31T10:00", MOTHER, 150)
    assert told.tier(MOTHER, "2026-08-01T09:59:59.999") == ("blue", "2026-08-01T10:00:00")
    assert told.tier(MOTHER, "2026-08-01T10:00") == ("blue", "2027-02-01T10:00:00")
    assert told.tier(MOTHER, "2027-02-01T10:00") == ("yellow", "2027-08-01T10:00:00")
    assert told.tier(MOTHER, "2030-01-01T10:00") == ("yellow", "2030-02-01T10:00:00")


def test_t7_who_rises_again_is_held_from_that_moment_on() -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 100)
    told.earn("2026-03-01T10:00", MOTHER, 100)
    assert told.tier(MOTHER) == ("green", "2026-08-01T10:00:00")  # no step up: the period stays
    told.earn("2026-04-01T10:00", MOTHER, 100)
    assert told.tier(MOTHER) == ("blue", "2026-10-01T10:00:00")


def test_t7_a_month_without_the_day_is_reviewed_on_its_last() -> None:
    told = book(IRAN)
    told.earn("2026-08-31T10:00", MOTHER, 100)
    assert told.tier(MOTHER) == ("green", "2027-02-28T10:00:00")


def test_t7_points_that_staff_took_and_nobody_had_count_against_the_review() -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 100)
    told.earn("2026-07-01T10:00", MOTHER, 100)
    told.spend("2026-07-02T10:00", MOTHER, 200)
    told.add("2026-07-03T10:00", PointsAdjusted(MOTHER, -101, "abuse"))
    assert told.tier(MOTHER, "2026-08-01T10:00") == ("yellow", "2027-02-01T10:00:00")


def test_t9_a_bonus_that_is_taken_back_leaves_the_window_that_it_came_into() -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 50)  # older, and spent first
    given = told.add("2026-09-01T10:00", BonusGiven(MOTHER, "friend", 100, "friend"))
    assert told.tier(MOTHER) == ("green", "2027-03-01T10:00:00")
    told.add("2026-09-02T10:00", PointsAdjusted(MOTHER, -100, "came back", of=given.id))
    assert told.balance(MOTHER) == 50
    assert told.tier(MOTHER, "2027-03-01T10:00") == ("yellow", "2027-09-01T10:00:00")


def test_t7_a_review_looks_at_the_family_alone_and_at_what_was_earned() -> None:
    """Somebody who was once of the family, pending points and those given back do not help."""
    told = book(IRAN, MOTHER, SON)
    told.earn("2026-02-01T10:00", MOTHER, 150)
    merged = told.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)))
    told.add("2026-02-03T10:00", CardSplit(SON, 7700, (ledger.key(merged.id, 0),)))
    swapped = told.spend("2026-08-02T10:00", MOTHER, 150)
    told.add("2026-08-03T10:00", back(swapped, given=150))
    told.earn("2026-08-04T10:00", SON, 200)
    told.add("2026-08-05T10:00", sale(MOTHER, Earned(("all",), 200)))
    assert told.tier(MOTHER, "2027-02-01T09:59:59.999") == ("green", "2027-02-01T10:00:00")
    assert told.tier(MOTHER, "2027-02-01T10:00") == ("yellow", "2027-08-01T10:00:00")


def test_a_review_can_leave_no_level_at_all() -> None:
    told = book(TierRules(METALS, "window", HALF, HALF))
    told.earn("2026-02-01T10:00", MOTHER, 30)
    told.add("2026-02-02T10:00", PointsAdjusted(MOTHER, -30, "abuse"))
    assert told.tier(MOTHER, "2026-08-01T09:59:59.999") == ("bronze", "2026-08-01T10:00:00")
    assert told.tier(MOTHER, "2026-08-01T10:00") is None


def test_a_review_at_the_end_of_all_times_is_none() -> None:
    state = TierState("green", LATEST - 1)
    assert tiers.reviewed(IRAN, state, 300, SOFIA) == TierState("blue", None)
    assert tiers.risen(IRAN, None, 100, LATEST, SOFIA) == TierState("green", None)


# -- without a hold


def test_without_a_hold_the_tier_falls_when_points_leave_the_window() -> None:
    told = book(SLIDING)
    told.earn("2026-02-01T10:00", MOTHER, 100)
    told.earn("2026-03-01T10:00", MOTHER, 200)
    assert told.tier(MOTHER, "2026-08-01T10:00") == ("blue", None)
    assert told.tier(MOTHER, "2026-08-01T10:00:00.001") == ("green", None)
    assert told.tier(MOTHER, "2026-09-01T10:00:00.001") == ("yellow", None)


def test_a_window_whose_month_lacks_the_day_is_left_at_its_end() -> None:
    gain = Gain(at("2026-08-31T10:00"), 100)
    leaves = tiers.leaves(SLIDING, gain, SOFIA)
    assert leaves == at("2027-03-01T00:00")
    assert tiers.measured(SLIDING, [gain], leaves - 1, SOFIA) == 100
    assert tiers.measured(SLIDING, [gain], leaves, SOFIA) == 0


# -- families


def test_k8_a_family_has_one_tier_and_the_better_one() -> None:
    told = book(IRAN, MOTHER, SON)
    told.earn("2026-02-01T10:00", MOTHER, 60)
    told.earn("2026-03-01T10:00", SON, 100)
    told.add("2026-04-01T10:00", CardsMerged(MOTHER, (SON,)))
    assert told.tier(MOTHER) == told.tier(SON) == ("green", "2026-09-01T10:00:00")
    told.earn("2026-04-02T10:00", MOTHER, 140)
    assert told.tier(SON) == ("blue", "2026-10-02T10:00:00")


def test_k8_who_leaves_a_family_starts_at_the_bottom_and_the_rest_stays() -> None:
    told = book(TierRules(HIVE), MOTHER, SON)
    merged = told.add("2026-02-01T10:00", CardsMerged(MOTHER, (SON,)))
    told.earn("2026-02-02T10:00", SON, 500)
    told.add("2026-02-03T10:00", CardSplit(SON, 7700, (ledger.key(merged.id, 0),)))
    assert (told.tier(MOTHER), told.tier(SON)) == (("king", None), ("prince", None))


def test_k8_points_that_leave_with_a_card_leave_the_tier_too() -> None:
    """A split that did not know of a second merge takes that one along."""
    told = book(TierRules(HIVE), MOTHER, SON, DAUGHTER)
    told.earn("2026-02-01T10:00", MOTHER, 300)
    told.earn("2026-02-01T10:00", SON, 300)
    known = told.add("2026-02-02T10:00", CardsMerged(DAUGHTER, (MOTHER,)))
    told.add("2026-02-02T10:00", CardsMerged(MOTHER, (SON,)), till=2)
    assert told.tier(DAUGHTER) == ("king", None)
    told.add("2026-02-03T10:00", CardSplit(MOTHER, 7700, (ledger.key(known.id, 0),)))
    assert [told.balance(card) for card in (MOTHER, SON, DAUGHTER)] == [300, 300, 300]
    assert told.tier(MOTHER) == told.tier(SON) == told.tier(DAUGHTER) == ("prince", None)


# -- versions


def test_another_version_judges_from_its_first_moment_on() -> None:
    changes = at("2026-06-01T00:00")
    stricter = TierRules((Tier("prince", {}, 0), Tier("king", {}, 600)))
    told = Book(MOTHER, statutes=Statutes((Era(changes, TierRules(HIVE)), Era(NEVER, stricter))))
    told.earn("2026-02-01T10:00", MOTHER, 500)
    assert told.tier(MOTHER, "2026-05-31T23:59:59.999") == ("king", None)
    assert told.tier(MOTHER, "2026-06-01T00:00") == ("prince", None)


def test_a_version_without_tiers_ends_them_and_one_with_others_begins_them() -> None:
    june, july = at("2026-06-01T00:00"), at("2026-07-01T00:00")
    eras = (Era(june, TierRules(HIVE)), Era(july, None), Era(NEVER, TierRules(METALS)))
    told = Book(MOTHER, statutes=Statutes(eras))
    told.earn("2026-02-01T10:00", MOTHER, 500)
    assert told.tier(MOTHER, "2026-06-15T10:00") is None
    assert told.tier(MOTHER, "2026-07-01T00:00") == ("silver", None)


def test_a_level_that_the_next_version_does_not_have_is_none() -> None:
    june = at("2026-06-01T00:00")
    told = Book(MOTHER, statutes=Statutes((Era(june, TierRules(HIVE)), Era(NEVER, TierRules(METALS, hold=HALF)))))
    told.earn("2026-02-01T10:00", MOTHER, 10)
    assert told.tier(MOTHER, "2026-05-31T23:59:59.999") == ("prince", None)
    assert told.tier(MOTHER, "2026-06-01T00:00") is None


def test_ledgers_of_strangers_are_judged_by_the_version_of_the_day_before_they_are_joined() -> None:
    june = at("2026-06-01T00:00")
    stricter = TierRules((Tier("prince", {}, 0), Tier("king", {}, 600)), hold=HALF)
    statutes = Statutes((Era(june, None), Era(NEVER, stricter)))
    one, other = Book(MOTHER, statutes=statutes), Book(SON, statutes=statutes)
    one.earn("2026-02-01T10:00", MOTHER, 700)
    other.earn("2026-09-01T10:00", SON, 1)
    joined = ledger.join(one.ledger(), other.ledger())
    assert ledger.tier_of(joined, MOTHER * 100) == TierState("king", at("2026-12-01T00:00"))


# -- closed books


def test_closed_books_keep_what_a_review_still_looks_back_to() -> None:
    told = book(IRAN)
    told.earn("2026-02-01T10:00", MOTHER, 100)
    told.earn("2026-02-10T10:00", MOTHER, 60)
    told.earn("2026-03-01T10:00", MOTHER, 40)
    state = told.ledger("2026-07-01T10:00")
    closed = copy.deepcopy(state)
    closing.close(closed, at("2026-07-01T10:00"))
    for now in ("2026-08-01T10:00", "2027-02-01T10:00"):
        for one in (state, closed):
            ledger.advance(one, at(now))
        assert ledger.tier_of(closed, MOTHER * 100) == ledger.tier_of(state, MOTHER * 100)
    closing.close(closed, at("2027-02-01T10:00"))
    assert len(closed.lots) == 1
