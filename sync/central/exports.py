"""All that the centre keeps, as plain rows, in one snapshot of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString, NamedTuple

import msgspec

from pos_app.loyalty import accounts, facts, ledger, stored
from sync.central.database import Link
from sync.central.people import readable

Plain = dict[str, object]

_AT_ONCE = 2000
_PLAIN: dict[str, LiteralString] = {
    "people": "SELECT member, name, phone, email, terms, birthday, language FROM person ORDER BY member",
    "cards": "SELECT number, member, root FROM card ORDER BY number",
    "tills": "SELECT till, name, shop, joined, shut_out, heard, offset_ms, report FROM till ORDER BY till",
    "alarms": "SELECT till, at, kind, subject, seen FROM alarm ORDER BY at, till",
    "notices": "SELECT member, kind, channel, state, created, tried, tries FROM notice ORDER BY created, member, id",
    "erased": "SELECT member, at FROM erased ORDER BY member",
}
"""What is exported row by row as it is kept."""


class Export(NamedTuple):
    """What is exported under a name."""

    name: str
    rows: Iterator[Plain]


@contextmanager
def everything(link: Link, now: int) -> Iterator[list[Export]]:
    """All that there is to export, as of one moment; balances are those of `now`."""
    with link.transaction():
        link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield [
            Export("facts", _facts(link)),
            Export("accounts", _accounts(link, now)),
            Export("published", _published(link)),
            *(Export(name, _rows(link, name, query)) for name, query in _PLAIN.items()),
        ]


def _rows(link: Link, name: str, query: LiteralString) -> Iterator[Plain]:
    with link.cursor(name) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(query)
        for values in cursor:
            assert cursor.description is not None
            yield {column.name: value for column, value in zip(cursor.description, values, strict=True)}


def _facts(link: Link) -> Iterator[Plain]:
    """Every fact in its till's order; one that is not understood with its bytes alone."""
    for one in _rows(link, "facts", "SELECT till, epoch, seq, id, data FROM fact ORDER BY till, epoch, seq, id"):
        data = one.pop("data")
        assert isinstance(data, bytes)
        head = {key: readable(value) for key, value in one.items()}
        try:
            fact = facts.decode(data)
        except (msgspec.DecodeError, ValueError):
            yield {**head, "data": data.hex()}
            continue
        body = readable(msgspec.to_builtins(fact.body, builtin_types=(bytes,)))
        yield {
            **head,
            "moment": fact.moment,
            "kind": fact.body.__struct_config__.tag,
            "cashier": fact.cashier,
            "programme": fact.programme,
            "version": fact.version,
            "body": body,
        }


def _accounts(link: Link, now: int) -> Iterator[Plain]:
    for one in _rows(link, "accounts", "SELECT root, state FROM ledger ORDER BY root"):
        data = one["state"]
        assert isinstance(data, bytes)
        state = stored.decode(data)
        ledger.advance(state, max(now, state.changed))
        for account in sorted({card.account for card in state.cards.values()}):
            held = sorted(number for number, card in state.cards.items() if card.account == account)
            totals = msgspec.to_builtins(accounts.totals(state, account))
            yield {"account": account, "cards": [str(number) for number in held], **totals}


def _published(link: Link) -> Iterator[Plain]:
    query: LiteralString = "SELECT kind, key, shop, data FROM entry WHERE data IS NOT NULL ORDER BY kind, shop, key"
    for one in _rows(link, "published", query):
        data = one["data"]
        assert isinstance(data, bytes)
        told = data.decode("utf-8") if one["kind"] == "pack" else readable(msgspec.msgpack.decode(data))
        if isinstance(told, dict):
            told.pop("pin_hash", None)
        yield {**one, "data": told}
