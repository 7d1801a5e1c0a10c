"""The accounts of a replay: for each family one ledger of what was recorded, and one of what would have been."""

from collections.abc import Callable, Iterable, Iterator

from pos_app.loyalty import closing, ledger
from pos_app.loyalty.closing import LOTS_MANY, RETURNS_MS
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.tiers import Statutes

_CLOSED_EACH = 50
"""A ledger of many lots is closed again when it has so many more of them."""

Opening = Callable[[int], Ledger | None]
"""A new copy of the ledger that a card had before all facts, None where it had none."""


class Family:
    """Everybody who was ever linked with each other: the ledger as recorded, and as it would be.

    `expired_before` are the points that had lapsed before all facts.
    """

    __slots__ = ("cards", "expired_before", "recorded", "replayed")

    def __init__(self, recorded: Ledger, replayed: Ledger) -> None:
        self.recorded = recorded
        self.replayed = replayed
        self.cards = set(recorded.cards)
        self.expired_before = sum(lot.expired for lot in recorded.lots.values())


class Families:
    """The families of the cards that facts name, joined as the facts join them. Nothing is kept."""

    def __init__(self, zone: str, statutes: Statutes, new_statutes: Statutes, opening: Opening) -> None:
        self._zone = zone
        self._statutes = statutes
        self._new_statutes = new_statutes
        self._opening = opening
        self._known: dict[int, Family] = {}

    def of(self, cards: Iterable[int]) -> Family:
        """The one family of these cards from now on."""
        found: Family | None = None
        for card in cards:
            family = self._known.get(card) or self._opened(card)
            found = family if found is None else self._joined(found, family)
        assert found is not None, "a fact that names no card has no family"
        return found

    def __iter__(self) -> Iterator[Family]:
        return iter({id(family): family for family in self._known.values()}.values())

    def _opened(self, card: int) -> Family:
        recorded, replayed = self._opening(card), self._opening(card)
        if recorded is None or replayed is None:
            recorded, replayed = Ledger(self._zone), Ledger(self._zone)
        recorded.statutes, replayed.statutes = self._statutes, self._new_statutes
        _forget_tiers(replayed)
        family = Family(recorded, replayed)
        family.cards.add(card)
        self._known.update(dict.fromkeys(family.cards, family))
        return family

    def _joined(self, one: Family, other: Family) -> Family:
        if one is other:
            return one
        one.recorded = ledger.join(one.recorded, other.recorded)
        one.replayed = ledger.join(one.replayed, other.replayed)
        one.cards |= other.cards
        one.expired_before += other.expired_before
        self._known.update(dict.fromkeys(other.cards, one))
        return one


def apply(state: Ledger, fact: Fact) -> None:
    """Fold a fact in; one from before an opening state right after it, late but never lost."""
    last = state.last
    if ledger.follows(state, fact):
        ledger.apply(state, fact)
    else:
        state.last = None
        ledger.apply(state, fact)
        state.last = last
    if len(state.lots) > LOTS_MANY and len(state.lots) % _CLOSED_EACH == 0:
        closing.close(state, fact.moment - RETURNS_MS)


def _forget_tiers(state: Ledger) -> None:
    """Take away tiers that an opening state knows and the new programme does not."""
    known = {tier.id for era in state.statutes.eras if era.rules is not None for tier in era.rules.tiers}
    state.tiers = {account: tier for account, tier in state.tiers.items() if tier.id in known}
