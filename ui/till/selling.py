"""Selling: goods into the basket and out of it, how much of them, put aside, completed."""

from collections.abc import Sequence
from functools import partial

from pos_app.catalogue import Goods
from pos_app.loyalty.basket import ONE, Line, Product
from pos_app.loyalty.earn import Who
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import parse_decimal, parse_quantity
from pos_app.open_sale import OTHER_AMOUNT, OWN_AMOUNT
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.held import HeldPanel
from ui.till.dialogs.number import KILOGRAMS, WHOLE, NumbersPanel, decimal, money, typed
from ui.till.dialogs.search import SearchPanel, Source
from ui.till.rows import Row
from ui.till.say import joined, points
from ui.till.totals import PLAIN, Total


class Selling(Deeds):
    """What is done with the basket's goods."""

    _typed: Goods | None = None
    """What the code says that was typed in the search: a scale label has its weight."""

    def goods(self, by_touch: bool, text: str = "") -> None:
        """F1: look for goods."""
        find, by_code = self.looked_up(self._find), self.looked_up(self._by_code)
        source = Source(find, self._product_row, (12,), by_code)
        panel = SearchPanel[Product]("goods", self.words, source, text, by_touch=by_touch)
        panel.picked.connect(self._add)
        self.page.place.open(panel)
        panel.field.deselect()

    @spoken
    def _add(self, product: Product) -> None:
        goods = self._typed if self._typed and self._typed.product == product else Goods(product)
        index = self.till.add(*goods)
        self.page.place.close_panel()
        self.added(index)
        if product.weighed and goods.quantity_milli is None:
            self.quantity(False)

    def typed(self, text: str) -> None:
        """Typing with nothing open looks for goods."""
        if not text.isspace() and self.till.settings.mode == "goods" and self.page.alarm is None:
            self.goods(False, text)

    @spoken
    def quantity(self, by_touch: bool) -> None:
        """F3: how much of the selected line."""
        lines, index = self.till.basket.lines, self.page.basket.view.current
        say = self.words.say
        if self.till.settings.mode == "amount":
            return self.say("attention", "amounts_only", goods=self.key("goods"))
        if index < 0:
            return self.say("attention", "nothing_selected")
        if index >= len(lines) + len(self.till.basket.swaps):
            return self.say("attention", "total_quantity")
        if index >= len(lines):
            return self.say("attention", "swap_quantity", void=self.key("void"), board=self.key("board"))
        line = lines[index]
        weighed = line.product.weighed
        mark = self.mark() if weighed else ""
        panel = NumbersPanel(
            "quantity", line.product.name, self.words, KILOGRAMS if weighed else WHOLE,
            say("till.quantity.apply"), mark,
        )  # fmt: skip
        unit = say("till.quantity.kilograms" if weighed else "till.quantity.pieces")
        prompt = say("till.quantity.prompt_weighed" if weighed else "till.quantity.prompt")
        panel.add_field(
            "quantity", prompt, typed(line.quantity_milli, 3, self.mark()) if line.quantity_milli else "", unit
        )
        panel.entered.connect(partial(self._set_quantity, index))
        self.page.place.open(panel)

    @spoken
    def _set_quantity(self, index: int, texts: Sequence[str]) -> None:
        self.till.set_quantity(index, parse_quantity(decimal(texts[0])))
        self.page.place.close_panel()
        self.page.refresh(index)
        line = self.till.basket.lines[index]
        self.say("calm", "quantity", name=line.product.name, quantity=self.words.quantity(line.quantity_milli))
        self.page.accepted.emit()

    def amounts(self, by_touch: bool) -> None:
        """F1 where only amounts are typed: of own-brand goods and of others."""
        say = self.words.say
        currency = self.till.version.currency
        decimals, mark = self.words.decimals(currency), self.mark()
        panel = NumbersPanel(
            "amounts", say("till.amounts.title"), self.words, money(decimals), say("till.amounts.apply"),
            mark if decimals else "",
        )  # fmt: skip
        now = {line.product.code: line.price_minor for line in self.till.basket.lines}
        for code, name in ((OWN_AMOUNT, "own"), (OTHER_AMOUNT, "other")):
            text = typed(now[code], decimals, mark) if code in now else ""
            panel.add_field(f"amount_{name}", say(f"slip.{name}_goods"), text, self.words.sign(currency))
        panel.add_note(say("till.amounts.note"))
        panel.entered.connect(self._set_amounts)
        self.page.place.open(panel)

    @spoken
    def _set_amounts(self, texts: Sequence[str]) -> None:
        decimals = self.words.decimals(self.till.version.currency)
        own, other = (parse_decimal(decimal(text), decimals) for text in texts)
        self.till.set_amounts(own, other)
        self.page.place.close_panel()
        self.page.refresh(0)
        self.say("calm", "amounts")
        self.page.accepted.emit()

    @spoken
    def void(self) -> None:
        """F8: take the selected line out, or what lowers the sum."""
        basket, index = self.till.basket, self.page.basket.view.current
        if index < 0:
            return self.say("attention", "nothing_selected")
        count, swaps = len(basket.lines), len(basket.swaps)
        if index < count:
            name = basket.lines[index].product.name
            self.till.void(index)
        elif index < count + swaps:
            name = basket.swaps[index - count].offer.name
            self.till.void_swap(index - count)
        else:
            total = self.page.basket.totals[index - count - swaps]
            if not self._void_total(total):
                return self.say("attention", "total_stays")
            name = total.row.title
        self.say("calm", "voided", name=name)
        self.page.refresh()

    def _void_total(self, total: Total) -> bool:
        """Take out what somebody has put in; the rest comes by itself."""
        till = self.till
        if total.kind == "points":
            till.use_points(0)
        elif total.kind == "coupon":
            till.set_order(coupons=tuple(code for code in till.basket.coupons if code != total.about))
        elif total.kind == "order":
            till.set_order(**PLAIN)
        else:
            return False
        return True

    def added(self, index: int) -> None:
        """Goods went into the basket."""
        page = self.page
        page.place.make_room()
        page.refresh(index)
        line = self.till.basket.lines[index]
        price = self.words.money(line.price_minor, self.till.version.currency)
        if not line.quantity_milli:
            self.say("attention", "weigh", name=line.product.name, quantity=self.key("quantity"))
            page.attention.emit()
        else:
            self.say("calm", "added", name=line.product.name, price=price)
            page.accepted.emit()

    @spoken
    def hold(self) -> None:
        """F7: put the basket aside, or take one up where there is none."""
        page = self.page
        if not self.till.basket.empty:
            number = self.till.hold()
            page.place.close_panel()
            page.refresh()
            return self.say("good", "held", number=number, hold=self.key("hold"))
        held = self.till.held()
        if not held:
            return self.say("calm", "none_held")
        panel = HeldPanel(self.words, held, self.till.version.currency, self._name_of)
        panel.picked.connect(self._recall)
        page.place.open(panel)

    @spoken
    def _recall(self, number: int) -> None:
        self.till.recall(number)
        self.page.place.close_panel()
        self.page.refresh(0)
        self.say("calm", "recalled", number=number)

    @spoken
    def complete(self) -> None:
        """F10: write the sale down. A second press finds a finished sale and does nothing."""
        page = self.page
        if self.till.basket.empty and page.basket.shows_done:
            return
        if self.till.basket.empty and self.till.settings.mode == "amount":
            self.say("refused", "enter_amounts", goods=self.key("goods"))
            return page.refused.emit()
        try:
            completed = self.till.complete()
        except Refusal as refusal:
            if refusal.code == "not_weighed":
                page.basket.view.select(self._first_unweighed())
            raise
        page.show_done(completed)
        self.say("good", "completed")
        page.accepted.emit()

    def _first_unweighed(self) -> int:
        return next(index for index, line in enumerate(self.till.basket.lines) if not line.quantity_milli)

    def _name_of(self, card: int) -> str:
        return self.till.store.customer(card, self.till.now()).name

    def _find(self, text: str) -> Sequence[Product]:
        self._typed = None
        return self.till.find_products(text)

    def _by_code(self, code: str) -> list[Product]:
        self._typed = self.till.goods(code)
        return [] if self._typed is None else [self._typed.product]

    def _product_row(self, product: Product) -> Row:
        price = self.words.money(product.price_minor, self.till.version.currency)
        unit = self.words.say("till.quantity.a_kilogram" if product.weighed else "till.quantity.a_piece")
        detail = joined(self.words, product.code, product.brand)
        return Row(product.name, detail, (price,), joined(self.words, self._points_of(product), unit))

    def _points_of(self, product: Product) -> str:
        """What one piece or kilogram earns: where the programme says so at the goods, or the shelf does (H28, S2)."""
        version, basket = self.till.version, self.till.basket
        if "product" not in version.messages and not product.points:
            return ""
        customer = self.till.customer()
        who = Who(customer.kind if customer else "", customer.tier if customer else None, basket.channel)
        earned = version.earn.reckon((Line(product, ONE, product.price_minor),), who, self.till.now()).points
        return points(self.words, earned, sign=True)
