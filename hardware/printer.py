"""The receipt printer at the end of a serial line, or of a pseudo-terminal that stands in for one.

Everything that goes wrong is one `PrinterTrouble` with a code that the till has a sentence for. A printer
that answers is asked before a job whether it can print and after it whether it did; one that has never
answered gets the bytes alone, and nobody claims to know what became of them: silence is unknown, not fine.

All calls may wait (for the line, for paper to move), so they belong into a worker thread, one at a time.
"""

import errno
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import randrange
from typing import Literal

from hardware.answers import Acknowledgement, Answers, RealTimeStatus, Status
from hardware.escpos import Acknowledges
from hardware.serial_line import Flow, SerialLine

log = logging.getLogger(__name__)

TroubleCode = Literal[
    "missing",  # there is no such port: the cable is out, or the path is wrong
    "busy",  # another program has it
    "no_permission",  # this user may not open it
    "write_timeout",  # it does not take bytes: switched off, or it holds the line
    "paper_out",
    "cover_open",
    "offline",  # it answered before and does not now, or says that it cannot print
    "error",  # a fault of the printer itself (cutter, heat), or the path is no serial port
    "gone",  # it broke off while in use
]

Confirmation = Literal["printed", "unknown"]

_OPENING_TROUBLES: dict[int | None, TroubleCode] = {
    errno.ENOENT: "missing",
    errno.ENODEV: "missing",
    errno.ENXIO: "missing",
    errno.ENOTDIR: "missing",
    errno.EIO: "missing",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EBUSY: "busy",
    errno.EAGAIN: "busy",
}

_POLL_S = 0.5
"""How long a printer may say nothing after a job before it is asked what is wrong."""

_JOB_NUMBERS = 10_000


class PrinterTrouble(Exception):
    """A job could not be printed, or not to its end.

    `detail` is for the log, in English. `begun` tells whether some of the job's bytes had left the till: then
    a part of the slip may be on paper, and printing it again makes a copy.
    """

    def __init__(self, code: TroubleCode, detail: str, *, begun: bool) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: TroubleCode = code
        self.detail = detail
        self.begun = begun


