"""What the routes of the service share: the database, the folder, the clock, the figures, the administrators."""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

import anyio
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from pos_app.loyalty.errors import FileFault
from sync.central import followed
from sync.central.administrators import Administrators
from sync.central.answers import Asked
from sync.central.careful import Careful
from sync.central.database import Link, Pool, row
from sync.central.folding import Folder
from sync.central.metrics import Metrics
from sync.central.readers import HERE, Readers
from sync.central.tills import Refused

log = logging.getLogger(__name__)

GLANCE_S = 1.0

Now = Callable[[], int]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Glance(NamedTuple):
    """What everybody may ask for at any time: the timeline, and when the oldest fact came that waits to be folded."""

    at: float
    timeline: str
    oldest: int | None


class Service:
    """What the routes share: the database, the folder, the clock."""

    def __init__(self, pool: Pool, folder: Folder, now: Now, readers: Readers = HERE) -> None:
        self.pool = pool
        self.readers = readers
        self.folder = folder
        self._careful = Careful(folder)
        self.now = now
        self.waiting = anyio.Event()
        self.folded = now()
        """When the folder last came to the end of what waits."""
        self.follows_old = False
        """Whether the programme in force cannot be read, so that the one before it is followed."""
        self.metrics = Metrics(self)
        self.description = b""
        self._mark = ""
        self.wrong_password: Callable[[str], object] = lambda address: None
        self._administrators = Administrators()
        self._glance = Glance(-GLANCE_S, "", None)

    def glance(self) -> Glance:
        """A look at the database that is a second old at most, so that nobody can make it look all the time."""
        if time.monotonic() - self._glance.at >= GLANCE_S:
            with self.pool.connection() as link:
                timeline, oldest = row(
                    link, "SELECT timeline, (SELECT min(received) FROM batch WHERE tick IS NULL) FROM centre"
                )
            self._glance = Glance(time.monotonic(), timeline, oldest)
        return self._glance

    def administrator(self, request: Asked) -> str:
        """The administrator whose password came with a request; raises Refused."""
        with self.pool.connection() as link:
            name = self._administrators.name(link, request.headers.get("authorization", ""))
        if name is None:
            if request.headers.get("authorization"):
                self.wrong_password(request.client.host if request.client else "")
            raise Refused("password", 401, "This page is for administrators.")
        return name

    def fold_all(self) -> int:
        """Fold all that waits; tells how many facts that were."""
        count = 0
        with self.pool.connection() as link:
            self._follow_programme(link)
            while folded := self._careful.fold(link):
                count += folded
        self.folded = self.now()
        return count

    def look_at_time(self) -> None:
        """Let members be told what time alone has done to their levels."""
        with self.pool.connection() as link:
            self._follow_programme(link)
            while self.folder.look_at_time(link):
                pass

    def _follow_programme(self, link: Link) -> None:
        """Fold by the programme that is in force now: another one may have been published meanwhile."""
        mark = followed.mark(link)
        if mark in ("", self._mark):
            return
        try:
            found = followed.programme(link, self.now())
        except FileFault as fault:
            trouble = str(fault)  # what was followed until now is followed further
        else:
            if found is None:
                return
            self.folder.statutes = found.programme.statutes
            mark, trouble = found.mark, found.trouble
        if trouble and mark != self._mark:
            log.error("the programme in force cannot be read, the one before it is followed: %s", trouble)
        self.follows_old = bool(trouble)
        self._mark = mark


Shared = NamedDependency[SkipValidation[Service]]
