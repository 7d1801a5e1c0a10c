"""What is left of the board's goods where shops share them: counted down by the facts of their tills.

An offer with a stock is shared by all for whom it is published: everybody, an organisation, or one shop of it. The
published offer tells what was left after a tick; a till takes off what it has given away since. What shops that were
cut off have given away beyond it is there as a stock below nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import msgspec

from pos_app.loyalty import facts
from pos_app.loyalty.basket import Offer
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from sync.central import published, slips
from sync.central.database import Link

_encoder = msgspec.msgpack.Encoder()
_offers = msgspec.msgpack.Decoder(Offer)

_OF_SHOP = (
    "SELECT shop, data FROM entry WHERE kind = 'offer' AND key = %s AND shop = ANY(%s) AND data IS NOT NULL "
    "ORDER BY length(shop) DESC LIMIT 1 FOR UPDATE"
)


def count(link: Link, tills: Iterable[tuple[int, Fact]], tick: int) -> None:
    """Let the offers say what is left after the facts of a cut, each with the till that it is of."""
    _begin(link, tick)
    taken: dict[tuple[int, str], int] = defaultdict(int)
    cut = list(tills)
    now = {fact.id for _, fact in cut}
    for till, fact in cut:
        for item, quantity in _taken(link, fact):
            taken[till, item] += quantity
        for earlier, sale, back in _came_before(link, fact, now):
            for item, quantity in _brought_back(sale, back):
                taken[earlier, item] += quantity
    for (till, item), quantity in taken.items():
        if quantity:
            _take(link, till, item, quantity, tick)


def oversold(link: Link) -> list[tuple[str, str, int]]:
    """Item, for whom it is published, and how many were given away beyond its stock."""
    rows = link.execute(
        "SELECT key, shop, data FROM entry WHERE kind = 'offer' AND data IS NOT NULL ORDER BY key, shop"
    )
    found = []
    for key, shop, data in rows:
        stock = _offers.decode(data).stock
        if stock is not None and stock < 0:
            found.append((key, shop, -stock))
    return found


def _begin(link: Link, tick: int) -> None:
    """A stock that was published just now is what was there with this tick."""
    rows = link.execute("SELECT key, shop, data FROM entry WHERE kind = 'offer' AND tick IS NULL AND data IS NOT NULL")
    for key, shop, data in rows.fetchall():
        try:
            offer = _offers.decode(data)
        except msgspec.DecodeError:
            continue  # a newer program's
        if offer.stock is not None:
            _put(link, key, shop, msgspec.structs.replace(offer, counted_at=tick), tick)


def _taken(link: Link, fact: Fact) -> list[tuple[str, int]]:
    """What a fact takes from the board, or brings back to it."""
    match fact.body:
        case SaleCompleted() as sale:
            return [(swap.offer.item, swap.quantity) for swap in sale.swaps]
        case GoodsReturned(card=int() as card) as back if back.swaps:
            found = link.execute(
                "SELECT data FROM fact_card JOIN fact USING (till, id) WHERE card = %s AND id = %s", (card, back.sale)
            ).fetchone()
            body = None if found is None else facts.decode(found[0]).body
            if isinstance(body, SaleCompleted):
                return _brought_back(body, back)
    return []


def _brought_back(sale: SaleCompleted, back: GoodsReturned) -> list[tuple[str, int]]:
    whole = [part for part in back.swaps if 0 <= part.index < len(sale.swaps)]
    return [(sale.swaps[part.index].offer.item, -(part.quantity_milli // 1000)) for part in whole]


def _came_before(link: Link, fact: Fact, now: Collection[bytes]) -> Iterator[tuple[int, SaleCompleted, GoodsReturned]]:
    """The returns, each with its till, that were folded in an earlier cut than the sale that they are of."""
    if isinstance(fact.body, SaleCompleted) and fact.body.swaps:
        for one in slips.about(link, fact.id):
            if isinstance(one.fact.body, GoodsReturned) and one.fact.id not in now:
                yield one.till, fact.body, one.fact.body


def _take(link: Link, till: int, item: str, quantity: int, tick: int) -> None:
    (shop,) = link.execute("SELECT shop FROM till WHERE till = %s", (till,)).fetchone() or ("",)
    found = link.execute(_OF_SHOP, (item, published.scopes_of(shop))).fetchone()
    if found is None:
        return
    scope, data = found
    try:
        offer = _offers.decode(data)
    except msgspec.DecodeError:
        return
    if offer.stock is not None:
        _put(link, item, scope, msgspec.structs.replace(offer, stock=offer.stock - quantity, counted_at=tick), tick)


def _put(link: Link, item: str, scope: str, offer: Offer, tick: int) -> None:
    link.execute(
        "UPDATE entry SET data = %s, tick = %s WHERE kind = 'offer' AND key = %s AND shop = %s",
        (_encoder.encode(offer), tick, item, scope),
    )
