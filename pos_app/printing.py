"""Moves print jobs from the journal to the printer, and says when it is not sure what became of one.

A job's state is committed before its first byte leaves. A printer that is missing or in trouble never stops a sale:
the slip waits. A job that broke off in the middle, or was under way when the till died, is unsure: it is never
printed again by itself, a second print of it is marked as a copy, and it stays unsure, whatever happens to the till,
until somebody has told what became of it.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Literal, NamedTuple, Protocol

from db.store import PrintJob, Store
from hardware.answers import Status
from hardware.printer import Confirmation, PrinterTrouble, TroubleCode
from pos_app.loyalty.paper import Document

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""How long a printer in trouble is left alone before the waiting slip is tried again."""
LOOK_S = 10.0
"""How often an idle printer that answers is asked how it is, so that paper is put in before the next slip."""

Condition = Literal["none", "ready", "silent", "printing"] | TroubleCode


_WELL = ("ready", "silent")


class PrinterState(NamedTuple):
    """What the state line says: the printer's condition, slips that wait, slips that may not be whole."""

    condition: Condition
    waiting: int
    unsure: tuple[int, ...]


class Sender(Protocol):
    """A printer, as far as printing needs one; its calls may wait. `talks`: whether it has ever answered."""

    talks: bool

    def send(self, data: bytes) -> Confirmation: ...

    def status(self) -> Status | None: ...

    def close(self) -> None: ...


class Printing:
    """The printing of one till. `poll` is called by the window's timer; the printer itself works in a thread."""

    def __init__(
        self,
        store: Store,
        printer: Sender | None,
        encode: Callable[[Document], bytes],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._printer = printer
        self._encode = encode
        self._clock_s = clock_s
        self._worker = ThreadPoolExecutor(1, "printer") if printer else None
        self._under_way: tuple[PrintJob, Future[Confirmation]] | None = None
        self._condition: Condition = "silent" if printer else "none"
        self._asked = False
        self._look: Future[Status | None] | None = None
        self._try_again_s = 0.0
        self._look_again_s = 0.0
        self._unsure: dict[int, int] = {}
        """Slips by their jobs."""

        for job in store.jobs("sending", "unsure"):  # the till died while it was printing, or before it was answered
            self._give_up(job)

    @property
    def state(self) -> PrinterState:
        condition = "printing" if self._under_way and self._condition in _WELL else self._condition
        waiting = len(self._store.jobs("queued")) + (1 if self._under_way else 0)
        return PrinterState(condition, waiting, tuple(dict.fromkeys(self._unsure.values())))

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
        job = next(iter(self._store.jobs("queued")), None)
        if job is None:
            self._begin_look(self._printer, self._worker)
            return False
        data = self._encode(job.document)
        self._store.set_job_state(job.id, "sending")
        self._under_way = (job, self._worker.submit(self._printer.send, data))
        return True

    def _finish(self) -> bool:
        if self._under_way is None or not self._under_way[1].done():
            return False
        job, future = self._under_way
        self._under_way = None
        try:
            confirmation = future.result()
        except PrinterTrouble as trouble:
            self._log(trouble, f"slip {job.slip}")
            self._condition = trouble.code
            self._try_again_s = self._clock_s() + RETRY_S
            if trouble.begun:
                self._give_up(job)
            else:
                self._store.set_job_state(job.id, "queued")
            return True
        self._look_again_s = self._clock_s() + LOOK_S
        self._store.set_job_state(job.id, confirmation)
        self._condition = "ready" if confirmation == "printed" else "silent"
        return True

    def _begin_look(self, printer: Sender, worker: ThreadPoolExecutor) -> None:
        """Ask at the start, and then as long as it answers or is in trouble; a silent one is not asked again."""
        wanted = printer.talks or not self._asked or self._condition not in _WELL
        if wanted and self._clock_s() >= self._look_again_s:
            self._asked = True
            self._look = worker.submit(printer.status)

    def _finish_look(self) -> bool:
        if self._look is None or not self._look.done():
            return False
        look, self._look = self._look, None
        self._look_again_s = self._clock_s() + LOOK_S
        try:
            status = look.result()
            condition: Condition = status.trouble or "ready" if status else self._silence()
        except PrinterTrouble as trouble:
            self._log(trouble, "printer")
            condition = trouble.code
        changed, self._condition = condition != self._condition, condition
        return changed

    def _silence(self) -> Condition:
        """What it means that nothing was answered: one that has answered before is off or away."""
        return "offline" if self._printer and self._printer.talks else "silent"

    def _log(self, trouble: PrinterTrouble, what: str) -> None:
        """Note a trouble once, not at each further try."""
        if trouble.code != self._condition:
            log.info("%s: %s", what, trouble)

    def _give_up(self, job: PrintJob) -> None:
        if job.slip is None:  # the drawer: whoever stands there sees whether it is open
            self._store.set_job_state(job.id, "unknown")
        else:
            self._store.set_job_state(job.id, "unsure")
            self._unsure[job.id] = job.slip
