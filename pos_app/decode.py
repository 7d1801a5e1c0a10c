"""`pos-app decode`: the codes in picture files, read by what reads them for the camera."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct


class Code(Struct, frozen=True):
    """A code that counts."""

    symbology: str
    text: str


class Decoded(Struct, frozen=True):
    """The codes of a file, and how many milliseconds it took to find them once the file was read."""

    file: str
    codes: tuple[Code, ...]
    ms: float


class Undecoded(Struct, frozen=True):
    """A file that could not be looked at, and the sentence that says why."""

    file: str
    error: str


def decode(files: Iterable[Path], *, is_frame: bool = False) -> Iterator[Decoded | Undecoded]:
    """One answer for each file, in order; `is_frame` looks as shortly as at a frame of the camera."""
    from hardware import decode as decoder
    from hardware import picture_file

    for path in files:
        name = str(path).encode(errors="replace").decode()
        try:
            picture = picture_file.load(path)
        except picture_file.NoPicture as fault:
            yield Undecoded(name, str(fault).encode(errors="replace").decode())
            continue
        began = time.perf_counter_ns()
        readings = decoder.read(picture, "frame" if is_frame else "still")
        took_ms = (time.perf_counter_ns() - began) / 1_000_000
        yield Decoded(name, tuple(Code(reading.symbology, reading.text) for reading in readings), round(took_ms, 1))
