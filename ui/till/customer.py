"""The customer's side: who it is, the points now and after this sale, and what can be had for them at once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos_app.loyalty.basket import Offer
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui import theme
from ui.till import glyphs
from ui.till.painted import Painted, Style, colour
from ui.till.say import cost

OFFERS_SHOWN = 4
_FACTS_EM = 13.4
_OFFER_EM = 3.1
_OFFER_STEP_EM = 3.5

_NAME = Style(1.5, bold=True, data=True)
_CHIP = Style(0.875, bold=True, colour=theme.ACCENT_DEEP)
_SMALL = Style(0.875, colour=theme.MUTED)
_SMALL_TRAIL = Style(0.875, colour=theme.MUTED, align="trail")
_STRONG = Style(bold=True)
_STRONG_TRAIL = Style(bold=True, align="trail")
_PLAIN = Style()
_PLAIN_DATA = Style(data=True)
_BALANCE = Style(2.25, bold=True, colour=theme.ACCENT, align="trail")
_LARGE_TRAIL = Style(1.25, align="trail")
_AFTER = Style(1.5, bold=True, align="trail")
_MUTED = Style(colour=theme.MUTED, wraps=True)
_SENTENCE = Style(1.25, bold=True, colour=theme.ATTENTION, wraps=True)
_INVITATION = Style(1.5, bold=True, align="centre", wraps=True)
_HINT = Style(colour=theme.MUTED, align="centre", wraps=True)


class Facts(NamedTuple):
    """What is to be read of a scanned card. `sentence` says why it takes no part, the sums are empty then."""

    name: str
    chips: tuple[str, ...]
    card: str
    balance: str
    pending: str
    earned: str
    spent: str
    after: str
    sentence: str


class CustomerPanel(Painted):
    """Shows who is scanned. `swap_wanted(item)` is a touch on something that can be had."""

    swap_wanted = Signal(str)

    def __init__(
        self, words: Words, programme: Programme, keys: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("customer")
        self._words = words
        self._programme = programme
        say = words.say
        self._captions = {name: say(f"till.customer.{name}") for name in ("balance", "earned", "spent", "after")}
        self._have_now = say("till.customer.have_now")
        self._invite = say("till.customer.invite")
        self._invite_hint = say("till.customer.invite_hint", key=keys["customer"])
        self._facts: Facts | None = None
        self._offers: list[Offer] = []
        self._nearest = ""
        self._currency = ""
        self._pressed = -1

    @property
    def facts(self) -> Facts | None:
        """What is shown of the customer, None while nobody is scanned."""
        return self._facts

    @property
    def offers(self) -> Sequence[Offer]:
        """What can be touched now."""
        return self._offers if self._facts is not None and not self._facts.sentence else ()

    @property
    def nearest(self) -> str:
        """What a few more points would do, where nothing can be had yet."""
        return self._nearest

    def show_quote(self, quote: Quote, scanned: Customer | None, *, at_once: bool = False) -> None:
        """Show the scanned card and what the reckoned basket does to its points; `at_once` is before the return."""
        facts = None if scanned is None else self._tell(quote, scanned)
        if facts == self._facts:
            return
        old, self._facts = self._facts, facts
        area = self._facts_area()
        if old is None or facts is None or old.sentence != facts.sentence:
            self._offers, self._nearest = [], ""
            area = self.inner()
        paint = self.repaint if at_once else self.update
        paint(self.mirrored(area))
        self.setAccessibleName(self._invite if facts is None else f"{facts.name}: {facts.balance}. {facts.sentence}")

    def show_offers(self, board: Sequence[tuple[Offer, bool]], left: int, currency: str) -> None:
        """Show what can be had at once of a board, the dearest first, or what `left` points come nearest to."""
        self._currency = currency
        can = sorted((offer for offer, free in board if free), key=_points_of, reverse=True)[:OFFERS_SHOWN]
        nearest = ""
        beyond = min((offer for offer, _ in board if offer.points > left), key=_points_of, default=None)
        if not can and beyond is not None:
            missing = beyond.points - left
            nearest = self._words.say("till.customer.nearest", points=missing, item=beyond.name)
        if (can, nearest) != (self._offers, self._nearest):
            self._offers, self._nearest = can, nearest
            self.update(self.mirrored(self._rewards_area()))

    def offer_area(self, place: int) -> QRect:
        """Where an offer is to be touched."""
        rewards = self._rewards_area()
        top = rewards.top() + self.px(2.2 + place * _OFFER_STEP_EM)
        return self.mirrored(QRect(rewards.left(), top, rewards.width(), self.px(_OFFER_EM)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(self._offer_at(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, at = self._pressed, self._offer_at(event)
        self._press(-1)
        if pressed >= 0 and pressed == at:
            self.swap_wanted.emit(self.offers[at].item)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = event.rect()
        self.prime(painter, area, theme.SURFACE, theme.RULE)
        if self._facts is None:
            self._paint_invitation(painter)
        else:
            facts_area = self._facts_area()
            if area.intersects(self.mirrored(facts_area)):
                self._paint_facts(painter, self._facts, facts_area)
            if area.intersects(self.mirrored(self._rewards_area())):
                self._paint_rewards(painter, self._facts)
        painter.end()

    def _tell(self, quote: Quote, scanned: Customer) -> Facts:
        words = self._words
        kind = words.pick(self._programme.kind_names(scanned.kind)) if scanned.kind else ""
        refusal, after = quote.card_refusal, quote.balance_after
        return Facts(
            scanned.name or words.say("till.customer.nameless"),
            tuple(filter(None, (kind, scanned.tier))),
            words.say("till.customer.card", last4=f"{scanned.card % 10000:04d}"),
            words.number(scanned.balance),
            words.say("till.customer.pending", points=scanned.pending) if scanned.pending else "",
            words.signed(quote.earned) if refusal is None else "",
            words.signed(-quote.spent) if refusal is None else "",
            "" if after is None else words.number(after),
            "" if refusal is None else words.refusal(refusal),
        )

    def _facts_area(self) -> QRect:
        inner = self.inner()
        return QRect(inner.left(), inner.top(), inner.width(), self.px(_FACTS_EM))

    def _rewards_area(self) -> QRect:
        return self.inner().adjusted(0, self.px(_FACTS_EM), 0, 0)

    def _paint_facts(self, painter: QPainter, facts: Facts, area: QRect) -> None:
        left, top, width = area.left(), area.top(), area.width()

        def line(top_em: float, height_em: float) -> QRect:
            return QRect(left, top + self.px(top_em), width, self.px(height_em))

        self.write(painter, line(0, 2.2), facts.name, _NAME)
        self._paint_chips(painter, facts.chips, line(2.3, 1.4))
        self.write(painter, line(2.3, 1.4), facts.card, _SMALL_TRAIL)
        balance = line(3.9, 3.0)
        self.write(painter, balance, facts.balance, _BALANCE)
        if facts.pending:
            self.write(painter, balance.adjusted(0, self.px(1.7), 0, 0), facts.pending, _SMALL)
            balance.setHeight(self.px(1.9))
        self.write(painter, balance, self._captions["balance"], _STRONG)
        if facts.sentence:
            return
        for name, text, top_em, style in (
            ("earned", facts.earned, 7.1, _LARGE_TRAIL),
            ("spent", facts.spent, 9.0, _LARGE_TRAIL),
            ("after", facts.after, 11.0, _AFTER),
        ):
            row = line(top_em, 1.9)
            self.write(painter, row, self._captions[name], _PLAIN)
            self.write(painter, row, text, style)

    def _paint_chips(self, painter: QPainter, chips: Sequence[str], row: QRect) -> None:
        left = row.left()
        for text in chips:
            width = self.width_of(text, _CHIP) + self.px(1.2)
            chip = QRect(left, row.top(), width, row.height())
            painter.fillRect(self.mirrored(chip), colour(theme.ACCENT_TINT))
            self.write(painter, chip.adjusted(self.px(0.6), 0, 0, 0), text, _CHIP)
            left += width + self.px(0.5)

    def _paint_rewards(self, painter: QPainter, facts: Facts) -> None:
        area = self._rewards_area()
        if facts.sentence:
            box = QRect(area.left(), area.top() - self.px(5.6), area.width(), self.px(8.5))
            self.frame(painter, self.mirrored(box), theme.ATTENTION_TINT, theme.ATTENTION)
            inset = self.px(0.75)
            self.write(painter, box.adjusted(inset, 0, -inset, 0), facts.sentence, _SENTENCE)
            return
        painter.fillRect(area.left(), area.top() + self.px(0.2), area.width(), 1, colour(theme.RULE))
        head = QRect(area.left(), area.top() + self.px(0.4), area.width(), self.px(1.7))
        if self._nearest:
            self.write(painter, head.adjusted(0, 0, 0, self.px(1.7)), self._nearest, _MUTED)
        elif self._offers:
            self.write(painter, head, self._have_now, _STRONG)
        for place, offer in enumerate(self._offers):
            self._paint_offer(painter, place, offer)

    def _paint_offer(self, painter: QPainter, place: int, offer: Offer) -> None:
        area = self.offer_area(place)
        pressed = place == self._pressed
        self.frame(
            painter,
            area,
            theme.ACCENT_TINT if pressed else theme.SURFACE,
            theme.ACCENT if pressed else theme.RULE,
        )
        inset = self.px(0.75)
        inside = self.mirrored(area).adjusted(inset, 0, -inset, 0)
        text = cost(self._words, offer, self._currency)
        width = self.width_of(text, _STRONG_TRAIL) + self.px(0.5)
        self.write(painter, inside, text, _STRONG_TRAIL)
        self.write(painter, inside.adjusted(0, 0, -width, 0), offer.name, _PLAIN_DATA)

    def _paint_invitation(self, painter: QPainter) -> None:
        inner = self.inner()
        side = self.px(8)
        middle = inner.center().y()
        picture = QRect(inner.center().x() - side // 2, middle - self.px(7.5), side, side)
        glyphs.draw("card", painter, picture)
        words = QRect(inner.left(), middle + self.px(0.5), inner.width(), self.px(4.2))
        self.write(painter, words, self._invite, _INVITATION)
        self.write(painter, words.translated(0, self.px(4.4)), self._invite_hint, _HINT)

    def _offer_at(self, event: QMouseEvent) -> int:
        at = event.position().toPoint()
        touched = (place for place in range(len(self.offers)) if self.offer_area(place).contains(at))
        return next(touched, -1) if event.button() == Qt.MouseButton.LeftButton else -1

    def _press(self, place: int) -> None:
        if place != self._pressed:
            self._pressed = place
            self.update(self.mirrored(self._rewards_area()))


def _points_of(offer: Offer) -> int:
    return offer.points
