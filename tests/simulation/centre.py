"""The real centre over a real PostgreSQL, which breaks, is backed up, put back, and loses what it had last."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString, NamedTuple

from psycopg import sql

from pos_app.loyalty import facts
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.tiers import Statutes
from sync.central import backups, changes, claims, holds, intake, stocks
from sync.central.database import row
from sync.central.folding import Folder
from sync.messages import HoldAnswer, HoldWanted, Page, Pull, Receipt, Upload
from tests.simulation.faults import breaking_link
from tests.simulation.keys import Key, key_of

_TABLES = (
    "centre", "till", "epoch", "backup", "backup_epoch", "tick", "batch", "fact", "fact_card", "apart", "fork", "alarm",
    "ledger", "card", "person", "entry", "hold", "notice", "pack", "claim",
)  # fmt: skip
_FULL_AFTER = 40
"""After so many runs the tables are emptied for good, and not only row by row, which is faster."""


class Alarm(NamedTuple):
    """Something that a person has to see to, at a till or (0) at the centre."""

    till: int
    kind: str
    subject: str


class Centre:
    """One database that is used for many runs; `begin` makes it new."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.link = breaking_link(url)
        self.slow_link = breaking_link(url)
        """The connection of a request that takes its time."""

        self._runs = 0
        self._folder = Folder("UTC")
        self._statutes = Statutes()
        for slot in ("backup", "standby"):
            self.link.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(slot)))
            for table in _TABLES:
                self.link.execute(_sql("CREATE UNLOGGED TABLE {0}.{1} AS TABLE public.{1} WITH NO DATA", slot, table))

    def close(self) -> None:
        self.link.close()
        self.slow_link.close()

    def begin(self, zone: str, statutes: Statutes, tills: int) -> None:
        self._runs += 1
        self._folder, self._statutes = Folder(zone, statutes), statutes
        if self._runs % _FULL_AFTER == 0:
            every = sql.SQL(", ").join(
                sql.Identifier(schema, table) for schema in ("public", "backup", "standby") for table in _TABLES
            )
            self.link.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(every))
        self._all("DELETE FROM public.{1}", "public")
        self.link.execute("INSERT INTO centre (timeline, card_key, zone) VALUES ('first', %s, %s)", (bytes(32), zone))
        self.link.execute("UPDATE centre SET blocks = %s, tills = %s", (tills, tills))
        self.link.execute(
            "INSERT INTO till (till, name, shop, public_key, joined, epochs) "
            "SELECT number, '', 'coop/' || number %% 2, '', 0, 1 FROM generate_series(1, %s) AS number",
            (tills,),
        )

    # -- what tills ask

    def receive(self, till: int, upload: Upload, now: int) -> Receipt:
        return intake.receive(self.link, till, upload, now)

    @contextmanager
    def receiving_slowly(self, till: int, upload: Upload, now: int) -> Iterator[Receipt]:
        """Take up an upload in a transaction that is committed only when this is left."""
        with self.slow_link.transaction():
            yield intake.receive(self.slow_link, till, upload, now)

    def forget_slow(self) -> None:
        """The connection of a slow request is gone, and what it was about to store."""
        self.slow_link.close()
        self.slow_link = breaking_link(self._url)

    def page(self, till: int, pull: Pull, now: int, most: int) -> Page:
        return changes.page(self.link, till, pull, now, most)

    def hold(self, till: int, wanted: HoldWanted, now: int) -> HoldAnswer:
        return holds.take(self.link, till, wanted, self._statutes, now)

    def give_up(self, till: int, hold: bytes, now: int) -> None:
        holds.give_up(self.link, till, hold, now)

    # -- what the centre does by itself

    def fold(self) -> int:
        return self._folder.fold(self.link)

    def back_up(self, now: int) -> int:
        number = backups.begin(self.link, now)
        self._keep("backup")
        return number

    def note_backup(self, number: int, now: int) -> None:
        backups.noted(self.link, number, now)

    def stand_by(self) -> None:
        """Let a stand-by have all that is here now, and nothing that comes later."""
        self._keep("standby")

    def fall_back(self) -> None:
        """Go on with what the stand-by has; nobody is told."""
        self._put_back("standby")

    def restore(self, now: int) -> None:
        """Go on with what the backup has, as an administrator does it."""
        self._put_back("backup")
        with self.link.transaction():
            backups.restored(self.link, now)

    def decide(self, now: int) -> None:
        """Somebody believes what tills claim that the centre has lost, where they were not believed at once."""
        for claim in claims.waiting(self.link):
            claims.believe(self.link, claim.till, now)

    def _keep(self, slot: str) -> None:
        self._all("DELETE FROM {0}.{1}; INSERT INTO {0}.{1} SELECT * FROM public.{1}", slot)

    def _put_back(self, slot: str) -> None:
        self._all("DELETE FROM public.{1}; INSERT INTO public.{1} OVERRIDING SYSTEM VALUE SELECT * FROM {0}.{1}", slot)

    def _all(self, statement: LiteralString, slot: str) -> None:
        self.link.execute(sql.SQL("; ").join(_sql(statement, slot, table) for table in _TABLES))

    # -- to look at

    def facts(self) -> set[Key]:
        """All contents that are kept."""
        rows = self.link.execute("SELECT data FROM fact UNION ALL SELECT data FROM fork")
        return {key_of(data) for (data,) in rows}

    def alarms(self) -> set[Alarm]:
        """What people were told."""
        return {Alarm(*told) for told in self.link.execute("SELECT till, kind, subject FROM alarm")}

    def names(self) -> dict[int, str]:
        """The names of members."""
        return dict(self.link.execute("SELECT member, name FROM person").fetchall())

    def timeline(self) -> str:
        return str(row(self.link, "SELECT timeline FROM centre")[0])

    def has_apart(self) -> bool:
        return bool(row(self.link, "SELECT EXISTS (SELECT FROM apart)")[0])

    def tick(self) -> int:
        """The newest cut."""
        return int(row(self.link, "SELECT tick FROM centre")[0])

    def ticks(self) -> set[int]:
        """All cuts that were made here."""
        return {number for (number,) in self.link.execute("SELECT number FROM tick")}

    def tokens(self) -> set[bytes]:
        """The last answers to all tills."""
        return {token for (token,) in self.link.execute("SELECT token FROM epoch")}

    def folded_after(self, tick: int) -> list[Fact]:
        """The facts of later cuts."""
        rows = self.link.execute(
            "SELECT data FROM fact JOIN batch USING (till) WHERE batch.number = fact.batch AND batch.tick > %s", (tick,)
        )
        return [facts.decode(data) for (data,) in rows]

    def oversold(self) -> dict[str, int]:
        """Things of the board of which more was given away than there was, and how many."""
        return {item: count for item, _, count in stocks.oversold(self.link)}

    def ledgers(self) -> Iterator[tuple[int, bytes]]:
        yield from self.link.execute("SELECT root, state FROM ledger ORDER BY root")

    def roots(self) -> dict[int, int]:
        """The key of the ledger of each card."""
        return dict(self.link.execute("SELECT number, root FROM card").fetchall())


def _sql(statement: LiteralString, slot: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(slot), sql.Identifier(table))
