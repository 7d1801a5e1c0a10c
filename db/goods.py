"""What a store tells of goods, the reward board, coupons and staff."""

from collections.abc import Sequence

import msgspec

from db.journal import Journal
from db.records import Staff
from db.replica import Replica
from db.trouble import tells_troubles
from db.witness import Head
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.coupons import Coupon


@tells_troubles
class Goods:
    """The part of `Store` that stands in the replica, stocks as this till has left them."""

    replica: Replica
    _journal: Journal
    _head: Head

    def product(self, code: str) -> Product | None:
        """The goods with this code; UPC-A of 12 digits and EAN-13 with a leading zero are the same."""
        return self.replica.product(code)

    def find_products(self, text: str, limit: int = 50) -> list[Product]:
        """Goods whose name, brand or code hold every word of `text`, any case."""
        return self.replica.find_products(text, limit)

    def offers(self) -> list[Offer]:
        """The reward board in its order, each stock as it is now."""
        return [self._with_stock_left(*found) for found in self.replica.offers()]

    def oversold(self) -> list[tuple[Offer, int]]:
        """What was given away beyond its stock, and how many of it, as far as this till knows."""
        left = [(offer, self._left(offer, counted)) for offer, counted in self.replica.offers()]
        return [(offer, -stock) for offer, stock in left if stock is not None and stock < 0]

    def offer(self, item: str) -> Offer | None:
        """One thing of the board, with its stock as it is now."""
        found = self.replica.offer(item)
        return None if found is None else self._with_stock_left(*found)

    def _with_stock_left(self, offer: Offer, counted: int) -> Offer:
        left = self._left(offer, counted)
        return offer if left is None else msgspec.structs.replace(offer, stock=max(0, left))

    def _left(self, offer: Offer, counted: int) -> int | None:
        """What is left of a stock: without what this till has taken since it was counted."""
        if offer.stock is None:
            return None
        if offer.counted_at is None:
            return (
                offer.stock - self._journal.used(offer.item, self._head.seq) + self._journal.used(offer.item, counted)
            )
        left = offer.stock
        for fact_id, quantity in self._journal.uses_back(offer.item):
            if self.replica.holds(fact_id, offer.counted_at):
                break  # it is counted, and so are those before it
            left -= quantity
        return left

    def put_offers(self, offers: Sequence[Offer]) -> None:
        """Replace the board of a till without a centre; stocks are what is there now."""
        self.replica.put_offers(offers, self._head.seq)

    def coupon(self, code: str) -> Coupon | None:
        """A coupon of the shop, any case."""
        return self.replica.coupon(code)

    def staff(self) -> list[Staff]:
        return self.replica.staff()

    def staff_by_card(self, code: str) -> Staff | None:
        return self.replica.staff_by_card(code)
