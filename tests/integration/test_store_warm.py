"""Ledgers that are kept decoded: what is seen of them is what is on the disk, also after something failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import NewFact, Store
from pos_app.loyalty.facts import CardsMerged, Earned, Enrolled, PointsAdjusted, SaleCompleted
from pos_app.loyalty.moments import Duration

ZONE = "Europe/Sofia"
A, B = 2900000000018, 2900000000025
NOW = 1_772_500_000_000
MONTH_MS = 31 * 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "till", ZONE)
    made.record([NewFact(Enrolled(card, card, card % 100, "client", NOW), NOW) for card in (A, B)])
    yield made
    made.close()


def sale(slip: int, points: int, now: int) -> NewFact:
    lot = Earned(("all",), points, credited=now, life=Duration(months=1))
    return NewFact(SaleCompleted(10_000_000 + slip, "EUR", (), 0, card=A, earned=(lot,)), now)


def test_what_is_seen_is_what_is_kept(store: Store) -> None:
    for number in range(1, 6):
        store.record([sale(number, number, NOW + number)])
        assert store.seen(A) == store.ledger(A)
        assert store.totals(A, NOW + number).balance == number * (number + 1) // 2
    assert store.totals(A, NOW + 2 * MONTH_MS).balance == 0
    assert store.totals(A, NOW + 2 * MONTH_MS).expired == 15
    assert store.totals(A, NOW + 6).balance == 15


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    store.record([sale(1, 10, NOW + 1)])
    before = store.ledger(A)
    with pytest.raises(ValueError, match="cannot be written after"):
        store.record([sale(2, 5, NOW + 2), sale(3, 5, NOW + 1)])
    assert store.seen(A) == store.ledger(A) == before
    assert store.totals(A, NOW + 2).balance == 10
    store.record([sale(2, 5, NOW + 2)])
    assert store.totals(A, NOW + 2).balance == 15


def test_a_merge_moves_what_was_kept_apart(store: Store) -> None:
    store.record([sale(1, 10, NOW + 1)])
    store.record([NewFact(PointsAdjusted(B, 7, "gift"), NOW + 2)])
    store.record([NewFact(CardsMerged(A, (B,)), NOW + 3)])
    assert store.totals(A, NOW + 3).balance == store.totals(B, NOW + 3).balance == 17
    assert store.seen(A) == store.seen(B) == store.ledger(A) == store.ledger(B)


def test_an_unknown_card_has_nothing(store: Store) -> None:
    assert store.totals(2900000000032, NOW).balance == 0
    assert not store.seen(2900000000032).cards
