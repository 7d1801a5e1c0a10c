"""Facts that were put apart because this program could not read or fold them: a newer one tries again."""

import msgspec

from pos_app.loyalty import facts
from pos_app.loyalty.facts import Enrolled, Fact
from sync.central import batches
from sync.central.database import Link

_AT_ONCE = 1000
_REASON_MOST = 200
_NUMBER_MOST = 2**63 - 1


def read(data: bytes, id_: bytes, place: tuple[int, int] | None = None) -> Fact:
    """The fact that was sent under an id, for this epoch and seq; raises msgspec.DecodeError or ValueError when it
    counts for nothing.
    """
    fact = facts.decode(data)
    if fact.id != id_ or (place or (fact.epoch, fact.seq)) != (fact.epoch, fact.seq):
        raise ValueError("says of itself that it is another one")
    numbers = (*facts.cards_of(fact.body), fact.till, fact.epoch, fact.seq)
    if isinstance(fact.body, Enrolled):
        numbers = (*numbers, fact.body.member, fact.body.account)
    if any(not 0 <= number <= _NUMBER_MOST for number in numbers):
        raise ValueError("has a number that cannot be")
    return fact


def put(link: Link, till: int, id_: bytes, reason: str) -> None:
    """Remember that a fact counts for nothing until a newer program tries it again, and why."""
    text = reason.replace("\0", "")[:_REASON_MOST]  # it can quote what was sent
    link.execute("INSERT INTO apart VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (till, id_, text))


def try_again(link: Link) -> int:
    """Let those be folded that can be read now; tells how many there are."""
    understood = 0
    last: tuple[int, bytes] = (-1, b"")
    while rows := link.execute(
        "SELECT till, id, epoch, seq, data FROM apart JOIN fact USING (till, id) WHERE (till, id) > (%s, %s) "
        "ORDER BY till, id LIMIT %s",
        (*last, _AT_ONCE),
    ).fetchall():
        last = rows[-1][:2]
        keys = [(till, id_) for till, id_, epoch, seq, data in rows if _is_readable(data, id_, (epoch, seq))]
        understood += len(keys)
        _bring_back(link, keys)
    return understood


def _is_readable(data: bytes, id_: bytes, place: tuple[int, int]) -> bool:
    try:
        read(data, id_, place)
    except (msgspec.DecodeError, ValueError):
        return False
    return True


def _bring_back(link: Link, keys: list[tuple[int, bytes]]) -> None:
    """As if they had come now: they are of a batch that is in no tick, and are no more apart."""
    if not keys:
        return
    which = [till for till, _ in keys], [id_ for _, id_ in keys]
    batch = batches.new_number()
    with link.transaction():
        link.execute(
            "WITH again AS (UPDATE fact SET batch = %s FROM unnest(%s::bigint[], %s::bytea[]) AS one (till, id) "
            "WHERE fact.till = one.till AND fact.id = one.id RETURNING fact.till, received) "
            "INSERT INTO batch SELECT till, %s, min(received), count(*) FROM again GROUP BY till",
            (batch, *which, batch),
        )
        link.execute(
            "DELETE FROM apart USING unnest(%s::bigint[], %s::bytea[]) AS one (till, id) "
            "WHERE apart.till = one.till AND apart.id = one.id",
            which,
        )
