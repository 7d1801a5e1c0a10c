"""Random histories: what several tills write down while none of them knows everything.

A history is played rather than drawn fact by fact: each till decides from the facts that it knows, its clock is a
little wrong, and now and then it hears from the others. So merges happen both ways at once, a split does not know
of a merge, the same goods come back at two tills, and a fact can bear an earlier moment than the one it speaks of.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from pos_app.loyalty import facts, ledger, moments
from pos_app.loyalty.basket import Offer, Swap
from pos_app.loyalty.facts import (
    USED_POINTS,
    BenefitRequested,
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
    Fact,
    GoodsReturned,
    KindChanged,
    MemberLeft,
    PointsAdjusted,
    PointsBack,
    PointsCredited,
    RequestDecided,
    SaleCompleted,
)
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.moments import HOUR, SECOND, Duration
from pos_app.loyalty.tiers import NO_STATUTES, Era, Statutes, Tier, TierRules

DAY = 24 * HOUR
TILLS = 3
CARDS = tuple(2_900_000_000_001 + number for number in range(5))
GUESTS = (1 << 61 | 1, 1 << 61 | 2)
STARTS = (
    ("Europe/Sofia", datetime(2027, 8, 31, 23, 59, 59)),  # half a year later there is no 31st, and it is a leap year
    ("Europe/Sofia", datetime(2028, 2, 29, 12)),
    ("Europe/Sofia", datetime(2028, 3, 25, 23)),  # the day before the clocks go forward
    ("Europe/Sofia", datetime(2027, 10, 30, 3, 30)),  # the day before the clocks go back
    ("Asia/Tehran", datetime(2022, 3, 20, 23, 30)),  # a midnight that does not exist is near
)
LIVES = (None, Duration(days=1), Duration(months=1), Duration(months=6), Duration(months=12))
_GAPS = (0, 0, 1, 30 * SECOND, HOUR, DAY - 1, DAY, 29 * DAY, 31 * DAY, 182 * DAY, 366 * DAY)
_CLOCKS = (0, -3 * 60 * SECOND, 2 * 60 * SECOND)


TIERS = tuple(Tier(id_, {}, least) for id_, least in (("low", 0), ("middle", 40), ("high", 100)))
NO_LOWEST = tuple(Tier(id_, {}, least) for id_, least in (("middle", 30), ("top", 120)))
RULES = (
    TierRules(TIERS),
    TierRules(NO_LOWEST, hold=Duration(days=30)),
    TierRules(TIERS, "window", Duration(months=6), Duration(months=6)),
    TierRules(NO_LOWEST, "window", Duration(months=1), Duration(days=10)),
    TierRules(TIERS, "window", Duration(months=6)),
    TierRules(NO_LOWEST, "window", Duration(days=30)),
)


class History(NamedTuple):
    """The facts in the order in which they were written, the zone of the shop and the rules of its tiers."""

    zone: str
    facts: tuple[Fact, ...]
    statutes: Statutes = NO_STATUTES

    def fold(self, some: Sequence[Fact] | None = None) -> Ledger:
        """The ledger of all facts, or of some."""
        return ledger.fold(self.zone, self.facts if some is None else some, self.statutes)

    def __repr__(self) -> str:
        """A line for each fact, for whoever reads a failing test: till, local time, what happened."""
        lines = [
            f"{fact.id.hex()[:6]} till {fact.till} {moments.to_local(fact.moment, self.zone)} "
            f"{msgspec.to_builtins(fact.body)}"
            for fact in self.facts
        ]
        return "\n".join([self.zone, repr(self.statutes), *lines])


class Step(NamedTuple):
    """One thing to happen; the numbers choose among what there is at that time."""

    verb: str
    till: int
    gap: int
    card: int
    other: int
    points: int
    choice: int


VERBS = (
    *("hear",) * 4,  # first: what a failing example can do without becomes a till that hears nothing new
    *("sale",) * 7,
    *("swap",) * 5,
    *("return",) * 3,
    *("merge",) * 3,
    *("split",) * 3,
    *("adjust",) * 2,
    *("credit",) * 2,
    *("wait",) * 2,
    *("use",) * 3,
    *("pieces",) * 2,
    *("bonus",) * 2,
    *("guest",) * 2,
    *("request",) * 2,
    "take",
    *("decide",) * 2,
    "code",
    "enrol",
    "replace",
    "block",
    "leave",
    "kind",
    "activate",
)

_steps = st.builds(
    Step,
    verb=st.sampled_from(VERBS),
    till=st.integers(0, TILLS - 1),
    gap=st.sampled_from(_GAPS),
    card=st.integers(0, 7),
    other=st.integers(0, 7),
    points=st.integers(0, 60),
    choice=st.integers(0, 11),
)


class Shop:
    """Three tills that play steps. `exact` clocks never err, and a fact is dated after those that its till knows."""

    def __init__(self, zone: str, start: int, exact: bool, statutes: Statutes = NO_STATUTES) -> None:
        self.zone = zone
        self.statutes = statutes
        self.now = start
        self.exact = exact
        self.facts: list[Fact] = []
        self._known: list[list[Fact]] = [[] for _ in range(TILLS)]
        self._cards: list[int] = []

    def play(self, step: Step) -> None:
        self.now += step.gap
        body = self._body(step)
        if body is not None:
            self._write(step.till, body)

    def enrol_all(self, count: int) -> None:
        """Hand over cards that every till knows of."""
        for number in range(count):
            self.play(Step("enrol", 0, 0, number, 0, 0, 0))
        for known in self._known:
            known[:] = self.facts

    def _write(self, till: int, body: Body) -> None:
        known = self._known[till]
        own = [fact for fact in known if fact.till == till]
        moment = self.now + (0 if self.exact else _CLOCKS[till])
        moment = max([moment, *(fact.moment for fact in own)])
        if self.exact:
            moment = max([moment, *(fact.moment + 1 for fact in known if fact.till != till)])
        number = len(self.facts)
        id_ = hashlib.blake2b(number.to_bytes(4, "big"), digest_size=16).digest()
        fact = Fact(id_, till, 1, len(own) + 1, moment, body, "c", "pack", "v")
        self.facts.append(fact)
        known.append(fact)

    def _body(self, step: Step) -> Body | None:
        known = self._known[step.till]
        card = self._cards[step.card % len(self._cards)] if self._cards else CARDS[0]
        other = self._cards[step.other % len(self._cards)] if self._cards else CARDS[1]
        match step.verb:
            case "enrol":
                return self._enrol(step)
            case "return":
                return _return(step, known)
            case "merge":
                third = self._cards[step.choice % len(self._cards)]
                return CardsMerged(card, (other,) if step.choice % 3 else (other, third))
            case "split":
                return self._split(step, card)
            case "replace":
                new = 2_999_000_000_000 + len(self.facts)
                self._cards.append(new)
                return CardReplaced(card, new, self.now)
            case "credit":
                return self._credit(step)
            case "decide":
                return _decide(step, known, self.now)
            case "take":
                return _take(step, known)
            case "hear":
                self._hear(step.till, step.other % TILLS)
            case "wait":
                self._wait(step.choice % 3 - 1)
            case "sale" | "swap" | "use" | "pieces" | "guest":
                return self._sold(step, card)
            case _:
                return _of_card(step, card, self.now, len(self.facts))
        return None

    def _sold(self, step: Step, card: int) -> SaleCompleted:
        match step.verb:
            case "swap":
                return self._sale(step, card, (step.points,) if step.choice % 3 else (step.points, step.other))
            case "use":
                return msgspec.structs.replace(self._sale(step, card, ()), used_points=step.points)
            case "pieces":
                return self._pieces(step, card)
            case "guest":
                return self._sale(step, GUESTS[step.card % len(GUESTS)], (), guest=True)
            case _:
                return self._sale(step, card, ())

    def _enrol(self, step: Step) -> Enrolled:
        """Mostly a card nobody has; sometimes one that another till has handed over too."""
        card = CARDS[step.card % len(CARDS)]
        if card not in self._cards:
            self._cards.append(card)
        account = card if step.choice % 2 else card + 10**9
        guest = (0, 0, *GUESTS)[step.other % 4]
        return Enrolled(card, account, card - 2_900_000_000_000 + len(self.facts) * 10, "client", self.now, "", guest)

    def _sale(self, step: Step, card: int, spent: Sequence[int], guest: bool = False) -> SaleCompleted:
        credited = None if guest else (self.now, self.now, None, self.now + 3 * DAY)[step.choice % 4]
        life = LIVES[step.other % len(LIVES)]
        earned = [Earned(("all",), step.points, 100, (0,), credited, life)] if step.points else []
        if step.choice > 8 and not guest:
            earned.append(Earned(("own",), step.card + 1, 100, (1,), self.now, None))
        swaps = tuple([Swap(Offer(f"thing{points}", "1", "Thing", points)) for points in spent])
        number = len(self.facts)
        asked = [fact.id for fact in self.facts if isinstance(fact.body, BenefitRequested) and fact.body.card == card]
        return SaleCompleted(
            number, "EUR", (), 0, swaps, card,
            earned=tuple(earned), spent=tuple(spent), guest=card if guest else 0,
            approved=tuple(asked[-1:]) if step.choice % 4 == 0 else (),
        )  # fmt: skip

    def _pieces(self, step: Step, card: int) -> SaleCompleted:
        """Goods of which the first pieces give more points than the next, as far as the till has counted them."""
        state = ledger.fold(self.zone, self._known[step.till])
        account = state.cards[card].account if card in state.cards else card
        before, units = ledger.counts(state, account).get("nth", 0), step.choice % 3 + 1
        points = sum((60, 30, 10)[before : before + units])
        earned = Earned(("nth",), points, 0, (0,), self.now, None, before, units)
        return SaleCompleted(len(self.facts), "EUR", (), 0, (), card, earned=(earned,))

    def _split(self, step: Step, card: int) -> CardSplit:
        state = ledger.fold(self.zone, self._known[step.till])
        return CardSplit(card, 5_000_000_000_000 + len(self.facts), ledger.known_links(state, card))

    def _credit(self, step: Step) -> PointsCredited | None:
        """A till may hear that an order was handed over before it hears of the order itself."""
        sales = _sales(self.facts)
        if not sales:
            return None
        sale, body = sales[step.other % len(sales)]
        assert body.card is not None
        moment = self.now + (0, 0, DAY, -DAY, -200 * DAY)[step.choice % 5]
        return PointsCredited(_mostly(body.card, step), sale.id, max(moment, 0))

    def _hear(self, till: int, other: int) -> None:
        """One till hears everything that another knows."""
        known = self._known[till]
        ids = {fact.id for fact in known}
        known += [fact for fact in self._known[other] if fact.id not in ids]

    def _wait(self, nudge: int) -> None:
        """Go to the very moment at which something opens or lapses, or a millisecond beside it."""
        change = ledger.fold(self.zone, self.facts, self.statutes).next_change
        if self.now < change < moments.NEVER:
            self.now = change + nudge


def _decide(step: Step, known: Sequence[Fact], now: int) -> RequestDecided | None:
    asked = [(fact.id, fact.body.card) for fact in known if isinstance(fact.body, BenefitRequested)]
    if not asked:
        return None
    request, card = asked[step.other % len(asked)]
    return RequestDecided(card, request, "refused" if step.choice % 4 == 3 else "approved", lapses=now + 30 * DAY)


def _take(step: Step, known: Sequence[Fact]) -> PointsAdjusted | None:
    """Part or all of a bonus, now and then more, or of another card's."""
    given = [(fact.id, fact.body) for fact in known if isinstance(fact.body, BonusGiven)]
    if not given:
        return None
    name, body = given[step.other % len(given)]
    points = (body.points, step.points, (body.points + 1) // 2)[step.choice % 3]
    return PointsAdjusted(_mostly(body.card, step), -points, "went", of=name)


def _of_card(step: Step, card: int, now: int, number: int) -> Body:
    life = LIVES[step.choice % len(LIVES)]
    match step.verb:
        case "adjust":
            return PointsAdjusted(card, step.points - 30, "because", life)
        case "bonus":
            return BonusGiven(card, f"r{step.choice % 2}", step.points, f"{card}:{step.other % 2}", life)
        case "code":
            return CodeMade(card, f"C{number}", step.points, 100, "EUR", now + DAY)
        case "request":
            return BenefitRequested(card, "discount")
        case "block":
            return CardBlocked(card)
        case "leave":
            return MemberLeft(card)
        case "activate":
            return CardActivated(card)
        case _:
            return KindChanged(card, "cooperator" if now % 2 else "client")


def _mostly(card: int, step: Step) -> int:
    """The card of a sale; now and then that of another one, as no sound till would write it."""
    return CARDS[step.card % len(CARDS)] if step.choice == 11 else card


def _sales(known: Sequence[Fact]) -> list[tuple[Fact, SaleCompleted]]:
    return [(fact, fact.body) for fact in known if isinstance(fact.body, SaleCompleted)]


def _return(step: Step, known: Sequence[Fact]) -> GoodsReturned | None:
    """Part or all of what a sale still owes back, as far as the till knows."""
    sales = _sales(known)
    if not sales:
        return None
    sale, body = sales[-1 - step.other % len(sales)]
    assert body.card is not None
    earlier = [fact.body for fact in known if isinstance(fact.body, GoodsReturned) and fact.body.sale == sale.id]

    def share(points: int, before: int) -> int:
        left = max(points - before, 0)  # two tills may have taken more back than there was
        return left if step.choice % 2 else (left + 1) // 2

    taken = [
        PointsBack(
            index,
            share(earned.points, _back(index, [back.taken for back in earlier])),
            min(earned.units, 1 + step.choice % 2),
            "nth" if earned.units else "",
        )
        for index, earned in enumerate(body.earned)
    ]
    given = [
        PointsBack(index, share(points, _back(index, [back.given for back in earlier])))
        for index, points in [*enumerate(body.spent), (USED_POINTS, body.used_points)]
        if points or index != USED_POINTS
    ]
    card = _mostly(body.card, step)
    freed = body.approved if step.choice % 2 else ()
    return GoodsReturned(
        step.points, sale.id, "EUR", 0, (), (), card, tuple(taken), tuple(given), freed_requests=freed
    )  # fmt: skip


def _back(index: int, earlier: Sequence[Sequence[PointsBack]]) -> int:
    return sum(back.points for backs in earlier for back in backs if back.index == index)


def statutes(start: int) -> st.SearchStrategy[Statutes]:
    """No tiers, one version with tiers for ever, or another after some days."""
    versions = st.lists(st.sampled_from([*RULES, None]), min_size=1, max_size=2)
    ends = st.sampled_from([1, 3, 40, 250]).map(lambda days: start + days * DAY)
    return st.builds(
        lambda rules, end: Statutes(
            tuple(Era(end if number < len(rules) - 1 else moments.NEVER, rule) for number, rule in enumerate(rules))
        ),
        versions,
        ends,
    ) | st.just(NO_STATUTES)


@st.composite
def histories(draw: st.DrawFn, most: int = 40, exact: bool | None = None, least: int = 1) -> History:
    """A history of `least` to `most` steps; `exact` says whether clocks are right (either, when left out)."""
    zone, local = draw(st.sampled_from(STARTS))
    start = moments.from_local(local, zone)
    right = draw(st.booleans()) if exact is None else exact
    shop = Shop(zone, start, right, draw(statutes(start)))
    shop.enrol_all(draw(st.integers(2, 4)))
    for step in draw(st.lists(_steps, min_size=least, max_size=most)):
        shop.play(step)
    return History(zone, tuple(shop.facts), shop.statutes)


@st.composite
def deliveries(draw: st.DrawFn, history: Sequence[Fact]) -> list[list[Fact]]:
    """The facts in any order and in batches, some of them more than once."""
    order = draw(st.permutations(history))
    again = draw(st.lists(st.sampled_from(order), max_size=5))
    everything = [*order, *again]
    cuts = sorted(draw(st.sets(st.integers(1, len(everything)), max_size=6)))
    return [everything[start:end] for start, end in zip([0, *cuts], [*cuts, len(everything)], strict=True)]


def by_place(history: Sequence[Fact]) -> list[Fact]:
    """The order in which the facts are folded."""
    return sorted(history, key=facts.place)
