"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LINES_MAX = 70


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from (ROOT / room).rglob("*.py")


def test_a_function_is_one_thought() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LINES_MAX
    ]

    assert too_long == []


def test_a_room_has_a_name_that_says_something() -> None:
    assert [path for path in _sources() if path.stem in {"utils", "util", "misc", "common", "helpers"}] == []


def test_every_data_file_is_part_of_the_built_package() -> None:
    patterns = TOOLS["setuptools"]["package-data"]["*"]
    files = (path for room in ROOMS if room != "tests" for path in (ROOT / room).rglob("*") if path.is_file())
    data = [path for path in files if path.suffix not in {".py", ".pyc"}]

    assert [path for path in data if not any(path.match(pattern) for pattern in patterns)] == []


def test_every_folder_of_code_is_a_package() -> None:
    """A folder without __init__.py would be missing from the built package and from the arrows."""
    assert {path.parent for path in _sources() if not (path.parent / "__init__.py").exists()} == set()


def test_every_room_is_typed_and_has_its_arrows() -> None:
    assert sorted(TOOLS["mypy"]["packages"]) == ROOMS
    assert sorted([*TOOLS["importlinter"]["root_packages"], "tests"]) == ROOMS
    built = TOOLS["setuptools"]["packages"]["find"]["include"]
    assert sorted([*(name.rstrip("*") for name in built), "tests"]) == ROOMS


def test_every_part_of_the_application_has_its_place_among_the_arrows() -> None:
    arrows = next(contract for contract in TOOLS["importlinter"]["contracts"] if contract["type"] == "layers")
    placed = set(re.findall(r"pos_app\.\w+", " ".join(arrows["layers"])))
    modules = [path.stem for path in (ROOT / "pos_app").glob("*.py") if path.stem != "__init__"]
    packages = [path.parent.name for path in (ROOT / "pos_app").glob("*/__init__.py")]

    assert {f"pos_app.{name}" for name in modules + packages} - placed == set()


def test_the_way_to_the_window_loads_nothing_heavy() -> None:
    heavy = {"argon2", "babel", "barcode", "cv2", "httpx", "numpy", "PySide6.QtMultimedia", "pyzbar", "sqlite_utils"}
    code = "import sys, pos_app.__main__, ui.app; print(*sys.modules)"

    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()

    assert heavy & set(loaded) == set()
