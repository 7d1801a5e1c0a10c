"""Lines of a script that no printer sets, drawn by Qt: letters joined, read from the right, in dots of the print head.

The one module of this room that knows Qt. It needs a QGuiApplication, which the window has, and may be called from any
thread. A line of plain text is one band of 24 dots high, big text two.
"""

import re
import unicodedata

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QGuiApplication,
    QImage,
    QImageReader,
    QPainter,
    QTextLayout,
    QTextLine,
    QTextOption,
    QTransform,
)

from hardware.columns import BAND, Picture
from pos_app.loyalty.paper import Align

FAMILIES = ("Noto Sans Arabic UI", "Noto Sans Arabic", "Noto Sans", "DejaVu Sans")
"""Noto Naskh would be narrower, but has the digits of Urdu for 4, 6 and 7."""

_LETTER_PX = 20  # with the marks above آ and below چ it fills a band
_BASELINE = 18  # dots from the upper edge of a band
_STEP = 2
"""How many dots wide a column is: strokes are no thinner anyway, and a slip takes half the bytes."""
_STRETCH = 55  # percent of a letter's width, which makes up for the wide columns
_INK_BELOW = 150
"""Greys darker than this are printed, so that thin strokes are whole."""
_THRESHOLD = bytes(0 if grey < _INK_BELOW else 255 for grey in range(256))
_ABOVE, _BELOW = 24, 24  # room around a line for what is higher or lower than usual

_EDGE = 1  # columns; a letter may reach beyond its own width
_GAP = 6
_WHITE = 0xFFFFFFFF
_LABEL_LEAST = 0.3
_INDENT = 4  # for each space at the beginning

_LRM, _LRI, _PDI = "\u200e", "\u2066", "\u2069"
_SIGNED = re.compile(r"(?<![\w\u200e])([-−+])(?=\d)")
_JOINED = re.compile(r"\d+(?:[-–−+]\d+)+")
"""In a text that is read from the right a sign jumps behind its number, and 0001-0000412 would begin with its end."""

LOGO_HIGHEST = 5 * BAND
_LOGO_BYTES_MAX = 4 << 20
_LOGO_PIXELS_MAX = 16 << 20


class PictureFault(Exception):
    """A picture file that cannot be printed; `args` say in English why, for the log."""


def is_ready() -> bool:
    """Whether there is a QGuiApplication, without which nothing can be drawn."""
    return QGuiApplication.instance() is not None


def paragraph(text: str, dots: int, *, align: Align = "left", bold: bool = False, big: bool = False) -> list[Picture]:
    """A paragraph in lines of at most `dots`; "left" is where reading begins, which is the right."""
    wide = dots // _STEP
    words, indent = _indented(text, wide)
    room = wide - indent - 2 * _EDGE
    sides = {"left": Qt.AlignmentFlag.AlignRight, "right": Qt.AlignmentFlag.AlignLeft}
    layout = _layout(words, room, sides.get(align, Qt.AlignmentFlag.AlignHCenter), bold=bold, big=big)
    left = 0 if align == "left" else indent
    return [_drawn([(line, left)], wide, big=big) for line in _lines_of(layout)]


def pair(label: str, amount: str, dots: int, *, bold: bool = False) -> list[Picture]:
    """A label from the right with its amount, which stands unbroken at the left of the last line."""
    wide = dots // _STEP
    amount = amount.strip(" ")
    if not amount:
        return paragraph(label, dots, bold=bold)
    if not label.strip(" "):
        return paragraph(amount, dots, align="right", bold=bold)
    at_left = _layout(amount, wide - 2 * _EDGE, Qt.AlignmentFlag.AlignLeft, bold=bold)
    taken = int(at_left.lineAt(0).naturalTextWidth()) + _GAP
    if at_left.lineCount() > 1 or wide - taken < wide * _LABEL_LEAST:
        return [*paragraph(label, dots, bold=bold), *paragraph(amount, dots, align="right", bold=bold)]
    words, indent = _indented(label, wide - taken)
    at_right = _layout(words, wide - 2 * _EDGE - taken - indent, Qt.AlignmentFlag.AlignRight, bold=bold)
    *lines, last = ((line, taken) for line in _lines_of(at_right))
    rows = [*([line] for line in lines), [last, (at_left.lineAt(0), 0)]]
    return [_drawn(row, wide) for row in rows]


