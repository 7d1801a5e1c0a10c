"""The journal: what this till has said. Facts, print jobs, baskets and people, and the states its facts have touched.

States (cards, accounts, members, ledgers) can be made again from facts, people and replica; all the rest is precious.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from db import file, outbox, schema
from db.file import Transaction
from db.own_states import OwnStates
from db.records import Dispatch, Held, Identity, JobState, NoticeState, Person, PrintJob
from db.trouble import StoreTrouble, tells_troubles
from db.witness import Head
from pos_app.loyalty import contacts, facts
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.paper import Document

FILE = "journal.db"
SLIPS_A_TILL = 10**7
FIRST_TILL = 1
KEY_BYTES = 32

_FORMER_KEYS = "former_card_keys"
_PAGE = 500
_PAGE_BACK = 50
_TAIL = 16

_encoder = msgspec.msgpack.Encoder()
_baskets = msgspec.msgpack.Decoder(Basket)
_documents = msgspec.msgpack.Decoder(Document)


@tells_troubles
class Journal(OwnStates):
    """The open file. Whatever writes does so in the caller's `transaction`."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Open or make the journal in `folder`; raises StoreTrouble."""
        self.path = folder / FILE
        self.connection = file.opened(self.path, schema.JOURNAL, read_only=read_only)

    def close(self) -> None:
        self.connection.close()

    def transaction(self) -> Transaction:
        return Transaction(self.connection, self.path)

    def checkpoint(self, *, whole: bool = False) -> None:
        """Bring the WAL into the file, as far as no reader is in the way; `whole` waits for readers."""
        self.connection.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if whole else 'PASSIVE'})").fetchone()

    # -- who this till is, and how far it has come

    def found_till(self) -> None:
        """Give a new journal its identity."""
        self.connection.execute(
            "INSERT INTO till VALUES (?, 1, ?, ?, 0, 0, 0, '', 0)",
            (FIRST_TILL, os.urandom(KEY_BYTES), FIRST_TILL),
        )

    def has_till(self) -> bool:
        """Whether the journal has its identity already."""
        return self.connection.execute("SELECT 1 FROM till").fetchone() is not None

    def identity(self) -> Identity:
        row = self.connection.execute("SELECT till, epoch, card_key, block FROM till").fetchone()
        if row is None:
            raise StoreTrouble("damaged", self.path, "it does not say which till it belongs to")
        return Identity(*row)

    def head(self) -> Head:
        """Where the next fact goes on."""
        till, epoch, seq, cards, slips, moment = self.connection.execute(
            "SELECT till, epoch, seqs_used, cards_used, slips_used, moment FROM till"
        ).fetchone()
        slip = self.last_slip(till)
        slips = max(slips, 0 if slip is None else slip % SLIPS_A_TILL)
        last = self.connection.execute("SELECT seq, hash, data FROM fact ORDER BY seq DESC LIMIT 1").fetchone()
        if last is None:
            return Head(epoch, seq, b"", moment, slips, cards)
        return Head(epoch, max(seq, last[0]), last[1], max(moment, facts.decode(last[2]).moment), slips, cards)

    def begin_epoch(self, head: Head) -> None:
        """Go on after `head` in its epoch, in a transaction of the caller's."""
        self.connection.execute(
            "UPDATE till SET epoch = ?, seqs_used = ?, moment = ?, slips_used = ?, cards_used = ?",
            (head.epoch, head.seq, head.moment, head.slips, head.cards),
        )

    def centre(self) -> str:
        """Where the centre of this till is, empty for a till that stands alone."""
        row = self.connection.execute("SELECT url FROM uplink").fetchone()
        return "" if row is None else str(row[0])

    def become(self, identity: Identity, centre: str, timeline: str) -> None:
        """Be another till from now on, one of a centre's; what was written before stays as it is.

        Marks that the key of before has made stay known by that key; of whom the address or number itself is here,
        there is a mark by the new one, too.
        """
        execute = self.connection.execute
        former = [*self.former_keys(), self.identity().card_key]
        execute("UPDATE till SET till = ?, card_key = ?, block = ?", (identity.till, identity.card_key, identity.block))
        execute("DELETE FROM uplink")
        execute("INSERT INTO uplink VALUES (1, ?, ?, x'', 0, 0, 0, 0, 0, 0)", (centre, timeline))
        execute("UPDATE person SET handed = 0")
        self.put_meta(_FORMER_KEYS, " ".join(key.hex() for key in former if key != identity.card_key))
        for member, *given in execute("SELECT member, phone, email FROM person").fetchall():
            for contact in filter(str.strip, given):
                self.put_contact(contacts.mark(identity.card_key, contact), member)

    def former_keys(self) -> list[bytes]:
        """The keys that this till made card numbers and marks by before it joined its centre."""
        return [bytes.fromhex(key) for key in (self.meta(_FORMER_KEYS) or "").split()]

    def asked_epoch(self) -> tuple[int, int, int] | None:
        """The epoch that the centre has given to this till and it has yet to begin: with slips and block of cards."""
        row = self.connection.execute("SELECT new_epoch, new_slips, new_block FROM uplink WHERE new_epoch").fetchone()
        return None if row is None else (row[0], row[1], row[2])

    def put_block(self, block: int) -> None:
        """Take card numbers out of another block, and go on as the centre has asked."""
        self.connection.execute("UPDATE till SET block = ?, cards_used = 0", (block,))
        self.connection.execute("UPDATE uplink SET new_epoch = 0")

    def use_cards(self, used: int) -> None:
        """Note how many numbers of the block are given away."""
        self.connection.execute("UPDATE till SET cards_used = ?", (used,))

    def hash_at(self, seq: int) -> bytes | None:
        """The chain hash after the fact with this number, empty before the first; None beyond the journal's end."""
        if seq > self.head().seq:
            return None
        row = self.connection.execute(
            "SELECT hash FROM fact WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (seq,)
        ).fetchone()
        return b"" if row is None else row[0]

    def tail_is_whole(self) -> bool:
        """Whether the last facts are linked as they were written."""
        rows = self.connection.execute("SELECT data, hash FROM fact ORDER BY seq DESC LIMIT ?", (_TAIL,)).fetchall()
        return all(hash_ == facts.chain(before, data) for (data, hash_), (_, before) in pairwise(rows))

    # -- facts

    def append(self, fact: Fact, previous_hash: bytes) -> bytes:
        """Write a fact with everything by which it is found again; tells its chain hash."""
        data = facts.encode(fact)
        hash_ = facts.chain(previous_hash, data)
        execute = self.connection.execute
        execute("INSERT INTO fact VALUES (?, ?, ?, ?)", (fact.seq, fact.id, data, hash_))
        for card in set(facts.cards_of(fact.body)):
            execute("INSERT INTO fact_card VALUES (?, ?)", (card, fact.seq))
        for key in set(facts.keys_of(fact.body)):
            execute("INSERT INTO fact_key VALUES (?, ?)", (key, fact.seq))
        match fact.body:
            case SaleCompleted() as sale:
                execute("INSERT INTO slip VALUES (?, ?)", (sale.slip, fact.seq))
                for swap in sale.swaps:
                    self._use(swap.offer.item, fact.seq, swap.quantity)
            case GoodsReturned() as back:
                execute("INSERT INTO slip VALUES (?, ?)", (back.slip, fact.seq))
                execute("INSERT INTO return_of VALUES (?, ?)", (back.sale, fact.seq))
                self._put_back(back, fact.seq)
        return hash_

    def _put_back(self, back: GoodsReturned, seq: int) -> None:
        sale = self.fact(back.sale) if back.swaps else None
        if sale is None or not isinstance(sale.body, SaleCompleted):
            return
        for part in back.swaps:
            self._use(sale.body.swaps[part.index].offer.item, seq, -(part.quantity_milli // 1000))

    def _use(self, item: str, seq: int, quantity: int) -> None:
        """Count what left the board: a running sum, so that any stretch of facts is a difference of two rows."""
        self.connection.execute(
            "INSERT OR REPLACE INTO board_use VALUES (?, ?, ?)", (item, seq, self.used(item, seq) + quantity)
        )

    def used(self, item: str, seq: int) -> int:
        """How many of a thing of the board were taken by the facts up to the number `seq`."""
        row = self.connection.execute(
            "SELECT used FROM board_use WHERE item = ? AND seq <= ? ORDER BY seq DESC LIMIT 1", (item, seq)
        ).fetchone()
        return 0 if row is None else row[0]

    def uses_back(self, item: str) -> Iterator[tuple[bytes, int]]:
        """The facts that took a thing of the board, the latest first, each with how many it took."""
        rows = self.connection.execute(
            "SELECT id, used FROM board_use JOIN fact USING (seq) WHERE item = ? ORDER BY board_use.seq DESC", (item,)
        )
        later: tuple[bytes, int] | None = None
        for fact_id, used in rows:
            if later is not None:
                yield later[0], later[1] - used
            later = fact_id, used
        if later is not None:
            yield later

    def fact(self, fact_id: bytes) -> Fact | None:
        return self._one("SELECT data FROM fact WHERE id = ?", fact_id)

    def sale(self, slip: int) -> Fact | None:
        return self._one("SELECT data FROM slip JOIN fact USING (seq) WHERE number = ?", slip)

    def _one(self, query: str, key: bytes | int) -> Fact | None:
        row = self.connection.execute(query, (key,)).fetchone()
        return None if row is None else facts.decode(row[0])

    def page(self, after: int) -> list[Fact]:
        """The next facts after the number `after`, not too many; none at the end."""
        return self._facts("SELECT data FROM fact WHERE seq > ? ORDER BY seq LIMIT ?", after, _PAGE)

    def page_back(self, before: int) -> list[Fact]:
        """The last facts before the number `before`, the latest first, not too many; none at the beginning."""
        return self._facts("SELECT data FROM fact WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, _PAGE_BACK)

    def waits(self, card: int) -> bool:
        """Whether a fact about a card has yet to be acknowledged by the centre."""
        query = "SELECT 1 FROM fact_card, uplink WHERE card = ? AND fact_card.seq > uplink.seq LIMIT 1"
        return self.connection.execute(query, (card,)).fetchone() is not None

    def facts_of(self, card: int, after: int = 0) -> list[Fact]:
        """The facts that name a card, those after the number `after`."""
        query = "SELECT data FROM fact_card JOIN fact USING (seq) WHERE card = ? AND seq > ? ORDER BY seq"
        return self._facts(query, card, after)

    def facts_about(self, key: str) -> list[Fact]:
        """The facts with one of the keys of `facts.keys_of`."""
        return self._facts("SELECT data FROM fact_key JOIN fact USING (seq) WHERE key = ? ORDER BY seq", key)

    def returns_of(self, sale: bytes) -> list[Fact]:
        return self._facts("SELECT data FROM return_of JOIN fact USING (seq) WHERE sale = ? ORDER BY seq", sale)

    def _facts(self, query: str, *values: bytes | int | str) -> list[Fact]:
        return [facts.decode(row[0]) for row in self.connection.execute(query, values)]

    def cards_next(self, card: int, most: int) -> list[int]:
        """The next cards, by their numbers, that facts name."""
        rows = self.connection.execute(
            "SELECT DISTINCT card FROM fact_card WHERE card > ? ORDER BY card LIMIT ?", (card, most)
        )
        return [row[0] for row in rows]

    def writings(self) -> int:
        """A number that changes whenever somebody else has written into this file."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def cards_after(self, seq: int) -> list[int]:
        """The cards that the facts after a number name."""
        return [row[0] for row in self.connection.execute("SELECT DISTINCT card FROM fact_card WHERE seq > ?", (seq,))]

    def last_slip(self, till: int) -> int | None:
        """The last slip number that this till gave."""
        first = till * SLIPS_A_TILL
        row = self.connection.execute(
            "SELECT max(number) FROM slip WHERE number BETWEEN ? AND ?", (first, first + SLIPS_A_TILL - 1)
        ).fetchone()
        return None if row is None else row[0]

    # -- people

    def put_person(self, person: Person) -> None:
        values = msgspec.structs.astuple(person)
        self.connection.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, 0)", values)

    def person(self, member: int) -> Person | None:
        return outbox.person(self.connection, member)

    def put_contact(self, mark: bytes, member: int) -> None:
        """Remember whose e-mail address or phone number this is the mark of, also once it was erased."""
        self.connection.execute("INSERT OR IGNORE INTO contact VALUES (?, ?)", (mark, member))

    def members_by(self, mark: bytes) -> list[int]:
        """The members who ever gave the contact with this mark."""
        return [row[0] for row in self.connection.execute("SELECT member FROM contact WHERE mark = ?", (mark,))]

    def members(self) -> list[int]:
        """The members whose personal data was given at this till."""
        return [row[0] for row in self.connection.execute("SELECT member FROM person")]

    # -- baskets

    def open_basket(self) -> Basket:
        row = self.connection.execute("SELECT data FROM basket").fetchone()
        return Basket() if row is None else _baskets.decode(row[0])

    def put_basket(self, basket: Basket) -> None:
        self.connection.execute("INSERT OR REPLACE INTO basket VALUES (1, ?)", (_encoder.encode(basket),))

    def put_held(self, basket: Basket, note: str, at: int, cashier: str) -> int:
        cursor = self.connection.execute(
            "INSERT INTO held (basket, note, at, cashier) VALUES (?, ?, ?, ?)",
            (_encoder.encode(basket), note, at, cashier),
        )
        return int(cursor.lastrowid or 0)

    def held(self) -> list[Held]:
        """The baskets put aside, the oldest first."""
        rows = self.connection.execute("SELECT id, basket, note, at, cashier FROM held ORDER BY id")
        return [Held(id_, _baskets.decode(basket), *rest) for id_, basket, *rest in rows]

    def drop_held(self, hold_id: int) -> None:
        self.connection.execute("DELETE FROM held WHERE id = ?", (hold_id,))

    # -- printing

    def add_job(self, slip: int | None, document: Document, copy: bool, created: int) -> int:
        cursor = self.connection.execute(
            "INSERT INTO print_job (slip, state, document, copy, created) VALUES (?, 'queued', ?, ?, ?)",
            (slip, _encoder.encode(document), copy, created),
        )
        return int(cursor.lastrowid or 0)

    def jobs(self, *wanted: JobState) -> list[PrintJob]:
        """Print jobs in these states, in the order in which they were made; without a state all."""
        marks = ", ".join("?" * len(wanted))
        which = f"WHERE state IN ({marks})" if wanted else ""
        if wanted and "printed" not in wanted:
            which += " AND state <> 'printed'"  # says aloud what lets SQLite use its index of open jobs
        return self._jobs(f"{which} ORDER BY id", *wanted)

    def job(self, job_id: int) -> PrintJob | None:
        return next(iter(self._jobs("WHERE id = ?", job_id)), None)

    def job_of(self, slip: int) -> PrintJob | None:
        """The first print of a slip."""
        return next(iter(self._jobs("WHERE slip = ? ORDER BY id LIMIT 1", slip)), None)

    def _jobs(self, which: str, *values: int | str) -> list[PrintJob]:
        rows = self.connection.execute(
            f"SELECT id, slip, state, document, copy, created FROM print_job {which}", values
        )
        return [
            PrintJob(id_, slip, state, _documents.decode(document), bool(copy), created)
            for id_, slip, state, document, copy, created in rows
        ]

    def set_job_state(self, job_id: int, state: JobState) -> bool:
        """Whether there is such a job."""
        cursor = self.connection.execute("UPDATE print_job SET state = ? WHERE id = ?", (state, job_id))
        return cursor.rowcount == 1

    # -- notices

    def put_notices(self, cause: bytes, told: Sequence[Notice], created: int) -> None:
        """Queue the notices of the fact with the id `cause`."""
        outbox.put(self.connection, cause, told, created)

    def notices(self, *wanted: NoticeState) -> list[Dispatch]:
        return outbox.read(self.connection, *wanted)

    # -- programme files and notes

    def pack(self, hash_: str) -> bytes | None:
        row = self.connection.execute("SELECT content FROM pack WHERE hash = ?", (hash_,)).fetchone()
        return None if row is None else row[0]

    def put_pack(self, hash_: str, content: bytes) -> None:
        self.connection.execute("INSERT OR REPLACE INTO pack VALUES (?, ?)", (hash_, content))

    def meta(self, key: str) -> str | None:
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def put_meta(self, key: str, value: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
