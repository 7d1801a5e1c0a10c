"""Goods by a code: in whatever form the catalogue keeps it, with how much of them the code says."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from db.store import Store
from pos_app.loyalty.barcodes import Code
from pos_app.loyalty.basket import ONE, Product
from pos_app.loyalty.money import line_amount_minor
from pos_app.loyalty.scale_labels import ScaleLabel, Weighed


class Goods(NamedTuple):
    """Goods as a line would have them; None is what the catalogue and the cashier say."""

    product: Product
    quantity_milli: int | None = None
    price_minor: int | None = None


def goods(store: Store, code: Code, labels: Sequence[ScaleLabel], currency: str) -> Goods | None:
    """What a code stands for; None when the catalogue has nothing under any form of it."""
    product = first(store, code.numbers)
    if product is not None:
        amount = code.price.minor(currency) if code.price else None
        if product.weighed:
            return _weighed(product, code.weight_milli, amount)
        return Goods(product, code.pieces and code.pieces * ONE)
    for label in labels:
        read = label.read(code.text)
        if read is not None:
            return _labelled(store, read)
    return None


def first(store: Store, numbers: Iterable[str]) -> Product | None:
    """The goods with the first of these numbers that the catalogue has."""
    return next((product for number in numbers if (product := store.product(number))), None)


def _labelled(store: Store, read: Weighed) -> Goods | None:
    """What a scale has weighed; goods that are sold by the piece are one piece, whatever it weighs.

    Goods whose short code is the item's number by chance are not meant: a weight belongs to weighed goods.
    """
    by_weight, product = read.amount_minor is None, first(store, read.numbers)
    if product is None:
        product = first(store, read.items)
        if product is None or (by_weight and not product.weighed):
            return None
    if by_weight and not product.weighed:
        return Goods(product)
    return _weighed(product, read.weight_milli, read.amount_minor)


def _weighed(product: Product, weight_milli: int | None, amount_minor: int | None) -> Goods:
    """A weight, at the catalogue's price; or an amount, which holds also where that price has changed since."""
    if amount_minor is None:
        return Goods(product, weight_milli)
    if not amount_minor:
        return Goods(product, 0)  # a label for nothing, which no line takes
    if weight_milli:
        fair = (amount_minor * ONE + weight_milli // 2) // weight_milli
        for price in (product.price_minor, fair):
            if line_amount_minor(price, weight_milli) == amount_minor:
                return Goods(product, weight_milli, price)
    return Goods(product, ONE, amount_minor)
