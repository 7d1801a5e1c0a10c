"""The window's few pictures, drawn: they need no files, no icon theme and stay sharp at every size."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from ui import theme

Name = Literal["card", "goods", "done", "warning"]


class Glyph(QWidget):
    """A picture `size_em` ems of the window's font high and wide."""

    def __init__(self, name: Name, size_em: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name: Name = name
        self._size_em = size_em

    def sizeHint(self) -> QSize:
        side = round(self._size_em * self.fontInfo().pixelSize())
        return QSize(side, side)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = min(self.width(), self.height())
        draw(self._name, painter, QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side))
        painter.end()


def draw(name: Name, painter: QPainter, area: QRect) -> None:
    """Draw a picture into a square."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.topLeft())
    painter.scale(area.width() / 100, area.height() / 100)
    _DRAWINGS[name](painter)
    painter.restore()


def _pen(colour: str, width: float) -> QPen:
    return QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _card(painter: QPainter) -> None:
    painter.setPen(_pen(theme.ACCENT, 4))
    painter.setBrush(QColor(theme.ACCENT_TINT))
    painter.drawRoundedRect(QRectF(4, 20, 92, 60), 8, 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.ACCENT))
    painter.drawRect(QRectF(4, 33, 92, 11))
    painter.setBrush(QColor(theme.ACCENT_DEEP))
    for x, width in ((16, 3), (22, 5), (30, 2), (35, 6), (44, 2), (49, 4), (56, 2)):
        painter.drawRect(QRectF(x, 54, width, 17))


def _goods(painter: QPainter) -> None:
    painter.setPen(_pen(theme.ACCENT, 4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(_points((34, 42), (50, 16), (66, 42)))
    painter.setBrush(QColor(theme.ACCENT_TINT))
    painter.drawPolygon(_points((10, 42), (90, 42), (80, 86), (20, 86)))
    for x in (36, 50, 64):
        painter.drawLine(QPointF(x, 53), QPointF(x, 75))


def _done(painter: QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.ACCENT))
    painter.drawEllipse(QRectF(4, 4, 92, 92))
    painter.setPen(_pen(theme.SURFACE, 10))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(_points((28, 52), (44, 68), (73, 35)))


def _warning(painter: QPainter) -> None:
    painter.setPen(_pen(theme.REFUSED, 6))
    painter.setBrush(QColor(theme.REFUSED_TINT))
    painter.drawPolygon(_points((50, 10), (93, 86), (7, 86)))
    painter.setPen(_pen(theme.REFUSED, 9))
    painter.drawLine(QPointF(50, 38), QPointF(50, 59))
    painter.drawPoint(QPointF(50, 73))


def _points(*corners: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in corners])


_DRAWINGS: dict[Name, Callable[[QPainter], None]] = {
    "card": _card,
    "goods": _goods,
    "done": _done,
    "warning": _warning,
}
