"""The receipt printer at the end of a serial line, or of a pseudo-terminal that stands in for one.

Everything that goes wrong is one `PrinterTrouble` with a code that the till has a sentence for. A printer that answers
is asked before a job whether it can print, and behind each line whether it has come so far; one that has never answered
gets the bytes alone, and nobody claims to know what became of them: silence is unknown, not fine.

All calls may wait (for the line, for paper to move), so they belong into a worker thread, one at a time.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from hardware import ports
from hardware.answers import Acknowledgement, Answers, AutomaticStatus, PowerOn, RealTimeStatus, Status
from hardware.delivery import Delivery, Questions
from hardware.escpos import Acknowledges
from hardware.serial_line import Flow, SerialLine, opening_trouble

log = logging.getLogger(__name__)

TroubleCode = Literal[
    "missing",  # there is no such port: the cable is out, or the path is wrong
    "busy",  # another program has it
    "no_permission",  # this user may not open it
    "not_serial",  # the path is no serial port, or does not know this speed
    "write_timeout",  # it does not take bytes: switched off, or it holds the line
    "paper_out",
    "cover_open",
    "cutter",  # the knife is stuck
    "hot",  # the print head rests until it is cool
    "offline",  # it answered before and does not now, or says that it cannot print
    "error",  # another fault of the printer itself
    "interrupted",  # it has lost a part of the job: no power for a moment, or a loose cable
    "gone",  # it broke off while in use
]

Confirmation = Literal["printed", "taken", "unknown"]
"""`printed`: it has acknowledged each line by its number once that was on paper. `taken`: it has acknowledged as many
lines as there are and is well, but may do so before they are on paper (GS r). `unknown`: nobody knows."""

_WATCH = b"\x1da\x0e"
"""GS a: tell unasked when it goes off line, meets an error or runs out of paper."""
_SEPARATE = b"\x1b@\x1dVB\x00"
"""Cut off what a job left that broke off, so that it does not hang on the next one."""
_GREETINGS = 3
_BITS_A_BYTE = 10
_KEPT_MOST = 64


class PrinterTrouble(Exception):
    """A job could not be printed, or not to its end.

    `detail` is for the log, in English. `begun` tells whether some of the job's bytes had left the till: then a part
    of the slip may be on paper, and printing it again makes a copy. The first `done` pieces are certainly there.
    """

    def __init__(self, code: TroubleCode, detail: str, *, begun: bool, done: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: TroubleCode = code
        self.detail = detail
        self.begun = begun
        self.done = done


class SerialPrinter:
    """A printer on a serial port.

    `path` is a device such as /dev/ttyUSB0 or /dev/serial/by-id/..., or an identity of `hardware.ports`; it need not
    exist yet, and may vanish and come back: whatever needs the port opens it when it is not open. `chunk` is the most
    bytes given to the port at once, `write_timeout_s` how long the port may take none, `poll_s` how long a printer may
    say nothing during a job before it is asked how it is, `probe_s` how long it may take to answer that, `confirm_s`
    how long it may take for one more line while it says that it is well; `opens` the port.

    What is known of it may be set by who has kept it from an earlier run. `talks`: it has answered, so that silence
    means that it is off line. `acknowledges`: it has acknowledged a job (None: not tried yet); then none is sent
    without. `torn`: a job broke off, in which so many bytes may be wanting to a command; the next one begins with a
    clean separation.
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
        poll_s: float = 0.5,
        probe_s: float = 0.4,
        confirm_s: float = 10.0,
        opens: type[SerialLine] = SerialLine,
    ) -> None:
        self.path = str(path)
        self.talks = False
        self.acknowledges: bool | None = None
        self.torn = 0
        self._baud = baud
        self._flow: Flow = flow
        self._questions = Questions(acknowledges)
        self._write_timeout_s = write_timeout_s
        self._chunk = chunk
        self._poll_s = poll_s
        self._probe_s = probe_s
        self._confirm_s = confirm_s
        self._opens = opens
        self._line: SerialLine | None = None
        self._answers = Answers()
        self._statuses: deque[int] = deque(maxlen=_KEPT_MOST)
        self._told: Status | None = None
        self._under_way: Delivery | None = None
        self._begun = False
        self._was_away = False
        self._heard_s = 0.0

    def open(self) -> None:
        """Open the port, exclusively, and find out within `probe_s` whether the printer answers.

        Does nothing if it is open. Raises PrinterTrouble: missing, busy, no_permission, not_serial, gone.
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
            return self._status(self._opened(), before_job=True)

    def send(self, pieces: Sequence[bytes]) -> Confirmation:
        """Print a whole job, and wait for the printer to say that it has.

        Raises PrinterTrouble; the call after it opens the port anew where that can help.
        """
        with self._troubles():
            line = self._opened()
            self._listen(line, 0)  # a slow printer may have answered after its time: then it does talk
            if self.talks:
                self._check_ready(line)
                if (self.acknowledges and not self.torn) or self._greets(line):
                    return self._deliver(line, pieces)
            return self._pour(line, pieces)

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
            raise self._trouble("write_timeout", str(error)) from error
        except OSError as error:
            self.close()
            raise self._trouble("gone", f"{self.path}: {error}") from error
        finally:
            self._under_way = None

    def _trouble(self, code: TroubleCode, detail: str) -> PrinterTrouble:
        done = self._under_way.done if self._under_way and self._begun else 0
        return PrinterTrouble(code, detail, begun=self._begun, done=done)

    def _opened(self) -> SerialLine:
        if self._line is not None and self._line.is_broken():  # pulled out since, and perhaps back
            self.close()
        if self._line is None:
            path = ports.path_of(self.path)
            if not path:
                raise PrinterTrouble("missing", f"{self.path} is not plugged in", begun=False)
            try:
                line = self._opens(path, baud=self._baud, flow=self._flow, chunk=self._chunk)
            except (OSError, ValueError) as error:
                code = opening_trouble(error)
                raise PrinterTrouble("not_serial" if code == "error" else code, str(error), begun=False) from error
            self._line = line
            self._answers = Answers()
            self._told = None
            self.acknowledges = self.acknowledges or None
            self._ask(line, 1)
            log.info("printer at %s opened, it %s", self.path, "answers" if self.talks else "is silent")
        return self._line

    # -- a job

    def _check_ready(self, line: SerialLine) -> None:
        status = self._status(line, before_job=not self._begun)
        if status is None:
            raise self._trouble(self._why_silent(), f"{self.path} answered before and is silent now")
        if status.trouble:
            raise self._trouble(status.trouble, f"{self.path} says {status}")

    def _greets(self, line: SerialLine) -> bool:
        """Ask something with nothing to print before it: whether it acknowledges, and has come to the end of what it
        was sent before. What is wanting to a command that broke off is made up for by NULs, which print nothing.
        """
        if self.acknowledges is False:
            return False
        self._was_away = False
        for _ in range(_GREETINGS):
            greeting = Delivery([bytes(self.torn)], self._questions)
            self._under_way = greeting
            self._write_out(line, greeting.next() or b"")
            if self._comes_to(line, greeting, 1, self._confirm_s / _GREETINGS):
                if self.torn and not self._questions.has_ids:
                    self._let_settle(line)
                return True
        if self.acknowledges:
            raise self._trouble("offline", f"{self.path} says that it is well and does not take what it is sent")
        self.acknowledges = False
        log.info("printer at %s answers, but does not acknowledge what it prints", self.path)
        return False

    def _let_settle(self, line: SerialLine) -> None:
        """Answers without an id that a job that broke off may still get must not count for the next one."""
        end = time.monotonic() + self._confirm_s
        while self._listen(line, self._probe_s) and time.monotonic() < end:
            pass

    def _deliver(self, line: SerialLine, pieces: Sequence[bytes]) -> Confirmation:
        """Send the job piece by piece, never too far ahead of what the printer has acknowledged."""
        if self.torn:
            pieces = (_SEPARATE, *pieces)
        if self._questions.has_ids:  # what has these has that, too; it forgets it when it is switched off
            pieces = (_WATCH + pieces[0], *pieces[1:])
        delivery = self._under_way = Delivery(pieces, self._questions)
        self._was_away = False
        longest = max(map(len, pieces))
        while not delivery.is_over:
            while (data := delivery.next()) is not None:
                self.torn = longest
                self._write_out(line, data, of_job=True)
                self._listen(line, 0)
            wanted = min(delivery.done + 1, len(pieces))  # an answer may have come while the last piece was written
            if not self._comes_to(line, delivery, wanted, self._confirm_s):
                raise self._trouble("interrupted", f"{self.path} did not acknowledge piece {delivery.done + 1}")
        self._check_whole(delivery)
        if not self._questions.has_ids:
            self._check_ready(line)
        self.torn = 0
        return "printed" if self._questions.has_ids else "taken"

    def _pour(self, line: SerialLine, pieces: Sequence[bytes]) -> Confirmation:
        """Send the job to a printer that does not acknowledge; one that talks is asked how it is at the end."""
        data = bytes(self.torn) + b"".join(pieces)
        self.torn = max(map(len, pieces))
        self._write_out(line, data, of_job=True)
        if self.talks:
            self._write_out(line, self._questions.next()[1])  # if it does answer, this is seen with the next job
        line.drain(self._write_timeout_s)
        end = time.monotonic() + self._confirm_s  # such a printer may answer when it has come to it, and not at once
        while self.talks and self._ask(line, 1) is None and time.monotonic() < end:
            pass
        if self.talks:
            self._check_ready(line)
        self.torn = 0
        return "unknown"

    def _write_out(self, line: SerialLine, data: bytes, *, of_job: bool = False) -> None:
        """Give all of it to the port; while that holds the line, hear what the printer says is the reason."""
        deadline = time.monotonic() + self._write_timeout_s
        while data:
            try:
                taken = line.write_some(data, min(self._poll_s, self._write_timeout_s))
            except TimeoutError:
                self._listen(line, 0)
                if self._told and self._told.trouble:
                    raise self._trouble(self._told.trouble, f"{self.path} says {self._told}") from None
                if time.monotonic() >= deadline:
                    raise
                continue
            self._begun = self._begun or of_job
            data = data[taken:]
            deadline = time.monotonic() + self._write_timeout_s

    def _comes_to(self, line: SerialLine, delivery: Delivery, piece: int, patience_s: float) -> bool:
        """Wait until so many pieces are acknowledged; False if the printer says for so long that it is well, and they
        are not.
        """
        end = time.monotonic() + patience_s
        look_s = time.monotonic() + self._quiet_s()
        while delivery.done < piece:
            if not self._tells_trouble():  # it may have done so while the piece was written, and says no more
                self._listen(line, max(0.0, min(look_s, end) - time.monotonic()))
            self._check_whole(delivery)
            now = time.monotonic()
            if delivery.done < piece and (now >= look_s or self._tells_trouble()):
                told = self._told
                status = self._status(line)
                if delivery.done >= piece:
                    break
                if status is None or status.trouble:
                    code = status.trouble if status and status.trouble else self._why_silent()
                    raise self._trouble(code, f"{self.path} says {status or 'nothing'}")
                if self._told is told:  # what it has said while it was asked is news
                    self._told = None
                look_s = time.monotonic() + self._quiet_s()
            if now >= end:
                return False
        return True

    def _tells_trouble(self) -> bool:
        return self._told is not None and self._told.trouble is not None

    def _check_whole(self, delivery: Delivery) -> None:
        if self._begun and (delivery.is_torn or self._was_away):
            raise self._trouble("interrupted", f"{self.path} lost its power or a part of what it was sent")

    def _quiet_s(self) -> float:
        """How long silence means nothing: as long as what is on the wire takes, and a little more."""
        in_flight = self._under_way.in_flight if self._under_way else 0
        return self._poll_s + in_flight * _BITS_A_BYTE / self._baud

    def _why_silent(self) -> TroubleCode:
        """A printer in trouble may hold the line, and with it the question how it is."""
        return (self._told.trouble if self._told else None) or "offline"

    # -- questions and answers

    def _status(self, line: SerialLine, *, before_job: bool = False) -> Status | None:
        if before_job and self.talks and self._flow == "xonxoff" and self._ask(line, 1) is None:
            line.drop()  # it may be held, with nothing in it that is still wanted
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
        if not data:
            return False
        now = time.monotonic()
        if now - self._heard_s > self._quiet_s() + self._probe_s:
            self._was_away = True  # and may have been without power meanwhile, with the rest of a line still to come
        self._heard_s = now
        for answer in self._answers.feed(data):
            match answer:
                case RealTimeStatus(byte):
                    self.talks = True
                    self._statuses.append(byte)
                case AutomaticStatus(status):
                    self._told = status
                case Acknowledgement(id_):
                    self.acknowledges = True
                    if self._under_way is not None:
                        self._under_way.heard(id_)
                case PowerOn():
                    self._was_away = True
        return True
