"""What there is when a run has come to its end, for the checks to look at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pos_app.loyalty import facts, ledger
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Fact
from tests.simulation.tills import ZONE

if TYPE_CHECKING:
    from tests.simulation.world import World


class Violation(Exception):
    """Something that must hold does not; the text says what."""


class End:
    """What there is at the end of a run, and what follows from it by one fold."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.kept = world.centre.facts()
        self.alive = self.kept.union(*(till.keys for till in world.tills.values()))
        """Whatever is in a store that is still there."""

        self.told = world.told | world.centre.alarms()
        """All that people were ever told."""

        counting: dict[bytes, Fact] = {}
        for key in sorted(self.alive):
            fact = world.book.written[key]
            counting[fact.id] = min(counting.get(fact.id, fact), fact, key=facts.encode)
        self.facts = counting
        """By their ids: those that count."""

        self.groups = list(_groups(counting.values()))
        self.then = max([world.now, *(fact.moment for fact in counting.values())])
        self.expected: dict[int, Ledger] = {}
        """By card: the ledger of everybody who was ever linked with it."""

        self.ledgers: list[Ledger] = []
        for group in self.groups:
            state = ledger.fold(ZONE, group, world.statutes)
            ledger.advance(state, self.then)
            self.ledgers.append(state)
            self.expected |= dict.fromkeys(state.cards, state)


def _groups(history: Iterable[Fact]) -> Iterator[list[Fact]]:
    """Facts that have nothing to do with each other, by the cards that they name."""
    leader: dict[int, int] = {}

    def lead(card: int) -> int:
        while leader.setdefault(card, card) != card:
            card = leader[card]
        return card

    about = [(fact, facts.cards_of(fact.body)) for fact in history]
    for _, (first, *others) in about:
        for card in others:
            leader[lead(card)] = lead(first)
    groups: dict[int, list[Fact]] = defaultdict(list)
    for fact, cards in about:
        groups[lead(cards[0])].append(fact)
    yield from groups.values()