class SerialPrinter:
    """A printer on a serial port.

    `path` is a device such as /dev/ttyUSB0 or /dev/serial/by-id/...; it need not exist yet, and may vanish
    and come back: whatever needs the port opens it when it is not open. `chunk` is the most bytes given to
    the port at once, `write_timeout_s` how long the port may take none, `probe_s` how long a printer may take
    to answer a status query, `confirm_s` how long to print a job that it has received whole.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        baud: int = 9600,
        flow: Flow = "none",
        acknowledges: Acknowledges = "status",
        write_timeout_s: float = 5.0,
        chunk: int = 128,
        probe_s: float = 0.4,
        confirm_s: float = 10.0,
    ) -> None:
        self.path = str(path)
        self.talks = False  # whether it has ever answered
        self._baud = baud
        self._flow: Flow = flow
        self._acknowledges = acknowledges
        self._write_timeout_s = write_timeout_s
        self._chunk = chunk
        self._probe_s = probe_s
        self._confirm_s = confirm_s
        self._line: SerialLine | None = None
        self._answers = Answers()
        self._statuses: deque[int] = deque()
        self._acknowledged: set[str] = set()
        self._begun = False
        self._job = randrange(_JOB_NUMBERS)  # not 0: an echo of an earlier run must not fit a job of this one

    def open(self) -> None:
        """Open the port, exclusively, and find out within `probe_s` whether the printer answers.

        Does nothing if it is open. Raises PrinterTrouble: missing, busy, no_permission, error, gone.
        """
        with self._troubles():
            self._opened()

    def close(self) -> None:
        """Give the port back; never fails. The next call that needs it opens it again."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def status(self) -> Status | None:
        """What the printer says of itself now; None is silence, and means that nothing is known.

        A silent printer costs `probe_s` and is sent three bytes. Raises PrinterTrouble as `open` does.
        """
        with self._troubles():
            return self._status(self._opened())

    def send(self, data: bytes) -> Confirmation:
        """Print a whole job, and wait for the printer to say that it has.

        "printed": it says so. "unknown": it took all bytes and says nothing, or nothing any more.
        Raises PrinterTrouble; the call after it opens the port anew where that can help.
        """
        with self._troubles():
            line = self._opened()
            self._listen(line, 0)  # a slow printer may have answered after its time: then it does talk
            if self.talks:
                self._check_ready(line)
            while data:
                taken = line.write_some(data, self._write_timeout_s)
                self._begun = True
                data = data[taken:]
            line.drain(self._write_timeout_s)
            return self._confirmation(line) if self.talks else "unknown"

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Turn what may happen to the line into `PrinterTrouble`."""
        self._begun = False
        try:
            yield
        except TimeoutError as error:
            if self._line is not None:
                self._line.drop()
            self.close()
            raise PrinterTrouble("write_timeout", str(error), begun=self._begun) from error
        except OSError as error:
            self.close()
            raise PrinterTrouble("gone", f"{self.path}: {error}", begun=self._begun) from error

    def _opened(self) -> SerialLine:
        if self._line is not None and self._line.is_broken():  # pulled out since, and perhaps back
            self.close()
        if self._line is None:
            try:
                line = SerialLine(self.path, baud=self._baud, flow=self._flow, chunk=self._chunk)
            except (OSError, ValueError) as error:
                code = _OPENING_TROUBLES.get(getattr(error, "errno", None), "error")
                raise PrinterTrouble(code, str(error), begun=False) from error
            self._line = line
            self._answers = Answers()
            self._ask(line, 1)
            log.info("printer at %s opened, it %s", self.path, "answers" if self.talks else "is silent")
        return self._line

    def _check_ready(self, line: SerialLine) -> None:
        status = self._status(line)
        if status is None:
            raise PrinterTrouble("offline", f"{self.path} answered before and is silent now", begun=False)
        if status.trouble:
            raise PrinterTrouble(status.trouble, f"{self.path} says {status}", begun=False)

    def _confirmation(self, line: SerialLine) -> Confirmation:
        wanted = self._ask_for_acknowledgement(line)
        deadline = time.monotonic() + self._confirm_s
        while wanted not in self._acknowledged and (left_s := deadline - time.monotonic()) > 0:
            if not self._listen(line, min(left_s, _POLL_S)):
                status = self._status(line)
                if status and status.trouble and wanted not in self._acknowledged:
                    raise PrinterTrouble(status.trouble, f"{self.path} says {status}", begun=True)
        return "printed" if wanted in self._acknowledged else "unknown"

    def _ask_for_acknowledgement(self, line: SerialLine) -> str:
        """Put the question behind the job; returns what its `Acknowledgement` will carry."""
        self._listen(line, 0)
        self._acknowledged.clear()  # of an earlier job that was given up
        if self._acknowledges == "status":
            line.write(b"\x1dr\x01", self._write_timeout_s)
            return ""
        self._job = (self._job + 1) % _JOB_NUMBERS
        wanted = f"{self._job:04d}"
        line.write(b"\x1d(H\x06\x0000" + wanted.encode("ascii"), self._write_timeout_s)
        return wanted

    def _status(self, line: SerialLine) -> Status | None:
        answers: list[int] = []
        for number in (1, 2, 3, 4):
            answer = self._ask(line, number)
            if answer is None:
                return None
            answers.append(answer)
        return Status.from_bytes(*answers)

    def _ask(self, line: SerialLine, number: int) -> int | None:
        """The answer to DLE EOT `number`; None if there is none within `probe_s`."""
        self._statuses.clear()
        try:
            line.write(b"\x10\x04" + bytes([number]), self._probe_s)
        except TimeoutError:
            return None
        deadline = time.monotonic() + self._probe_s
        while not self._statuses and (left_s := deadline - time.monotonic()) > 0:
            self._listen(line, left_s)
        return self._statuses.popleft() if self._statuses else None

    def _listen(self, line: SerialLine, timeout_s: float) -> bool:
        """Take in what the printer says, waiting for it if it says nothing yet; False if nothing came."""
        data = line.read(timeout_s)
        for answer in self._answers.feed(data):
            match answer:
                case RealTimeStatus(byte):
                    self.talks = True
                    self._statuses.append(byte)
                case Acknowledgement(job):
                    self._acknowledged.add(job)
        return bool(data)
