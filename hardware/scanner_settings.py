"""How fast a scanner is, and what it puts around a code."""

from msgspec import Struct


class ScannerSettings(Struct, frozen=True):
    """How fast a scanner is, and what it puts around a code.

    A run of keys is a scanner's when its first `length_min` keys came `gap_mean_max_ms` after each other on
    average, or faster. It ends at Enter, Tab or `suffix`, or when nothing came for `terminator_wait_ms`. Keys
    more than `gap_max_ms` apart do not belong together; slow Bluetooth scanners need 150. A scanner that
    sends no Enter at all is answered sooner with `terminator_wait_ms=0`. A code longer than `length_max`
    (characters; bytes on a serial line) is refused.

    `prefix` and `suffix` are cut off where they stand; a code that has both is a scan however short it is.
    `by_layout` is for a scanner that was set to the national layout of this machine: its codes are then read
    from the characters instead of the keys.

    Raises ValueError with a sentence when a figure makes no sense.
    """

    length_min: int = 6
    length_max: int = 512
    gap_max_ms: int = 50
    gap_mean_max_ms: int = 35
    terminator_wait_ms: int = 200
    prefix: str = ""
    suffix: str = ""
    by_layout: bool = False

    def __post_init__(self) -> None:
        if not 2 <= self.length_min <= self.length_max:
            raise ValueError(
                f"scanner: length_min is {self.length_min}; it must be from 2 up to length_max ({self.length_max})."
            )
        if not 1 <= self.gap_mean_max_ms <= self.gap_max_ms:
            raise ValueError(
                f"scanner: gap_mean_max_ms is {self.gap_mean_max_ms}; it must be from 1 up to gap_max_ms "
                f"({self.gap_max_ms})."
            )
        if self.terminator_wait_ms < 0:
            raise ValueError(
                f"scanner: terminator_wait_ms is {self.terminator_wait_ms}; it must be 0 (for a scanner "
                "that sends no Enter) or more."
            )
