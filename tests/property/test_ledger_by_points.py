"""The ledger against a second one that is slow and plain: every single point is a coin of its own.

Here a card is its own account and families only grow, so histories without splits and leavings are compared.
"""

from collections import Counter
from typing import NamedTuple

from hypothesis import given

from pos_app.loyalty import ledger, moments
from pos_app.loyalty.facts import (
    USED_POINTS,
    BonusGiven,
    CardReplaced,
    CardsMerged,
    CardSplit,
    CodeMade,
    Earned,
    Enrolled,
    Fact,
    GoodsReturned,
    MemberLeft,
    PointsAdjusted,
    PointsCredited,
    SaleCompleted,
)
from pos_app.loyalty.moments import NEVER, Duration
from tests.helpers.histories import DAY, History, by_place, histories


class Coin:
    """One point: `waits`, is `held`, or is `spent`, `lapsed`, `gone`. `lot` and `card` say where it came from."""

    def __init__(self, lot: bytes, card: int, back: bool = False) -> None:
        self.lot, self.card, self.back = lot, card, back
        self.state = "waits"
        self.credited, self.expires = NEVER, NEVER
        self.returned = False


class Debt(NamedTuple):
    """A point that was taken and was not there."""

    moment: int
    name: bytes
    card: int
    cancelled: bool


class Purse:
    """All coins of everybody, and who shares with whom."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.coins: list[Coin] = []
        self.debts: list[Debt] = []
        self.spent: dict[bytes, list[Coin]] = {}
        self.lives: dict[bytes, Duration | None] = {}
        self.owners: dict[tuple[bytes, int], int] = {}
        self.told: dict[tuple[bytes, int], int] = {}
        self.sold: set[tuple[bytes, int]] = set()
        self.bonuses: set[tuple[str, str]] = set()
        self.enrolled: set[int] = set()
        self.guests: set[int] = set()
        self.shares: dict[int, int] = {}

    def root(self, card: int) -> int:
        while self.shares.get(card, card) != card:
            card = self.shares[card]
        return card

    def held(self, card: int) -> list[Coin]:
        coins = [coin for coin in self.coins if coin.state == "held" and self.root(coin.card) == self.root(card)]
        return sorted(coins, key=lambda coin: (coin.expires, coin.credited, coin.lot))

    def wait_until(self, now: int) -> None:
        """Let every moment on the way pass."""
        while True:
            lapse = [coin.expires for coin in self.coins if coin.state in ("held", "waits")]
            ripen = [coin.credited for coin in self.coins if coin.state == "waits"]
            moment = min([*lapse, *ripen], default=NEVER)
            if moment > now or moment == NEVER:
                return
            self.pass_moment(moment)

    def pass_moment(self, now: int) -> None:
        for coin in self.coins:
            if coin.state in ("held", "waits") and coin.expires <= now:
                coin.state = "lapsed"
            elif coin.state == "waits" and coin.credited <= now:
                coin.state = "held"
        self.pay_debts()

    def pay_debts(self) -> None:
        for debt in sorted(self.debts):
            coins = self.held(debt.card)
            if coins:
                self.debts.remove(debt)
                self.pay(coins[0], debt)

    def pay(self, coin: Coin, debt: Debt) -> None:
        coin.state = "gone" if debt.cancelled else "spent"
        if not debt.cancelled:
            self.spent.setdefault(debt.name, []).append(coin)

    def take(self, points: int, debt: Debt) -> None:
        coins = self.held(debt.card)
        for coin in coins[:points]:
            self.pay(coin, debt)
        self.debts += [debt] * max(points - len(coins), 0)

    def put(self, lot: bytes, card: int, earned: Earned, now: int, told: int | None) -> None:
        self.lives[lot] = earned.life
        coins = [Coin(lot, card) for _ in range(earned.points)]
        self.coins += coins
        self.date(coins, told if earned.credited is None else earned.credited, now)

    def date(self, coins: list[Coin], credited: int | None, now: int) -> None:
        if credited is None:
            return
        for coin in coins:
            life = self.lives[coin.lot]
            coin.credited = credited
            coin.expires = NEVER if life is None else moments.add(credited, life, self.zone)
        self.pass_moment(now)

    def follow(self, fact: Fact) -> None:
        self.wait_until(fact.moment)
        match fact.body:
            case SaleCompleted(card=int(card)) as body:
                self.sold.add((fact.id, card))
                used = [(USED_POINTS, body.used_points)] if body.used_points else []
                for index, points in [*enumerate(body.spent), *used]:
                    name = ledger.key(fact.id, index)
                    self.owners[name, card] = card
                    self.take(points, Debt(fact.moment, name, card, False))
                for index, earned in enumerate(body.earned):
                    told = self.told.get((fact.id, card))
                    self.put(ledger.key(fact.id, index), card, earned, fact.moment, told)
            case GoodsReturned(card=int(card)) as body:
                self.bring_back(fact, body, card)
            case CardsMerged() as body:
                for card in body.cards:
                    self.shares[self.root(card)] = self.root(body.holder)
            case CardReplaced() as body:
                self.shares[self.root(body.new_card)] = self.root(body.card)
                self.enrolled.add(body.new_card)
            case Enrolled() as body:
                self.enrol(body)
            case BonusGiven() as body if (body.rule, body.occasion) not in self.bonuses:
                self.bonuses.add((body.rule, body.occasion))
                gift = Earned((), body.points, credited=fact.moment, life=body.life)
                self.put(ledger.key(fact.id, 0), body.card, gift, fact.moment, None)
            case CodeMade() as body:
                self.take(body.points, Debt(fact.moment, ledger.key(fact.id, 0), body.card, False))
            case PointsAdjusted() as body if body.points >= 0:
                gift = Earned((), body.points, credited=fact.moment, life=body.life)
                self.put(ledger.key(fact.id, 0), body.card, gift, fact.moment, None)
            case PointsAdjusted() as body if body.of:
                self.take_back_bonus(fact, body)
            case PointsAdjusted() as body:
                self.take(-body.points, Debt(fact.moment, ledger.key(fact.id, 0), body.card, True))
            case PointsCredited() as body:
                self.credit(fact, body)
            case _:
                pass
        self.pass_moment(fact.moment)

    def enrol(self, body: Enrolled) -> None:
        """What waits under a guest's number is the first one's who joined; a card is handed over once."""
        if body.card in self.enrolled:
            return
        self.enrolled.add(body.card)
        if body.guest and body.guest not in self.guests:
            self.guests.add(body.guest)
            self.shares[self.root(body.guest)] = self.root(body.card)

    def credit(self, fact: Fact, body: PointsCredited) -> None:
        """The first that is told counts, for points of the card's sale that nobody had dated."""
        self.told.setdefault((body.sale, body.card), body.credited)
        coins = [coin for coin in self.coins if coin.lot[:-2] == body.sale and coin.card == body.card]
        self.date([coin for coin in coins if coin.credited == NEVER and not coin.back], body.credited, fact.moment)

    def take_back_bonus(self, fact: Fact, body: PointsAdjusted) -> None:
        lot = ledger.key(body.of, 0)
        coins = [coin for coin in self.coins if coin.lot == lot and coin.card == body.card and not coin.back]
        missing = self.undo(coins, -body.points)
        self.take(missing, Debt(fact.moment, ledger.key(fact.id, 0), body.card, True))

    def undo(self, coins: list[Coin], points: int) -> int:
        """Let points of one earning be gone; tells how many of them somebody has spent already."""
        order = {"held": 0, "waits": 0, "lapsed": 1, "spent": 2, "gone": 2}
        missing = 0
        staying = sorted([coin for coin in coins if not coin.returned], key=lambda coin: order[coin.state])
        for coin in staying[:points]:
            coin.returned = True
            if order[coin.state] < 2:
                coin.state = "gone"
            else:
                missing += 1
        return missing

    def bring_back(self, fact: Fact, body: GoodsReturned, card: int) -> None:
        for number, taken in enumerate(body.taken):
            name = ledger.key(fact.id, number)
            lot = ledger.key(body.sale, taken.index)
            debt = Debt(fact.moment, name, card, True)
            if (body.sale, card) not in self.sold:
                self.take(taken.points, debt)
                continue
            self.take(self.undo([coin for coin in self.coins if coin.lot == lot], taken.points), debt)
        for number, back in enumerate(body.given):
            self.give_back(fact, ledger.key(body.sale, back.index), back.points, card, number)

    def give_back(self, fact: Fact, name: bytes, points: int, card: int, number: int) -> None:
        unasked = (name, card) not in self.owners
        owed = [] if unasked else [debt for debt in self.debts if debt.name == name][:points]
        for debt in owed:
            self.debts.remove(debt)
        spent = [] if unasked else self.spent.get(name, [])
        tomorrow = moments.add(fact.moment, Duration(days=1), self.zone)
        for _ in range(points - len(owed)):
            if not spent and not unasked:
                return
            old = None if unasked else spent.pop()
            again = ledger.key(fact.id, number)
            if old is not None:
                again += len({coin.lot for coin in spent if coin.lot != old.lot}).to_bytes(2, "big")
            coin = Coin(again, card, back=True)
            coin.state, coin.credited = "held", fact.moment
            if old is not None and old.expires != NEVER:
                coin.expires = max(old.expires, tomorrow)
            self.coins.append(coin)


