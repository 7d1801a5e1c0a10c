"""What a scanner or camera would see of a window."""

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pyzbar.pyzbar import ZBarSymbol, decode


def codes_on(widget: QWidget) -> list[tuple[str, str]]:
    """Every barcode on a widget as it is painted now, as (symbology, text)."""
    picture = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    stride, width, height = picture.bytesPerLine(), picture.width(), picture.height()
    pixels = bytes(picture.constBits())
    rows = b"".join(pixels[row * stride : row * stride + width] for row in range(height))
    symbols = [ZBarSymbol.EAN13, ZBarSymbol.CODE128, ZBarSymbol.QRCODE]
    return [(found.type, found.data.decode()) for found in decode((rows, width, height), symbols=symbols)]
