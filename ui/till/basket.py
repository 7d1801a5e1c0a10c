"""The basket's place: its lines with the points of each and why, an invitation when empty, the last sale when done."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from pos_app.loyalty.basket import ONE, Line, Swap
from pos_app.loyalty.earn import Reckoning
from pos_app.loyalty.facts import SaleCompleted
from pos_app.loyalty.money import DECIMALS
from pos_app.loyalty.programme import Version
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.slip import slip_text
from pos_app.loyalty.words import Words
from pos_app.till import Completed
from ui.till.glyphs import Glyph
from ui.till.rows import Row, RowsView
from ui.till.say import joined, label, points
from ui.till.totals import Total, totals

_WIDTHS_EM = (6.5, 6.5, 7.5)
_WIDTHS_OF_LARGE_SUMS_EM = (6.5, 11.5, 12.5)
"""In a currency without decimals a thing can cost thousands of millions."""


class BasketRows:
    """Tells a reckoned basket as rows. A line that stays as it was costs nothing to tell again."""

    def __init__(self, words: Words, keys: Mapping[str, str]) -> None:
        self._words = words
        self._keys = keys
        self._version: Version | None = None
        self._line = lru_cache(1024)(self._tell_line)

    def totals(self, quote: Quote) -> list[Total]:
        """What stands under the basket's lines and swaps."""
        return totals(quote, self._words, self._keys)

    def of(self, quote: Quote) -> list[Row]:
        """The basket's lines, at their prices before all that is told under them, then what is taken for points."""
        reckoning, version = quote.reckoning, quote.version
        if version is not self._version:
            self._version = version
            self._line.cache_clear()
        is_unearned = bool(quote.used_points) and version.use is not None and not version.use.earns
        rows: list[Row] = []
        for number, lowered in enumerate(quote.basket.lines):
            line = _unlowered(lowered) if lowered.lowered_minor else lowered
            if quote.customer is None or is_unearned:
                rows.append(self._line(line, None, None))
            else:
                rows.append(self._line(line, _rules(reckoning, number), reckoning.shares[number]))
        rows += [self._tell_swap(swap, version) for swap in quote.basket.swaps]
        return rows

    def _tell_line(self, line: Line, rules: tuple[str, ...] | None, share: int | None) -> Row:
        """`rules` and `share` are None when nobody earns, `rules` is empty when the line earns nothing."""
        words, product, version = self._words, line.product, self._version
        assert version is not None
        if product.weighed and not line.quantity_milli:
            return self._tell_unweighed(line, version)
        quantity = words.quantity(line.quantity_milli)
        if product.weighed:
            quantity = words.say("till.basket.kilograms", quantity=quantity)
        reason = ""
        if rules is not None:
            reason = version.earn.rate_words(rules, words) if rules else words.say("earn.none")
        return Row(
            product.name,
            reason,
            (
                quantity,
                words.money(line.price_minor, version.currency),
                words.money(line.amount_minor, version.currency),
            ),
            "" if share is None else points(words, share, sign=True),
        )

    def _tell_unweighed(self, line: Line, version: Version) -> Row:
        """Goods that are in the basket already and still have to go on the scales."""
        words = self._words
        price, none = (words.money(minor, version.currency) for minor in (line.price_minor, 0))
        figures = (words.say("till.basket.kilograms", quantity=words.quantity(0)), price, none)
        return Row(line.product.name, words.say("till.basket.weigh", key=self._keys["quantity"]), figures, waits=True)

    def _tell_swap(self, swap: Swap, version: Version) -> Row:
        words = self._words
        money = words.money(swap.amount_minor, version.currency) if swap.amount_minor else ""
        return Row(
            swap.offer.name,
            words.say(
                "till.basket.swapped",
                reason=words.say("swap.reason", quantity=swap.quantity, points=swap.offer.points),
            ),
            (words.quantity(swap.quantity * ONE), "", points(words, -swap.points, sign=True)),
            words.say("till.basket.and_money", money=money) if money else "",
        )


def _rules(reckoning: Reckoning, number: int) -> tuple[str, ...]:
    """The rule by which a line earns: that of money, or else what comes on top of it."""
    rule = reckoning.rules[number]
    if rule is not None:
        return (rule.id,)
    if not reckoning.shares[number]:
        return ()
    return next((lot.rules for lot in reckoning.earned if number in lot.lines), ())


def _unlowered(line: Line) -> Line:
    return replace(line, lowered_minor=0, saved_minor=0, by_points_minor=0, points_used=0)


