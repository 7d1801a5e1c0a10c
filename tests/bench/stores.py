"""Demo stores for the benchmarks, made once for each size and kept in `build/bench`."""

import shutil
import sys
import time
from pathlib import Path

from pos_app import demo

KEPT = Path(__file__).parents[2] / "build" / "bench"
CARDS = 1_000_000
GOODS = 20_000
NOW = 1_900_000_000_000


def made(cards: int = CARDS) -> Path:
    """The folder of a store with so many cards; a million take a minute or two, the first time."""
    folder = KEPT / f"cards-{cards}"
    if not folder.exists():
        began_s = time.monotonic()
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        demo.make_demo(unfinished, cards=cards, goods=GOODS, now=NOW)
        unfinished.rename(folder)
        print(f"{folder} made in {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
    return folder
