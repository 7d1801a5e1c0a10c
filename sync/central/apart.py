"""Facts that were put apart because this program could not read them: a newer one tries again."""

import msgspec

from pos_app.loyalty import facts
from sync.central import batches
from sync.central.database import Link

_AT_ONCE = 1000


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
        keys = [(till, id_) for till, id_, epoch, seq, data in rows if _is_readable((id_, epoch, seq), data)]
        understood += len(keys)
        _bring_back(link, keys)
    return understood


def _is_readable(place: tuple[bytes, int, int], data: bytes) -> bool:
    try:
        fact = facts.decode(data)
        return (fact.id, fact.epoch, fact.seq) == place
    except (msgspec.DecodeError, ValueError):
        return False


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
