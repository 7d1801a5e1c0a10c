"""The outbox: what members are to be told, each by one way, and what became of it.

A fact and its notices are written in one transaction. Whoever sends them works beside the till, on a connection of
its own; `sending` is on the disk before the first byte leaves, and what is found in that state later is `unsure`.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from db import file, schema
from db.records import Dispatch, NoticeState, Person
from db.trouble import tells_troubles
from pos_app.loyalty import notices
from pos_app.loyalty.notices import Notice, Values

LOCK_FILE = "outbox.lock"

OVER = ("sent", "nowhere", "expired", "past")
"""States of which nothing more is to come: what was told is forgotten, only that it was is kept."""

_values = msgspec.json.Decoder(Values)


def put(connection: sqlite3.Connection, cause: bytes, told: Sequence[Notice], created: int) -> None:
    """Queue the notices of a fact, in the caller's transaction; those that are there already stay as they are."""
    for index, notice in enumerate(told):
        data = msgspec.json.encode(notice.values).decode()
        for channel in notices.CHANNELS[notice.kind]:
            connection.execute(
                "INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, 'queued', ?, 0, '')",
                (notices.notice_id(cause, index, channel), notice.kind, notice.member, channel, data, created),
            )


def read(connection: sqlite3.Connection, *wanted: NoticeState) -> list[Dispatch]:
    """Notices in these states, those first that were tried longest ago; without a state all."""
    which = f"WHERE state IN ({', '.join('?' * len(wanted))})" if wanted else ""
    rows = connection.execute(
        f"SELECT id, kind, member, channel, data, state, created, tried, error FROM outbox {which} "
        "ORDER BY tried, created, rowid",
        wanted,
    )
    return [
        Dispatch(id_, kind, member, channel, _values.decode(data), *rest)
        for id_, kind, member, channel, data, *rest in rows
    ]


def person(connection: sqlite3.Connection, member: int) -> Person | None:
    """The personal data of a member, as far as this file has them."""
    row = connection.execute(
        "SELECT member, name, phone, email, terms, birthday, language FROM person WHERE member = ?", (member,)
    ).fetchone()
    return None if row is None else Person(*row)


@tells_troubles
class Outbox:
    """The outbox in the hands of the one who sends; the till may go on working with the same journal."""

    def __init__(self, folder: Path) -> None:
        """Open the outbox of the till in `folder`, whose journal must be there and of this version.

        Raises StoreTrouble, busy while another program sends.
        """
        self.path = folder / f"{schema.JOURNAL.name}.db"
        with ExitStack() as closing:
            file.opened(self.path, schema.JOURNAL, read_only=True).close()  # nothing is made or brought up to date
            closing.callback(os.close, file.locked(folder / LOCK_FILE, "busy"))
            self._connection = file.connected(self.path)
            closing.callback(self._connection.close)
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {file.WAL_PAGES}")
            self._closing = closing.pop_all()

    def close(self) -> None:
        self._closing.close()

    def notices(self, *wanted: NoticeState) -> list[Dispatch]:
        """Notices in these states, those first that were tried longest ago; without a state all."""
        return read(self._connection, *wanted)

    def person(self, member: int) -> Person | None:
        """The personal data of a member, as far as this till has them."""
        return person(self._connection, member)

    def as_of_now(self, notice: Dispatch) -> Dispatch | None:
        """A notice of a till says what its fact has done, and that stays so."""
        return notice

    def begin(self, notice: Dispatch, now: int) -> None:
        """A notice is about to leave, at the moment `now` (UTC ms)."""
        self._write("UPDATE outbox SET state = 'sending', tried = ? WHERE id = ?", now, notice.id)

    def end(self, notice: Dispatch, state: NoticeState, error: str = "") -> None:
        """What became of a notice, with the reason in a sentence when it was not sent."""
        self._write(
            "UPDATE outbox SET state = ?, error = ?, data = iif(?, '{}', data) WHERE id = ?",
            state, error, state in OVER, notice.id,
        )  # fmt: skip

    def _write(self, statement: str, *values: int | str | bytes) -> None:
        with file.Transaction(self._connection, self.path):
            self._connection.execute(statement, values)
