"""The board as pages of a screen: how many things stand on one, and how each page is painted.

Everything is measured in ems of the screen: 1 em is about a twentieth of a wide screen's height, which can be read
from three metres on an ordinary display.
"""

from math import ceil, sqrt
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter

from ui import theme
from ui.board.goods import Board, Thing
from ui.board.setting import NAME, Block, How, Setting, direction_of

_EMS_OF_SCREEN = 27
"""The square root of the screen's area in ems: 20 ems high where it is wide, more where it stands upright."""

_EM_LEAST_PX = 12
_HEAD_EM, _FOOT_EM, _MARGIN_EM, _GAP_EM = 3.3, 1.7, 0.7, 0.45
_CARD_WIDTH_EM, _CARD_HEIGHT_EM = 16.0, 4.0
_COST_EM = 5.0
_GROWN_MOST = 1.4

_NAME_SIZES_EM = (1.0, 0.94, 0.88, 0.82, 0.76, 0.68, 0.6, 0.54, 0.48)
_NAMES_EVEN_FROM_EM = 0.82
"""Names have one size on all pages; one that needs less than this has a size of its own."""

_POINTS_SIZES_EM = (1.75, 1.5, 1.25, 1.0, 0.75)
_UNIT_SIZES_EM = (0.62, 0.54, 0.46)
_MONEY_SIZES_EM = (0.72, 0.62, 0.54, 0.46, 0.38)
_DIGITS_SHARE = 0.78
"""Digits reach neither above nor below their line, which may take so much of its height."""

_NOTE_SIZES_EM = (0.62, 0.56, 0.5)
_ASIDE_FROM_EM = 26
"""From this width on the title stands beside the programme's name."""

_DOTS_MOST = 24
_SOFT_LIGHT = "#d5e8dc"
_DOT = "#b4c2b9"
_BETWEEN = " · "
_TONES = {"attention": theme.ATTENTION, "good": theme.ACCENT, "calm": theme.MUTED}


class _Grid(NamedTuple):
    """How the things are spread: the same number of cards on each page, none larger than it need be."""

    columns: int
    rows: int
    pages: int

    @property
    def a_page(self) -> int:
        return self.columns * self.rows


def _grid(body: QSize, em: int, things: int) -> _Grid:
    rows = max(1, int(body.height() / em / _CARD_HEIGHT_EM))
    columns = max(1, int(body.width() / em / _CARD_WIDTH_EM))
    columns = min(columns, max(1, ceil(things / rows)))
    pages = max(1, ceil(things / (rows * columns)))
    needed = max(1, ceil(ceil(things / pages) / columns))
    return _Grid(columns, needed, max(1, ceil(things / (needed * columns))))


