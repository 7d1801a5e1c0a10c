"""The board as a poster to print: a PDF of vectors, with as many pages as the things need."""

from pathlib import Path
from typing import Literal, NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect
from PySide6.QtGui import QColor, QGuiApplication, QPageSize, QPainter, QPdfWriter

from pos_app import clock
from ui import theme
from ui.board.goods import Board, Thing, look
from ui.board.setting import NAME, Block, How, Setting, direction_of

Paper = Literal["A4", "A3"]
PAPERS: dict[Paper, QPageSize.PageSizeId] = {"A4": QPageSize.PageSizeId.A4, "A3": QPageSize.PageSizeId.A3}

_DPI = 600
_EMS_OF_WIDTH = (16, 18, 20, 22, 25, 28, 31, 34, 37)
"""How many ems wide the paper may be: the largest type in which one page holds everything."""

_EMS_OF_MANY = 30
"""The same for a poster of several pages."""

_EMS_OF_HEADING = 22

_MARGIN_SHARE = 14
"""The margin is one part in so many of the paper's width."""

_COST_EM = 7.5
_COST_LEAST_SHARE = 3
_PAD_EM = 0.45
_FOOT_EM = 1.6
_COST_SIZES_EM = (1.2, 1.0, 0.85, 0.7, 0.55, 0.45)
_SIZES_EM = (1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25, 0.15, 0.1)


def write(folder: Path, out: Path, *, language: str | None, paper: Paper) -> int:
    """Write the poster of a data folder to a file; tells its pages. Raises FileFault, StoreTrouble and OSError."""
    board = look(folder, language, on_paper=True)
    if QGuiApplication.instance() is None:  # fonts need one; a screen is not needed
        _qt = QGuiApplication(["pos-app", "-platform", "offscreen"])
    content, pages = pdf(board, paper, clock.now_ms())
    out.write_bytes(content)
    return pages


