"""The replica: what the centre has said. Cards and their states, goods, the board, the staff.

It is a file that can be thrown away and come again. A new snapshot is written beside the old one under the next
number and opened in its place, so a reader never sees a half one, nor one file's WAL beside another's pages.
A till without a centre writes its goods, board and staff here itself.
"""

import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, islice
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from db import file, schema, seek, states
from db.file import Transaction
from db.records import Person, Staff
from db.trouble import StoreTrouble, of_error, tells_troubles
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.cards import has_check_digit
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.ledger import Ledger

log = logging.getLogger(__name__)

_NAME = re.compile(r"replica-([0-9]{1,9})\.db")
_APART = re.compile(r"replica-[0-9]{1,9}\.db\.damaged(-[0-9]+)?")
_PRODUCT = "code, name, price_minor, brand, category, weighed, more"
_UPC_A_DIGITS = 12
_BATCH = 5000

_encoder = msgspec.msgpack.Encoder()
_products = msgspec.msgpack.Decoder(Product)
_staff = msgspec.msgpack.Decoder(Staff)
_offers = msgspec.msgpack.Decoder(Offer)
_coupons = msgspec.msgpack.Decoder(Coupon)
_text = msgspec.msgpack.Decoder(str)
_more = msgspec.msgpack.Decoder(tuple[int | None, int, tuple[str, ...]])


def newest(folder: Path) -> Path | None:
    """The replica that counts in a folder: the one with the highest number."""
    return max(all_in(folder), key=_number, default=None)


def all_in(folder: Path) -> list[Path]:
    """The replicas in a folder, whole or not."""
    return [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def _next_path(folder: Path) -> Path:
    last = newest(folder)
    return folder / f"replica-{1 if last is None else _number(last) + 1}.db"


def tidy(folder: Path, kept: Path) -> None:
    """Remove the replicas before the one that counts; who still reads one keeps it until then."""
    number = _number(kept)
    for path in all_in(folder):
        if _number(path) < number:
            for side in ("-wal", "-shm", ""):
                path.with_name(path.name + side).unlink(missing_ok=True)


def usable(folder: Path, *, read_only: bool, warn: Callable[[str], None]) -> "Replica":
    """The newest replica of a folder that is whole; one is begun where there is none and it may be written.

    A damaged one is put aside under another name, and `warn` is told. Where the folder is only read, it is left alone,
    and StoreTrouble is raised when no other is whole.
    """
    damaged: StoreTrouble | None = None
    for path in sorted(all_in(folder), key=_number, reverse=True):
        try:
            return Replica(path, read_only=read_only)
        except StoreTrouble as trouble:
            if trouble.code != "damaged":
                raise
            damaged = damaged or StoreTrouble("replica_damaged", path, trouble.detail)
            if not read_only:
                warn(
                    f"{path} was damaged and is kept as {_set_apart(path).name}. Cards, goods and staff may be missing "
                    "or old. Call support; the till goes on."
                )
    if read_only:
        raise damaged or StoreTrouble("no_replica", folder)
    return Replica(folder / "replica-1.db")


def _set_apart(path: Path) -> Path:
    """Give a replica and its side files another name, which no replica has; tells it."""
    names = (f"{path.name}.damaged" + (f"-{number}" if number > 1 else "") for number in count(1))
    apart = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    for side in ("-wal", "-shm", ""):
        beside = path.with_name(path.name + side)
        if beside.exists():
            beside.rename(apart.with_name(apart.name + side))
    return apart


def set_apart(folder: Path) -> list[Path]:
    """The damaged replicas that were put aside in a folder."""
    return sorted(path for path in folder.iterdir() if _APART.fullmatch(path.name))


def canonical(code: str) -> str:
    """A goods code as it is kept: UPC-A of 12 digits is EAN-13 with a leading zero."""
    return f"0{code}" if len(code) == _UPC_A_DIGITS and has_check_digit(code) else code


class Told(NamedTuple):
    """A state of a tick that the centre tells: with names and phones of members, tiers and reviews of accounts."""

    root: int
    tick: int
    state: Ledger
    members: Mapping[int, tuple[str, str]]
    tiers: Mapping[int, tuple[str, int | None]]


class Cut(NamedTuple):
    """All that the centre of a timeline tells up to a tick."""

    timeline: str
    tick: int


ALL_OF_A_TICK = 1 << 62
"""The key after the last of a tick."""

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
    ) -> None:
        """Put what the centre tells in the place of what was there, and go on to a cursor: all of it or nothing.

        `own` are the ticks in which facts of this till were folded; those up to the number `own_to` are all known.
        """
        with self.transaction():
            self.connection.executemany("INSERT OR REPLACE INTO own VALUES (?, ?)", own)
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('own_to', ?)", (str(own_to),))
            for one in told:
                self._put_state(one)
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
            log.warning("%s %s, which the centre publishes, cannot be used: %s", *thing[:2], error)

    def _put_published(self, thing: Published) -> None:
        kind, key, data = thing
        execute = self.connection.execute
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
                    execute(
                        "INSERT INTO offer VALUES ((SELECT ifnull(max(position), 0) + 1 FROM offer), ?, ?, 0)",
                        (key, data),
                    )
            case "coupon":
                execute("DELETE FROM coupon WHERE code = ?", (key,))
                if data is not None:
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

    def _drop_product(self, code: str) -> None:
        old = self.connection.execute("SELECT id, text FROM product WHERE code = ?", (code,)).fetchone()
        if old is not None:
            self.connection.execute(
                "INSERT INTO product_index (product_index, rowid, text) VALUES ('delete', ?, ?)", old
            )
            self.connection.execute("DELETE FROM product WHERE id = ?", old[:1])

    # -- people

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


