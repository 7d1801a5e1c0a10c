"""What happens at a till: a body of a fact, decided by what the till shows at that time."""

from collections.abc import Callable, Sequence
from random import Random

from db.store import Person
from pos_app.loyalty import ledger
from pos_app.loyalty.basket import Offer, Swap
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    USED_POINTS,
    Body,
    BonusGiven,
    CardActivated,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    CodeMade,
    Earned,
    Enrolled,
    GoodsReturned,
    KindChanged,
    LineBack,
    MemberLeft,
    PointsAdjusted,
    PointsBack,
    PointsCredited,
    SaleCompleted,
)
from pos_app.loyalty.moments import HOUR, Duration
from pos_app.spending import ALONE, Permit
from tests.simulation.tills import Till

DAY = 24 * HOUR
LIVES = (None, None, Duration(days=1), Duration(days=30), Duration(months=6))
SHARES = {
    "sale": 60, "give_back": 8, "merge": 6, "split": 4, "block": 2, "replace": 3, "leave": 1, "change_kind": 3,
    "adjust": 5, "bonus": 4, "credit": 3, "make_code": 2, "enrol": 5, "activate": 1,
}  # fmt: skip
"""How often each thing happens."""


class People:
    """The customers of all shops: their cards, and what they do."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.cards: list[int] = []
        self._members = 0
        self._verbs: dict[str, Callable[[Till, int], Body | None]] = {
            "sale": self.sale, "give_back": self.give_back, "merge": self.merge, "split": self.split,
            "block": self.block, "replace": self.replace, "leave": self.leave, "change_kind": self.change_kind,
            "adjust": self.adjust, "bonus": self.bonus, "credit": self.credit, "make_code": self.make_code,
            "activate": self.activate,
        }  # fmt: skip

    def act(self, till: Till, now: int) -> str:
        """Let one thing happen at a till; tells what."""
        (verb,) = self._rng.choices(tuple(SHARES), tuple(SHARES.values()))
        if verb == "enrol":
            self.enrol(till, now)
            return verb
        body = self._verbs[verb](till, till.moment(now))
        if body is None:
            return "nothing"
        self._write(till, body, now)
        return verb

    def _write(self, till: Till, body: Body, now: int) -> None:
        till.write(body, now)
        if isinstance(body, SaleCompleted | CodeMade):
            till.keeper.settled(body.hold)

    def enrol(self, till: Till, now: int) -> None:
        """Mostly with a new card, now and then with one that somebody has elsewhere."""
        rng, self._members = self._rng, self._members + 1
        card = rng.choice(self.cards) if self.cards and rng.random() < 0.05 else till.store.next_card()
        member = 10_000 * till.number + self._members
        account = card if rng.random() < 0.5 else card + 10**13
        body = Enrolled(card, account, member, rng.choice(("client", "cooperator")), till.moment(now))
        people = [Person(member, f"N{member}", f"0888{member}")] if rng.random() < 0.5 else []
        if till.write(body, now, people) and card not in self.cards:
            self.cards.append(card)

    def _card(self) -> int:
        return self._rng.choice(self.cards)

    def earn(self, till: Till, now: int) -> int:
        """Somebody gets points that can be spent at once; tells with which card."""
        card = self._card()
        earned = (Earned(("r",), self._rng.randrange(10, 40), 100, (), till.moment(now), None),)
        self._write(till, self._sold(till, card, earned, 0, ALONE), now)
        return card

    def spree(self, tills: Sequence[Till], some: Sequence[int], wait: Callable[[], int]) -> str:
        """Somebody goes from till to till and spends all that each lets be spent: who of some is known at the most.

        `wait` lets a little time pass, and tells when it is.
        """
        now = wait()
        known = {card: [till for till in tills if self._balance(till, card, till.moment(now)) > 0] for card in some}
        card, where = max(known.items(), key=lambda one: len(one[1]))
        for till in where:
            now = wait()
            moment = till.moment(now)
            points, permit = self._let(till, card, max(1, self._balance(till, card, moment)), moment)
            if points:
                self._write(till, self._sold(till, card, (), points, permit), now)
        return " ".join(till.name for till in where)

    def _balance(self, till: Till, card: int, now: int) -> int:
        return till.store.totals(card, now).balance

    def sale(self, till: Till, now: int) -> SaleCompleted:
        rng = self._rng
        card = self._card()
        earned = tuple(
            Earned(("r",), rng.randrange(1, 60), 100, (), rng.choice((now, now, None, now + DAY)), rng.choice(LIVES))
            for _ in range(rng.choice((0, 1, 1, 2)))
        )
        return self._sold(till, card, earned, *self._spending(till, card, now))

    def _sold(self, till: Till, card: int, earned: tuple[Earned, ...], points: int, permit: Permit) -> SaleCompleted:
        swaps = self._swaps(till) if self._rng.random() < (0.5 if points else 0.1) else ()
        return SaleCompleted(
            till.store.next_slip(), "EUR", (), 100, swaps, card, earned=earned, spent=(points,) if swaps else (),
            used_points=0 if swaps else points, hold=permit.hold, authority=permit.authority,
        )  # fmt: skip

    def _swaps(self, till: Till) -> tuple[Swap, ...]:
        """A thing that stands on the board, or one that stood there when the sale was begun."""
        rng = self._rng
        there = [offer for offer in till.store.offers() if offer.stock is None or offer.stock > 0]
        offer = rng.choice(there) if there else Offer("mug", "1", "Mug", 1)
        return (Swap(offer, 1 if offer.stock is None else rng.randint(1, min(2, offer.stock))),)

    def _spending(self, till: Till, card: int, now: int) -> tuple[int, Permit]:
        """Points that the till lets be spent, and by whose word; none where the customer thinks better of it."""
        rng = self._rng
        balance = self._balance(till, card, now)
        if balance <= 0 or rng.random() < 0.6:
            return 0, ALONE
        points, permit = self._let(till, card, rng.randint(1, balance), now)
        if permit.hold and rng.random() < 0.15:
            if rng.random() < 0.5:
                till.keeper.give_up(permit.hold)
            return 0, ALONE
        return points, permit

    def _let(self, till: Till, card: int, points: int, now: int) -> tuple[int, Permit]:
        """As many points as are wished, or as can be had where that is refused."""
        for _ in range(2):
            try:
                return points, till.spending.permit_at_once(card, points, now)
            except Refusal as refusal:
                can_be_had = refusal.values.get("have", refusal.values.get("most", 0))
                assert isinstance(can_be_had, int)
                points = can_be_had
            if points <= 0:
                break
        return 0, ALONE

    def give_back(self, till: Till, now: int) -> GoodsReturned | None:
        """Part or all of a sale, now and then more than once."""
        rng = self._rng
        sales = till.sales(20)
        if not sales:
            return None
        sold = rng.choice(sales)
        body = sold.body
        assert isinstance(body, SaleCompleted)
        taken = tuple(PointsBack(index, rng.randint(0, earned.points)) for index, earned in enumerate(body.earned))
        given = tuple(PointsBack(index, rng.randint(0, points)) for index, points in enumerate(body.spent))
        if body.used_points:
            given += (PointsBack(USED_POINTS, rng.randint(0, body.used_points)),)
        swaps = tuple(LineBack(index, 1000 * rng.randint(0, swap.quantity)) for index, swap in enumerate(body.swaps))
        return GoodsReturned(
            till.store.next_slip(), sold.id, "EUR", 0, swaps=swaps, card=body.card, taken=taken, given=given
        )

    def merge(self, _till: Till, _now: int) -> CardsMerged | None:
        if len(self.cards) < 3:
            return None
        holder, *others = self._rng.sample(self.cards, self._rng.choice((2, 2, 3)))
        return CardsMerged(holder, tuple(others))

    def split(self, till: Till, _now: int) -> CardSplit:
        card = self._card()
        account = 2 * 10**13 + self._rng.randrange(10**9)
        return CardSplit(card, account, ledger.known_links(till.store.ledger(card), card))

    def block(self, _till: Till, _now: int) -> CardBlocked:
        return CardBlocked(self._card(), "lost")

    def replace(self, till: Till, now: int) -> CardReplaced:
        new = till.store.next_card()
        if new not in self.cards:
            self.cards.append(new)
        return CardReplaced(self._card(), new, now)

    def leave(self, _till: Till, _now: int) -> MemberLeft:
        return MemberLeft(self._card())

    def change_kind(self, _till: Till, _now: int) -> KindChanged:
        return KindChanged(self._card(), self._rng.choice(("client", "cooperator")))

    def adjust(self, _till: Till, _now: int) -> PointsAdjusted:
        return PointsAdjusted(self._card(), self._rng.randint(-40, 40), "because", self._rng.choice(LIVES))

    def bonus(self, _till: Till, _now: int) -> BonusGiven:
        """The same one may be given at several tills."""
        card = self._card()
        return BonusGiven(card, "birthday", 10, f"{card}:{self._rng.randrange(2)}")

    def credit(self, till: Till, now: int) -> PointsCredited | None:
        sales = [fact for fact in till.sales(20) if isinstance(fact.body, SaleCompleted) and fact.body.card]
        if not sales:
            return None
        sold = self._rng.choice(sales)
        assert isinstance(sold.body, SaleCompleted)
        assert sold.body.card is not None
        return PointsCredited(sold.body.card, sold.id, now + self._rng.choice((-DAY, 0, HOUR)))

    def make_code(self, till: Till, now: int) -> CodeMade | None:
        card = self._card()
        balance = self._balance(till, card, now)
        if balance <= 0:
            return None
        points, permit = self._let(till, card, self._rng.randint(1, balance), now)
        if not points:
            return None
        code = f"C{self._rng.randrange(10**6)}"
        return CodeMade(card, code, points, points, "EUR", now + DAY, permit.authority, permit.hold)

    def activate(self, _till: Till, _now: int) -> CardActivated:
        return CardActivated(self._card())