class Pages:
    """A board set for a screen of a size."""

    def __init__(self, board: Board, size: QSize) -> None:
        self.board = board
        self._area = QRect(0, 0, size.width(), size.height())
        em = max(_EM_LEAST_PX, round(sqrt(size.width() * size.height()) / _EMS_OF_SCREEN))
        self._setting = Setting(em, direction_of(board.words), self._area)
        self._words = board.words
        px, width = self._setting.px, size.width()
        self._head = QRect(0, 0, width, px(_HEAD_EM))
        self._foot = QRect(0, size.height() - px(_FOOT_EM), width, px(_FOOT_EM))
        margin = px(_MARGIN_EM)
        self._body = QRect(margin, self._head.height() + margin, width - 2 * margin, 0)
        self._body.setBottom(self._foot.top() - 1)
        self._grid = _grid(self._body.size(), em, len(board.things))
        self._cards = self._setting.grown(self._growth())
        self._name_em = self._even_name_size()

    @property
    def count(self) -> int:
        return self._grid.pages

    def things(self, number: int) -> tuple[Thing, ...]:
        """What stands on the page of this number, from 0 on."""
        return self.board.things[number * self._grid.a_page : (number + 1) * self._grid.a_page]

    def cards(self, number: int) -> list[QRect]:
        """Where the things of this page stand on the screen."""
        return [self._setting.mirrored(self._card(place)) for place in range(len(self.things(number)))]

    def paint(self, painter: QPainter, number: int, remark: str = "") -> None:
        """Paint the page of this number, from 0 on, with a remark at its foot."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self._area, QColor(theme.GROUND))
        self._paint_head(painter)
        self._paint_foot(painter, number, remark)
        for place, thing in enumerate(self.things(number)):
            self._paint_card(painter, self._card(place), thing)
        if not self.board.things:
            setting = self._setting
            room = self._body.adjusted(setting.px(3), 0, -setting.px(3), 0)
            empty = setting.fitted(self._words.say("board.empty"), room, (1.3, 1.15, 1.0, 0.8), How(align="centre"))
            setting.write(painter, empty, room, theme.MUTED)

    # -- where things stand

    def _growth(self) -> float:
        """How much larger than usual the type of the cards can be, since there are few of them."""
        card = self._card(0)
        wide = card.width() / self._setting.px(_CARD_WIDTH_EM)
        high = card.height() / self._setting.px(_CARD_HEIGHT_EM)
        return min(max(1.0, min(wide, high)), _GROWN_MOST)

    def _card(self, place: int) -> QRect:
        """Where a page's card lies in a language read from the left."""
        row, column = divmod(place, self._grid.columns)
        gap = self._setting.px(_GAP_EM)
        width = (self._body.width() + gap) // self._grid.columns
        height = (self._body.height() + gap) // self._grid.rows
        return QRect(self._body.left() + column * width, self._body.top() + row * height, width - gap, height - gap)

    def _parts(self, card: QRect) -> tuple[QRect, QRect]:
        """The room of a card's words and that of its points."""
        pad, cost = self._cards.px(0.45), self._cards.px(_COST_EM)
        words = card.adjusted(pad, self._cards.px(0.1), -cost - pad, -self._cards.px(0.1))
        return words, QRect(card.right() - cost + 1, card.top(), cost, card.height())

    def _even_name_size(self) -> float:
        """The size in which all names fit but those that are much too long."""
        room = self._parts(self._card(0))[0]
        fitting = [self._name_size(thing, room) for thing in self.board.things]
        return min((size for size in fitting if size >= _NAMES_EVEN_FROM_EM), default=_NAME_SIZES_EM[0])

    def _name_size(self, thing: Thing, room: QRect) -> float:
        """The largest size in which a name fits, 0 for none."""
        notes = self._notes(thing, room)
        height = room.height() - (notes.height if notes else 0)
        sizes = (
            size for size in _NAME_SIZES_EM if self._cards.block(thing.name, room.width(), size, NAME).height <= height
        )
        return next(sizes, 0.0)

    # -- the parts of a page

    def _paint_head(self, painter: QPainter) -> None:
        setting = self._setting
        painter.fillRect(self._head, QColor(theme.ACCENT_DEEP))
        inner = self._head.adjusted(setting.px(_MARGIN_EM), 0, -setting.px(_MARGIN_EM), 0)
        title, under = self._words.say("board.title"), list(self.board.shop_lines)
        named = QRect(inner)
        if inner.width() < setting.px(_ASIDE_FROM_EM):
            under.insert(0, title)
        else:
            aside = QRect(inner)
            aside.setLeft(inner.left() + inner.width() * 62 // 100)
            named.setRight(aside.left() - setting.px(0.5))
            self._write(painter, title, aside, (1.0, 0.85, 0.7), _SOFT_LIGHT, How(align="trail"))
        if under:
            lower = named.adjusted(0, named.height() * 58 // 100, 0, -setting.px(0.35))
            named = named.adjusted(0, setting.px(0.15), 0, lower.top() - named.bottom())
            self._write(painter, _BETWEEN.join(under), lower, (0.62, 0.54, 0.46), _SOFT_LIGHT, NAME)
        self._write(painter, self.board.programme, named, (1.35, 1.15, 0.95, 0.75), "#ffffff", NAME._replace(bold=True))

    def _write(
        self, painter: QPainter, text: str, room: QRect, sizes_em: tuple[float, ...], colour: str, how: How
    ) -> None:
        """One line of the page's own words."""
        block = self._setting.fitted(text, room, sizes_em, how, lines=1)
        self._setting.write(painter, block, self._setting.mirrored(room), colour)

    def _paint_foot(self, painter: QPainter, number: int, remark: str) -> None:
        margin = self._setting.px(_MARGIN_EM)
        inner = self._foot.adjusted(margin, 0, -margin, 0)
        turned = QRect(inner)
        if 1 < self.count <= _DOTS_MOST:
            turned.setLeft(self._paint_dots(painter, number, inner))
        elif self.count > _DOTS_MOST:
            turned.setLeft(inner.right() - self._setting.px(5))
            text = self._words.say("board.page", page=number + 1, pages=self.count)
            self._write(painter, text, turned, (0.62, 0.5), theme.MUTED, How(align="trail"))
        else:
            turned.setLeft(inner.right())
        inner.setRight(turned.left() - margin)
        hint = self._words.say("board.hint") if self.board.things else ""
        said = _BETWEEN.join(filter(None, (hint, remark)))
        block = self._setting.fitted(said, inner, (0.66, 0.58, 0.5, 0.42), lines=2)
        self._setting.write(painter, block, self._setting.mirrored(inner), theme.MUTED)

    def _paint_dots(self, painter: QPainter, number: int, room: QRect) -> int:
        """One dot a page at the trailing end, a longer one for this page; tells where the first begins."""
        size, gap, long = (self._setting.px(em) for em in (0.34, 0.26, 0.9))
        start = room.right() - (self.count - 1) * (size + gap) - long
        at = start
        painter.setPen(Qt.PenStyle.NoPen)
        for page in range(self.count):
            width = long if page == number else size
            dot = self._setting.mirrored(QRect(at, room.center().y() - size // 2, width, size))
            painter.setBrush(QColor(theme.ACCENT if page == number else _DOT))
            painter.drawRoundedRect(dot, size / 2, size / 2)
            at += width + gap
        return start

    def _paint_card(self, painter: QPainter, card: QRect, thing: Thing) -> None:
        setting = self._cards
        place = setting.mirrored(card)
        setting.frame(painter, place, theme.GROUND if thing.is_gone else theme.SURFACE, theme.RULE)
        words, cost = self._parts(card)
        self._paint_cost(painter, cost, thing)
        notes = self._notes(thing, words)
        upper = QRect(words)
        if notes:
            upper.setHeight(words.height() - round(notes.height))
        sizes = [size for size in _NAME_SIZES_EM if size <= self._name_em]
        name = setting.fitted(thing.name, upper, sizes, NAME)
        spare = max(0, round(upper.height() - name.height)) // 2
        upper = QRect(words.left(), words.top() + spare, words.width(), round(name.height))
        setting.write(painter, name, setting.mirrored(upper), theme.MUTED if thing.is_gone else theme.INK)
        if notes:
            lower = QRect(words.left(), upper.bottom() + 1, words.width(), round(notes.height))
            setting.write(painter, notes, setting.mirrored(lower), theme.MUTED)

    def _notes(self, thing: Thing, words: QRect) -> Block | None:
        """The remarks below a name, each in the colour of its tone."""
        if not thing.notes:
            return None
        room = QRect(0, 0, words.width(), words.height() * 45 // 100)
        runs, start = [], 0
        for note in thing.notes:
            runs.append((start, len(note.text), _TONES[note.tone]))
            start += len(note.text) + len(_BETWEEN)
        text = _BETWEEN.join(note.text.replace(" ", "\N{NO-BREAK SPACE}") for note in thing.notes)
        return self._cards.fitted(text, room, _NOTE_SIZES_EM, How(bold=thing.is_gone), runs=runs)

    def _paint_cost(self, painter: QPainter, area: QRect, thing: Thing) -> None:
        """The points, large, with their unit below and the money on top below that."""
        inset = self._cards.px(0.2)
        box = area.adjusted(0, inset, -inset, -inset)
        mirrored = self._setting.mirrored
        self._cards.frame(painter, mirrored(box), theme.RULE if thing.is_gone else theme.ACCENT_TINT)
        room = box.adjusted(inset, 0, -inset, 0)
        blocks = self._cost_blocks(thing, room, 1.0)
        high = sum(height for _, height in blocks)
        if high > room.height():
            blocks = self._cost_blocks(thing, room, room.height() / high)
            high = sum(height for _, height in blocks)
        top = room.top() + (room.height() - high) / 2
        for block, height in blocks:
            part = QRect(room.left(), round(top), room.width(), round(height))
            self._cards.write(painter, block, mirrored(part), theme.MUTED if thing.is_gone else theme.ACCENT_DEEP)
            top += height

    def _cost_blocks(self, thing: Thing, room: QRect, factor: float) -> list[tuple[Block, float]]:
        """The lines of a cost, each with the height that it takes."""
        setting = self._cards.grown(factor)
        texts = [(thing.points, _POINTS_SIZES_EM, True, _DIGITS_SHARE), (thing.unit, _UNIT_SIZES_EM, False, 1.0)]
        if thing.money:
            texts.append((thing.money, _MONEY_SIZES_EM, True, 1.0))
        blocks = []
        for text, sizes, bold, share in texts:
            block = setting.fitted(text, room, sizes, How(bold, "centre"), lines=1)
            blocks.append((block, block.height * share))
        return blocks
