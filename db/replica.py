"""The replica: what the centre has said. Cards and their states, goods, the board, the staff.

It is a file that can be thrown away and come again. A new snapshot is written beside the old one under the next
number and opened in its place, so a reader never sees a half one, nor one file's WAL beside another's pages.
A till without a centre writes its goods, board and staff here itself.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from db import file, schema, seek, states
from db.file import Transaction
from db.records import Staff
from db.trouble import of_error, tells_troubles
from pos_app import __version__
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.cards import has_check_digit
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.ledger import Ledger

log = logging.getLogger(__name__)

_PRODUCT = "code, name, price_minor, brand, category, weighed, more"
_UPC_A_DIGITS = 12
PUBLISHED = "published "
"""Before a kind of things: the centre has published some of it, so none of them is the till's own any more."""


_encoder = msgspec.msgpack.Encoder()
_products = msgspec.msgpack.Decoder(Product)
_staff = msgspec.msgpack.Decoder(Staff)
_offers = msgspec.msgpack.Decoder(Offer)
_coupons = msgspec.msgpack.Decoder(Coupon)
_text = msgspec.msgpack.Decoder(str)
_more = msgspec.msgpack.Decoder(tuple[int | None, int, tuple[str, ...]])


def canonical(code: str) -> str:
    """A goods code as it is kept: UPC-A of 12 digits is EAN-13 with a leading zero."""
    return f"0{code}" if len(code) == _UPC_A_DIGITS and has_check_digit(code) else code


class Told(NamedTuple):
    """A state of a tick that the centre tells: with names and phones of members, tiers and reviews of accounts, and
    the marks of the members' e-mail addresses.
    """

    root: int
    tick: int
    state: Ledger
    members: Mapping[int, tuple[str, str]]
    tiers: Mapping[int, tuple[str, int | None]]
    marks: Mapping[int, bytes] = MappingProxyType({})


Published = tuple[str, str, bytes | None]
"""kind, key and data of a thing that the centre publishes; no data: it is no more"""


