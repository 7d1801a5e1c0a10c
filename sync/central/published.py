"""What the centre publishes: goods, offers of the board, coupons, staff, programmes.

A thing is published for a `scope`: "" for all, an organisation, or one shop of it, written `organisation/shop`. What is
nearest to a till's shop counts there; where that is taken away again, what is published for more shops does.
"""

from collections.abc import Mapping, Sequence

import msgspec

from sync.central.database import Link
from sync.messages import Kind

IN_FORCE = "in force"
"""The key of the entry that names the pack by which tills reckon."""


def scopes_of(shop: str) -> list[str]:
    """For whom a thing may be published so that a shop has it, the widest first."""
    parts = shop.split("/") if shop else []
    return ["", *("/".join(parts[: count + 1]) for count in range(len(parts)))]


def put(link: Link, kind: Kind, scope: str, things: Mapping[str, bytes]) -> int:
    """Publish things by their keys; tells how many of them are new or other than before."""
    changed = link.execute(
        "INSERT INTO entry (kind, key, shop, data) SELECT %s, key, %s, data "
        "FROM unnest(%s::text[], %s::bytea[]) AS one (key, data) "
        "ON CONFLICT (kind, key, shop) DO UPDATE SET data = excluded.data, tick = NULL "
        "WHERE entry.data IS DISTINCT FROM excluded.data RETURNING 1",
        (kind, scope, list(things), list(things.values())),
    )
    return len(changed.fetchall())


def take_away(link: Link, kind: Kind, scope: str, keys: Sequence[str]) -> int:
    """Publish that things are no more; tells how many there were."""
    gone = link.execute(
        "UPDATE entry SET data = NULL, tick = NULL WHERE kind = %s AND shop = %s AND key = ANY(%s) "
        "AND data IS NOT NULL",
        (kind, scope, list(keys)),
    )
    return gone.rowcount


def keys(link: Link, kind: Kind, scope: str) -> set[str]:
    """What is published of a kind for a scope itself."""
    return {
        key
        for (key,) in link.execute(
            "SELECT key FROM entry WHERE kind = %s AND shop = %s AND data IS NOT NULL", (kind, scope)
        )
    }


def put_programme(link: Link, scope: str, programme: str, pack: str, content: bytes, now: int) -> None:
    """Put a programme file in force for a scope; it is known by its hash for ever."""
    with link.transaction():
        link.execute("INSERT INTO pack VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", (pack, programme, content, now))
        put(link, "pack", "", {pack: content})
        put(link, "programme", scope, {IN_FORCE: msgspec.msgpack.encode(pack)})


def pack(link: Link, pack: str) -> bytes | None:
    """The programme file of a hash."""
    found = link.execute("SELECT content FROM pack WHERE pack = %s", (pack,)).fetchone()
    return None if found is None else found[0]


def pack_in_force(link: Link, scope: str = "") -> str | None:
    """The hash of the programme that is in force for a scope itself."""
    found = link.execute(
        "SELECT data FROM entry WHERE kind = 'programme' AND key = %s AND shop = %s AND data IS NOT NULL",
        (IN_FORCE, scope),
    ).fetchone()
    return None if found is None else msgspec.msgpack.decode(found[0], type=str)
