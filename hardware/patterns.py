"""Barcodes and QR codes as patterns of modules, for drawing them where no printer does it.

A pattern is a row of "1" (dark) and "0" (light), one for each module, without the quiet zone around it.
"""

import re

from pos_app.loyalty.cards import has_check_digit

BARCODE_QUIET = 11
"""How many light modules a barcode needs at each side."""
QR_QUIET = 4

_DIGIT_PAIRS = re.compile(r"((?:[0-9]{2}){2,})(?![0-9])")
_TO_C, _TO_B, _START_B, _START_C = 99, 100, 104, 105
_CHECK_MODULUS = 103


def symbology_of(code: str) -> str:
    """The symbology that a code is printed in: EAN13 where it can be one, else CODE128."""
    return "EAN13" if len(code) == 13 and has_check_digit(code) else "CODE128"


def bars(symbology: str, data: str) -> str | None:
    """The bars of an EAN13 or CODE128; None for data that it cannot hold."""
    if symbology == "EAN13":
        if len(data) != 13 or not has_check_digit(data):
            return None
        from barcode.ean import EuropeanArticleNumber13

        return str(EuropeanArticleNumber13(data).build()[0])
    if symbology != "CODE128" or not data or not all(" " <= character <= "~" for character in data):
        return None
    from barcode.charsets.code128 import CODES, STOP

    return "".join(CODES[value] for value in _code128_values(data)) + str(STOP) + "11"


def _code128_values(text: str) -> list[int]:
    """The symbols of a CODE128 but the stop: code set B, and pairs of digits in C where they are many.

    The library's own choice of code sets loses a leading 99, which is the number of a change to C.
    """
    values: list[int] = []
    for place, piece in enumerate(_DIGIT_PAIRS.split(text)):  # the odd places are pairs of digits
        if not piece:
            continue
        in_pairs = place % 2 == 1
        start, change = (_START_C, _TO_C) if in_pairs else (_START_B, _TO_B)
        values.append(change if values else start)
        if in_pairs:
            values += (int(piece[at : at + 2]) for at in range(0, len(piece), 2))
        else:
            values += (ord(character) - ord(" ") for character in piece)
    check = values[0] + sum(place * value for place, value in enumerate(values))
    return [*values, check % _CHECK_MODULUS]


def qr(text: str) -> tuple[str, ...] | None:
    """The rows of a QR code; None for a text that is empty or too long for one."""
    if not text:
        return None
    import cv2

    try:
        picture = cv2.QRCodeEncoder.create().encode(text)
    except cv2.error:
        return None
    dark = picture == 0
    rows, columns = dark.any(axis=1), dark.any(axis=0)
    return tuple("".join("1" if module else "0" for module in row) for row in dark[rows][:, columns])
