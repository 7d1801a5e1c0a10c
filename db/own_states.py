"""The states that own facts have touched: what a journal holds beside what is precious, and can be made again."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from db import seek
from db.trouble import tells_troubles
from pos_app.loyalty import stored

OUTDATED = -2
"""The tick of states that are to be made again: before that of what no replica tells."""


class Based(NamedTuple):
    """A ledger whose states stand in the journal: its key, the tick of the states under it, its cards."""

    root: int
    tick: int
    cards: list[int]


@tells_troubles
class OwnStates:
    """The part of `Journal` that hides what the replica says of the same cards."""

    connection: sqlite3.Connection

    def own_cards(self) -> set[int]:
        """The cards whose states are told by this file and not by the replica."""
        return {row[0] for row in self.connection.execute("SELECT number FROM card")}

    def forget_states(self) -> None:
        """Drop all states and the index over them, to be made again."""
        for table in ("card", "account", "ledger", "member", "seek"):
            self.connection.execute(f"DELETE FROM {table}")
        self.connection.execute("INSERT INTO seek_index (seek_index) VALUES ('rebuild')")

    def based_after(self, root: int, most: int) -> list[Based]:
        """The next ledgers whose states stand here, by their keys."""
        rows = self.connection.execute(
            "SELECT root, tick, state FROM ledger WHERE root > ? ORDER BY root LIMIT ?", (root, most)
        )
        return [Based(root, tick, list(stored.decode(state).cards)) for root, tick, state in rows]

    def outdate(self) -> None:
        """Let all states that stand here be made again, one after the other."""
        self.connection.execute("UPDATE ledger SET tick = ?", (OUTDATED,))

    def forget(self, root: int, cards: Sequence[int]) -> None:
        """Drop the states of a ledger: the replica tells them, or they are about to be made again."""
        execute = self.connection.execute
        for card in cards:
            row = execute("DELETE FROM card WHERE number = ? RETURNING account, member", (card,)).fetchone()
            seek.drop(self.connection, "seek", card)
            if row is not None:
                account, member = row
                execute("DELETE FROM account WHERE id = ?", (account,))
                execute(
                    "DELETE FROM member WHERE id = ? AND NOT EXISTS (SELECT 1 FROM card WHERE member = ?)",
                    (member, member),
                )
        execute("DELETE FROM ledger WHERE root = ?", (root,))

    def drop_ledger(self, root: int) -> None:
        """Forget a ledger that went up in another one."""
        self.connection.execute("DELETE FROM ledger WHERE root = ?", (root,))

    def put_seek(self, card: int, text: str) -> None:
        """Let a card be found by `text` from now on."""
        seek.put(self.connection, "seek", card, text)

    def finds(self, text: str) -> Iterator[int]:
        """Cards that `text` finds here."""
        return (row[0] for row in seek.found(self.connection, "seek", "seek.card", text))

    def has_seek(self, card: int) -> bool:
        return self.connection.execute("SELECT 1 FROM seek WHERE card = ?", (card,)).fetchone() is not None

    def base(self) -> str:
        """The replica that the states here were made on."""
        return str(self.connection.execute("SELECT base FROM till").fetchone()[0])

    def put_base(self, base: str) -> None:
        self.connection.execute("UPDATE till SET base = ?", (base,))
