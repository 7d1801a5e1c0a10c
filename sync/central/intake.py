"""Facts coming in: kept once each, whatever is sent again, before anybody asks what they mean.

A till shows by the one-time token of its epoch that it is the copy that was heard last. One that is not (a cloned
disk, a backup that was put back) is heard all the same, and goes on in an epoch of its own.
"""

import os
from collections.abc import Sequence
from typing import LiteralString, NamedTuple

import msgspec
from psycopg.errors import UniqueViolation

from pos_app.loyalty import facts
from sync.central import batches, claims, notices
from sync.central.alarms import raise_alarm
from sync.central.database import Link, row
from sync.central.moments import DAY_MS
from sync.central.tills import Refused
from sync.messages import Receipt, Sent, Upload

TOKEN_BYTES = 16
"""So much of a token is chance; the number before it grows with every token of an epoch."""
_NUMBER_BYTES = 8
COPIED_FROM = 50
"""From so many facts on it is worth the trouble to copy them into the table instead of inserting them."""
SLIPS_LEAP = 100_000
"""How far beyond what is known the slip numbers of a new epoch begin."""
EPOCHS_AHEAD = 1000
"""How far beyond the epochs that are known a till can have come, with a centre that was put back meanwhile."""
EPOCHS_A_DAY = 100
"""How many epochs a till can begin in a day: each takes a block of cards."""

_COPY = "COPY fact (till, id, epoch, seq, hash, data, received, batch) FROM STDIN (FORMAT BINARY)"


class _Epoch(NamedTuple):
    is_new: bool
    token: bytes
    last_token: bytes
    seq: int
    hash: bytes
    safe: int


def receive(link: Link, till: int, upload: Upload, now: int) -> Receipt:
    """Take up what a till has sent; it is in the database on return. `now` is UTC milliseconds."""
    with link.transaction():
        epoch = _begun(link, till, upload, now)
        timeline = _timeline(link)
        if upload.timeline == timeline and _was_lost(link, till, upload, epoch):
            timeline = claims.hear(link, till, timeline, f"fact {upload.epoch}/{upload.acknowledged}", now)
        is_restored = upload.timeline not in ("", timeline)
        is_next = epoch.is_new or upload.token == epoch.token
        may_go_on = is_next or is_restored or upload.token == epoch.last_token
        is_other = _says_other_things(link, till, upload, epoch, may_go_on=may_go_on)
        parted = _parted(link, till, upload)
        is_taken = _keep(link, till, upload.facts, now)
        _keep_people(link, upload)
        if not is_restored:
            _note_links(link, till, upload, epoch, now)
        if parted is not None:
            return _set_aside_again(link, till, upload, parted, Receipt(timeline, now, b"", 0, 0))
        if is_other:
            return _set_aside(link, till, upload, timeline, now)
        if is_taken:
            raise_alarm(link, till, now, "copy", f"{upload.epoch}/{upload.facts[0].seq}")
        token, last_token = (_token(epoch.token, now), upload.token) if is_next else (epoch.token, epoch.last_token)
        said, hash_ = _end(upload)
        goes_on = not is_restored or epoch.hash in (upload.before, *[one.hash for one in upload.facts])
        reached = (said, hash_) if said > epoch.seq and goes_on else (epoch.seq, epoch.hash)
        link.execute(
            "UPDATE epoch SET token = %s, last_token = %s, seq = %s, hash = %s WHERE till = %s AND epoch = %s",
            (token, last_token, *reached, till, upload.epoch),
        )
        return Receipt(timeline, now, token, said, min(epoch.safe, said))


def _token(before: bytes, now: int) -> bytes:
    """The next token of an epoch, whose number is greater than that of any before it."""
    return max(now, _number(before) + 1).to_bytes(_NUMBER_BYTES, "big") + os.urandom(TOKEN_BYTES)


def _number(token: bytes) -> int:
    """The number of a token; those of earlier programs have none."""
    return int.from_bytes(token[:_NUMBER_BYTES], "big") if len(token) == _NUMBER_BYTES + TOKEN_BYTES else 0


def _end(upload: Upload) -> tuple[int, bytes]:
    """The number and chain hash up to which a till has said everything."""
    return (upload.facts[-1].seq, upload.facts[-1].hash) if upload.facts else (upload.acknowledged, upload.before)


def _begun(link: Link, till: int, upload: Upload, now: int) -> _Epoch:
    """The epoch's row, held until the end of the transaction; begun if the till has begun it."""
    query: LiteralString = (
        "SELECT token, last_token, seq, hash, safe FROM epoch WHERE till = %s AND epoch = %s FOR UPDATE"
    )
    found = link.execute(query, (till, upload.epoch)).fetchone()
    if found is None:
        _check_epochs(link, till, upload.epoch, now)
        known = upload.acknowledged, upload.before
        link.execute(
            "INSERT INTO epoch (till, epoch, token, seq, hash, begun) VALUES (%s, %s, '', %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            (till, upload.epoch, *(known if _knows(link, till, *known) else (0, b"")), now),
        )
        link.execute("UPDATE till SET epochs = greatest(epochs, %s) WHERE till = %s", (upload.epoch, till))
    return _Epoch(found is None, *(found or row(link, query, (till, upload.epoch))))


