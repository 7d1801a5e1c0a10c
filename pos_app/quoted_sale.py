"""The open sale reckoned: what its basket comes to, and what its customer can have for points and codes."""

from msgspec.structs import replace

from pos_app import background
from pos_app.loyalty import barcodes, cards, quote, redeem
from pos_app.loyalty.basket import Basket, Offer, Swap, Wish
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.quote import Quote
from pos_app.open_sale import OpenSale


class QuotedSale(OpenSale):
    """An open sale that takes nothing up that cannot be had: methods raise Refusal."""

    def customer(self) -> Customer | None:
        """The scanned card as of now."""
        card = self.basket.card
        return None if card is None else self.store.customer(card, self.now())

    # -- reckoning

    def quote(self, *, strict: bool = True) -> Quote:
        """What the open basket comes to now. Raises Refusal when what it wishes cannot be had."""
        return self._quote(self.basket, strict=strict)

    def _quote(self, basket: Basket, *, strict: bool = True) -> Quote:
        now = self.now()
        scanned = None if basket.card is None else self.store.customer(basket.card, now)
        if scanned is not None and basket.swaps and strict:
            basket = self._with_todays_board(basket)
        version = self.programme.version_at(now)
        behind = background.of(self.store, basket, scanned, version, now, strict=strict)
        return quote.quote(basket, scanned, version, now, self.programme.zone, behind, strict=strict)

    def foresee(self, code: str) -> tuple[Quote, Customer] | None:
        """What the open basket would come to with this card, and whose it is; nothing is written down yet.

        None where the code is no card that this till knows.
        """
        _, code = barcodes.split(code)
        if not cards.is_card(code):
            return None
        now = self.now()
        scanned = self.store.customer(int(code), now)
        if scanned.status == "unknown":
            return None
        basket = replace(self.basket, card=scanned.card, coupons=(), use_points=0)
        version = self.programme.version_at(now)
        behind = background.of(self.store, basket, scanned, version, now, strict=False)
        return quote.quote(basket, scanned, version, now, self.programme.zone, behind, strict=False), scanned

    def _with_todays_board(self, basket: Basket) -> Basket:
        """The basket's swaps as the board has them now: a held basket may know an older stock."""
        swaps = []
        for swap in basket.swaps:
            offer = self.store.offer(swap.offer.item)
            if offer is None:
                raise Refusal("not_on_board", item=swap.offer.name)
            swaps.append(Swap(offer, swap.quantity))
        return replace(basket, swaps=tuple(swaps))

    # -- the board

    def board(self) -> list[tuple[Offer, bool]]:
        """Everything on the reward board now, and whether the customer can have one more of it."""
        now = self.now()
        offers = [offer for offer in self.store.offers() if redeem.on_board(offer, now)]
        quoted = self.quote(strict=False)
        customer = quoted.customer
        if customer is None:
            return [(offer, False) for offer in offers]
        taken = background.taken_today(self.store, customer, offers, now)
        for swap in self.basket.swaps:
            taken[swap.offer.item] = taken.get(swap.offer.item, 0) + swap.quantity
        left = customer.balance - quoted.spent
        return [(offer, offer.points <= left and redeem.can_have(offer, customer, now, taken)) for offer in offers]

    def swap(self, item: str, quantity: int = 1) -> None:
        """Put a thing of the board into the basket; raises Refusal when the customer cannot have it."""
        offer = self.store.offer(item)
        if offer is None:
            raise Refusal("not_on_board", item=item)
        if quantity < 1:
            raise Refusal("quantity_wrong", quantity=quantity)
        swaps = list(self.basket.swaps)
        same = next((n for n, swap in enumerate(swaps) if swap.offer.item == item), None)
        if same is None:
            swaps.append(Swap(offer, quantity))
        else:
            swaps[same] = Swap(offer, swaps[same].quantity + quantity)
        wanted = replace(self.basket, swaps=tuple(swaps))
        self._quote(wanted)
        self._keep(wanted)

    # -- coupons and points

    def add_coupon(self, code: str) -> None:
        """Put a coupon or code into the basket; raises Refusal when it cannot be used on this sale."""
        plain = code.strip().upper()
        if plain in self.basket.coupons:
            return
        wanted = replace(self.basket, coupons=(*self.basket.coupons, plain))
        self._quote(wanted)
        self._keep(wanted)

    def use_points(self, wish: Wish | None) -> None:
        """Use so many points, or the most; None is what the programme does by itself. Raises Refusal."""
        wanted = replace(self.basket, use_points=wish)
        self._quote(wanted)
        self._keep(wanted)
