"""Demo shops of the other programmes: invented members whose points, tiers, orders, codes and requests are real facts.

Everything that a member has came about as at a real till, by the use cases, on the days when it happened.
"""

import random
import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from db.store import NewFact, Staff, Store, StoreTrouble
from pos_app import shipped, texts
from pos_app.desk import Desk
from pos_app.loyalty import cards, moments, quote
from pos_app.loyalty.basket import Basket, Line, Product
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import SaleCompleted, Tender
from pos_app.loyalty.money import parse_amount
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.slip import slip_code, slip_text
from pos_app.settings import Settings
from pos_app.sign_in import hash_pin
from pos_app.till import Till

_DAY_MS = 24 * moments.HOUR
_MEMBERS = 30
_SHOWN_MEMBERS = 8
_INVITED_EACH = 3
_OPEN_MIN, _CLOSED_MIN = 8 * 60, 20 * 60
_MAKING = "making"
_STAFF_IDS = ("violeta", "stoyan", "radka")
_STAFF_PREFIX = "28"

Deed = Callable[[], object]


class Shelf(NamedTuple):
    """The goods of a demo shop, those that the sheet shows apart, and its coupons."""

    goods: list[Product]
    weighed: list[Product]
    coupons: list[Coupon]


class Shown(NamedTuple):
    """Something for the sheet of barcodes: its code, what stands below it, its kind."""

    code: str
    name: str
    kind: Literal["client", "goods", "weighed", "staff", "coupon", "order"]


def parts_of(programme: str) -> dict[str, Any]:
    """The demo shop of a programme as its file tells it."""
    return tomllib.loads(files("pos_app").joinpath(f"demo_{programme}.toml").read_text("utf-8"))


def settings_of(programme: str) -> Settings:
    """The settings of that demo shop: the programme's language, and the shop's lines."""
    parts = parts_of(programme)
    return Settings(language=parts["language"], programme=programme, shop_lines=tuple(parts["shop_lines"]))


def make(
    folder: Path, programme: str, pins: dict[str, str], mark: Callable[[Store, list[Shown]], object],
    *, seed: int = 1, now: int,
) -> None:  # fmt: skip
    """Make the demo shop of a shipped programme in `folder` as of `now`; `mark` keeps its sheet.

    It is made in a folder inside and moved when it is whole. Raises StoreTrouble `exists` where a till has worked.
    """
    making = folder / _MAKING
    shutil.rmtree(making, ignore_errors=True)
    rules = shipped.programme(programme)
    store = Store.open(making, rules.zone, statutes=rules.statutes, lasting=False)
    try:
        store.keep_pack(rules.pack, shipped.content(programme))
        story = _Story(store, rules, parts_of(programme), pins, random.Random(seed), now)
        story.play()
        mark(store, story.sheet())
        store.checkpoint()
    finally:
        store.close()
    if (folder / "journal.db").exists():
        raise StoreTrouble("exists", folder)
    for file in sorted(making.iterdir(), key=lambda path: path.name.startswith("journal")):
        file.replace(folder / file.name)
    making.rmdir()


