"""Barcodes and QR codes that the printer draws itself: the bytes that ask for them, or None if it could not.

Printers drop what they cannot draw without a word, so data, check digit and width are looked at here first.
The quiet zones at both sides are not reckoned: the paper is 8 mm wider than what the head can print.
"""

import re

_BAR_HEIGHT_DOTS = 80  # 10 mm at 203 dpi
_WIDEST_MODULE_DOTS = 3
_NARROWEST_MODULE_DOTS = 2  # 0.25 mm; scanners often fail below

_DIGIT_PAIRS = re.compile(r"((?:[0-9]{2}){3,})")  # shorter runs gain nothing by changing the code set
_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")

# Bytes that a QR code of version 1, 2, 3 ... holds at error correction M (ISO/IEC 18004); beyond version 20
# the modules would be too fine for the narrow paper.
_QR_CAPACITIES = [
    14, 26, 42, 62, 84, 106, 122, 152, 180, 213,
    251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
]  # fmt: skip
_QR_MODULE_DOTS_LEAST, _QR_MODULE_DOTS_MAX = 3, 6


def ean13(digits: str) -> bytes | None:
    """GS k for 13 digits with a right check digit, its digits below; None for anything else."""
    if not re.fullmatch("[0-9]{13}", digits):
        return None
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    if weighed % 10:
        return None
    return _bars(67, digits.encode("ascii"), _WIDEST_MODULE_DOTS)


def code128(text: str, paper_dots: int) -> bytes | None:
    """GS k for printable ASCII; None if it is empty, something else, or wider than the paper."""
    if not re.fullmatch("[ -~]+", text):
        return None
    data, symbols = _code128_data(text)
    modules = 11 * (symbols + 1) + 13  # one more symbol for the check, 13 modules for the stop
    module_dots = min(_WIDEST_MODULE_DOTS, paper_dots // modules)
    if module_dots < _NARROWEST_MODULE_DOTS or len(data) > 255:
        return None
    return _bars(73, data, module_dots)


def _bars(symbology: int, data: bytes, module_dots: int) -> bytes:
    settings = b"\x1dh" + bytes([_BAR_HEIGHT_DOTS]) + b"\x1dw" + bytes([module_dots]) + b"\x1dH\x02"
    return settings + b"\x1dk" + bytes([symbology, len(data)]) + data


def _code128_data(text: str) -> tuple[bytes, int]:
    """Data for GS k with its code sets, and how many symbols it becomes, the start included.

    Code set C sends a pair of digits as one byte of 0 to 99. Where such bytes would look like a real-time
    command (16 20 is DLE DC4, which opens the drawer even from within a barcode), set B says the same.
    """
    mixed, symbols = b"", 0
    pieces = ["", text] if len(text) % 2 == 0 and text.isdecimal() else _DIGIT_PAIRS.split(text)
    for place, piece in enumerate(pieces):  # the odd places are pairs of digits
        if place % 2:
            mixed += b"{C" + bytes(int(piece[at : at + 2]) for at in range(0, len(piece), 2))
            symbols += 1 + len(piece) // 2
        elif piece:
            mixed += b"{B" + piece.replace("{", "{{").encode("ascii")
            symbols += 1 + len(piece)
    if _REAL_TIME.search(mixed):
        return b"{B" + text.replace("{", "{{").encode("ascii"), 1 + len(text)
    return mixed, symbols


def qr(data: bytes, paper_dots: int) -> bytes | None:
    """GS ( k for bytes without control characters; None if there are none, or too many for the paper."""
    version = next((number for number, most in enumerate(_QR_CAPACITIES, 1) if len(data) <= most), None)
    if not data or version is None:
        return None
    size = module_dots(17 + 4 * version, paper_dots)
    return b"".join(
        b"\x1d(k" + len(parameters).to_bytes(2, "little") + parameters
        for parameters in (
            b"1A2\x00",  # model 2
            b"1C" + bytes([size]),
            b"1E1",  # error correction M
            b"1P0" + data,
            b"1Q0",
        )
    )


def module_dots(modules: int, paper_dots: int) -> int:
    """How many dots wide a module of a QR code of so many is printed; 0 where they would be too fine to be read."""
    size = min(_QR_MODULE_DOTS_MAX, paper_dots // max(modules, 1))
    return size if size >= _QR_MODULE_DOTS_LEAST else 0
