"""Points at a till of the simulation: the real keeper without its thread, and what was let be spent on trust."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pos_app.loyalty import programme_file
from pos_app.loyalty.allowance import Allowance
from pos_app.loyalty.programme import Programme
from sync.keeper import HoldLine, Keeper
from tests.helpers.programme_text import GOOD

ALLOWANCES = (Allowance(20, 30, 48), Allowance(12, 30, 96), Allowance(30, 45, 24))


def _file(allowance: Allowance) -> bytes:
    card, till, hours = allowance.card_points, allowance.till_points, allowance.hours
    return f"{GOOD}\n[version.allowance]\ncard = {card}\ntill = {till}\nhours = {hours}\n".encode()


def _decoded() -> dict[str, tuple[bytes, Programme]]:
    files = [_file(allowance) for allowance in ALLOWANCES]
    programmes = [(content, programme_file.decode(content, "programme")) for content in files]
    return {programme.pack: (content, programme) for content, programme in programmes}


PROGRAMMES: Mapping[str, tuple[bytes, Programme]] = _decoded()
"""The programmes that can be in force, each with its file, by the file's hash; they differ in what is let on trust."""


class KeeperAtOnce(Keeper):
    """Asks where the real one wakes its thread; what it has to wait for is no answer in time."""

    def __init__(self, line: HoldLine, clock: Callable[[], float]) -> None:
        super().__init__(lambda: line, clock=clock)
        self._line = line

    def _work(self) -> None:
        while (due := self._due()) is not None:
            self._do(self._line, *due)


class Trust(NamedTuple):
    """On which copy of a till points were let be spent on trust, when it had heard the centre last, and of which cards
    the family was as that till knew it.
    """

    copy: str
    heard: int
    family: tuple[int, ...]
