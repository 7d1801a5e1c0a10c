"""The test codes on paper, for scanners that read no screen."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPageSize, QPainter, QPdfWriter

from hardware.scanner_trial import CODES
from ui import theme
from ui.demo import symbols

_DPI = 300
_MODULE = 6
"""Dots of a module: half a millimetre, which every scanner reads."""
_MARGIN, _HEIGHT, _LINE, _BETWEEN = 200, 400, 80, 300


def write(out: Path) -> None:
    """Write a page of A4 with the codes to a file; raises OSError."""
    if QGuiApplication.instance() is None:  # fonts need one; a screen is not needed
        _qt = QGuiApplication(["pos-app", "-platform", "offscreen"])
    out.write_bytes(_pdf())


def _pdf() -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setCreator("pos-app")
    painter = QPainter(writer)
    font = painter.font()
    font.setFamilies(list(theme.FAMILIES))
    font.setPixelSize(_LINE * 3 // 5)
    painter.setFont(font)
    top: float = _MARGIN
    for code in CODES:
        top = _paint(painter, code.symbology, code.text, top, writer.width(), as_qr=code.as_qr)
    painter.end()
    buffer.close()
    return bytes(content.data())


def _paint(painter: QPainter, symbology: str, text: str, top: float, width: int, *, as_qr: bool) -> float:
    """One code with its text below, and as a QR code below that; where the next one begins."""
    bars, square = symbols.bars(symbology, text), symbols.qr(text)
    assert bars is not None
    assert square is not None
    symbols.paint_bars(painter, bars, QRectF(0, top, width, _HEIGHT), _MODULE)
    top += _HEIGHT
    painter.drawText(QRectF(0, top, width, _LINE), Qt.AlignmentFlag.AlignCenter, text)
    top += _LINE + _BETWEEN
    if as_qr:
        side = symbols.qr_side(square, width, _MODULE * 2)
        symbols.paint_qr(painter, square, QRectF(0, top - _BETWEEN / 2, width, side), _MODULE * 2)
        top += side
    return top
