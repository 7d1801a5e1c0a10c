"""The form in which a conversation is kept: MessagePack, packed by zstd. It is only ever extended."""

from pathlib import Path
from typing import Any

import msgspec
import zstandard
from msgspec import Struct

FOLDER = Path(__file__).parent


class Asked(Struct, tag="asked"):
    """What a till asked, and what it was answered; `at` is the centre's clock in UTC ms, bodies are unpacked.

    `till` is 0 where nothing was signed. Of the headers only those are kept that say something.
    """

    at: int
    till: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int
    media: str
    answer: bytes


class Did(Struct, tag="did"):
    """What happened at the centre meanwhile, and with what."""

    at: int
    what: str
    values: tuple[Any, ...] = ()


class Conversation(Struct):
    """All that was said, in its order.

    `keys` are the private keys of tills. What it came to: the points of each card, and the alarms by till and kind.
    """

    version: str
    zone: str
    keys: dict[int, bytes]
    events: list[Asked | Did]
    points: dict[int, dict[str, int]]
    alarms: list[tuple[int, str]]


def read(path: Path) -> Conversation:
    return msgspec.msgpack.decode(zstandard.decompress(path.read_bytes()), type=Conversation)


def write(path: Path, conversation: Conversation) -> None:
    path.write_bytes(zstandard.ZstdCompressor(level=19).compress(msgspec.msgpack.encode(conversation)))


def kept() -> list[Path]:
    """The files of all conversations, the oldest version first."""
    return sorted(FOLDER.glob("*.conversation"))
