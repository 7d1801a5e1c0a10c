"""The till's own time: the machine's clock, except that it never goes back and never stands still."""

import time
from collections.abc import Callable


def now_ms() -> int:
    """The machine's clock, in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def ticks_ms() -> int:
    """Milliseconds that pass whatever the machine's clock is set to."""
    return time.monotonic_ns() // 1_000_000


class Wall:
    """The machine's clock, set right by how far the centre's is ahead of it."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms

    def __call__(self) -> int:
        return now_ms() + self.offset_ms


class SteadyClock:
    """Tells UTC milliseconds from `floor` on, the last moment that was written down.

    Where the machine's clock was set back, time goes on from where it was: what comes later is dated later.
    """

    def __init__(self, floor: int, wall: Callable[[], int] = now_ms, ticks: Callable[[], int] = ticks_ms) -> None:
        self._wall = wall
        self._ticks = ticks
        self._told = max(floor, wall())
        self._told_at = ticks()
        self.ahead_ms = self._told - wall()
        """By how much the machine's clock lay behind when this one was made."""

    def __call__(self) -> int:
        ticks = self._ticks()
        self._told = max(self._wall(), self._told + ticks - self._told_at)
        self._told_at = ticks
        return self._told