class BasketPlace(QFrame):
    """Shows the open basket, or what there is to say while it is empty. `typed` carries keys for a search."""

    typed = Signal(str)

    def __init__(
        self,
        words: Words,
        keys: Mapping[str, str],
        currency: str,
        *,
        amounts: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`keys` are those of the settings; `amounts` is whether amounts are typed and no goods scanned."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self._rows = BasketRows(words, keys)
        self.totals: list[Total] = []
        self._goods = 0
        say = words.say
        captions = [say(f"till.basket.{name}") for name in ("goods", "quantity", "price", "amount")]
        self.view = RowsView(_WIDTHS_EM if DECIMALS[currency] else _WIDTHS_OF_LARGE_SUMS_EM, captions)
        self.view.setObjectName("basket")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view.setAccessibleName(say("till.basket.title"))
        self.view.typed.connect(self.typed)
        self._empty = _Invitation(words, keys["goods"] if amounts else "")
        self._done = LastSale(words)
        self._pages = QStackedLayout()
        around = QVBoxLayout(self)
        around.setContentsMargins(1, 6, 1, 6)
        around.addLayout(self._pages)
        for page in (self._empty, self.view, self._done):
            self._pages.addWidget(page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The focus stays here, whichever page is shown; arrows and letters are the list's."""
        self.view.keyPressEvent(event)

    def show_quote(self, quote: Quote, current: int | None = None) -> None:
        """Show the basket; `current` is the line to select, the same as before when it is not given.

        What stands under the goods is brought into sight with the last of them.
        """
        rows = self._rows.of(quote)
        goods = len(rows)
        if current is None and self.view.current < self._goods:
            current = min(self.view.current, goods - 1)
        self._goods = goods
        self.totals = self._rows.totals(quote)
        rows += [total.row for total in self.totals]
        self.view.set_rows(rows, current)
        if self.totals and self.view.current in (-1, goods - 1):
            self.view.reveal(len(rows) - 1)
            self.view.reveal(goods - 1)
        self._pages.setCurrentWidget(self.view if rows else self._empty)

    def show_done(self, completed: Completed, name: str) -> None:
        """Show a completed sale in the place of its basket."""
        self.view.set_rows([])
        self.totals = []
        self._done.tell(completed, name)
        self._pages.setCurrentWidget(self._done)

    @property
    def shows_done(self) -> bool:
        """Whether the last sale is what is to be seen."""
        return self._pages.currentWidget() is self._done


class _Invitation(QWidget):
    def __init__(self, words: Words, amounts_key: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.addStretch()
        column.addWidget(Glyph("goods", 7), alignment=Qt.AlignmentFlag.AlignCenter)
        texts = (words.say("till.basket.empty"), words.say("till.basket.empty_hint"))
        if amounts_key:
            texts = (
                words.say("till.basket.empty_amounts"),
                words.say("till.basket.empty_amounts_hint", key=amounts_key),
            )
        for role, name, said in zip(("headline", "muted"), ("basket_empty", "basket_hint"), texts, strict=True):
            text = label(role, said, name)
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            text.setWordWrap(True)
            column.addWidget(text)
        column.addStretch()


class LastSale(QWidget):
    """A sale that is written down: what to pay, what was earned and spent, and the points now."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._title = label("headline", words.say("till.done.title"), "done_title")
        self._slip = label("muted", "", "done_slip")
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(32)
        self._figures.setVerticalSpacing(8)
        self._values: dict[str, tuple[QLabel, QLabel]] = {}
        for row, name in enumerate(("saved", "to_pay", "earned", "later", "spent", "balance")):
            caption = label("large", words.say(f"till.done.{name}"))
            value = label("figure", "", f"done_{name}")
            self._values[name] = (caption, value)
            self._figures.addWidget(caption, row, 0)
            self._figures.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTrailing)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch()
        column.addWidget(Glyph("done", 5), alignment=Qt.AlignmentFlag.AlignCenter)
        for text in (self._title, self._slip):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(text)
        centred = QWidget()
        centred.setLayout(self._figures)
        column.addWidget(centred, alignment=Qt.AlignmentFlag.AlignCenter)
        column.addStretch()

    def tell(self, completed: Completed, name: str) -> None:
        words, quote = self._words, completed.quote
        body = completed.fact.body
        assert isinstance(body, SaleCompleted)
        slip = words.say("till.done.slip", slip=slip_text(body.slip))
        self._slip.setText(joined(words, name, slip))
        texts = {"to_pay": words.money(quote.to_pay_minor, quote.version.currency)}
        lowered_minor = quote.discount_minor + quote.saved_minor
        if lowered_minor:
            texts["saved"] = words.money(lowered_minor, quote.version.currency)
        if quote.customer is not None:
            later = sum(lot.points for lot in quote.reckoning.earned if lot.credited is None)
            texts["earned"] = words.signed(quote.earned - later)
            if later:
                texts["later"] = words.signed(later)
            texts["balance"] = points(words, quote.balance_after or 0)
            if quote.spent:
                texts["spent"] = words.signed(-quote.spent)
        for key, (caption, value) in self._values.items():
            value.setText(texts.get(key, ""))
            caption.setVisible(key in texts)
            value.setVisible(key in texts)
