"""Bonuses made again.

Who was due a bonus is told by the facts of the old ones: where the old rules gave one, the new rules give theirs.
Only for occasions that the old rules did not know it is reckoned from what happened.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from pos_app.loyalty import returns, slip
from pos_app.loyalty.bonuses import Bonus, Occasion
from pos_app.loyalty.facts import BonusGiven, Fact, GoodsReturned, PointsAdjusted, SaleCompleted
from pos_app.loyalty.programme import Version
from pos_app.replay.memory import Memory, follower


class _Given(NamedTuple):
    """A bonus for a friend's purchase as it was given, None where it was not, and as it would have been.

    `returns` are how many returns of the purchase came before it.
    """

    then: BonusGiven | None
    now: BonusGiven
    returns: int


class Bonuses:
    """Bonuses, and what inviters lose of them when a friend's purchase comes back."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._given: dict[bytes, list[_Given]] = {}

    def on(self, fact: Fact, occasion: Occasion, card: int, about: str, sale: Fact | None = None) -> Iterator[Fact]:
        """The bonuses of an occasion that the old rules had none for."""
        if not card or self._memory.then(fact).bonuses_on(occasion):
            return
        paid_minor = sale.body.to_pay_minor if sale and isinstance(sale.body, SaleCompleted) else 0
        for rule in self._memory.now(fact.moment).bonuses_on(occasion):
            if f"{rule.id}:{about}" in self._memory.families.of([card]).replayed.given:
                continue
            name = sale.id if sale else b""
            given = BonusGiven(card, rule.id, rule.worth(paid_minor), about, rule.life, name, paid_minor)
            self._note(None, given)
            yield follower(fact, given, b"bonus" + rule.id.encode())

    def on_first_sale(self, fact: Fact, sale: Fact) -> Iterator[Fact]:
        """What an inviter gets for a friend's purchase that was handed over by `fact`."""
        sold = sale.body
        assert isinstance(sold, SaleCompleted)
        if sold.card is None or sold.guest:
            return
        buyer = self._memory.families.of([sold.card]).replayed.cards.get(sold.card)
        if buyer is not None and buyer.member:
            yield from self.on(fact, "friend_first_sale", buyer.invited_by, str(buyer.member), sale)

    def given(self, fact: Fact, body: BonusGiven) -> Iterator[Fact]:
        """What the new rules give where the old ones gave a bonus."""
        then = self._memory.then(fact)
        old = then.bonus(body.rule)
        if old is None:
            yield fact
            return
        amount_minor = body.amount_minor
        found = self._memory.sale_of(body.sale) if body.sale else None
        if found is not None:
            before, after = (sale.body for sale in found)
            assert isinstance(before, SaleCompleted)
            assert isinstance(after, SaleCompleted)
            if after.card is None:
                return
            amount_minor = max(amount_minor + after.to_pay_minor - before.to_pay_minor, 0)
        for place, rule in enumerate(self._heirs(fact.moment, then, old)):
            same = rule == old and amount_minor == body.amount_minor
            points = body.points if same else rule.worth(amount_minor)
            given = replace(body, rule=rule.id, points=points, life=rule.life, amount_minor=amount_minor)
            self._note(None if place else body, given)
            yield follower(fact, given, b"bonus" + rule.id.encode()) if place else replace(fact, body=given)

    def _heirs(self, moment: int, then: Version, old: Bonus) -> Iterable[Bonus]:
        """The new rules in the place of an old one: that of its name; with the first one come those of new names."""
        before = [rule.id for rule in then.bonuses_on(old.occasion)]
        return [
            rule
            for rule in self._memory.now(moment).bonuses_on(old.occasion)
            if rule.id == old.id or (rule.id not in before and old.id == before[0])
        ]

    def _note(self, then: BonusGiven | None, now: BonusGiven) -> None:
        if now.sale:
            earlier = len(self._memory.returns.get(now.sale, ()))
            self._given.setdefault(now.sale, []).append(_Given(then, now, earlier))

    def back(self, fact: Fact, sale: Fact, body: GoodsReturned, made: GoodsReturned) -> Iterator[Fact]:
        """What inviters lose because of a return; where some was lost then, the fact of that is expected."""
        for bonus in self._given.get(body.sale, ()):
            old = self._memory.then(sale).bonus(bonus.then.rule) if bonus.then else None
            new = self._memory.now(sale.moment).bonus(bonus.now.rule)
            if (bonus.then, old, body) == (bonus.now, new, made):
                continue
            earlier = self._memory.returns.get(body.sale, [])[bonus.returns :]
            points = _lost(new, bonus.now, [one for _, one in earlier], made)
            if bonus.then is not None and _lost(old, bonus.then, [one for one, _ in earlier], body):
                self._memory.expected[bonus.then.card, _reason(bonus.then, body)] = -points
            elif points:
                adjusted = PointsAdjusted(bonus.now.card, -points, _reason(bonus.now, made))
                yield follower(fact, adjusted, b"back" + bonus.now.rule.encode())

    def adjusted(self, fact: Fact, body: PointsAdjusted) -> Fact | None:
        """Points that staff gave or took, or that an inviter lost."""
        points = self._memory.expected.get((body.card, body.reason), body.points)
        if points == body.points:
            return fact
        return replace(fact, body=replace(body, points=points)) if points else None


def _reason(given: BonusGiven, back: GoodsReturned) -> str:
    return f"{given.rule}: {slip.slip_text(back.slip)}"


def _lost(rule: Bonus | None, given: BonusGiven, earlier: Iterable[GoodsReturned], back: GoodsReturned) -> int:
    """The points that an inviter loses because more of the friend's purchase came back (`back`)."""
    if rule is None or rule.share is None:
        return 0
    kept = given.amount_minor - sum(map(returns.refunded, earlier))
    return max(0, rule.worth(kept) - rule.worth(kept - returns.refunded(back)))
