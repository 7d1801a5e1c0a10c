"""A demo shop: invented members, goods, board and staff, so that the till can be tried without any of them.

Its staff sign in with PINs that everybody may know, so nothing real is ever kept in it.
"""

import random
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources import files
from itertools import chain, count, islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from db.store import Person, Snapshot, Staff, Store, StoreTrouble
from pos_app.loyalty import cards as card_numbers
from pos_app.loyalty import moments
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.ledger import CardState, Ledger, Link, Lot, key
from pos_app.settings import Settings

if TYPE_CHECKING:
    from pos_app.demo_club import Shown

ZONE = "Europe/Sofia"
SHOP_LINES = ("КООП, магазин 12", "с. Горно Поле, ул. Първа 5")
PINS = {"violeta": "1234", "stoyan": "2580", "radka": "9173"}
"""The PINs of the demo staff by their ids; shown on the log-in screen, in the demo only."""

SheetKind = Literal[
    "client", "cooperator", "family", "waiting", "blocked", "unknown", "own_brand", "goods", "weighed", "coupon",
    "order", "staff",
]  # fmt: skip
HOME = "coop-bg"
"""The programme of the demo shop that is made by the thousand; those of the others are in `demo_club`."""


class Sample(Struct, frozen=True):
    """A barcode to click: its code, what stands below it, and what it shows."""

    code: str
    name: str
    kind: SheetKind


_SHEET = "demo.sheet"
_FIRST_BLOCK = 1000
"""Demo cards come from blocks that no till draws from."""
_GOODS_PREFIX = "3809"
_STAFF_PREFIX = "28"
_PROGRESS_EACH = 100_000
_FAMILY = 3
_FAMILY_EACH = 50
"""Every 50th card begins a family of three."""
_CARD_PRICE_EACH, _CARD_PRICE_AT = 40, 30
_WAITING = (60, 10)
_BLOCKED = (120, 25)
_COOPERATOR = (7, 5)
"""(each, at): the cards whose place in the order leaves the rest `at` when divided by `each`."""


def ensure_demo(folder: Path, programme: str = HOME) -> dict[str, str]:
    """The demo staff's PINs by their ids; the demo shop of a programme is made where there is none yet.

    Raises StoreTrouble `exists` where a till that is no demo has worked.
    """
    if programme != HOME:
        return _ensure_club(folder, programme)
    try:
        store = Store.open(folder, ZONE, read_only=True)
    except StoreTrouble:
        return _make(folder)  # what is really wrong with it shows when it is opened for writing
    try:
        if store.meta(_SHEET) is not None:
            return dict(PINS)
        if next(iter(store.facts()), None) is not None:
            raise StoreTrouble("exists", folder)
    finally:
        store.close()
    return _make(folder)  # one that was not finished


