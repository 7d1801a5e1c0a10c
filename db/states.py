"""States in rows, the same in both files: cards, accounts, members, and the ledger that they are read from.

The look-up of a card reads three small rows; the whole ledger is decoded only to change it, or when time alone has
changed something since (`next_change`).
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pos_app.loyalty import ledger, stored
from pos_app.loyalty.ledger import CardStatus, Ledger, Totals
from pos_app.loyalty.tiers import NO_STATUTES

CardRow = tuple[int, int, CardStatus, int, int, int, int, str | None, str | None, str, int | None]
"""account, member, status, active_from, balance, pending, next_change, kind, name, tier (or ''), its next review"""

_CARD = """
SELECT card.account, card.member, card.status, card.active_from,
       account.balance, account.pending, account.next_change, member.kind, member.name,
       account.tier, account.tier_until
FROM card JOIN account ON account.id = card.account LEFT JOIN member ON member.id = card.member
WHERE card.number = ?
"""
_LEDGER = """
SELECT account.root, ledger.state, ledger.tick
FROM card JOIN account ON account.id = card.account LEFT JOIN ledger ON ledger.root = account.root
WHERE card.number = ?
"""


def card_row(connection: sqlite3.Connection, card: int) -> CardRow | None:
    """What the look-up of a card shows, None when the file does not know it."""
    row: CardRow | None = connection.execute(_CARD, (card,)).fetchone()
    return row


class Kept(NamedTuple):
    """A ledger as a file keeps it: its key, the state, and the centre's tick that it is of (0: none)."""

    root: int
    state: Ledger
    tick: int


def ledger_of(connection: sqlite3.Connection, card: int) -> Kept | None:
    """The ledger that a card is in, decoded anew; None when the file does not know the card.

    Raises sqlite3.DatabaseError when the file has the card and not its ledger.
    """
    row = connection.execute(_LEDGER, (card,)).fetchone()
    if row is None:
        return None
    root, data, tick = row
    if data is None:
        raise sqlite3.DatabaseError(f"the ledger {root} is missing")
    return Kept(root, stored.decode(data), tick)


def newest_tick(connection: sqlite3.Connection, cards: Iterable[int]) -> int:
    """The newest tick of the ledgers that some cards are in; -1 where the file knows none of them."""
    query = (
        "SELECT ledger.tick FROM card JOIN account ON account.id = card.account JOIN ledger USING (root) "
        "WHERE card.number = ?"
    )
    rows = (connection.execute(query, (card,)).fetchone() for card in cards)
    return max((row[0] for row in rows if row is not None), default=-1)


def root_of(connection: sqlite3.Connection, card: int) -> int:
    """The key of the ledger of a card that the file knows."""
    query = "SELECT account.root FROM card JOIN account ON account.id = card.account WHERE card.number = ?"
    root: int = connection.execute(query, (card,)).fetchone()[0]
    return root


def cards_of_member(connection: sqlite3.Connection, member: int) -> list[int]:
    return [row[0] for row in connection.execute("SELECT number FROM card WHERE member = ?", (member,))]


def contact(connection: sqlite3.Connection, member: int) -> tuple[str, str]:
    """Name and phone of a member, empty where the file does not know it."""
    row = connection.execute("SELECT name, phone FROM member WHERE id = ?", (member,)).fetchone()
    return ("", "") if row is None else (row[0], row[1])


def root_for(state: Ledger) -> int:
    """The key of a ledger that has none yet: its lowest account."""
    return min(card.account for card in state.cards.values())


def put_ledger(
    connection: sqlite3.Connection,
    root: int,
    state: Ledger,
    tick: int = 0,
    tiers: Mapping[int, tuple[str, int | None]] | None = None,
) -> dict[int, Totals]:
    """Write a ledger of a tick, without the statutes that it was folded by, and its accounts; tells their totals.

    `tiers` are those of the accounts with their reviews, where they do not follow from the state and its statutes.
    """
    sums: dict[int, Totals] = {}
    statutes, state.statutes = state.statutes, NO_STATUTES
    connection.execute("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?)", (root, stored.encode(state), tick))
    state.statutes = statutes
    for account in {card.account for card in state.cards.values()}:
        totals = sums[account] = ledger.totals(state, account)
        id_, until = _tier(state, account) if tiers is None else tiers.get(account, ("", None))
        connection.execute(
            "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account, root, totals.balance, totals.pending, state.next_change, id_, until),
        )
    return sums


def _tier(state: Ledger, account: int) -> tuple[str, int | None]:
    tier = ledger.tier_of(state, account)
    return ("", None) if tier is None else (tier.id, tier.until)


def put_cards(
    connection: sqlite3.Connection, state: Ledger, contact_of: Callable[[int], tuple[str, str] | None]
) -> None:
    """Write the rows of all cards of a ledger and of their members, named by `contact_of` (name, phone)."""
    for number, card in state.cards.items():
        connection.execute(
            "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?, ?)",
            (number, card.account, card.member, card.status, card.active_from),
        )
    for member, kind in state.kinds.items():
        name, phone = contact_of(member) or ("", "")
        connection.execute("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)", (member, kind, name, phone))


def put_marks(connection: sqlite3.Connection, members: Iterable[int], marks: Mapping[int, bytes]) -> None:
    """Write the marks of members' e-mail addresses; those go of members who have none any more."""
    for member in members:
        if member in marks:
            connection.execute("INSERT OR REPLACE INTO contact VALUES (?, ?)", (member, marks[member]))
        else:
            connection.execute("DELETE FROM contact WHERE member = ?", (member,))


def in_debt(connection: sqlite3.Connection) -> list[int]:
    """A card of each account that owes points."""
    query = (
        "SELECT min(number) FROM account JOIN card ON card.account = account.id WHERE account.balance < 0 "
        "GROUP BY account.root"
    )
    return [row[0] for row in connection.execute(query)]
