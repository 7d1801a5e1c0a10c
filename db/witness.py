"""A witness outside the journal: what was the last thing written down.

A disk that tears a WAL, or a backup that is put back, gives an older journal without a word. The witness is written
after every commit, so a journal that does not know the witness's fact has lost some.
"""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

_FIELDS = struct.Struct(">8sQQQQQ16s")
_SUM = struct.Struct(">I")
_MAGIC = b"WITNESS1"
_SLOT = _FIELDS.size + _SUM.size


class Head(Struct, frozen=True):
    """The end of the journal: the last fact's chain hash and moment, and the numbers that were given away.

    `seq` counts facts, `slips` and `cards` those of this till; all is zero before the first fact.
    """

    epoch: int
    seq: int = 0
    hash: bytes = b""
    moment: int = 0
    slips: int = 0
    cards: int = 0


def after_loss(head: Head, seen: Head | None, hash_at: Callable[[int], bytes | None]) -> Head | None:
    """Where a journal has to go on that ends at `head` but is not all that was `seen`; None when nothing is lost.

    It goes on in a new epoch, and no number that may have been given away is given again. `hash_at` is the chain hash
    that the journal has at a fact's number.
    """
    if seen is None:
        if head.seq == 0:
            return None
        seen = head
    elif seen.epoch <= head.epoch and hash_at(seen.seq) == seen.hash:
        return None
    return Head(
        max(head.epoch, seen.epoch) + 1,
        max(head.seq, seen.seq),
        head.hash,
        max(head.moment, seen.moment),
        max(head.slips, seen.slips),
        max(head.cards, seen.cards),
    )


class Witness:
    """Two slots that are written in turn: a write that breaks off leaves the other one whole."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises OSError."""
        self.path = path
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._slot = 0

    def read(self) -> Head | None:
        """The newest head that was written whole, None when there is none."""
        data = os.pread(self._file, 2 * _SLOT, 0)
        heads = [_decoded(data[start : start + _SLOT]) for start in (0, _SLOT)]
        known = [(head.epoch, head.seq, slot) for slot, head in enumerate(heads) if head is not None]
        if not known:
            return None
        newest = max(known)[2]
        self._slot = 1 - newest
        return heads[newest]

    def write(self, head: Head) -> None:
        """Note what was just committed; raises OSError."""
        os.pwrite(self._file, _encoded(head), self._slot * _SLOT)
        self._slot = 1 - self._slot

    def close(self) -> None:
        os.close(self._file)


def _encoded(head: Head) -> bytes:
    data = _FIELDS.pack(_MAGIC, head.epoch, head.seq, head.moment, head.slips, head.cards, head.hash)
    return data + _SUM.pack(zlib.crc32(data))


def _decoded(slot: bytes) -> Head | None:
    data, check = slot[: _FIELDS.size], slot[_FIELDS.size :]
    if len(slot) != _SLOT or check != _SUM.pack(zlib.crc32(data)) or not data.startswith(_MAGIC):
        return None
    _, epoch, seq, moment, slips, cards, hash_ = _FIELDS.unpack(data)
    return Head(epoch, seq, b"" if hash_ == bytes(16) else hash_, moment, slips, cards)
