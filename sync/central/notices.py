"""What the centre itself tells members by e-mail and SMS, and what became of it.

A notice is written in the transaction of the cut that causes it, under an id that is reckoned from its cause: the same
cause never gives two. It is sent as from the outbox of a till (`sync.outbox`), by one program at a time.
"""

from collections.abc import Callable
from typing import LiteralString

import msgspec

from db.outbox import OVER
from db.records import Dispatch, NoticeState, Person
from pos_app.loyalty import ledger, notices, stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.notices import Notice, Values
from sync.central import debts
from sync.central.database import Link, row
from sync.central.debts import Owed

WAIT_MS: dict[str, int] = {"points_owed": HOUR}
"""How long a notice of a kind waits before it is sent: facts that are still on their way may undo its cause."""
KEPT_MS = 400 * 24 * HOUR
"""How long it is known what became of a notice, and that it is not to be made again."""
ROUND_MOST = 500
"""How many notices a round takes."""

_LOCK = 0x706F735F61707004
"""One program sends at a time."""

_OWED = b"owed"
"""Sets a notice about a fact apart from those that its till makes of it."""

_values = msgspec.json.Decoder(Values)


def queue(link: Link, cause: bytes, told: Notice, moment: int, now: int) -> None:
    """Let a notice of what happened at a moment wait to be sent, in the caller's transaction.

    One of this cause that is there stays as it is, but for one that was past when it was to be sent: it waits again.
    What happened before the centre was put back may have been told, and is `unsure`. Who was erased is told nothing.
    """
    data = msgspec.json.encode(told.values).decode()
    due = now + WAIT_MS.get(told.kind, 0)
    for channel in notices.CHANNELS[told.kind]:
        id_ = notices.notice_id(cause, 0, channel)
        link.execute(
            "INSERT INTO notice (member, id, kind, channel, data, state, created, due) "
            "SELECT %s, %s, %s, %s, %s, CASE WHEN restored > %s THEN 'unsure' ELSE 'queued' END, %s, %s FROM centre "
            "WHERE NOT EXISTS (SELECT FROM erased WHERE member = %s) "
            "ON CONFLICT (member, id) DO UPDATE SET state = 'queued', data = excluded.data, "
            "created = excluded.created, due = excluded.due, error = '' WHERE notice.state = 'past'",
            (told.member, id_, told.kind, channel, data, moment, now, due, told.member),
        )


def tell_owed(link: Link, state: Ledger, owed: Owed, now: int) -> None:
    """Let the members of a ledger be told of each sale and each code of theirs that nothing paid for, once."""
    for (card, sale), debt in owed.items():
        owner = state.cards[card]
        if owner.member and owner.status != "left":
            told = notices.points_owed(owner.member, card, sale, debt.points, debt.moment)
            queue(link, sale + _OWED, told, debt.moment, now)


def drop(link: Link, member: int) -> None:
    """Forget all that a member was told or was to be told."""
    link.execute("DELETE FROM notice WHERE member = %s", (member,))


def shown(link: Link, member: int) -> list[dict[str, object]]:
    """What a member was told or is to be told, the earliest first."""
    rows = link.execute(
        "SELECT kind, channel, data, state, created, tried, tries FROM notice WHERE member = %s ORDER BY created, id",
        (member,),
    )
    names = ("kind", "channel", "values", "state", "created", "tried", "tries")
    return [
        dict(zip(names, (kind, channel, _values.decode(data), *rest), strict=True))
        for kind, channel, data, *rest in rows
    ]


def forget(link: Link, now: int) -> None:
    """Drop notices of long ago whose cause cannot come again; a debt may be there as long as nothing fills it."""
    link.execute("DELETE FROM notice WHERE created < %s AND kind <> 'points_owed'", (now - KEPT_MS,))


def doubt(link: Link) -> None:
    """What waits may have been sent in the past that is lost."""
    reason = "the centre was put back to an earlier state"
    link.execute("UPDATE notice SET state = 'unsure', error = %s WHERE state = 'queued'", (reason,))


def send_again(link: Link) -> int:
    """Let those be sent of which nobody knows whether they were; tells how many."""
    return link.execute("UPDATE notice SET state = 'queued' WHERE state = 'unsure'").rowcount


def counts(link: Link) -> list[tuple[str, str, str, int]]:
    """How many notices there are of each kind, channel and state."""
    query: LiteralString = "SELECT kind, channel, state, count(*) FROM notice GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    return [(kind, channel, state, count) for kind, channel, state, count in link.execute(query)]


class Outbox:
    """The centre's outbox in the hands of the one who sends, on a connection of its own.

    What it writes is on the database's disk when a call returns.
    """

    def __init__(self, link: Link, now: Callable[[], int]) -> None:
        """`now` is UTC milliseconds."""
        self._link = link
        self._now = now
        self._is_mine = False

    def is_mine(self) -> bool:
        """Whether nobody else sends: this connection does from now on, until it is closed."""
        if not self._is_mine:
            self._is_mine = bool(row(self._link, "SELECT pg_try_advisory_lock(%s)", (_LOCK,))[0])
        return self._is_mine

    def notices(self, *wanted: NoticeState) -> list[Dispatch]:
        """Notices in these states that are due, those first that were tried longest ago."""
        rows = self._link.execute(
            "SELECT id, kind, member, channel, data, state, created, tried, error FROM notice "
            "WHERE state = ANY(%s) AND due <= %s ORDER BY tried, created, id LIMIT %s",
            (list(wanted), self._now(), ROUND_MOST),
        )
        return [
            Dispatch(id_, kind, member, channel, _values.decode(data), *rest)
            for id_, kind, member, channel, data, *rest in rows
        ]

    def person(self, member: int) -> Person | None:
        """The personal data of a member."""
        found = self._link.execute(
            "SELECT member, name, phone, email, terms, birthday, language FROM person WHERE member = %s", (member,)
        ).fetchone()
        return None if found is None else Person(*found)

    def as_of_now(self, notice: Dispatch) -> Dispatch | None:
        """A notice with the values that hold now, None when there is nothing to tell any more."""
        if notice.kind != "points_owed":
            return notice
        card, sale = int(notice.values["card"]), bytes.fromhex(str(notice.values["sale"]))
        query: LiteralString = "SELECT state FROM card JOIN ledger USING (root) WHERE number = %s"
        found = self._link.execute(query, (card,)).fetchone()
        if found is None:
            return None
        state = stored.decode(found[0])
        ledger.advance(state, max(self._now(), state.changed))  # points that ripen fill debts
        debt = debts.owed(state).get((card, sale))
        if debt is None:
            return None
        return msgspec.structs.replace(notice, values={**notice.values, "points": debt.points})

    def begin(self, notice: Dispatch, now: int) -> None:
        """A notice is about to leave, at the moment `now` (UTC ms)."""
        self._link.execute(
            "UPDATE notice SET state = 'sending', tried = %s, tries = tries + 1 WHERE member = %s AND id = %s",
            (now, notice.member, notice.id),
        )

    def end(self, notice: Dispatch, state: NoticeState, error: str = "") -> None:
        """What became of a notice, with the reason in a sentence when it was not sent."""
        self._link.execute(
            "UPDATE notice SET state = %s, error = %s, data = CASE WHEN %s THEN '{}' ELSE data END "
            "WHERE member = %s AND id = %s",
            (state, error, state in OVER, notice.member, notice.id),
        )