def compare(state: ledger.Ledger, purse: Purse) -> None:
    for number, card in state.cards.items():
        sums = ledger.totals(state, card.account)
        shared = [coin for coin in purse.coins if purse.root(coin.card) == purse.root(number)]
        owed = [debt for debt in purse.debts if purse.root(debt.card) == purse.root(number)]
        count = Counter(coin.state for coin in shared)
        assert sums.balance == count["held"] - len(owed)
        assert sums.pending == count["waits"]
        assert sums.expired == count["lapsed"]
        assert sums.cancelled == count["gone"] + sum(debt.cancelled for debt in owed)
        assert sums.earned == sum(not coin.back for coin in shared)
        members = ledger.family(state, card.account)
        lots = [lot for lot in state.lots.values() if lot.account in members and lot.open]
        left = Counter[int]()
        for lot in lots:
            left[lot.expires or NEVER] += lot.left
        assert +left == Counter(coin.expires for coin in shared if coin.state == "held")


@given(histories(least=20))
def test_every_point_fares_like_a_coin(history: History) -> None:
    state, purse = ledger.Ledger(history.zone), Purse(history.zone)
    for fact in by_place(history.facts):
        if isinstance(fact.body, CardSplit | MemberLeft):
            continue
        ledger.apply(state, fact)
        purse.follow(fact)
        compare(state, purse)
    end = state.last[0] if state.last else 0
    for later in (1, DAY, 40 * DAY, 200 * DAY, 400 * DAY):
        ledger.advance(state, end + later)
        purse.wait_until(end + later)
        compare(state, purse)
