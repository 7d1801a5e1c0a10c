"""Reads EAN and UPC bars from shades of grey: whole digits are compared with the profile, no edge has to be found.

Other readers turn a picture into black and white and measure bars. Where bars blur into each other, or where too much
or too little light makes all of them thinner or thicker, what they measure is another valid number surprisingly often:
a 7 whose bars grew looks like a 1. Here the digits are laid over the profile as they would look under several
blurs and growths, and the number that fits best in all its digits, its parity pattern and its check digit wins. By
how much it wins over the next one says how far it can be trusted.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hardware.bar_digits import KINDS, Kind, Ranked, ranked

Floats = npt.NDArray[np.float32]

_SAMPLES = 4  # of a module
_CELL = 9 * _SAMPLES  # a digit of 7 modules and one module of what surrounds it on both sides
_BLURS = (0.35, 0.55, 0.75, 0.95)  # standard deviations in modules; beyond one, bars have merged
_GROWTHS = (-0.35, -0.15, 0.05, 0.25, 0.45)  # modules by which a bar is wider than printed
_SHIFTS = (-0.45, -0.3, -0.15, 0.0, 0.15, 0.3, 0.45)  # modules by which a digit may stand aside on crumpled paper
_BENDS = (-0.06, -0.03, 0.0, 0.03, 0.06)  # of the length: how far the middle is off, by perspective or a round bottle
_PAIRS_MOST = 24
_PAIRS_CLOSER = 4
_LIKENESS_LEAST = 0.8  # of a place, on average over its digits, for a closer look
_BAND_ROWS_MOST = 13
_CONTRAST_LEAST = 4.0  # grey levels


class ProfileReading(NamedTuple):
    """What the bars say: the number, its symbology, how unlike it the profile is (0 to 1), and by how much more the
    next best number is unlike it. `begin` and `end` are where its bars lie along the profile, in pixels.
    """

    unlikeness: float
    lead: float
    text: str
    symbology: str
    begin: float
    end: float


def read_bands(picture: npt.NDArray[np.uint8], length: float, bands: int) -> list[ProfileReading]:
    """The best reading of each of so many bands of a picture of upright bars that are about `length` pixels long."""
    height = picture.shape[0]
    found = []
    for band in range(bands):
        top, bottom = band * height // bands, max((band + 1) * height // bands, band * height // bands + 1)
        middle = (top + bottom) // 2
        half = _BAND_ROWS_MOST // 2
        rows = picture[max(top, middle - half) : min(bottom, middle + half + 1)]
        reading = read_profile(rows.mean(axis=0, dtype=np.float32), length) if len(rows) else None
        if reading is not None:
            found.append(reading)
    return found


def read_profile(light: Floats, length: float) -> ProfileReading | None:
    """The number that a line across the bars shows, in either direction; None if it shows none."""
    dark = _darkness(light, length)
    if dark is None:
        return None
    found = []
    for line, is_turned in ((dark, False), (dark[::-1], True)):
        crossings = _crossings(line)
        for kind in KINDS:
            reading = _read_kind(line, kind, length, crossings)
            if reading is not None:
                begin, end = reading.begin, reading.end
                if is_turned:
                    begin, end = len(dark) - 1 - end, len(dark) - 1 - begin
                found.append(reading._replace(begin=begin, end=end))
    return min(found, default=None)


def _darkness(light: Floats, length: float) -> Floats | None:
    """0 for white to 1 for black, by the lightest and darkest nearby; None if there is no contrast."""
    reach = max(3, int(length * 0.14) | 1)
    padded = np.pad(light, reach // 2, mode="edge")
    nearby = np.lib.stride_tricks.sliding_window_view(padded, reach)
    darkest, lightest = _smooth(nearby.min(axis=1), reach), _smooth(nearby.max(axis=1), reach)
    contrast = lightest - darkest
    usual = float(np.percentile(contrast, 80))
    if usual < _CONTRAST_LEAST:
        return None
    # Where the paper is blank there is little contrast: it must not be blown up to bars.
    dark: Floats = np.clip((lightest - light) / np.maximum(contrast, 0.4 * usual), 0, 1)
    return dark


def _smooth(line: Floats, reach: int) -> Floats:
    sums = np.cumsum(np.pad(line, (reach // 2 + 1, reach // 2), mode="edge"), dtype=np.float64)
    return ((sums[reach:] - sums[:-reach]) / reach).astype(np.float32)


class _Crossings(NamedTuple):
    """Where a profile becomes dark and where it becomes light again, with the length of the white outside."""

    begins: npt.NDArray[np.float64]
    whites_before: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    whites_after: npt.NDArray[np.float64]


def _crossings(dark: Floats) -> _Crossings:
    is_dark = dark > 0.5
    at = np.nonzero(is_dark[1:] != is_dark[:-1])[0]
    places = np.asarray(at + (0.5 - dark[at]) / (dark[at + 1] - dark[at]), np.float64)
    before = np.diff(places, prepend=-float(len(dark)))
    after = np.diff(places, append=2.0 * len(dark))
    darkens = is_dark[at + 1]
    return _Crossings(places[darkens], before[darkens], places[~darkens], after[~darkens])


def _read_kind(dark: Floats, kind: Kind, length: float, crossings: _Crossings) -> ProfileReading | None:
    begins, ends = _pairs(kind, length, crossings)
    if not len(begins):
        return None
    steps = _grid(kind) / kind.modules
    straight = _totals(dark, kind, begins, ends, np.zeros(1))[0]
    closer = np.argsort(-straight.max(axis=-1))[:_PAIRS_CLOSER]
    begins, ends = begins[closer], ends[closer]
    totals, likeness = _totals(dark, kind, begins, ends, np.array(_BENDS))
    pair, bend = np.unravel_index(int(totals.argmax()), totals.shape)
    if totals[pair, bend] < _LIKENESS_LEAST:
        return None
    begin, end = float(begins[pair]), float(ends[pair])
    # The places where single digits fit best show how the paper is curved.
    centres = (np.array(kind.cells) + 3.5) / kind.modules
    asides = np.array(_SHIFTS)[likeness[pair, bend].argmax(axis=-1)]
    curve = np.polynomial.polynomial.polyfit(centres, asides, 3 if len(centres) > 6 else 1)
    curved = steps + np.polynomial.polynomial.polyval(steps, curve) / kind.modules
    places = begin + (end - begin) * (curved + _BENDS[bend] * curved * (1 - curved))
    best = _ranked_at(_sampled(dark, places), kind)
    if not best:
        return None
    lead = best[1].unlikeness - best[0].unlikeness if len(best) > 1 else 1.0
    return ProfileReading(best[0].unlikeness, lead, best[0].text, kind.symbology, begin, end)


def _totals(
    dark: Floats,
    kind: Kind,
    begins: npt.NDArray[np.float64],
    ends: npt.NDArray[np.float64],
    bends: npt.NDArray[np.float64],
) -> tuple[Floats, Floats]:
    """How like digits everything looks for each pair and bend, and for each digit and shift of them."""
    steps = _grid(kind) / kind.modules
    bent = steps + bends[:, None, None] * steps * (1 - steps)
    places = begins[:, None, None, None] + (ends - begins)[:, None, None, None] * bent  # pairs, bends, digits, samples
    likeness = _likeness_by_shift(_sampled(dark, places), kind)
    return likeness.max(axis=-1).mean(axis=-1), likeness


def _pairs(kind: Kind, length: float, crossings: _Crossings) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Beginnings and ends that may belong together: of about the length, with white outside; the whitest first."""
    begins, ends = np.meshgrid(crossings.begins, crossings.ends, indexing="ij")
    before, after = np.meshgrid(crossings.whites_before, crossings.whites_after, indexing="ij")
    module = (ends - begins) / kind.modules
    fits = (module > 0.72 * length / kind.modules) & (module < 1.2 * length / kind.modules)
    fits &= (before > 2.5 * module) & (after > 2.5 * module)
    begins, ends, module = begins[fits], ends[fits], module[fits]
    whiteness = np.minimum(before[fits], 12 * module) / module + np.minimum(after[fits], 12 * module) / module
    order = np.argsort(-whiteness)[:_PAIRS_MOST]
    return begins[order], ends[order]


