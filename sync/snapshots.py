"""Taking up a snapshot: loaded piece by piece, checked by its hash, unpacked, and only then what the till follows."""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import zstandard

from db.replica import Replica
from db.successor import Successor
from db.trouble import StoreTrouble
from sync.agent import Away
from sync.messages import Offered

log = logging.getLogger(__name__)

FREE_BYTES = 256 * 2**20
"""So much is left free on the disk, whatever a snapshot would need."""
UNPACKED_MOST = 64 * 2**30
_PIECE = 1 << 20
_HEAD = 18
"""A zstd file says in so many bytes how much is in it, and cannot hold more."""


class SnapshotLine(Protocol):
    """The part of the way to the centre that snapshots take; its calls raise Away."""

    def snapshot(self) -> Offered | None: ...

    def snapshot_pieces(self, hash_: str, first: int) -> Iterator[bytes]: ...


class Loading:
    """Loads snapshots into the folder of a till, for the agent that asks for one."""

    def __init__(self, folder: Path, line: SnapshotLine, *, is_far: bool = False) -> None:
        """`is_far` is whether the till has been alone so long that pages of changes would take long."""
        self._folder = folder
        self._line = line
        self.is_far = is_far

    def prepare(self, timeline: str, cursor: tuple[int, int] | None) -> bool:
        """Have a replica of a timeline ready to be followed, as far as the centre has one; whether there is.

        `cursor` is how far the till has come in this timeline, None when it is at its beginning. Raises Away.
        """
        if cursor is not None and not self.is_far:
            return False
        if Successor.is_begun(self._folder, timeline):
            return True
        offered = self._line.snapshot()
        if offered is None or offered.timeline != timeline or (cursor is not None and offered.tick <= cursor[0]):
            self.is_far = False
            return False
        if not self._has_room(offered):
            return False
        packed = self._loaded(offered)
        self.is_far = False
        if not self._unpack(packed, offered):
            log.warning("the snapshot is of a newer program: changes are asked for instead")
            return False
        return True

    def _has_room(self, offered: Offered) -> bool:
        wanted = offered.size + offered.unpacked + FREE_BYTES
        has_room = offered.unpacked <= UNPACKED_MOST and shutil.disk_usage(self._folder).free > wanted
        if not has_room:
            log.info("no room for a snapshot of %d bytes: changes are asked for instead", wanted)
        return has_room

    def _loaded(self, offered: Offered) -> Path:
        """The packed file, gone on with where a try was cut off; raises Away when it is not what was offered."""
        path = self._folder / f"snapshot-{offered.hash}.zst.part"
        for other in self._folder.glob("snapshot-*.part"):
            if other != path:
                other.unlink()
        hash_ = hashlib.sha256()
        with path.open("a+b") as target:
            target.seek(0)
            while piece := target.read(_PIECE):
                hash_.update(piece)
            have = target.tell()
            pieces = self._line.snapshot_pieces(offered.hash, have) if have < offered.size else iter(())
            for piece in pieces:
                target.write(piece)
                hash_.update(piece)
                have += len(piece)
                if have > offered.size:
                    break
        if have < offered.size:
            raise Away("The snapshot broke off; it is gone on with the next time.")
        if hash_.hexdigest() != offered.hash:
            path.unlink()
            raise Away("The snapshot is not what was offered; it is loaded again.")
        return path

    def _unpack(self, packed: Path, offered: Offered) -> bool:
        """Make the replica of a packed file; False where it is of a newer program. Raises Away when it is broken."""
        unpacked = packed.with_name("snapshot.db.part")
        for side in ("-wal", "-shm"):
            unpacked.with_name(unpacked.name + side).unlink(missing_ok=True)
        try:
            with packed.open("rb") as source, unpacked.open("wb") as target:
                os.fchmod(target.fileno(), 0o600)
                if zstandard.frame_content_size(source.read(_HEAD)) != offered.unpacked:
                    raise zstandard.ZstdError("it is of another size")
                source.seek(0)
                zstandard.ZstdDecompressor().copy_stream(source, target, read_size=_PIECE, write_size=_PIECE)
        except zstandard.ZstdError as error:
            packed.unlink()
            raise Away(f"The snapshot does not unpack to what was offered; it is loaded again: {error}") from error
        try:
            replica = Replica(unpacked)
        except StoreTrouble as trouble:
            if trouble.code != "newer":
                raise
            unpacked.unlink()
            packed.unlink()
            return False
        try:
            replica.forget_left_out()
            things = [(thing.kind, thing.key, thing.data) for thing in offered.things]
            replica.take([], 0, published=things)
        finally:
            replica.close()
        Successor.put_ready(self._folder, unpacked)
        packed.unlink()
        return True
