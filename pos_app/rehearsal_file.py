"""A rehearsal file: a programme's conditions as steps that can be played, decoded and checked before anything runs."""

import codecs
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from pos_app.loyalty import moments, tables
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.money import line_amount_minor
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.tables import Table

NUMBERS = ("earned", "spent", "balance", "pending", "cancelled", "expired")
MONEY = ("to_pay", "discount")
WORDS = ("state", "refused", "tier")
EXPECTED = (*NUMBERS, *MONEY, *WORDS, "notices", "also")
"""What a step can expect."""

CHANNELS = ("store", "online", "direct")
MEANS = ("cash", "card", "transfer", "cod")
_SALE_KEYS = ("card", "lines", "swap", "channel", "paid_by", "cashier")
VERBS: dict[str, tuple[str, ...]] = {
    "enrol": ("card", "number", "kind", "name", "phone", "email", "birthday", "terms"),
    "activate": ("card",),
    "accept_cooperator": ("card",),
    "sale": ("sale", *_SALE_KEYS),
    "quote": _SALE_KEYS,
    "return": ("sale", "lines"),
    "merge": ("holder", "cards"),
    "split": ("card",),
    "leave": ("card",),
    "block": ("card", "reason"),
    "replace": ("card", "as"),
    "adjust": ("card", "points", "reason"),
    "look": ("card", "sale"),
}
"""The verbs, each with its keys."""
_OPTIONAL = {
    "number", "kind", "name", "phone", "email", "birthday", "terms", "swap", "channel", "paid_by", "cashier",
}  # fmt: skip
_OPTIONAL_FOR = {("return", "lines"), ("block", "reason")}


class StepLine(Struct, frozen=True):
    """Goods of a sale or return, money in minor units of the currency in force."""

    product: Product
    quantity_milli: int
    price_minor: int
    discount_minor: int


class Step(Struct, frozen=True):
    """One step: when (UTC ms), what, with which keys, and what must be true afterwards.

    `lines` is None where the key was left out; `values` holds the other keys as the file has them.
    """

    n: int
    moment: int
    do: str
    values: dict[str, Any]
    lines: tuple[StepLine, ...] | None
    swaps: tuple[tuple[str, int], ...]
    expect: dict[str, Any]


class Rehearsal(Struct, frozen=True):
    """A whole file, ready to be played."""

    file: str
    title: str
    programme: Programme
    offers: tuple[Offer, ...]
    steps: tuple[Step, ...]


def load(path: Path, programme_of: Callable[[str, Path], Programme]) -> Rehearsal:
    """The rehearsal in a file; raises FileFault with all that is wrong with it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileFault(str(path), [f"cannot be read: {error.strerror}"]) from error
    table = tables.read(content.removeprefix(codecs.BOM_UTF8), str(path))
    named = table.text("programme")
    table.check(str(path))
    return _rehearsal(table, str(path), programme_of(named, path))


def _rehearsal(table: Table, file: str, programme: Programme) -> Rehearsal:
    goods = _by(table, "product", "code")
    swaps = _by(table, "swap", "item")
    clock = _Clock(programme)
    title = table.text("title")
    steps = tuple(_step(row, n, clock, goods, set(swaps)) for n, row in enumerate(table.tables("step"), start=1))
    if not steps:
        table.fault("step", "is missing; a rehearsal without steps proves nothing")
    start = steps[0].moment if steps else 0
    currency = programme.version_at(start).currency
    for row in goods.values():
        _product(row, currency)
        row.close()
    offers = tuple(_offer(row, goods, currency, programme.zone) for row in swaps.values())
    table.close()
    table.check(file)
    return Rehearsal(file, title, programme, offers, steps)


def _by(table: Table, key: str, name: str) -> dict[str, Table]:
    """The tables of a list by their name, each name once."""
    rows: dict[str, Table] = {}
    for row in table.tables(key):
        label = row.text(name)
        if label in rows:
            row.fault(name, f"'{label[:20]}' stands twice among the [[{key}]] tables")
        rows[label] = row
    return rows


class _Clock:
    """The moment of each step, by `at` or `after`."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.moment: int | None = None

    def set(self, row: Table) -> int:
        at = row.local_time("at")
        after = row.duration("after", "0 hours")
        if at is not None and "after" in row:
            row.fault("after", "stands beside 'at'; a step has one of them")
        if at is not None:
            moment = moments.from_local(at, self.programme.zone)
        elif self.moment is not None and "after" in row:
            moment = moments.add(self.moment, after, self.programme.zone)
        else:
            row.fault("at", "is missing; a step needs 'at', or 'after' if it is not the first")
            moment = self.moment or 0
        if self.moment is not None and moment < self.moment:
            row.fault("at", "lies before the step above; steps are in order")
        self.moment = moment
        return moment


