"""What is done to a picture besides decoding: made small for the window, and compared with those before."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_SMALL = (64, 36)
_STIR = 14
"""How far the brightness of a 64 by 36th part must go (of 255) to be more than a camera's noise."""
_DARK = 12
_AWAKE_MS = 2500
_ASLEEP_LOOK_MS = 400
_DARK_MS = 2000


def grey(picture: Image) -> Image:
    """A picture without its colours."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def preview(picture: Image, width: int) -> Image:
    """A picture for the window: `width` pixels wide at most, red, green, blue."""
    height_now, width_now = picture.shape[:2]
    wide = min(width, width_now)
    high = max(1, min(1920, round(height_now * wide / width_now)))
    small = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)


class Vigil:
    """Knows which pictures are worth decoding: all while something moves, one now and then while nothing does.

    A camera looks at an empty counter for most of the day. It must be looked at all the same, since a code that
    lies there still has not left.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.int16] | None = None
        self._stirred_ms = 0
        self._looked_ms = 0
        self._bright_ms: int | None = None

    def wants(self, grey_picture: Image, now_ms: int) -> bool:
        """Whether to decode this picture."""
        small = cv2.resize(grey_picture, _SMALL, interpolation=cv2.INTER_AREA).astype(np.int16)
        if self._bright_ms is None or small.mean() > _DARK:
            self._bright_ms = now_ms
        if self._reference is None or np.abs(small - self._reference).max() > _STIR:
            self._reference = small
            self._stirred_ms = now_ms
        wanted = self.is_awake(now_ms) or now_ms - self._looked_ms >= _ASLEEP_LOOK_MS
        if wanted:
            self._looked_ms = now_ms
        return wanted

    def is_awake(self, now_ms: int) -> bool:
        """Whether something has moved of late."""
        return now_ms - self._stirred_ms < _AWAKE_MS

    def is_dark(self, now_ms: int) -> bool:
        """Whether nothing has been seen for a while: a cap, a hand, or no light in the shop."""
        return self._bright_ms is not None and now_ms - self._bright_ms >= _DARK_MS
