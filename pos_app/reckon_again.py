"""Sales reckoned again at the centre by the programme that they name: differences are told, nothing is rewritten."""

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from pos_app.loyalty import facts, ledger
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.errors import FileFault, Refusal
from pos_app.loyalty.facts import Fact, SaleCompleted
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.programme_file import decode
from pos_app.replay.ledgers import Families, Family, apply
from pos_app.replay.memory import Memory, Past
from pos_app.replay.sales import DECIDED, Sales
from sync.central import histories, published
from sync.central.alarms import raise_alarm
from sync.central.database import Link

PackOf = Callable[[str], bytes | None]


class Differs(Struct, frozen=True):
    """A sale, and what of it is not as its own programme has it."""

    fact: Fact
    what: tuple[str, ...]


class Reckoned(Struct):
    """What a check came to: sales that were reckoned again, those that could not be, and those that differ."""

    sales: int = 0
    unknown: int = 0
    differ: int = 0


def check(link: Link, programme: Programme, since: int) -> Reckoned:
    """Reckon the sales again that came in since a moment, and put those that differ on the list of alarms."""
    found = Reckoned()
    pack_of = lru_cache(maxsize=64)(lambda pack: published.pack(link, pack))
    for history, new in histories.since(link, since):
        check = Check(programme, pack_of, lambda code: histories.coupon(link, code), history)
        for fact in history:
            differs = check.step(fact, is_checked=fact.id in new)
            if differs is not None:
                found.differ += 1
                subject = f"{fact.epoch}/{fact.seq}: {', '.join(differs.what)}"
                raise_alarm(link, fact.till, fact.moment, "reckoned", subject)
        found.sales += check.sales
        found.unknown += check.unknown
    return found


class Check:
    """The check of one family's history, fact by fact in their order. `programme` is the one in force."""

    def __init__(
        self, programme: Programme, pack_of: PackOf, coupon: Callable[[str], Coupon | None], history: list[Fact]
    ) -> None:
        self.sales = 0
        self.unknown = 0
        self._pack_of = pack_of
        self._families = Families(programme.zone, programme.statutes, programme.statutes, _nothing)
        self._past = Past(self._rules_of, {fact.id: fact for fact in history}.get, coupon)
        self._programmes: dict[str, Programme | None] = {programme.pack: programme}
        self._by_pack: dict[str, Sales] = {}

    def step(self, fact: Fact, *, is_checked: bool) -> Differs | None:
        """Fold one fact as it was recorded; where it is a sale to be checked, tell how it differs."""
        body = fact.body
        named = facts.cards_of(body)
        shown = body.shown_card if isinstance(body, SaleCompleted) and not named else None
        family = self._families.of(named) if named else self._families.of((shown,)) if shown is not None else None
        if family is not None:
            for side in (family.recorded, family.replayed):
                ledger.advance(side, max(fact.moment, side.changed))
        differs = self._checked(fact, body, family) if is_checked and isinstance(body, SaleCompleted) else None
        if named and family is not None:
            apply(family.recorded, fact)
            apply(family.replayed, fact)
        return differs

    def _checked(self, fact: Fact, body: SaleCompleted, family: Family | None) -> Differs | None:
        programme = self._programme(fact.programme)
        if programme is None:
            self.unknown += 1
            return None
        sales = self._by_pack.get(fact.programme)
        if sales is None:
            sales = self._by_pack[fact.programme] = Sales(Memory(programme, self._families, self._past))
        try:
            again = sales.sold(fact, body, family)
        except (FileFault, Refusal):
            self.unknown += 1
            return None
        self.sales += 1
        if again is fact:
            return None
        return Differs(fact, tuple(name for name in DECIDED if getattr(again.body, name) != getattr(body, name)))

    def _programme(self, pack: str) -> Programme | None:
        """The programme of a pack, None where the centre does not have it."""
        if pack not in self._programmes:
            content = self._pack_of(pack)
            try:
                self._programmes[pack] = None if content is None else decode(content, pack, kept=True)
            except FileFault:
                self._programmes[pack] = None
        return self._programmes[pack]

    def _rules_of(self, fact: Fact) -> tuple[Programme, Version]:
        programme = self._programme(fact.programme)
        assert programme is not None, "only sales of known programmes are reckoned again"
        return programme, programme.version(fact.version) or programme.version_at(fact.moment)


def _nothing(card: int) -> Ledger | None:
    return None
