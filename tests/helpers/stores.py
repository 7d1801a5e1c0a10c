"""Small things that tests of the store write down, and the reckoning they are held against."""

from collections.abc import Iterable
from pathlib import Path

from db.store import NewFact, Person, Store
from pos_app.loyalty import facts, ledger
from pos_app.loyalty.basket import Basket, Line, Product, Swap
from pos_app.loyalty.facts import Earned, Enrolled, Fact, GoodsReturned, PointsAdjusted, SaleCompleted
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.moments import HOUR, Duration
from pos_app.loyalty.paper import Cut, Document, Text

ZONE = "Europe/Sofia"
START = 1_900_000_000_000
DAY = 24 * HOUR
BREAD = Product("3800000000017", "Хляб Добруджа", 120)
SLIP: Document = (Text("Хляб Добруджа"), Cut())


def opened(folder: Path, *, read_only: bool = False) -> Store:
    return Store.open(folder, ZONE, read_only=read_only)


def enrol(store: Store, name: str = "", phone: str = "", *, kind: str = "client", member: int = 0) -> int:
    """Hand over the till's next card at the store's last moment; tells its number."""
    card = store.next_card()
    member = member or card % 10**9
    body = Enrolled(card, card, member, kind, active_from=START)
    store.record([NewFact(body, max(START, store.last_moment))], people=[Person(member, name, phone)])
    return card


def give(store: Store, card: int, points: int, life: Duration | None = None, at: int = 0) -> Fact:
    """Give points by hand."""
    moment = max(at, START, store.last_moment)
    return store.record([NewFact(PointsAdjusted(card, points, "test", life), moment)])[0]


def sale(
    store: Store, card: int | None = None, points: int = 0, swaps: tuple[Swap, ...] = (), pieces: int = 1
) -> SaleCompleted:
    """A sale of some bread with the next slip number."""
    earned = (Earned(("all",), points, 120 * pieces, (0,), credited=START),) if points else ()
    lines = (Line(BREAD, 1000 * pieces, 120),)
    spent = tuple(swap.points for swap in swaps)
    return SaleCompleted(
        store.next_slip(), "EUR", lines, 120 * pieces, swaps=swaps, card=card, kind="client", earned=earned, spent=spent
    )


def sell(store: Store, card: int | None = None, points: int = 0, swaps: tuple[Swap, ...] = (), at: int = 0) -> Fact:
    """Complete such a sale, with a slip to print and an empty basket."""
    body = sale(store, card, points, swaps)
    moment = max(at, START, store.last_moment)
    return store.record([NewFact(body, moment)], cashier="ana", jobs=[(body.slip, SLIP, False)], basket=Basket())[0]


def take_back(store: Store, sold: Fact, **values: object) -> Fact:
    """A return of goods of a sale."""
    assert isinstance(sold.body, SaleCompleted)
    body = GoodsReturned(store.next_slip(), sold.id, "EUR", 0, card=sold.body.card, **values)  # type: ignore[arg-type]
    return store.record([NewFact(body, store.last_moment)])[0]


def groups(history: Iterable[Fact]) -> list[list[Fact]]:
    """Facts apart that have no card in common, directly or by others; those without a card are left out."""
    found: list[tuple[set[int], list[Fact]]] = []
    for fact in history:
        cards = set(facts.cards_of(fact.body))
        if not cards:
            continue
        together = [fact]
        for other in [other for other in found if other[0] & cards]:
            found.remove(other)
            cards |= other[0]
            together = other[1] + together
        found.append((cards, together))
    return [together for _, together in found]


def whole(store: Store, cards: Iterable[int], now: int) -> Ledger:
    """The joined ledgers of all cards as the store has them, advanced to `now`."""
    state = Ledger(store.zone)
    for card in cards:
        if card not in state.cards:
            part = store.ledger(card)
            state.statutes = part.statutes
            state = ledger.join(state, part)
    ledger.advance(state, now)
    return state