def _grid(kind: Kind) -> npt.NDArray[np.float64]:
    """The modules at which digits are sampled, one row for each."""
    return np.array(kind.cells)[:, None] + (np.arange(_CELL)[None, :] + 0.5) / _SAMPLES - 1


def _sampled(dark: Floats, places: npt.NDArray[np.float64]) -> Floats:
    values: Floats = np.interp(places, np.arange(len(dark)), dark).astype(np.float32)
    return _normal(values)


def _normal(values: Floats) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    return np.asarray(centred / (np.linalg.norm(centred, axis=-1, keepdims=True) + 1e-6), np.float32)


def _likeness_by_shift(samples: Floats, kind: Kind) -> Floats:
    """For each sampled digit and shift the best likeness to any digit, under a usual blur: quick, to find the place."""
    left, right = (table[_USUAL].reshape(-1, _CELL) for table in _looks())
    digits = []
    for table, cells in ((left, samples[..., : kind.lefts, :]), (right, samples[..., kind.lefts :, :])):
        if cells.shape[-2]:
            all_likeness = cells @ table.T
            digits.append(all_likeness.reshape(*cells.shape[:-1], -1, len(_SHIFTS)).max(axis=-2))
    return np.concatenate(digits, axis=-2)


def _ranked_at(samples: Floats, kind: Kind) -> list[Ranked]:
    """The best numbers for digits sampled there, under the blur and growth that fit all of them best."""
    left, right = _looks()
    likeness = [
        (table @ cells.T).max(axis=2).transpose(0, 2, 1)  # looks, digits, codes
        for table, cells in ((left, samples[: kind.lefts]), (right, samples[kind.lefts :]))
    ]
    totals = sum(part.max(axis=-1).sum(axis=-1) for part in likeness)
    look = int(np.argmax(totals))
    costs = [1 - part[look] * np.abs(part[look]) for part in likeness]
    return ranked(kind, costs[0], costs[1])


