"""Setting texts in boxes, on a screen or on paper, from whichever side the language is read."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPaintDevice,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle

from pos_app.loyalty.words import Words
from ui import theme

_ALIGNMENTS = {
    "lead": Qt.AlignmentFlag.AlignLeading,
    "trail": Qt.AlignmentFlag.AlignTrailing,
    "centre": Qt.AlignmentFlag.AlignHCenter,
}


class How(NamedTuple):
    """How a text is set; one that `is_name`, whatever its script, is read from its own side."""

    bold: bool = False
    align: Literal["lead", "trail", "centre"] = "lead"
    is_name: bool = False


PLAIN = How()
NAME = How(is_name=True)


def direction_of(words: Words) -> Qt.LayoutDirection:
    """From which side a language is read."""
    return Qt.LayoutDirection.RightToLeft if words.from_right else Qt.LayoutDirection.LeftToRight


_ABOVE_MOST_EM, _BELOW_MOST_EM = 1.1, 0.45
"""Fonts of Arabic script ask for much more, for marks that neither names nor sentences have."""

Runs = Sequence[tuple[int, int, str]]
"""Parts of a text (start, length) with colours of their own."""


class Block:
    """A text broken into lines of one width; where no blank is, it breaks anywhere, so that nothing is cut off."""

    def __init__(
        self, text: str, font: QFont, width: float, option: QTextOption, device: QPaintDevice | None, runs: Runs = ()
    ) -> None:
        self._layout = QTextLayout(text, font, device) if device else QTextLayout(text, font)
        self._layout.setTextOption(option)
        self._layout.setFormats([_format(*run) for run in runs])
        self.height = 0.0
        """The height of all lines, in pixels of the device."""

        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(max(1.0, width))
            above = min(line.ascent(), _ABOVE_MOST_EM * font.pixelSize())
            line.setPosition(QPointF(0, self.height + above - line.ascent()))
            self.height += above + min(line.descent(), _BELOW_MOST_EM * font.pixelSize())
        self._layout.endLayout()

    @property
    def lines(self) -> int:
        return self._layout.lineCount()

    def draw(self, painter: QPainter, at: QPointF, colour: str) -> None:
        """Paint it with its leading upper corner of the box at `at`."""
        painter.setPen(QColor(colour))
        self._layout.draw(painter, at)


def _format(start: int, length: int, colour: str) -> QTextLayout.FormatRange:
    look = QTextCharFormat()
    look.setForeground(QColor(colour))
    run = QTextLayout.FormatRange()
    run.start, run.length, run.format = start, length, look
    return run


class Setting:
    """The fonts and the direction of one page. Sizes are in ems; 1 em is `em` pixels of the device."""

    def __init__(
        self, em: float, direction: Qt.LayoutDirection, page: QRect, device: QPaintDevice | None = None
    ) -> None:
        self.em = em
        self.direction = direction
        self._page = page
        self._device = device

    def px(self, em: float) -> int:
        return round(em * self.em)

    def grown(self, factor: float) -> "Setting":
        """The same with larger type."""
        return Setting(self.em * factor, self.direction, self._page, self._device)

    def mirrored(self, area: QRect) -> QRect:
        """Where an area of the page lies that is meant for languages read from the left."""
        return QStyle.visualRect(self.direction, self._page, area)

    def font(self, size_em: float, *, bold: bool = False) -> QFont:
        font = QFont()
        font.setFamilies(list(theme.FAMILIES))
        font.setPixelSize(max(1, self.px(size_em)))
        font.setBold(bold)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def block(self, text: str, width: float, size_em: float, how: How = PLAIN, runs: Runs = ()) -> Block:
        """A text in lines of a width."""
        option = QTextOption(QStyle.visualAlignment(self.direction, _ALIGNMENTS[how.align]))
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto if how.is_name else self.direction)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        return Block(text, self.font(size_em, bold=how.bold), width, option, self._device, runs)

    def fitted(
        self, text: str, room: QRect, sizes_em: Sequence[float], how: How = PLAIN, *, lines: int = 99, runs: Runs = ()
    ) -> Block:
        """The text in the first of the sizes in which it fits the room; in the last one it may end in an ellipsis."""
        for size_em in sizes_em:
            block = self.block(text, room.width(), size_em, how, runs)
            if block.height <= room.height() and block.lines <= lines:
                return block
        return self._cut(text, room, sizes_em[-1], how, lines)

    def _cut(self, text: str, room: QRect, size_em: float, how: How, lines: int) -> Block:
        metrics = QFontMetricsF(self.font(size_em, bold=how.bold))
        most = max(1, min(lines, int(room.height() / metrics.height())))
        for share in (1.0, 0.95, 0.9, 0.8, 0.6, 0.4):  # a line seldom ends where its last word does
            shorter = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width() * most * share)
            block = self.block(shorter, room.width(), size_em, how)
            if block.lines <= most:
                break
        return block

    def write(self, painter: QPainter, block: Block, room: QRect, colour: str) -> None:
        """Paint a block in the middle of the height of a room that was mirrored already."""
        spare = (room.height() - block.height) / 2
        block.draw(painter, QPointF(room.left(), room.top() + spare), colour)

    def frame(self, painter: QPainter, area: QRect, fill: str, line: str = "", round_em: float = 0.3) -> None:
        """A box with round corners."""
        painter.setPen(QColor(line) if line else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), self.px(round_em), self.px(round_em))