def logo(path: str, dots: int) -> Picture:
    """A picture file in black and white dots, in the middle of the paper, no wider than it and at most 15 mm high.

    Raises PictureFault for a file that is missing, too large, or no picture.
    """
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.isEmpty():
        raise PictureFault(f"{path}: {reader.errorString()}")
    if reader.device().size() > _LOGO_BYTES_MAX or size.width() * size.height() > _LOGO_PIXELS_MAX:
        raise PictureFault(f"{path}: too large ({size.width()} x {size.height()})")
    image = reader.read()
    if image.isNull():
        raise PictureFault(f"{path}: {reader.errorString()}")
    fit = image.size().boundedTo(QSize(dots, LOGO_HIGHEST))
    scaled = image.scaled(fit, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    height = -(-max(scaled.height(), 1) // BAND) * BAND
    sheet = _sheet(dots, height)
    painter = QPainter(sheet)
    painter.drawImage((dots - scaled.width()) // 2, 0, scaled)
    painter.end()
    return Picture(_bands(sheet, Qt.ImageConversionFlag.DiffuseDither))


def _indented(text: str, wide: int) -> tuple[str, int]:
    """A text without the spaces at its beginning, and the columns that they stand for."""
    words = text.lstrip(" ")
    return words, min(_INDENT * (len(text) - len(words)), wide // 2)


def _layout(text: str, room: int, align: Qt.AlignmentFlag, *, bold: bool, big: bool = False) -> QTextLayout:
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPixelSize(2 * _LETTER_PX if big else _LETTER_PX)
    font.setBold(bold)
    font.setStretch(_STRETCH)
    font.setHintingPreference(QFont.HintingPreference.PreferFullHinting)
    option = QTextOption(align | Qt.AlignmentFlag.AlignAbsolute)
    option.setTextDirection(Qt.LayoutDirection.RightToLeft)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(_drawable(text), font)
    layout.setTextOption(option)
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(room)
    layout.endLayout()
    return layout


def _lines_of(layout: QTextLayout) -> list[QTextLine]:
    return [layout.lineAt(number) for number in range(layout.lineCount())]


def _drawable(text: str) -> str:
    """The text composed, freed of control characters, each sign kept before its number."""
    composed = unicodedata.normalize("NFC", text)
    kinds = {"Cc": "?", "Cs": "?", "Zl": " ", "Zp": " "}
    plain = "".join(kinds.get(unicodedata.category(character), character) for character in composed)
    return _SIGNED.sub(_LRM + r"\1", _JOINED.sub(rf"{_LRI}\g<0>{_PDI}", plain))


def _drawn(lines: list[tuple[QTextLine, int]], wide: int, *, big: bool = False) -> Picture:
    """Lines that stand beside each other, each so many columns from the left edge, as one picture."""
    scale = 2 if big else 1
    above, band = _ABOVE * scale, BAND * scale
    sheet = _sheet(wide, above + band + _BELOW * scale)
    painter = QPainter(sheet)
    for line, left in lines:
        line.draw(painter, QPointF(_EDGE + left, above + _BASELINE * scale - line.ascent() - line.y()))
    painter.end()
    top, end = _inked_rows(sheet)
    # What is too high or too low for its band moves in it, and what is too high for a band gets one more.
    first = max(min(above, top), end - band) if end - top <= band else top
    height = band if end - top <= band else -(-(end - top) // BAND) * BAND
    return Picture(_bands(sheet.copy(0, first, sheet.width(), height), Qt.ImageConversionFlag.ThresholdDither), _STEP)


def _sheet(dots: int, height: int) -> QImage:
    sheet = QImage(dots, height, QImage.Format.Format_Grayscale8)
    sheet.fill(Qt.GlobalColor.white)
    return sheet


def _inked_rows(sheet: QImage) -> tuple[int, int]:
    """The first row that is not white, and the one behind the last; (0, 0) if all is."""
    wide = sheet.bytesPerLine()
    grey = bytes(sheet.constBits())
    blank = len(grey) - len(grey.lstrip(b"\xff"))
    if blank == len(grey):
        return 0, 0
    return blank // wide, -(-len(grey.rstrip(b"\xff")) // wide)


def _bands(sheet: QImage, dither: Qt.ImageConversionFlag) -> tuple[bytes, ...]:
    """A grey sheet whose height is of whole bands, as columns of dots."""
    if dither == Qt.ImageConversionFlag.ThresholdDither:
        grey = bytes(sheet.constBits()).translate(_THRESHOLD)
        sheet = QImage(grey, sheet.width(), sheet.height(), sheet.bytesPerLine(), QImage.Format.Format_Grayscale8)
    turned = sheet.transformed(QTransform().rotate(-90))  # rows become columns, the rightmost first
    mono = turned.convertToFormat(QImage.Format.Format_Mono, Qt.ImageConversionFlag.MonoOnly | dither)
    if mono.color(0) != _WHITE:
        mono.invertPixels()
    dark, wide = bytes(mono.constBits()), mono.bytesPerLine()
    tops = range(0, sheet.height() // 8, BAND // 8)
    from_left = range(len(dark) - wide, -1, -wide)
    return tuple(b"".join(dark[at + top : at + top + 3] for at in from_left) for top in tops)
