"""The till's store: journal and replica, seen as one.

What the till shows is the replica and its own facts that the replica does not tell yet. One thread uses a store.
"""

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType

import msgspec

from db import contacts, file, generations, states, witness
from db import journal as journals
from db.accounts import Accounts
from db.goods import Goods
from db.journal import SLIPS_A_TILL, Journal
from db.keeping import Keeping, now_ms
from db.records import Dispatch, Found, Held, Identity, JobState, NewFact, NoticeState, Person, PrintJob, Staff
from db.replica import Replica
from db.snapshot import Snapshot
from db.trouble import StoreTrouble, of_error, tells_troubles
from db.witness import Head, Witness
from pos_app.loyalty import cards, ledger
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.facts import CardReplaced, Enrolled, Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.ledger import Ledger, Totals
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.paper import Document
from pos_app.loyalty.tiers import NO_STATUTES, Statutes

__all__ = [
    "Dispatch", "Found", "Held", "Identity", "JobState", "NewFact", "NewJob", "NoticeState", "Person", "PrintJob",
    "Snapshot", "Staff", "Store", "StoreTrouble", "new_id",
]  # fmt: skip

log = logging.getLogger(__name__)

GUESTS_FROM = 1 << 61
LOCK_FILE = "till.lock"
WITNESS_FILE = "journal.witness"

_ID_MOMENT_BYTES = 6
_ID_RANDOM_BYTES = 10
_STATUTES = "statutes"
_LIKE_MOST = 100
"""So many members are looked at whose numbers hold the digits of one."""
_GONE = ("replaced", "left")
_NO_META: Mapping[str, str] = MappingProxyType({})

NewJob = tuple[int | None, Document, bool]
"""slip, document, whether it is a copy"""


