"""Cards shown to the camera: the time of a frame, and how many are never read.

`make bench-decode` prints more of it: against each library alone, and for photographs.
"""

import time
from collections.abc import Iterable

import cv2

from hardware.decode import Watcher
from tests.bench.card_frames import presentations
from tests.bench.table import Row, percentile

_MANY = 40
_FRAME_US = 33_000
_NEVER_SHARE = 0.06


def rows() -> Iterable[Row]:
    cv2.setNumThreads(1)
    times_us: list[float] = []
    never = 0
    for presentation in presentations(_MANY):
        watcher = Watcher()
        found: set[str] = set()
        for number, frame in enumerate(presentation.frames()):
            began = time.process_time_ns()
            found |= {reading.text for reading in watcher.look(frame, 40 * number)}
            times_us.append((time.process_time_ns() - began) / 1000)
        if found - {presentation.text}:
            raise AssertionError(f"presentation {presentation.seed}: {presentation.text} was taken for {found}")
        never += not found
    yield Row("a frame of the camera, 95th percentile / 33 ms", percentile(times_us, 0.95), _FRAME_US, 1.0)
    yield Row("cards never read, in 1000 / 60", 1000 * never / _MANY, 1000 * _NEVER_SHARE, 1.0)
