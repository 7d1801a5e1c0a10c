"""What a store tells of the facts that this till has written."""

from collections.abc import Iterable, Iterator

from db.journal import Journal
from db.records import Identity
from db.trouble import tells_troubles
from db.witness import Head
from pos_app.loyalty.facts import Fact


@tells_troubles
class History:
    """The part of `Store` that looks back."""

    identity: Identity
    _journal: Journal
    _head: Head

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
