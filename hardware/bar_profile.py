"""Reads EAN-13 and UPC-A from shades of grey: whole digits are compared with the profile, no bar is measured.

Other readers turn a picture into black and white and measure bars. Where bars blur into each other, or where too much
or too little light makes all of them thinner or thicker, what they measure is another valid number surprisingly often:
a 7 whose bars grew looks like a 1. Here the digits are laid over the profile as they would look under several
blurs and growths, and the number that fits best in all its digits, its parity pattern and its check digit wins. By
how much it wins over the next one says how far it can be trusted. The guard in the middle, of which no digit is made,
must then look as it would beside those digits: stripes of a cloth may fit all twelve, but not what stands between them.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hardware import bar_digits
from hardware.bar_digits import DIGIT_MODULES, LEFT_CELLS, MODULES, RIGHT_CELLS

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]

_SAMPLES = 4  # of a module
_CELL = (DIGIT_MODULES + 2) * _SAMPLES  # a digit and one module of what surrounds it on both sides
_HALF = len(LEFT_CELLS)
_BLURS = (0.35, 0.55, 0.75, 0.95)  # standard deviations in modules; beyond one, bars have merged
_GROWTHS = (-0.35, -0.15, 0.05, 0.25, 0.45)  # modules by which a bar is wider than printed
_USUAL_LOOK = _BLURS.index(0.55) * len(_GROWTHS) + _GROWTHS.index(0.05)
_SHIFTS = (-0.45, -0.3, -0.15, 0.0, 0.15, 0.3, 0.45)  # modules by which a digit may stand aside on crumpled paper
_BENDS = np.array((-0.09, -0.045, 0.0, 0.045, 0.09))  # of the length: how perspective moves the middle, times four
_BENDS_CLOSER = np.array((-0.03, -0.015, 0.0, 0.015, 0.03))
_LENGTH_LEAST, _LENGTH_MOST = 0.6, 1.2  # of what was measured, which may reach to the edge of a label
_QUIET_LEAST = 2.5  # modules of white outside; more is printed, but blur and neighbours eat of it
_PAIRS_MOST = 12
_PAIRS_CLOSER = 3
_LIKENESS_LEAST = 0.85  # of a place, on average over its digits, for a closer look
_BAND_ROWS_MOST = 13
_MISSES_MOST = 2
_GUARD = (44, 51)  # the middle one, with the dark module that the digits on both sides always turn to it
_GUARD_MISFIT_MOST = 0.25  # of the contrast; on blurred and curved cards it stays below 0.15, on stripes above 0.35
_CONTRAST_LEAST = 4.0  # grey levels


class ProfileReading(NamedTuple):
    """The 13 digits that bars show, how unlike them the profile is (0 to 1), and by how much more the next best number
    is unlike it.
    """

    unlikeness: float
    lead: float
    text: str


def read_bands(picture: npt.NDArray[np.uint8], length: float, bands: int) -> Iterator[ProfileReading]:
    """What each of so many bands of a picture of upright bars shows; they are about `length` pixels long.

    The middle comes first. When two bands show nothing, the others are let be.
    """
    misses = 0
    height = picture.shape[0]
    half = _BAND_ROWS_MOST // 2
    for band in sorted(range(bands), key=lambda band: abs(2 * band + 1 - bands)):
        middle = (2 * band + 1) * height // (2 * bands)
        top, bottom = band * height // bands, (band + 1) * height // bands
        rows = picture[max(top, middle - half) : min(bottom, middle + half + 1)]
        reading = read_profile(rows.mean(axis=0, dtype=np.float32), length) if len(rows) else None
        if reading is not None:
            yield reading
            continue
        misses += 1
        if misses == _MISSES_MOST:
            return


def read_profile(light: Floats, length: float) -> ProfileReading | None:
    """The number that a line across bars shows, in either direction; None if it shows none."""
    dark = _darkness(light, length)
    if dark is None:
        return None
    begins, ends = _pairs(dark, length)
    if not len(begins):
        return None
    bends = np.tile(_BENDS, (len(begins), 1))
    totals, _ = _fits(dark, begins, ends, bends, every=2)
    closer = np.argsort(-totals.max(axis=1))[:_PAIRS_CLOSER]
    begins, ends = begins[closer], ends[closer]
    bends = _BENDS[totals[closer].argmax(axis=1)][:, None] + _BENDS_CLOSER
    totals, likeness = _fits(dark, begins, ends, bends)
    pair, bend = np.unravel_index(int(totals.argmax()), totals.shape)
    if totals[pair, bend] < _LIKENESS_LEAST:
        return None
    lie = _Lie(float(begins[pair]), float(ends[pair]), float(bends[pair, bend]), _curve(likeness[pair, bend]))
    samples = _sampled(dark, lie.places(_steps()))
    (_, look), is_turned = max((_best_look(samples), False), (_best_look(samples[::-1, ::-1]), True))
    best, second = _ranked(samples[::-1, ::-1] if is_turned else samples, look)
    if _guard_misfit(dark, lie, best.text, look, is_turned=is_turned) > _GUARD_MISFIT_MOST:
        return None
    return ProfileReading(best.unlikeness, second.unlikeness - best.unlikeness, best.text)


class _Lie(NamedTuple):
    """Where a number lies in a line: from where to where, and how perspective and curved paper move what is between."""

    begin: float
    end: float
    bend: float
    curve: Places

    def places(self, steps: Places) -> Places:
        """Where the shares of the length in `steps` are."""
        curved = steps + np.polynomial.polynomial.polyval(steps, self.curve) / MODULES
        places: Places = self.begin + (self.end - self.begin) * (curved + self.bend * curved * (1 - curved))
        return places


def _darkness(light: Floats, length: float) -> Floats | None:
    """0 for white to 1 for black, by the lightest and darkest nearby; None if there is no contrast."""
    reach = max(3, int(length * 0.14) | 1)
    nearby = np.lib.stride_tricks.sliding_window_view(np.pad(light, reach // 2, mode="edge"), reach)
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


def _pairs(dark: Floats, length: float) -> tuple[Places, Places]:
    """First and last edges that may belong together: about the length apart, white outside; the whitest first."""
    is_dark = dark > 0.5
    at = np.nonzero(is_dark[1:] != is_dark[:-1])[0]
    places = np.asarray(at + (0.5 - dark[at]) / (dark[at + 1] - dark[at]), np.float64)
    whites_before = np.diff(places, prepend=-float(len(dark)))
    whites_after = np.diff(places, append=2.0 * len(dark))
    darkens = is_dark[at + 1]
    begins, ends = np.meshgrid(places[darkens], places[~darkens], indexing="ij")
    before, after = np.meshgrid(whites_before[darkens], whites_after[~darkens], indexing="ij")
    module = (ends - begins) / MODULES
    fits = (module > _LENGTH_LEAST * length / MODULES) & (module < _LENGTH_MOST * length / MODULES)
    fits &= (before > _QUIET_LEAST * module) & (after > _QUIET_LEAST * module)
    begins, ends, module = begins[fits], ends[fits], module[fits]
    whiteness = np.minimum(before[fits] / module, 12) + np.minimum(after[fits] / module, 12)
    order = np.argsort(-whiteness)[:_PAIRS_MOST]
    return begins[order], ends[order]


@lru_cache(maxsize=1)
def _steps() -> Places:
    """Where digits are sampled, a row for each, as a share of the length."""
    cells = np.array(LEFT_CELLS + RIGHT_CELLS, np.float64)
    steps: Places = (cells[:, None] + (np.arange(_CELL)[None, :] + 0.5) / _SAMPLES - 1) / MODULES
    return steps


def _fits(dark: Floats, begins: Places, ends: Places, bends: Places, every: int = 1) -> tuple[Floats, Floats]:
    """How like digits everything looks, in whatever direction, for each pair and its bends; and by digit and shift.

    Every so many samples are looked at.
    """
    steps = _steps()[:, ::every]
    bent = steps + bends[:, :, None, None] * steps * (1 - steps)
    samples = _sampled(dark, begins[:, None, None, None] + (ends - begins)[:, None, None, None] * bent)
    halves = zip(_usual_looks(every), (samples[..., :_HALF, :], samples[..., _HALF:, :]), strict=True)
    likeness = np.concatenate(
        [(cells @ looks).reshape(*cells.shape[:-1], -1, len(_SHIFTS)).max(axis=-2) for looks, cells in halves], axis=-2
    )
    return likeness.max(axis=-1).mean(axis=-1), likeness


@lru_cache
def _usual_looks(every: int) -> tuple[Floats, Floats]:
    """Digits under a usual blur as columns, for the left half and the right one."""
    left, right = (_normal(looks[_USUAL_LOOK, ..., ::every]) for looks in _looks())
    return left.reshape(-1, left.shape[-1]).T, right.reshape(-1, right.shape[-1]).T


def _curve(likeness: Floats) -> Places:
    """The curve through the places where single digits fit best, which show how the paper is curved; in modules."""
    centres = (np.array(LEFT_CELLS + RIGHT_CELLS) + DIGIT_MODULES / 2) / MODULES
    return np.asarray(np.polynomial.polynomial.polyfit(centres, np.array(_SHIFTS)[likeness.argmax(axis=-1)], 3))


def _guard_misfit(dark: Floats, lie: _Lie, text: str, look: int, *, is_turned: bool) -> float:
    """How far the guard in the middle is from how it looks between those of `text`, as a share of their contrast."""
    blur, growth = _BLURS[look // len(_GROWTHS)], _GROWTHS[look % len(_GROWTHS)]
    at = (np.arange(2 * MODULES) + 0.5) / 2
    edges = np.diff(bar_digits.modules(text), prepend=0, append=0)
    bars = np.nonzero(edges)[0]
    expected = _risen((at[:, None] - (bars - edges[bars] * growth / 2)) / blur) @ edges[bars]
    places = lie.places((MODULES - at if is_turned else at) / MODULES)
    seen = np.interp(places, np.arange(len(dark)), dark)
    is_guard = (at > _GUARD[0]) & (at < _GUARD[1])
    contrast, least = np.polyfit(expected[~is_guard], seen[~is_guard], 1)
    if contrast <= 0:
        return float("inf")
    return float(np.sqrt(np.mean((seen - contrast * expected - least)[is_guard] ** 2)) / contrast)


def _sampled(dark: Floats, places: Places) -> Floats:
    values: Floats = np.interp(places, np.arange(len(dark)), dark).astype(np.float32)
    return _normal(values)


def _normal(values: Floats) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    return np.asarray(centred / (np.linalg.norm(centred, axis=-1, keepdims=True) + 1e-6), np.float32)


def _likeness(samples: Floats) -> tuple[Floats, Floats]:
    """For each look, digit and code, of the left half in codes L and G and of the right one in R."""
    left, right = _looks()
    return (
        (left @ samples[:_HALF].T).max(axis=2).transpose(0, 2, 1),
        (right[:, :10] @ samples[_HALF:].T).max(axis=2).transpose(0, 2, 1),
    )


def _best_look(samples: Floats) -> tuple[float, int]:
    """How well, and with which look, all digits fit that could be read from left to right."""
    left, right = _likeness(samples)
    totals = left.max(axis=-1).sum(axis=-1) + right.max(axis=-1).sum(axis=-1)
    look = int(totals.argmax())
    return float(totals[look]), look


def _ranked(samples: Floats, look: int) -> tuple[bar_digits.Ranked, bar_digits.Ranked]:
    left, right = (1 - part[look] * np.abs(part[look]) for part in _likeness(samples))
    return bar_digits.ranked(left, right)


@lru_cache(maxsize=1)
def _looks() -> tuple[Floats, Floats]:
    """How digits look: (blurs x growths, 20 codes, shifts, samples), for the left half and the right one."""
    codes = bar_digits.codes()
    # A digit of a left half stands between a dark module and a light one, of a right half the other way round.
    return _looks_of(codes, (0, 1), (0, 1)), _looks_of(1 - codes, (1, 0), (1, 0))


def _looks_of(codes: npt.NDArray[np.int64], before: tuple[int, int], after: tuple[int, int]) -> Floats:
    many = len(codes)
    row = np.concatenate([np.tile(before, (many, 1)), codes, np.tile(after, (many, 1))], axis=1)
    edges = np.diff(row, axis=1, prepend=0, append=0)  # +1 where it darkens, -1 where it becomes light
    at = np.arange(edges.shape[1], dtype=np.float64)
    grid = (np.arange(_CELL) + 0.5) / _SAMPLES + len(before) - 1
    looks = []
    for blur in _BLURS:
        for growth in _GROWTHS:
            moved = at[None, :] - edges * growth / 2
            distance = grid[None, None, None, :] - moved[:, None, :, None] - np.array(_SHIFTS)[None, :, None, None]
            looks.append((edges[:, None, :, None] * _risen(distance / blur)).sum(axis=2))
    return _normal(np.array(looks, dtype=np.float32))


def _risen(distance: Places) -> Places:
    """How much of an edge is over at a distance from it in standard deviations of the blur: 0 long before, 1 behind."""
    steps, rise = _rise()
    return np.asarray(np.interp(distance, steps, rise, left=0.0, right=1.0), np.float64)


@lru_cache(maxsize=1)
def _rise() -> tuple[Places, Places]:
    steps = np.linspace(-5, 5, 2001)
    rise = np.cumsum(np.exp(-(steps**2) / 2))
    return steps, rise / rise[-1]
