"""A snapshot of a million accounts: made at the centre, and loaded by a till against copying the file.

`python -m tests.bench.bench_centre_snapshot --accounts N` measures other numbers of accounts.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from db import replica
from sync.central import database
from sync.central.snapshots import Made, make
from sync.messages import Offered
from sync.snapshots import Loading
from tests.bench import centre_day
from tests.bench.table import Row, shown

ACCOUNTS = 1_000_000
LOTS = 3
HOUR_US = 3_600_000_000
_PIECE = 256 * 1024


def rows(accounts: int = ACCOUNTS) -> Iterable[Row]:
    with centre_day.centre() as url, tempfile.TemporaryDirectory(prefix="snapshot") as place:
        with database.connect(url) as link:
            centre_day.open_accounts(link, accounts, LOTS)
        folder = Path(place)
        began = time.perf_counter()
        made = make(url, folder)
        built_s = time.perf_counter() - began
        print(f"{made.unpacked / 2**20:.0f} MiB, packed {made.size / 2**20:.0f} MiB", file=sys.stderr)
        yield Row(f"a snapshot of {accounts:,} accounts made in {built_s:.0f} s: an hour", built_s * 1e6, HOUR_US, 1)
        yield _loaded(folder, made)


def _loaded(folder: Path, made: Made) -> Row:
    """Loaded from the next disk, checked, unpacked and put in its place, against a plain durable copy of the file."""
    ours, reference = [], []
    for round_ in range(3):
        till = folder / f"till{round_}"
        till.mkdir()
        loading = Loading(till, _Near(folder, made))
        ours.append(_seconds(lambda: loading.prepare(made.timeline, None)))  # noqa: B023 - at once
        (file,) = till.glob("replica-*")
        assert replica.Replica(file).connection.execute("SELECT count(*) FROM card").fetchone()[0]
        reference.append(_seconds(lambda: _copy(file, till / "copy")))  # noqa: B023 - at once
        shutil.rmtree(till)
    return Row("it is loaded by a till: copying the file", min(ours) * 1e6, min(reference) * 1e6, 3)


class _Near:
    """A way to a centre that takes no time: its packed file is on this disk."""

    def __init__(self, folder: Path, made: Made) -> None:
        self._path = folder / f"snapshot-{made.hash}.zst"
        self._made = made

    def snapshot(self) -> Offered:
        made = self._made
        return Offered(made.hash, made.size, made.unpacked, made.timeline, made.tick, ())

    def snapshot_pieces(self, hash_: str, first: int) -> Iterator[bytes]:
        with self._path.open("rb") as source:
            source.seek(first)
            while piece := source.read(_PIECE):
                yield piece


def _copy(file: Path, target: Path) -> None:
    shutil.copyfile(file, target)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    print("\n".join(shown(rows(parser.parse_args().accounts))))


if __name__ == "__main__":
    main()
