"""Goods, offers, coupons, staff and members as CSV files with a head; a row is taken or refused with its reasons."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from db.records import Staff
from db.replica import canonical
from pos_app.loyalty import cards, moments, money
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.enrolment import Form, birthday, faults
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme

Sheet = Literal["goods", "offers", "coupons", "staff", "members"]
SHEETS: tuple[Sheet, ...] = get_args(Sheet)
SIZE_MOST = 512 * 2**20
POINTS_MOST = 10**12

_COLUMNS: dict[Sheet, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "goods": (("code", "name", "price"), ("brand", "category", "weighed", "card_price", "points", "excluded_from")),
    "offers": (
        ("item", "product", "name", "points"),
        ("price", "stock", "starts", "ends", "tiers", "per_account_per_day"),
    ),
    "coupons": (("code",), ("amount", "percent", "kind", "combinable", "starts", "ends", "single_use")),
    "staff": (("id", "name", "role"), ("pin", "card", "own_card")),
    "members": (("card", "name", "phone"), ("email", "birthday", "language", "kind", "points")),
}
"""The columns that each sheet must have, and those that it may have."""
_OF_PERSON = ("name", "phone", "email", "birthday", "language")
_YES, _NO = ("yes", "y", "1", "true", "да", "da", "بله"), ("", "no", "n", "0", "false", "не", "ne", "نه")


class Refused(NamedTuple):
    """A row that cannot be taken: its number in the file (the head is row 1), what it is of, and why."""

    row: int
    what: str
    why: str


class Member(NamedTuple):
    """A member of another system, with the card that is in the member's hands and the points on it."""

    card: int
    name: str
    phone: str
    email: str
    birthday: str
    language: str
    kind: str
    points: int


class Read(NamedTuple):
    """What a sheet holds, by key, the rows that are refused, and in which row each key stands."""

    good: dict[str, Any]
    refused: list[Refused]
    rows: dict[str, int]


class Reader:
    """Reads sheets for a cooperative whose programme is `programme`, as of a moment."""

    def __init__(self, programme: Programme, now: int, hash_pin: Callable[[str], str]) -> None:
        self._programme = programme
        self._currency = programme.version_at(now).currency
        self._today = moments.to_local(now, programme.zone).date()
        self._hash_pin = hash_pin

    def read(self, sheet: Sheet, path: Path) -> Read:
        """All rows of a file; raises FileFault for one that is no such sheet."""
        good: dict[str, Any] = {}
        refused: list[Refused] = []
        first: dict[str, int] = {}
        convert: Callable[[Mapping[str, str]], tuple[str, Any]] = getattr(self, f"_{sheet}")
        for number, cells, is_too_long in _rows(sheet, path):
            named = next(iter(cells.values()))[:60]
            try:
                if is_too_long:
                    raise ValueError(
                        "more cells than the head has columns; a text with the separator in it needs quotes"
                    )
                key, thing = convert(cells)
                if key in first:
                    raise ValueError(f"the same {_COLUMNS[sheet][0][0]} as in row {first[key]}")
            except (ValueError, KeyError) as error:
                refused.append(Refused(number, named, str(error)))
            else:
                first[key] = number
                good[key] = thing
        return Read(good, refused, first)

    def _goods(self, cells: Mapping[str, str]) -> tuple[str, Product]:
        code = canonical(_code(cells["code"]))
        card_price = cells.get("card_price", "")
        product = Product(
            code,
            _text(cells, "name", 120),
            self._money(cells, "price"),
            cells.get("brand", "")[:60],
            cells.get("category", "")[:60],
            _yes(cells, "weighed"),
            self._money(cells, "card_price") if card_price else None,
            _whole(cells, "points") or 0,
            _listed(cells, "excluded_from"),
        )
        return code, product

    def _offers(self, cells: Mapping[str, str]) -> tuple[str, Offer]:
        points = _whole(cells, "points")
        if not points:
            raise ValueError("points: there must be some")
        item = _code(cells["item"])
        offer = Offer(
            item,
            canonical(_code(cells["product"])),
            _text(cells, "name", 120),
            points,
            self._money(cells, "price") if cells.get("price") else 0,
            _whole(cells, "stock"),
            self._day(cells, "starts"),
            self._day(cells, "ends"),
            _listed(cells, "tiers"),
            _whole(cells, "per_account_per_day"),
        )
        return item, offer

    def _coupons(self, cells: Mapping[str, str]) -> tuple[str, Coupon]:
        code = _code(cells["code"]).upper()
        amount, percent = cells.get("amount", ""), cells.get("percent", "")
        if bool(amount) == bool(percent):
            raise ValueError("amount, percent: one of them is needed, and only one")
        share = None
        if percent:
            ratio = money.parse_ratio(_point(percent))
            share = money.Ratio(ratio.numerator, ratio.denominator * 100)
            if share.numerator > share.denominator:
                raise ValueError("percent: more than 100")
        coupon = Coupon(
            code,
            self._money(cells, "amount") if amount else 0,
            share,
            cells.get("kind", ""),
            _yes(cells, "combinable"),
            self._day(cells, "starts"),
            self._day(cells, "ends"),
            _yes(cells, "single_use"),
        )
        return code, coupon

    def _staff(self, cells: Mapping[str, str]) -> tuple[str, Staff]:
        role = cells["role"]
        if role not in ("cashier", "manager"):
            raise ValueError(f"role: {role!r} is neither cashier nor manager")
        pin, card, own = cells.get("pin", ""), cells.get("card", ""), cells.get("own_card", "")
        if not (pin or card):
            raise ValueError("pin, card: one of them is needed, or nobody can sign in")
        if pin and not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 12):
            raise ValueError("pin: 4 to 12 digits")
        if own and not cards.is_card(own):
            raise ValueError(f"own_card: {own!r} is no card")
        id_, name = _code(cells["id"]), _text(cells, "name", 60)
        hashed = self._hash_pin(pin) if pin else ""
        return id_, Staff(id_, name, "manager" if role == "manager" else "cashier", hashed, card, int(own or 0) or None)

    def _members(self, cells: Mapping[str, str]) -> tuple[str, Member]:
        name, phone, email, born_on, language = (cells.get(column, "") for column in _OF_PERSON)
        form = Form(name, phone, email, born_on, language, card=cells["card"])
        found = faults(form, self._programme.calendar, self._today, has_terms=False)
        if not form.card:
            found["card"] = "card_not_valid"
        if found:
            raise ValueError(", ".join(f"{field}: {code.replace('_', ' ')}" for field, code in found.items()))
        kind = cells.get("kind", "") or self._programme.kinds[0].id
        if kind not in [known.id for known in self._programme.kinds]:
            raise ValueError(f"kind: {kind!r} is not one of the programme's")
        born = birthday(form.birthday, self._programme.calendar) if form.birthday else None
        return form.card, Member(
            int(form.card),
            form.name,
            form.phone,
            form.email,
            born.isoformat() if born else "",
            form.language,
            kind,
            _whole(cells, "points") or 0,
        )

    def _money(self, cells: Mapping[str, str], column: str) -> int:
        try:
            amount = money.parse_amount(_point(cells[column]), self._currency)
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from error
        if not 0 <= amount <= POINTS_MOST:
            raise ValueError(f"{column}: {cells[column]!r} cannot be")
        return amount

    def _day(self, cells: Mapping[str, str], column: str) -> int | None:
        """The beginning of a day on the clock of the cooperative."""
        text = cells.get(column, "")
        if not text:
            return None
        try:
            return moments.from_local(datetime.combine(date.fromisoformat(text), time()), self._programme.zone)
        except ValueError as error:
            raise ValueError(f"{column}: {text!r} is not a day such as 2026-12-31") from error