def _check_epochs(link: Link, till: int, epoch: int, now: int) -> None:
    """Refuse an epoch that the till cannot be in, and one more than a till begins in a day."""
    known, new = row(
        link,
        "SELECT epochs, (SELECT count(*) FROM epoch WHERE epoch.till = till.till AND begun > %s) FROM till "
        "WHERE till = %s",
        (now - DAY_MS, till),
    )
    if not 0 < epoch <= known + EPOCHS_AHEAD:
        raise Refused("values", 400, "The till cannot be in this epoch.")
    if new >= EPOCHS_A_DAY:
        raise Refused("copies", 429, "Too many copies of this till have spoken today. Call support.")


def _was_lost(link: Link, till: int, upload: Upload, epoch: _Epoch) -> bool:
    """Whether facts that were acknowledged are no more here, and the till has them still, or an answer is forgotten.

    The number of a fact alone does not tell: another copy of the till may have filled it with another fact.
    """
    if not epoch.is_new and _is_unheard_of(link, till, upload.token, epoch.token):
        return True
    said, hash_ = upload.acknowledged, upload.before
    if said <= upload.pruned or (said, hash_) == (epoch.seq, epoch.hash):
        return False
    return not _knows(link, till, said, hash_)


def _is_unheard_of(link: Link, till: int, token: bytes, last: bytes) -> bool:
    """Whether a token is newer than all that were given to a till, in whatever epoch, `last` among them.

    A till that has died when it was told of a new epoch may come with its token, and in the old one.
    """
    number = _number(token)
    if number <= _number(last):
        return False
    given = link.execute("SELECT token FROM epoch WHERE till = %s", (till,))
    return number > max(_number(one) for (one,) in given)


def _knows(link: Link, till: int, seq: int, hash_: bytes) -> bool:
    """Whether a fact with this number and chain hash is known, and all before it in its chain.

    The fact alone does not say so: it may have come by itself, when a request was late and the centre was restored.
    Where two copies gave one id to two contents, one of them stands among the forks. A till may have written facts in
    epochs in which it has never spoken: before it joined, or before its journal was damaged.
    """
    found = link.execute(
        "SELECT 1 WHERE (EXISTS (SELECT FROM fact WHERE till = %s AND seq = %s AND hash = %s) "
        "OR EXISTS (SELECT FROM fork WHERE till = %s AND hash = %s)) "
        "AND EXISTS (SELECT FROM epoch AS reached WHERE reached.till = %s AND reached.seq >= %s)",
        (till, seq, hash_, till, hash_, till, seq),
    )
    return found.fetchone() is not None


def _keep(link: Link, till: int, sent: Sequence[Sent], now: int) -> bool:
    """Store facts, each id once; whether there are others in their places. The same id with other content is an alarm,
    and both are kept.
    """
    if not sent:
        return False
    epochs, seqs = {one.epoch for one in sent}, [one.seq for one in sent]
    there = link.execute(
        "SELECT epoch, seq, id FROM fact WHERE till = %s AND epoch = ANY(%b::bigint[]) AND seq BETWEEN %s AND %s",
        (till, list(epochs), min(seqs), max(seqs)),
    ).fetchall()
    id_at = {(one.epoch, one.seq): one.id for one in sent} if there else {}
    is_taken = any(id_at.get((epoch, seq), id_) != id_ for epoch, seq, id_ in there)
    batch = batches.new_number()
    new = len(sent) if not there and _copied(link, till, sent, now, batch) else _inserted(link, till, sent, now, batch)
    if new:
        batches.note(link, till, batch, now, new)
    if new < len(sent):
        _note_forks(link, till, sent, now)
    return bool(new and is_taken)


def _copied(link: Link, till: int, sent: Sequence[Sent], now: int, batch: int) -> bool:
    """Store many facts that are all new by the shortest way; False, and nothing stored, where that cannot be."""
    if len(sent) < COPIED_FROM:
        return False
    try:
        with link.transaction(), link.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(["int8", "bytea", "int8", "int8", "bytea", "bytea", "int8", "int8"])
            for one in sent:
                copy.write_row((till, one.id, one.epoch, one.seq, one.hash, one.data, now, batch))
    except UniqueViolation:
        return False
    return True


def _inserted(link: Link, till: int, sent: Sequence[Sent], now: int, batch: int) -> int:
    """Store those of some facts that are new; tells how many they are."""
    new = link.execute(
        """
        INSERT INTO fact (till, id, epoch, seq, hash, data, received, batch)
        SELECT %s, id, epoch, seq, hash, data, %s, %s
        FROM unnest(%b::bytea[], %b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[])
            AS sent (id, epoch, seq, hash, data)
        ON CONFLICT (till, id) DO NOTHING RETURNING 1
        """,
        (
            till, now, batch, [one.id for one in sent], [one.epoch for one in sent], [one.seq for one in sent],
            [one.hash for one in sent], [one.data for one in sent],
        ),
    ).fetchall()  # fmt: skip
    return len(new)  # of a table that is distributed the rowcount tells how many were tried


