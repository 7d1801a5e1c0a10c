"""From how well every digit fits every place to the numbers that are most likely: parity patterns and check digits."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Kind(NamedTuple):
    """A symbology whose digits lie at fixed modules: how long it is, where digits begin, how many are in the left half."""

    symbology: str
    modules: int
    cells: tuple[int, ...]
    lefts: int


KINDS = (
    Kind("EAN13", 95, (3, 10, 17, 24, 31, 38, 50, 57, 64, 71, 78, 85), 6),
    Kind("EAN8", 67, (3, 10, 17, 24, 36, 43, 50, 57), 4),
    Kind("UPCE", 51, (3, 10, 17, 24, 31, 38), 6),
)


class Ranked(NamedTuple):
    """A number and how unlike it what was seen is, as a mean over its digits."""

    unlikeness: float
    text: str


def ranked(kind: Kind, left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> list[Ranked]:
    """The two most likely numbers, best first, all with a right check digit.

    `left` has a row for each digit of the left half with the unlikeness of 0 to 9 in code L, then in code G; `right`
    the same for the right half with one code.
    """
    if kind.symbology == "EAN13":
        found = _ean13(left, right)
    elif kind.symbology == "EAN8":
        found = _completed(np.concatenate([left[:, :10], right])[None], [3, 1] * 4, np.zeros(1, np.int64))[0]
    else:
        found = _upce(left)
    digits = len(kind.cells)
    return [Ranked(total / digits, text) for total, text in sorted(found)[:2]]


def expanded_upce(system: int, digits: str, check: int) -> str:
    """The 13 digits of the EAN-13 that the six digits of a UPC-E stand for."""
    a, b, c, d, e, last = list(digits)
    if last in "012":
        middle = f"{a}{b}{last}0000{c}{d}{e}"
    elif last == "3":
        middle = f"{a}{b}{c}00000{d}{e}"
    elif last == "4":
        middle = f"{a}{b}{c}{d}00000{e}"
    else:
        middle = f"{a}{b}{c}{d}{e}0000{last}"
    return f"0{system}{middle}{check}"


def check_digit(digits: str) -> int:
    """The GS1 check digit that belongs behind these digits."""
    return -sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits))) % 10


_EAN13_PARITIES = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]
_UPCE_PARITIES = ["GGGLLL", "GGLGLL", "GGLLGL", "GGLLLG", "GLGGLL", "GLLGGL", "GLLLGG", "GLGLGL", "GLGLLG", "GLLGLG"]


def _ean13(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> list[tuple[float, str]]:
    costs = np.array([np.concatenate([_by_parity(left, parity), right]) for parity in _EAN13_PARITIES])
    completed = _completed(costs, [3, 1] * 6, np.arange(10))
    return [(total, f"{first}{text}") for first, numbers in enumerate(completed) for total, text in numbers]


def _by_parity(left: npt.NDArray[np.floating], parity: str) -> npt.NDArray[np.floating]:
    return np.array([row[:10] if code == "L" else row[10:] for row, code in zip(left, parity, strict=True)])


def _completed(
    costs: npt.NDArray[np.floating], weights: list[int], starts: npt.NDArray[np.int64]
) -> list[list[tuple[float, str]]]:
    """For each set of costs (digits, 10) the two cheapest rows of digits whose weighted sum with its start is 0 mod 10.

    Walks from digit to digit and keeps, for each sum, the two cheapest ways there.
    """
    sets = len(costs)
    totals = np.full((sets, 10, 2), np.inf)
    totals[np.arange(sets), starts % 10, 0] = 0
    sums, digits = np.arange(10)[:, None], np.arange(10)[None, :]
    ways = []
    for place, weight in enumerate(weights):
        origins = (sums - weight * digits) % 10  # the sum before, for each sum now and digit
        options = (totals[:, origins, :] + costs[:, place][:, None, :, None]).reshape(sets, 10, 20)
        cheapest = np.argsort(options, axis=-1)[..., :2]
        totals = np.take_along_axis(options, cheapest, axis=-1)
        ways.append(cheapest)
    found = []
    for number in range(sets):
        rows = []
        for rank in range(2):
            if not np.isfinite(totals[number, 0, rank]):
                continue
            row, total, kept = [], 0, rank
            for place in range(len(weights) - 1, -1, -1):
                digit, kept_before = divmod(int(ways[place][number, total, kept]), 2)
                row.append(str(digit))
                total, kept = (total - weights[place] * digit) % 10, kept_before
            rows.append((float(totals[number, 0, rank]), "".join(reversed(row))))
        found.append(rows)
    return found


def _upce(left: npt.NDArray[np.floating]) -> list[tuple[float, str]]:
    """The parity pattern says number system and check digit, so only few rows of digits agree with it."""
    found = []
    for system in (0, 1):
        for check, pattern in enumerate(_UPCE_PARITIES):
            parity = pattern if system == 0 else pattern.translate(str.maketrans("GL", "LG"))
            rows = [(0.0, "")]
            for costs in _by_parity(left, parity):
                rows = sorted(
                    (total + cost, f"{row}{digit}") for total, row in rows for digit, cost in enumerate(costs)
                )
                del rows[40:]
            whole = ((total, expanded_upce(system, row, check)) for total, row in rows)
            valid = [(float(total), text) for total, text in whole if check_digit(text[:12]) == check]
            found += valid[:2]
    return found
