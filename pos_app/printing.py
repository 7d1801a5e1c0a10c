"""Moves print jobs from the journal to the printer, and says when it is not sure what became of one.

A job's state is committed before its first byte leaves. A printer that is missing or in trouble never stops a sale:
the slip waits. A job that broke off in the middle, or was under way when the till died, is unsure: it is never
printed again by itself, a second print of it is marked as a copy, and it stays unsure, whatever happens to the till,
until somebody has told what became of it. Slips that have waited long are not poured out when the printer comes back:
somebody is asked which of them are still wanted, while new ones go before them.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Literal, NamedTuple, Protocol

from db.store import PrintJob, Store
from hardware.answers import Status
from hardware.printer import Confirmation, PrinterTrouble, TroubleCode
from pos_app.loyalty.paper import Document, OpenDrawer

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""How long a printer in trouble is left alone before the waiting slip is tried again."""
LOOK_S = 10.0
"""How often an idle printer that answers is asked how it is, so that paper is put in before the next slip."""
BACKLOG_MOST = 3
BACKLOG_AGE_MS = 10 * 60 * 1000
"""More slips than this, or one older than this, are asked about before they are printed."""
DRAWER_AGE_MS = 30 * 1000
"""Later than this nobody waits for the drawer any more, and it would open in somebody's face."""

Condition = Literal["none", "ready", "paper_low", "silent", "printing"] | TroubleCode
BacklogAnswer = Literal["all", "last", "none"]

NO_TROUBLE: tuple[Condition, ...] = ("none", "ready", "paper_low", "silent", "printing")

_WELL = ("ready", "paper_low", "silent")
_TALKS = "printer_talks"
_ACKNOWLEDGES = "printer_acknowledges"
"""The notes in the store about which printer has ever answered: from then on its silence is a trouble."""


class PrinterState(NamedTuple):
    """What the state line says: the printer's condition, slips that wait, slips that may not be whole (by their number;
    what has none by that of its print job, below 0), and how many have waited so long that somebody has to say whether
    they are still wanted.
    """

    condition: Condition
    waiting: int
    unsure: tuple[int, ...]
    backlog: int = 0


class Sender(Protocol):
    """A printer, as far as printing needs one; its calls may wait. See `SerialPrinter` for what is known of it."""

    talks: bool
    acknowledges: bool | None
    torn: int

    def send(self, pieces: Sequence[bytes]) -> Confirmation: ...

    def status(self) -> Status | None: ...

    def close(self) -> None: ...


