"""What happens to a sale after it, made again: goods come back, an order is handed over or paid, points are dated."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from pos_app.loyalty import crediting, returns
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact, GoodsReturned, OrderChanged, PointsCredited, SaleCompleted
from pos_app.replay.bonuses import Bonuses
from pos_app.replay.memory import Memory, follower


class _Order(NamedTuple):
    """When a sale was handed over and paid, None where it was not yet."""

    fulfilled: int | None
    paid: int | None


class Orders:
    """Sales after they were made."""

    def __init__(self, memory: Memory, bonuses: Bonuses) -> None:
        self._memory = memory
        self._bonuses = bonuses
        self._open: dict[bytes, _Order] = {}
        self._guests: dict[int, list[bytes]] = {}

    def note(self, fact: Fact, body: SaleCompleted) -> None:
        """Remember a sale to which something is still to happen."""
        if body.guest:
            self._guests.setdefault(body.guest, []).append(fact.id)
        if not (body.fulfilled and body.paid):
            moment = fact.moment
            self._open[fact.id] = _Order(moment if body.fulfilled else None, moment if body.paid else None)

    def returned(self, fact: Fact, body: GoodsReturned) -> Iterator[Fact]:
        """A return reckoned again, and what inviters lose by it."""
        found = self._memory.sale_of(body.sale)
        if found is None:
            yield fact
            return
        made = self._back(fact, body, found[1])
        yield replace(fact, body=made)
        yield from self._bonuses.back(fact, found[0], body, made)
        self._memory.returns.setdefault(body.sale, []).append((body, made))

    def _back(self, fact: Fact, body: GoodsReturned, sale: Fact) -> GoodsReturned:
        """A return reckoned again; as it was where two tills took the same goods back."""
        assert isinstance(sale.body, SaleCompleted)
        earlier = [made for _, made in self._memory.returns.get(body.sale, ())]
        swaps = body.swaps if sale.body.swaps else ()
        if not (body.lines or swaps):
            return replace(body, swaps=(), given=()) if body.swaps else body
        try:
            return returns.goods_returned(
                sale, earlier, body.lines, swaps, self._memory.now(sale.moment), self._memory.now(fact.moment),
                body.slip, cancelled=body.cancelled,
            )  # fmt: skip
        except Refusal:
            return body

    def changed(self, fact: Fact, body: OrderChanged) -> Iterator[Fact]:
        """What follows when an order was handed over or paid."""
        order, found = self._open.get(body.sale), self._memory.sale_of(body.sale)
        if order is None or found is None:
            return
        sold = found[1].body
        assert isinstance(sold, SaleCompleted)
        order = order._replace(**{body.state: fact.moment})
        if body.state == "fulfilled" and order.paid is None and sold.means != "transfer":
            order = order._replace(paid=fact.moment)
        self._open[body.sale] = order
        if sold.card is not None and not (sold.guest and not self._has_joined(sold.guest)):
            yield from self._dated(fact, found[0], sold.card, order)
        if body.state == "fulfilled":
            yield from self._bonuses.on_first_sale(fact, found[1])

    def _has_joined(self, guest: int) -> bool:
        state = self._memory.families.of([guest]).replayed.cards.get(guest)
        return state is not None and state.member != 0

    def taken_up(self, fact: Fact, guest: int) -> Iterator[Fact]:
        """When the points of purchases as a guest can be spent, now that the guest has joined (H12)."""
        for name in self._guests.pop(guest, ()):
            found = self._memory.sale_of(name)
            if found is None or any(back.cancelled for back, _ in self._memory.returns.get(name, ())):
                continue
            order = self._open.get(name, _Order(fact.moment, fact.moment))
            since = _Order(*(None if moment is None else fact.moment for moment in order))
            yield from self._dated(fact, found[0], guest, since)

    def _dated(self, fact: Fact, sale: Fact, card: int, order: _Order) -> Iterator[Fact]:
        """From when the points of a sale can be spent by the new rules; what was recorded of it is expected."""
        sold = sale.body
        assert isinstance(sold, SaleCompleted)
        then, now = self._memory.then(sale).crediting, self._memory.now(sale.moment).crediting
        if then == now and sold.card == card:
            return
        was, date = (
            crediting.credited(rules, sold.means, order.fulfilled, order.paid, self._memory.programme.zone)
            for rules in (then, now)
        )
        self._memory.expected[card, sale.id] = date
        if date is not None and (was is None or sold.card != card):
            yield follower(fact, PointsCredited(card, sale.id, date), b"credit")

    def credited(self, fact: Fact, body: PointsCredited) -> Fact | None:
        """Points of a sale that can be spent from some moment on; None where they still cannot."""
        date = self._memory.expected.get((body.card, body.sale), body.credited)
        if date == body.credited:
            return fact
        return None if date is None else replace(fact, body=replace(body, credited=date))
