"""Runs one after the other over one database."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from unittest.mock import patch

from sync.central import intake
from tests.simulation.centre import Centre
from tests.simulation.faults import chance_of
from tests.simulation.tills import make_pattern
from tests.simulation.world import World

_MEMORY = Path("/dev/shm")


class Runs:
    """What all runs of a process share: a centre's database and a folder."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self._pattern = folder / "pattern"
        self._centre = Centre(url)
        with chance_of(Random(0)):
            make_pattern(self._pattern)

    def close(self) -> None:
        self._centre.close()

    def world(self, seed: int) -> World:
        """A world that is about to begin."""
        place = self._folder / "run"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return World(seed, self._centre, place, self._pattern)

    def play(self, seed: int) -> str:
        """Play a seed; tells what its history is known by. Raises Violation."""
        return self.world(seed).play()


@contextmanager
def runs(url: str) -> Iterator[Runs]:
    """Runs over an empty database of the centre's schema, with their files in memory where there is some."""
    logged = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what people are told of is what the checks look at
    folder = Path(tempfile.mkdtemp(prefix="pos-app-simulation-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        with patch.object(intake, "COPIED_FROM", 3):  # uploads are short here
            made = Runs(url, folder)
            try:
                yield made
            finally:
                made.close()
    finally:
        shutil.rmtree(folder)
        logging.disable(logged)