def _note_forks(link: Link, till: int, sent: Sequence[Sent], now: int) -> None:
    kept: dict[bytes, bytes] = dict(
        link.execute(
            "SELECT id, data FROM fact WHERE till = %s AND id = ANY(%b)", (till, [one.id for one in sent])
        ).fetchall()
    )
    for one in sent:
        if kept[one.id] != one.data:
            new = link.execute(
                "INSERT INTO fork VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (till, one.id, one.hash, one.data, now),
            )
            if new.rowcount:
                raise_alarm(link, till, now, "fork", one.id.hex())


def _keep_people(link: Link, upload: Upload) -> None:
    """Take up what tills say of people; who was erased stays so."""
    for person in sorted(upload.people, key=lambda person: person.member):  # the order in which rows are locked
        link.execute(
            """
            INSERT INTO person SELECT %s, %s, %s, %s, %s, %s, %s
            WHERE NOT EXISTS (SELECT FROM erased WHERE member = %s) ON CONFLICT (member) DO UPDATE SET
                name = excluded.name, phone = excluded.phone, email = excluded.email, terms = excluded.terms,
                birthday = excluded.birthday, language = excluded.language, tick = NULL
            """,
            (
                person.member, person.name, person.phone, person.email, person.terms, person.birthday, person.language,
                person.member,
            ),
        )  # fmt: skip
        if not (person.name or person.phone or person.email):
            notices.drop(link, person.member)


def _note_links(link: Link, till: int, upload: Upload, epoch: _Epoch, now: int) -> None:
    """Tell when a chain is not what it was written as, or does not begin where the last upload ended."""
    before = upload.before
    for one in upload.facts:
        if one.hash != facts.chain(before, one.data):
            raise_alarm(link, till, now, "chain", f"{one.epoch}/{one.seq}")
        before = one.hash
    begins_new = bool(upload.facts) and upload.facts[0].seq > epoch.seq
    if begins_new and upload.before != epoch.hash:
        raise_alarm(link, till, now, "gap", f"{upload.epoch}/{upload.facts[0].seq}")


def _says_other_things(link: Link, till: int, upload: Upload, epoch: _Epoch, *, may_go_on: bool) -> bool:
    """Whether this copy of the till is not the one that was heard: it has other facts where those are known.

    With a token older than the last two a till may say again what is known, since uploads can be long on their way;
    anything new comes from a copy.
    """
    again = [one.id for one in upload.facts if one.seq <= epoch.seq or not may_go_on]
    if not again:
        return False
    known = link.execute("SELECT count(*) FROM fact WHERE till = %s AND id = ANY(%b)", (till, again)).fetchone()
    return known is None or known[0] < len(again)


def _set_aside(link: Link, till: int, upload: Upload, timeline: str, now: int) -> Receipt:
    """Let a copy that is not the newest go on in a new epoch, with numbers that nobody has given."""
    _check_epochs(link, till, upload.epoch, now)
    (epoch,) = row(link, "UPDATE till SET epochs = epochs + 1 WHERE till = %s RETURNING epochs", (till,))
    (block,) = row(link, "UPDATE centre SET blocks = blocks + 1 RETURNING blocks")
    token = _token(b"", now)
    seq, hash_ = _end(upload)
    link.execute(
        "INSERT INTO epoch (till, epoch, token, last_token, seq, hash, block, begun, parted) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (till, epoch, token, token, seq, hash_, block, now, hash_),
    )
    raise_alarm(link, till, now, "copy", f"{upload.epoch} -> {epoch}")
    return Receipt(timeline, now, token, seq, 0, epoch, SLIPS_LEAP * epoch, block)


def _parted(link: Link, till: int, upload: Upload) -> int | None:
    """The epoch that was given to this copy already, when the answer that said so was lost."""
    given = link.execute(
        "SELECT epoch, parted FROM epoch WHERE till = %s AND parted <> '' AND epoch > %s ORDER BY epoch",
        (till, upload.epoch),
    ).fetchall()
    hashes = {one.hash for one in upload.facts} if given else ()
    return next((int(epoch) for epoch, parted in given if parted in hashes), None)


def _set_aside_again(link: Link, till: int, upload: Upload, epoch: int, receipt: Receipt) -> Receipt:
    seq, hash_ = _end(upload)
    link.execute(
        "UPDATE epoch SET seq = %s, hash = %s WHERE till = %s AND epoch = %s AND seq < %s",
        (seq, hash_, till, epoch, seq),
    )
    token, block = row(link, "SELECT token, block FROM epoch WHERE till = %s AND epoch = %s", (till, epoch))
    return msgspec.structs.replace(
        receipt, token=token, seq=seq, new_epoch=epoch, slips=SLIPS_LEAP * epoch, block=block
    )


def _timeline(link: Link) -> str:
    return str(row(link, "SELECT timeline FROM centre")[0])