def _ensure_club(folder: Path, programme: str) -> dict[str, str]:
    from pos_app import demo_club

    if not (folder / "journal.db").exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        demo_club.make(folder, programme, PINS, _keep_club, now=time.time_ns() // 1_000_000)
        return dict(PINS)
    store = Store.open(folder, ZONE, read_only=True)
    try:
        if store.meta(_SHEET) is None:
            raise StoreTrouble("exists", folder)
    finally:
        store.close()
    return dict(PINS)


def _keep_club(store: Store, shown: "list[Shown]") -> None:
    stranger = card_numbers.card_number(store.identity.card_key, card_numbers.SPACE - 1)
    sheet = [Sample(one.code, one.name, one.kind) for one in shown]
    _keep_sheet(store, [*sheet, Sample(str(stranger), "?", "unknown")])


def _keep_sheet(store: Store, sheet: list[Sample]) -> None:
    store.set_meta(_SHEET, msgspec.json.encode(sheet).decode())


def settings_of(programme: str) -> Settings:
    """What the till of a demo shop is set to."""
    if programme == HOME:
        return Settings(shop_lines=SHOP_LINES)
    from pos_app import demo_club

    return demo_club.settings_of(programme)


def make_demo(
    folder: Path,
    cards: int = 200,
    goods: int = 2000,
    seed: int = 1,
    now: int | None = None,
    progress: Callable[[str], object] | None = None,
) -> dict[str, str]:
    """Make a demo shop with so many cards and goods in `folder`, as of `now` or this moment; tells the staff's PINs.

    The same seed gives the same people and goods; card numbers follow the till's own secret. Raises StoreTrouble,
    such as `exists` where there is a till's store already.
    """
    if Store.exists(folder):
        raise StoreTrouble("exists", folder)
    return _make(folder, cards, goods, seed, now, progress)


def _make(
    folder: Path,
    cards: int = 200,
    goods: int = 2000,
    seed: int = 1,
    now: int | None = None,
    progress: Callable[[str], object] | None = None,
) -> dict[str, str]:
    tell = progress or (lambda sentence: None)
    now = time.time_ns() // 1_000_000 if now is None else now
    chance, parts = random.Random(seed), _parts_of_a_shop()
    store = Store.open(folder, ZONE)
    try:
        numbers = _card_numbers(store.identity.card_key, cards, tell)
        shelf = list(islice(_goods(chance, parts), goods))
        members = _Members(chance, parts, numbers, now)
        with Snapshot(folder) as snapshot:
            snapshot.add(_told(members.accounts(), cards, tell))
            tell(f"goods {len(shelf)}")
            snapshot.replica.put_products(shelf)
            snapshot.replica.put_offers(_board(shelf, now))
            staff = _staff(numbers)
            snapshot.replica.put_staff(staff)
            tell("the index of the look-up")
        store.reload_replica()
        sheet = [*members.samples.values(), *_goods_samples(shelf), *_staff_samples(staff)]
        stranger = card_numbers.card_number(store.identity.card_key, card_numbers.SPACE - 1)
        sheet.append(Sample(str(stranger), "?", "unknown"))
        _keep_sheet(store, sheet)
    finally:
        store.close()
    return dict(PINS)


def demo_sheet(store: Store) -> list[Sample]:
    """Codes of cards, goods and staff of the demo shop, to be clicked; none in any other shop."""
    return msgspec.json.decode(store.meta(_SHEET) or "[]", type=list[Sample])


def _parts_of_a_shop() -> dict[str, Any]:
    return tomllib.loads(files("pos_app").joinpath("demo_shop.toml").read_text("utf-8"))


# -- members


def _card_numbers(secret: bytes, total: int, tell: Callable[[str], object]) -> list[int]:
    first = _FIRST_BLOCK * card_numbers.BLOCK_SIZE
    numbers = []
    for index in range(total):
        if index % _PROGRESS_EACH == 0 and index:
            tell(f"card numbers {index} of {total}")
        numbers.append(card_numbers.card_number(secret, first + index))
    return sorted(numbers)


def _told(
    accounts: Iterator[tuple[Ledger, list[Person]]], total: int, tell: Callable[[str], object]
) -> Iterator[tuple[Ledger, list[Person]]]:
    done = 0
    for account in accounts:
        yield account
        before, done = done, done + len(account[1])
        if before // _PROGRESS_EACH != done // _PROGRESS_EACH:
            tell(f"cards {done} of {total}")


class _Members:
    """Invented people with their accounts, and a sample of every kind for the sheet of barcodes."""

    def __init__(self, chance: random.Random, parts: dict[str, Any], numbers: list[int], now: int) -> None:
        self.samples: dict[str, Sample] = {}
        self._women, self._men, self._surnames = parts["women"], parts["men"], parts["surnames"]
        self._chance = chance
        self._numbers = numbers
        self._now = now

    def accounts(self) -> Iterator[tuple[Ledger, list[Person]]]:
        """An opening ledger for each household, with its people, in the order of their cards."""
        place = 0
        while place < len(self._numbers):
            size = _FAMILY if place % _FAMILY_EACH == 0 else 1
            household = self._numbers[place : place + size]
            surname = self._chance.choice(self._surnames)
            state = Ledger(ZONE)
            people = [self._join(state, place + nth, card, surname) for nth, card in enumerate(household)]
            for other in household[1:]:
                state.links[key(_fact_id(other), 0)] = Link((household[0], other), (household[0], other))
            yield state, people
            place += len(household)

    def _join(self, state: Ledger, place: int, card: int, surname: str) -> Person:
        """Give a card with an account of its own to somebody new."""
        chance, joined = self._chance, self._now - self._chance.randrange(30, 1500) * 24 * moments.HOUR
        kind = "cooperator" if _falls(place, _COOPERATOR) else "client"
        status: Literal["given", "blocked"] = "given"
        active_from, points = joined + 24 * moments.HOUR, chance.choice((0, 12, 40, 85, 130, 260, 410, 900))
        shown: SheetKind = (
            "family" if place % _FAMILY_EACH < _FAMILY else "cooperator" if kind == "cooperator" else "client"
        )
        if _falls(place, _WAITING):
            active_from, points, shown = self._now + 20 * moments.HOUR, 0, "waiting"
        elif _falls(place, _BLOCKED):
            status, shown = "blocked", "blocked"
        state.cards[card] = CardState(card, card, active_from, status)
        state.kinds[card] = kind
        if points:
            points += chance.randrange(10)
            state.lots[key(_fact_id(card), 0)] = Lot(card, points, points, credited=active_from, open=True)
        name = self._name(surname)
        self._show(Sample(str(card), name, shown))
        return Person(card, name, f"08{chance.randrange(7, 10)}{chance.randrange(10**7):07d}")

    def _name(self, surname: str) -> str:
        if self._chance.randrange(20) < 11:
            return f"{self._chance.choice(self._women)} {surname}а"
        return f"{self._chance.choice(self._men)} {surname}"

    def _show(self, sample: Sample) -> None:
        """Keep the first ones of every kind for the sheet."""
        most = _FAMILY if sample.kind == "family" else 2
        if sum(other.kind == sample.kind for other in self.samples.values()) < most:
            self.samples[sample.code] = sample


def _falls(place: int, pattern: tuple[int, int]) -> bool:
    each, at = pattern
    return place % each == at


def _fact_id(card: int) -> bytes:
    """The id that an opening balance's lots and links are kept under."""
    return card.to_bytes(16, "big")


# -- goods


class _Kind(NamedTuple):
    name: str
    variants: list[str]
    sizes: list[str]
    price_minor: int


def _goods(chance: random.Random, parts: dict[str, Any]) -> Iterator[Product]:
    """Invented goods with valid codes: first those of the brands, in a mixed order, then those of small makers."""
    categories = parts["category"]
    branded = [item for category in categories for item in _of_brands(category, category["brands"])]
    chance.shuffle(branded)
    local = (
        item
        for round_ in count(1)
        for town, category in product(parts["towns"], categories)
        for item in _of_brands(category, [f"{category['maker']} {town}" + (f" {round_}" if round_ > 1 else "")])
    )
    for number, (category, brand, kind, variant, size) in enumerate(chain(branded, local), 1):
        body = f"{_GOODS_PREFIX}{number:08d}"
        price_minor = _price(chance, kind, size, own=brand == parts["own_brand"])
        yield Product(
            f"{body}{card_numbers.check_digit(body)}",
            " ".join(part for part in (kind.name, variant, brand, size) if part),
            price_minor,
            brand,
            category["name"],
            bool(category.get("weighed")),
            _card_price(number, price_minor),
        )


def _of_brands(category: dict[str, Any], brands: list[str]) -> Iterator[tuple[dict[str, Any], str, _Kind, str, str]]:
    for brand, line in product(brands, category["kinds"]):
        kind = _kind(line)
        for variant, size in product(kind.variants, kind.sizes):
            yield category, brand, kind, variant, size


def _kind(line: str) -> _Kind:
    name, variants, sizes, price = (part.strip() for part in line.split("|"))
    return _Kind(name, _parts(variants), _parts(sizes), int(price))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]


