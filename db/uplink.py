"""The journal in the hands of the one who speaks with the centre, beside the till that goes on selling.

Its transactions are short, and none waits for the network.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path

from msgspec import Struct

from db import file, schema
from db.journal import SLIPS_A_TILL
from db.records import Person
from db.trouble import tells_troubles
from pos_app.loyalty import facts
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted

_PRUNE_MOST = 200
_NO_LINK = "INSERT OR IGNORE INTO uplink VALUES (1, '', '', x'', 0, 0, 0, 0, 0, 0)"


class Standing(Struct, frozen=True):
    """How far a till has come with its centre: `token` for the next upload, facts up to `seq` acknowledged, those up
    to `safe` in a backup there; `epoch` is the till's own. `timeline` is the centre's, empty before the first answer.
    The till is to begin the `new_epoch`, if that is not 0. Facts up to `pruned` are no more offered.
    """

    till: int
    epoch: int
    timeline: str
    token: bytes
    seq: int
    safe: int
    new_epoch: int
    pruned: int


class Written(Struct, frozen=True):
    """A fact as it stands in the journal."""

    epoch: int
    seq: int
    id: bytes
    hash: bytes
    data: bytes


@tells_troubles
class Uplink:
    """One connection to the journal of a till; raises StoreTrouble."""

    def __init__(self, folder: Path) -> None:
        """Open the journal in `folder`, which must be there and of this version."""
        self.path = folder / f"{schema.JOURNAL.name}.db"
        with ExitStack() as closing:
            file.opened(self.path, schema.JOURNAL, read_only=True).close()
            self._connection = file.connected(self.path)
            closing.callback(self._connection.close)
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {file.WAL_PAGES}")
            with file.Transaction(self._connection, self.path):
                self._connection.execute(_NO_LINK)
            self._closing = closing.pop_all()

    def close(self) -> None:
        self._closing.close()

    def centre(self) -> str:
        """Where the centre is, empty for a till that was not enrolled."""
        return str(self._connection.execute("SELECT url FROM uplink").fetchone()[0])

    def writings(self) -> int:
        """A number that changes whenever somebody else has written into the journal."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def has_pack(self, hash_: str) -> bool:
        """Whether a programme file is kept here."""
        return self._connection.execute("SELECT 1 FROM pack WHERE hash = ?", (hash_,)).fetchone() is not None

    def put_pack(self, hash_: str, content: bytes) -> None:
        """Keep a programme file under the hash by which facts name it."""
        with file.Transaction(self._connection, self.path):
            self._connection.execute("INSERT OR REPLACE INTO pack VALUES (?, ?)", (hash_, content))

    def standing(self) -> Standing:
        row = self._connection.execute(
            "SELECT till.till, till.epoch, timeline, token, uplink.seq, safe, new_epoch, pruned FROM till, uplink"
        ).fetchone()
        return Standing(*row)

    def facts(self, after: int, most: int) -> list[Written]:
        """The next facts after a number, in their order."""
        rows = self._connection.execute(
            "SELECT seq, id, hash, data FROM fact WHERE seq > ? ORDER BY seq LIMIT ?", (after, most)
        ).fetchall()
        return [Written(facts.decode(data).epoch, seq, id_, hash_, data) for seq, id_, hash_, data in rows]

    def hash_before(self, seq: int) -> bytes:
        """The chain hash of the last fact before a number, empty before the first."""
        row = self._connection.execute(
            "SELECT hash FROM fact WHERE seq < ? ORDER BY seq DESC LIMIT 1", (seq,)
        ).fetchone()
        return b"" if row is None else bytes(row[0])

    def waiting(self, after: int = 0) -> tuple[int, bytes | None]:
        """How many facts the centre has not acknowledged, and the oldest of them; only those after a number."""
        execute = self._connection.execute
        (first,) = execute("SELECT max(seq, ?) FROM uplink", (after,)).fetchone()
        count: int = execute("SELECT count(*) FROM fact WHERE seq > ?", (first,)).fetchone()[0]
        row = execute("SELECT data FROM fact WHERE seq > ? ORDER BY seq LIMIT 1", (first,)).fetchone()
        return count, None if row is None else bytes(row[0])

    def people(self, most: int) -> list[Person]:
        """People who were not handed over to the centre yet."""
        rows = self._connection.execute(
            "SELECT member, name, phone, email, terms, birthday, language FROM person WHERE handed = 0 LIMIT ?", (most,)
        )
        return [Person(*row) for row in rows]

    def acknowledge(self, token: bytes, seq: int, safe: int, people: Iterable[Person]) -> None:
        """The centre has facts up to `seq`, in a backup up to `safe`, and these people.

        People are handed over for good once a later fact is in a backup, which then holds them too.
        """
        with file.Transaction(self._connection, self.path):
            self._connection.execute("UPDATE uplink SET token = ?, seq = max(seq, ?), safe = ?", (token, seq, safe))
            for person in people:
                self._connection.execute(
                    "UPDATE person SET handed = (SELECT seq + 1 FROM uplink) "
                    "WHERE member = ? AND name = ? AND phone = ? AND email = ?",
                    (person.member, person.name, person.phone, person.email),
                )

    def offer_again(self, timeline: str, token: bytes) -> None:
        """The centre is not the one that was spoken with, or has lost something: all that is here is offered again."""
        with file.Transaction(self._connection, self.path):
            self._connection.execute(
                "UPDATE uplink SET timeline = ?, token = ?, seq = pruned, safe = pruned", (timeline, token)
            )
            self._connection.execute("UPDATE person SET handed = 0")

    def sent_ids(self, after: int, most: int) -> list[tuple[int, bytes]]:
        """Numbers and ids of facts that the centre has, those after a number."""
        rows = self._connection.execute(
            "SELECT fact.seq, id FROM fact, uplink WHERE fact.seq > ? AND fact.seq <= uplink.seq "
            "ORDER BY fact.seq LIMIT ?",
            (after, most),
        )
        return rows.fetchall()

    def ask_for_epoch(self, epoch: int, slips: int, block: int) -> None:
        """Let the till begin an epoch as soon as it can: it is a copy that is not the newest."""
        with file.Transaction(self._connection, self.path):
            self._connection.execute(
                "UPDATE uplink SET new_epoch = ?, new_slips = ?, new_block = ?", (epoch, slips, block)
            )

    def believe(self, told: Mapping[int, tuple[str, str]]) -> None:
        """Forget what was handed over of people of whom the centre tells another name or telephone by now.

        Who was erased anywhere is erased here at once; others are known here while a notice to them waits.
        """
        with file.Transaction(self._connection, self.path):
            self._connection.executemany(
                "DELETE FROM person WHERE member = ?1 AND handed > 0 AND (name <> ?2 OR phone <> ?3) "
                "AND (?2 = '' OR NOT EXISTS (SELECT 1 FROM outbox "
                "WHERE outbox.member = person.member AND state IN ('queued', 'sending', 'failed')))",
                [(member, *names) for member, names in told.items()],
            )

    def hand_names_back(self, members: Iterable[int]) -> None:
        """Forget people whose names the centre tells from now on, and has in a backup."""
        with file.Transaction(self._connection, self.path):
            self._connection.executemany(
                "DELETE FROM person WHERE member = ? AND handed BETWEEN 1 AND (SELECT safe FROM uplink) "
                "AND NOT EXISTS (SELECT 1 FROM outbox "
                "WHERE outbox.member = person.member AND state IN ('queued', 'sending', 'failed'))",
                [(member,) for member in members],
            )

    def prune(self, told_to: int, before: int) -> int:
        """Let facts go that are older than the moment `before`, a few at a time; tells how many went.

        Only those go that a backup of the centre holds and that the replica tells, which it does up to `told_to`. The
        last of them stays as the link to what follows. Sales that have gone are not found by their slip any more.
        """
        pruned, safe = self._connection.execute("SELECT pruned, min(seq, safe) FROM uplink").fetchone()
        rows = self._connection.execute(
            "SELECT data FROM fact WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ?",
            (pruned, min(safe, told_to), _PRUNE_MOST),
        ).fetchall()
        old = list(takewhile(lambda fact: fact.moment < before, (facts.decode(data) for (data,) in rows)))
        if len(old) < 2:
            return 0
        with file.Transaction(self._connection, self.path):
            self._keep_counts(old[-1].seq)
            for fact in old[:-1]:
                self._forget(fact)
            self._connection.execute("UPDATE uplink SET pruned = ?", (old[-1].seq,))
        return len(old) - 1

    def _keep_counts(self, seq: int) -> None:
        """What is reckoned from facts up to a number goes on to be known without them."""
        self._connection.execute(
            "UPDATE till SET slips_used = max(slips_used, ifnull((SELECT max(number % ?) FROM slip "
            "WHERE seq <= ? AND number / ? = till.till), 0))",
            (SLIPS_A_TILL, seq, SLIPS_A_TILL),
        )
        self._connection.execute(
            "DELETE FROM board_use WHERE EXISTS (SELECT 1 FROM board_use AS later "
            "WHERE later.item = board_use.item AND later.seq > board_use.seq AND later.seq <= ?)",
            (seq,),
        )

    def _forget(self, fact: Fact) -> None:
        execute = self._connection.execute
        execute("DELETE FROM fact WHERE seq = ?", (fact.seq,))
        for card in set(facts.cards_of(fact.body)):
            execute("DELETE FROM fact_card WHERE card = ? AND seq = ?", (card, fact.seq))
        for key in set(facts.keys_of(fact.body)):
            execute("DELETE FROM fact_key WHERE key = ? AND seq = ?", (key, fact.seq))
        match fact.body:
            case SaleCompleted() as sale:
                execute("DELETE FROM slip WHERE number = ?", (sale.slip,))
            case GoodsReturned() as back:
                execute("DELETE FROM slip WHERE number = ?", (back.slip,))
                execute("DELETE FROM return_of WHERE sale = ? AND seq = ?", (back.sale, fact.seq))
