"""The till's camera, which lives in a process of its own: it is started, watched over and started again here.

What it tells comes to one function, called in a thread of this module. Nothing of it is loaded here but its messages.
"""

import logging
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from hardware.camera_messages import CameraState, CodeRead, Failure, Incoming, Picture, Told
from pos_app.device_settings import CameraSettings

log = logging.getLogger(__name__)

PATIENCE_S = 8.0
"""So long may the process say nothing; it gives a sign of life every second, and OpenCV waits four for a picture."""
_START_PATIENCE_S = 30.0
_BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SOUND_S = 60.0
_STILL_THERE_S = 3.0
_END_S = 2.0
_PIECE = 1 << 18
_WORKER = ("-P", "-m", "hardware.camera_worker")
_HANGS = "it gave no sign of life"


class Camera:
    """A camera that is read for as long as this lives.

    `heard` gets each CodeRead, the Picture that was asked for by `want_picture()`, and each CameraState that differs
    from the one before. A process that crashes, hangs or talks nonsense is ended and started anew, at longer and
    longer intervals.
    """

    def __init__(
        self, settings: CameraSettings, heard: Callable[[Told], object], *, patience_s: float = PATIENCE_S
    ) -> None:
        """Starts at once. Without a path there is no camera, no thread and no process."""
        self.settings = settings
        self.state = CameraState("starting" if settings.path else "none")
        self.process_id: int | None = None
        self._heard = heard
        self._patience_s = patience_s
        self._wake, self._wake_end = socket.socketpair()
        self._line: socket.socket | None = None
        self._last: CodeRead | None = None
        self._failures = 0
        self._wants_picture = False
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        if settings.path:
            self._thread.start()

    def want_picture(self) -> None:
        """Ask for one picture, the next that the camera takes; asked for twice it still comes once."""
        self._wants_picture = True  # remembered for a process that is only just being started
        self._ask()

    def _ask(self) -> None:
        line = self._line
        if line is not None and self._wants_picture:
            with suppress(OSError):  # the process has just ended, or has its hands full: the next asks again
                line.send(b".", socket.MSG_DONTWAIT)

    def stop(self, *, wait: bool = True) -> None:
        """End the process; without `wait` it may take a moment until the camera is free."""
        self._wake_end.close()
        if not self.settings.path:
            self._wake.close()
        elif wait:
            self._thread.join(2 * _END_S)

    def _run(self) -> None:
        with self._wake:
            while True:
                began_s = time.monotonic()
                ended = self._live()
                if ended is None:
                    return
                self._failures = 0 if time.monotonic() - began_s > _SOUND_S else self._failures
                log.warning("the camera's process is started again: %s", ended)
                self._tell(CameraState("stuck" if ended == _HANGS else "failed"))
                pause_s = _BACKOFF_S[min(self._failures, len(_BACKOFF_S) - 1)]
                self._failures += 1
                if select.select([self._wake], [], [], pause_s)[0]:
                    return

    def _live(self) -> str | None:
        """One life of the process; why it ended, None when it is not needed any more."""
        try:
            with _Process(self.settings) as process:
                self._line, self.process_id = process.line, process.id
                try:
                    return self._listen(process.line)
                finally:
                    self._line = self.process_id = None
        except OSError as error:  # the system has no room for a process
            return f"{type(error).__name__}: {error}"

    def _listen(self, line: socket.socket) -> str | None:
        """Take in what a process tells until it ends; why it did, None when it is not needed any more."""
        incoming, ready_s = Incoming(), 0.0
        while True:
            patience_s = self._patience_s if ready_s else _START_PATIENCE_S
            readable, _, _ = select.select([line, self._wake], [], [], patience_s)
            if self._wake in readable:
                return None
            if not readable:
                return _HANGS
            try:
                piece = line.recv(_PIECE)
                for told in incoming.feed(piece):
                    if isinstance(told, Failure):
                        return told.text
                    if isinstance(told, CameraState) and told.condition != "starting":
                        ready_s = ready_s or time.monotonic()
                    if not self._is_old(told, ready_s):
                        self._tell(told)
            except (OSError, ValueError) as error:
                return f"{type(error).__name__}: {error}"
            if not piece:
                return "it ended"

    def _is_old(self, told: Told, ready_s: float) -> bool:
        """Whether a code only seems new to a process that was started anew: it has lain there all the time."""
        if not isinstance(told, CodeRead):
            return False
        before, self._last = self._last, told
        is_new_process = self._failures > 0 and (not ready_s or time.monotonic() - ready_s < _STILL_THERE_S)
        return is_new_process and before is not None and before.text == told.text

    def _tell(self, told: Told) -> None:
        if isinstance(told, Picture):
            self._wants_picture = False
        elif isinstance(told, CameraState):
            self._ask()
            if told == self.state:
                return
            self.state = told
        self._heard(told)


class _Process:
    """One life of the camera's process."""

    def __init__(self, settings: CameraSettings) -> None:
        self.line, theirs = socket.socketpair()
        command = [sys.executable, *_WORKER, msgspec.json.encode(settings).decode()]
        try:
            with theirs:
                self._process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
        except OSError:
            self.line.close()
            raise
        self.id = self._process.pid

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # a driver holds it; it goes when the driver lets it
            self._process.wait(_END_S)
