"""Widgets that paint all of themselves, for what changes at every scan.

A label would ask every layout above it for room and have every widget behind it painted again, which takes several
times as long as the text itself. These are opaque, keep the place they were given and paint only what changed.
Sizes are in ems of the widget's font; in languages that read from the right everything is mirrored.
"""

from typing import Literal, NamedTuple

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QWidget

from ui import theme

_ALIGNMENTS = {
    "lead": Qt.AlignmentFlag.AlignLeading,
    "trail": Qt.AlignmentFlag.AlignTrailing,
    "centre": Qt.AlignmentFlag.AlignHCenter,
}
_LOOKS = (QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange)
_COLOURS: dict[str, QColor] = {}


def colour(name: str) -> QColor:
    """A colour of the theme, made once."""
    if name not in _COLOURS:
        _COLOURS[name] = QColor(name)
    return _COLOURS[name]


class Style(NamedTuple):
    """How a text is set. One that is `data` may end in an ellipsis; `wraps` lets it take several lines."""

    size_em: float = 1.0
    bold: bool = False
    colour: str = theme.INK
    align: Literal["lead", "trail", "centre"] = "lead"
    data: bool = False
    wraps: bool = False


class Painted(QWidget):
    """The ground for such widgets: fonts, frames and texts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._settings: dict[Style, tuple[QFont, QFontMetrics, QColor, int]] = {}
        self._em = self.fontInfo().pixelSize()
        self._from_right = self.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def px(self, em: float) -> int:
        return round(em * self._em)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _LOOKS:
            self._settings.clear()
            self._em = self.fontInfo().pixelSize()
            self._from_right = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            self.updateGeometry()

    def width_of(self, text: str, style: Style) -> int:
        """How much room a text in one line takes."""
        return self._setting(style)[1].horizontalAdvance(text)

    def fits(self, text: str, area: QRect, style: Style) -> bool:
        """Whether a text that wraps has room in an area."""
        _, metrics, _, flags = self._setting(style)
        return metrics.boundingRect(QRect(0, 0, area.width(), 10_000), flags, text).height() <= area.height()

    def mirrored(self, area: QRect) -> QRect:
        """Where an area lies that is meant for languages that read from the left."""
        if not self._from_right:
            return area
        return QStyle.visualRect(Qt.LayoutDirection.RightToLeft, self.rect(), area)

    def write(self, painter: QPainter, area: QRect, text: str, style: Style) -> None:
        """Set a text in the middle of `area`'s height."""
        font, metrics, ink, flags = self._setting(style)
        painter.setFont(font)
        painter.setPen(ink)
        if style.data and len(text) * font.pixelSize() > area.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(self.mirrored(area), flags, text)

    def _setting(self, style: Style) -> tuple[QFont, QFontMetrics, QColor, int]:
        """What setting a text in a style takes, made once for each size of the window."""
        found = self._settings.get(style)
        if found is None:
            font = QFont(self.font())
            font.setPixelSize(max(14, self.px(style.size_em)))
            font.setBold(style.bold)
            side = QStyle.visualAlignment(self.layoutDirection(), _ALIGNMENTS[style.align])
            flags = (side | Qt.AlignmentFlag.AlignVCenter).value
            flags |= (Qt.TextFlag.TextWordWrap if style.wraps else Qt.TextFlag.TextDontClip).value
            found = self._settings[style] = (font, QFontMetrics(font), colour(style.colour), flags)
        return found

    def inner(self) -> QRect:
        """What lies inside the round frame of the whole widget."""
        return self.rect().adjusted(self.px(1.0), self.px(0.5), -self.px(1.0), -self.px(0.5))

    def core(self) -> QRect:
        """All the height between the round corners, where nothing of the frame is but what lies above and below."""
        side = self.px(0.5) + 1
        return self.rect().adjusted(side, 2, -side, -2)

    def prime(self, painter: QPainter, area: QRect, fill: str, line: str) -> None:
        """Paint the widget's own card under `area`; what lies inside needs no round corners."""
        if self.core().contains(area):
            painter.fillRect(area, colour(fill))
        else:
            painter.fillRect(area, colour(theme.GROUND))
            self.frame(painter, self.rect(), fill, line)

    def frame(self, painter: QPainter, area: QRect, fill: str, line: str) -> None:
        """A box with round corners."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour(line))
        painter.setBrush(colour(fill))
        painter.drawRoundedRect(area.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), self.px(0.5), self.px(0.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
