"""The locks: complete, hashed, free of addresses, and in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
RUN, DEV = (ROOT / "packaging" / name for name in ("requirements.lock", "requirements-dev.lock"))
ENTRY = re.compile(r"([a-z0-9-]+)==(\S+)( ; [^\\\n]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+")


def _entries(lock: Path) -> set[tuple[str, str, str]]:
    """(name, version, marker) of each entry; nothing else may stand in a lock."""
    text = lock.read_text()
    assert ENTRY.sub("", text) == ""
    return {(name, version, marker) for name, version, marker in ENTRY.findall(text)}


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


@pytest.mark.parametrize(("lock", "extras"), [(RUN, ["build"]), (DEV, ["build", "dev"])])
def test_lock_holds_what_the_project_asks_for(lock: Path, extras: list[str]) -> None:
    asked = list(_project()["dependencies"])
    for extra in extras:
        asked += _project()["optional-dependencies"][extra]
    locked = {name: version for name, version, _ in _entries(lock)}

    unmet = [
        str(requirement)
        for requirement in map(Requirement, asked)
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ]

    assert unmet == []


def test_tests_run_with_the_versions_of_the_till() -> None:
    """On which machines a package is needed, its marker, may be more where there are tests."""
    till, tests = ({(name, version) for name, version, _ in _entries(lock)} for lock in (RUN, DEV))
    assert till <= tests
