"""Plays rehearsal files through the use cases of checkout and desk, on a fresh store and a clock that the file sets."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from db.store import Store
from pos_app import rehearsal_file, shipped
from pos_app.loyalty.money import amount_text
from pos_app.rehearsal_file import MONEY, Rehearsal, Step
from pos_app.rehearsal_stage import Actual, Stage

_SETS = ("benefits",)
"""Lists that are compared without their order."""


class StepResult(Struct):
    """What a step came to, and where that differs from what it expects: key -> expected and actual."""

    n: int
    do: str
    ok: bool
    actual: Actual
    differs: dict[str, dict[str, Any]]


class Result(Struct):
    """One rehearsal file, played."""

    file: str
    title: str
    ok: bool
    steps: list[StepResult]


def load(paths: Sequence[Path]) -> list[Rehearsal]:
    """The rehearsals of all files, checked before any is played; raises FileFault."""
    return [rehearsal_file.load(path, shipped.programme) for path in paths]


def play(rehearsal: Rehearsal) -> Result:
    """Play a rehearsal in a fresh store in a temporary folder."""
    programme = rehearsal.programme
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as temporary:
        folder = Path(temporary) / "store"
        shutil.copytree(_empty_store(), folder)
        store = Store.open(folder, programme.zone, statutes=programme.statutes, lasting=False)
        try:
            store.replica.put_products(rehearsal.products)
            store.put_offers(rehearsal.offers)
            store.replica.put_coupons(rehearsal.coupons)
            stage = Stage(store, rehearsal)
            steps = [_played(stage, step, rehearsal) for step in rehearsal.steps]
        finally:
            store.close()
    return Result(rehearsal.file, rehearsal.title, all(step.ok for step in steps), steps)


@cache
def _empty_store() -> Path:
    """The files of a store in which nothing has happened: to copy them is quicker than to make them again."""
    folder = Path(tempfile.mkdtemp(prefix="rehearsals-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Store.open(folder / "store", "UTC", lasting=False).close()
    return folder / "store"


def _played(stage: Stage, step: Step, rehearsal: Rehearsal) -> StepResult:
    currency = rehearsal.programme.version_at(step.moment).currency
    actual = stage.play(step)
    differs = _differences(step.expect, actual, currency, stage.look_beside)
    shown = {key: _shown(key, value, currency) for key, value in actual.items()}
    return StepResult(step.n, step.do, not differs, shown, differs)


def _differences(
    expect: dict[str, Any], actual: Actual, currency: str, look_at: Callable[[str], Actual]
) -> dict[str, dict[str, Any]]:
    differs: dict[str, dict[str, Any]] = {}
    for key, expected in expect.items():
        if key == "also":
            for other in expected:
                found = look_at(other["card"])
                for name, value in other.items():
                    if name != "card" and not _is_as_expected(name, value, found.get(name)):
                        differs[f"{other['card']}.{name}"] = _difference(name, value, found.get(name), currency)
        elif not _is_as_expected(key, expected, actual.get(key)):
            differs[key] = _difference(key, expected, actual.get(key), currency)
    if "refused" in actual and "refused" not in expect:
        differs["refused"] = {"expected": None, "actual": actual["refused"]}
    return differs


def _difference(key: str, expected: Any, found: Any, currency: str) -> dict[str, Any]:
    return {"expected": _shown(key, expected, currency), "actual": _shown(key, found, currency)}


def _is_as_expected(key: str, expected: Any, found: Any) -> bool:
    if key == "notices":
        return set(expected) <= set(found or ())
    if key in _SETS:
        return set(expected) == set(found or ())
    if isinstance(expected, date) and isinstance(found, datetime):
        is_day = not isinstance(expected, datetime)
        return found.date() == expected if is_day else found.replace(microsecond=0) == expected
    return bool(found == expected)


def _shown(key: str, value: Any, currency: str) -> Any:
    if key in MONEY and isinstance(value, int):
        return amount_text(value, currency)
    return value.isoformat() if isinstance(value, date) else value


def report(result: Result) -> list[str]:
    """A played file as lines for people: one a step, and what differs."""
    lines = [f"{result.file}: {result.title}"]
    for step in result.steps:
        shown = ", ".join(f"{key} {value}" for key, value in step.actual.items() if value or key == "balance")
        lines.append(f"  {'ok  ' if step.ok else 'FAIL'} {step.n} {step.do}: {shown}")
        lines += [
            f"       {key}: expected {difference['expected']}, got {difference['actual']}"
            for key, difference in step.differs.items()
        ]
    return lines