def _price(chance: random.Random, kind: _Kind, size: str, *, own: bool) -> int:
    """A price in cents that ends in 5 or 9; more of the same costs less than as much more, the own brand less."""
    price = kind.price_minor * chance.randrange(90, 125) // 100
    if size:
        price = price * (_amount(size) + _amount(kind.sizes[0]) // 4) * 4 // (_amount(kind.sizes[0]) * 5)
    if own:
        price = price * 85 // 100
    return price - price % 10 + chance.choice((5, 9))


def _card_price(number: int, price_minor: int) -> int | None:
    """Some goods cost card holders less (K12)."""
    return price_minor - price_minor // 10 if number % _CARD_PRICE_EACH == _CARD_PRICE_AT else None


def _amount(size: str) -> int:
    """A size such as "1,5 л" in thousandths of its unit, grams and millilitres in whole ones."""
    number, unit = size.split(" ")
    return int(float(number.replace(",", ".")) * (1000 if unit in ("кг", "л") else 1))


# -- board, staff, sheet


def _board(shelf: list[Product], now: int) -> list[Offer]:
    """A dozen things of the own brand for points: some scarce, one with money on top, one a day, one that ends."""
    own = [item for item in shelf if item.brand == "КООП" and not item.weighed and item.price_minor < 1500]
    offers = []
    for place, item in enumerate(sorted(own[:12], key=lambda item: item.price_minor)):
        offers.append(
            Offer(
                f"R{place + 1:02d}",
                item.code,
                item.name,
                points=max(20, item.price_minor * 2 // 5 - item.price_minor * 2 // 5 % 5),
                price_minor=50 if place == 9 else 0,
                stock=(None, 40, 3)[place % 3],
                ends=now + 90 * 24 * moments.HOUR if place == 10 else None,
                per_account_per_day=1 if place == 0 else None,
            )
        )
    return offers


def _staff(numbers: list[int]) -> list[Staff]:
    from pos_app.sign_in import hash_pin

    own = numbers[_FAMILY] if len(numbers) > _FAMILY else None
    people: tuple[tuple[str, str, Literal["cashier", "manager"], int | None], ...] = (
        ("violeta", "Виолета Христова", "cashier", own),
        ("stoyan", "Стоян Колев", "cashier", None),
        ("radka", "Радка Юрукова", "manager", None),
    )
    return [
        Staff(id_, name, role, hash_pin(PINS[id_]), _staff_card(place), own_card)
        for place, (id_, name, role, own_card) in enumerate(people, 1)
    ]


def _staff_card(place: int) -> str:
    body = f"{_STAFF_PREFIX}{place:010d}"
    return f"{body}{card_numbers.check_digit(body)}"


def _goods_samples(shelf: list[Product]) -> Iterator[Sample]:
    """A few goods of the own brand, of other brands, and weighed ones."""
    kinds: tuple[tuple[SheetKind, int, Callable[[Product], bool]], ...] = (
        ("own_brand", 5, lambda item: item.brand == "КООП" and not item.weighed),
        ("goods", 5, lambda item: item.brand != "КООП" and not item.weighed),
        ("weighed", 3, lambda item: item.weighed),
    )
    for kind, most, fits in kinds:
        for item in islice(filter(fits, shelf), most):
            yield Sample(item.code, item.name, kind)


def _staff_samples(staff: list[Staff]) -> Iterator[Sample]:
    for one in staff:
        yield Sample(one.card, one.name, "staff")
