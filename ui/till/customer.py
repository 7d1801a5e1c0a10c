"""The customer's side: who it is, the tier, the points now and after this sale, and what can be had for them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos_app.account import Progress
from pos_app.loyalty.basket import Offer
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui import theme
from ui.till import glyphs
from ui.till.customer_facts import ROWS_EM, Facts, Teller, way_words
from ui.till.painted import Painted, Style, colour
from ui.till.say import cost, joined

OFFERS_SHOWN = 4
_OFFER_EM = 3.1
_OFFER_STEP_EM = 3.5
_GAP_EM = 0.5
_NAME = Style(1.5, bold=True, data=True)
_CHIP = Style(0.875, bold=True, colour=theme.ACCENT_DEEP)
_SMALL_DATA = Style(0.875, colour=theme.MUTED, data=True)
_SMALL_TRAIL = Style(0.875, colour=theme.MUTED, align="trail")
_STRONG = Style(bold=True)
_STRONG_TRAIL = Style(bold=True, align="trail")
_PLAIN = Style()
_PLAIN_DATA = Style(data=True)
_PLAIN_WRAPPED = Style(0.875, wraps=True)
_BALANCE = Style(2.25, bold=True, colour=theme.ACCENT, align="trail")
_LARGE_TRAIL = Style(1.25, align="trail")
_AFTER = Style(1.5, bold=True, align="trail")
_MUTED = Style(colour=theme.MUTED, wraps=True)
_SENTENCE = Style(1.25, bold=True, colour=theme.ATTENTION, wraps=True)
_INVITATION = Style(1.5, bold=True, align="centre", wraps=True)
_HINT = Style(colour=theme.MUTED, align="centre", wraps=True)


class _Places(NamedTuple):
    """Where everything lies: the rows of the customer, all of them, and what can be had below."""

    rows: dict[str, QRect]
    facts: QRect
    rewards: QRect


class CustomerPanel(Painted):
    """Shows who is scanned. `swap_wanted(item)` is a touch on something that can be had, `use_wanted` one on what
    can be paid by points, and `member_wanted` one on the member."""

    swap_wanted = Signal(str)
    use_wanted = Signal()
    member_wanted = Signal()

    def __init__(
        self, words: Words, programme: Programme, keys: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("customer")
        self._words = words
        say = words.say
        self._captions = {
            name: say(f"till.customer.{name}") for name in ("balance", "pending", "earned", "spent", "after")
        }
        self._teller = Teller(words, programme, keys["points"])
        self._have_now = say("till.customer.have_now")
        self._invite = say("till.customer.invite")
        self._invite_hint = say("till.customer.invite_hint", key=keys["customer"])
        self._facts: Facts | None = None
        self._rows: tuple[str, ...] = ()
        self._placed = _Places({}, QRect(), QRect())
        self._placed_for: tuple[object, ...] = ()
        self._offers: list[Offer] = []
        self._nearest = ""
        self._way: tuple[str, int] = ("", 0)
        self._card = 0
        self._currency = ""
        self._pressed = ""
        self._kept = ""

    @property
    def kept(self) -> str:
        """The word about the points of the open sale."""
        return self._kept

    @property
    def facts(self) -> Facts | None:
        """What is shown of the customer, None while nobody is scanned."""
        return self._facts

    @property
    def offers(self) -> Sequence[Offer]:
        """What can be touched now, as far as there is room."""
        if not self._offers or self._facts is None or self._facts.sentence:
            return ()
        return self._offers[: max(0, (self.places.rewards.height() - self.px(2.2)) // self.px(_OFFER_STEP_EM))]

    @property
    def nearest(self) -> str:
        """What a few more points would do, where nothing can be had yet."""
        return self._nearest

    @property
    def way(self) -> str:
        """How far it is to the next tier, and until when this one is held."""
        return self._way[0]

    def show_quote(self, quote: Quote, scanned: Customer | None, *, at_once: bool = False) -> None:
        """Show the scanned card and what the reckoned basket does to its points; `at_once` is before the return."""
        facts = None if scanned is None else self._teller.tell(quote, scanned)
        if facts == self._facts:
            return
        old, self._facts = self._facts, facts
        rows = facts.rows if facts else self._rows
        is_same = rows == self._rows
        self._rows = rows
        area = self.places.facts
        if old is None or facts is None or old.sentence != facts.sentence or not is_same:
            self._offers, self._nearest = [], ""
            area = self.inner()
        card = 0 if scanned is None else scanned.card
        if card != self._card:
            self._card, self._way = card, ("", 0)
        paint = self.repaint if at_once else self.update
        paint(self.mirrored(area))
        self.setAccessibleName(self._invite if facts is None else f"{facts.name}: {facts.balance}. {facts.sentence}")

    def show_kept(self, word: str) -> None:
        """Show by which authority the points of the open sale are spent, in a word."""
        if word != self._kept:
            self._kept = word
            self.update(self.mirrored(self.places.facts))

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far the customer is from the next tier."""
        way = ("", 0) if progress is None else (way_words(progress, self._words), progress.permille)
        if way != self._way:
            self._way = way
            self.update(self.mirrored(self.places.facts))

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
            self.update(self.mirrored(self.places.rewards))

    def offer_area(self, place: int) -> QRect:
        """Where an offer is to be touched."""
        rewards = self.places.rewards
        top = rewards.top() + self.px(2.2 + place * _OFFER_STEP_EM)
        return self.mirrored(QRect(rewards.left(), top, rewards.width(), self.px(_OFFER_EM)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(self._touched(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, at = self._pressed, self._touched(event)
        self._press("")
        if not pressed or pressed != at:
            return
        if pressed == "use":
            self.use_wanted.emit()
        elif pressed == "member":
            self.member_wanted.emit()
        else:
            self.swap_wanted.emit(pressed.removeprefix(_OFFER))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = event.rect()
        self.prime(painter, area, theme.SURFACE, theme.RULE)
        if self._facts is None:
            self._paint_invitation(painter)
        else:
            places = self.places
            if area.intersects(self.mirrored(places.facts)):
                self._paint_facts(painter, self._facts)
            if area.intersects(self.mirrored(places.rewards)):
                self._paint_rewards(painter, self._facts)
        painter.end()

    @property
    def places(self) -> _Places:
        """Where everything lies for a language that reads from the left; made once for what there is to be told."""
        made_for = (self._rows, self.size(), self.px(1000))
        if made_for != self._placed_for:
            self._placed_for, self._placed = made_for, self._place()
        return self._placed

    def _place(self) -> _Places:
        inner, top_em = self.inner(), 0.0
        left, top, width = inner.left(), inner.top(), inner.width()
        rows: dict[str, QRect] = {}
        for name in self._rows:
            rows[name] = QRect(left, top + self.px(top_em), width, self.px(ROWS_EM[name] - _GAP_EM / 4))
            top_em += ROWS_EM[name]
        height = self.px(top_em + _GAP_EM)
        return _Places(rows, QRect(left, top, width, height), inner.adjusted(0, height, 0, 0))

    def _paint_facts(self, painter: QPainter, facts: Facts) -> None:
        rows = self.places.rows
        self.write(painter, rows["name"], facts.name, _NAME)
        self._paint_chips(painter, facts, rows["chips"])
        self.write(painter, rows["chips"], facts.card, _SMALL_TRAIL)
        for name, text, captioned, style in (
            ("balance", facts.balance, _STRONG, _BALANCE),
            ("pending", facts.pending, _PLAIN, _LARGE_TRAIL),
            ("earned", facts.earned, _PLAIN, _LARGE_TRAIL),
            ("spent", facts.spent, _PLAIN, _LARGE_TRAIL),
            ("after", facts.after, _PLAIN, _AFTER),
        ):
            if name in rows:
                caption = self._captions[name]
                if name == "spent" and self._kept:
                    caption = joined(self._words, caption, self._kept)
                self.write(painter, rows[name], caption, captioned)
                self.write(painter, rows[name], text, style)
        if "tier" in rows:
            self._paint_way(painter, facts, rows["tier"])
        if "use" in rows:
            self._paint_use(painter, facts, self._use_area(rows["use"]))

    def _paint_chips(self, painter: QPainter, facts: Facts, row: QRect) -> None:
        left = row.left()
        height = self.px(1.4)
        for glyph, text in (*(("", chip) for chip in facts.chips), (facts.badge[0], facts.tier)):
            if not text:
                continue
            badge = _CHIP._replace(colour=facts.badge[1])
            before = self.width_of(glyph, badge) + self.px(0.4) if glyph else 0
            width = before + self.width_of(text, _CHIP) + self.px(1.2)
            chip = QRect(left, row.top(), width, height)
            painter.fillRect(self.mirrored(chip), colour(theme.ACCENT_TINT))
            inside = chip.adjusted(self.px(0.6), 0, 0, 0)
            if glyph:
                self.write(painter, inside, glyph, badge)
            self.write(painter, inside.adjusted(before, 0, 0, 0), text, _CHIP)
            left += width + self.px(0.5)

    def _paint_way(self, painter: QPainter, facts: Facts, row: QRect) -> None:
        """The way to the next tier, as a sentence and as a bar."""
        text, permille = self._way
        bar = QRect(row.left(), row.bottom() - self.px(0.3), row.width(), self.px(0.3))
        done = QRect(bar.left(), bar.top(), bar.width() * permille // 1000, bar.height())
        painter.fillRect(bar, colour(theme.RULE))
        painter.fillRect(self.mirrored(done), colour(facts.badge[1]))
        self.write(painter, row.adjusted(0, 0, 0, -self.px(0.4)), text, _SMALL_DATA)

    def _use_area(self, row: QRect) -> QRect:
        return QRect(row.left(), row.top() + self.px(_GAP_EM / 2), row.width(), self.px(_OFFER_EM))

    def _paint_use(self, painter: QPainter, facts: Facts, area: QRect) -> None:
        caption, figure = facts.use
        inset = self.px(0.75)
        if not figure:
            return self.write(painter, area, caption, _MUTED)
        active = self._pressed == "use" or facts.is_used
        self.frame(painter, self.mirrored(area), theme.ACCENT_TINT if active else theme.SURFACE, theme.ACCENT)
        inside = area.adjusted(inset, 0, -inset, 0)
        width = self.width_of(figure, _STRONG_TRAIL) + self.px(0.5)
        self.write(painter, inside, figure, _STRONG_TRAIL)
        self.write(painter, inside.adjusted(0, 0, -width, 0), caption, _PLAIN_WRAPPED)

    def _paint_rewards(self, painter: QPainter, facts: Facts) -> None:
        area = self.places.rewards
        if facts.sentence:
            box = QRect(area.left(), area.top() + self.px(0.5), area.width(), self.px(8.5))
            self.frame(painter, self.mirrored(box), theme.ATTENTION_TINT, theme.ATTENTION)
            inset = self.px(0.75)
            self.write(painter, box.adjusted(inset, 0, -inset, 0), facts.sentence, _SENTENCE)
            return
        offers = self.offers
        if offers or self._nearest:
            painter.fillRect(area.left(), area.top() + self.px(0.2), area.width(), 1, colour(theme.RULE))
        head = QRect(area.left(), area.top() + self.px(0.4), area.width(), self.px(1.7))
        if self._nearest:
            self.write(painter, head.adjusted(0, 0, 0, self.px(1.7)), self._nearest, _MUTED)
        elif offers:
            self.write(painter, head, self._have_now, _STRONG)
        for place, offer in enumerate(offers):
            self._paint_offer(painter, place, offer)

    def _paint_offer(self, painter: QPainter, place: int, offer: Offer) -> None:
        area = self.offer_area(place)
        pressed = self._pressed == f"{_OFFER}{offer.item}"
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

    def _touched(self, event: QMouseEvent) -> str:
        """What lies under a finger: `use`, `member`, an offer, or nothing."""
        at, facts = event.position().toPoint(), self._facts
        if facts is None or event.button() != Qt.MouseButton.LeftButton:
            return ""
        rows = self.places.rows
        if "use" in rows and facts.use[1] and self.mirrored(self._use_area(rows["use"])).contains(at):
            return "use"
        if any(self.mirrored(rows[name]).contains(at) for name in ("name", "chips", "tier", "balance") if name in rows):
            return "member"
        touched = (offer for place, offer in enumerate(self.offers) if self.offer_area(place).contains(at))
        return next((f"{_OFFER}{offer.item}" for offer in touched), "")

    def _press(self, thing: str) -> None:
        if thing != self._pressed:
            self._pressed = thing
            self.update(self.inner())


_OFFER = "offer "


def _points_of(offer: Offer) -> int:
    return offer.points
