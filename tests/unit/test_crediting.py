"""When points can be spent: at once, on handing over, some days later, at the start of the next month (S6, T8, H13)."""

from datetime import datetime

import pytest

from pos_app.loyalty.crediting import Crediting, credited
from pos_app.loyalty.moments import Duration, from_local

LJUBLJANA = "Europe/Ljubljana"
SLOVENIAN = (
    Crediting(frozenset({"cod"}), delay=Duration(days=3)),
    Crediting(frozenset({"card", "transfer"}), needs_paid=True, next_month=True),
)


def at(text: str) -> int:
    return from_local(datetime.fromisoformat(text), LJUBLJANA)


def when(means: str, fulfilled: str | None, paid: str | None, rules: tuple[Crediting, ...] = SLOVENIAN) -> int | None:
    return credited(rules, means, at(fulfilled) if fulfilled else None, at(paid) if paid else None, LJUBLJANA)


def test_s6_some_days_after_cash_on_delivery_was_handed_over() -> None:
    assert when("cod", "2026-03-27T10:00", None) == at("2026-03-30T10:00")  # the clocks go forward on the 29th
    assert when("cod", "2026-12-30T10:00", "2026-12-31T10:00") == at("2027-01-02T10:00")


@pytest.mark.parametrize(
    ("fulfilled", "paid", "since"),
    [
        ("2026-11-30T23:59:59.999", "2026-11-05T10:00", "2026-12-01T00:00"),
        ("2026-11-05T10:00", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2026-12-31T23:59:59.999", "2026-12-31T23:59:59.999", "2027-01-01T00:00"),
        ("2027-01-01T00:00", "2026-12-31T10:00", "2027-02-01T00:00"),
        ("2026-02-28T10:00", "2026-01-31T10:00", "2026-03-01T00:00"),
    ],
)
def test_s6_at_the_start_of_the_month_after_both_handing_over_and_payment(
    fulfilled: str, paid: str, since: str
) -> None:
    assert when("transfer", fulfilled, paid) == at(since)


@pytest.mark.parametrize(("fulfilled", "paid"), [(None, None), (None, "2026-11-05T10:00"), ("2026-11-05T10:00", None)])
def test_s6_nothing_before_both(fulfilled: str | None, paid: str | None) -> None:
    assert when("card", fulfilled, paid) is None


def test_t8_goods_handed_over_count_at_once_and_orders_once_they_are() -> None:
    assert when("cash", "2026-11-05T10:00", None) == at("2026-11-05T10:00")
    assert when("cash", None, "2026-11-05T10:00") is None
    assert when("cash", "2026-11-05T10:00", None, ()) == at("2026-11-05T10:00")
    assert when("cash", None, None, ()) is None


def test_the_first_rule_for_the_means_counts() -> None:
    rules = (Crediting(frozenset({"card"}), delay=Duration(days=1)), Crediting(delay=Duration(days=2)))
    assert when("card", "2026-11-05T10:00", None, rules) == at("2026-11-06T10:00")
    assert when("cod", "2026-11-05T10:00", None, rules) == at("2026-11-07T10:00")


def test_payment_that_is_not_asked_for_delays_nothing() -> None:
    assert when("card", "2026-11-05T10:00", "2026-11-20T10:00", (Crediting(),)) == at("2026-11-05T10:00")
    needs = (Crediting(needs_paid=True),)
    assert when("card", "2026-11-05T10:00", "2026-11-20T10:00", needs) == at("2026-11-20T10:00")
    assert when("card", "2026-11-20T10:00", "2026-11-05T10:00", needs) == at("2026-11-20T10:00")
