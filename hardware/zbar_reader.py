"""zbar: the one module that knows pyzbar.

pyzbar's own `decode` leaves one symbology on that it does not know, DataBar Expanded, whose reader writes failed
assertions to the terminal, and stumbles over a QR code that is a piece of a longer text. So zbar is asked through the
functions that pyzbar found in it.
"""

from collections.abc import Iterator
from ctypes import c_char_p, c_void_p, cast, string_at
from typing import Any

import numpy as np
import numpy.typing as npt

from hardware.candidates import Candidate, candidate

NAME = "zbar"

_BARS = {8: "EAN8", 9: "UPCE", 12: "UPCA", 13: "EAN13", 128: "CODE128"}  # zbar's numbers of symbologies
_ALL = _BARS | {64: "QR"}
_EVERY = 0
_ENABLE = 0
_Y800 = 0x30303859  # eight bits of grey
_SIDE_MOST = 65535


def read(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """All codes that it finds in a picture."""
    return _read(grey, _ALL)


def read_bars(grey: npt.NDArray[np.uint8]) -> list[Candidate]:
    """The bars that it finds in a picture."""
    return _read(grey, _BARS)


def _read(grey: npt.NDArray[np.uint8], symbologies: dict[int, str]) -> list[Candidate]:
    from pyzbar import wrapper

    height, width = grey.shape
    if max(height, width) > _SIDE_MOST:
        return []
    pixels = grey.tobytes()
    scanner, image = wrapper.zbar_image_scanner_create(), wrapper.zbar_image_create()
    try:
        wrapper.zbar_image_scanner_set_config(scanner, _EVERY, _ENABLE, 0)
        for number in symbologies:
            wrapper.zbar_image_scanner_set_config(scanner, number, _ENABLE, 1)
        wrapper.zbar_image_set_format(image, _Y800)
        wrapper.zbar_image_set_size(image, width, height)
        wrapper.zbar_image_set_data(image, cast(c_char_p(pixels), c_void_p), len(pixels), None)
        wrapper.zbar_scan_image(scanner, image)
        return [claim for claim in _claims(wrapper, image, symbologies) if claim is not None]
    finally:
        wrapper.zbar_image_destroy(image)
        wrapper.zbar_image_scanner_destroy(scanner)


def _claims(wrapper: Any, image: Any, symbologies: dict[int, str]) -> Iterator[Candidate | None]:
    symbol = wrapper.zbar_image_first_symbol(image)
    while symbol:
        symbology = symbologies.get(symbol.contents.type)
        length = wrapper.zbar_symbol_get_data_length(symbol)
        text = string_at(wrapper.zbar_symbol_get_data(symbol), length).decode("utf-8", "replace")
        corners = range(wrapper.zbar_symbol_get_loc_size(symbol))
        xs = [int(wrapper.zbar_symbol_get_loc_x(symbol, corner)) for corner in corners]
        ys = [int(wrapper.zbar_symbol_get_loc_y(symbol, corner)) for corner in corners]
        if symbology is not None and xs and "\ufffd" not in text:
            box = ((min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys)))
            yield candidate(NAME, symbology, text, box)
        symbol = wrapper.zbar_symbol_next(symbol)
