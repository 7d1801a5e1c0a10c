"""zbar: the one module that knows pyzbar.

DataBar is not asked for: zbar's reader for it writes failed assertions to the terminal.
"""

import numpy as np
import numpy.typing as npt

from hardware.candidates import Candidate, candidate

NAME = "zbar"

_SYMBOLOGIES = {"EAN13": "EAN13", "EAN8": "EAN8", "UPCA": "UPCA", "UPCE": "UPCE", "CODE128": "CODE128", "QRCODE": "QR"}


def read(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """All codes that it finds in a picture."""
    return _read(grey, ("EAN13", "EAN8", "UPCA", "UPCE", "CODE128", "QRCODE"))


def read_bars(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """The bars that it finds in a picture."""
    return _read(grey, ("EAN13", "EAN8", "UPCA", "UPCE", "CODE128"))


def _read(grey: npt.NDArray[np.uint8], names: tuple[str, ...]) -> list[Candidate]:
    from pyzbar.pyzbar import ZBarSymbol, decode

    height, width = grey.shape
    try:
        found = decode((grey.tobytes(), width, height), [ZBarSymbol[name] for name in names])
    except ValueError:  # a QR code that is only one piece of a longer text
        return []
    candidates = []
    for code in found:
        # A text that is not what QR codes should hold is no text of a card.
        text = code.data.decode("utf-8", "replace")
        place = tuple((point.x, point.y) for point in code.polygon)
        claim = candidate(NAME, _SYMBOLOGIES[code.type], text, place)
        if claim is not None and "\ufffd" not in text:
            candidates.append(claim)
    return candidates
