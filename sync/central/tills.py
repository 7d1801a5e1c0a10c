"""Who may speak with the centre: tills join with a code that is good once, and can be shut out."""

import hashlib
import os
import secrets
from collections.abc import Callable

from sync import signatures
from sync.central.database import Link, row
from sync.messages import Joined, Joining
from sync.signatures import STAMP_SLACK_MS, Signed

ALONE = 1
"""The number of every till that stands alone: no till of the centre has it, so that slips of before stay apart."""

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 12
CODE_MS = 24 * 3_600_000
"""How long a code for joining is good."""


class Refused(Exception):
    """A request that is not answered: a code for programs, its HTTP status, and a sentence."""

    def __init__(self, code: str, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status
        self.sentence = sentence


def new_code(link: Link, name: str, shop: str, now: int) -> str:
    """A code with which one till can join, under this name, in a shop."""
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    link.execute("INSERT INTO join_code VALUES (%s, %s, %s, %s)", (_mark(code), name, shop, now + CODE_MS))
    return code


def join(link: Link, joining: Joining, now: int) -> Joined:
    """Make a till one of the centre's; raises Refused. The same key with the same code is answered the same again."""
    if len(joining.public_key) != signatures.KEY_BYTES:
        raise Refused("key", 400, "The till's key is not one of 32 bytes.")
    with link.transaction():
        found = link.execute(
            "SELECT name, shop, expires, used FROM join_code WHERE mark = %s FOR UPDATE", (_mark(joining.code),)
        ).fetchone()
        if found is None or found[2] < now:
            raise Refused("code", 403, "This code is not good, or not any more. Ask the administrator for a new one.")
        name, shop, _, used = found
        if used is not None:
            return _joined_before(link, used, joining, now)
        till, block = row(
            link,
            "UPDATE centre SET tills = greatest(tills, %s) + 1, blocks = blocks + 1 RETURNING tills, blocks",
            (ALONE,),
        )
        link.execute(
            "INSERT INTO till (till, name, shop, public_key, block, joined, epochs) VALUES (%s, %s, %s, %s, %s, %s, 0)",
            (till, joining.name or name, shop, joining.public_key, block, now),
        )
        link.execute("UPDATE join_code SET used = %s WHERE mark = %s", (till, _mark(joining.code)))
        return _identity(link, till, now)


def _joined_before(link: Link, till: int, joining: Joining, now: int) -> Joined:
    (key,) = row(link, "SELECT public_key FROM till WHERE till = %s", (till,))
    if key != joining.public_key:
        raise Refused("code", 403, "This code was used already. Ask the administrator for a new one.")
    return _identity(link, till, now)


def _identity(link: Link, till: int, now: int) -> Joined:
    timeline, card_key = row(link, "SELECT timeline, card_key FROM centre")
    epochs, block = row(link, "SELECT epochs, block FROM till WHERE till = %s", (till,))
    return Joined(till, epochs + 1, block, card_key, timeline, now)


def admit(
    link: Link, signed: Signed, method: str, target: str, body: bytes, now: int, may: Callable[[int], bool]
) -> None:
    """Let a request in that its till has signed, once, and `may` make; raises Refused.

    Nothing is remembered of one that is refused.
    """
    if abs(signed.stamp - now) > STAMP_SLACK_MS:
        raise Refused("stamp", 401, "The request's moment is not now: ask for the centre's clock first.")
    found = link.execute("SELECT public_key, shut_out FROM till WHERE till = %s", (signed.till,)).fetchone()
    if found is None or not signatures.is_right(found[0], signed, method, target, body):
        raise Refused("signature", 401, "The request is not signed by a till of this centre.")
    if found[1] is not None:
        raise Refused("shut_out", 403, "This till was shut out. Call support.")
    if not may(signed.till):
        raise Refused("rate", 429, "Too many requests of this till; wait a little.")
    new = link.execute("INSERT INTO nonce VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (signed.till, signed.nonce, now))
    if new.rowcount == 0:
        raise Refused("replay", 401, "This very request was made already.")


def forget_nonces(link: Link, now: int) -> None:
    """Drop what no request can be repeated with any more."""
    link.execute("DELETE FROM nonce WHERE at < %s", (now - 2 * STAMP_SLACK_MS,))


def shut_out(link: Link, till: int, now: int) -> bool:
    """Answer a till no more; whether there is one of this number."""
    return link.execute("UPDATE till SET shut_out = %s WHERE till = %s", (now, till)).rowcount == 1


def let_in(link: Link, till: int) -> bool:
    """Answer a till again that was shut out; whether there is one of this number."""
    return link.execute("UPDATE till SET shut_out = NULL WHERE till = %s", (till,)).rowcount == 1


def are_in(link: Link, scope: str) -> bool:
    """Whether a till is in a shop, or in one of an organisation."""
    (found,) = row(link, "SELECT count(*) FROM till WHERE shop = %s OR starts_with(shop, %s || '/')", (scope, scope))
    return bool(found)


def found_centre(link: Link, zone: str) -> None:
    """Give a new database its timeline and the cooperative's key for card numbers."""
    link.execute(
        "INSERT INTO centre (timeline, card_key, zone) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (os.urandom(8).hex(), os.urandom(signatures.KEY_BYTES), zone),
    )


def _mark(code: str) -> bytes:
    """What is kept of a code: nobody can join with that."""
    return hashlib.sha256(b"join " + code.strip().upper().replace("-", "").encode()).digest()
