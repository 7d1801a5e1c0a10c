"""Sales that a till asks about because another one has made them, and goods that two tills have taken back.

A sale is found by the number of its slip, all that is about it by its id, as soon as it is folded.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from pos_app.loyalty import facts, returns
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.slip import slip_text
from sync.central.alarms import raise_alarm
from sync.central.database import Link, row
from sync.central.shelf import columns
from sync.messages import SaleFound, SaleWanted

SLIP_MOST = 2**63 - 1
ID_MOST = 64
"""No till's ids are as long; an index of what anybody says would not take all of it."""
ABOUT_MOST = 500
"""Of so many facts about one sale a till is told."""
_SAME_MOST = 10
_PAGE = 2000

_Key = tuple[int, bytes]
"""till and id of a fact"""


class Found(NamedTuple):
    """A fact as it was sent, by which till, what that says, and when it came."""

    till: int
    data: bytes
    fact: Fact
    received: int


def index(link: Link, understood: Mapping[_Key, Fact]) -> None:
    """Let sales be found by their slips, and other facts by the sale that they are about."""
    slips = [
        (fact.body.slip, *key)
        for key, fact in understood.items()
        if isinstance(fact.body, SaleCompleted) and 0 < fact.body.slip <= SLIP_MOST
    ]
    about = [(sale, *key) for key, fact in understood.items() if 0 < len(sale := facts.sale_of(fact.body)) <= ID_MOST]
    if slips:
        link.execute(
            "INSERT INTO slip SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[]) ON CONFLICT DO NOTHING",
            columns(slips),
        )
    if about:
        link.execute(
            "INSERT INTO fact_about SELECT * FROM unnest(%b::bytea[], %b::bigint[], %b::bytea[]) "
            "ON CONFLICT DO NOTHING",
            columns(about),
        )


def find(link: Link, wanted: SaleWanted) -> SaleFound:
    """The sales with a slip, and what is known about the one that is meant."""
    if wanted.sale:
        return SaleFound((), tuple(one.data for one in about(link, wanted.sale)))
    if not 0 < wanted.slip <= SLIP_MOST:
        return SaleFound()
    keys = link.execute(
        "SELECT till, id FROM slip WHERE number = %s ORDER BY till, id LIMIT %s", (wanted.slip, _SAME_MOST)
    ).fetchall()
    found = [(one, one.fact.body) for one in _facts(link, keys)]
    sales = [one for one, body in found if isinstance(body, SaleCompleted) and body.slip == wanted.slip]
    told = about(link, sales[0].fact.id) if len(sales) == 1 else []
    return SaleFound(tuple(one.data for one in sales), tuple(one.data for one in told))


def note_twice(link: Link, understood: Mapping[_Key, Fact]) -> None:
    """Tell of sales of which more came back than was sold: a till took goods back that another had taken already."""
    last = {fact.body.sale: till for (till, _), fact in understood.items() if isinstance(fact.body, GoodsReturned)}
    for sale_id, till in last.items():
        found = about(link, sale_id)
        backs = [one.fact.body for one in found if isinstance(one.fact.body, GoodsReturned)]
        sale = _sale(link, sale_id) if len(backs) > 1 else None
        if sale is not None and min((0, *chain(*returns.balance_milli(sale, backs)))) < 0:
            raise_alarm(link, till, max(one.received for one in found), "returned", slip_text(sale.slip))


def about(link: Link, sale: bytes) -> list[Found]:
    """The facts about a sale, in their order."""
    keys = link.execute("SELECT till, id FROM fact_about WHERE sale = %s LIMIT %s", (sale, ABOUT_MOST)).fetchall()
    found = [one for one in _facts(link, keys) if facts.sale_of(one.fact.body) == sale]
    return sorted(found, key=lambda one: facts.place(one.fact))


def _facts(link: Link, keys: Sequence[_Key]) -> list[Found]:
    """Facts by till and id; each is asked for by itself, since they may lie on many machines."""
    rows = [link.execute("SELECT data, received FROM fact WHERE till = %s AND id = %s", key).fetchone() for key in keys]
    return [
        Found(till, one[0], facts.decode(one[0]), one[1])
        for (till, _), one in zip(keys, rows, strict=True)
        if one is not None
    ]


def _sale(link: Link, sale_id: bytes) -> SaleCompleted | None:
    """A sale by its id, of whatever till: that is looked for at each, by the key that the facts have."""
    found = link.execute("SELECT data FROM till JOIN fact USING (till) WHERE id = %s LIMIT 1", (sale_id,)).fetchone()
    body = None if found is None else facts.decode(found[0]).body
    return body if isinstance(body, SaleCompleted) else None


def learn(link: Link) -> None:
    """Let facts be found that were folded before there was anything to find them by: once, at the first start."""
    if row(link, "SELECT slips_known FROM centre")[0]:
        return
    for (till,) in link.execute("SELECT till FROM till ORDER BY till").fetchall():
        place = (-1, -1, b"")
        while rows := link.execute(
            "SELECT epoch, seq, id, data FROM fact WHERE till = %s AND (epoch, seq, id) > (%s, %s, %s) "
            "ORDER BY epoch, seq, id LIMIT %s",
            (till, *place, _PAGE),
        ).fetchall():
            place = rows[-1][:3]
            index(link, {(till, id_): fact for _, _, id_, data in rows if (fact := _read(data)) is not None})
    link.execute("UPDATE centre SET slips_known = true")


def _read(data: bytes) -> Fact | None:
    try:
        return facts.decode(data)
    except (msgspec.DecodeError, ValueError):
        return None  # it was put apart
