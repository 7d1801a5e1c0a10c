"""Every clause of every shipped programme has a rehearsal that names it, and stands in the project's own copy."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from pos_app import shipped

CLAUSES = {
    "coop-bg": [*(f"K{number}" for number in range(1, 15)), "K5b"],
    "taavoni-ir": [f"T{number}" for number in range(1, 17)],
    "asal-plus": [f"H{number}" for number in range(1, 29)],
    "kerman-motor": [f"M{number}" for number in range(1, 8)],
    "dvizna-si": [f"S{number}" for number in range(1, 10)],
}
PAGE = Path(__file__).parents[2] / "docs" / "programmes.md"
PAIRS = [(name, clause) for name, clauses in CLAUSES.items() for clause in clauses]


def titles(name: str) -> list[str]:
    """The titles of the rehearsals that a programme file names."""
    folder = Path(str(files("pos_app.programmes")))
    patterns = shipped.programme(name).rehearsals
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return [tomllib.loads(path.read_text(encoding="utf-8"))["title"] for path in paths]


def test_all_shipped_programmes_are_asked() -> None:
    assert set(CLAUSES) == set(shipped.SHIPPED)


@pytest.mark.parametrize(("name", "clause"), PAIRS)
def test_a_clause_has_a_rehearsal(name: str, clause: str) -> None:
    assert any(re.search(rf"\b{clause}\b", title) for title in titles(name))


@pytest.mark.parametrize(("name", "clause"), PAIRS)
def test_a_clause_stands_in_the_docs(name: str, clause: str) -> None:
    assert re.search(rf"\b{clause}\b", PAGE.read_text(encoding="utf-8"))
