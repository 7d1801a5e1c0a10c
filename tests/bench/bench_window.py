"""A scan at the till's window until its customer is painted, while a snapshot is being loaded, and a long list.

The keys are real ones, sent to the windows: 13 digits and Enter. The reference is a label as large as the till that
shows the same digits, in a process of its own; both are asked in turn. There is no screen unless `QT_QPA_PLATFORM`
names one. `python -m tests.bench.bench_window --cards N` measures another size.
"""

import argparse
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.bench import stores
from tests.bench.table import Row, interleaved, percentile, shown
from ui import theme
from ui.till.rows import Row as ListRow
from ui.till.rows import RowsView

ROOT = Path(__file__).parents[2]
ROUNDS, WARM_UP = 1000, 20
MANY_ROWS, FEW_ROWS = 100_000, 1_000
FRAME_US = 1_000_000 / 60


def rows(cards: int = stores.CARDS) -> Iterable[Row]:
    """The rows of the window."""
    yield from _scans(stores.made(cards), cards)
    yield _list()


# -- scans


def _scans(data: Path, cards: int) -> Iterator[Row]:
    replica = max(data.glob("replica-*.db"))
    codes = _codes(replica, ROUNDS + WARM_UP)
    samples: dict[str, list[float]] = {"ours": [], "label": []}
    with ExitStack() as stack:
        windows = {
            "ours": stack.enter_context(_window("scan_till.py", str(data))),
            "label": stack.enter_context(_window("scan_label.py")),
        }
        scratch = stack.enter_context(tempfile.TemporaryDirectory(dir=stores.KEPT))
        loader = stack.enter_context(_script("load_snapshot.py", str(replica), scratch))
        stack.callback(loader.kill)
        assert _answer(loader) == "loaded"  # from here on the file is in memory as far as there is room
        chance = random.Random(1)
        for code in codes:
            for name in chance.sample(sorted(windows), len(windows)):
                samples[name].append(_scan(windows[name], code))
        assert loader.poll() is None, "the snapshot must be loading all the time"
    ours, label = (list(filter(None, samples[name][WARM_UP:])) for name in ("ours", "label"))
    assert min(len(ours), len(label)) > ROUNDS * 0.98, "the windows must show what was scanned"
    what = f"scan to painted customer, {cards:,} cards"
    yield Row(what, statistics.median(ours), statistics.median(label), 2)
    yield Row(f"{what}: 99th percentile, one frame", percentile(ours, 0.99), FRAME_US, 1)


def _codes(replica: Path, count: int) -> list[str]:
    """Cards from all over the store, in a random order."""
    connection = sqlite3.connect(f"{replica.as_uri()}?mode=ro", uri=True)
    total: int = connection.execute("SELECT count(*) FROM card").fetchone()[0]
    query = "SELECT number FROM (SELECT number, row_number() OVER () AS place FROM card) WHERE place % ? = 0"
    numbers = [str(row[0]) for row in connection.execute(query, (max(1, total // count),))]
    connection.close()
    random.Random(1).shuffle(numbers)
    return numbers[:count]


# -- a list


def _list() -> Row:
    """The till's list view from nothing to its first paint, then moved to its end and painted again."""
    application = _application()
    view = RowsView((6.5, 6.5, 7.5), ("Стока", "Количество", "Цена", "Сума"))
    view.resize(920, 520)
    view.show()
    many, few = _list_rows(MANY_ROWS), _list_rows(FEW_ROWS)

    def shown_with(listed: list[ListRow]) -> None:
        view.set_rows(listed, 0)
        application.processEvents()
        view.select(len(listed) - 1)
        application.processEvents()
        view.set_rows([])
        application.processEvents()

    what = f"a list of {MANY_ROWS:,} rows shown, against {FEW_ROWS:,}"
    return interleaved(what, lambda: shown_with(many), lambda: shown_with(few), budget=1.3, rounds=100)


def _application() -> QApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    made = QApplication.instance()
    return made if isinstance(made, QApplication) else QApplication(["bench", *theme.ARGUMENTS])


def _list_rows(count: int) -> list[ListRow]:
    return [ListRow(f"Лютеница {n}", "1 точка на 0,50 €", ("1", "2,15 €", "2,15 €"), "+4 т.") for n in range(count)]


# -- processes


def _script(name: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / name), *arguments],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
    )  # fmt: skip


@contextmanager
def _window(name: str, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """A script of `scan_timer`, ready to be scanned at; it is ended by the end of its input."""
    with _script(name, *arguments) as process:
        assert _answer(process) == "ready"
        yield process
        process.communicate(timeout=60)


def _scan(process: "subprocess.Popen[str]", code: str) -> float:
    """Microseconds until a code is painted, 0 when it was not taken for a scan."""
    assert process.stdin is not None
    process.stdin.write(f"{code}\n")
    return int(_answer(process)) / 1000


def _answer(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=stores.CARDS)
    print("\n".join(shown(rows(parser.parse_args().cards))))


if __name__ == "__main__":
    main()
