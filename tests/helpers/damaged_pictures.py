"""Picture files with changed bytes; `python -m tests.helpers.damaged_pictures N` loads and decodes so many.

A fault is whatever is neither a picture nor a sentence: a traceback, a crash, words of a library on the terminal.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from hardware import decode, picture_file
from tests.helpers import code_pictures as drawn

CARD = "2934027075919"
KINDS = ("png", "jpg", "webp", "gif", "bmp", "tiff")


def damaged(many: int, seed: int) -> Iterator[bytes]:
    """So many files of all kinds: some bytes changed, cut out, doubled, or the end missing."""
    chance = np.random.default_rng(seed)
    picture = cv2.cvtColor(drawn.bars(CARD, module=2, height=40), cv2.COLOR_GRAY2BGR)
    wholes = [cv2.imencode(f".{kind}", picture)[1].tobytes() for kind in KINDS]
    for number in range(many):
        data = bytearray(wholes[number % len(wholes)])
        for _ in range(int(chance.integers(1, 12))):
            # Most of what a reader believes stands at the beginning.
            reach = len(data) if chance.random() < 0.5 else min(len(data), 64)
            place = int(chance.integers(reach))
            what = chance.integers(4)
            if what < 2:
                data[place] = int(chance.integers(256))
            elif what == 2:
                data[place:place] = data[place : place + int(chance.integers(1, 40))]
            elif len(data) > 80:
                del data[place : place + int(chance.integers(1, 10))]
        yield bytes(data[: int(chance.integers(1, len(data)))] if chance.random() < 0.1 else data)


def tried(path: Path, many: int, seed: int) -> tuple[int, int]:
    """How many were pictures, and how many of those held the card; AssertionError for another number."""
    pictures = read = 0
    for data in damaged(many, seed):
        path.write_bytes(data)
        try:
            picture = picture_file.load(path)
        except picture_file.NoPicture:
            continue
        assert picture.dtype == np.uint8
        assert picture.shape[2:] == (3,)
        pictures += 1
        if picture.size > 3_000_000:  # a changed size; what it holds takes long to look at and is nothing
            continue
        found = {reading.text for reading in decode.read(picture, "frame")}
        assert found <= {CARD}, found
        read += bool(found)
    return pictures, read


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(tried(Path(folder) / "card", int(sys.argv[1]), seed=1))
