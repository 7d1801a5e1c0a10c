"""Seeds of the simulation: 2 000 where CI is told to be true, a share of them in everybody's `make test`."""

import os
from collections.abc import Iterator

import pytest

from tests.helpers.postgres import Postgres
from tests.simulation import checks, losses, plants
from tests.simulation.end import Violation
from tests.simulation.runs import Runs, runs

PARTS = 20
"""So that they can be shared out between the cores."""
SEEDS = 2000 if os.environ.get("CI") == "true" else 60
SEEDS_MOST = 1000
"""A fault that was planted has to be found by one of so many seeds."""


@pytest.fixture(scope="module")
def some(postgres: Postgres) -> Iterator[Runs]:
    with runs(postgres.database()) as made:
        yield made


@pytest.mark.parametrize("part", range(PARTS))
def test_in_the_end_all_agree(some: Runs, part: int) -> None:
    for seed in range(part + 1, SEEDS + 1, PARTS):
        try:
            some.play(seed)
        except Violation as violation:
            pytest.fail(f"seed {seed}: {violation}")


@pytest.mark.parametrize("seed", [679, 880])
def test_what_was_a_fault_once_stays_mended(some: Runs, seed: int) -> None:
    """A return that was folded before its sale; a fact that named a card in another of its contents."""
    some.play(seed)


def test_the_same_seed_has_the_same_history(some: Runs) -> None:
    once, other, again = some.play(1), some.play(2), some.play(1)

    assert once == again != other


def test_losses_beyond_the_bound_are_found(some: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "ALL", (losses.losses_are_bounded,))
    with plants.planted("allowance-without-limit"):
        assert "were lost to spending on trust" in _found(some, 1)


def _found(some: Runs, begin: int) -> str:
    """What is wrong in the first seed in which anything is; nothing where nothing is in very many."""
    for seed in range(begin, begin + SEEDS_MOST):
        try:
            some.play(seed)
        except Violation as violation:
            return str(violation)
    return ""


BEGIN = {"ack-before-commit": 20, "prune-on-ack": 160}
"""Where to begin to look for the faults that show rarely, so that all are found in a minute."""


@pytest.mark.parametrize("plant", plants.PLANTS)
def test_a_planted_fault_is_found(some: Runs, plant: str) -> None:
    with plants.planted(plant):
        assert _found(some, BEGIN.get(plant, 1)), f"{plant} was not found by {SEEDS_MOST} seeds"
