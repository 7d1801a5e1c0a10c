"""The replicas of a folder, each under its number: the one that counts, those before it, those that were damaged."""

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

from db.replica import Replica
from db.trouble import StoreTrouble

_NAME = re.compile(r"replica-([0-9]{1,9})\.db")
_APART = re.compile(r"replica-[0-9]{1,9}\.db\.damaged(-[0-9]+)?")


def newest(folder: Path) -> Path | None:
    """The replica that counts in a folder: the one with the highest number."""
    return max(all_in(folder), key=_number, default=None)


def all_in(folder: Path) -> list[Path]:
    """The replicas in a folder, whole or not."""
    return [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def next_path(folder: Path) -> Path:
    """Where the next replica of a folder goes."""
    last = newest(folder)
    return folder / f"replica-{1 if last is None else _number(last) + 1}.db"


def tidy(folder: Path, kept: Path) -> None:
    """Remove the replicas before the one that counts; who still reads one keeps it until then."""
    number = _number(kept)
    for path in all_in(folder):
        if _number(path) < number:
            for side in ("-wal", "-shm", ""):
                path.with_name(path.name + side).unlink(missing_ok=True)


def usable(folder: Path, *, read_only: bool, warn: Callable[[str], None]) -> Replica:
    """The newest replica of a folder that is whole; one is begun where there is none and it may be written.

    A damaged one is put aside under another name, and `warn` is told. Where the folder is only read, it is left alone,
    and StoreTrouble is raised when no other is whole.
    """
    damaged: StoreTrouble | None = None
    for path in sorted(all_in(folder), key=_number, reverse=True):
        try:
            return Replica(path, read_only=read_only)
        except StoreTrouble as trouble:
            if trouble.code != "damaged":
                raise
            damaged = damaged or StoreTrouble("replica_damaged", path, trouble.detail)
            if not read_only:
                warn(
                    f"{path} was damaged and is kept as {_set_apart(path).name}. Cards, goods and staff may be missing "
                    "or old. Call support; the till goes on."
                )
    if read_only:
        raise damaged or StoreTrouble("no_replica", folder)
    return Replica(folder / "replica-1.db")


def _set_apart(path: Path) -> Path:
    """Give a replica and its side files another name, which no replica has; tells it."""
    names = (f"{path.name}.damaged" + (f"-{number}" if number > 1 else "") for number in count(1))
    apart = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    for side in ("-wal", "-shm", ""):
        beside = path.with_name(path.name + side)
        if beside.exists():
            beside.rename(apart.with_name(apart.name + side))
    return apart


def set_apart(folder: Path) -> list[Path]:
    """The damaged replicas that were put aside in a folder."""
    return sorted(path for path in folder.iterdir() if _APART.fullmatch(path.name))
