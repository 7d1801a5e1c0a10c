"""The open sale of a till: goods go into its basket and out of it, and it is put aside and taken up again."""

from collections.abc import Callable

from msgspec.structs import replace

from db.store import Held, Staff, Store
from pos_app.loyalty.basket import ONE, Basket, Line, Product
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import decimal_text
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.words import Words
from pos_app.sign_in import SignIn

QUANTITY_MOST = 9_999 * ONE
AMOUNT_MOST_MINOR = 10**11
"""More than anything in a shop costs, in rial too."""
OWN_AMOUNT = "amount:own"
OTHER_AMOUNT = "amount:other"


class OpenSale:
    """The basket of one till: it is replaced, never changed, and on the disk before a call returns.

    Methods raise Refusal.
    """

    store: Store
    programme: Programme
    words: Words
    sign_in: SignIn
    basket: Basket
    _clock: Callable[[], int]

    def now(self) -> int:
        """The moment by which this till dates things; it never goes back behind what was written down."""
        return max(self._clock(), self.store.last_moment)

    @property
    def version(self) -> Version:
        """The version of the programme in force."""
        return self.programme.version_at(self.now())

    @property
    def staff(self) -> Staff | None:
        """Who works here now."""
        return self.sign_in.staff

    # -- goods

    def add(
        self,
        product: Product,
        quantity_milli: int | None = None,
        price_minor: int | None = None,
        discount_minor: int = 0,
    ) -> int:
        """Put goods into the basket and tell the line; a second piece of the last goods counts up its line.

        Weighed goods without a quantity wait on their line, with none, until they are weighed.
        """
        price = product.price_minor if price_minor is None else price_minor
        weighed_later = product.weighed and quantity_milli is None
        if quantity_milli is None:
            quantity_milli = 0 if weighed_later else ONE
        lines = self.basket.lines
        if lines and not product.weighed and not discount_minor:
            last = lines[-1]
            if last.product == product and last.price_minor == price and not last.discount_minor:
                self.set_quantity(len(lines) - 1, last.quantity_milli + quantity_milli)
                return len(lines) - 1
        if not weighed_later:
            _check_quantity(product, quantity_milli)
        line = Line(product, quantity_milli, price, discount_minor)
        if price < 0 or discount_minor < 0 or line.amount_minor < 0:
            raise Refusal("quantity_wrong", quantity=self.words.money(line.amount_minor, self.version.currency))
        self._put(lines=(*lines, line))
        return len(lines)

    def set_quantity(self, index: int, quantity_milli: int) -> None:
        """Change how much of a line; weighed goods in thousandths of a kilogram, others in whole pieces."""
        line = self.basket.lines[index]
        _check_quantity(line.product, quantity_milli)
        changed = Line(line.product, quantity_milli, line.price_minor, line.discount_minor)
        if changed.amount_minor < 0:
            raise Refusal("quantity_wrong", quantity=self.words.money(changed.amount_minor, self.version.currency))
        self._put(lines=(*self.basket.lines[:index], changed, *self.basket.lines[index + 1 :]))

    def set_amounts(self, own_minor: int, other_minor: int) -> None:
        """Amount mode: the amounts of own-brand and of other goods, as the fiscal register has them."""
        lines = []
        for code, key, brand, minor in (
            (OWN_AMOUNT, "slip.own_goods", self.programme.own_brand, own_minor),
            (OTHER_AMOUNT, "slip.other_goods", "", other_minor),
        ):
            if not 0 <= minor <= AMOUNT_MOST_MINOR:
                raise Refusal("quantity_wrong", quantity=self.words.money(minor, self.version.currency))
            if minor:
                product = Product(code, self.words.say(key), minor, brand)
                lines.append(Line(product, ONE, minor))
        self._put(lines=tuple(lines))

    def void(self, index: int) -> None:
        """Take a line out of the basket."""
        self._put(lines=self.basket.lines[:index] + self.basket.lines[index + 1 :])

    def void_swap(self, index: int) -> None:
        self._put(swaps=self.basket.swaps[:index] + self.basket.swaps[index + 1 :])

    def clear(self) -> None:
        """Give the open sale up."""
        self._keep(Basket())

    def set_channel(self, channel: str) -> None:
        """Where the sale is made: store, online or direct."""
        self._keep(replace(self.basket, channel=channel))

    def set_customer(self, card: int) -> None:
        """Let this card take part; how another one's points were to be used does not hold for it."""
        same = self.basket.card in (None, card)
        self._put(card=card, use_points=self.basket.use_points if same else None)

    def drop_customer(self) -> None:
        """Go on without a card; what was to be swapped leaves the basket."""
        self._keep(replace(self.basket, swaps=(), card=None, use_points=None))

    # -- holding

    def hold(self, note: str = "") -> int:
        """Put the open basket aside; raises Refusal when it is empty."""
        if self.basket.empty and self.basket.card is None:
            raise Refusal("nothing_to_sell")
        number = self.store.hold(replace(self.basket, hold=b""), note, self.now(), self.staff.id if self.staff else "")
        self.basket = Basket()
        return number

    def held(self) -> list[Held]:
        return self.store.held()

    def recall(self, number: int) -> None:
        """Take a held basket up again; an open one is put aside first."""
        if not self.basket.empty:
            self.hold()
        self.basket = self.store.recall(number)

    # -- keeping the basket

    def _put(self, **changed: object) -> None:
        self._keep(replace(self.basket, **changed))

    def _keep(self, basket: Basket) -> None:
        if basket != self.basket:
            self.store.keep_basket(basket)
            self.basket = basket


def _check_quantity(product: Product, quantity_milli: int) -> None:
    whole = product.weighed or quantity_milli % ONE == 0
    if not (0 < quantity_milli <= QUANTITY_MOST and whole):
        raise Refusal("quantity_wrong", quantity=decimal_text(quantity_milli, 3))
