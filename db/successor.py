"""The next replica while the centre is still telling it."""

from contextlib import suppress
from pathlib import Path

from db import file, generations
from db.replica import PUBLISHED, Replica
from db.trouble import StoreTrouble


class Successor:
    """The next replica of a folder while the centre is still telling it; `finish` lets it be the one that counts."""

    def __init__(self, folder: Path, timeline: str) -> None:
        """Go on with what is there of it, or begin it where that is of another past of the centre."""
        self._path = generations.next_path(folder)
        self._part = self._path.with_suffix(".part")
        self.replica = self._opened(timeline)

    def _opened(self, timeline: str) -> Replica:
        if self._part.exists():
            with suppress(StoreTrouble):
                begun = Replica(self._part)
                if begun.timeline == timeline:
                    return begun
                begun.close()
            for side in ("-wal", "-shm", ""):
                self._part.with_name(self._part.name + side).unlink(missing_ok=True)
        replica = Replica(self._part)
        with replica.transaction():
            replica.connection.executemany(
                "INSERT INTO meta VALUES (?, ?)", [("base", timeline), ("timeline", timeline)]
            )
        return replica

    @staticmethod
    def is_begun(folder: Path, timeline: str) -> bool:
        """Whether there is one of this timeline that only has to go on."""
        part = generations.next_path(folder).with_suffix(".part")
        with suppress(StoreTrouble):
            begun = Replica(part, read_only=True)
            try:
                return begun.timeline == timeline and begun.cursor > (0, 0)
            finally:
                begun.close()
        return False

    @staticmethod
    def put_ready(folder: Path, unpacked: Path) -> None:
        """Let a file that was unpacked beside it be what the next one goes on with."""
        part = generations.next_path(folder).with_suffix(".part")
        for side in ("-wal", "-shm", ""):
            part.with_name(part.name + side).unlink(missing_ok=True)
        unpacked.replace(part)

    def finish(self) -> None:
        """Give it its name; it is closed. What the centre has never published anything of stays as it was."""
        before = generations.newest(self._path.parent)
        if before is not None:
            self._keep_unpublished(before)
        self.replica.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.replica.close()
        file.synced(self._part)
        self._part.replace(self._path)
        file.synced(self._path.parent)

    def _keep_unpublished(self, before: Path) -> None:
        """Take over goods, board, coupons and staff that are the till's own, none that the centre has lost."""
        connection = self.replica.connection
        connection.execute("ATTACH ? AS before", (str(before),))
        try:
            with self.replica.transaction():
                for table in ("product", "offer", "coupon", "staff"):
                    told = connection.execute(
                        f"SELECT 1 FROM main.{table} UNION ALL SELECT 1 FROM main.meta WHERE key = ?1 "
                        "UNION ALL SELECT 1 FROM before.meta WHERE key = ?1 LIMIT 1",
                        (PUBLISHED + table,),
                    )
                    if told.fetchone() is None:
                        connection.execute(f"INSERT INTO main.{table} SELECT * FROM before.{table}")
                        if table == "product":
                            connection.execute("INSERT INTO product_index (product_index) VALUES ('rebuild')")
        finally:
            connection.execute("DETACH before")
