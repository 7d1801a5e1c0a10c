"""Points that were spent twice: each spending that no lot could pay for is told to a person, once."""

from typing import LiteralString, NamedTuple

from pos_app.loyalty import facts, stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Authority, CodeMade, SaleCompleted
from sync.central.alarms import raise_alarm
from sync.central.database import Link

_INDEX_BYTES = 2
"""How much of the name of a taking tells which it is of its fact."""


class Debt(NamedTuple):
    """So many points of a spending are owed: by which card, at which till, when, on which slip (0: for a code)."""

    card: int
    till: int
    moment: int
    slip: int
    points: int
    owed: int
    authority: Authority


class Missing(NamedTuple):
    """So many points of a sale or a code of a moment are owed."""

    points: int
    moment: int


Owed = dict[tuple[int, bytes], Missing]
"""What is owed in a ledger, by card and by the id of the sale or the code that spent it."""


def owed(state: Ledger) -> Owed:
    """What is owed in a ledger."""
    found: Owed = {}
    for name, taking in state.takings.items():
        if taking.kind == "spent" and taking.owed:
            key = taking.card, name[:-_INDEX_BYTES]
            before = found.get(key, Missing(0, taking.moment))
            found[key] = before._replace(points=before.points + taking.owed)
    return found


def note(link: Link, state: Ledger) -> Owed:
    """Put what is owed on the list of what a person has to see to; what is there already stays as it is. Tells it."""
    found = owed(state)
    for name, taking in state.takings.items() if found else ():
        if taking.kind == "spent" and taking.owed:
            query: LiteralString = "SELECT till FROM fact_card WHERE card = %s AND id = %s"
            for (till,) in link.execute(query, (taking.card, name[:-_INDEX_BYTES])).fetchall():
                subject = f"card {taking.card}: {taking.points} points, {name.hex()}"
                raise_alarm(link, till, taking.moment, "debt", subject)
    return found


def listed(link: Link, most: int = 1000) -> list[Debt]:
    """What is owed now of what is on the list, the latest first."""
    rows = link.execute(
        "SELECT till, at, subject FROM alarm WHERE kind = 'debt' ORDER BY at DESC, subject LIMIT %s", (most,)
    ).fetchall()
    found = [_looked_up(link, till, moment, bytes.fromhex(subject.split()[-1])) for till, moment, subject in rows]
    return [debt for debt in found if debt is not None]


def _looked_up(link: Link, till: int, moment: int, name: bytes) -> Debt | None:
    """A spending on the list, None where it is paid for by now."""
    kept = link.execute("SELECT data FROM fact WHERE till = %s AND id = %s", (till, name[:-_INDEX_BYTES])).fetchone()
    body = None if kept is None else facts.decode(kept[0]).body
    if not isinstance(body, SaleCompleted | CodeMade) or body.card is None:
        return None
    state = link.execute("SELECT state FROM card JOIN ledger USING (root) WHERE number = %s", (body.card,)).fetchone()
    taking = None if state is None else stored.decode(state[0]).takings.get(name)
    if taking is None or not taking.owed:
        return None
    slip = body.slip if isinstance(body, SaleCompleted) else 0
    return Debt(body.card, till, moment, slip, taking.points, taking.owed, body.authority)
