"""Opening a data folder: its settings, its programme and its store, for whichever command needs them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from db import link
from db.store import Store
from pos_app import in_force, settings, shipped
from pos_app.clock import Wall
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from pos_app.settings import Settings

log = logging.getLogger(__name__)

CLOCK_SLACK_MIN = 5


class Shop(NamedTuple):
    """An opened data folder."""

    folder: Path
    settings: Settings
    programme: Programme
    store: Store


@contextmanager
def opened(folder: Path, *, read_only: bool = False) -> Iterator[Shop]:
    """The shop in a data folder, made if it is not there and may be; the centre's programme goes before the settings'.

    Raises FileFault for wrong settings or a wrong programme, StoreTrouble for a store that cannot be opened.
    """
    chosen = settings.load(folder)
    content, programme = in_force.read(folder) or _of_settings(chosen, folder)
    store = Store.open(folder, programme.zone, statutes=programme.statutes, read_only=read_only)
    try:
        if not read_only and store.pack(programme.pack) is None:
            store.keep_pack(programme.pack, content)
        if not read_only:
            _check_clock(store, wall(folder)())
        yield Shop(folder, chosen, programme, store)
    finally:
        store.close()


def _of_settings(chosen: Settings, folder: Path) -> tuple[bytes, Programme]:
    content, file = shipped.source(chosen.programme, folder / settings.FILE)
    return content, decode(content, file)


def wall(folder: Path) -> Wall:
    """The machine's clock, set right by the centre's as far as the till in a folder knows it."""
    known = link.state(folder)
    return Wall(known.offset_ms if known is not None else 0)


def _check_clock(store: Store, now: int) -> None:
    """A clock that was set back, or was wrong before, is somebody's to see to; time goes on all the same."""
    behind_min = (store.last_moment - now) // 60_000
    if behind_min >= CLOCK_SLACK_MIN:
        sentence = (
            f"The machine's clock lies {behind_min} minutes behind the last sale. Set it right; until then the till "
            "counts on from that sale."
        )
        store.warnings.append(sentence)
        log.error(sentence)
