"""Tills of a centre, for tests: enrolled by the real command, selling through the real store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.store import NewFact, Store
from pos_app import shipped
from pos_app.__main__ import main
from pos_app.clock import now_ms
from pos_app.link import Round
from pos_app.loyalty.facts import Earned, Enrolled, Fact, SaleCompleted
from tests.helpers.centre import Centre

PROGRAMME = shipped.programme("coop-bg")


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """The store of a till."""
    store = Store.open(folder, PROGRAMME.zone, statutes=PROGRAMME.statutes)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def rounds(folder: Path) -> Iterator[Round]:
    """Rounds of a till, made in this process."""
    made = Round(folder)
    try:
        yield made
    finally:
        made.close()


def enrolled(centre: Centre, folder: Path, url: str = "") -> Path:
    """A folder whose till is one of the centre's."""
    assert main(["enrol", "--centre", url or centre.url, "--code", centre.code(), "--data", str(folder)]) == 0
    return folder


def give_card(store: Store, card: int = 0) -> int:
    """Hand over a card of the till's block."""
    card = card or store.next_card()
    store.record([NewFact(Enrolled(card, card, card % 1000, "client", 0), _moment(store))])
    return card


def sell(store: Store, card: int, points: int = 30) -> Fact:
    """A sale that earns points at once."""
    now = _moment(store)
    earned = (Earned(("r",), points, credited=now),)
    sale = SaleCompleted(store.next_slip(), "EUR", (), 1000, card=card, earned=earned)
    return store.record([NewFact(sale, now)])[0]


def balance(store: Store, card: int) -> int:
    return store.customer(card, _moment(store)).balance


def _moment(store: Store) -> int:
    return max(now_ms(), store.last_moment)
