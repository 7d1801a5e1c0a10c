"""A roll of receipt paper on the screen."""

from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from hardware.columns import BAND
from hardware.virtual_paper import Row
from pos_app.loyalty.words import Words
from ui import theme
from ui.demo import symbols

_FAMILIES = ("DejaVu Sans Mono", "Noto Sans Mono", "monospace")
_PAPER = QColor("#fffdf7")
_EDGE = QColor("#c3ccc6")
_MARGIN_EM = 1.5
_BARS_EM = 4.5
_CUT_EM = 4.0
_NOTE_EM = 2.5
_TOOTH_EM = 0.4
_COLUMN_DOTS = 12


class PaperView(QAbstractScrollArea):
    """Rows of paper as a person sees them. It paints only those that can be seen, so the roll may be long.

    New rows come out at the bottom and are followed, unless somebody has scrolled back to read. A row is so many
    `columns` of letters `letter_px` high.
    """

    def __init__(self, columns: int, letter_px: int, words: Words, parent: QWidget) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # a printer sets from the left, whoever reads it
        self._words = words
        self.rows: list[Row] = []
        self._ends: list[float] = []
        self._em = letter_px
        self._plain = _mono(self._em)
        metrics = QFontMetricsF(self._plain)
        self._ascent = metrics.ascent()
        self._line = round(metrics.lineSpacing())
        self._inner = round(metrics.horizontalAdvance("0" * columns))
        self._dot = self._inner / (columns * _COLUMN_DOTS)
        self._margin = round(self._em * _MARGIN_EM)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(self._inner + 4 * self._margin, self._line * 8)
        self.verticalScrollBar().setSingleStep(self._line * 3)

    def speak(self, words: Words) -> None:
        """Show the notes in the language of `words`."""
        self._words = words
        self.viewport().update()

    @Slot(object)
    def append(self, rows: Sequence[Row]) -> None:
        """More paper comes out."""
        bar = self.verticalScrollBar()
        follows = bar.value() == bar.maximum()
        for row in rows:
            self.rows.append(row)
            self._ends.append((self._ends[-1] if self._ends else 0.0) + self._height(row))
        self._fit()
        if follows:
            bar.setValue(bar.maximum())
        self.viewport().update()

    @Slot()
    def clear(self) -> None:
        """Throw the paper away."""
        self.rows.clear()
        self._ends.clear()
        self._fit()
        self.viewport().update()

    def seen(self) -> range:
        """The numbers of the rows that can be seen now."""
        above = self.verticalScrollBar().value() - self._margin
        first = bisect_right(self._ends, above)
        last = bisect_right(self._ends, above + self.viewport().height())
        return range(first, min(last + 1, len(self.rows)))

    # -- how high and where

    def _height(self, row: Row) -> float:
        match row.kind:
            case "text":
                return self._line * (2 if row.big else 1)
            case "picture":
                return (BAND + row.gap) * self._dot
            case "barcode":
                return self._em * _BARS_EM + self._line
            case "qr":
                pattern = symbols.qr(row.text)
                return self._line if pattern is None else symbols.qr_side(pattern, self._inner)
            case "cut":
                return self._em * _CUT_EM
            case _:
                return self._em * _NOTE_EM

    def _length(self) -> float:
        """All the paper, with a margin at both ends."""
        return (self._ends[-1] if self._ends else 0.0) + 2 * self._margin

    def _fit(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, round(self._length()) - self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        bar = self.verticalScrollBar()
        follows = bar.value() == bar.maximum()
        self._fit()
        if follows:
            bar.setValue(bar.maximum())

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setLayoutDirection(self.layoutDirection())
        painter.fillRect(self.viewport().rect(), QColor(theme.GROUND))
        width = self._inner + 2 * self._margin
        left = (self.viewport().width() - width) // 2
        # A short paper hangs out of the printer below, it does not hang from the ceiling.
        top = max(0.0, self.viewport().height() - self._length()) - self.verticalScrollBar().value()
        self._paint_ends(painter, QRectF(left, top, width, self._length()))
        for number in self.seen():
            above = self._ends[number - 1] if number else 0.0
            sheet = QRectF(left, top + self._margin + above, width, self._ends[number] - above)
            self._paint_row(painter, self.rows[number], sheet)
        painter.end()

    def _paint_ends(self, painter: QPainter, paper: QRectF) -> None:
        """The margins: the edge at which the last slip was torn off, and what is still in the printer."""
        if self.rows and self.rows[-1].kind != "cut":
            self._paint_sheet(painter, paper.adjusted(0, paper.height() - self._margin, 0, 0))
        if self.rows:
            self._paint_torn(painter, QRectF(paper.left(), paper.top(), paper.width(), self._margin), "down")

    def _paint_row(self, painter: QPainter, row: Row, sheet: QRectF) -> None:
        if row.kind == "cut":
            self._paint_cut(painter, sheet, last=row is self.rows[-1])
            return
        self._paint_sheet(painter, sheet)
        inner = sheet.adjusted(self._margin, 0, -self._margin, 0)
        pattern = symbols.qr(row.text) if row.kind == "qr" else None
        match row.kind:
            case "picture":
                self._paint_dots(painter, row, inner)
            case "barcode":
                self._paint_barcode(painter, row, inner)
            case "qr" if pattern is not None:
                symbols.paint_qr(painter, pattern, inner)
            case "drawer":
                self._paint_note(painter, inner, self._words.say("demo.paper.drawer"), theme.ATTENTION)
            case "unknown":
                text = self._words.say("demo.paper.unknown", command=row.text)
                self._paint_note(painter, inner, text, theme.REFUSED)
            case _:
                self._paint_text(painter, row, inner)

    def _paint_text(self, painter: QPainter, row: Row, room: QRectF) -> None:
        scale = 2 if row.big else 1
        font = QFont(self._plain)
        font.setBold(row.bold)
        width = QFontMetricsF(font).horizontalAdvance(row.text) * scale
        left = {
            "left": room.left(),
            "centre": room.center().x() - width / 2,
            "right": room.right() - width,
        }[row.align]
        painter.save()
        painter.translate(left, room.top())
        painter.scale(scale, scale)
        painter.setFont(font)
        painter.setPen(QColor(theme.INK))
        painter.drawText(QPointF(0, self._ascent), row.text)
        painter.restore()

    def _paint_dots(self, painter: QPainter, row: Row, room: QRectF) -> None:
        columns = len(row.dots) // 3
        turned = QImage(row.dots, BAND, columns, BAND // 8, QImage.Format.Format_Mono)
        turned.setColorTable([_PAPER.rgb(), QColor(theme.INK).rgb()])
        picture = turned.transformed(QTransform(0, 1, 1, 0, 0, 0))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(room.left(), room.top(), columns * self._dot, BAND * self._dot), picture)

    def _paint_barcode(self, painter: QPainter, row: Row, room: QRectF) -> None:
        pattern = symbols.bars(row.symbology, row.text)
        bars = room.adjusted(0, 0, 0, -self._line)
        if pattern is not None:
            symbols.paint_bars(painter, pattern, bars.adjusted(0, self._em / 4, 0, 0))
        below = QRectF(room.left(), bars.bottom(), room.width(), self._line)
        self._paint_text(painter, Row("text", row.text, align="centre"), below)

    def _paint_note(self, painter: QPainter, room: QRectF, text: str, colour: str) -> None:
        """What leaves no ink on paper, and still happened."""
        pill = room.adjusted(0, self._em / 4, 0, -self._em / 4)
        tint = QColor(colour)
        tint.setAlpha(28)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colour), 1))
        painter.setBrush(tint)
        painter.drawRoundedRect(pill, self._em / 2, self._em / 2)
        painter.setFont(self.font())
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_cut(self, painter: QPainter, sheet: QRectF, *, last: bool) -> None:
        part = sheet.height() / 3
        self._paint_torn(painter, QRectF(sheet.left(), sheet.top(), sheet.width(), part), "up")
        if not last:
            below = QRectF(sheet.left(), sheet.bottom() - part, sheet.width(), part)
            self._paint_torn(painter, below, "down")

    def _paint_sheet(self, painter: QPainter, sheet: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(sheet, _PAPER)
        painter.fillRect(QRectF(sheet.left(), sheet.top(), 1, sheet.height()), _EDGE)
        painter.fillRect(QRectF(sheet.right() - 1, sheet.top(), 1, sheet.height()), _EDGE)

    def _paint_torn(self, painter: QPainter, sheet: QRectF, paper_lies: str) -> None:
        """A piece of paper with a torn edge; it goes on `down` or `up` from there."""
        edge, body = (sheet.top(), sheet.bottom()) if paper_lies == "down" else (sheet.bottom(), sheet.top())
        wide = self._em * _TOOTH_EM
        tooth = wide if paper_lies == "down" else -wide
        corners = [QPointF(sheet.left(), body)]
        count = round(sheet.width() / (2 * wide))
        for place in range(2 * count + 1):
            x = sheet.left() + sheet.width() * place / (2 * count)
            corners.append(QPointF(x, edge if place % 2 else edge + tooth))
        corners.append(QPointF(sheet.right(), body))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PAPER)
        painter.drawPolygon(QPolygonF(corners))
        painter.setPen(QPen(_EDGE, 1))
        painter.drawPolyline(QPolygonF(corners))


def _mono(size_px: int) -> QFont:
    font = QFont()
    font.setFamilies(_FAMILIES)
    font.setPixelSize(size_px)
    font.setFixedPitch(True)
    return font
