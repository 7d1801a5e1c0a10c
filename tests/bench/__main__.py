"""`python -m tests.bench [word ...]`: every benchmark of this folder, or those whose names hold one of the words."""

import importlib
import pkgutil
import sys
from pathlib import Path

from tests.bench.table import Row, shown


def main(words: list[str]) -> int:
    """Print one table; 1 when a budget is not kept."""
    names = [
        module.name
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if module.name.startswith("bench_") and (not words or any(word in module.name for word in words))
    ]
    rows: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"tests.bench.{name}").rows()
    print("\n".join(shown(rows)))
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
