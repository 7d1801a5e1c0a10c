"""The checkout's use cases: scan, add, quote, complete, hold, return, reprint.

A `Till` is one working place. Every change of the open basket is durable before the call returns; a completed sale
is one transaction, and only then may the accepted sound be heard.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from db.store import Found, NewFact, NewJob, Staff, Store, new_id
from pos_app import background, catalogue, consequences
from pos_app.after_sale import AfterSale, Returnable
from pos_app.catalogue import Goods
from pos_app.clock import SteadyClock
from pos_app.loyalty import barcodes, cards, customers, quote, scale_labels, slip
from pos_app.loyalty.barcodes import Code
from pos_app.loyalty.basket import Basket, Product
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal, RefusalCode
from pos_app.loyalty.facts import Acted, Fact, SaleCompleted, Tender
from pos_app.loyalty.paper import Document, OpenDrawer
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.slip import SlipHead
from pos_app.loyalty.words import Words
from pos_app.quoted_sale import QuotedSale
from pos_app.settings import Settings
from pos_app.sign_in import SignIn
from pos_app.spending import ALONE, Permit, Spending


class CardScanned(NamedTuple):
    """A customer card; whether it takes part in the sale stands in the quote."""

    customer: Customer


class ProductScanned(NamedTuple):
    """Goods went into the basket, as this line."""

    line: int


class StaffScanned(NamedTuple):
    """A staff card: that person works here now."""

    staff: Staff


class SlipScanned(NamedTuple):
    """The barcode of a slip: its goods may come back."""

    sale: Fact


class CouponScanned(NamedTuple):
    """A coupon or a code made of points: it went into the basket (H20, H25)."""

    code: str


class UnknownScanned(NamedTuple):
    """Nothing that this till knows; further scans wait until the cashier has seen it."""

    code: str
    refusal: Refusal


Scanned = CardScanned | ProductScanned | StaffScanned | SlipScanned | CouponScanned | UnknownScanned


class Completed(NamedTuple):
    """A sale that is written down, and its slip."""

    fact: Fact
    quote: Quote
    document: Document


class Till(QuotedSale):
    """One till: the open basket, who stands before and behind it, and everything that can be done with it.

    Methods raise Refusal with the sentence's code and values; the store's own troubles are StoreTrouble.
    """

    def __init__(
        self,
        store: Store,
        programme: Programme,
        settings: Settings,
        words: Words,
        clock: Callable[[], int] | None = None,
        spending: Spending | None = None,
    ) -> None:
        """`spending` decides about points where the till has a centre."""
        self.store = store
        self.programme = programme
        self.settings = settings
        self.words = words
        self._clock = clock or SteadyClock(store.last_moment)
        self._scale_labels = tuple(map(scale_labels.parse, settings.scanner.scale_labels))
        self.sign_in = SignIn(store, self.now)
        self.basket = store.open_basket()
        self.after = AfterSale(self)
        self.spending = spending

    # -- scanning and the basket

    def scan(self, code: str) -> Scanned:
        """Whatever a scanner read: a card, goods, a staff card, a slip, or something unknown."""
        read = barcodes.read(code)
        code = read.text
        if cards.is_card(code):
            return self._scan_card(code)
        if read.is_misread and cards.is_misread_card(code):
            return UnknownScanned(code, Refusal("card_not_valid", card=code))
        staff = self.sign_in.by_code(read)
        if staff is not None:
            return StaffScanned(staff)
        goods = self._goods(read)
        if goods is not None:
            return self._scan_goods(read, goods)
        if self._is_coupon(code):
            return self._scan_coupon(code)
        if code.startswith(slip.SLIP_MARK) and slip.parse_slip(code) is not None:
            return self._scan_slip(code)
        why: RefusalCode = "code_misread" if read.is_misread else "product_unknown"
        return UnknownScanned(read.shown, Refusal(why, code=read.shown))

    def goods(self, code: str) -> Goods | None:
        """The goods of a code that was scanned or typed, and how much of them it says; None for anything else."""
        return None if cards.is_card(code) else self._goods(barcodes.read(code))

    def _goods(self, read: Code) -> Goods | None:
        if self.settings.mode == "amount":
            return None
        return catalogue.goods(self.store, read, self._scale_labels, self.version.currency)

    def _scan_goods(self, read: Code, goods: Goods) -> Scanned:
        """Goods into the basket; what a label says and cannot be has not been accepted."""
        try:
            return ProductScanned(self.add(*goods))
        except Refusal as refusal:
            if goods.quantity_milli is None and goods.price_minor is None:
                raise
            return UnknownScanned(read.shown, refusal)

    def _scan_card(self, code: str) -> Scanned:
        customer = self.store.customer(int(code), self.now())
        if customer.status == "unknown":
            return UnknownScanned(code, Refusal("card_unknown", card=int(code)))
        self.set_customer(customer.card)
        return CardScanned(customer)

    def _is_coupon(self, code: str) -> bool:
        try:
            background.coupon(self.store, code.strip().upper())
        except Refusal as refusal:
            return refusal.code != "coupon_unknown"
        return True

    def _scan_coupon(self, code: str) -> Scanned:
        try:
            self.add_coupon(code)
        except Refusal as refusal:
            return UnknownScanned(code, refusal)
        return CouponScanned(code.strip().upper())

    def _scan_slip(self, code: str) -> Scanned:
        try:
            return SlipScanned(self.find_sale(code).sale)
        except Refusal as refusal:
            return UnknownScanned(code, refusal)

    def find_people(self, text: str) -> list[Found]:
        return self.store.find_people(text)

    def find_products(self, text: str) -> list[Product]:
        return self.store.find_products(text)

    # -- points that are kept for the open sale

    def keep_points(self, quoted: Quote) -> None:
        """Let the centre keep what the open sale takes by this quote, and no more; nobody waits for it."""
        if self.spending is None:
            return
        before = self.basket.hold
        hold = self.spending.hold_for(self.basket, quoted)
        if hold != before:
            self._put(hold=hold)
        self.spending.follow(before, hold, quoted)

    def standing(self, quoted: Quote) -> Permit | Refusal | None:
        """How it stands with the points of the open sale; a till without a centre has nothing to tell."""
        return None if self.spending is None else self.spending.standing(quoted, self.basket.hold)

    def hold(self, note: str = "") -> int:
        kept = self.basket.hold
        number = super().hold(note)
        self._let_go(kept)
        return number

    def clear(self) -> None:
        kept = self.basket.hold
        super().clear()
        self._let_go(kept)

    def _let_go(self, kept: bytes) -> None:
        if self.spending is not None and kept:
            self.spending.keeper.give_up(kept)

    # -- how an order goes, and its completion

    def set_guest(self, email: str) -> None:
        """A purchase without a card under an e-mail address: it is the member's, or waits for who joins with it (H12).

        Where the programme has no such thing it is nobody's.
        """
        if not self.programme.membership.guests_wait or not email.strip():
            return
        for member in self.store.members_by(email):
            for card in self.store.cards_of_member(member):
                if customers.refusal_of(self.store.customer(card, self.now()), self.now()) is None:
                    self.set_customer(card)
                    return
        self._put(guest=self.store.guest_number(email))

    def set_order(self, **how: object) -> None:
        """How the order goes, by the fields of Basket: means, fulfilled, delivery_minor, dated, ..."""
        self._put(**how)

    def complete(self, means: str | None = None) -> Completed:
        """Complete the open sale: fact, new states, slip and empty basket in one transaction.

        What the sale brings to others (a friend's first purchase) is written with it.
        """
        if means is not None and means != self.basket.means:
            self.basket = replace(self.basket, means=means)
        if self.basket.empty:
            raise Refusal("nothing_to_sell")
        for line in self.basket.lines:
            if not line.quantity_milli:
                raise Refusal("not_weighed", item=line.product.name)
        quoted = self.quote()
        now = quoted.moment
        tenders = (Tender(self.basket.means, quoted.to_pay_minor),) if quoted.to_pay_minor else ()
        mode: Literal["goods", "amount"] = "amount" if self.settings.mode == "amount" else "goods"
        permit = ALONE
        if self.spending is not None:
            self.keep_points(quoted)
            permit = self.spending.permit(quoted, self.basket.hold)
        body = quote.completed(quoted, self.store.next_slip(), tenders, mode)
        body = replace(body, authority=permit.authority, hold=permit.hold)
        document = slip.sale_slip(
            body, now, quoted.balance_after, self.head(), self.programme, quoted.version, self.words
        )
        fact = self.record([NewFact(body, now, new_id(now))], [(body.slip, document, False)], Basket())[0]
        if self.spending is not None:
            self.spending.keeper.settled(permit.hold)
        return Completed(fact, quoted, document)

    def record(
        self, new: Sequence[NewFact], jobs: Sequence[NewJob] = (), basket: Basket | None = None
    ) -> tuple[Fact, ...]:
        """Write facts down with all that follows from them: bonuses, notices, the mark on a cashier's own card."""
        more = [
            NewFact(Acted("own_card", slip.slip_text(body.slip)), moment)
            for body, moment, _ in new
            if isinstance(body, SaleCompleted) and self._is_own_card(body.card)
        ]
        written = consequences.record(
            self.store,
            self.programme,
            [*new, *more],
            cashier=self.staff.id if self.staff else "",
            jobs=jobs,
            basket=basket,
        )
        if basket is not None:
            self.basket = basket
        return written

    def _is_own_card(self, card: int | None) -> bool:
        """Whether the cashier serves himself: his own card, or one of his family (a manager sees it later)."""
        own = self.staff.own_card if self.staff else None
        if own is None or card is None:
            return False
        return (
            card == own or self.store.customer(card, self.now()).account == self.store.customer(own, self.now()).account
        )

    def head(self) -> SlipHead:
        return SlipHead(self.settings.shop_lines, self.store.identity.till, self.staff.name if self.staff else "")

    # -- sales of before

    def find_sale(self, text: str) -> Returnable:
        """This till's sale of a slip number, typed or scanned, and what can still come back of it.

        A short number counts as one of this till. Raises Refusal sale_unknown.
        """
        sale = self.own_sale(self.slip_number(text))
        if sale is None:
            raise Refusal("sale_unknown", slip=text.strip()[:20])
        return self.after.returnable(sale)

    def slip_number(self, text: str) -> int:
        """The number of a slip as it was typed or scanned; raises Refusal sale_unknown for what is none."""
        number = slip.parse_slip(text)
        if number is None:
            raise Refusal("sale_unknown", slip=text.strip()[:20])
        return number if number >= slip.TILL_SPACE else number + self.store.identity.till * slip.TILL_SPACE

    def own_sale(self, number: int) -> Fact | None:
        """This till's sale with a slip number."""
        sale = self.store.sale(number)
        return sale if sale is not None and isinstance(sale.body, SaleCompleted) else None

    # -- the printer and the drawer

    def reprint(self, number: int | None = None) -> Document:
        """Print a slip again, marked as a copy; without a number the last one. Raises Refusal sale_unknown."""
        number = self.store.last_slip() if number is None else number
        job = None if number is None else self.store.job_of(number)
        if job is None:
            raise Refusal("sale_unknown", slip="" if number is None else slip.slip_text(number))
        document = slip.as_copy(job.document, self.words)
        self._act(Acted("reprinted", slip.slip_text(job.slip or 0)), (job.slip, document, True))
        return document

    def reprint_job(self, job_id: int) -> None:
        """Print something again that has no slip number, such as a statement or a code, marked as a copy."""
        job = self.store.job(job_id)
        if job is not None:
            self._act(Acted("reprinted"), (None, slip.as_copy(job.document, self.words), True))

    def open_drawer(self) -> None:
        """Open the cash drawer without a sale, on record."""
        self._act(Acted("drawer_opened"), (None, (OpenDrawer(),), False))

    def _act(self, act: Acted, job: tuple[int | None, Document, bool]) -> None:
        self.record([NewFact(act, self.now())], [job])
