"""Points that were spent twice: each spending that no lot could pay for is told to a person, once."""

from typing import NamedTuple

import msgspec

from pos_app.loyalty import facts
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Authority, CodeMade, SaleCompleted
from sync.central.database import Link

KIND = "debt"

_decoder = msgspec.msgpack.Decoder(Ledger)


class Debt(NamedTuple):
    """So many points of a spending are owed: by which card, at which till, when, on which slip (0: for a code)."""

    card: int
    till: int
    moment: int
    slip: int
    points: int
    owed: int
    authority: Authority


def note(link: Link, state: Ledger) -> None:
    """Put what is owed on the list; what is there already stays as it is, also when it is paid later."""
    for name, taking in state.takings.items():
        if taking.kind == "spent" and taking.owed:
            link.execute(
                "INSERT INTO alarm (till, at, kind, subject) "
                "SELECT till, %s, %s, %s FROM fact_card WHERE card = %s AND id = %s ON CONFLICT DO NOTHING",
                (taking.moment, KIND, name.hex(), taking.card, name[:-2]),
            )


def listed(link: Link, most: int = 1000) -> list[Debt]:
    """What is owed now of what is on the list, the latest first."""
    found = []
    rows = link.execute(
        "SELECT alarm.till, at, subject, data FROM alarm JOIN fact ON fact.till = alarm.till "
        "AND fact.id = decode(left(subject, -4), 'hex') WHERE kind = %s ORDER BY at DESC LIMIT %s",
        (KIND, most),
    ).fetchall()
    for till, moment, subject, data in rows:
        body = facts.decode(data).body
        if isinstance(body, SaleCompleted | CodeMade) and body.card is not None:
            kept = link.execute(
                "SELECT state FROM card JOIN ledger USING (root) WHERE number = %s", (body.card,)
            ).fetchone()
            taking = _decoder.decode(kept[0]).takings.get(bytes.fromhex(subject)) if kept else None
            if taking is not None and taking.owed:
                slip = body.slip if isinstance(body, SaleCompleted) else 0
                found.append(Debt(body.card, till, moment, slip, taking.points, taking.owed, body.authority))
    return found
