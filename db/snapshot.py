"""The next replica, made whole at once: by the centre for all tills, or by a till that stands alone."""

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from db import file, generations, seek, states
from db.records import Person
from db.replica import Published, Replica, Told
from pos_app.loyalty.ledger import Ledger

_BATCH = 5000


class Cut(NamedTuple):
    """All that the centre of a timeline tells up to a tick."""

    timeline: str
    tick: int


ALL_OF_A_TICK = 1 << 62
"""The key after the last of a tick."""


class Snapshot:
    """A replica in the making. Left without an error it becomes the one that counts in its folder."""

    def __init__(self, folder: Path, *, included: int = 0, cut: Cut | None = None) -> None:
        """Begin the next replica of a folder; `included` is the last own fact that its states tell, `cut` what of the
        centre it tells."""
        self._path = generations.next_path(folder)
        self._part = self._path.with_suffix(".part")
        self._part.unlink(missing_ok=True)
        self.replica = Replica(self._part)
        self._connection = self.replica.connection
        # Until it is finished, nobody reads the file and nothing is lost with it.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA cache_size = -64000")
        self._connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [("base", cut.timeline if cut else os.urandom(8).hex()), ("included", str(included))],
        )
        if cut is not None:
            self._connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [("timeline", cut.timeline), ("tick", str(cut.tick)), ("key", str(ALL_OF_A_TICK))],
            )

    def add(self, accounts: Iterable[tuple[Ledger, Sequence[Person]]]) -> None:
        """Add ledgers, each with its people; in the order of their card numbers it is fastest."""
        rows = iter(accounts)
        while batch := list(islice(rows, _BATCH)):
            contacts = {person.member: (person.name, person.phone) for _, people in batch for person in people}
            with self.replica.transaction():
                for state, _ in batch:
                    states.put_ledger(self._connection, states.root_for(state), state)
                    states.put_cards(self._connection, state, contacts.get)

    def tell(self, told: Iterable[Told]) -> None:
        """Add states as of their ticks, with their members; in the order of their keys it is fastest."""
        rows = iter(told)
        while batch := list(islice(rows, _BATCH)):
            with self.replica.transaction():
                for one in batch:
                    states.put_ledger(self._connection, one.root, one.state, one.tick, one.tiers)
                    states.put_cards(self._connection, one.state, one.members.get)
                    states.put_marks(self._connection, one.state.kinds.keys() & one.marks.keys(), one.marks)

    def publish(self, things: Iterable[Published]) -> None:
        """Add things that the centre publishes."""
        rows = iter(things)
        while batch := list(islice(rows, _BATCH)):
            with self.replica.transaction():
                for thing in batch:
                    self.replica.put_published(thing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._index()
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA journal_mode = WAL")
        self.replica.close()
        if error is None:
            file.synced(self._part)
            self._part.replace(self._path)
            file.synced(self._path.parent)
        else:
            self._part.unlink(missing_ok=True)

    def _index(self) -> None:
        """Number the cards by the names of their members, which is the order of the look-up."""
        self._connection.create_function("person_text", 3, seek.person_text, deterministic=True)
        with self.replica.transaction():
            self._connection.execute(
                "INSERT INTO seek (card, text) SELECT number, person_text(ifnull(name, ''), ifnull(phone, ''), number)"
                " AS text FROM card LEFT JOIN member ON member.id = card.member ORDER BY text"
            )
            self._connection.execute("INSERT INTO seek_index (seek_index) VALUES ('rebuild')")
