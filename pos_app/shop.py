"""Opening a data folder: its settings, its programme and its store, for whichever command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from db.store import Store
from pos_app import settings, shipped
from pos_app.loyalty.programme import Programme, decode
from pos_app.settings import Settings


class Shop(NamedTuple):
    """An opened data folder."""

    folder: Path
    settings: Settings
    programme: Programme
    store: Store


@contextmanager
def opened(folder: Path, *, read_only: bool = False) -> Iterator[Shop]:
    """The shop in a data folder, made if it is not there and may be.

    Raises FileFault for wrong settings or a wrong programme, StoreTrouble for a store that cannot be opened.
    """
    chosen = settings.load(folder)
    content, file = shipped.source(chosen.programme, folder / settings.FILE)
    programme = decode(content, file)
    store = Store.open(folder, programme.zone, read_only=read_only)
    try:
        if not read_only and store.pack(programme.pack) is None:
            store.keep_pack(programme.pack, content)
        yield Shop(folder, chosen, programme, store)
    finally:
        store.close()
