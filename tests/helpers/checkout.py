"""The checkout of a till that has a centre, over whatever network lies between them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from db.store import Store
from pos_app import spending, texts
from pos_app.clock import now_ms
from pos_app.link import Round
from pos_app.loyalty.allowance import Allowance
from pos_app.loyalty.basket import Offer
from pos_app.loyalty.facts import SaleCompleted
from pos_app.loyalty.programme import Programme
from pos_app.settings import Settings
from pos_app.till import Completed, Till
from tests.helpers.centre import Centre
from tests.helpers.linked import PROGRAMME, enrolled

ALLOWANCE = Allowance(50, 80, 24)
TRUSTING = replace(PROGRAMME, versions=tuple([replace(version, allowance=ALLOWANCE) for version in PROGRAMME.versions]))
COFFEE = Offer("coffee", "3800000000048", "Кафе 100 г", 20)
CUP = Offer("cup", "3800000000062", "Чаша", 30)
_PATIENCE_S = 10


def publish_board(centre: Centre, *offers: Offer) -> None:
    """Put things on the board of all shops."""
    for offer in offers:
        centre.publish("offer", offer.item, msgspec.msgpack.encode(offer))


class Checkout:
    """A till with its use cases; `passed_ms` can be moved on."""

    def __init__(self, store: Store, programme: Programme) -> None:
        self.passed_ms = 0
        self.store = store
        words = texts.words_of(programme, "en")
        asks = spending.of(store, programme)
        assert asks is not None
        self.spending = asks
        self.till = Till(store, programme, Settings(language="en"), words, self.now, asks)

    def now(self) -> int:
        return now_ms() + self.passed_ms

    def choose(self, card: int, *items: str) -> None:
        """Scan a card and take things from the board, as the window does it."""
        self.till.set_customer(card)
        for item in items:
            self.till.swap(item)
            self.till.keep_points(self.till.quote())

    def sell(self, card: int, *items: str) -> SaleCompleted:
        """A whole sale for points; raises Refusal and leaves the basket empty."""
        self.choose(card, *items)
        try:
            return body(self.till.complete())
        finally:
            self.till.clear()


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not what():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.005)


def answered(made: Checkout) -> None:
    """Wait until the centre has answered, or somebody knows that it does not."""
    wait_for(lambda: made.till.standing(made.till.quote(strict=False)) is not None)


def body(completed: Completed) -> SaleCompleted:
    assert isinstance(completed.fact.body, SaleCompleted)
    return completed.fact.body


@contextmanager
def checkout(folder: Path, programme: Programme = TRUSTING) -> Iterator[Checkout]:
    """The checkout of a till that is enrolled."""
    store = Store.open(folder, programme.zone, statutes=programme.statutes)
    made = Checkout(store, programme)
    try:
        yield made
    finally:
        made.spending.keeper.close()
        store.close()


def linked(centre: Centre, folder: Path, url: str = "") -> Path:
    """A till of the centre that knows its board."""
    enrolled(centre, folder, url)
    up_to_date(centre, folder)
    return folder


def up_to_date(centre: Centre, folder: Path) -> None:
    """Send all, let it be folded, take all."""
    made = Round(folder)
    try:
        made.go()
        centre.fold()
        made.go()
    finally:
        made.close()
