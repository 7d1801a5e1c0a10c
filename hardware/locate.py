"""Finds bars in a picture and stands them upright: the decoder's hand on OpenCV.

Where bars are, the shades change strongly in one direction and not at all in the other. The structure tensor says so
for every place at once, in any turn, and what looks alike and lies together is one piece of bars.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_SIDE_LEAST = 3
_SLOPE_LEAST = 32 * 1.5  # a Scharr answer: 1.5 grey levels a pixel
_SLOPE_SHARE = 0.02  # of the picture's strong slopes, as energy
_COARSE = 2  # windows; what changes more slowly than that is light, not bars
_ROW_SHARE, _END_SHARE = 0.35, 0.2  # of the strongest rows, and of the usual places along: what is weaker is beside
_COHERENCE_LEAST = 0.6
_SECTORS = range(0, 256, 43)  # of the doubled angle, whose whole turn is 256
_SECTOR_REACH = 32
_STEP = 2  # pixels of the small picture from one place that is looked at to the next; the window blurs more than that
_AREA_LEAST = 38  # places
_LENGTH_LEAST = 24
_HEIGHT_LEAST = 4
_QUIET = 0.22  # of the length, on each side of a cut-out
_WIDTH_USUAL, _WIDTH_MOST, _HEIGHT_MOST = 550, 900, 240
_ZOOM_LEAST, _ZOOM_MOST = 0.5, 4.0


class Bars(NamedTuple):
    """A piece of bars: its centre, its length across the bars, their height, and the turn in degrees."""

    x: float
    y: float
    length: float
    height: float
    turn: float


class CutOut(NamedTuple):
    """Upright bars, how long they are in it, and the affine way back to the picture (2 x 3)."""

    picture: Grey
    length: float
    back: npt.NDArray[np.float64]

    def place(self, corners: list[tuple[float, float]]) -> tuple[tuple[int, int], ...]:
        """Corners in the cut-out as corners in the picture."""
        return tuple((round(self.back[0] @ (x, y, 1)), round(self.back[1] @ (x, y, 1))) for x, y in corners)


def grey(picture: npt.NDArray[np.generic]) -> Grey:
    """A picture in shades of grey, 8 bit, in one piece; without a side if it is none."""
    import cv2

    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if picture.ndim not in (2, 3) or 0 in picture.shape or (picture.ndim == 3 and picture.shape[2] not in (3, 4)):
        return np.zeros((0, 0), np.uint8)
    if picture.dtype != np.uint8:
        shades = np.nan_to_num(picture.astype(np.float64), posinf=255, neginf=0)
        picture = np.clip(shades, 0, 255).astype(np.uint8)
    whole = np.ascontiguousarray(picture, np.uint8)
    if whole.ndim == 2:
        return whole
    way = cv2.COLOR_BGR2GRAY if whole.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
    return np.asarray(cv2.cvtColor(whole, way), np.uint8)


def bars(picture: Grey, *, side: int, window: int, most: int) -> list[Bars]:
    """Pieces of bars, the largest first.

    The picture is made smaller until its longer side has `side` pixels; there, `window` pixels decide whether a
    place is one of bars: it must be wider than the widest bar.
    """
    import cv2

    height, width = picture.shape
    scale = min(1.0, side / max(height, width))
    small = enlarged(picture, scale) if scale < 1 else picture
    if min(small.shape) < _SIDE_LEAST:
        return []
    shades = small.astype(np.float32)
    fine = cv2.subtract(shades, cv2.blur(shades, (_COARSE * window, _COARSE * window)))
    across = cv2.Scharr(fine, cv2.CV_32F, 1, 0)
    down = cv2.Scharr(fine, cv2.CV_32F, 0, 1)
    places = (max(1, small.shape[1] // _STEP), max(1, small.shape[0] // _STEP))
    xx, yy, xy = (
        cv2.blur(cv2.resize(cv2.multiply(one, other), places, interpolation=cv2.INTER_AREA), (window, window))
        for one, other in ((across, across), (down, down), (across, down))
    )
    even, odd, energy = xx - yy, 2 * xy, xx + yy
    strong = float(np.percentile(energy[::2, ::2], 99))
    least = max(float(_SLOPE_LEAST**2), _SLOPE_SHARE * strong)
    is_bars = (cv2.magnitude(even, odd) > _COHERENCE_LEAST * energy) & (energy > least)
    twice = (cv2.phase(even, odd) * (256 / (2 * math.pi))).astype(np.uint8)
    weight = cv2.sqrt(energy)
    pieces = sorted(_pieces(is_bars, twice), key=lambda piece: -float(weight[piece].sum()))
    found: list[Bars] = []
    for rows, columns in pieces[: 3 * most]:
        one = _measured(rows, columns, even, odd, weight, scale / _STEP)
        if one is not None and not any(_is_same(one, other) for other in found):
            found.append(one)
        if len(found) == most:
            break
    return found


def _pieces(is_bars: npt.NDArray[np.bool_], twice: Grey) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows and columns of the places of each piece whose bars lie about one way."""
    import cv2

    pieces = []
    kernel = np.ones((3, 3), np.uint8)
    for sector in _SECTORS:
        aside = twice - np.uint8((sector - _SECTOR_REACH) % 256)  # goes round as angles do
        mask = (is_bars & (aside < 2 * _SECTOR_REACH)).astype(np.uint8)
        if cv2.countNonZero(mask) < _AREA_LEAST:
            continue
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), np.uint8)
        many, labels, figures, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for label in range(1, many):
            left, top, wide, high, area = (int(figure) for figure in figures[label])
            if area >= _AREA_LEAST:
                rows, columns = np.nonzero(labels[top : top + high, left : left + wide] == label)
                pieces.append((rows + top, columns + left))
    return pieces