class _Story:
    """What happened in a demo shop: people join, buy, ask for things, in the order of their days."""

    def __init__(
        self,
        store: Store,
        programme: Programme,
        parts: dict[str, Any],
        pins: dict[str, str],
        chance: random.Random,
        now: int,
    ) -> None:
        self._store = store
        self._parts = parts
        self._plot = parts["story"]
        self._chance = chance
        self._end = now
        self._moment = now
        self._zone = programme.zone
        self._currency = programme.version_at(now).currency
        self._shelf = _shelf(parts, self._currency)
        self._staff = _staff(parts, pins)
        store.replica.put_products([*self._shelf.goods, *self._shelf.weighed])
        store.replica.put_coupons(self._shelf.coupons)
        store.replica.put_staff(self._staff)
        words = texts.words_of(programme, parts["language"])
        self._till = Till(store, programme, settings_of(programme.id), words, lambda: self._moment)
        self._desk = Desk(store, programme, lambda: self._moment, lambda: _STAFF_IDS[0])
        self._cards: list[int] = []
        self._orders: list[int] = []
        self._days: list[tuple[int, int, Deed]] = []

    def play(self) -> None:
        """Let everything happen; what the rules refuse does not."""
        for number in range(_MEMBERS):
            self._plan_member(number)
        self._till.sign_in.staff = self._staff[0]
        for moment, _, deed in sorted(self._days, key=lambda day: day[:2]):
            self._moment = moment
            try:
                deed()
            except Refusal:
                continue

    def sheet(self) -> list[Shown]:
        """What can be scanned: members of every standing, goods, staff, coupons, orders that are still open."""
        shown = [Shown(str(one.card), one.name, "client") for one in self._shown_members()]
        shown += [Shown(one.code, one.name, "goods") for one in self._shelf.goods[:10]]
        shown += [Shown(one.code, one.name, "weighed") for one in self._shelf.weighed[:3]]
        shown += [Shown(one.code, one.code, "coupon") for one in self._shelf.coupons]
        shown += [Shown(slip_code(slip), slip_text(slip), "order") for slip in self._orders[-2:]]
        return shown + [Shown(one.card, one.name, "staff") for one in self._staff]

    def _shown_members(self) -> list[Customer]:
        """The richest of every standing first, then others, the richest first."""
        members = [self._store.customer(card, self._end) for card in self._cards]
        members.sort(key=lambda member: -member.balance)
        first: dict[tuple[str | None, bool], Customer] = {}
        for member in members:
            first.setdefault((member.tier, member.pending > 0), member)
        others = [member for member in members if member not in first.values()]
        return [*first.values(), *others][:_SHOWN_MEMBERS]

    # -- what is planned for a member

    def _plan_member(self, number: int) -> None:
        chance, plot = self._chance, self._plot
        past = int(plot.get("past_days", 400))
        joined = self._end - chance.randrange(20, past) * _DAY_MS
        names = self._parts["women"] if chance.randrange(2) else self._parts["men"]
        name = f"{chance.choice(names)} {chance.choice(self._parts['surnames'])}"
        phone = f"09{chance.randrange(10**9):09d}"
        inviter = number // _INVITED_EACH if number % _INVITED_EACH == 1 else None
        at = len(self._cards)
        self._cards.append(0)
        self._plan(joined, lambda: self._join(at, name, phone, inviter))
        if plot.get("profile") and chance.randrange(3):
            self._plan(joined + _DAY_MS, lambda: self._desk.complete_profile(self._cards[at]))
        least, most = plot["visits"]
        for _ in range(round(least + (most - least) * chance.random() ** 2)):
            self._plan(chance.randrange(joined + _DAY_MS, self._end), lambda: self._buy(at))
        for moment in (self._end - 2 * _DAY_MS, self._end - _DAY_MS):
            if plot.get("codes") and chance.randrange(4) == 0:
                self._plan(moment, lambda: self._make_code(at))
            if plot.get("requests") and chance.randrange(3) == 0:
                self._plan(moment, lambda: self._request(at))

    def _plan(self, moment: int, deed: Deed) -> None:
        """Something on the day of a moment, while the shop is open."""
        day = moments.to_local(moment, self._zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        opened = day + timedelta(minutes=self._chance.randrange(_OPEN_MIN, _CLOSED_MIN))
        self._days.append((min(moments.from_local(opened, self._zone), self._end), len(self._days), deed))

    def _join(self, at: int, name: str, phone: str, inviter: int | None) -> None:
        invited_by = self._cards[inviter] if inviter is not None else 0
        card = self._desk.enrol(name=name, phone=phone, invited_by=invited_by or None).card
        self._cards[at] = card
        self._desk.confirm_phone(card)

    def _buy(self, at: int) -> None:
        """A basket like those that people have, written down without a slip to print."""
        till, chance, plot = self._till, self._chance, self._plot
        wanted = [one for one in self._shelf.goods if plot.get("category", one.category) == one.category]
        least, most = plot["pieces"]
        bought = chance.sample(wanted, min(len(wanted), chance.randint(least, most)))
        means = chance.choice(plot.get("means", ["cash", "card"]))
        is_open = self._end - self._moment < plot.get("open_days", 0) * _DAY_MS
        basket = Basket(
            tuple([Line(one, price_minor=one.price_minor) for one in bought]),
            card=self._cards[at] or None,
            channel=plot.get("channel", "store"),
            means=means,
            fulfilled=not is_open,
        )
        till.basket = basket
        quoted = till.quote()
        if quoted.usable is not None and quoted.usable.points and chance.randrange(6) == 0:
            till.basket = replace(basket, use_points="max")
            quoted = till.quote()
        body = quote.completed(quoted, self._store.next_slip(), (Tender(means, quoted.to_pay_minor),))
        [sale, *_] = till.record([NewFact(body, till.now())], (), Basket())
        if is_open:
            assert isinstance(sale.body, SaleCompleted)
            self._orders.append(sale.body.slip)
        elif plot.get("reviews") and chance.randrange(4) == 0:
            self._desk.review(self._cards[at], bought[0].code)

    def _make_code(self, at: int) -> None:
        rule = self._till.version.codes
        balance = self._store.customer(self._cards[at], self._moment).balance
        assert rule is not None
        affordable = [line.points for line in rule.table if line.points <= balance]
        if affordable:
            self._desk.make_code(self._cards[at], max(affordable))

    def _request(self, at: int) -> None:
        """Some benefit is asked for; about every second request is decided at once."""
        asked = [benefit for benefit in self._desk.benefits_of(self._cards[at]) if benefit.asked]
        if not asked:
            return
        fact = self._desk.ask(self._cards[at], self._chance.choice(asked).id, due=self._end + 20 * _DAY_MS)
        if self._chance.randrange(2):
            self._desk.decide(fact, "approved")


def _shelf(parts: dict[str, Any], currency: str) -> Shelf:
    numbers = iter(range(1, 10_000))
    goods = [_product(line, next(numbers), parts["prefix"], currency) for line in parts["goods"]]
    weighed = [_product(line, next(numbers), parts["prefix"], currency, weighed=True) for line in parts["weighed"]]
    return Shelf(goods, weighed, list(_coupons(parts, currency)))


def _product(line: str, number: int, prefix: str, currency: str, *, weighed: bool = False) -> Product:
    name, price, category, *points = (part.strip() for part in line.split("|"))
    body = f"{prefix}{number:08d}"
    return Product(
        f"{body}{cards.check_digit(body)}",
        name,
        parse_amount(price, currency),
        category=category,
        weighed=weighed,
        points=int(points[0]) if points else 0,
    )


def _coupons(parts: dict[str, Any], currency: str) -> Iterator[Coupon]:
    for line in parts["coupons"]:
        code, amount, *rest = (part.strip() for part in line.split("|"))
        yield Coupon(code, parse_amount(amount, currency), combinable=bool(rest))


def _staff(parts: dict[str, Any], pins: dict[str, str]) -> list[Staff]:
    staff = []
    for place, (id_, name) in enumerate(zip(_STAFF_IDS, parts["staff"], strict=True), 1):
        body = f"{_STAFF_PREFIX}{place:010d}"
        role: Literal["cashier", "manager"] = "manager" if place == len(_STAFF_IDS) else "cashier"
        staff.append(Staff(id_, name, role, hash_pin(pins[id_]), f"{body}{cards.check_digit(body)}"))
    return staff
