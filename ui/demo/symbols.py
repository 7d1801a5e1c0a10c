"""Barcodes and QR codes on the screen, each module a whole number of pixels, so that scanners can read them."""

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from hardware import patterns

_CACHED = 512
bars = lru_cache(maxsize=_CACHED)(patterns.bars)
qr = lru_cache(maxsize=_CACHED)(patterns.qr)


def paint_bars(painter: QPainter, pattern: str, room: QRectF, module_most: int = 3) -> None:
    """Draw the bars in the middle of `room`, on the white that is there; a module is at most `module_most` wide.

    The quiet zones are part of the room. Where even modules of one pixel do not fit, nothing is drawn.
    """
    _paint(painter, (pattern,), room, patterns.BARCODE_QUIET, module_most, room.height())


def paint_qr(painter: QPainter, rows: tuple[str, ...], room: QRectF, module_most: int = 5) -> None:
    """Draw a QR code in the middle of `room`, on the white that is there."""
    _paint(painter, rows, room, patterns.QR_QUIET, module_most, None)


def qr_side(rows: tuple[str, ...], width: float, module_most: int = 5) -> float:
    """How high and wide a QR code becomes in so much width, its quiet zone included; logical pixels."""
    modules = len(rows) + 2 * patterns.QR_QUIET
    return modules * max(1, min(module_most, int(width // modules)))


def _paint(
    painter: QPainter,
    rows: tuple[str, ...],
    room: QRectF,
    quiet: int,
    module_most: int,
    height: float | None,
) -> None:
    ratio = painter.device().devicePixelRatio()
    modules = len(rows[0]) + 2 * quiet
    pixels = min(round(module_most * ratio), int(room.width() * ratio / modules))
    if pixels < 1:
        return
    module = pixels / ratio
    row_height = module if height is None else height
    left = round((room.center().x() - module * len(rows[0]) / 2) * ratio) / ratio
    top = round((room.center().y() - row_height * len(rows) / 2) * ratio) / ratio
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for down, row in enumerate(rows):
        for start, length in _dark_runs(row):
            bar = QRectF(left + start * module, top + down * row_height, length * module, row_height)
            painter.fillRect(bar, Qt.GlobalColor.black)


@lru_cache(maxsize=_CACHED)
def _dark_runs(row: str) -> tuple[tuple[int, int], ...]:
    """Where the dark modules of a row begin, and how many stand together."""
    runs, at = [], row.find("1")
    while at >= 0:
        end = row.find("0", at)
        end = len(row) if end < 0 else end
        runs.append((at, end - at))
        at = row.find("1", end)
    return tuple(runs)
