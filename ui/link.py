"""The link with the centre as the window has it: a process of its own is kept running, and its news are taken up.

The window never speaks with the centre. It looks at a small note that the process leaves, and takes up what was told
in steps that are so short that no scan has to wait for them, and only while no sale is open.
"""

import logging
import sys

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from db import link
from db.link import Link
from db.store import StoreTrouble
from pos_app import in_force
from pos_app.clock import Wall, now_ms
from pos_app.till import Till

log = logging.getLogger(__name__)

LOOK_MS = 500
AGAIN_MS, AGAIN_MOST_MS = 1000, 60_000
SILENT_MS = 120_000
"""After so long without a word from the process, there is no link as far as anybody knows."""
_END_MS = 3000


class CentreLink(QObject):
    """Keeps the process of the link alive as long as the window, and the till up to date.

    `changed` carries the Link when it has become another, `refreshed` says that accounts have changed, `warned`
    carries sentences that somebody has to see, `programme_waits` says that another programme is in force by now.
    """

    changed = Signal(object)
    refreshed = Signal()
    warned = Signal(object)
    programme_waits = Signal()

    def __init__(self, till: Till, wall: Wall, parent: QObject) -> None:
        super().__init__(parent)
        self._till = till
        self._wall = wall
        self._folder = till.store.path
        self._note = 0
        self._in_force = in_force.pack(self._folder)
        self.state: Link | None = None
        self._again_ms = AGAIN_MS
        self._process = QProcess(self)
        self._process.finished.connect(self._on_ended)
        self._process.errorOccurred.connect(self._on_error)
        self._restart = QTimer(self, singleShot=True)
        self._restart.timeout.connect(self._start)
        self._step = QTimer(self, interval=0)
        self._step.timeout.connect(self._take_step)
        look = QTimer(self, interval=LOOK_MS)
        look.timeout.connect(self.look)
        look.start()
        self._stopped = False
        self._start()

    @property
    def process_id(self) -> int:
        """The process that speaks with the centre, 0 while it does not run."""
        return int(self._process.processId())

    def stop(self) -> None:
        """End the process; what it was about to say is said the next time."""
        self._stopped = True
        for timer in self.findChildren(QTimer):
            timer.stop()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.terminate()
            if not self._process.waitForFinished(_END_MS):
                self._process.kill()
                self._process.waitForFinished(_END_MS)

    def look(self) -> None:
        """See how the link is, and whether there is anything to take up."""
        self._look_at_note()
        if in_force.pack(self._folder) != self._in_force:
            self.programme_waits.emit()
        if self._is_between_sales() and not self._step.isActive():
            try:
                self._look_at_store()
            except StoreTrouble as trouble:
                log.error("what the centre tells cannot be taken up: %s", trouble)

    def _look_at_note(self) -> None:
        try:
            written = (self._folder / link.STATE_FILE).stat().st_mtime_ns
        except OSError:
            written = 0
        if written != self._note:
            self._note = written
            state = link.state(self._folder)
            if state is not None:
                self._wall.offset_ms = state.offset_ms
                self._again_ms = AGAIN_MS
                self._show(state)
        elif self.state is not None and not self.state.why and abs(now_ms() - self.state.at) > SILENT_MS:
            from msgspec.structs import replace

            self._show(replace(self.state, why="away", alone_since=self.state.heard))

    def _show(self, state: Link) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit(state)

    def _look_at_store(self) -> None:
        store = self._till.store
        if store.begin_epoch_if_asked():
            self.warned.emit(store.warnings[-1:])
        if store.has_news():
            self._step.start()

    def _take_step(self) -> None:
        """One short step; the next one comes when nothing else is to be done."""
        if not self._is_between_sales():
            self._step.stop()
            return
        try:
            changed = self._till.store.refresh_some()
        except StoreTrouble as trouble:
            log.error("what the centre tells cannot be taken up: %s", trouble)
            changed = None
        if changed is None:
            self._step.stop()
        elif changed:
            self.refreshed.emit()

    def _is_between_sales(self) -> bool:
        """A card alone is no sale yet: it may lie there for the night."""
        return self._till.basket.empty

    def _start(self) -> None:
        self._process.start(sys.executable, ["-m", "pos_app", "sync", "--beside", "--data", str(self._folder)])

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._on_ended()

    def _on_ended(self) -> None:
        """Start it again, the later the more often it has ended without a word."""
        if not self._stopped:
            log.info("the process of the link has ended and is started again")
            self._restart.start(self._again_ms)
            self._again_ms = min(2 * self._again_ms, AGAIN_MOST_MS)
