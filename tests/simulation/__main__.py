"""`python -m tests.simulation SEEDS [FIRST] [PLANT]`: play seeds; ends with 1 and the seed at the first violation."""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.helpers.postgres import running
from tests.simulation import plants
from tests.simulation.runs import runs

SHARE = 50
"""How many seeds a process plays before it begins anew."""


def play(url: str, plant: str, seeds: range) -> str:
    """Play seeds until one fails; tells what went wrong, or nothing."""
    with plants.planted(plant), runs(url) as some:
        for seed in seeds:
            try:
                history = some.play(seed)
            except Exception as error:
                return f"seed {seed}: {type(error).__name__}: {error}"
            if len(seeds) == 1:
                print(f"seed {seed}: history {history}")
    return ""


def main(seeds: int, first: int, plant: str) -> int:
    began = time.monotonic()
    shares = [range(start, min(start + SHARE, first + seeds)) for start in range(first, first + seeds, SHARE)]
    with running() as postgres, ProcessPoolExecutor(os.cpu_count()) as pool:
        urls = [postgres.database() for _ in shares]
        for wrong in pool.map(partial(_play, plant), zip(urls, shares, strict=True)):
            if wrong:
                pool.shutdown(cancel_futures=True)
                print(wrong, file=sys.stderr)
                return 1
    print(f"{seeds} seeds, no violation, {time.monotonic() - began:.0f} s")
    return 0


def _play(plant: str, share: tuple[str, range]) -> str:
    return play(share[0], plant, share[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=200)
    parser.add_argument("first", type=int, nargs="?", default=1)
    parser.add_argument("plant", choices=["", *plants.PLANTS], nargs="?", default="")
    raise SystemExit(main(**vars(parser.parse_args())))
