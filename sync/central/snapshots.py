"""Snapshots: all that tills are told, as a ready replica file that an empty one takes up whole.

One is made by a process of its own when a till asks and there is none that is new enough; at most two lie on the disk.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import anyio.to_thread
import msgspec
import zstandard
from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from db.replica import Told
from db.snapshot import Cut, Snapshot
from pos_app.loyalty import stored
from sync.central import database, people
from sync.central.database import Link, Pool, row
from sync.central.tills import Refused
from sync.messages import Entry, Offered, Tiers

LEAST = 2000
"""So many ledgers are told in pages as fast."""
FRESH_S = 6 * 3600.0
AGAIN_S = 60.0
"""How long to wait after one that could not be made."""
KEPT = 2
_NOTE = "snapshot.json"
_LEVEL = 3
_PIECE = 256 * 1024
_BATCH = 2000

_tiers = msgspec.msgpack.Decoder(Tiers)


class Made(Struct, frozen=True):
    """A snapshot that lies ready, made at `at` (UTC seconds)."""

    hash: str
    size: int
    unpacked: int
    timeline: str
    tick: int
    at: float


_notes = msgspec.json.Decoder(Made)


class Snapshots:
    """The snapshots in a folder; `pool` and `url` lead to the database that they are made of."""

    def __init__(self, folder: Path, pool: Pool, url: str, least: int = LEAST, fresh_s: float = FRESH_S) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._pool = pool
        self._url = url
        self._least = least
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._making: subprocess.Popen[bytes] | None = None
        self._begun = float("-inf")

    def offered(self, till: int) -> Offered | None:
        """What a till can have now; a new one is begun when there is none that is new enough."""
        with self._pool.connection() as link:
            timeline, shop = row(link, "SELECT timeline, (SELECT shop FROM till WHERE till = %s) FROM centre", (till,))
            made = self.newest()
            is_there = made is not None and made.timeline == timeline
            if not is_there or (made is not None and time.time() - made.at > self._fresh_s):
                self._begin(link)
            if made is None or not is_there:
                return None
            things = tuple(_things(link, shop or ""))
        return Offered(made.hash, made.size, made.unpacked, made.timeline, made.tick, things)

    def newest(self) -> Made | None:
        """The snapshot that lies ready."""
        try:
            made = _notes.decode((self.folder / _NOTE).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None
        return made if self.path(made.hash).exists() else None

    def path(self, hash_: str) -> Path:
        return self.folder / f"snapshot-{hash_}.zst"

    def wait(self) -> None:
        """Wait for the one that is being made."""
        if self._making is not None:
            self._making.wait()

    def close(self) -> None:
        """Make no more."""
        if self._making is not None and self._making.poll() is None:
            self._making.terminate()
            self._making.wait()

    def _begin(self, link: Link) -> None:
        """Begin to make one, unless one is being made, or it is not worth it."""
        with self._lock:
            is_busy = self._making is not None and self._making.poll() is None
            if is_busy or time.monotonic() - self._begun < AGAIN_S:
                return
            if (
                row(link, "SELECT count(*) FROM (SELECT 1 FROM ledger LIMIT %s) AS few", (self._least,))[0]
                < self._least
            ):
                return
            self._begun = time.monotonic()
            self._making = subprocess.Popen(
                [sys.executable, "-m", "sync.central.snapshots", str(self.folder)], stdin=subprocess.PIPE
            )
            assert self._making.stdin is not None
            self._making.stdin.write(self._url.encode())  # not for everybody to see among the arguments
            self._making.stdin.close()


def make(url: str, folder: Path) -> Made:
    """Make a snapshot of all that is told now; it lies ready on return."""
    with database.connect(url) as link, tempfile.TemporaryDirectory(dir=folder, prefix="making-") as place:
        with link.transaction():
            link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cut = Cut(*row(link, "SELECT timeline, coalesce(closed, tick) FROM centre"))
            with Snapshot(Path(place), cut=cut) as snapshot:
                snapshot.tell(_told(link))
                snapshot.publish(_published(link))
        file = next(Path(place).glob("replica-*.db"))
        packed = Path(place) / "packed"
        hash_ = _packed(file, packed)
        made = Made(hash_, packed.stat().st_size, file.stat().st_size, cut.timeline, cut.tick, time.time())
        packed.replace(folder / f"snapshot-{hash_}.zst")
    note = folder / f"{_NOTE}.part"
    note.write_bytes(msgspec.json.encode(made))
    note.replace(folder / _NOTE)
    _tidy(folder)
    return made


def _told(link: Link) -> Iterator[Told]:
    """All states in the order of their keys, each with what a till may know of its people."""
    with link.cursor("states") as states:
        states.itersize = _BATCH
        states.execute("SELECT root, tick, state, tiers FROM ledger ORDER BY root")
        while rows := states.fetchmany(_BATCH):
            batch = [
                Told(root, tick, stored.decode(data), {}, _tiers.decode(tiers)) for root, tick, data, tiers in rows
            ]
            wanted = [member for told in batch for member in told.state.kinds]
            members, marks = people.told(link, wanted)
            for told in batch:
                yield told._replace(members=members, marks=marks)


def _published(link: Link) -> Iterator[tuple[str, str, bytes | None]]:
    """What is published for everybody."""
    rows = link.execute(
        "SELECT kind, key, data FROM entry WHERE shop = '' AND data IS NOT NULL AND tick IS NOT NULL "
        "AND kind NOT IN ('pack', 'programme') ORDER BY number"
    )
    yield from rows


def _things(link: Link, shop: str) -> Iterable[Entry]:
    """What is published for a shop and those around it, the nearest last; and programmes, which no file holds."""
    rows = link.execute(
        "SELECT kind, key, tick, data FROM entry WHERE data IS NOT NULL AND tick IS NOT NULL AND kind <> 'pack' "
        "AND (shop = %s OR starts_with(%s, shop || '/') OR (shop = '' AND kind = 'programme')) "
        "AND (shop <> '' OR kind = 'programme') ORDER BY length(shop), number",
        (shop, shop),
    )
    return [Entry(*found) for found in rows]


def _packed(file: Path, packed: Path) -> str:
    """Pack a file; tells the hash of what came of it."""
    hash_ = hashlib.sha256()
    packing = zstandard.ZstdCompressor(level=_LEVEL).compressobj(size=file.stat().st_size)
    with file.open("rb") as source, packed.open("wb") as target:
        while piece := source.read(_PIECE):
            chunk = packing.compress(piece)
            hash_.update(chunk)
            target.write(chunk)
        chunk = packing.flush()
        hash_.update(chunk)
        target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return hash_.hexdigest()


def _tidy(folder: Path) -> None:
    """Keep the newest few; tills that are loading an older one begin again."""
    files = sorted(folder.glob("snapshot-*.zst"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)
    for broken_off in folder.glob("making-*"):
        if time.time() - broken_off.stat().st_mtime > FRESH_S:
            shutil.rmtree(broken_off, ignore_errors=True)


def routes(snapshots: Snapshots) -> list[ControllerRouterHandler]:
    """The routes by which tills load snapshots."""

    @get("/v1/snapshot", sync_to_thread=True)
    def snapshot(request: Request[None, None, State]) -> Offered:
        """Which snapshot there is."""
        offered = snapshots.offered(_till(request))
        if offered is None:
            raise Refused("none", 404, "There is no snapshot now; ask for changes.")
        return offered

    @get("/v1/snapshot/{name:str}", sync_to_thread=False)
    def content(name: FromPath[str], request: Request[None, None, State]) -> Stream:
        """A snapshot by its hash, from the byte on that the header Range names."""
        path = snapshots.path(name)
        if len(name) != 64 or not name.isalnum() or not path.is_file():
            raise Refused("none", 404, "There is no such snapshot any more; ask which there is.")
        size, first = path.stat().st_size, _first(request.headers.get("range", ""))
        if first >= size:
            raise Refused("range", 416, "The snapshot has not so many bytes.")
        headers = {"content-length": str(size - first), "accept-ranges": "bytes", "content-encoding": "identity"}
        if first:
            headers["content-range"] = f"bytes {first}-{size - 1}/{size}"
        return Stream(
            _pieces(path, first), status_code=206 if first else 200, headers=headers, media_type="application/zstd"
        )

    return [snapshot, content]


def _first(wanted: str) -> int:
    """The first byte of a Range header; all where it names none that is understood."""
    number = wanted.removeprefix("bytes=").removesuffix("-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0


async def _pieces(path: Path, first: int) -> AsyncIterator[bytes]:
    file = await anyio.to_thread.run_sync(path.open, "rb")
    try:
        await anyio.to_thread.run_sync(file.seek, first)
        while piece := await anyio.to_thread.run_sync(file.read, _PIECE):
            yield piece
    finally:
        with suppress(OSError):
            file.close()


def _till(request: Request[None, None, State]) -> int:
    return int(cast("dict[str, int]", request.scope)["till"])


if __name__ == "__main__":
    make(sys.stdin.read(), Path(sys.argv[1]))
