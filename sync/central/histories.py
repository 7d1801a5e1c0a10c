"""The facts of whole families, for those who reckon them again."""

from collections.abc import Iterator

import msgspec

from pos_app.loyalty import facts
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.facts import Fact
from sync.central.database import Link

_coupons = msgspec.msgpack.Decoder(Coupon)


def since(link: Link, moment: int) -> Iterator[tuple[list[Fact], set[bytes]]]:
    """For each family of which facts came in since a moment: all its facts in their order, and the ids of those.

    Last come the facts that name no card, as if they were a family.
    """
    roots = link.execute(
        "SELECT DISTINCT root FROM fact JOIN fact_card USING (till, id) JOIN card ON number = card "
        "WHERE received >= %s ORDER BY root",
        (moment,),
    ).fetchall()
    for (root,) in roots:
        yield _parted(
            link.execute(
                "SELECT DISTINCT till, id, data, received FROM card JOIN fact_card ON card = number "
                "JOIN fact USING (till, id) WHERE root = %s",
                (root,),
            ).fetchall(),
            moment,
        )
    yield _parted(
        link.execute(
            "SELECT till, id, data, fact.received FROM fact JOIN batch USING (till) "
            "WHERE number = fact.batch AND fact.received >= %s AND tick IS NOT NULL AND NOT EXISTS "
            "(SELECT FROM fact_card WHERE fact_card.till = fact.till AND fact_card.id = fact.id)",
            (moment,),
        ).fetchall(),
        moment,
    )


def _parted(rows: list[tuple[int, bytes, bytes, int]], moment: int) -> tuple[list[Fact], set[bytes]]:
    found = []
    for _, _, data, _ in rows:
        try:
            found.append(facts.decode(data))
        except (msgspec.DecodeError, ValueError):
            continue  # it was put apart
    return sorted(found, key=facts.place), {id_ for _, id_, _, received in rows if received >= moment}


def coupon(link: Link, code: str) -> Coupon | None:
    """A coupon of the cooperative by its code."""
    found = link.execute(
        "SELECT data FROM entry WHERE kind = 'coupon' AND key = %s AND data IS NOT NULL ORDER BY length(shop) LIMIT 1",
        (code.upper(),),
    ).fetchone()
    return None if found is None else _coupons.decode(found[0])
