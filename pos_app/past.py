"""What was when a sale was made and after it: by which version it was reckoned, and how its order went."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from db.store import Store
from pos_app.loyalty import facts, programme_file
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.facts import Fact, OrderChanged, SaleCompleted
from pos_app.loyalty.programme import Programme, Version

log = logging.getLogger(__name__)


class Order(NamedTuple):
    """When the goods of a sale were handed over and paid (UTC ms), None where they were not yet."""

    fulfilled: int | None
    paid: int | None


def order(store: Store, sale: Fact, told: Iterable[Fact] = ()) -> Order:
    """When a sale was handed over and paid, as far as it was, by this till and as the centre has `told` of others."""
    body = sale.body
    assert isinstance(body, SaleCompleted)
    order = Order(sale.moment if body.fulfilled else None, sale.moment if body.paid else None)
    changes = [*told, *store.facts_about(f"order:{sale.id.hex()}")]
    for fact in sorted(changes, key=facts.place):
        if isinstance(fact.body, OrderChanged):
            order = order._replace(**{fact.body.state: fact.moment})
    return with_payment(order, body)


def with_payment(order: Order, sale: SaleCompleted) -> Order:
    """The same order, paid when it was handed over if it was not paid before; a transfer comes when it comes."""
    if order.paid is None and sale.means != "transfer":
        return order._replace(paid=order.fulfilled)
    return order


def version_of(store: Store, programme: Programme, fact: Fact) -> Version:
    """The version by which a fact was reckoned, from the programme file of its time, or today's if that is not kept."""
    then = programme
    content = None if fact.programme == programme.pack else store.pack(fact.programme)
    if content is not None:
        then = _kept(content, fact.programme) or programme
    return then.version(fact.version) or then.version_at(fact.moment)


@lru_cache(maxsize=8)
def _kept(content: bytes, pack: str) -> Programme | None:
    """A programme file that was in force, None where this version of the program cannot read it."""
    try:
        return programme_file.decode(content, pack, kept=True)
    except FileFault as fault:
        log.error("today's programme stands in for the one of an old sale: %s", fault)
        return None
