"""Goods that come back: which lines of a slip, how much of each, and what that means in money and points."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from pos_app.after_sale import Returnable
from pos_app.catalogue import Goods
from pos_app.loyalty import barcodes, cards
from pos_app.loyalty.basket import ONE
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.money import parse_quantity
from pos_app.loyalty.slip import SLIP_MARK, slip_text
from pos_app.loyalty.words import Words
from ui.till.dialogs.number import KILOGRAMS, WHOLE, decimal, typed
from ui.till.glyphs import Glyph
from ui.till.pads import Field, NumberPad
from ui.till.panel import Panel, is_enter
from ui.till.rows import Row, RowsView
from ui.till.say import button, joined, label, points

Reading = Callable[[str], Goods | None]
Quoting = Callable[[Sequence[LineBack], Sequence[LineBack]], GoodsReturned | None]


class ReturnPanel(Panel):
    """Lines and swaps of one sale. `wanted(lines, swaps)` are those to take back.

    `too_much(name, left)` says that more was typed than is left of a line; what was there before stays.
    """

    wanted = Signal(list, list)
    too_much = Signal(str, str)

    def __init__(self, words: Words, found: Returnable, goods: Reading, quote: Quoting, key: str, mark: str) -> None:
        """`goods` tells those of a code; `quote` what a return would do, or None when it cannot; `key` completes it."""
        sale = found.sale.body
        assert isinstance(sale, SaleCompleted)
        title = words.say("till.return.of", slip=slip_text(sale.slip), when=found.sale.moment)
        super().__init__("return", title, words)
        self._sale = sale
        self._goods = goods
        self._quote = quote
        self._mark = mark
        self._left = [*found.left_milli, *(left * ONE for left in found.left_swaps)]
        self._back = [0] * len(self._left)
        self._names = [line.product.name for line in sale.lines] + [swap.offer.name for swap in sale.swaps]
        self._weighed = [line.product.weighed for line in sale.lines] + [False] * len(sale.swaps)
        self.list = RowsView((6, 6.5), [words.say(f"till.return.{name}") for name in ("goods", "left", "back")])
        self.list.setObjectName("sold")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field = Field("return_quantity", "number", KILOGRAMS)
        self._summary = label("strong", name="return_summary")
        self._summary.setWordWrap(True)
        self._done: QPushButton = button("primary", words.say("till.return.do", key=key), "panel_return_done")
        self._lay_out(mark)
        self.list.moved.connect(self._on_moved)
        self.list.chosen.connect(self._toggle)
        self.field.textEdited.connect(self._on_typed)
        self.field.entered.connect(lambda: self._toggle(self.list.current))
        self._done.clicked.connect(self.complete)
        first = next((number for number, left in enumerate(self._left) if left), 0)
        self._show()
        self.list.select(first)

    def enter(self) -> None:
        self.field.setFocus()

    def complete(self) -> bool:
        """Nothing is returned while nothing is chosen; the line below the goods says so."""
        if self._done.isEnabled():
            self.wanted.emit(*self._chosen())
        return True

    def take_scan(self, code: str) -> bool:
        """Goods that are scanned now come back, a piece at a time; raises Refusal for others."""
        if cards.is_card(code) or code.startswith(SLIP_MARK):
            return False
        read, goods = barcodes.read(code), self._goods(code)
        codes = {*read.numbers, goods.product.code if goods else code}
        fitting = [n for n, line in enumerate(self._sale.lines) if line.product.code in codes]
        if not fitting:
            if read.is_misread and goods is None:
                raise Refusal("code_misread", code=read.shown)
            raise Refusal("not_bought")
        free = next((n for n in fitting if self._back[n] < self._left[n]), None)
        if free is None:
            raise Refusal("already_returned")
        weighed = self._sale.lines[free].product.weighed
        self._set(free, self._left[free] if weighed else self._back[free] + ONE)
        self.list.select(free)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
        if event.key() in steps:
            self.list.step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _lay_out(self, mark: str) -> None:
        hint = label("muted", self.words.say("till.return.hint"), "return_hint")
        hint.setWordWrap(True)
        pad = NumberPad(mark)
        pad.pressed.connect(self._on_pad)
        everything = button("", self.words.say("till.return.all"), "return_all")
        everything.clicked.connect(self._take_all)
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(self.field)
        side.addWidget(pad, 1)
        side.addWidget(everything)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.list, 5)
        middle.addLayout(side, 2)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self._summary, 5)
        foot.addWidget(self._done, 2)
        self.column.addWidget(hint)
        self.column.addLayout(middle, 1)
        self.column.addLayout(foot)

    def _rows(self) -> list[Row]:
        words, sale = self.words, self._sale
        details = [words.money(line.amount_minor, sale.currency) for line in sale.lines]
        details += [points(words, swap.points) for swap in sale.swaps]
        rows: list[Row] = []
        for number, (name, detail, left, back) in enumerate(
            zip(self._names, details, self._left, self._back, strict=True)
        ):
            gone = "" if left else words.say("till.return.gone")
            shown = self._amount(number, back) if back else "–"
            rows.append(Row(name, gone or detail, (self._amount(number, left), shown), is_dim=not left))
        return rows

    def _amount(self, row: int, milli: int) -> str:
        """So much of a line: 2, or 0,350 кг."""
        text = self.words.quantity(milli)
        return self.words.say("till.basket.kilograms", quantity=text) if self._weighed[row] else text

    def _show(self) -> None:
        self.list.set_rows(self._rows())
        lines, swaps = self._chosen()
        quoted = self._quote(lines, swaps) if lines or swaps else None
        self._done.setEnabled(quoted is not None)
        self._summary.setText(summary(quoted, self.words) if quoted else self.words.say("till.return.nothing"))

    def _chosen(self) -> tuple[list[LineBack], list[LineBack]]:
        count = len(self._sale.lines)
        lines = [LineBack(number, milli) for number, milli in enumerate(self._back[:count]) if milli]
        swaps = [LineBack(number, milli) for number, milli in enumerate(self._back[count:]) if milli]
        return lines, swaps

    def _on_moved(self, row: int) -> None:
        if row >= 0:
            self.field.allow(KILOGRAMS if self._weighed[row] else WHOLE)
            self.field.setText(typed(self._back[row], 3, self._mark) if self._back[row] else "")
            self.field.selectAll()

    def _toggle(self, row: int) -> None:
        if 0 <= row < len(self._left):
            self._set(row, 0 if self._back[row] else self._left[row])
            self._on_moved(row)

    def _take_all(self) -> None:
        self._back = list(self._left)
        self._show()
        self._on_moved(self.list.current)

    def _set(self, row: int, milli: int) -> None:
        self._back[row] = milli
        self._show()
        self._on_moved(row)

    def _on_pad(self, key: str) -> None:
        self.field.press(key)
        self._on_typed()

    def _on_typed(self) -> None:
        row = self.list.current
        if row < 0:
            return
        milli = parse_quantity(decimal(self.field.text()))
        if milli > self._left[row]:
            self.too_much.emit(self._names[row], self._amount(row, self._left[row]))
            self._on_moved(row)
        else:
            self._back[row] = milli
            self._show()


class ReturnedPanel(Panel):
    """A return that is written down."""

    yields = True

    def __init__(self, words: Words, body: GoodsReturned) -> None:
        super().__init__("returned", words.say("till.return.done"), words)
        self.column.addStretch()
        self.column.addWidget(Glyph("done", 5), alignment=Qt.AlignmentFlag.AlignCenter)
        for role, text, name in (
            ("headline", summary(body, words), "returned_summary"),
            ("muted", words.say("till.return.slip", slip=slip_text(body.slip)), "returned_slip"),
        ):
            line = label(role, text, name)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setWordWrap(True)
            self.column.addWidget(line)
        self.column.addStretch()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def enter(self) -> None:
        self.setFocus()

    def complete(self) -> bool:
        """A second press of the key that completed the return."""
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event):
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def summary(body: GoodsReturned, words: Words) -> str:
    """What a return gives and takes, in one line."""
    parts = [words.say("till.return.refund", money=words.money(body.refund_minor, body.currency))]
    taken = sum(back.points for back in body.taken)
    given = sum(back.points for back in body.given)
    if taken:
        parts.append(words.say("till.return.taken", points=taken))
    if given:
        parts.append(words.say("till.return.given", points=given))
    return joined(words, *parts)