@tells_troubles
class Replica:
    """The open file."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the replica at `path`; raises StoreTrouble."""
        self.path = path
        self.connection = file.opened(path, schema.REPLICA, read_only=read_only)
        try:
            self._try_all_tables()
        except BaseException as error:
            self.connection.close()
            if isinstance(error, sqlite3.Error):
                raise of_error(path, error) from error
            raise

    def _try_all_tables(self) -> None:
        """Meet a damaged beginning, and an end that is missing, before anything hangs on the file."""
        for table in ("meta", "card", "product", "offer", "staff", "coupon"):
            self.connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()

    def close(self) -> None:
        self.connection.close()

    def transaction(self) -> Transaction:
        return Transaction(self.connection, self.path)

    @property
    def base(self) -> str:
        """Which snapshot of states this is, empty for none."""
        return self._meta("base") or ""

    @property
    def included(self) -> int:
        """Up to which of this till's own facts the states are told."""
        return int(self._meta("included") or 0)

    def _meta(self, key: str) -> str | None:
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    # -- goods

    def product(self, code: str) -> Product | None:
        """The goods with exactly this code."""
        row = self.connection.execute(f"SELECT {_PRODUCT} FROM product WHERE code = ?", (canonical(code),)).fetchone()
        return None if row is None else _product(row)

    def find_products(self, text: str, limit: int) -> list[Product]:
        """Goods of which name, brand or code hold every word of `text`, in the order of their names."""
        rows = seek.found(self.connection, "product", _PRODUCT, text)
        return [_product(row) for row in islice(rows, limit)]

    def put_products(self, products: Iterable[Product]) -> None:
        """Replace all goods."""
        rows = sorted((_product_row(product) for product in products), key=itemgetter(-1))
        with self.transaction():
            self.connection.execute("DELETE FROM product")
            self.connection.executemany(f"INSERT INTO product ({_PRODUCT}, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self.connection.execute("INSERT INTO product_index (product_index) VALUES ('rebuild')")

    # -- the board

    def offers(self) -> list[tuple[Offer, int]]:
        """The board in its order; each thing with the own fact up to which its stock was counted."""
        rows = self.connection.execute("SELECT data, counted FROM offer ORDER BY position")
        return [(_offers.decode(data), counted) for data, counted in rows]

    def offer(self, item: str) -> tuple[Offer, int] | None:
        row = self.connection.execute("SELECT data, counted FROM offer WHERE item = ?", (item,)).fetchone()
        return None if row is None else (_offers.decode(row[0]), row[1])

    def put_offers(self, offers: Sequence[Offer], counted: int = 0) -> None:
        """Replace the board; stocks are what was left after the till's own fact number `counted`."""
        with self.transaction():
            self.connection.execute("DELETE FROM offer")
            self.connection.executemany(
                "INSERT INTO offer VALUES (?, ?, ?, ?)",
                [(place, offer.item, _encoder.encode(offer), counted) for place, offer in enumerate(offers)],
            )

    # -- coupons

    def coupon(self, code: str) -> Coupon | None:
        """A coupon of the shop, any case."""
        row = self.connection.execute("SELECT data FROM coupon WHERE code = ?", (code.upper(),)).fetchone()
        return None if row is None else _coupons.decode(row[0])

    def put_coupons(self, coupons: Iterable[Coupon]) -> None:
        """Replace all coupons of the shop."""
        with self.transaction():
            self.connection.execute("DELETE FROM coupon")
            rows = [(coupon.code.upper(), _encoder.encode(coupon)) for coupon in coupons]
            self.connection.executemany("INSERT INTO coupon VALUES (?, ?)", rows)

    # -- staff

    def staff(self) -> list[Staff]:
        """Who works here, by name."""
        return [Staff(*row) for row in self.connection.execute("SELECT * FROM staff ORDER BY name, id")]

    def staff_by_card(self, code: str) -> Staff | None:
        row = self.connection.execute("SELECT * FROM staff WHERE card = ? AND card <> ''", (code,)).fetchone()
        return None if row is None else Staff(*row)

    def put_staff(self, staff: Iterable[Staff]) -> None:
        """Replace the staff."""
        with self.transaction():
            self.connection.execute("DELETE FROM staff")
            self.connection.executemany(
                "INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?)", [msgspec.structs.astuple(one) for one in staff]
            )

    # -- what the centre tells

    @property
    def cursor(self) -> tuple[int, int]:
        """How far this file has come in the centre's changes: tick and key."""
        return int(self._meta("tick") or 0), int(self._meta("key") or 0)

    def writings(self) -> int:
        """A number that changes whenever somebody else has written into this file."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    @property
    def timeline(self) -> str:
        """The past of the centre that this file tells of, empty for a till's own."""
        return self._meta("timeline") or ""

    @property
    def programme(self) -> str:
        """The hash of the programme file that the centre has put in force, empty for none."""
        return self._meta("programme") or ""

    @property
    def own_to(self) -> int:
        """Up to which number the ticks of this till's own facts are known."""
        return int(self._meta("own_to") or 0)

    def holds(self, fact_id: bytes, tick: int) -> bool:
        """Whether the states as of a tick hold an own fact."""
        row = self.connection.execute("SELECT 1 FROM own WHERE id = ? AND tick <= ?", (fact_id, tick)).fetchone()
        return row is not None

    def lacks(self, ids: Sequence[bytes]) -> list[bytes]:
        """Those own facts of which the centre has not said in which tick they were folded."""
        known = self.connection.execute
        return [id_ for id_ in ids if known("SELECT 1 FROM own WHERE id = ?", (id_,)).fetchone() is None]

    def take(
        self,
        own: Sequence[tuple[bytes, int]],
        own_to: int,
        told: Sequence[Told] = (),
        published: Sequence[Published] = (),
        cursor: tuple[int, int] | None = None,
        unread: Sequence[int] = (),
    ) -> None:
        """Put what the centre tells in the place of what was there, and go on to a cursor: all of it or nothing.

        `own` are the ticks in which facts of this till were folded; those up to the number `own_to` are all known. Of
        the ledgers that are `unread` what was told before stays.
        """
        with self.transaction():
            self.connection.executemany("INSERT OR REPLACE INTO own VALUES (?, ?)", own)
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('own_to', ?)", (str(own_to),))
            for one in told:
                self._put_state(one)
            for root in unread:
                self._leave_out(f"ledger {root}", "it is of a newer program")
            for thing in published:
                self.put_published(thing)
            if cursor is not None:
                self.connection.executemany(
                    "INSERT OR REPLACE INTO meta VALUES (?, ?)", [("tick", str(cursor[0])), ("key", str(cursor[1]))]
                )

    def _put_state(self, told: Told) -> None:
        state = told.state
        if states.newest_tick(self.connection, state.cards) > told.tick:
            return  # an answer that came late tells nothing new
        for number in state.cards:
            self._drop_if_gone_up(number, told)
        states.put_ledger(self.connection, told.root, state, told.tick, told.tiers)
        states.put_cards(self.connection, state, told.members.get)
        states.put_marks(self.connection, told.members, told.marks)
        for number, card in state.cards.items():
            if card.member in told.members:
                name, phone = told.members[card.member]
                seek.put(self.connection, "seek", number, seek.person_text(name, phone, number))

    def _drop_if_gone_up(self, number: int, told: Told) -> None:
        """Forget the ledger that a card was in, if all of it went up in the one that is told.

        It has not where a merge turns out not to count: then the others are in it still.
        """
        kept = states.ledger_of(self.connection, number)
        if kept is None or kept.root == told.root:
            return
        others = kept.state.cards.keys() - told.state.cards.keys()
        if not any(states.root_of(self.connection, other) == kept.root for other in others):
            self.connection.execute("DELETE FROM ledger WHERE root = ?", (kept.root,))
            self.connection.execute("DELETE FROM account WHERE root = ?", (kept.root,))

    def put_published(self, thing: Published) -> None:
        """One thing in the place of the one with its key; it goes where there are no data.

        What this program cannot make anything of is left out: everything else goes on.
        """
        try:
            self._put_published(thing)
        except (msgspec.MsgspecError, sqlite3.IntegrityError) as error:
            self._leave_out(" ".join(thing[:2]), str(error))

    def _leave_out(self, what: str, why: str) -> None:
        log.warning("%s, which the centre tells, cannot be used: %s", what, why)
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('left_out_by', ?)", (__version__,))

    @property
    def is_to_be_told_again(self) -> bool:
        """Whether an earlier version of the program left something out that this one may understand."""
        return self._meta("left_out_by") not in (None, __version__)

    def forget_left_out(self) -> None:
        """What was left out where this file was made will not be told otherwise there."""
        with self.transaction():
            self.connection.execute("DELETE FROM meta WHERE key = 'left_out_by'")

    def _put_published(self, thing: Published) -> None:
        kind, key, data = thing
        execute = self.connection.execute
        execute("INSERT OR IGNORE INTO meta VALUES (?, '')", (PUBLISHED + kind,))
        match kind:
            case "product":
                self._drop_product(key)
                if data is not None:
                    row = _product_row(_products.decode(data))
                    self._drop_product(row[0])
                    cursor = execute(f"INSERT INTO product ({_PRODUCT}, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                    execute("INSERT INTO product_index (rowid, text) VALUES (?, ?)", (cursor.lastrowid, row[-1]))
            case "offer":
                execute("DELETE FROM offer WHERE item = ?", (key,))
                if data is not None:
                    _offers.decode(data)
                    execute(
                        "INSERT INTO offer VALUES ((SELECT ifnull(max(position), 0) + 1 FROM offer), ?, ?, 0)",
                        (key, data),
                    )
            case "coupon":
                execute("DELETE FROM coupon WHERE code = ?", (key,))
                if data is not None:
                    _coupons.decode(data)
                    execute("INSERT INTO coupon VALUES (?, ?)", (key, data))
            case "programme":
                execute("DELETE FROM meta WHERE key = 'programme'")
                if data is not None:
                    execute("INSERT INTO meta VALUES ('programme', ?)", (_text.decode(data),))
            case "staff":
                execute("DELETE FROM staff WHERE id = ?", (key,))
                if data is not None:
                    row = msgspec.structs.astuple(_staff.decode(data))
                    execute("INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?)", row)
            case "pack":
                pass  # the agent asks for the one in force
            case _:
                self._leave_out(f"{kind} {key}", "it is of a kind that this program does not know")

    def _drop_product(self, code: str) -> None:
        old = self.connection.execute("SELECT id, text FROM product WHERE code = ?", (code,)).fetchone()
        if old is not None:
            self.connection.execute(
                "INSERT INTO product_index (product_index, rowid, text) VALUES ('delete', ?, ?)", old
            )
            self.connection.execute("DELETE FROM product WHERE id = ?", old[:1])

    # -- people

    def members_by(self, mark: bytes) -> list[int]:
        """The members whose e-mail address the centre tells by this mark."""
        found = self.connection.execute("SELECT member FROM contact WHERE mark = ? ORDER BY member", (mark,))
        return [member for (member,) in found]

    def finds(self, text: str) -> Iterator[int]:
        """Cards that `text` finds here, in the order of the members' names."""
        return (row[0] for row in seek.found(self.connection, "seek", "seek.card", text))


def _product(row: tuple[str, str, int, str, str, int, bytes | None]) -> Product:
    code, name, price_minor, brand, category, weighed, more = row
    if more is None:
        return Product(code, name, price_minor, brand, category, bool(weighed))
    return Product(code, name, price_minor, brand, category, bool(weighed), *_more.decode(more))


def _product_row(product: Product) -> tuple[str, str, int, str, str, int, bytes | None, str]:
    code, name, price_minor, brand, category, weighed, *more = msgspec.structs.astuple(product)
    code, text = canonical(code), seek.product_text(name, brand, code)
    kept = None if more == [None, 0, ()] else _encoder.encode(more)
    return (code, name, price_minor, brand, category, int(weighed), kept, text)
