"""A ledger by examples: facts on the clock of a shop in Bulgaria, and what they come to."""

from datetime import datetime

from pos_app.loyalty import ledger, moments
from pos_app.loyalty.basket import Offer, Swap
from pos_app.loyalty.facts import Body, Earned, Enrolled, Fact, GoodsReturned, PointsBack, SaleCompleted
from pos_app.loyalty.ledger import Ledger, Totals
from pos_app.loyalty.moments import HOUR, Duration, from_local
from pos_app.loyalty.tiers import NO_STATUTES, Statutes

SOFIA = "Europe/Sofia"
MOTHER, SON, DAUGHTER, STRANGER, NEW = 11, 12, 13, 14, 15
MEMBER = {MOTHER: 101, SON: 102, DAUGHTER: 103, STRANGER: 104}
HALF_YEAR, MONTH = Duration(months=6), Duration(months=1)
DAY = 24 * HOUR


def at(text: str) -> int:
    return from_local(datetime.fromisoformat(text), SOFIA)


class Book:
    """Facts written down in order, or dated otherwise, and the ledger of them."""

    def __init__(self, *cards: int, statutes: Statutes = NO_STATUTES) -> None:
        self.facts: list[Fact] = []
        self.statutes = statutes
        for card in cards:
            self.add("2026-01-01T08:00", Enrolled(card, card * 100, MEMBER[card], "client", at("2026-01-01T08:00")))

    def add(self, when: str, body: Body, till: int = 1) -> Fact:
        number = len(self.facts) + 1
        fact = Fact(number.to_bytes(16, "big"), till, 1, number, at(when), body)
        self.facts.append(fact)
        return fact

    def earn(self, when: str, card: int, points: int, life: Duration | None = None, till: int = 1) -> Fact:
        return self.add(when, sale(card, Earned(("all",), points, credited=at(when), life=life)), till)

    def spend(self, when: str, card: int, points: int, till: int = 1) -> Fact:
        return self.add(when, sale(card, spent=points), till)

    def ledger(self, now: str | None = None) -> Ledger:
        """The state as somebody sees it at `now`; the same whatever the order of arrival."""
        state = ledger.fold(SOFIA, self.facts, self.statutes)
        assert ledger.fold(SOFIA, self.facts[::-1], self.statutes) == state
        if now is not None:
            ledger.advance(state, at(now))
        return state

    def totals(self, card: int, now: str | None = None) -> Totals:
        state = self.ledger(now)
        return ledger.totals(state, state.cards[card].account)

    def balance(self, card: int, now: str | None = None) -> int:
        return self.totals(card, now).balance

    def tier(self, card: int, now: str | None = None) -> tuple[str, str | None] | None:
        """The tier of a card's family, and the local time of its review."""
        state = self.ledger(now)
        tier = ledger.tier_of(state, state.cards[card].account)
        if tier is None:
            return None
        return tier.id, None if tier.until is None else moments.to_local(tier.until, SOFIA).isoformat()


def sale(card: int, *earned: Earned, spent: int | None = None) -> SaleCompleted:
    swaps = () if spent is None else (Swap(Offer("coffee", "1", "Кафе", spent)),)
    return SaleCompleted(1, "EUR", (), 0, swaps, card, earned=earned, spent=() if spent is None else (spent,))


def back(sold: Fact, *, taken: int = 0, given: int = 0) -> GoodsReturned:
    assert isinstance(sold.body, SaleCompleted)
    return GoodsReturned(
        1,
        sold.id,
        "EUR",
        0,
        card=sold.body.card,
        taken=(PointsBack(0, taken),) if taken else (),
        given=(PointsBack(0, given),) if given else (),
    )


def lots(state: Ledger) -> list[tuple[int, int | None]]:
    """Points that are left, with their expiry."""
    return sorted((lot.left, lot.expires) for lot in state.lots.values() if lot.left)
