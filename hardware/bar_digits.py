"""EAN-13 by its digits: where they lie, how they look, and which number is likeliest when all are weighed together."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MODULES = 95
DIGIT_MODULES = 7
LEFT_CELLS = (3, 10, 17, 24, 31, 38)
RIGHT_CELLS = (50, 57, 64, 71, 78, 85)
"""The module at which each digit begins. The first of the 13 has no bars: the parity of the left half tells it."""

_L_CODES = (
    *("0001101", "0011001", "0010011", "0111101", "0100011"),
    *("0110001", "0101111", "0111011", "0110111", "0001011"),
)
_PARITIES = (
    *("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG"),
    *("LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"),
)
_SIDE_GUARD, _MIDDLE_GUARD = (1, 0, 1), (0, 1, 0, 1, 0)
_WEIGHTS = (3, 1) * 6  # of the digits that have bars, in the check sum; the first has weight 1


class Ranked(NamedTuple):
    """A number and how unlike it what was seen is, as a mean over its digits."""

    unlikeness: float
    text: str


def codes() -> npt.NDArray[np.int64]:
    """The modules of 0 to 9 in code L, then in code G: 20 rows of 7, 1 for dark.

    The right half has the same codes with dark and light exchanged: R for L. So has a left half upside down: there, a
    digit is the exchanged L or G code, and in a right half upside down the G code.
    """
    in_l = np.array([[int(module) for module in code] for code in _L_CODES])
    return np.concatenate([in_l, (1 - in_l)[:, ::-1]])


def modules(text: str) -> npt.NDArray[np.int64]:
    """The 95 modules of 13 digits, guards included, 1 for dark."""
    dark, parity = codes(), _PARITIES[int(text[0])]
    left = [dark[int(digit) + 10 * (code == "G")] for digit, code in zip(text[1:7], parity, strict=True)]
    right = [1 - dark[int(digit)] for digit in text[7:]]
    return np.concatenate([_SIDE_GUARD, *left, _MIDDLE_GUARD, *right, _SIDE_GUARD])


def ranked(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> tuple[Ranked, Ranked]:
    """The likeliest number and the next one, both with a right check digit.

    `left` (6, 20) is the unlikeness of each digit of the left half to 0 to 9 in code L, then in code G; `right` (6, 10)
    that of the right half in code R. Walks from digit to digit, for all first digits at once, and keeps for each check
    sum the two cheapest ways to it.
    """
    costs = np.array([np.concatenate([_by_parity(left, parity), right]) for parity in _PARITIES])
    firsts = np.arange(10)
    totals = np.full((10, 10, 2), np.inf)  # first digit, sum, rank
    totals[firsts, firsts, 0] = 0
    sums, digits = np.arange(10)[:, None], np.arange(10)[None, :]
    ways = []
    for place, weight in enumerate(_WEIGHTS):
        origins = (sums - weight * digits) % 10  # the sum before, for each sum now and digit
        options = (totals[:, origins, :] + costs[:, place][:, None, :, None]).reshape(10, 10, 20)
        cheapest = np.argsort(options, axis=-1)[..., :2]
        totals = np.take_along_axis(options, cheapest, axis=-1)
        ways.append(cheapest)
    whole = totals[:, 0].reshape(-1)
    best, second = np.argsort(whole)[:2]
    return _walked(ways, int(best), float(whole[best])), _walked(ways, int(second), float(whole[second]))


def _by_parity(left: npt.NDArray[np.floating], parity: str) -> npt.NDArray[np.floating]:
    return np.array([row[:10] if code == "L" else row[10:] for row, code in zip(left, parity, strict=True)])


def _walked(ways: list[npt.NDArray[np.int64]], chosen: int, total: float) -> Ranked:
    """The number at the end of a way, found by going it backwards."""
    first, kept = divmod(chosen, 2)
    text, check_sum = "", 0
    for way, weight in zip(reversed(ways), reversed(_WEIGHTS), strict=True):
        digit, kept = divmod(int(way[first, check_sum, kept]), 2)
        text = f"{digit}{text}"
        check_sum = (check_sum - weight * digit) % 10
    return Ranked(total / len(_WEIGHTS), f"{first}{text}")
