"""A test code on white ground, as big as there is room for, so that a scanner reads it from the screen."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hardware.scanner_trial import TrialCode
from ui import theme
from ui.demo import symbols

_MODULE_MOST = 4
_BETWEEN_EM = 3
_HIGH_EM, _LOW_EM = 12, 8


class CodeCard(QWidget):
    """Shows one code as bars, and beside them as a QR code if it has one; its text stands below."""

    def __init__(self) -> None:
        super().__init__()
        self._code: TrialCode | None = None
        self.setObjectName("test_code")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def show_code(self, code: TrialCode) -> None:
        self._code = code
        self.setAccessibleName(code.text)
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontInfo().pixelSize()
        return QSize(em * 40, em * _HIGH_EM)

    def minimumSizeHint(self) -> QSize:
        em = self.fontInfo().pixelSize()
        return QSize(em * 40, em * _LOW_EM)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.RULE))
        painter.setBrush(QColor(theme.SURFACE))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        if self._code is not None:
            self._paint(painter, self._code)
        painter.end()

    def _paint(self, painter: QPainter, code: TrialCode) -> None:
        em = self.fontInfo().pixelSize()
        room = QRectF(self.rect()).adjusted(em, em, -em, -em * 5 / 2)
        square = symbols.qr(code.text) if code.as_qr else None
        if square is not None:
            side = symbols.qr_side(square, min(room.height(), room.width() / 5))
            symbols.paint_qr(painter, square, QRectF(room.right() - side, room.top(), side, room.height()))
            room.setRight(room.right() - side - em * _BETWEEN_EM)
        bars = symbols.bars(code.symbology, code.text)
        assert bars is not None, "the test codes are ones that can be drawn"
        symbols.paint_bars(painter, bars, room, _MODULE_MOST)
        font = QFont(self.font())
        font.setPixelSize(em * 5 // 4)
        painter.setFont(font)
        painter.setPen(QColor(theme.INK))
        line = QRectF(0, self.height() - em * 9 / 4, self.width(), em * 7 / 4)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, code.text)
