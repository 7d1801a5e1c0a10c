"""What the centre publishes has to be found at every till in the end, and what is left of the board's stocks."""

from collections.abc import Iterable

from msgspec.structs import replace

from pos_app.loyalty.basket import Offer
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from sync.central.published import IN_FORCE, scopes_of
from sync.messages import Kind
from tests.simulation.end import End, Violation
from tests.simulation.publisher import STOCKED, Of, Thing
from tests.simulation.tills import Till

_Things = dict[tuple[Kind, str], Thing]


def published_is_the_same(end: End) -> None:
    """Every till has what was published last, nearest to its shop, and nothing else."""
    publisher = end.world.publisher
    for till in end.world.tills.values():
        wanted = {of: _without_stock(thing) for of, thing in publisher.at(till.shop).items()}
        there = _there(till, publisher.ever)
        for of in sorted(wanted.keys() | there.keys()):
            if there.get(of) != wanted.get(of):
                raise Violation(f"till {till.name} has {there.get(of)} instead of {wanted.get(of)}")


def _there(till: Till, ever: Iterable[tuple[Kind, str]]) -> _Things:
    """What a till has of all that was ever published."""
    store = till.store
    there: dict[tuple[Kind, str], Thing | None] = {("programme", IN_FORCE): till.programme.pack}
    there |= {("product", key): store.product(key) for kind, key in ever if kind == "product"}
    there |= {("coupon", key): store.coupon(key) for kind, key in ever if kind == "coupon"}
    there |= {("staff", one.id): one for one in store.staff()}
    there |= {("offer", offer.item): _without_stock(offer) for offer in store.offers()}
    return {of: thing for of, thing in there.items() if thing is not None}


def _without_stock(thing: Thing) -> Thing:
    return replace(thing, stock=None, counted_at=None) if isinstance(thing, Offer) else thing


def stocks_are_the_same(end: End) -> None:
    """Of a stock so much is left as was published, less what was taken since, at the centre and at every till."""
    centre = end.world.centre
    for item, scope in STOCKED.items():
        published = end.world.publisher.state.things.get(Of("offer", item, scope))
        if not isinstance(published, Offer) or published.stock is None:
            continue
        later = centre.folded_after(end.world.publisher.state.since[item])
        left = published.stock - sum(_taken(end, fact, item) for fact in later)
        if centre.oversold().get(item, 0) != max(0, -left):
            raise Violation(f"of {item} {left} are left, and the centre says {centre.oversold()} too many are gone")
        for till in end.world.tills.values():
            if scope in scopes_of(till.shop):
                _left_at(till, item, left)


def _left_at(till: Till, item: str, left: int) -> None:
    offer = till.store.offer(item)
    beyond = {one.item: count for one, count in till.store.oversold()}.get(item, 0)
    if offer is None or (offer.stock, beyond) != (max(0, left), max(0, -left)):
        raise Violation(f"of {item} {left} are left, and till {till.name} tells {offer}, {beyond} too many")


def _taken(end: End, fact: Fact, item: str) -> int:
    """How many of a thing a fact takes from the board; those that it brings back are less than none."""
    match fact.body:
        case SaleCompleted() as sale:
            return sum(swap.quantity for swap in sale.swaps if swap.offer.item == item)
        case GoodsReturned() as back if back.swaps:
            sold = end.facts[back.sale].body
            assert isinstance(sold, SaleCompleted)
            some = [part for part in back.swaps if sold.swaps[part.index].offer.item == item]
            return -sum(part.quantity_milli // 1000 for part in some)
    return 0
