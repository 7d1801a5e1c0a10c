"""A rehearsal file: a programme's conditions as steps that can be played, decoded and checked before anything runs."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from pos_app import shipped
from pos_app.loyalty import moments, tables
from pos_app.loyalty.basket import REDUCTIONS, Offer, Product
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.crediting import MEANS
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.money import Ratio, line_amount_minor
from pos_app.loyalty.programme import CHANNELS, Programme
from pos_app.loyalty.tables import Table

NUMBERS = ("earned", "spent", "balance", "pending", "cancelled", "expired", "usable_points", "entries")
MONEY = ("to_pay", "discount", "saved", "delivery", "code_value")
WORDS = ("state", "refused", "tier")
ALSO_NUMBERS = ("earned", "spent", "balance", "pending", "cancelled", "expired")
_ALSO = ("card", *ALSO_NUMBERS, "state", "tier", "tier_until", "benefits")
EXPECTED = (*NUMBERS, *MONEY, *WORDS, "tier_until", "benefits", "notices", "also")
"""What a step can expect."""

SALE_KEYS = (
    "card", "lines", "email", "channel", "delivery", "free_delivery_method", "coupon", "use_points", "swap", "paid_by",
    "fulfilled", "dated", "cashier",
)  # fmt: skip
VERBS: dict[str, tuple[str, ...]] = {
    "enrol": ("card", "number", "kind", "name", "phone", "email", "birthday", "invited_by", "terms"),
    "activate": ("card",),
    "accept_cooperator": ("card",),
    "verify_phone": ("card",),
    "complete_profile": ("card",),
    "review": ("card", "product"),
    "sale": ("sale", *SALE_KEYS),
    "quote": SALE_KEYS,
    "fulfil": ("sale",),
    "pay": ("sale",),
    "cancel": ("sale",),
    "return": ("sale", "lines"),
    "voucher": ("card", "points", "as"),
    "merge": ("holder", "cards"),
    "split": ("card",),
    "leave": ("card",),
    "block": ("card", "reason"),
    "replace": ("card", "as"),
    "request": ("card", "benefit", "as", "order", "due", "plan"),
    "decide": ("request", "outcome", "reason"),
    "adjust": ("card", "points", "reason"),
    "draw": ("draw", "seed", "winners"),
    "look": ("card", "sale", "draw", "request"),
}
"""The verbs, each with its keys."""
_NEEDED = {
    "enrol": ("card",), "sale": ("sale", "lines"), "quote": ("lines",), "return": ("sale",), "block": ("card",),
    "request": ("card", "benefit", "as"), "decide": ("request", "outcome"), "look": (),
}  # fmt: skip
"""What a verb needs, where that is not all of its keys."""
_CHOICES = {"channel": CHANNELS, "paid_by": MEANS, "outcome": ("approved", "refused")}
_SEED_MOST = 200
SIZE_MOST = 450_000
"""How many bytes a rehearsal may have: more than two thousand steps. Larger ones could need too much memory."""


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
    products: tuple[Product, ...]
    offers: tuple[Offer, ...]
    coupons: tuple[Coupon, ...]
    steps: tuple[Step, ...]


def load(path: Path, programme_of: Callable[[str, Path], Programme]) -> Rehearsal:
    """The rehearsal in a file; raises FileFault with all that is wrong with it."""
    try:
        content = shipped.beginning(path, SIZE_MOST)
    except OSError as error:
        raise FileFault(str(path), [f"cannot be read: {error.strerror}"]) from error
    table = tables.read(content, str(path), SIZE_MOST)
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
    products = []
    for row in goods.values():
        products.append(_product(row, currency))
        row.close()
    coupons = tuple(_coupon(row, currency, programme.zone) for row in _by(table, "coupon", "code").values())
    offers = tuple(_offer(row, goods, currency, programme.zone) for row in swaps.values())
    table.close()
    table.check(file)
    return Rehearsal(file, title, programme, tuple(products), offers, coupons, steps)


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
    currency = clock.programme.version_at(moment).currency
    values: dict[str, Any] = {}
    for key in VERBS[do]:
        if key in row or key in _NEEDED.get(do, VERBS[do]):
            _read_value(row, key, values, currency)
    kinds = [kind.id for kind in clock.programme.kinds]
    if values.get("kind", kinds[0]) not in kinds:
        row.fault("kind", f"'{values['kind'][:20]}' is no kind of member; possible: {', '.join(kinds)}")
    dated = values.get("dated")
    if dated is not None and moments.from_local(dated, clock.programme.zone) > moment:
        row.fault("dated", "lies after the step; a past purchase was made before it is entered")
    if do == "look" and not values:
        row.fault("card", "is missing; a look needs 'card', 'sale', 'draw' or 'request'")
    lines = None
    if "lines" in VERBS[do] and "lines" in row:
        lines = tuple(_line(line, goods, currency, do) for line in row.tables("lines"))
    swaps = tuple(_swap(swap, items) for swap in row.tables("swap")) if "swap" in VERBS[do] else ()
    expect = _expectations(row.table("expect"), currency) if "expect" in row else {}
    row.may(*VERBS[do], "at", "after", "expect")
    row.close()
    return Step(n, moment, do, values, lines, swaps, expect)


def _read_value(row: Table, key: str, values: dict[str, Any], currency: str) -> None:
    if key in ("lines", "swap"):
        if key not in row:
            row.fault(key, 'is missing; it must be a list such as [{product = "...", qty = 1}], or []')
    elif key == "cards":
        values[key] = row.texts(key)
        if not values[key]:
            row.fault(key, "is missing; it must be a list of cards")
    elif key == "coupon":
        values[key] = row.texts(key) if isinstance(row.data[key], list) else (row.name(key),)
    elif key == "use_points":
        values[key] = _use_points(row)
    elif key == "points":
        values[key] = row.whole(key, least=-(10**9), most=10**9)
    elif key == "winners":
        values[key] = row.whole(key, least=1, most=10**6)
    elif key == "seed":
        values[key] = _seed(row)
    elif key in ("fulfilled", "free_delivery_method"):
        values[key] = row.flag(key)
    elif key == "delivery":
        values[key] = row.amount(key, currency, least=0)
    elif key == "birthday" and not isinstance(row.data.get(key), str):
        values[key] = row.birthday(key)
    elif key in ("dated", "due"):
        values[key] = row.local_time(key)
    elif key in _CHOICES:
        values[key] = row.choice(key, _CHOICES[key])
    else:
        values[key] = row.text(key)


def _use_points(row: Table) -> int | str:
    if isinstance(row.data["use_points"], str):
        return row.choice("use_points", ("max", "auto"))
    return row.whole("use_points", most=10**9)


def _seed(row: Table) -> str:
    """The seed of a draw: a text or a whole number."""
    value = row.data.get("seed")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(row.whole("seed", least=-(10**18), most=10**18))
    text = row.text("seed")
    if len(text) > _SEED_MOST:
        row.fault("seed", f"is longer than {_SEED_MOST} letters")
    return text


def _product(row: Table, currency: str) -> Product:
    row.may("card_price")
    return Product(
        code=row.text("code"),
        name=row.text("name"),
        price_minor=row.amount("price", currency, least=0),
        brand=row.text("brand", ""),
        category=row.text("category", ""),
        weighed=True,
        card_price_minor=row.amount("card_price", currency, least=0) if "card_price" in row else None,
        points=row.whole("points", 0, most=10**6),
        excluded_from=_excluded(row),
    )


def _excluded(row: Table) -> tuple[str, ...]:
    excluded = row.texts("excluded_from")
    for name in excluded:
        if name not in REDUCTIONS:
            row.fault("excluded_from", f"{name[:20]!r} is not possible; possible: {', '.join(REDUCTIONS)}")
    return excluded


def _coupon(row: Table, currency: str, zone: str) -> Coupon:
    starts, ends = row.local_time("from"), row.local_time("to")
    row.may("amount", "percent")
    if ("amount" in row) == ("percent" in row):
        row.fault("amount", "or 'percent': a coupon has one of them")
    coupon = Coupon(
        code=row.name("code").upper(),
        amount_minor=row.amount("amount", currency, "0", least=0),
        share=_percent(row) if "percent" in row else None,
        kind=row.text("kind", ""),
        combinable=row.flag("combinable", False),
        starts=None if starts is None else moments.from_local(starts, zone),
        ends=None if ends is None else moments.from_local(ends + _rest_of_day(row, "to"), zone),
        single_use=row.flag("single_use", False),
    )
    row.close()
    return coupon


def _percent(row: Table) -> Ratio:
    """A percentage, as a whole number or a decimal string, as a share."""
    value = row.data.get("percent")
    if isinstance(value, int) and not isinstance(value, bool):
        return Ratio(row.whole("percent", least=1, most=100), 100)
    ratio = row.ratio("percent")
    if ratio.numerator > 100 * ratio.denominator:
        row.fault("percent", "is more than 100")
    return Ratio(ratio.numerator, 100 * ratio.denominator)


def _line(row: Table, goods: Mapping[str, Table], currency: str, do: str) -> StepLine:
    code = row.text("product")
    quantity_milli = row.quantity("qty")
    row.may(*(("price", "discount") if do != "return" else ()))
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
        elif key == "tier_until":
            expect[key] = row.local_time(key)
        elif key in ("notices", "benefits"):
            expect[key] = row.texts(key)
        elif key == "also":
            expect[key] = [_also(other) for other in row.tables("also")]
        else:
            row.fault(key, f"cannot be expected; possible: {', '.join(EXPECTED)}")
    return expect


def _also(row: Table) -> dict[str, Any]:
    wanted: dict[str, Any] = {"card": row.text("card")}
    row.may(*_ALSO)
    for key in row.data:
        if key in ALSO_NUMBERS:
            wanted[key] = row.whole(key, least=-(10**12))
        elif key in ("state", "tier"):
            wanted[key] = row.text(key)
        elif key == "tier_until":
            wanted[key] = row.local_time(key)
        elif key == "benefits":
            wanted[key] = row.texts(key)
    row.close()
    return wanted