class Printing:
    """The printing of one till. `poll` is called by the window's timer; the printer itself works in a thread.

    `name` is by which this printer is known again (its port and kind), `now_ms` the clock that print jobs are dated by.
    """

    def __init__(
        self,
        store: Store,
        printer: Sender | None,
        encode: Callable[[Document], Sequence[bytes]],
        clock_s: Callable[[], float] = time.monotonic,
        *,
        name: str = "",
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._store = store
        self._printer = printer
        self._encode = encode
        self._clock_s = clock_s
        self._now_ms = now_ms
        self._name = name
        self._worker = ThreadPoolExecutor(1, "printer") if printer else None
        self._under_way: tuple[PrintJob, Future[Confirmation]] | None = None
        self._condition: Condition = "silent" if printer else "none"
        self._asked = False
        self._look: Future[Status | None] | None = None
        self._try_again_s = 0.0
        self._look_again_s = 0.0
        self._unsure: dict[int, int] = {}
        """By their jobs what they are called in `PrinterState.unsure`."""

        self._is_back = True
        """Nothing was printed since the start, or since the printer was in trouble."""
        self._backlog: tuple[int, ...] = ()
        self._agreed: frozenset[int] = frozenset()
        """Jobs that were asked about, and those that are to be printed although they have waited long."""

        torn = 0
        for job in store.jobs("sending", "unsure"):  # the till died while it was printing, or before it was answered
            torn = max(torn, *map(len, encode(job.document)))
            self._give_up(job)
        if printer is not None:
            printer.torn = torn
            printer.talks = printer.talks or self._is_noted(_TALKS)
            printer.acknowledges = self._is_noted(_ACKNOWLEDGES) or None

    @property
    def state(self) -> PrinterState:
        condition = "printing" if self._under_way and self._condition in _WELL else self._condition
        waiting = len(self._store.jobs("queued")) + (1 if self._under_way else 0)
        return PrinterState(condition, waiting, tuple(dict.fromkeys(self._unsure.values())), len(self._backlog))

    def wait(self, timeout_s: float) -> None:
        """Wait until the printer has done what it is at; the next poll takes it up."""
        if self._under_way is not None:
            wait([self._under_way[1]], timeout_s)
        if self._look is not None:
            wait([self._look], timeout_s)

    def poll(self) -> bool:
        """Take up what the printer has done and hand it the next slip; True when anything changed."""
        changed = self._finish() or self._finish_look()
        return self._begin() or changed

    def forget(self, slip: int) -> None:
        """Somebody has seen to a slip that may not have been whole."""
        for job in [job for job, unsure in self._unsure.items() if unsure == slip]:
            self._store.set_job_state(job, "unknown")
            del self._unsure[job]

    def answer_backlog(self, answer: BacklogAnswer) -> None:
        """Somebody has told which slips of those that have waited long are still wanted; the others are kept."""
        asked, self._backlog = self._backlog, ()
        wanted = asked if answer == "all" else asked[-1:] if answer == "last" else ()
        for job in asked:
            if job not in wanted:
                self._store.set_job_state(job, "kept")
        self._agreed |= frozenset(wanted)

    def stop(self) -> None:
        """Wait for the slip under way and give the printer back."""
        if self._worker is not None:
            self._worker.shutdown(wait=True)
            self._finish()
        if self._printer is not None:
            self._printer.close()

    def _begin(self) -> bool:
        if self._under_way or self._look or self._worker is None or self._printer is None:
            return False
        if self._clock_s() < self._try_again_s:
            return False
        queued = self._wanted()
        if self._is_back and self._are_many(queued):
            if self._condition in _WELL and self._asked:  # it can print them: now the question makes sense
                self._backlog += tuple(job.id for job in queued)
                self._is_back = False
                return True
            queued = []
        if not queued:
            self._begin_look(self._printer, self._worker)
            return False
        job = queued[0]
        data = self._encode(job.document)
        self._store.set_job_state(job.id, "sending")
        self._under_way = (job, self._worker.submit(self._printer.send, data))
        return True

    def _wanted(self) -> list[PrintJob]:
        """The jobs that wait for the printer and not for an answer; the drawer is not opened when it is too late."""
        waiting = [job for job in self._store.jobs("queued") if job.id not in self._backlog]
        late = [job for job in waiting if _is_drawer(job) and self._now_ms() - job.created > DRAWER_AGE_MS]
        for job in late:
            self._store.set_job_state(job.id, "kept")
        return [job for job in waiting if job not in late]

    def _are_many(self, queued: Sequence[PrintJob]) -> bool:
        """Whether so many wait, or so long, that somebody has to be asked first."""
        new = [job for job in queued if job.id not in self._agreed]
        return len(new) > BACKLOG_MOST or any(self._now_ms() - job.created > BACKLOG_AGE_MS for job in new)

    def _finish(self) -> bool:
        if self._under_way is None or not self._under_way[1].done():
            return False
        job, future = self._under_way
        self._under_way = None
        try:
            confirmation = future.result()
        except PrinterTrouble as trouble:
            self._log(trouble, f"slip {job.slip}, {trouble.done} pieces certain")
            self._fall_into(trouble.code)
            self._try_again_s = self._clock_s() + RETRY_S
            if trouble.begun:
                self._give_up(job)
            else:
                self._store.set_job_state(job.id, "queued")
            return True
        self._note_talk()
        self._is_back = False
        self._look_again_s = self._clock_s() + LOOK_S
        self._store.set_job_state(job.id, confirmation)
        if self._condition != "paper_low":  # that was seen by the last look, and stays until the next
            self._condition = "ready" if self._printer and self._printer.talks else "silent"
        return True

    def _fall_into(self, code: TroubleCode) -> None:
        self._condition = code
        self._is_back = True

    def _note_talk(self) -> None:
        """What has answered once is known to answer."""
        if self._name and self._printer:
            for key, answers in ((_TALKS, self._printer.talks), (_ACKNOWLEDGES, self._printer.acknowledges)):
                if answers and not self._is_noted(key):
                    self._store.set_meta(key, self._name)

    def _is_noted(self, key: str) -> bool:
        return bool(self._name) and self._store.meta(key) == self._name

    def _begin_look(self, printer: Sender, worker: ThreadPoolExecutor) -> None:
        """Ask at the start, then as long as it answers or is in trouble; one that never answers is not asked again."""
        wanted = printer.talks or not self._asked or self._condition not in _WELL
        if wanted and self._clock_s() >= self._look_again_s:
            self._look = worker.submit(printer.status)

    def _finish_look(self) -> bool:
        if self._look is None or not self._look.done():
            return False
        look, self._look = self._look, None
        self._asked = True
        self._look_again_s = self._clock_s() + LOOK_S
        before = self._condition
        try:
            status = look.result()
            self._note_talk()
            if status is None and self._printer and self._printer.talks:  # one that has answered before is off or away
                self._fall_into("offline")
            elif status is None:
                self._condition = "silent"
            elif status.trouble:
                self._fall_into(status.trouble)
            else:
                self._condition = "paper_low" if status.paper_low else "ready"
        except PrinterTrouble as trouble:
            self._log(trouble, "printer")
            self._fall_into(trouble.code)
        return self._condition != before

    def _log(self, trouble: PrinterTrouble, what: str) -> None:
        """Note a trouble once, not at each further try."""
        if trouble.code != self._condition:
            log.info("%s: %s", what, trouble)

    def _give_up(self, job: PrintJob) -> None:
        if _is_drawer(job):  # whoever stands there sees whether it is open
            self._store.set_job_state(job.id, "unknown")
        else:
            self._store.set_job_state(job.id, "unsure")
            self._unsure[job.id] = -job.id if job.slip is None else job.slip


def _is_drawer(job: PrintJob) -> bool:
    return all(isinstance(part, OpenDrawer) for part in job.document)
