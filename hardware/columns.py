"""Pictures as a receipt printer takes them: bands of 24 dots, sent column by column, with jumps over what is white.

A band is three bytes for each column, from the left; the highest bit of the first byte is the uppermost dot. Printers
look for real-time commands (DLE EOT, DLE ENQ, DLE DC4) in all that comes in, the dots of pictures included, and one of
them opens the drawer. Dots that would read as one get a neighbour more.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

BAND = 24
"""How many dots a band is high."""

_WORTH_A_JUMP = 4
"""White columns that cost more than ESC $ and another ESC * do."""
_RUN = re.compile(rb"[^\x00]+(?:\x00{1,%d}[^\x00]+)*" % (_WORTH_A_JUMP - 1))
_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")
_MODES = {1: b"\x1b*\x21", 2: b"\x1b*\x20"}
_WHITE_COLUMN = b"\x00\x00\x00"


class Picture(Struct, frozen=True):
    """Bands from above; a picture of more than one is printed without a gap between them.

    A column is `step` dots wide: 1, or 2, which takes half the bytes.
    """

    bands: tuple[bytes, ...]
    step: int = 1

    @property
    def width(self) -> int:
        """Its dots from the left of the paper to its right edge."""
        return max((len(band) // 3 for band in self.bands), default=0) * self.step


def from_rows(rows: Iterable[str], module_dots: int, left: int = 0) -> Picture:
    """Rows of "1" and "0" as a picture, each module so many dots wide and high, `left` dots from the paper's edge."""
    lines = [row for row in rows for _ in range(module_dots)]
    lines += ["0" * len(lines[0])] * (-len(lines) % BAND)
    bands = []
    for top in range(0, len(lines), BAND):
        modules = zip(*lines[top : top + BAND], strict=True)
        columns = (int("".join(module), 2).to_bytes(3, "big") * module_dots for module in modules)
        bands.append(_WHITE_COLUMN * left + b"".join(columns))
    return Picture(tuple(bands))


def set_band(band: bytes, step: int = 1) -> bytes:
    """The commands that set a band at the left of a line; one that is all white has a white column."""
    return b"".join(_commands(band, step)) or _MODES[step] + b"\x01\x00" + _WHITE_COLUMN


def harmless(band: bytes) -> bytes:
    """The band as it is printed, where nothing reads as a real-time command."""
    return _REAL_TIME.sub(b"\x30", band)


def _commands(band: bytes, step: int) -> Iterator[bytes]:
    harmless_band = harmless(band)
    for run in _RUN.finditer(_inked(harmless_band)):
        start, end = run.span()
        if start:
            yield b"\x1b$" + (start * step).to_bytes(2, "little")
        yield _MODES[step] + (end - start).to_bytes(2, "little") + harmless_band[3 * start : 3 * end]


def _inked(band: bytes) -> bytes:
    """One byte for each column, zero where it is white."""
    upper, middle, lower = (int.from_bytes(band[part::3], "big") for part in range(3))
    return (upper | middle | lower).to_bytes(len(band) // 3, "big")
