"""The tills as the centre knows them, and what a person has to see to."""

from itertools import islice

from msgspec import Struct, convert, to_builtins
from msgspec.structs import replace
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from sync.central.database import Link, row
from sync.messages import Report

_LINES_MOST, _LINE_MOST = 50, 300
_OFFSET_MOST = 10**15


class TillState(Struct, frozen=True):
    """A till: when it was last heard, the difference of its clock to the centre's, and what it said of itself.

    `apart` are facts of it that are not understood; `misdated` is when facts last came that are dated as they cannot be
    and that nobody has seen to. Moments are UTC milliseconds.
    """

    till: int
    name: str
    shop: str
    joined: int
    shut_out: int | None
    heard: int | None
    offset_ms: int | None
    report: Report | None
    apart: int
    misdated: int | None = None


class Alarm(Struct, frozen=True):
    """Something that a person has to see to, and since when somebody has."""

    till: int
    at: int
    kind: str
    subject: str
    seen: int | None


class Waiting(Struct, frozen=True):
    """What the folder has yet to do: how many facts, and when the oldest of them came."""

    facts: int
    oldest: int | None
    apart: int


def tills(link: Link) -> list[TillState]:
    """All tills, by shop and name."""
    found = link.cursor(row_factory=dict_row).execute(
        "SELECT till, name, shop, joined, shut_out, heard, offset_ms, report, "
        "(SELECT count(*) FROM apart WHERE apart.till = till.till) AS apart, "
        "(SELECT max(at) FROM alarm WHERE alarm.till = till.till AND kind = 'clock' AND seen IS NULL) AS misdated "
        "FROM till ORDER BY shop, name, till"
    )
    return [convert(one, TillState) for one in found]


def heard(link: Link, till: int, report: Report | None, now: int) -> None:
    """Remember that a till was heard, and what it said of itself if it did."""
    if report is None:
        link.execute("UPDATE till SET heard = %s WHERE till = %s", (now, till))
    else:
        link.execute(
            "UPDATE till SET heard = %s, offset_ms = %s, report = %s WHERE till = %s",
            (now, _clamped(report.offset_ms), Jsonb(to_builtins(_bounded(report))), till),
        )


def _clamped(offset_ms: int | None) -> int | None:
    return None if offset_ms is None else max(-_OFFSET_MOST, min(offset_ms, _OFFSET_MOST))


def _bounded(report: Report) -> Report:
    """Of a report only so much as a page can show."""
    return replace(
        report,
        version=_line(report.version),
        devices={_line(name): _line(state) for name, state in islice(report.devices.items(), _LINES_MOST)},
        warnings=tuple(_line(one) for one in report.warnings[:_LINES_MOST]),
        broken=tuple(_line(one) for one in report.broken[:_LINES_MOST]),
    )


def _line(text: str) -> str:
    return text.replace("\0", "")[:_LINE_MOST]


def alarms(link: Link, most: int = 200) -> list[Alarm]:
    """The newest alarms, those first that nobody has seen to."""
    found = link.execute(
        "SELECT till, at, kind, subject, seen FROM alarm ORDER BY seen IS NOT NULL, at DESC, till, kind LIMIT %s",
        (most,),
    ).fetchall()
    return [Alarm(*one) for one in found]


def unseen(link: Link) -> int:
    """How many alarms nobody has seen to."""
    return int(row(link, "SELECT count(*) FROM alarm WHERE seen IS NULL")[0])


def see(link: Link, alarm: tuple[int, int, str, str], now: int) -> bool:
    """Somebody has seen to an alarm; whether there is such a one."""
    done = link.execute(
        "UPDATE alarm SET seen = coalesce(seen, %s) WHERE till = %s AND at = %s AND kind = %s AND subject = %s",
        (now, *alarm),
    )
    return done.rowcount == 1


def waiting(link: Link) -> Waiting:
    """What waits to be folded, and what was put apart."""
    facts, oldest = row(link, "SELECT coalesce(sum(facts), 0), min(received) FROM batch WHERE tick IS NULL")
    return Waiting(facts, oldest, row(link, "SELECT count(*) FROM apart")[0])
