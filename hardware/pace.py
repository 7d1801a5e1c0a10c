"""How fast a slow keyboard-wedge scanner types, learned from what only a scanner can have typed.

A radio scanner may leave more time between two keys than the settings allow. It is known by a number with a right
check digit and Enter behind it, typed faster than fingers find digits. From then on numbers at its pace are codes.
"""

import re

from msgspec import Struct

from pos_app.loyalty.barcodes import split
from pos_app.loyalty.cards import has_check_digit

GAP_MOST_MS = 150
"""Keys further apart are never taken for one code, whatever was seen."""
GAP_MEAN_MOST_MS = 85
"""Nobody types eight different digits as fast as this; the best reach 110."""
LENGTH_LEAST = 8
"""So many digits have to come at a learned pace before they are a code."""
LENGTH_PATIENT = 12
"""Up to so many digits a run may lag behind the learned pace by one long gap and still catch up."""

_LENGTHS = (8, 12, 13, 14)
_LENGTH_MOST = 30
_MARGIN = 1.2
_MARGIN_MS = 5
_BEGINNING = re.compile(r"[0-9]*|\](?:[A-Za-z][0-9]*)?")


class Pace(Struct, frozen=True):
    """The longest time between two keys, and the longest on average, that a scanner may take."""

    gap_max_ms: int
    gap_mean_max_ms: int

    def allows(self, length: int, elapsed_ms: int, slack_ms: int = 0) -> bool:
        """Whether so many digits, typed in this time, keep to the pace."""
        return elapsed_ms <= (length - 1) * self.gap_mean_max_ms + slack_ms


class PaceLearner:
    """Sees every key and knows the pace of the slowest scanner among them, None as long as the settings suffice."""

    def __init__(self, set_pace: Pace) -> None:
        self.pace: Pace | None = None
        self._set = set_pace
        self._text = ""
        self._elapsed_ms = self._gap_max_ms = 0

    def see(self, character: str, gap_ms: int) -> None:
        """A character key, so long after the one before it."""
        self._elapsed_ms += gap_ms
        self._gap_max_ms = max(self._gap_max_ms, gap_ms)
        if self._text and 0 <= gap_ms <= GAP_MOST_MS and len(self._text) < _LENGTH_MOST:
            self._text += character
        else:
            self._text = character
            self._elapsed_ms = self._gap_max_ms = 0

    def see_end(self, gap_ms: int) -> None:
        """Enter or Tab, so long after the last character key."""
        _, digits = split(self._text)
        if 0 <= gap_ms <= GAP_MOST_MS and len(digits) in _LENGTHS and has_check_digit(digits):
            self._learn(self._elapsed_ms / (len(self._text) - 1))
        self.forget()

    def forget(self) -> None:
        """Another key: what came before it was no code."""
        self._text = ""

    def _learn(self, mean_ms: float) -> None:
        if mean_ms > GAP_MEAN_MOST_MS:
            return
        known = self.pace or self._set
        if self._gap_max_ms <= known.gap_max_ms and mean_ms <= known.gap_mean_max_ms:
            return
        gap_ms = min(GAP_MOST_MS, int(self._gap_max_ms * _MARGIN) + _MARGIN_MS)
        mean_ms = min(GAP_MEAN_MOST_MS, int(mean_ms * _MARGIN) + _MARGIN_MS)
        self.pace = Pace(max(gap_ms, known.gap_max_ms), max(int(mean_ms), known.gap_mean_max_ms))


def may_be_number(text: str) -> bool:
    """Whether `text` is a number or its beginning, with an AIM identifier or without."""
    return _BEGINNING.fullmatch(text) is not None and text.isascii()