@tells_troubles
class Store(Goods, Keeping):
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
        self._seen = self._writings()
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

    def reload_replica(self) -> None:
        """Open the newest replica in the place of the one that is open, and put the own facts on top of it."""
        fresh = generations.usable(self.path, read_only=self._witness is None, warn=self._warn)
        self.replica.close()
        self.replica = self._accounts.replica = fresh
        if self._witness is not None:
            self._rebase()

    def refresh(self) -> bool:
        """Show what the centre has told since the last look; whether any account that this till touched has changed."""
        changed = False
        while (step := self.refresh_some()) is not None:
            changed |= step
        return changed

    def refresh_some(self) -> bool | None:
        """The same in small steps, between which the till may sell: whether this one has changed anything.

        None when there is no more to do.
        """
        if self._steps is None:
            self._steps = self._refreshing()
        try:
            step = next(self._steps, None)
        except BaseException:
            self._steps = None
            raise
        if step is None:
            self._steps = None
        return step

    def _refreshing(self) -> Iterator[bool]:
        self._seen = self._writings()
        if generations.newest(self.path) == self.replica.path:
            yield from self._accounts.refreshing()
            return
        fresh = generations.usable(self.path, read_only=False, warn=self._warn)
        self.replica.close()
        self.replica = self._accounts.replica = fresh
        self._seen = self._writings()
        yield True
        yield from self._accounts.remaking()
        generations.tidy(self.path, self.replica.path)

    def has_news(self) -> bool:
        """Whether the centre may have told something since the last look; costs next to nothing."""
        return self._writings() != self._seen or generations.newest(self.path) != self.replica.path

    def _writings(self) -> tuple[Path, int]:
        return self.replica.path, self.replica.writings()

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

    def _rebase(self) -> None:
        """Make the journal's states anew when they were made on another replica; one that lacks states is none."""
        told, base = self._journal.base(), self.replica.base
        statutes = _mark_of(self._statutes)
        other_statutes = statutes != (self._journal.meta(_STATUTES) or "")
        if (base and base != told) or other_statutes:
            self._accounts.rebase()
        if other_statutes:
            self.set_meta(_STATUTES, statutes)
        if told and not base:
            self._warn(
                f"What the centre has said is missing in {self.path}: cards, goods and staff are those of this till "
                "alone. Call support; the till goes on."
            )
        generations.tidy(self.path, self.replica.path)

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

    # -- customers and their accounts

    @property
    def last_moment(self) -> int:
        """The moment of the last own fact: none may be dated before it."""
        return self._head.moment if self._witness is not None else self._journal.head().moment

    @property
    def last_seq(self) -> int:
        """The number of the last own fact, 0 before the first."""
        return self._head.seq

    def customer(self, card: int, now: int) -> Customer:
        """What the till shows of a scanned card as of `now`; its status is unknown when nobody was given it."""
        row = self._accounts.row(card)
        if row is None:
            return Customer(card, card, 0, "", "", 0, status="unknown")
        account, member, status, active_from, balance, pending, next_change, kind, name, tier, until = row
        if now >= next_change:
            state = self._accounts.ledger([card])
            ledger.advance(state, now)
            totals = ledger.totals(state, account)
            balance, pending = totals.balance, totals.pending
            standing = ledger.tier_of(state, account)
            tier, until = ("", None) if standing is None else (standing.id, standing.until)
        return Customer(
            card, account, member, name or "", kind or "", balance, pending, tier or None, status, active_from, until
        )

    def cards_in_debt(self) -> list[int]:
        """Cards of accounts that owe points, one of a ledger at least; each is to be looked at again."""
        here = states.in_debt(self._journal.connection)
        return sorted({*here, *states.in_debt(self.replica.connection)})

    def tier_told(self, card: int) -> str:
        """The tier of a card's account as of the last fact about it, empty for none."""
        row = self._accounts.row(card)
        return "" if row is None else row[9]

    def ledger(self, card: int) -> Ledger:
        """The ledger of everybody who was ever linked with this card, for the caller to advance; empty for none."""
        return self._accounts.ledger([card])

    def totals(self, card: int, now: int) -> Totals:
        """The points of a card's family as of `now`, not before its last fact; none for a card that is not known."""
        return self._accounts.totals(card, now)

    def seen(self, card: int) -> Ledger:
        """The ledger of a card as of its last fact, to look at: it is not the caller's to change, nor to keep."""
        return self._accounts.seen(card)

    def find_people(self, text: str, limit: int = 50) -> list[Found]:
        """Cards whose member's name or phone, or whose number, hold every word of `text`, any case."""
        return list(islice(self._found(text), limit))

    def _found(self, text: str) -> Iterator[Found]:
        elsewhere = (card for card in self.replica.finds(text) if not self._journal.has_seek(card))
        for card in chain(self._journal.finds(text), elsewhere):
            row = self._accounts.row(card)
            if row is not None and row[2] not in _GONE:
                name, phone = self._accounts.contact(row[1])
                yield Found(card, name, row[7] or "", phone)

    def person(self, member: int) -> Person | None:
        """The personal data of a member that was given at this till and not handed over yet."""
        return self._journal.person(member)

    def contact_mark(self, contact: str) -> bytes:
        """What is remembered of an e-mail address or phone number: nobody can read it from that."""
        return contacts.mark(self.identity.card_key, contact)

    def members_by(self, contact: str) -> list[int]:
        """The members who ever gave this e-mail address or phone number here, or whose number the centre tells."""
        if not contact.strip():
            return []
        keys = [self.identity.card_key, *self._journal.former_keys()]
        found = [member for key in keys for member in self._journal.members_by(contacts.mark(key, contact))]
        if "@" not in contact:
            found += self._told_by(contact)
        return list(dict.fromkeys(found))

    def _told_by(self, phone: str) -> Iterator[int]:
        """The members whose number, however it is written, the replica tells as this one."""
        mark = self.contact_mark(phone)
        for card in islice(self.replica.finds(phone), _LIKE_MOST):
            row = self._accounts.row(card)
            if row is not None and self.contact_mark(self._accounts.contact(row[1])[1]) == mark:
                yield row[1]

    def cards_of_member(self, member: int) -> list[int]:
        """The cards that a member has or had."""
        return self._accounts.cards_of_member(member)

    def guest_number(self, email: str) -> int:
        """The number under which purchases of a guest wait: always the same for an address, and never a card's.

        Where purchases wait from before this till joined its centre, it is the number of that time.
        """
        keys = [*self._journal.former_keys(), self.identity.card_key]
        numbers = [GUESTS_FROM | int.from_bytes(contacts.mark(key, email)[:7], "big") for key in keys]
        return next((number for number in numbers if self._accounts.row(number) is not None), numbers[-1])

    def next_card(self) -> int:
        """A card number of this till's block that nobody has; it is used up once a fact hands it over."""
        identity = self.identity
        for index in range(self._head.cards, cards.BLOCK_SIZE):
            number = cards.card_number(identity.card_key, cards.block_counter(identity.block, index))
            if self._accounts.row(number) is None:
                self._offered = number, index + 1
                return number
        raise StoreTrouble("cards_used_up", self.path)

    # -- facts

    def fact(self, fact_id: bytes) -> Fact | None:
        return self._journal.fact(fact_id)

    def facts(self) -> Iterator[Fact]:
        """All own facts in the order in which they were written."""
        after = 0
        while page := self._journal.page(after):
            yield from page
            after = page[-1].seq

    def facts_back(self) -> Iterator[Fact]:
        """All own facts, the latest first."""
        before = self._head.seq + 1
        while page := self._journal.page_back(before):
            yield from page
            before = page[-1].seq

    def waits_for_centre(self, cards: Iterable[int]) -> bool:
        """Whether the centre has yet to say that it has all own facts about some cards."""
        return any(map(self._journal.waits, cards))

    def facts_of(self, card: int) -> list[Fact]:
        """The own facts that name a card, in the order in which they were written."""
        return self._journal.facts_of(card)

    def facts_about(self, key: str) -> list[Fact]:
        """The own facts about a code, an order or a draw (`facts.keys_of`)."""
        return self._journal.facts_about(key)

    def sale(self, slip: int) -> Fact | None:
        """The sale or return with this slip number."""
        return self._journal.sale(slip)

    def returns_of(self, sale: Fact) -> list[Fact]:
        """What came back of a sale so far."""
        return self._journal.returns_of(sale.id)

    def last_slip(self) -> int | None:
        """The number of this till's last slip."""
        return self._journal.last_slip(self.identity.till)

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


def _mark_of(statutes: Statutes) -> str:
    """What tells statutes from others; empty for none."""
    return hashlib.blake2b(msgspec.msgpack.encode(statutes), digest_size=8).hexdigest() if statutes.eras else ""


def _warn(warnings: list[str], sentence: str) -> None:
    warnings.append(sentence)
    log.error(sentence)


def new_id(moment: int) -> bytes:
    """A fact's id: its moment first, so that neighbours in time are neighbours in the index, then chance."""
    time_part = moment & (1 << 8 * _ID_MOMENT_BYTES) - 1
    return time_part.to_bytes(_ID_MOMENT_BYTES, "big") + os.urandom(_ID_RANDOM_BYTES)
