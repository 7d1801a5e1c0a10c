"""Reads codes from pictures: zxing-cpp, zbar and the profile reader look at the same bars, and must agree.

A picture is looked at in steps, from the quick to the thorough. A frame of a camera gets the first step alone, since
the next frame comes at once; a single picture gets the others too while nothing is found.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import structs

from hardware import bar_profile, locate, zbar_reader, zxing_reader
from hardware.agreement import Agreement, Reading
from hardware.candidates import Candidate, Place, scaled

__all__ = ["Reading", "Watcher", "read"]

Effort = Literal["frame", "still"]
Grey = npt.NDArray[np.uint8]

_GRACE_MS = 700  # out of sight, before the same code counts again
_MOMENT_MS = 400  # in which frames show the same card
_SIDE_MOST = 3000


def read(picture: npt.NDArray[Any], effort: Effort = "still") -> list[Reading]:
    """The codes of one picture (rows x columns of grey, or BGR), if they can be believed."""
    agreement = Agreement()
    shrink = _look(picture, agreement, effort)
    return [structs.replace(reading, place=scaled(reading.place, 1 / shrink)) for reading in agreement.accepted()]


class Watcher:
    """Reads a stream of frames and says each code once, until it has been out of sight for a while.

    What readers claim of several frames within a moment is weighed together, so that two readers may agree in two
    frames. One library that claims the same twice is not enough: under the same blur it repeats the same mistake.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._past: list[tuple[int, Agreement]] = []

    def look(self, picture: npt.NDArray[Any], now_ms: int) -> list[Reading]:
        """The codes that count from this frame on; `now_ms` never goes back."""
        frame = Agreement()
        shrink = _look(picture, frame, "frame")
        self._past = [(seen_ms, past) for seen_ms, past in self._past if now_ms - seen_ms <= _MOMENT_MS]
        self._past.append((now_ms, frame))
        self._seen = {text: seen_ms for text, seen_ms in self._seen.items() if now_ms - seen_ms <= _GRACE_MS}
        counting = {reading.text: reading for reading in frame.accepted()}
        for reading in Agreement.of(past for _, past in self._past).accepted():
            if reading.text in frame.texts:
                counting.setdefault(reading.text, reading)
        new = [
            structs.replace(reading, place=scaled(reading.place, 1 / shrink))
            for text, reading in counting.items()
            if text not in self._seen
        ]
        for text in counting.keys() | (frame.texts & self._seen.keys()):
            self._seen[text] = now_ms
        return new


def _look(picture: npt.NDArray[Any], agreement: Agreement, effort: Effort) -> float:
    """Let the readers look at a picture; how much smaller it was made for that, which their places are measured in."""
    grey = locate.grey(picture)
    if min(grey.shape) < 2:
        return 1.0
    shrink = float(min(1.0, _SIDE_MOST / max(grey.shape)))
    if shrink < 1:
        grey = locate.enlarged(grey, shrink)
    if effort == "frame":
        agreement.hear(zxing_reader.read_matrix(grey))
        _look_at_bars(grey, agreement, _FRAME)
        return shrink
    agreement.hear(zxing_reader.read(grey))
    agreement.hear(zbar_reader.read(grey))
    _look_at_bars(grey, agreement, _STILL)
    for step in _THOROUGH:
        if agreement.accepted():
            break
        step(grey, agreement)
    return shrink


class _Search(NamedTuple):
    """How bars are looked for: see `locate.bars`; and how thoroughly each piece is read."""

    side: int
    window: int
    pieces: int
    bands: int
    is_thorough: bool


_FRAME = _Search(640, 7, 2, 3, is_thorough=False)
_STILL = _Search(640, 7, 4, 5, is_thorough=True)


def _look_at_bars(grey: Grey, agreement: Agreement, search: _Search) -> None:
    settled = len(agreement.accepted())
    for piece in locate.bars(grey, side=search.side, window=search.window, most=search.pieces):
        cut = locate.cut_out(grey, piece)
        height, width = cut.picture.shape
        place = cut.place([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)])
        agreement.hear(_placed(zxing_reader.read_bars(cut.picture), place))
        for reading in bar_profile.read_bands(cut.picture, cut.length, search.bands):
            agreement.hear_profile([reading], place)
            if not search.is_thorough and len(agreement.accepted()) > settled:
                break
        if not search.is_thorough and len(agreement.accepted()) > settled:
            settled = len(agreement.accepted())
            continue
        if search.is_thorough or agreement.texts:  # in a frame, zbar is asked only when somebody is to be confirmed
            agreement.hear(_placed(zbar_reader.read_bars(cut.picture), place))
        if search.is_thorough and not agreement.accepted():
            sharp = locate.sharpened(cut.picture, 2.0)
            agreement.hear(_placed(zxing_reader.read_bars(sharp), place))
            agreement.hear(_placed(zbar_reader.read_bars(sharp), place))


def _placed(candidates: list[Candidate], place: Place) -> list[Candidate]:
    return [structs.replace(claim, place=place) for claim in candidates]


def _look_wider(grey: Grey, agreement: Agreement) -> None:
    """Bars that are wider or finer than usual."""
    _look_at_bars(grey, agreement, _STILL._replace(window=13))
    if not agreement.accepted():
        _look_at_bars(grey, agreement, _STILL._replace(side=320, window=5))


def _look_light_on_dark(grey: Grey, agreement: Agreement) -> None:
    """White bars on black; QR codes so are found by the first look."""
    _look_at_bars(255 - grey, agreement, _STILL)


def _look_again(changed: Callable[[Grey], Grey]) -> Callable[[Grey, Agreement], None]:
    """Both libraries on the picture as it looks after a change."""

    def look(grey: Grey, agreement: Agreement) -> None:
        other = changed(grey)
        back = grey.shape[1] / other.shape[1]
        for claim in (*zxing_reader.read(other), *zbar_reader.read(other)):
            agreement.hear([structs.replace(claim, place=scaled(claim.place, back))])

    return look


def _twice_as_large(grey: Grey) -> Grey:
    return locate.enlarged(grey, min(2.0, _SIDE_MOST / max(grey.shape)))


def _half_as_large(grey: Grey) -> Grey:
    return locate.enlarged(grey, 0.5) if min(grey.shape) > 60 else grey


_THOROUGH: tuple[Callable[[Grey, Agreement], None], ...] = (
    _look_wider,
    _look_light_on_dark,
    _look_again(locate.evened),
    _look_again(lambda grey: locate.sharpened(_twice_as_large(grey), 2.0)),
    _look_again(_twice_as_large),
    _look_again(lambda grey: locate.smoothed(grey, 1.0)),
    _look_again(_half_as_large),
)
