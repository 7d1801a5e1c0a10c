"""The programme by which the centre folds: the one in force, or the last one that could be read.

A file that cannot be read comes past the commands only: written straight into the database, or by a centre of a newer
version. It must not stop the fold, and somebody has to be told.
"""

from typing import NamedTuple

import msgspec

from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from sync.central import published
from sync.central.alarms import THE_CENTRE, raise_alarm
from sync.central.database import Link, row

_SUBJECT_MOST = 60


class Unreadable(Exception):
    """A programme that is in force cannot be read; the text says why."""


class Followed(NamedTuple):
    """The programme that is followed; the mark of the one in force, and why it is not that, empty where it is."""

    programme: Programme
    mark: str
    trouble: str


def mark(link: Link) -> str:
    """What tells one programme in force from another, empty before there is one: its hash, if that can be read."""
    try:
        return published.pack_in_force(link) or ""
    except msgspec.DecodeError:
        return "?"


def programme(link: Link, now: int) -> Followed | None:
    """What is to be followed now; None before anything is in force. An alarm tells of one that cannot be read.

    Raises FileFault where none of those of before can be read either.
    """
    wanted = mark(link)
    if not wanted:
        return None
    try:
        found = _read(link, wanted)
    except Unreadable as trouble:
        _tell(link, str(trouble), now)
        return Followed(_before(link, str(trouble)), wanted, str(trouble))
    link.execute(
        "INSERT INTO folded_by (pack) VALUES (%s) ON CONFLICT (one) DO UPDATE SET pack = excluded.pack "
        "WHERE folded_by.pack <> excluded.pack",
        (wanted,),
    )
    return Followed(found, wanted, "")


def _read(link: Link, wanted: str) -> Programme:
    """The programme of a hash; raises Unreadable."""
    content = published.pack(link, wanted)
    if content is None:
        raise Unreadable(f"{wanted}: its file is not there")
    try:
        found = decode(content, wanted, kept=True)
    except (FileFault, ValueError, RecursionError) as error:
        raise Unreadable(f"{wanted}: this program cannot read it") from error
    zone = row(link, "SELECT zone FROM centre")[0]
    if found.zone != zone:
        raise Unreadable(f"{wanted}: it is of another time zone than the centre")
    return found


def _before(link: Link, trouble: str) -> Programme:
    """The last programme that was followed; where nobody knows which that was, the newest that can be read."""
    known = link.execute(
        "SELECT pack FROM folded_by UNION ALL (SELECT pack FROM pack ORDER BY published DESC, pack)"
    ).fetchall()
    for (one,) in known:
        try:
            return _read(link, one)
        except Unreadable:
            continue
    raise FileFault("the programme in force", [f"{trouble}, and there is none of before; publish one"])


def _tell(link: Link, trouble: str, now: int) -> None:
    """Put it on the list, once until somebody has seen to it."""
    subject = trouble[:_SUBJECT_MOST]
    query = "SELECT 1 FROM alarm WHERE till = %s AND kind = 'programme' AND subject = %s AND seen IS NULL"
    if link.execute(query, (THE_CENTRE, subject)).fetchone() is None:
        raise_alarm(link, THE_CENTRE, now, "programme", subject)
