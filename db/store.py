"""The till's store: journal and replica, seen as one.

What the till shows is the replica and its own facts that the replica does not tell yet. One thread uses a store.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import MappingProxyType

import msgspec

from db import file, generations, witness
from db import journal as journals
from db.accounts import Accounts
from db.customers import Customers
from db.following import Following
from db.goods import Goods
from db.history import History
from db.journal import SLIPS_A_TILL, Journal
from db.keeping import Keeping, now_ms
from db.records import Dispatch, Found, Held, Identity, JobState, NewFact, NoticeState, Person, PrintJob, Staff
from db.replica import Replica
from db.snapshot import Snapshot
from db.trouble import StoreTrouble, of_error, tells_troubles
from db.witness import Head, Witness
from pos_app.loyalty import cards
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.facts import CardReplaced, Enrolled, Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.paper import Document
from pos_app.loyalty.tiers import NO_STATUTES, Statutes

__all__ = [
    "Dispatch", "Found", "Held", "Identity", "JobState", "NewFact", "NewJob", "NoticeState", "Person", "PrintJob",
    "Snapshot", "Staff", "Store", "StoreTrouble", "new_id",
]  # fmt: skip

log = logging.getLogger(__name__)

LOCK_FILE = "till.lock"
WITNESS_FILE = "journal.witness"

_ID_MOMENT_BYTES = 6
_ID_RANDOM_BYTES = 10
_NO_META: Mapping[str, str] = MappingProxyType({})

NewJob = tuple[int | None, Document, bool]
"""slip, document, whether it is a copy"""


@tells_troubles
class Store(Customers, History, Following, Goods, Keeping):
    """The files of one till in one folder. Every method raises StoreTrouble when the files fail it."""

    def __init__(
        self,
        folder: Path,
        zone: str,
        journal: Journal,
        replica: Replica,
        seen: Witness | None,
        statutes: Statutes = NO_STATUTES,
    ) -> None:
        """Use `open`. Without a witness the store is for reading only."""
        self.path = folder
        self.zone = zone
        self.warnings: list[str] = []
        """Sentences about the files that somebody should see to; sales go on."""

        self.replica = replica
        self._journal = journal
        self._witness = seen
        self._closing = ExitStack()
        self._offered = 0, 0
        self._seen: tuple[Path, int] | None = None
        self._steps: Iterator[bool] | None = None
        if seen is not None:
            self._find_losses(seen)
        self.identity = journal.identity()
        self._head = journal.head()
        self._statutes = statutes
        self._accounts = Accounts(journal, replica, zone, statutes, read_only=seen is None)
        if seen is not None:
            seen.write(self._head)
            self._rebase()

    @classmethod
    def open(
        cls,
        folder: Path,
        zone: str,
        *,
        statutes: Statutes = NO_STATUTES,
        read_only: bool = False,
        lasting: bool = True,
    ) -> "Store":
        """Open the files in `folder`, made if they are not there; `zone` and `statutes` are those of the programme.

        Only one store writes at a time; one that is `read_only` works beside it and changes nothing. One that is not
        `lasting` is thrown away afterwards, and does not wait for the disk.
        """
        warnings: list[str] = []
        with ExitStack() as closing:
            try:
                if not read_only:
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    closing.callback(os.close, file.locked(folder / LOCK_FILE, "locked"))
                if read_only and not (folder / journals.FILE).exists() and cls.exists(folder):
                    raise StoreTrouble("no_journal", folder / journals.FILE)
                journal = Journal(folder, read_only=read_only)
                closing.callback(journal.close)
                replica = generations.usable(folder, read_only=read_only, warn=partial(_warn, warnings))
                closing.callback(replica.close)
                seen = None if read_only else Witness(folder / WITNESS_FILE)
                if seen is not None:
                    closing.callback(seen.close)
                store = cls(folder, zone, journal, replica, seen, statutes)
                store.warnings[:0] = warnings
                if not lasting:
                    for connection in (journal.connection, replica.connection):
                        connection.execute("PRAGMA synchronous = OFF")
            except OSError as error:
                raise of_error(folder, error) from error
            store._closing = closing.pop_all()
            return store

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a folder holds the files of a till, or some of them; raises StoreTrouble."""
        try:
            return folder.exists() and ((folder / journals.FILE).exists() or any(generations.all_in(folder)))
        except OSError as error:
            raise of_error(folder, error) from error

    def close(self) -> None:
        """Give the files back; nothing is lost without it."""
        self.replica.close()
        self._closing.close()

    def checkpoint(self) -> None:
        """Bring what was written into the main file; best while nobody waits, such as after a sale."""
        self._journal.checkpoint()

    def begin_epoch_if_asked(self) -> bool:
        """Go on in the epoch that the centre gave to a copy that is not the newest; whether there was one."""
        asked = self._journal.asked_epoch()
        if asked is None:
            return False
        epoch, slips, block = asked
        head = self._head
        head = msgspec.structs.replace(head, epoch=max(epoch, head.epoch), slips=max(slips, head.slips), cards=0)
        with self._journal.transaction():
            self._journal.begin_epoch(head)
            self._journal.put_block(block)
        self.identity = self._journal.identity()
        self._note(head)
        self._warn(
            "This till was copied, or an older state of it was put back: another copy of it has spoken with the "
            "centre. It goes on under new numbers, and nothing is lost. Call support."
        )
        return True

    @property
    def centre(self) -> str:
        """Where the centre of this till is, empty for a till that stands alone."""
        return self._journal.centre()

    def enrol(self, identity: Identity, centre: str, timeline: str) -> None:
        """Become a till of a centre: what comes from now on is under its numbers, what was written stays as it is."""
        head = self._head
        epoch = max(identity.epoch, head.epoch + 1) if head.seq else identity.epoch
        with self._journal.transaction():
            self._journal.become(identity, centre, timeline)
            self._journal.begin_epoch(msgspec.structs.replace(head, epoch=epoch, slips=0, cards=0))
        self.identity = self._journal.identity()
        self._note(self._journal.head())

    def _find_losses(self, seen: Witness) -> None:
        """Give a new journal its identity, and one that has lost facts a new epoch."""
        last_seen = seen.read()
        journal = self._journal
        if not journal.has_till():
            if last_seen is not None and last_seen.seq:
                raise StoreTrouble("lost", journal.path, str(last_seen.seq))
            with journal.transaction():
                journal.found_till()
            journal.checkpoint(whole=True)  # so that the till's identity does not hang on the WAL alone
        if not journal.tail_is_whole():
            self._warn("The last facts of the journal are not what was written. Call support; the till goes on.")
        ends = journal.head()
        head = witness.after_loss(ends, last_seen, journal.hash_at)
        if head is not None:
            with journal.transaction():
                journal.begin_epoch(head)
            self._warn(
                f"The journal is older than what this till has written: it ends at fact {ends.seq}, fact {head.seq} "
                "was written. A backup was put back, or the disk has lost something; sales may be missing, and their "
                "points. Call support; the till goes on."
                if last_seen is not None
                else "The journal may be an old copy: its witness is missing. Call support; the till goes on."
            )

    def _warn(self, sentence: str) -> None:
        _warn(self.warnings, sentence)

    # -- facts

    @property
    def last_moment(self) -> int:
        """The moment of the last own fact: none may be dated before it."""
        return self._head.moment if self._witness is not None else self._journal.head().moment

    @property
    def last_seq(self) -> int:
        """The number of the last own fact, 0 before the first."""
        return self._head.seq

    def next_card(self) -> int:
        """A card number of this till's block that nobody has; it is used up once a fact hands it over."""
        identity = self.identity
        for index in range(self._head.cards, cards.BLOCK_SIZE):
            number = cards.card_number(identity.card_key, cards.block_counter(identity.block, index))
            if self._accounts.row(number) is None:
                self._offered = number, index + 1
                return number
        raise StoreTrouble("cards_used_up", self.path)

    def next_slip(self) -> int:
        """The number for the next slip; it stays so until a fact with it is recorded."""
        return self.identity.till * SLIPS_A_TILL + self._head.slips + 1

    def record(
        self,
        new: Sequence[NewFact],
        *,
        cashier: str = "",
        programme: str = "",
        version: str = "",
        jobs: Sequence[NewJob] = (),
        basket: Basket | None = None,
        people: Sequence[Person] = (),
        hold_done: int | None = None,
        meta: Mapping[str, str] = _NO_META,
        notices: Iterable[Notice] = (),
    ) -> tuple[Fact, ...]:
        """Write facts down with all that belongs to them, in one transaction that is on the disk on return.

        States are brought forward, `jobs` (slip, document, copy) queued, `people` kept, `basket` becomes the open one,
        the held basket `hold_done` goes, the notes `meta` are kept, `notices` wait in the outbox;
        they are asked for when the facts have changed their accounts.
        A ValueError is raised for a fact dated before `last_moment`.
        """
        head = self._head
        written: list[Fact] = []
        journal, accounts = self._journal, self._accounts
        try:
            with journal.transaction():
                for person in people:
                    journal.put_person(person)
                    for contact in filter(str.strip, (person.phone, person.email)):
                        journal.put_contact(self.contact_mark(contact), person.member)
                for one in new:
                    fact, head = self._fact(one, head, cashier, programme, version)
                    accounts.settle(fact)
                    written.append(fact)
                for person in people:
                    accounts.take_over(person.member)
                for slip, document, copy in jobs:
                    journal.add_job(slip, document, copy, now_ms())
                if basket is not None:
                    journal.put_basket(basket)
                if hold_done is not None:
                    journal.drop_held(hold_done)
                for key, value in meta.items():
                    journal.put_meta(key, value)
                told = tuple(notices)
                if told:
                    journal.put_notices(written[-1].id if written else new_id(now_ms()), told, now_ms())
                if head.cards != self._head.cards:
                    journal.use_cards(head.cards)
        except BaseException:
            accounts.reread()  # nothing was written; what is in memory must not say otherwise
            raise
        self._note(head)
        return tuple(written)

    def _fact(self, one: NewFact, head: Head, cashier: str, programme: str, version: str) -> tuple[Fact, Head]:
        """Write one fact after `head`; tells the head after it."""
        body, moment = one.body, one.moment
        if moment < head.moment:
            raise ValueError(f"a fact of {moment} cannot be written after one of {head.moment}")
        identity = self.identity
        fact = Fact(
            one.id or new_id(moment), identity.till, head.epoch, head.seq + 1, moment, body, cashier, programme, version
        )
        hash_ = self._journal.append(fact, head.hash)
        slips, used = head.slips, head.cards
        match body:
            case SaleCompleted() | GoodsReturned() if body.slip // SLIPS_A_TILL == identity.till:
                slips = max(slips, body.slip % SLIPS_A_TILL)
            case Enrolled(card=given) | CardReplaced(new_card=given) if given == self._offered[0]:
                used = max(used, self._offered[1])
        return fact, Head(head.epoch, fact.seq, hash_, moment, slips, used)

    def _note(self, head: Head) -> None:
        self._head = head
        if self._witness is not None:
            try:
                self._witness.write(head)
            except OSError as error:  # the sale itself is safe in the journal
                log.warning("%s could not be written: %s", self._witness.path, error)


def _warn(warnings: list[str], sentence: str) -> None:
    warnings.append(sentence)
    log.error(sentence)


def new_id(moment: int) -> bytes:
    """A fact's id: its moment first, so that neighbours in time are neighbours in the index, then chance."""
    time_part = moment & (1 << 8 * _ID_MOMENT_BYTES) - 1
    return time_part.to_bytes(_ID_MOMENT_BYTES, "big") + os.urandom(_ID_RANDOM_BYTES)
