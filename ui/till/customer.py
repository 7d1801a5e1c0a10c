"""The customer's side: who it is, the points now and after this sale, and what can be had for them at once."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from pos_app.loyalty.basket import Offer
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui.till.glyphs import Glyph
from ui.till.say import ElidedLabel, label, number, points, signed

OFFERS_SHOWN = 4
_FIGURES = ("earned", "spent", "after")


class CustomerPanel(QFrame):
    """Shows who is scanned. `swap_wanted(item)` is a touch on something that can be had."""

    swap_wanted = Signal(str)

    def __init__(
        self, words: Words, programme: Programme, keys: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setObjectName("customer")
        self._words = words
        self._programme = programme
        self._pages = QStackedLayout(self)
        self._nobody = self._invitation(keys)
        self._somebody = QWidget()
        column = QVBoxLayout(self._somebody)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        self._who(column)
        self._balance(column)
        self._sentence_text = label("", name="card_sentence")
        self._sentence_text.setWordWrap(True)
        self._sentence = QFrame()
        self._sentence.setProperty("role", "strip")
        self._sentence.setProperty("tone", "attention")
        QVBoxLayout(self._sentence).addWidget(self._sentence_text)
        column.addWidget(self._sentence)
        self._board(column)
        for page in (self._nobody, self._somebody):
            self._pages.addWidget(page)

    def show_quote(self, quote: Quote, scanned: Customer | None) -> None:
        """Show the scanned card and what the reckoned basket does to its points."""
        if scanned is None:
            self._pages.setCurrentWidget(self._nobody)
            return
        words = self._words
        self._name.setText(scanned.name or words.say("till.customer.nameless"))
        self._card.setText(words.say("till.customer.card", last4=f"{scanned.card % 10000:04d}"))
        self._kind.setText(words.pick(self._programme.kind_names(scanned.kind)))
        self._tier.setText(scanned.tier or "")
        self._tier.setVisible(bool(scanned.tier))
        self._points.setText(number(words, scanned.balance))
        self._pending.setText(words.say("till.customer.pending", points=scanned.pending))
        self._pending.setVisible(scanned.pending > 0)
        after = quote.balance_after
        for name, text in (
            ("earned", signed(words, quote.earned)),
            ("spent", signed(words, -quote.spent)),
            ("after", "" if after is None else number(words, after)),
        ):
            self._figures[name].setText(text)
        self._show_refusal(quote)
        self._pages.setCurrentWidget(self._somebody)

    def show_offers(self, board: Sequence[tuple[Offer, bool]], left: int) -> None:
        """Show what can be had at once of a board, the dearest first, or what `left` points come nearest to."""
        words = self._words
        can = sorted((offer for offer, free in board if free), key=lambda offer: -offer.points)
        for button, offer in zip(self._offers, can, strict=False):
            button.show_offer(offer, words)
        for button in self._offers[len(can) :]:
            button.setVisible(False)
        self._offers_title.setVisible(bool(can))
        nearest = min((offer for offer, _ in board if offer.points > left), key=_points_of, default=None)
        tell = not can and nearest is not None
        self._nearest.setVisible(tell)
        if tell and nearest is not None:
            missing = nearest.points - left
            self._nearest.setText(words.say("till.customer.nearest", points=missing, item=nearest.name))

    def _show_refusal(self, quote: Quote) -> None:
        refusal = quote.card_refusal
        self._numbers.setVisible(refusal is None)
        self._rewards.setVisible(refusal is None)
        self._sentence.setVisible(refusal is not None)
        if refusal is not None:
            self._sentence_text.setText(self._words.refusal(refusal))

    def _invitation(self, keys: Mapping[str, str]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 12, 20, 12)
        column.setSpacing(12)
        column.addStretch()
        column.addWidget(Glyph("card", 8), alignment=Qt.AlignmentFlag.AlignCenter)
        say = self._words.say
        for role, text, name in (
            ("headline", say("till.customer.invite"), "invite"),
            ("muted", say("till.customer.invite_hint", key=keys["customer"]), "invite_hint"),
        ):
            line = label(role, text, name)
            line.setWordWrap(True)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addStretch()
        return page

    def _who(self, column: QVBoxLayout) -> None:
        self._name = ElidedLabel("headline", "name")
        self._kind = label("chip", name="kind")
        self._tier = label("chip", name="tier")
        self._card = label("caption", name="card")
        chips = QHBoxLayout()
        chips.setSpacing(8)
        for part in (self._kind, self._tier):
            chips.addWidget(part)
        chips.addStretch()
        chips.addWidget(self._card)
        column.addWidget(self._name)
        column.addLayout(chips)

    def _balance(self, column: QVBoxLayout) -> None:
        say = self._words.say
        self._points = label("balance", name="balance")
        self._pending = label("caption", name="pending")
        row = QHBoxLayout()
        row.addWidget(label("strong", say("till.customer.balance")), 1)
        row.addWidget(self._points)
        column.addLayout(row)
        column.addWidget(self._pending)
        self._numbers = QWidget()
        grid = QGridLayout(self._numbers)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        self._figures: dict[str, QLabel] = {}
        for line, name in enumerate(_FIGURES):
            value = label("figure" if name == "after" else "large", name=name)
            grid.addWidget(label("", say(f"till.customer.{name}")), line, 0)
            grid.addWidget(value, line, 1, Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            self._figures[name] = value
        column.addWidget(self._numbers)

    def _board(self, column: QVBoxLayout) -> None:
        self._rewards = QWidget()
        inner = QVBoxLayout(self._rewards)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        rule = QFrame()
        rule.setProperty("role", "rule")
        inner.addWidget(rule)
        self._offers_title = label("strong", self._words.say("till.customer.have_now"), "have_now")
        inner.addWidget(self._offers_title)
        self._offers = [_OfferButton(place) for place in range(OFFERS_SHOWN)]
        for button in self._offers:
            button.wanted.connect(self.swap_wanted)
            inner.addWidget(button)
        self._nearest = label("muted", name="nearest")
        self._nearest.setWordWrap(True)
        inner.addWidget(self._nearest)
        column.addWidget(self._rewards)
        column.addStretch()


class _OfferButton(QPushButton):
    """One thing that can be had: its name and points."""

    wanted = Signal(str)

    def __init__(self, place: int) -> None:
        super().__init__()
        self.setObjectName(f"offer_{place}")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.clicked.connect(self._on_clicked)
        self._item = ""
        self._title = ElidedLabel("", f"offer_{place}_name")
        self._points = label("strong", name=f"offer_{place}_points")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        for part in (self._title, self._points):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(self._title, 1)
        row.addWidget(self._points)

    def show_offer(self, offer: Offer, words: Words) -> None:
        self._item = offer.item
        self._title.setText(offer.name)
        self._points.setText(points(words, offer.points))
        self.setAccessibleName(f"{offer.name}, {self._points.text()}")
        self.setVisible(True)

    def _on_clicked(self) -> None:
        self.wanted.emit(self._item)


def _points_of(offer: Offer) -> int:
    return offer.points