def _step(row: Table, n: int, clock: _Clock, goods: Mapping[str, Table], items: set[str]) -> Step:
    moment = clock.set(row)
    do = row.choice("do", tuple(VERBS))
    values: dict[str, Any] = {}
    for key in VERBS[do]:
        if key in row or (key not in _OPTIONAL and (do, key) not in _OPTIONAL_FOR):
            _read_value(row, do, key, values)
    kinds = [kind.id for kind in clock.programme.kinds]
    if values.get("kind", kinds[0]) not in kinds:
        row.fault("kind", f"'{values['kind'][:20]}' is no kind of member; possible: {', '.join(kinds)}")
    currency = clock.programme.version_at(moment).currency
    lines = None
    if "lines" in VERBS[do] and "lines" in row:
        lines = tuple(_line(line, goods, currency, do) for line in row.tables("lines"))
    swaps = tuple(_swap(swap, items) for swap in row.tables("swap")) if "swap" in VERBS[do] else ()
    expect = _expectations(row.table("expect"), currency) if "expect" in row else {}
    row.close()
    return Step(n, moment, do, values, lines, swaps, expect)


def _read_value(row: Table, do: str, key: str, values: dict[str, Any]) -> None:
    if key in ("lines", "swap"):
        if key not in row:
            row.fault(key, 'is missing; it must be a list such as [{product = "...", qty = 1}], or []')
        return
    if key == "sale" and do == "look":
        if "sale" in row:
            values[key] = row.text(key)
    elif key == "card" and (do in ("sale", "quote") or (do == "look" and "sale" in row)):
        if "card" in row:
            values[key] = row.text(key)
    elif key == "cards":
        values[key] = row.texts(key)
        if not values[key]:
            row.fault(key, "is missing; it must be a list of cards")
    elif key == "points":
        values[key] = row.whole(key, least=-(10**9), most=10**9)
    elif key == "channel":
        values[key] = row.choice(key, CHANNELS)
    elif key == "paid_by":
        values[key] = row.choice(key, MEANS)
    else:
        values[key] = row.text(key)


def _product(row: Table, currency: str) -> Product:
    return Product(
        code=row.text("code"),
        name=row.text("name"),
        price_minor=row.amount("price", currency, least=0),
        brand=row.text("brand", ""),
        category=row.text("category", ""),
        weighed=True,
    )


def _line(row: Table, goods: Mapping[str, Table], currency: str, do: str) -> StepLine:
    code = row.text("product")
    quantity_milli = row.quantity("qty")
    if code not in goods:
        row.fault("product", f"'{code[:20]}' is not among the file's [[product]] tables")
        product = Product(code, "", 0)
    else:
        product = _product(goods[code], currency)
    price_minor, discount_minor = product.price_minor, 0
    if do != "return":
        price_minor = row.amount("price", currency, least=0) if "price" in row else price_minor
        discount_minor = row.amount("discount", currency, "0", least=0)
        if discount_minor > line_amount_minor(price_minor, quantity_milli):
            row.fault("discount", "is more than the line costs")
    if quantity_milli <= 0:
        row.fault("qty", "must be more than nothing")
    row.close()
    return StepLine(product, quantity_milli, price_minor, discount_minor)


def _swap(row: Table, items: set[str]) -> tuple[str, int]:
    item, quantity = row.text("item"), row.whole("qty", 1, least=1, most=9999)
    if item not in items:
        row.fault("item", f"'{item[:20]}' is not among the file's [[swap]] tables")
    row.close()
    return item, quantity


def _offer(row: Table, goods: Mapping[str, Table], currency: str, zone: str) -> Offer:
    item, product = row.text("item"), row.text("product")
    if product not in goods:
        row.fault("product", f"'{product[:20]}' is not among the file's [[product]] tables")
    starts, ends = row.local_time("from"), row.local_time("to")
    offer = Offer(
        item=item,
        product=product,
        name=goods[product].text("name") if product in goods else item,
        points=row.whole("points", least=1),
        price_minor=row.amount("price", currency, "0"),
        stock=row.whole("stock") if "stock" in row else None,
        starts=None if starts is None else moments.from_local(starts, zone),
        ends=None if ends is None else moments.from_local(ends + _rest_of_day(row, "to"), zone),
        tiers=row.texts("tiers"),
        per_account_per_day=row.whole("per_account_per_day") if "per_account_per_day" in row else None,
    )
    row.close()
    return offer


def _rest_of_day(row: Table, key: str) -> timedelta:
    """A date without a time means the whole of that day."""
    return timedelta(days=0 if isinstance(row.data.get(key), datetime) else 1)


def _expectations(row: Table, currency: str) -> dict[str, Any]:
    """What a step expects; money in minor units."""
    expect: dict[str, Any] = {}
    for key in row.data:
        if key in NUMBERS:
            expect[key] = row.whole(key, least=-(10**12))
        elif key in MONEY:
            expect[key] = row.amount(key, currency)
        elif key in WORDS:
            expect[key] = row.text(key)
        elif key == "notices":
            expect[key] = row.texts(key)
        elif key == "also":
            expect[key] = [_also(other) for other in row.tables("also")]
        else:
            row.fault(key, f"cannot be expected; possible: {', '.join(EXPECTED)}")
    return expect


def _also(row: Table) -> dict[str, Any]:
    wanted: dict[str, Any] = {"card": row.text("card")}
    for key in row.data:
        if key in ("balance", "pending", "expired"):
            wanted[key] = row.whole(key, least=-(10**12))
        elif key in ("state", "tier"):
            wanted[key] = row.text(key)
    row.close()
    return wanted