def _measured(
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    even: npt.NDArray[np.generic],
    odd: npt.NDArray[np.generic],
    weight: npt.NDArray[np.generic],
    scale: float,
) -> Bars | None:
    """The box of a piece in the picture's own pixels, turned as its bars are; None if it is too small."""
    turn = math.atan2(float(odd[rows, columns].sum()), float(even[rows, columns].sum())) / 2
    cosine, sine = math.cos(turn), math.sin(turn)
    along, up = columns * cosine + rows * sine, rows * cosine - columns * sine
    strength = np.asarray(weight[rows, columns], np.float64)
    low, high = _strong_run(up, strength)
    inside = (up >= low) & (up <= high)
    begin, end = _strong_ends(along[inside], strength[inside])
    length, height = (float(end - begin) + 1) / scale, (float(high - low) + 1) / scale
    if length * scale * _STEP < _LENGTH_LEAST or height * scale * _STEP < _HEIGHT_LEAST:
        return None
    middle, level = float(begin + end) / 2, float(low + high) / 2
    x, y = middle * cosine - level * sine, middle * sine + level * cosine
    aside = 0.5 / (scale * _STEP) - 0.5
    return Bars(x / scale + aside, y / scale + aside, length, height, math.degrees(turn))


def _strong_run(places: npt.NDArray[np.float64], strength: npt.NDArray[np.float64]) -> tuple[float, float]:
    """From where to where the strength stays near its highest: print beside bars does not belong to them."""
    sums, edges = np.histogram(places, max(1, math.ceil(np.ptp(places))), weights=strength)
    top = int(sums.argmax())
    weak = np.nonzero(sums < _ROW_SHARE * sums[top])[0]
    first = int(weak[weak < top].max(initial=-1)) + 1
    last = int(weak[weak > top].min(initial=len(sums)))
    return float(edges[first]), float(edges[last])


def _strong_ends(places: npt.NDArray[np.float64], strength: npt.NDArray[np.float64]) -> tuple[float, float]:
    """From the first to the last place that is not much weaker than usual."""
    sums, edges = np.histogram(places, max(1, math.ceil(np.ptp(places))), weights=strength)
    strong = np.nonzero(sums >= _END_SHARE * np.median(sums))[0]
    return float(edges[strong[0]]), float(edges[strong[-1] + 1])


def _is_same(one: Bars, other: Bars) -> bool:
    near = 0.25 * max(other.length, other.height)
    aside = abs((one.turn - other.turn + 90) % 180 - 90)
    return abs(one.x - other.x) < near and abs(one.y - other.y) < near and aside < 20


def cut_out(picture: Grey, one: Bars) -> CutOut:
    """The bars upright, with white at both sides, enlarged or made smaller to a usual width."""
    import cv2

    wide = one.length * (1 + 2 * _QUIET) + 6
    zoom = min(_ZOOM_MOST, max(_ZOOM_LEAST, _WIDTH_USUAL / wide))
    width = max(8, round(min(_WIDTH_MOST, wide * zoom)))
    zoom = width / wide
    height = max(6, round(min(_HEIGHT_MOST, one.height * zoom)))
    turn = math.radians(one.turn)
    cosine, sine = math.cos(turn) / zoom, math.sin(turn) / zoom
    half_width, half_height = (width - 1) / 2, (height - 1) / 2
    back = np.array(
        [
            [cosine, -sine, one.x - cosine * half_width + sine * half_height],
            [sine, cosine, one.y - sine * half_width - cosine * half_height],
        ]
    )
    flags = (cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    upright = cv2.warpAffine(picture, back, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return CutOut(np.asarray(upright, np.uint8), one.length * zoom, back)


def enlarged(picture: Grey, factor: float) -> Grey:
    """A picture with more or fewer pixels."""
    import cv2

    height, width = picture.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(
        cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA), np.uint8
    )


def sharpened(picture: Grey, blur: float) -> Grey:
    """What a blur of so many pixels took, given back in part."""
    import cv2

    soft = cv2.GaussianBlur(picture, (0, 0), blur)
    return np.asarray(cv2.addWeighted(picture, 2.5, soft, -1.5, 0), np.uint8)


def evened(picture: Grey) -> Grey:
    """A picture with the same contrast everywhere."""
    import cv2

    return np.asarray(cv2.createCLAHE(3.0, (8, 8)).apply(picture), np.uint8)


def smoothed(picture: Grey, blur: float) -> Grey:
    """A picture without detail finer than so many pixels."""
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