def _rows(sheet: Sheet, path: Path) -> list[tuple[int, dict[str, str], bool]]:
    """The rows of a file with their numbers, and whether one has more cells than the head.

    Raises FileFault when the head is not that of the sheet.
    """
    text = _content(path)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    needed, possible = _COLUMNS[sheet]
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        head = [cell.strip().lower() for cell in next(lines, [])]
        lacking = [name for name in needed if name not in head]
        unknown = [name for name in head if name not in (*needed, *possible)]
        twice = {name for name in head if head.count(name) > 1}
        if lacking or unknown or twice:
            told = [f"there is no column {name}" for name in lacking]
            told += [f"column {name[:40]!r} is not known" for name in unknown]
            told += [f"column {name!r} is there twice" for name in sorted(twice)]
            raise FileFault(str(path), [f"{'; '.join(told)}; columns: {', '.join((*needed, *possible))}"])
        order = [*needed, *(name for name in head if name not in needed)]
        rows = []
        for cells in lines:
            if any(cell.strip() for cell in cells):
                padded = [cell.strip() for cell in cells] + [""] * (len(head) - len(cells))
                row = dict(zip(head, padded, strict=False))
                is_too_long = any(padded[len(head) :])
                rows.append((lines.line_num, {name: row[name] for name in order}, is_too_long))
        return rows
    except csv.Error as error:
        raise FileFault(str(path), [f"is not a CSV file: {error}"]) from error


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_MOST:
            raise FileFault(str(path), [f"has more than {SIZE_MOST // 2**20} MB; cut it in parts"])
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise FileFault(str(path), [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise FileFault(str(path), ["is not written in UTF-8; save it so (Excel: 'CSV UTF-8')"]) from error


def _text(cells: Mapping[str, str], column: str, most: int) -> str:
    text = cells[column]
    if not text or len(text) > most or not text.isprintable():
        raise ValueError(f"{column}: 1 to {most} characters that can be printed")
    return text


def _code(text: str) -> str:
    if not text or len(text) > 40 or not text.isprintable() or " " in text:
        raise ValueError("a code has 1 to 40 characters and no spaces")
    return text


def _whole(cells: Mapping[str, str], column: str) -> int | None:
    text = cells.get(column, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= POINTS_MOST):
        raise ValueError(f"{column}: {text[:20]!r} is not a whole number, or too large")
    return int(text)


def _yes(cells: Mapping[str, str], column: str) -> bool:
    text = cells.get(column, "").lower()
    if text not in (*_YES, *_NO):
        raise ValueError(f"{column}: {text[:20]!r} is neither yes nor no")
    return text in _YES


def _listed(cells: Mapping[str, str], column: str) -> tuple[str, ...]:
    return tuple(cells.get(column, "").replace(",", " ").split())


def _point(text: str) -> str:
    """A decimal comma as a point."""
    return text.replace(",", ".")
