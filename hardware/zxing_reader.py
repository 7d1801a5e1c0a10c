"""zxing-cpp: the one module that knows it."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hardware.candidates import Candidate, candidate

NAME = "zxing"

_SYMBOLOGIES = {
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "UPCE": "UPCE",
    "Code128": "CODE128",
    "QRCode": "QR",
    "QRCodeModel1": "QR",
    "QRCodeModel2": "QR",
    "DataBar": "DATABAR",
    "DataBarOmni": "DATABAR",
    "DataBarStk": "DATABAR",
    "DataBarStkOmni": "DATABAR",
    "DataBarLtd": "DATABAR",
    "DataBarExp": "DATABAR",
    "DataBarExpStk": "DATABAR",
}
_BARS = ("EAN13", "EAN8", "UPCA", "UPCE", "Code128", "DataBarOmni", "DataBarLtd", "DataBarExp")
_STACKED = ("DataBarStk", "DataBarStkOmni", "DataBarExpStk")


def read(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """All codes that it finds in a picture, bars in any quarter turn."""
    return _read(grey, _formats((*_BARS, *_STACKED, "QRCode")), is_upright=False)


def read_bars(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """The bars that it finds in a picture in which they stand upright."""
    return _read(grey, _formats(_BARS), is_upright=True)


def read_matrix(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """The QR codes alone."""
    return _read(grey, _formats(("QRCode",)), is_upright=False)


@lru_cache
def _formats(names: tuple[str, ...]) -> Any:
    import zxingcpp

    return tuple(getattr(zxingcpp.BarcodeFormat, name) for name in names)


def _read(grey: npt.NDArray[np.uint8], formats: Any, *, is_upright: bool) -> list[Candidate]:
    import zxingcpp

    found = zxingcpp.read_barcodes(
        grey,
        formats=formats,
        try_rotate=not is_upright,
        try_downscale=not is_upright,
        text_mode=zxingcpp.TextMode.Plain,
    )
    candidates = []
    for code in found:
        corners = code.position
        place = tuple(
            (corner.x, corner.y)
            for corner in (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
        )
        claim = candidate(NAME, _SYMBOLOGIES.get(code.format.name, code.format.name), code.text, place)
        if claim is not None:
            candidates.append(claim)
    return candidates
