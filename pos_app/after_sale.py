"""What happens to a sale after it: goods come back, an order is handed over, paid or cancelled."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from db.store import NewFact, NewJob, Store
from pos_app import past
from pos_app.loyalty import crediting, facts, ledger, returns, slip
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    BonusGiven,
    Fact,
    GoodsReturned,
    LineBack,
    OrderChanged,
    PointsAdjusted,
    PointsCredited,
    SaleCompleted,
)
from pos_app.loyalty.paper import Document
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.slip import SlipHead
from pos_app.loyalty.words import Words
from pos_app.past import Order

SaleState = Literal["open", "completed", "returned", "cancelled"]


class Returned(NamedTuple):
    """A return that is written down, and its slip."""

    fact: Fact
    document: Document


class Returnable(NamedTuple):
    """A sale found by its slip, with what can still come back of each line and swap (thousandths, pieces)."""

    sale: Fact
    left_milli: tuple[int, ...]
    left_swaps: tuple[int, ...]


class Register(Protocol):
    """What of a till is needed to work on its sales."""

    store: Store
    programme: Programme
    words: Words

    @property
    def version(self) -> Version: ...
    def now(self) -> int: ...
    def head(self) -> SlipHead: ...
    def record(self, new: Sequence[NewFact], jobs: Sequence[NewJob] = ()) -> tuple[Fact, ...]: ...


class AfterSale:
    """The sales of one till after they were made. Methods raise Refusal."""

    def __init__(self, till: Register) -> None:
        self._till = till
        self._told: dict[bytes, tuple[Fact, ...]] = {}
        """By sale what the centre has told about it."""

    def learn(self, sale: Fact, about: Sequence[Fact]) -> None:
        """Reckon with what the centre tells about a sale: what came back at other tills, and how its order went there.

        It is told anew whenever the slip is looked for, so that only the last sale's is kept.
        """
        self._told = {sale.id: tuple(about)}

    def is_elsewhere(self, sale: Fact) -> bool:
        """Whether another till has made a sale."""
        return self._till.store.fact(sale.id) is None

    def returnable(self, sale: Fact) -> Returnable:
        assert isinstance(sale.body, SaleCompleted)
        earlier = self._earlier(sale)
        left = tuple(returns.left_milli(sale.body, earlier))
        return Returnable(sale, left, tuple(returns.left_swaps(sale.body, earlier)))

    def return_goods(
        self, sale: Fact, lines: Sequence[LineBack] | None = None, swaps: Sequence[LineBack] = ()
    ) -> Returned:
        """Take goods of a sale back; without `lines` all that did not come back yet.

        Raises Refusal already_returned, not_bought or quantity_wrong.
        """
        return self._take_back(sale, self.quote_return(sale, lines, swaps))

    def cancel(self, sale: Fact) -> Returned:
        """Undo a whole sale or order, with what was paid for its delivery (H14).

        Of one of which something came back before, all the rest. Raises Refusal sale_cancelled or already_returned.
        """
        return self._take_back(sale, self.quote_return(sale, cancelled=True))

    def _take_back(self, sale: Fact, body: GoodsReturned) -> Returned:
        till = self._till
        now = max(till.now(), sale.moment + 1)  # in the fold a return comes after its sale
        document = slip.return_slip(
            body, now, sale, self._balance_with(body, now), till.head(), till.programme, till.words
        )
        new = [NewFact(body, now), *self._bonus_back(sale, body, now)]
        return Returned(till.record(new, [(body.slip, document, False)])[0], document)

    def _bonus_back(self, sale: Fact, back: GoodsReturned, now: int) -> Iterator[NewFact]:
        """What an inviter loses of the points for this purchase of a friend, now that less of it was bought."""
        own = self._till.store.facts_about(f"bonus:{sale.id.hex()}")
        for fact in self._with_told(sale, own):
            given = fact.body
            if not isinstance(given, BonusGiven):
                continue
            rule = self._version_of(fact).bonus(given.rule)
            counted = self._till.store.seen(given.card).given.get(f"{given.rule}:{given.occasion}") == fact.id
            if rule is None or not counted:
                continue
            since = [one.body for one in self._returns(sale) if facts.place(one) > facts.place(fact)]
            earlier = [one for one in since if isinstance(one, GoodsReturned)]
            points = returns.bonus_back(rule, given, earlier, back, undone=self._undoes(sale, back))
            if points:
                reason = f"{given.rule}: {slip.slip_text(back.slip)}"
                yield NewFact(PointsAdjusted(given.card, -points, reason, of=fact.id), now)

    def _undoes(self, sale: Fact, back: GoodsReturned) -> bool:
        """Whether nothing is left of a sale after this return."""
        assert isinstance(sale.body, SaleCompleted)
        after = [*self._earlier(sale), back]
        return not (any(returns.left_milli(sale.body, after)) or any(returns.left_swaps(sale.body, after)))

    # -- orders: handed over and paid later than they were made

    def fulfil(self, sale: Fact) -> Fact:
        """An order was handed over, a service used: its points come as the programme says (T8, H13, S6).

        Tells the fact of it, or the sale where that had happened already. Raises Refusal sale_cancelled.
        """
        return self._change(sale, "fulfilled")

    def pay(self, sale: Fact) -> Fact:
        """An order that was open is paid; as `fulfil`."""
        return self._change(sale, "paid")

    def _change(self, sale: Fact, state: Literal["fulfilled", "paid"]) -> Fact:
        body = sale.body
        assert isinstance(body, SaleCompleted)
        self._check_open(sale)
        order = self.order(sale)
        if (order.fulfilled if state == "fulfilled" else order.paid) is not None:
            return sale
        now = max(self._till.now(), sale.moment + 1)
        order = past.with_payment(order._replace(**{state: now}), body)
        new = [NewFact(OrderChanged(sale.id, state, body.card), now)]
        if body.card is not None and not self._waits_for_member(body):
            credited = self._credited(sale, order)
            if credited is not None:
                new.append(NewFact(PointsCredited(body.card, sale.id, credited), now))
        return self._till.record(new)[0]

    def _waits_for_member(self, body: SaleCompleted) -> bool:
        """Whether a guest made the purchase who has not joined yet (H12)."""
        return bool(body.guest) and not self._till.store.customer(body.guest, self._till.now()).member

    def _credited(self, sale: Fact, order: Order) -> int | None:
        assert isinstance(sale.body, SaleCompleted)
        rules = self._version_of(sale).crediting
        return crediting.credited(rules, sale.body.means, order.fulfilled, order.paid, self._till.programme.zone)

    def order(self, sale: Fact) -> Order:
        """When a sale was handed over and paid, as far as it was."""
        return past.order(self._till.store, sale, self._told.get(sale.id, ()))

    def state(self, sale: Fact) -> SaleState:
        """What has become of a sale."""
        assert isinstance(sale.body, SaleCompleted)
        earlier = self._earlier(sale)
        if any(back.cancelled for back in earlier):
            return "cancelled"
        left = self.returnable(sale)
        if not (any(left.left_milli) or any(left.left_swaps)):
            return "returned"
        return "completed" if self.order(sale).fulfilled is not None else "open"

    def _check_open(self, sale: Fact) -> None:
        if any(back.cancelled for back in self._earlier(sale)):
            assert isinstance(sale.body, SaleCompleted)
            raise Refusal("sale_cancelled", slip=slip.slip_text(sale.body.slip))

    def quote_return(
        self,
        sale: Fact,
        lines: Sequence[LineBack] | None = None,
        swaps: Sequence[LineBack] = (),
        *,
        cancelled: bool = False,
    ) -> GoodsReturned:
        """What a return would do; nothing is kept."""
        assert isinstance(sale.body, SaleCompleted)
        self._check_open(sale)
        earlier = self._earlier(sale)
        if lines is None:
            lines, swaps = returns.everything(sale.body, earlier)
        then = self._version_of(sale)
        slip_number = self._till.store.next_slip()
        return returns.goods_returned(
            sale, earlier, lines, swaps, then, self._till.version, slip_number, cancelled=cancelled
        )

    def _earlier(self, sale: Fact) -> list[GoodsReturned]:
        return [fact.body for fact in self._returns(sale) if isinstance(fact.body, GoodsReturned)]

    def _returns(self, sale: Fact) -> list[Fact]:
        """What came back of a sale so far, here and as far as was told at other tills."""
        back = self._with_told(sale, self._till.store.returns_of(sale))
        return [fact for fact in back if isinstance(fact.body, GoodsReturned)]

    def _with_told(self, sale: Fact, own: Sequence[Fact]) -> list[Fact]:
        """Own facts and those told about a sale, each once, in their order."""
        every = {fact.id: fact for fact in (*self._told.get(sale.id, ()), *own)}
        return sorted(every.values(), key=facts.place)

    def _version_of(self, fact: Fact) -> Version:
        return past.version_of(self._till.store, self._till.programme, fact)

    def _balance_with(self, body: GoodsReturned, now: int) -> int | None:
        """The customer's balance as it will be once `body` is written down."""
        if body.card is None:
            return None
        after = self._till.store.ledger(body.card)
        identity = self._till.store.identity
        preview = Fact(b"preview", identity.till, identity.epoch, 1 << 60, max(now, self._till.store.last_moment), body)
        if not ledger.follows(after, preview):
            return None
        ledger.apply(after, preview)
        return ledger.totals(after, after.cards[body.card].account).balance
