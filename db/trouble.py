"""What can go wrong with the till's files, as a sentence for the people who stand before it."""

import errno
import functools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, Literal, TypeVar

import msgspec

TroubleCode = Literal[
    "locked", "newer", "older", "lost", "damaged", "full", "no_rights", "missing", "not_a_folder", "read_only",
    "busy", "cards_used_up", "exists", "replica_damaged", "no_replica",
    "no_journal", "linked", "failed",
]  # fmt: skip

_SENTENCES: dict[TroubleCode, str] = {
    "locked": "Another till program works with the files in {path}. Close it, or use the window that is open.",
    "newer": "{path} was written by a newer version of this program. Install that version or a later one.",
    "older": "{path} comes from an older version of this program. Open the till once: that brings it up to date.",
    "lost": "{path} is gone or empty, but this till has written {detail} facts. Put its last backup in its place.",
    "damaged": "{path} is damaged and cannot be read. Put its last backup in its place, or call support.",
    "full": "{path} cannot grow: the disk is full. Free some space and try again; nothing was written.",
    "no_rights": "{path} may not be opened. Give this user the right to read and write it.",
    "missing": "{path} does not exist. Open the till once, or name the right folder.",
    "not_a_folder": "{path} is in the way: the till needs a folder of this name. Move the file elsewhere.",
    "read_only": "{path} was opened for reading only: nothing can be written.",
    "busy": "{path} is held by another program. Close that program and try again.",
    "cards_used_up": "All card numbers of this till are used up. Hand over pre-printed cards, or ask for a new block.",
    "exists": "There is a till's store in {path} already. Choose an empty folder.",
    "replica_damaged": "{path} is damaged and cannot be read. Open the till once: it puts that file aside, goes on, "
    "and says what is missing.",
    "no_replica": "{path} holds a journal but no replica, which tells the cards, goods and staff. Open the till once: "
    "it makes an empty one, or put the last backup in its place.",
    "no_journal": "{path} is missing, though other files of a till are beside it. Put its last backup in its place, or "
    "call support.",
    "linked": "Another program keeps the link of the till in {path} with its centre already. Nothing is to be done.",
    "failed": "{path} could not be read or written: {detail}. Try again; if it stays so, call support.",
}

_CODES: dict[int, TroubleCode] = {
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_PERM: "no_rights",
    sqlite3.SQLITE_AUTH: "no_rights",
    sqlite3.SQLITE_READONLY: "no_rights",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
}


class StoreTrouble(Exception):
    """The store cannot do what was asked; the text is a sentence, `code` tells it apart for a translation."""

    def __init__(self, code: TroubleCode, path: Path, detail: str = "") -> None:
        super().__init__(_SENTENCES[code].format(path=path, detail=detail.rstrip(".")))
        self.code = code
        self.path = path
        self.detail = detail


def of_reading(path: Path, error: Exception) -> StoreTrouble:
    """The same where a file is opened to be read: SQLite would have to write beside it, and may not."""
    trouble = of_error(path, error)
    return StoreTrouble("no_rights", path, trouble.detail) if trouble.code == "read_only" else trouble


def of_error(path: Path, error: Exception) -> StoreTrouble:
    """The trouble behind an error of SQLite, the system or the decoder."""
    if isinstance(error, OSError):
        return StoreTrouble(_of_errno(error), path, error.strerror or str(error))
    if isinstance(error, msgspec.MsgspecError):
        return StoreTrouble("damaged", path, str(error))
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreTrouble(_why_not_opened(path), path, str(error))
    if code == sqlite3.SQLITE_READONLY and "readonly database" in str(error) and path.exists():
        return StoreTrouble("read_only", path)
    return StoreTrouble(_CODES.get(code, "failed"), path, str(error))


def _of_errno(error: OSError) -> TroubleCode:
    match error.errno:
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "no_rights"
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "full"
        case errno.EEXIST | errno.ENOTDIR:
            return "not_a_folder"
        case errno.ENOENT:
            return "missing"
        case _:
            return "failed"


def _why_not_opened(path: Path) -> TroubleCode:
    try:
        if path.is_dir():
            return "damaged"
        return "no_rights" if path.exists() or path.parent.exists() else "missing"
    except OSError as error:
        return _of_errno(error)


File = TypeVar("File")


def tells_troubles(cls: type[File]) -> type[File]:
    """A class with a `path`, whose public methods raise StoreTrouble instead of what SQLite and the system raise."""
    for name, member in list(vars(cls).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, FunctionType):
            setattr(cls, name, _told(member))
        elif isinstance(member, property) and member.fget is not None:
            setattr(cls, name, property(_told(member.fget)))
    return cls


def _told(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def telling(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.ProgrammingError:  # a mistake of the program's, such as the wrong thread
            raise
        except (sqlite3.Error, OSError, msgspec.MsgspecError) as error:
            raise of_error(self.path, error) from error

    return telling
