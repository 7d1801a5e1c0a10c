"""What tills are told: states and published things, in the order of the ticks in which they last changed.

A page is read in one snapshot of the database; where that is spread over machines, it ends with the cut that all of
them show. Rows move to a later tick when they change again, never to an earlier
one, and ticks are closed one after the other; so what lies behind a cursor has been told, and will be told again when
it changes.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from sync.central import claims, people, published
from sync.central.database import Link, row
from sync.messages import PAGE_MOST, Cursor, Entry, Page, Pull, State, Tiers

_ENTRIES_FIRST = -(1 << 62)
"""Where the keys of published things begin: before those of all states of their tick."""

_tiers = msgspec.msgpack.Decoder(Tiers)


class _Members(Struct):
    """Of a ledger only the kinds of its members."""

    kinds: dict[int, str] = {}


_members = msgspec.msgpack.Decoder(_Members)


def page(link: Link, till: int, pull: Pull, now: int, most: int = PAGE_MOST) -> Page:
    """The next changes after a till's cursor, `most` rows of them at most."""
    _notice_loss(link, till, pull, now)
    with link.transaction():
        link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        timeline, newest, shop = row(
            link,
            "SELECT timeline, coalesce(closed, tick), (SELECT shop FROM till WHERE till = %s) FROM centre",
            (till,),
        )
        ticks = ticks_of(link, till, pull.ids)
        entries = _entries(link, shop, pull.cursor, most)
        states = _states(link, pull.cursor, most)
        told = sorted([*entries, *states], key=_place)[:most]
        more = len(entries) + len(states) > most or len(states) == most or len(entries) == most
        end = max(newest, pull.cursor.tick)
        more = more and told[-1][1].tick <= end  # what is of a cut that is not closed yet is told, and told again
        cursor = _after(told[-1]) if more else Cursor(end, 1 << 62)
        return Page(
            timeline,
            now,
            cursor,
            more,
            ticks,
            tuple(_with_members(link, [one for _, one in told if isinstance(one, State)])),
            tuple(one for _, one in told if isinstance(one, Entry)),
        )


def _notice_loss(link: Link, till: int, pull: Pull, now: int) -> None:
    """A till that was told of a tick of this timeline knows more than is here: the centre has lost something."""
    tick = pull.cursor.tick
    if not tick or pull.timeline != row(link, "SELECT timeline FROM centre")[0]:
        return
    known = "SELECT EXISTS (SELECT FROM tick WHERE number = %s), coalesce(min(number), 0) FROM tick"
    is_known, oldest = row(link, known, (tick,))
    if not is_known and tick >= oldest:
        claims.hear(link, till, pull.timeline, f"tick {tick}", now)


def ticks_of(link: Link, till: int, ids: Iterable[bytes]) -> tuple[int, ...]:
    """In which ticks a till's facts were folded, 0 for one that was not yet."""
    wanted = list(ids)
    if not wanted:
        return ()
    found: dict[bytes, int] = dict(
        link.execute(
            "SELECT id, tick FROM fact JOIN batch USING (till) "
            "WHERE number = batch AND till = %s AND id = ANY(%s) AND tick IS NOT NULL",
            (till, wanted),
        ).fetchall()
    )
    return tuple(found.get(id_, 0) for id_ in wanted)


_Told = tuple[int, State | Entry]


def _place(told: _Told) -> tuple[int, int]:
    key, one = told
    return one.tick, key


def _after(told: _Told) -> Cursor:
    return Cursor(*_place(told))


def _entries(link: Link, shop: str, cursor: Cursor, most: int) -> list[_Told]:
    """Published things after a cursor: of each what is nearest to the shop, whichever of them has changed."""
    scopes = published.scopes_of(shop)
    rows = link.execute(
        "SELECT %s + number, kind, key, tick, (SELECT data FROM entry AS near WHERE near.kind = entry.kind "
        "AND near.key = entry.key AND near.shop = ANY(%s) AND near.data IS NOT NULL "
        "ORDER BY length(near.shop) DESC LIMIT 1) FROM entry "
        "WHERE (tick, %s + number) > (%s, %s) AND shop = ANY(%s) ORDER BY tick, number LIMIT %s",
        (_ENTRIES_FIRST, scopes, _ENTRIES_FIRST, cursor.tick, cursor.key, scopes, most),
    )
    return [(key, Entry(*entry)) for key, *entry in rows]


def _states(link: Link, cursor: Cursor, most: int) -> list[_Told]:
    rows = link.execute(
        "SELECT root, tick, state, tiers FROM ledger WHERE (tick, root) > (%s, %s) ORDER BY tick, root LIMIT %s",
        (cursor.tick, cursor.key, most),
    )
    return [(root, State(root, tick, state, tiers=_tiers.decode(tiers))) for root, tick, state, tiers in rows]


def _with_members(link: Link, states: list[State]) -> list[State]:
    """States with what a till may know of their people."""
    members = {state.root: list(_members.decode(state.data).kinds) for state in states}
    wanted = [member for some in members.values() for member in some]
    known, marks = people.told(link, wanted)
    return [
        msgspec.structs.replace(
            state,
            members={member: known[member] for member in members[state.root] if member in known},
            marks={member: marks[member] for member in members[state.root] if member in marks},
        )
        for state in states
    ]