def pdf(board: Board, paper: Paper, now: int) -> tuple[bytes, int]:
    """The poster of a board as of `now`: the bytes of its PDF and how many pages it has."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(PAPERS[paper]))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(f"{board.words.say('board.title')} — {board.programme}")
    writer.setCreator("pos-app")
    painter = QPainter(writer)
    pages = _set(board, writer)
    for number, page in enumerate(pages):
        if number:
            writer.newPage()
        page.paint(painter, number, len(pages), now)
    painter.end()
    buffer.close()
    return bytes(content.data()), len(pages)


class _Row(NamedTuple):
    """One thing, set: what it costs, its name, what is to be said of it, and the height of it all."""

    cost: tuple[Block, ...]
    name: Block
    notes: Block | None
    height: float


def _set(board: Board, writer: QPdfWriter) -> list["_Page"]:
    """The pages in the largest type in which everything stands on one, else as many as it takes."""
    for ems in _EMS_OF_WIDTH:
        pages = _Sheet(board, writer, ems).pages()
        if len(pages) == 1:
            return pages
    return _Sheet(board, writer, _EMS_OF_MANY).pages()


class _Sheet:
    """How a page of the poster is divided, with type of one size."""

    def __init__(self, board: Board, writer: QPdfWriter, ems: int) -> None:
        self.board = board
        area = QRect(0, 0, writer.width(), writer.height())
        margin = area.width() // _MARGIN_SHARE
        self.setting = Setting(area.width() / ems, direction_of(board.words), area, writer)
        self.heading = Setting(area.width() / _EMS_OF_HEADING, direction_of(board.words), area, writer)
        inner = area.adjusted(margin, margin, -margin, -margin // 2)
        self.head = self._heading_blocks(inner.width())
        self.top = QRect(inner.left(), inner.top(), inner.width(), round(sum(block.height for block in self.head)))
        self.foot = inner.adjusted(0, inner.height() - self.heading.px(_FOOT_EM), 0, 0)
        self.body = inner.adjusted(0, self.top.height() + self.heading.px(0.7), 0, -self.foot.height())

    def pages(self) -> list["_Page"]:
        """Everything on as many pages as it takes."""
        pages = [_Page(self, [])]
        left = float(self.body.height())
        for thing in self.board.things:
            row = self._row(thing)
            if row.height > left and pages[-1].rows:
                pages.append(_Page(self, []))
                left = float(self.body.height())
            pages[-1].rows.append(row)
            left -= row.height
        return pages

    def cost_width(self) -> int:
        return min(self.setting.px(_COST_EM), self.body.width() // _COST_LEAST_SHARE)

    def _heading_blocks(self, width: int) -> list[Block]:
        set_ = self.heading.fitted
        room = QRect(0, 0, width, self.heading.px(4))
        blocks = [set_(self.board.words.say("board.title"), room, (1.7, 1.5, 1.3, 1.1, 0.9), How(bold=True), lines=2)]
        blocks.append(set_(self.board.programme, room, (1.0, 0.9, 0.8, 0.7, 0.6), NAME, lines=2))
        blocks += [set_(line, room, (0.6, 0.55, 0.5, 0.4), NAME, lines=2) for line in self.board.shop_lines]
        return blocks

    def _row(self, thing: Thing) -> _Row:
        """A thing's row; a name that would not fit a whole page is set smaller, never cut."""
        setting, cost = self.setting, self.cost_width()
        one, trail = QRect(0, 0, cost, self.body.height()), How(bold=True, align="trail")
        said = [setting.fitted(f"{thing.points} {thing.unit}", one, _COST_SIZES_EM, trail, lines=1)]
        if thing.money:
            said.append(setting.fitted(thing.money, one, (0.8, 0.7, 0.6, 0.5), trail, lines=1))
        width = self.body.width() - cost - setting.px(_PAD_EM)
        room = QRect(0, 0, width, self.body.height() // 2)
        notes = None
        if thing.notes:
            notes = setting.fitted(" · ".join(note.text for note in thing.notes), room, (0.64, 0.5, 0.3, 0.1))
        name = setting.fitted(thing.name, room, _SIZES_EM, NAME)
        words = name.height + (notes.height if notes else 0)
        return _Row(tuple(said), name, notes, max(words, sum(block.height for block in said)) + setting.px(_PAD_EM))


class _Page:
    """One page of the poster."""

    def __init__(self, sheet: _Sheet, rows: list[_Row]) -> None:
        self.rows = rows
        self._sheet = sheet

    def paint(self, painter: QPainter, number: int, pages: int, now: int) -> None:
        """Paint the page of this number, from 0 on."""
        self._paint_heading(painter)
        top = self._sheet.body.top()
        for row in self.rows:
            self._paint_row(
                painter, row, QRect(self._sheet.body.left(), top, self._sheet.body.width(), round(row.height))
            )
            top += round(row.height)
        if not self.rows:
            room = self._sheet.body
            empty = self._sheet.heading.block(
                self._sheet.board.words.say("board.empty"), room.width(), 1.2, How(align="centre")
            )
            self._sheet.heading.write(painter, empty, room, theme.MUTED)
        self._paint_foot(painter, number, pages, now)

    def _paint_heading(self, painter: QPainter) -> None:
        sheet = self._sheet
        area = QRect(sheet.top)
        for place, block in enumerate(sheet.head):
            area.setHeight(round(block.height))
            sheet.heading.write(painter, block, sheet.heading.mirrored(area), theme.INK if place else theme.ACCENT)
            area.moveTop(area.bottom() + 1)
        thick = max(1, sheet.heading.px(0.12))
        painter.fillRect(QRect(sheet.top.left(), area.top() + 2 * thick, area.width(), thick), QColor(theme.ACCENT))

    def _paint_row(self, painter: QPainter, row: _Row, area: QRect) -> None:
        setting = self._sheet.setting
        thin = max(1, setting.px(0.025))
        painter.fillRect(QRect(area.left(), area.bottom() - thin, area.width(), thin), QColor(theme.RULE))
        cost = QRect(area)
        cost.setLeft(area.right() - self._sheet.cost_width() + 1)
        words = QRect(area)
        words.setRight(cost.left() - setting.px(_PAD_EM))
        self._stack(painter, words, [(row.name, theme.INK), (row.notes, theme.MUTED)])
        self._stack(painter, cost, [(block, theme.ACCENT_DEEP) for block in row.cost])

    def _stack(self, painter: QPainter, area: QRect, blocks: list[tuple[Block | None, str]]) -> None:
        """Blocks one below the other, in the middle of an area's height."""
        shown = [(block, colour) for block, colour in blocks if block]
        top = area.top() + (area.height() - sum(block.height for block, _ in shown)) / 2
        for block, colour in shown:
            part = QRect(area.left(), round(top), area.width(), round(block.height))
            self._sheet.setting.write(painter, block, self._sheet.setting.mirrored(part), colour)
            top += block.height

    def _paint_foot(self, painter: QPainter, number: int, pages: int, now: int) -> None:
        sheet, words = self._sheet, self._sheet.board.words
        said = [words.say("board.printed", day=now)]
        if pages > 1:
            said.append(words.say("board.page", page=number + 1, pages=pages))
        area = QRect(sheet.foot)
        hint = QRect(area)
        hint.setWidth(area.width() * 7 // 10)
        area.setLeft(hint.right() + sheet.heading.px(0.5))
        if self.rows:
            block = sheet.heading.fitted(words.say("board.hint"), hint, (0.55, 0.5, 0.45, 0.4, 0.35), lines=2)
            sheet.heading.write(painter, block, sheet.heading.mirrored(hint), theme.MUTED)
        block = sheet.heading.fitted("\u2028".join(said), area, (0.5, 0.45, 0.4, 0.35), How(align="trail"), lines=2)
        sheet.heading.write(painter, block, sheet.heading.mirrored(area), theme.MUTED)
