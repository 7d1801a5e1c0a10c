"""States in rows, the same in both files: cards, accounts, members, and the ledger that they are read from.

The look-up of a card reads three small rows; the whole ledger is decoded only to change it, or when time alone has
changed something since (`next_change`).
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator

import msgspec

from pos_app.loyalty import ledger
from pos_app.loyalty.ledger import CardStatus, Ledger

CardRow = tuple[int, int, CardStatus, int, int, int, int, str | None, str | None]
"""account, member, status, active_from, balance, pending, next_change, kind, name"""

_CARD = """
SELECT card.account, card.member, card.status, card.active_from,
       account.balance, account.pending, account.next_change, member.kind, member.name
FROM card JOIN account ON account.id = card.account LEFT JOIN member ON member.id = card.member
WHERE card.number = ?
"""
_ROOT = "SELECT account.root FROM card JOIN account ON account.id = card.account WHERE card.number = ?"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Ledger)


def card_row(connection: sqlite3.Connection, card: int) -> CardRow | None:
    """What the look-up of a card shows, None when the file does not know it."""
    row: CardRow | None = connection.execute(_CARD, (card,)).fetchone()
    return row


def root_of(connection: sqlite3.Connection, card: int) -> int | None:
    """The key of the ledger that a card is in."""
    row = connection.execute(_ROOT, (card,)).fetchone()
    return None if row is None else row[0]


def ledger_at(connection: sqlite3.Connection, root: int) -> Ledger:
    """The ledger of this key, decoded anew; sqlite3.DatabaseError when the file lacks it."""
    row = connection.execute("SELECT state FROM ledger WHERE root = ?", (root,)).fetchone()
    if row is None:
        raise sqlite3.DatabaseError(f"the ledger {root} is missing")
    return _decoder.decode(row[0])


def cards_of_member(connection: sqlite3.Connection, member: int) -> list[int]:
    return [row[0] for row in connection.execute("SELECT number FROM card WHERE member = ?", (member,))]


def contact(connection: sqlite3.Connection, member: int) -> tuple[str, str]:
    """Name and phone of a member, empty where the file does not know it."""
    row = connection.execute("SELECT name, phone FROM member WHERE id = ?", (member,)).fetchone()
    return ("", "") if row is None else (row[0], row[1])


def root_for(state: Ledger) -> int:
    """The key of a ledger that has none yet: its lowest account."""
    return min(card.account for card in state.cards.values())


def put_ledgers(connection: sqlite3.Connection, ledgers: Iterable[tuple[int, Ledger]]) -> None:
    """Write ledgers and their accounts' rows."""
    rows = list(ledgers)
    connection.executemany(
        "INSERT OR REPLACE INTO ledger VALUES (?, ?)", [(root, _encoder.encode(state)) for root, state in rows]
    )
    connection.executemany(
        "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?)",
        [row for root, state in rows for row in _account_rows(root, state)],
    )


def put_cards(
    connection: sqlite3.Connection, states: Iterable[Ledger], contact_of: Callable[[int], tuple[str, str] | None]
) -> None:
    """Write the rows of all cards of ledgers and of their members, named by `contact_of` (name, phone)."""
    states = list(states)
    connection.executemany(
        "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?, ?)",
        [
            (number, card.account, card.member, card.status, card.active_from)
            for state in states
            for number, card in state.cards.items()
        ],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)",
        [(member, kind, *(contact_of(member) or ("", ""))) for state in states for member, kind in state.kinds.items()],
    )


def _account_rows(root: int, state: Ledger) -> Iterator[tuple[int, int, int, int, int]]:
    for account in {card.account for card in state.cards.values()}:
        totals = ledger.totals(state, account)
        yield (account, root, totals.balance, totals.pending, state.next_change)
