"""The frame that all benchmarks share: ours and the reference measured in turn, and a table with the budgets.

A module `bench_*.py` in this folder has `rows() -> Iterable[Row]`. Only ratios within one run mean anything: the
machine is shared, and its speed changes from one minute to the next for both alike.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One budget: medians (or another figure, which `what` then names) in microseconds, and their ratio's limit."""

    what: str
    ours_us: float
    reference_us: float
    budget: float

    @property
    def ratio(self) -> float:
        return self.ours_us / self.reference_us

    @property
    def kept(self) -> bool:
        return self.ratio <= self.budget


def interleaved(
    what: str,
    ours: Callable[[], object],
    reference: Callable[[], object],
    *,
    budget: float,
    rounds: int,
    warm_up: int = 5,
) -> Row:
    """The medians of two callables over so many rounds, in each of which both run once, in random order."""
    samples = timed([ours, reference], rounds=rounds, warm_up=warm_up)
    return Row(what, statistics.median(samples[0]), statistics.median(samples[1]), budget)


def timed(
    calls: Sequence[Callable[[], object]],
    *,
    rounds: int,
    warm_up: int = 5,
    between: Callable[[], object] = lambda: None,
) -> list[list[float]]:
    """Microseconds of every call of each callable, run in turn in an order that changes from round to round.

    `between` runs before every round and is not measured.
    """
    for call in calls:
        for _ in range(warm_up):
            call()
    samples: list[list[float]] = [[] for _ in calls]
    chance = random.Random(1)
    order = list(range(len(calls)))
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            between()
            chance.shuffle(order)
            for number in order:
                began = time.perf_counter_ns()
                calls[number]()
                samples[number].append((time.perf_counter_ns() - began) / 1000)
    finally:
        if collecting:
            gc.enable()
    return samples


def percentile(samples: Sequence[float], share: float) -> float:
    """The figure that `share` (0 to 1) of the samples do not exceed."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]


def shown(rows: Iterable[Row]) -> list[str]:
    """The rows as lines of a table."""
    lines = [f"{'what':<62} {'ours us':>12} {'reference us':>13} {'ratio':>7} {'budget':>7}  verdict"]
    lines += [
        f"{row.what:<62} {row.ours_us:>12.1f} {row.reference_us:>13.1f} {row.ratio:>7.2f} {row.budget:>7.2f}  "
        f"{'kept' if row.kept else 'OVER'}"
        for row in rows
    ]
    return lines
