"""What a store tells of customers: their cards and accounts, and how they are found."""

from collections.abc import Iterator
from itertools import chain, islice

from db import states
from db.accounts import Accounts
from db.journal import Journal
from db.records import Found, Identity, Person
from db.replica import Replica
from db.trouble import tells_troubles
from pos_app.loyalty import contacts, ledger
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.ledger import Ledger, Totals

GUESTS_FROM = 1 << 61
_LIKE_MOST = 100
"""So many members are looked at whose numbers hold the digits of one."""
_GONE = ("replaced", "left")


@tells_troubles
class Customers:
    """The part of `Store` that shows accounts: the replica's, with this till's own facts on top."""

    identity: Identity
    replica: Replica
    _journal: Journal
    _accounts: Accounts

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
        """The members who ever gave this e-mail address or phone number here, or of whom the centre tells it."""
        if not contact.strip():
            return []
        keys = [self.identity.card_key, *self._journal.former_keys()]
        found = [member for key in keys for member in self._journal.members_by(contacts.mark(key, contact))]
        found += self.replica.members_by(self.contact_mark(contact)) if "@" in contact else self._told_by(contact)
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
