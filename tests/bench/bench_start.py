"""The till's start, up to the first paint of the sign-in page, against a window with one label.

Both are processes of their own, started in turn, without a screen unless `QT_QPA_PLATFORM` names one. The wall
clock counts from before the process is made; processor time is the steadier figure on a machine that is shared.
`python -m tests.bench.bench_start --cards N` measures another size.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.bench import stores
from tests.bench.table import Row, shown

ROOT = Path(__file__).parents[2]
ROUNDS = 25
TIMEOUT_S = 60


class Start(NamedTuple):
    """One start: nanoseconds on the clock, and of the processor."""

    clock_ns: int
    processor_ns: int


def rows(cards: int = stores.CARDS) -> Iterable[Row]:
    """The two rows of the start."""
    data = stores.made(cards)
    commands = {"ours": ["start_till.py", str(data)], "bare": ["start_bare.py"]}
    starts: dict[str, list[Start]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as compiled:
        for command in commands.values():
            _start(command, compiled)  # so that all code is compiled, as it is where a till is installed
        chance = random.Random(1)
        for _ in range(ROUNDS):
            for name in chance.sample(sorted(commands), len(commands)):
                starts[name].append(_start(commands[name], compiled))
    for place, what in enumerate(("", ", processor time")):
        ours, bare = (statistics.median(start[place] for start in starts[name]) / 1000 for name in commands)
        yield Row(f"start to the first paint, {cards:,} cards{what}", ours, bare, 1.3)


def _start(command: list[str], compiled: str) -> Start:
    script, *arguments = command
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began_ns = time.monotonic_ns()
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).parent / script), *arguments],
        env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise RuntimeError(f"{script} failed: {ended.stderr}")
    painted_ns, processor_ns = map(int, ended.stdout.split())
    return Start(painted_ns - began_ns, processor_ns)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=stores.CARDS)
    print("\n".join(shown(rows(parser.parse_args().cards))))


if __name__ == "__main__":
    main()
