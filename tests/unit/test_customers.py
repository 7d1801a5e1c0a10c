"""Who takes part in a sale, and why not (K7)."""

import pytest

from pos_app.loyalty.customers import Customer, refusal_of
from pos_app.loyalty.ledger import CardStatus

CARD, NOW = 2_900_000_000_018, 1_780_000_000_000


def card(status: CardStatus = "given", active_from: int = 0) -> Customer:
    return Customer(CARD, CARD, 1, "Мария П.", "client", 100, status=status, active_from=active_from)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("unknown", "card_unknown"),
        ("blocked", "card_blocked"),
        ("replaced", "card_blocked"),
        ("left", "card_left"),
    ],
)
def test_a_card_that_leads_nowhere_takes_no_part(status: CardStatus, code: str) -> None:
    refusal = refusal_of(card(status), NOW)
    assert refusal is not None
    assert refusal.code == code
    assert refusal.values == {"card": CARD}


def test_k7_a_card_takes_part_from_its_moment_on() -> None:
    refusal = refusal_of(card(active_from=NOW), NOW - 1)
    assert refusal is not None
    assert refusal.code == "card_not_active"
    assert refusal.values == {"card": CARD, "since": NOW}
    assert refusal_of(card(active_from=NOW), NOW) is None


def test_a_blocked_card_is_blocked_before_it_is_active() -> None:
    refusal = refusal_of(card("blocked", NOW), NOW - 1)
    assert refusal is not None
    assert refusal.code == "card_blocked"
