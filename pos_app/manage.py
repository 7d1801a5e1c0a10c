"""The manager's use cases: prize draws (K13)."""

from collections.abc import Callable

from db.store import NewFact, Store
from pos_app import consequences
from pos_app.loyalty import draws, returns
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import DrawHeld, Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.slip import slip_text


class Manage:
    """What a manager does at one till."""

    def __init__(
        self, store: Store, programme: Programme, clock: Callable[[], int], manager: Callable[[], str] = str
    ) -> None:
        self._store = store
        self._programme = programme
        self._clock = clock
        self._manager = manager

    def entries(self, draw: str) -> list[str]:
        """The numbers of all entries of a draw; a sale that came back whole has none. Raises Refusal draw_unknown."""
        if self._programme.draw(draw) is None:
            raise Refusal("draw_unknown", draw=draw)
        found = []
        for fact in self._store.facts_about(f"draw:{draw}"):
            if isinstance(fact.body, SaleCompleted) and self._stands(fact, fact.body):
                count = sum(entries.count for entries in fact.body.entries if entries.draw == draw)
                found += [draws.entry_text(slip_text(fact.body.slip), number) for number in range(1, count + 1)]
        return found

    def _stands(self, sale: Fact, body: SaleCompleted) -> bool:
        earlier = [back.body for back in self._store.returns_of(sale) if isinstance(back.body, GoodsReturned)]
        return not earlier or any(returns.left_milli(body, earlier)) or any(returns.left_swaps(body, earlier))

    def hold_draw(self, draw: str, seed: str, count: int) -> DrawHeld:
        """Draw `count` winners by a seed that everybody may know, and keep that on record.

        Raises Refusal draw_unknown, or already_done where another seed has decided before.
        """
        if any(isinstance(fact.body, DrawHeld) and fact.body.seed != seed for fact in self.draws_held(draw)):
            raise Refusal("already_done")
        entries = self.entries(draw)
        held = DrawHeld(draw, seed, len(entries), tuple(draws.winners(entries, seed, count)))
        now = max(self._clock(), self._store.last_moment)
        consequences.record(self._store, self._programme, [NewFact(held, now)], cashier=self._manager())
        return held

    def draws_held(self, draw: str) -> list[Fact]:
        """The drawings of a draw so far."""
        return [fact for fact in self._store.facts_about(f"draw:{draw}") if isinstance(fact.body, DrawHeld)]
