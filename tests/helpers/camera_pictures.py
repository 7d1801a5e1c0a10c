"""Pictures as a camera takes them: a card that is held before it, or nothing, on a grey and noisy ground."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.patterns import bars

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
_GROUND = 125
_MODULE_PX = 4
_CARD = (300, 480)


def empty(seed: int = 0) -> Image:
    """The counter, with nobody there."""
    return _noisy(np.full((HEIGHT, WIDTH, 3), _GROUND, np.uint8), seed)


def card(code: str, *, turned: float = 0, seed: int = 0) -> Image:
    """A card with an EAN-13, turned by some degrees."""
    modules = bars("EAN13", code)
    assert modules is not None
    row = np.repeat(np.array([0 if module == "1" else 255 for module in modules], np.uint8), _MODULE_PX)
    plain = np.full((*_CARD, 3), 240, np.uint8)
    left = (_CARD[1] - row.size) // 2
    plain[70:230, left : left + row.size] = row[None, :, None]
    move = cv2.getRotationMatrix2D((_CARD[1] / 2, _CARD[0] / 2), turned, 1)
    move[0, 2] += (WIDTH - _CARD[1]) // 2
    move[1, 2] += (HEIGHT - _CARD[0]) // 2
    picture = np.full((HEIGHT, WIDTH, 3), _GROUND, np.uint8)
    cv2.warpAffine(plain, move, (WIDTH, HEIGHT), picture, borderMode=cv2.BORDER_TRANSPARENT)
    return _noisy(picture, seed)


class Reel:
    """A folder of pictures that stands in for a camera: 15 of them are a second."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._count = 0

    def add(self, *pictures: Image, times: int = 1) -> None:
        """Go on with these pictures, one after the other, so many times."""
        packed = [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for picture in pictures]
        for data in packed * times:
            (self.folder / f"{self._count:05}.jpg").write_bytes(data)
            self._count += 1


def _noisy(picture: Image, seed: int) -> Image:
    noise = np.random.default_rng(seed).normal(0, 5, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