class Successor:
    """The next replica of a folder while the centre is still telling it; `finish` lets it be the one that counts."""

    def __init__(self, folder: Path, timeline: str) -> None:
        """Go on with what is there of it, or begin it where that is of another past of the centre."""
        self._path = _next_path(folder)
        self._part = self._path.with_suffix(".part")
        self.replica = self._opened(timeline)

    def _opened(self, timeline: str) -> Replica:
        if self._part.exists():
            with suppress(StoreTrouble):
                begun = Replica(self._part)
                if begun.timeline == timeline:
                    return begun
                begun.close()
            for side in ("-wal", "-shm", ""):
                self._part.with_name(self._part.name + side).unlink(missing_ok=True)
        replica = Replica(self._part)
        with replica.transaction():
            replica.connection.executemany(
                "INSERT INTO meta VALUES (?, ?)", [("base", timeline), ("timeline", timeline)]
            )
        return replica

    @staticmethod
    def is_begun(folder: Path, timeline: str) -> bool:
        """Whether there is one of this timeline that only has to go on."""
        part = _next_path(folder).with_suffix(".part")
        with suppress(StoreTrouble):
            begun = Replica(part, read_only=True)
            try:
                return begun.timeline == timeline and begun.cursor > (0, 0)
            finally:
                begun.close()
        return False

    @staticmethod
    def put_ready(folder: Path, unpacked: Path) -> None:
        """Let a file that was unpacked beside it be what the next one goes on with."""
        part = _next_path(folder).with_suffix(".part")
        for side in ("-wal", "-shm", ""):
            part.with_name(part.name + side).unlink(missing_ok=True)
        unpacked.replace(part)

    def finish(self) -> None:
        """Give it its name; it is closed. What the centre publishes nothing of stays as it was: goods, board, staff."""
        before = newest(self._path.parent)
        if before is not None:
            self._keep_unpublished(before)
        self.replica.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.replica.close()
        file.synced(self._part)
        self._part.replace(self._path)
        file.synced(self._path.parent)

    def _keep_unpublished(self, before: Path) -> None:
        connection = self.replica.connection
        connection.execute("ATTACH ? AS before", (str(before),))
        try:
            with self.replica.transaction():
                for table in ("product", "offer", "coupon", "staff"):
                    if connection.execute(f"SELECT 1 FROM main.{table} LIMIT 1").fetchone() is None:
                        connection.execute(f"INSERT INTO main.{table} SELECT * FROM before.{table}")
                        if table == "product":
                            connection.execute("INSERT INTO product_index (product_index) VALUES ('rebuild')")
        finally:
            connection.execute("DETACH before")


class Snapshot:
    """A replica in the making. Left without an error it becomes the one that counts in its folder."""

    def __init__(self, folder: Path, *, included: int = 0, cut: Cut | None = None) -> None:
        """Begin the next replica of a folder; `included` is the last own fact that its states tell, `cut` what of the
        centre it tells."""
        self._path = _next_path(folder)
        self._part = self._path.with_suffix(".part")
        self._part.unlink(missing_ok=True)
        self.replica = Replica(self._part)
        self._connection = self.replica.connection
        # Until it is finished, nobody reads the file and nothing is lost with it.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA cache_size = -64000")
        self._connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [("base", cut.timeline if cut else os.urandom(8).hex()), ("included", str(included))],
        )
        if cut is not None:
            self._connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [("timeline", cut.timeline), ("tick", str(cut.tick)), ("key", str(ALL_OF_A_TICK))],
            )

    def add(self, accounts: Iterable[tuple[Ledger, Sequence[Person]]]) -> None:
        """Add ledgers, each with its people; in the order of their card numbers it is fastest."""
        rows = iter(accounts)
        while batch := list(islice(rows, _BATCH)):
            contacts = {person.member: (person.name, person.phone) for _, people in batch for person in people}
            with self.replica.transaction():
                for state, _ in batch:
                    states.put_ledger(self._connection, states.root_for(state), state)
                    states.put_cards(self._connection, state, contacts.get)

    def tell(self, told: Iterable[Told]) -> None:
        """Add states as of their ticks, with their members; in the order of their keys it is fastest."""
        rows = iter(told)
        while batch := list(islice(rows, _BATCH)):
            with self.replica.transaction():
                for one in batch:
                    states.put_ledger(self._connection, one.root, one.state, one.tick, one.tiers)
                    states.put_cards(self._connection, one.state, one.members.get)

    def publish(self, things: Iterable[Published]) -> None:
        """Add things that the centre publishes."""
        rows = iter(things)
        while batch := list(islice(rows, _BATCH)):
            with self.replica.transaction():
                for thing in batch:
                    self.replica.put_published(thing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._index()
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA journal_mode = WAL")
        self.replica.close()
        if error is None:
            file.synced(self._part)
            self._part.replace(self._path)
            file.synced(self._path.parent)
        else:
            self._part.unlink(missing_ok=True)

    def _index(self) -> None:
        """Number the cards by the names of their members, which is the order of the look-up."""
        self._connection.create_function("person_text", 3, seek.person_text, deterministic=True)
        with self.replica.transaction():
            self._connection.execute(
                "INSERT INTO seek (card, text) SELECT number, person_text(ifnull(name, ''), ifnull(phone, ''), number)"
                " AS text FROM card LEFT JOIN member ON member.id = card.member ORDER BY text"
            )
            self._connection.execute("INSERT INTO seek_index (seek_index) VALUES ('rebuild')")
