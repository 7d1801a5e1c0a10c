"""What a replay remembers: the rules of then and now, and what was made again so far."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from pos_app.loyalty import facts
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.facts import Body, Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.programme import Programme, Version
from pos_app.replay.ledgers import Families


class Past(NamedTuple):
    """What is known of the past: by which programme and version a fact was reckoned, facts by id, coupons by code."""

    rules_of: Callable[[Fact], tuple[Programme, Version]]
    fact: Callable[[bytes], Fact | None]
    coupon: Callable[[str], Coupon | None]


class Memory:
    """Shared by all that makes facts again.

    `returns` are those of each sale, as recorded and made again. `expected` is what becomes of facts that follow from
    one of the same moment, by card and what they are about: points or a moment, None where they would not follow.
    """

    def __init__(self, programme: Programme, families: Families, past: Past) -> None:
        self.programme = programme
        self.families = families
        self.past = past
        self.returns: dict[bytes, list[tuple[GoodsReturned, GoodsReturned]]] = {}
        self.expected: dict[tuple[int, object], int | None] = {}
        self._expected_at = 0
        self._sales: dict[bytes, bytes] = {}

    def reach(self, moment: int) -> None:
        """Go on to a fact of this moment."""
        if moment != self._expected_at:
            self.expected.clear()
            self._expected_at = moment

    def now(self, moment: int) -> Version:
        """The new rules at a moment."""
        return self.programme.version_at(moment)

    def then(self, fact: Fact) -> Version:
        """The rules by which a fact was reckoned."""
        return self.past.rules_of(fact)[1]

    def keep_sale(self, sale: Fact) -> None:
        """Remember a sale that would have been another one; as bytes, for there are many of them."""
        self._sales[sale.id] = facts.encode(sale)

    def sale_of(self, name: bytes) -> tuple[Fact, Fact] | None:
        """A sale as it was recorded and as it would have been; None where there is none of this name."""
        fact = self.past.fact(name)
        if fact is None or not isinstance(fact.body, SaleCompleted):
            return None
        kept = self._sales.get(name)
        return fact, fact if kept is None else facts.decode(kept)


def follower(fact: Fact, body: Body, mark: bytes) -> Fact:
    """A fact that would have followed right after another one; `mark` tells it from others that follow."""
    return replace(fact, id=fact.id + mark, body=body)
