"""People at the centre: members that come from elsewhere, all that is kept of one, and erasing it."""

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from pos_app.loyalty import accounts, contacts, facts, ledger, stored
from pos_app.loyalty.facts import Body, Enrolled, Fact, PointsAdjusted
from sync.central import batches, folding, notices
from sync.central.alarms import THE_CENTRE
from sync.central.database import Link, row

_EPOCH = 1
_LOCK = 0x706F735F61707003


class Newcomer(NamedTuple):
    """A member of another system: the card in hand, the kind of member, personal data, points that come along."""

    card: int
    kind: str
    name: str
    phone: str
    email: str
    birthday: str
    language: str
    points: int


def taken(link: Link, cards: Sequence[int]) -> set[int]:
    """Those cards that lead to an account already, or are about to."""
    known = link.execute(
        "SELECT number FROM card WHERE number = ANY(%s) UNION SELECT card FROM fact_card WHERE card = ANY(%s)",
        (list(cards), list(cards)),
    )
    return {number for (number,) in known}


def enrol(link: Link, newcomers: Iterable[Newcomer], pack: str, now: int, reason: str) -> int:
    """Write members down as facts of the centre, all of them or none; tells how many."""
    bodies: list[Body] = []
    people = []
    for one in newcomers:
        member = secrets.randbits(62) | 1
        bodies.append(Enrolled(one.card, one.card, member, one.kind, now))
        if one.points:
            bodies.append(PointsAdjusted(one.card, one.points, reason))
        people.append((member, one.name, one.phone, one.email, "", one.birthday, one.language))
    with link.transaction():
        _write(link, bodies, pack, now)
        with link.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO person (member, name, phone, email, terms, birthday, language) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                people,
            )
    return len(people)


def _write(link: Link, bodies: Sequence[Body], pack: str, now: int) -> None:
    """Add facts to the centre's own chain."""
    link.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    last = link.execute(
        "SELECT seq, hash FROM fact WHERE till = %s AND epoch = %s ORDER BY seq DESC LIMIT 1", (THE_CENTRE, _EPOCH)
    ).fetchone()
    seq, head = last or (0, b"")
    rows = []
    batch = batches.new_number()
    for number, body in enumerate(bodies, start=seq + 1):
        fact = Fact(secrets.token_bytes(16), THE_CENTRE, _EPOCH, number, now, body, programme=pack)
        data = facts.encode(fact)
        head = facts.chain(head, data)
        rows.append((THE_CENTRE, fact.id, _EPOCH, number, head, data, now, batch))
    with link.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO fact (till, id, epoch, seq, hash, data, received, batch) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
    batches.note(link, THE_CENTRE, batch, now, len(rows))


def told(link: Link, members: Sequence[int]) -> tuple[dict[int, tuple[str, str]], dict[int, bytes]]:
    """What tills may know of some members: short name and telephone, and the mark of the e-mail address."""
    rows = link.execute(
        "SELECT member, name, phone, email FROM person WHERE member = ANY(%s)", (list(members),)
    ).fetchall()
    (key,) = row(link, "SELECT card_key FROM centre")
    names = {member: (name, phone) for member, name, phone, _ in rows}
    return names, {member: contacts.mark(key, email) for member, _, _, email in rows if email.strip()}


def member_of(link: Link, card: int) -> int | None:
    """Whose card it is."""
    found = link.execute("SELECT member FROM card WHERE number = %s", (card,)).fetchone()
    return None if found is None else found[0]


def shown(link: Link, member: int, now: int) -> dict[str, object] | None:
    """All that is kept of a member: personal data, cards, account and every fact that names one of the cards."""
    person = link.execute(
        "SELECT name, phone, email, terms, birthday, language FROM person WHERE member = %s", (member,)
    ).fetchone()
    cards = [number for (number,) in link.execute("SELECT number FROM card WHERE member = %s", (member,))]
    if person is None and not cards:
        return None
    names = ("name", "phone", "email", "terms", "birthday", "language")
    erased = link.execute("SELECT at FROM erased WHERE member = %s", (member,)).fetchone()
    return {
        "member": member,
        "person": None if person is None else dict(zip(names, person, strict=True)),
        "erased": None if erased is None else erased[0],
        "cards": [_account(link, card, now) for card in sorted(cards)],
        "notices": notices.shown(link, member),
        "facts": [_plain(fact) for fact in _facts_of(link, cards)],
    }


def _account(link: Link, card: int, now: int) -> dict[str, object]:
    (data,) = row(link, "SELECT state FROM card JOIN ledger USING (root) WHERE number = %s", (card,))
    state = stored.decode(data)
    ledger.advance(state, max(now, state.changed))
    kept = state.cards[card]
    totals = msgspec.to_builtins(accounts.totals(state, kept.account))
    return {"card": str(card), "status": kept.status, "account": kept.account, "totals": totals}


def _facts_of(link: Link, cards: Sequence[int]) -> list[Fact]:
    found = link.execute(
        "SELECT DISTINCT till, id, data FROM fact_card JOIN fact USING (till, id) WHERE card = ANY(%s)", (list(cards),)
    ).fetchall()
    return sorted((facts.decode(data) for _, _, data in found), key=facts.place)


def _plain(fact: Fact) -> object:
    return readable(msgspec.to_builtins(fact, builtin_types=(bytes,)))


def readable(value: object) -> object:
    """Plain data with bytes as hexadecimal text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(readable(key)): readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    return value


def erase(link: Link, member: int, now: int) -> bool:
    """Erase the personal data of a member for good, also at the tills; whether anything was known of the member.

    Facts and points stay: they hold numbers alone.
    """
    with link.transaction():
        link.execute("SELECT pg_advisory_xact_lock(%s)", (folding.LOCK,))  # nothing is being told meanwhile
        notices.drop(link, member)
        link.execute("INSERT INTO erased VALUES (%s, %s) ON CONFLICT DO NOTHING", (member, now))
        done = link.execute(
            "UPDATE person SET name = '', phone = '', email = '', terms = '', birthday = '', language = '', "
            "tick = NULL WHERE member = %s",
            (member,),
        )
        return done.rowcount == 1
