"""A year of sales in a store, written by no till but as one would: for whoever needs many of them quickly."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from db.store import NewFact, Store, new_id
from pos_app import demo, shipped
from pos_app.loyalty import quote
from pos_app.loyalty.basket import ONE, Basket, Line, Product
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.facts import Tender
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.programme import Programme
from pos_app.settings import Settings
from pos_app.shop import Shop

PROGRAMME = "coop-bg"
_DAY = 24 * HOUR
_TOGETHER = 500
"""So many sales are written in one transaction."""


def opened(folder: Path, programme: Programme | None = None, *, read_only: bool = False) -> Shop:
    """The shop in a folder, its store not lasting; `programme` is the shipped one unless it is given."""
    chosen = programme or shipped.programme(PROGRAMME)
    store = Store.open(folder, chosen.zone, statutes=chosen.statutes, read_only=read_only, lasting=False)
    return Shop(folder, Settings(), chosen, store)


def make(folder: Path, sales: int, *, starts: int, cards: int = 2000, goods: int = 500, seed: int = 1) -> None:
    """A demo shop with so many sales over a year from `starts` on (UTC ms), most of them with a card."""
    demo.make_demo(folder, cards=cards, goods=goods, seed=seed, now=starts)
    shop = opened(folder)
    try:
        shop.store.keep_pack(shop.programme.pack, shipped.content(PROGRAMME))
        new = _sales(shop, sales, starts, random.Random(seed))
        while batch := list(islice(new, _TOGETHER)):
            version = shop.programme.version_at(batch[0].moment)
            shop.store.record(batch, programme=shop.programme.pack, version=version.id)
    finally:
        shop.store.close()


def _sales(shop: Shop, count: int, starts: int, chance: random.Random) -> Iterator[NewFact]:
    store, programme = shop.store, shop.programme
    shelf = [product for product in store.find_products("3809", 500) if not product.weighed]
    numbers = [int(row[0]) for row in store.replica.connection.execute("SELECT number FROM card ORDER BY number")]
    customers = [customer for number in numbers if (customer := store.customer(number, starts)).status == "given"]
    first = store.next_slip()
    for number in range(count):
        moment = starts + 2 * _DAY + number * 360 * _DAY // count
        who = chance.choice(customers) if chance.randrange(10) < 9 else None
        basket = Basket(lines=_lines(shelf, chance), card=None if who is None else who.card)
        yield _sale(basket, who, programme, moment, first + number)


def _lines(shelf: Sequence[Product], chance: random.Random) -> tuple[Line, ...]:
    """Mostly a handful of goods, now and then a full trolley."""
    return tuple(
        Line(product, ONE * chance.choice((1, 1, 1, 2, 3)), product.price_minor)
        for product in chance.sample(shelf, chance.choice((1, 2, 3, 4, 5, 6, 8, 12, 20)))
    )


def _sale(basket: Basket, customer: Customer | None, programme: Programme, moment: int, slip: int) -> NewFact:
    version = programme.version_at(moment)
    quoted = quote.quote(basket, customer, version, moment, programme.zone)
    return NewFact(quote.completed(quoted, slip, (Tender("cash", quoted.to_pay_minor),)), moment, new_id(moment))