_USUAL = _BLURS.index(0.55) * len(_GROWTHS) + _GROWTHS.index(0.05)


@lru_cache(maxsize=1)
def _looks() -> tuple[Floats, Floats]:
    """How digits look: (blurs x growths, codes, shifts, samples), for left halves (L then G codes) and right ones."""
    left_codes = np.array([[int(module) for module in code] for code in _L_CODES])
    right_codes = 1 - left_codes
    left_codes = np.concatenate([left_codes, right_codes[:, ::-1]])
    # A digit of a left half stands between a dark module and a light one, of a right half the other way round.
    return _looks_of(left_codes, (0, 1), (0, 1)), _looks_of(right_codes, (1, 0), (1, 0))


_L_CODES = [
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
]


def _looks_of(codes: npt.NDArray[np.int64], before: tuple[int, int], after: tuple[int, int]) -> Floats:
    many = len(codes)
    row = np.concatenate([np.tile(before, (many, 1)), codes, np.tile(after, (many, 1))], axis=1)
    edges = np.diff(row, axis=1, prepend=0, append=0)  # +1 where it darkens, -1 where it becomes light
    at = np.arange(edges.shape[1], dtype=np.float64)
    grid = (np.arange(_CELL) + 0.5) / _SAMPLES + len(before) - 1
    steps = np.linspace(-5, 5, 2001)
    rise = np.cumsum(np.exp(-(steps**2) / 2))
    rise /= rise[-1]
    looks = []
    for blur in _BLURS:
        for growth in _GROWTHS:
            moved = at[None, :] - edges * growth / 2
            distance = grid[None, None, None, :] - moved[:, None, :, None] - np.array(_SHIFTS)[None, :, None, None]
            seen = np.interp(distance / blur, steps, rise, left=0.0, right=1.0)
            looks.append((edges[:, None, :, None] * seen).sum(axis=2))
    return _normal(np.array(looks, dtype=np.float32))
