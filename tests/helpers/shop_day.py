"""A shop under any programme: whatever happens at its till and its desk, played through the use cases themselves."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

from hypothesis import strategies as st
from msgspec.structs import replace

from db.store import Store
from pos_app import background, texts
from pos_app.desk import Desk
from pos_app.loyalty import ledger, quote, standing
from pos_app.loyalty.basket import Basket, Line, Wish
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    BenefitRequested,
    BonusGiven,
    CodeMade,
    Fact,
    GoodsReturned,
    LineBack,
    SaleCompleted,
    Tender,
)
from pos_app.loyalty.ledger import Ledger
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.programme import CHANNELS, Programme
from pos_app.loyalty.quote import Quote
from pos_app.manage import Manage
from pos_app.settings import Settings
from pos_app.till import Completed, Till
from tests.helpers.histories import DAY
from tests.helpers.programmes import BOARD, COUPONS, GOODS, KINDS

MAILS = ("", "ana@example.com", "boris@example.com", "elena@example.com")
PHONES = ("", "0888111222", "0888333444")
MEANS = ("cash", "card", "transfer", "cod")
_GAPS = (0, 0, 0, 1, HOUR, DAY - 1, DAY, 29 * DAY, 31 * DAY, 182 * DAY, 366 * DAY)


class Step(NamedTuple):
    """One thing to happen; the numbers choose among what there is at that time."""

    verb: str
    gap: int = 0
    card: int = 0
    other: int = 0
    points: int = 0
    choice: int = 0
    goods: tuple[tuple[int, int, int], ...] = ()
    """which product, how many (or thousandths), how much discount"""
    who: int = 1
    """nobody, the card, or a guest"""
    how: tuple[str, str, int | None, bool, bool] = ("store", "cash", None, False, False)
    """channel, means, cost of delivery, whether its method can be free, whether it is a purchase of long ago"""
    wish: Wish | None = None
    coupons: tuple[int, ...] = ()
    swap: int = 0


VERBS = (
    *("sale",) * 12,
    *("order",) * 4,
    *("return",) * 3,
    *("part",) * 3,
    *("fulfil",) * 3,
    *("code",) * 3,
    *("enrol",) * 3,
    *("adjust",) * 3,
    *("ask",) * 2,
    *("approve",) * 3,
    "decide",
    *("wait",) * 2,
    "pay",
    "cancel",
    "merge",
    "split",
    "leave",
    "block",
    "replace",
    "activate",
    "cooperate",
    "profile",
    "phone",
    "review",
    "draw",
    "hold",
)

steps = st.builds(
    Step,
    verb=st.sampled_from(VERBS),
    gap=st.sampled_from(_GAPS),
    card=st.integers(0, 5),
    other=st.integers(0, 7),
    points=st.integers(0, 60),
    choice=st.integers(0, 23),
    goods=st.lists(
        st.tuples(st.integers(0, len(GOODS) - 1), st.integers(1, 2500), st.sampled_from([0, 0, 0, 1, 40])),
        min_size=1,
        max_size=4,
    ).map(tuple),
    who=st.sampled_from([1, 1, 1, 1, 1, 0, 2]),
    how=st.tuples(
        st.sampled_from(CHANNELS),
        st.sampled_from(MEANS),
        st.sampled_from([None, None, None, 0, 300]),
        st.booleans(),
        st.sampled_from([False, False, False, True]),
    ),
    wish=st.sampled_from([None, None, "max", "max", "auto", 0])
    | st.integers(-1, 60)
    | st.integers(0, 9).map(lambda n: 10 * n),
    coupons=st.sampled_from([(), ()]) | st.lists(st.integers(0, 7), max_size=2).map(tuple),
    swap=st.sampled_from([0, 0, 0, 1, 2, 3]),
)


class Standing(NamedTuple):
    """What a sale that is undone has to leave as it was: points, pieces and codes of everybody."""

    balances: dict[int, int]
    pending: dict[int, int]
    measured: dict[int, int]
    counts: dict[int, dict[str, int]]
    codes: dict[str, bool]


class ShopDay:
    """One till and desk under a programme; `play` does a step, and whatever is refused happens not."""

    def __init__(self, folder: Path, empty: Path, programme: Programme, start: int) -> None:
        shutil.copytree(empty, folder)
        self.programme = programme
        self.moment = start
        self.store = Store.open(folder, programme.zone, statutes=programme.statutes, lasting=False)
        self.store.replica.put_products(GOODS)
        self.store.put_offers(BOARD)
        self.store.replica.put_coupons(COUPONS)
        self.words = texts.words("en", programme.zone)
        self.till = Till(self.store, programme, Settings(language="en"), self.words, lambda: self.moment)
        self.desk = Desk(self.store, programme, lambda: self.moment)
        self.manage = Manage(self.store, programme, lambda: self.moment)
        self.refused: list[Refusal] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    # -- what there is

    @property
    def cards(self) -> list[int]:
        """Every card that was ever handed over, whatever became of it."""
        found: dict[int, None] = {}
        for fact in self.store.facts():
            for number in (getattr(fact.body, "card", None), getattr(fact.body, "new_card", None)):
                if number is not None and number < 10**13:
                    found[number] = None
        return list(found)

    def card(self, number: int) -> int:
        return self.cards[number % len(self.cards)] if self.cards else 2_900_000_000_018

    def found(self, *bodies: type) -> list[Fact]:
        return [fact for fact in self.store.facts() if isinstance(fact.body, bodies)]

    @property
    def codes(self) -> list[str]:
        return [fact.body.code for fact in self.found(CodeMade) if isinstance(fact.body, CodeMade)]

    def standing(self, now: int) -> Standing:
        """Of everybody, as of `now`."""
        balances, pending, measured, counts = {}, {}, {}, {}
        for card in self.cards:
            state = self._state(card, now)
            account = state.cards[card].account
            sums = ledger.totals(state, account)
            balances[card], pending[card] = sums.balance, sums.pending
            measured[card] = standing.measured(state, account, now)
            counts[card] = {rule: count for rule, count in ledger.counts(state, account).items() if count}
        codes = {code: self._usable(code) for code in [*self.codes, *[coupon.code for coupon in COUPONS]]}
        return Standing(balances, pending, measured, counts, codes)

    def changes(self) -> set[int]:
        """When time alone changes something next, for each card."""
        return {self._state(card, self.till.now()).next_change for card in self.cards}

    def _state(self, card: int, now: int) -> Ledger:
        state = self.store.ledger(card)
        ledger.advance(state, now)
        return state

    def _usable(self, code: str) -> bool:
        try:
            background.coupon(self.store, code)
        except Refusal:
            return False
        return True

    # -- what happens

    def play(self, step: Step) -> object:
        """Do one thing; tells what came of it, None where it was refused."""
        self.moment += step.gap
        done: list[object] = []
        if self.try_to(lambda: done.append(self._verb(step)())) is not None:
            self.till.clear()
        return done[0] if done else None

    def try_to(self, do: Callable[[], object]) -> Refusal | None:
        """Do something; tells why it was refused, which there are words for."""
        try:
            do()
        except Refusal as refusal:
            self.refused.append(refusal)
            if not self.words.refusal(refusal):
                raise
            return refusal
        return None

    def _verb(self, step: Step) -> Callable[[], object]:
        desk, card = self.desk, self.card(step.card)
        verbs: dict[str, Callable[[], object]] = {
            "sale": lambda: self.sell(step),
            "order": lambda: self.sell(step, fulfilled=False),
            "enrol": lambda: self._enrol(step),
            "activate": lambda: desk.activate(card),
            "cooperate": lambda: desk.accept_cooperator(card),
            "adjust": lambda: desk.adjust(card, 4 * step.points - 30, "because"),
            "profile": lambda: desk.complete_profile(card),
            "phone": lambda: desk.confirm_phone(card),
            "review": lambda: desk.review(card, GOODS[step.other % len(GOODS)].code),
            "code": lambda: desk.make_code(card, (10, 25, 1, 10 * step.other)[step.choice % 4]),
            "merge": lambda: desk.merge(card, [self.card(step.other)]),
            "split": lambda: desk.split(card),
            "leave": lambda: desk.leave(card),
            "block": lambda: desk.block(card),
            "replace": lambda: desk.replace(card),
            "ask": lambda: self._ask(step, card),
            "approve": lambda: self._sell_approved(step, card),
            "decide": lambda: self._decide(step),
            "draw": lambda: self.manage.hold_draw("prize", str(step.points), 3),
            "hold": lambda: self._hold(step),
            "wait": lambda: self._wait(step),
        }
        return verbs.get(step.verb) or (lambda: self._after(step))

    def _enrol(self, step: Step) -> object:
        inviter = self.card(step.other) if step.choice % 3 and self.cards else None
        return self.desk.enrol(
            kind=KINDS[step.choice % 2],
            name="Ana",
            email=MAILS[step.other % len(MAILS)],
            phone=PHONES[step.choice % len(PHONES)],
            invited_by=inviter,
        )

    def _ask(self, step: Step, card: int) -> object:
        orders = self.found(SaleCompleted)
        order = orders[-1] if orders and step.choice % 2 else None
        due = self.moment + (20 + step.points) * DAY if step.choice % 3 else None
        benefit = ("price", "price", "first", "plan", "hotel")[step.other % 5]
        plan = "P" if benefit == "plan" else ""
        return self.desk.ask(card, benefit, order=order, paid=step.choice > 20, due=due, plan=plan)

    def _sell_approved(self, step: Step, card: int) -> Completed:
        self.desk.decide(self.desk.ask(card, "price"), "approved")
        return self.sell(step._replace(who=1))

    def _decide(self, step: Step) -> object:
        asked = self.found(BenefitRequested)
        if not asked:
            return None
        request = asked[-1 - step.other % len(asked)]
        return self.desk.decide(request, "refused" if step.choice % 5 == 4 else "approved", "because")

    def _wait(self, step: Step) -> None:
        """Go to the very moment at which time alone changes something, or a millisecond beside it."""
        soonest = min([change for change in self.changes() if change > self.moment], default=self.moment)
        if soonest < self.moment + 3 * 366 * DAY:
            self.moment = max(soonest + step.choice % 3 - 1, self.moment)

    def _hold(self, step: Step) -> None:
        """A basket put aside comes back as it was."""
        self.fill(step)
        kept = self.till.basket
        self.till.recall(self.till.hold())
        assert self.till.basket == kept
        self.till.clear()

    # -- the checkout

    def fill(self, step: Step, *, fulfilled: bool = True) -> None:
        """Put into the basket what a step wishes for, as far as it can be had; raises Refusal."""
        till = self.till
        till.clear()
        channel, means, delivery_minor, free, long_ago = step.how
        till.set_order(
            channel=channel,
            means=means,
            fulfilled=fulfilled,
            delivery_minor=delivery_minor,
            free_delivery_method=free,
            dated=self.moment - 10 * DAY if long_ago else None,
        )
        if step.who == 1:
            till.set_customer(self.card(step.card))
        elif step.who:
            till.set_guest(MAILS[1 + step.card % 3])
        for product, quantity, discount in step.goods:
            goods = GOODS[product]
            milli = quantity if goods.weighed else 1000 * (1 + quantity % 3)
            full = Line(goods, milli, goods.price_minor).amount_minor
            till.add(goods, milli, goods.price_minor, min(discount, full))
        if step.swap:
            self.try_to(lambda: till.swap(BOARD[step.swap - 1].item, 1 + step.choice % 2))
        known = [*self.codes, *[coupon.code for coupon in COUPONS], "NONE"]
        for number in step.coupons:
            self.try_to(partial(till.add_coupon, known[-1 - number % len(known)]))
        self.try_to(lambda: till.use_points(step.wish))

    def sell(self, step: Step, *, fulfilled: bool = True) -> Completed:
        """Quote and complete a sale, and hold one against the other."""
        till = self.till
        self.fill(step, fulfilled=fulfilled)
        wished = till.basket
        self.check_sums(self._quoted(replace(wished, coupons=("TEN", "NONE", *self.codes), use_points="max"), False))
        quoted = till.quote()
        self.check_sums(quoted)
        self.check_caps(quoted, wished)
        tenders = (Tender(wished.means, quoted.to_pay_minor),) if quoted.to_pay_minor else ()
        body = quote.completed(quoted, self.store.next_slip(), tenders)
        before = [fact.id for fact in self.store.facts()]
        done = till.complete()
        assert replace(done.quote, card_refusal=None) == replace(quoted, card_refusal=None)
        assert done.fact.body == body
        assert till.basket == Basket()
        if quoted.customer is not None and quoted.balance_after is not None:
            gifts = [fact.body for fact in self.store.facts() if fact.id not in before]
            family = quoted.customer.account
            more = sum(
                gift.points
                for gift in gifts
                if isinstance(gift, BonusGiven) and self._shares(gift.card, quoted.customer.card)
            )
            shown = self.store.customer(quoted.customer.card, till.now())
            assert (shown.account, shown.balance) == (family, quoted.balance_after + more)
        return done

    def _shares(self, card: int, other: int) -> bool:
        state = self.store.ledger(card)
        if other not in state.cards:
            return False
        return state.cards[other].account in ledger.family(state, state.cards[card].account)

    def check_sums(self, quoted: Quote) -> None:
        """Every coin that lowers the sale stands in its lines, and none is below nothing."""
        lines = quoted.basket.lines
        assert all(line.amount_minor >= 0 for line in lines)
        assert quoted.to_pay_minor == quoted.basket.total_minor + quoted.delivery_minor
        lowered = quoted.saved_minor + quoted.discount_minor
        assert sum(line.lowered_minor for line in lines) == lowered
        assert sum(line.by_points_minor for line in lines) == quoted.by_points_minor
        assert sum(line.points_used for line in lines) == quoted.used_points
        assert all(line.lowered_minor >= line.saved_minor + line.by_points_minor for line in lines)
        for line in lines:
            assert not (line.by_points_minor and "points" in line.product.excluded_from)
            others = line.lowered_minor - line.saved_minor - line.by_points_minor
            if "coupon" in line.product.excluded_from and not quoted.approved:
                assert others == 0

    def check_caps(self, quoted: Quote, wished: Basket) -> None:
        """Points are used within the balance, the share, the channel and what delivery allows."""
        use, used, usable = quoted.version.use, quoted.used_points, quoted.usable
        if use is None or usable is None:
            assert used == 0
            return
        assert quoted.customer is not None
        assert 0 <= used <= usable.points <= max(quoted.customer.balance, 0)
        assert quoted.spent <= max(quoted.customer.balance, 0)
        assert used % use.step == 0
        assert quoted.by_points_minor == use.worth(used)
        goods_minor = sum(line.amount_minor + line.by_points_minor for line in quoted.basket.lines)
        if use.share is not None:
            assert quoted.by_points_minor * use.share.denominator <= goods_minor * use.share.numerator
        if used:
            assert not use.channels or quoted.basket.channel in use.channels
            assert use.with_coupons or not wished.coupons
            assert use.earns or quoted.earned == 0
        without = self._quoted(replace(wished, use_points=0))
        if use.guards_delivery:
            assert quoted.delivery_minor <= without.delivery_minor
        most = self._quoted(replace(wished, use_points="max")) if usable.limit not in ("channel", "coupon") else None
        if most is not None:
            assert most.used_points == usable.points
            refusal = self.try_to(lambda: self._quoted(replace(wished, use_points=usable.points + use.step)))
            assert refusal is not None
            assert refusal.code in ("over_cap", "not_enough_points")

    def _quoted(self, basket: Basket, strict: bool = True) -> Quote:
        kept = self.till.basket
        try:
            self.till.basket = basket
            return self.till.quote(strict=strict)
        finally:
            self.till.basket = kept

    def _after(self, step: Step) -> object:
        sales = self.found(SaleCompleted)
        if not sales:
            return None
        sale, after = sales[-1 - step.other % len(sales)], self.till.after
        match step.verb:
            case "fulfil":
                return after.fulfil(sale)
            case "pay":
                return after.pay(sale)
            case "cancel":
                return after.cancel(sale)
            case "part":
                return self._part(step, sale)
            case _:
                return after.return_goods(sale)

    def _part(self, step: Step, sale: Fact) -> object:
        left = self.till.after.returnable(sale)
        assert isinstance(sale.body, SaleCompleted)
        if not any(left.left_milli):
            return None
        index = [number for number, milli in enumerate(left.left_milli) if milli][
            step.choice % sum(map(bool, left.left_milli))
        ]
        milli = left.left_milli[index]
        weighed = sale.body.lines[index].product.weighed
        part = (milli + 1) // 2 if weighed else 1000
        done = self.till.after.return_goods(sale, [LineBack(index, part)])
        assert isinstance(done.fact.body, GoodsReturned)
        assert done.fact.body.refund_minor >= 0
        return done
