"""Paying with points: the most that may be used, what it is worth and why not more; and codes, typed."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui.till.dialogs.number import WHOLE, NumbersPanel
from ui.till.pads import Field, LetterPad
from ui.till.panel import Panel, is_enter
from ui.till.rows import Row, RowsView
from ui.till.say import button, label, worth
from ui.till.totals import limit_words

CODE_PATTERN = "[0-9A-Za-z._-]{0,40}"
CODE_LETTERS = "1234567890 QWERTYUIOP ASDFGHJKL ZXCVBNM"
"""Codes are written in these letters in every language."""


class PointsPanel(NumbersPanel):
    """How many points the customer uses. `wanted` carries a Wish, `code_wanted` asks for the panel of codes."""

    wanted = Signal(object)
    code_wanted = Signal()
    yields = True

    def __init__(self, words: Words, quote: Quote, key: str) -> None:
        """`quote` has a customer, in a programme where points can be used; `key` leads on to the codes."""
        super().__init__(
            "points", words.say("till.points_panel.title"), words, WHOLE, words.say("till.points_panel.apply")
        )
        usable, use = quote.usable, quote.version.use
        assert usable is not None
        assert use is not None
        self._quote = quote
        most = label("large", self._most(quote, usable.points), "points_most")
        most.setWordWrap(True)
        self.beside.addWidget(most)
        why = label("muted", limit_words(usable, words), "points_limit")
        why.setWordWrap(True)
        self.beside.addWidget(why)
        self.field = self.add_field(
            "points", words.say("till.points_panel.prompt"), str(quote.used_points or usable.points or ""), ""
        )
        self._worth = label("strong", "", "points_worth")
        self.beside.addWidget(self._worth)
        self.field.textChanged.connect(self._show_worth)
        self._show_worth(self.field.text())
        self._add_wishes(use.automatic, key)
        self.entered.connect(lambda texts: self.wanted.emit(int(texts[0] or 0)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        if isinstance(focused, QPushButton) and is_enter(event):
            focused.click()
        else:
            super().keyPressEvent(event)

    def _most(self, quote: Quote, most: int) -> str:
        if not most:
            return self.words.say("till.points_panel.none_now")
        return self.words.say("till.points_panel.most_is", worth=worth(self.words, quote.version, most))

    def _add_wishes(self, automatic: bool, key: str) -> None:
        wishes: list[tuple[str, Callable[[], object]]] = [
            ("most", lambda: self.wanted.emit("max")),
            ("none", lambda: self.wanted.emit(0)),
        ]
        if automatic:
            wishes.append(("automatic", lambda: self.wanted.emit("auto")))
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, act in wishes:
            row.addWidget(self._wish(name, self.words.say(f"till.points_panel.{name}"), act))
        self.beside.addLayout(row)
        self.beside.addWidget(
            self._wish("code", self.words.say("till.points_panel.code", key=key), self.code_wanted.emit)
        )

    def _wish(self, name: str, text: str, act: Callable[[], object]) -> QPushButton:
        made = button("", text, f"points_{name}")
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda _checked=False: act())
        return made

    def _show_worth(self, text: str) -> None:
        use, wanted = self._quote.version.use, int(text or 0)
        assert use is not None
        if wanted % use.step:
            self._worth.setText(self.words.say("refused.points_step", step=use.step))
        else:
            self._worth.setText(worth(self.words, self._quote.version, wanted))


class CodePanel(Panel):
    """Codes of this sale. `entered(code)` is a typed one, `dropped(code)` one to take out again."""

    entered = Signal(str)
    dropped = Signal(str)
    yields = True

    def __init__(self, words: Words, *, by_touch: bool = False) -> None:
        super().__init__("code", words.say("till.code.title"), words)
        self._codes: Sequence[str] = ()
        self.field = Field("code", "", CODE_PATTERN)
        self.field.setPlaceholderText(words.say("till.code.prompt"))
        self.field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.field.entered.connect(self._on_entered)
        hint = label("muted", words.say("till.code.hint"), "code_hint")
        hint.setWordWrap(True)
        self.list = RowsView((12,))
        self.list.setObjectName("codes")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.chosen.connect(lambda row: self.dropped.emit(self._codes[row]))
        self._letters = LetterPad(words, CODE_LETTERS)
        self._letters.pressed.connect(self.field.press)
        add = button("primary", words.say("till.code.add"), "code_add")
        add.clicked.connect(self._on_entered)
        keyboard = button("", words.say("till.letters.show"), "letters_show")
        keyboard.clicked.connect(lambda: self._letters.setVisible(not self._letters.isVisible()))
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(add)
        row.addWidget(keyboard)
        self.column.addLayout(row)
        self.column.addWidget(hint)
        self.column.addWidget(self.list, 1)
        self.column.addWidget(self._letters)
        self._letters.setVisible(by_touch)

    def enter(self) -> None:
        self.field.setFocus()

    def complete(self) -> bool:
        self._on_entered()
        return True

    def show_quote(self, quote: Quote) -> None:
        """Show the codes of the sale and what each takes off."""
        words, currency = self.words, quote.version.currency
        self._codes = [use.code for use in quote.coupons]
        drop = words.say("till.code.drop")
        rows = [Row(use.code, drop, (words.money(-use.amount_minor, currency),)) for use in quote.coupons]
        self.list.set_rows(rows, len(rows) - 1)
        self.field.clear()

    def _on_entered(self) -> None:
        text = self.field.text().strip()
        if text:
            self.entered.emit(text)
