"""The files by which a till speaks with its centre, and by which everybody else sees how the link is.

The private key lies in a file of its own and nowhere else. The state of the link is only a note: whoever speaks with
the centre writes it after each round, in one piece, and the window and other commands read it. The other way round
the window notes how its devices are, since whoever speaks with the centre opens none.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from db import file
from db.trouble import StoreTrouble, of_error

KEY_FILE = "centre.key"
CA_FILE = "centre-ca.pem"
STATE_FILE = "link.json"
DEVICES_FILE = "devices.json"
LOCK_FILE = "sync.lock"

Trouble = Literal["", "away", "not_trusted", "shut_out", "unknown_till", "refused", "files"]
"""Why there is no link: nobody answers; the certificate is not trusted; this till was shut out; the centre does not
know its key; it refuses for another reason; the till's own files fail."""


class Link(Struct, frozen=True):
    """How the link was at the moment `at`; all moments are UTC ms by the machine's clock, 0 is never.

    `heard` is when the centre answered last. The till is alone since `alone_since`, 0 where it is not; `why` and
    `sentence` say for what reason. `waiting` facts are not acknowledged, the oldest of them is of the moment `oldest`.
    `offset_ms` is by how much the centre's clock is ahead of the machine's.
    """

    at: int
    heard: int = 0
    alone_since: int = 0
    why: Trouble = ""
    sentence: str = ""
    waiting: int = 0
    oldest: int | None = None
    offset_ms: int = 0


class DevicesSeen(Struct, frozen=True):
    """How the till found its devices at the moment `at` (UTC ms by the machine's clock): their states by their names,
    those left out that are not set; the `broken` among them do not work.
    """

    at: int
    states: dict[str, str] = {}
    broken: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(Link)
_devices = msgspec.json.Decoder(DevicesSeen)


def state(folder: Path) -> Link | None:
    """How the link of the till in a folder is, None where nobody has said."""
    try:
        return _decoder.decode((folder / STATE_FILE).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def put_state(folder: Path, link: Link) -> None:
    """Say how the link is. A disk that does not take it is not worth ending for; the next round says it again."""
    with suppress(OSError):
        _put(folder / STATE_FILE, msgspec.json.encode(link), lasting=False)


def devices(folder: Path) -> DevicesSeen | None:
    """How the till's devices were last, None where nobody has said."""
    try:
        return _devices.decode((folder / DEVICES_FILE).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def put_devices(folder: Path, seen: DevicesSeen) -> None:
    """Say how the till's devices are, as `put_state` does."""
    with suppress(OSError):
        _put(folder / DEVICES_FILE, msgspec.json.encode(seen), lasting=False)


def key(folder: Path) -> bytes | None:
    """The till's private key, None where it has none; raises StoreTrouble."""
    path = folder / KEY_FILE
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise of_error(path, error) from error
    except ValueError as error:
        raise StoreTrouble("damaged", path, "it is no key") from error


def put_key(folder: Path, private: bytes) -> None:
    """Keep the till's private key, for its owner alone; raises StoreTrouble."""
    path = folder / KEY_FILE
    try:
        _put(path, private.hex().encode(), lasting=True)
    except OSError as error:
        raise of_error(path, error) from error


def ca_file(folder: Path) -> str:
    """The path of the certificates that the centre's is checked against, empty for those of the system."""
    path = folder / CA_FILE
    return str(path) if path.exists() else ""


def put_ca(folder: Path, certificates: bytes) -> None:
    """Keep the certificates that the centre's is checked against; none for those of the system."""
    path = folder / CA_FILE
    try:
        if certificates:
            _put(path, certificates, lasting=True)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise of_error(path, error) from error


def locked(folder: Path) -> int:
    """The lock of the one who speaks with the centre, which goes with the process; raises StoreTrouble `linked`."""
    try:
        return file.locked(folder / LOCK_FILE, "linked")
    except OSError as error:
        raise of_error(folder / LOCK_FILE, error) from error


def _put(path: Path, content: bytes, *, lasting: bool) -> None:
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.fchmod(handle, 0o600)
        os.write(handle, content)
        if lasting:
            os.fsync(handle)
    finally:
        os.close(handle)
    part.replace(path)
    if lasting:
        file.synced(path.parent)
