"""A GSM modem on a serial port that sends SMS, by the AT commands of 3GPP TS 27.005 and 27.007.

All calls may wait (for the network, up to a minute), so they belong into a process or thread of their own.
"""

import errno
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from hardware import sms_pdu
from hardware.serial_line import SerialLine
from hardware.sms_pdu import Pdu

log = logging.getLogger(__name__)

Outcome = Literal["away", "later", "refused", "unsure"]
"""`away`: nothing can be sent now; `later`: this SMS cannot be; `refused`: it never can; `unsure`: it may have left."""

_END = b"\x1a"
_ESCAPE = b"\x1b"
_CHUNK = 64
_ATTENTION_TRIES = 3
_QUIET_S = 0.2
_REGISTERED = ("1", "5", "6", "7")
_FAILURE = re.compile(r"(ERROR|\+CM[ES] ERROR: ?.*|NO CARRIER)")

_OPENING: dict[int | None, str] = {
    errno.ENOENT: "is not there: check its cable and power",
    errno.EACCES: "may not be used: add this user to the group 'dialout'",
    errno.EPERM: "may not be used: add this user to the group 'dialout'",
    errno.EBUSY: "is held by another program, such as ModemManager: stop that",
    errno.EAGAIN: "is held by another program, such as ModemManager: stop that",
}

_SIM_MISSING: tuple[Outcome, str] = ("away", "there is no SIM card in the modem")
_PIN_WANTED: tuple[Outcome, str] = ("away", "the SIM card wants its PIN: switch the PIN off by means of a telephone")
_PUK_WANTED: tuple[Outcome, str] = ("away", "the SIM card is locked: unlock it with its PUK in a telephone")
_SIM_FAILS: tuple[Outcome, str] = ("away", "the SIM card does not work: take it out and put it in again")
_SIM_BUSY: tuple[Outcome, str] = ("away", "the SIM card is busy")
_NOT_ALLOWED: tuple[Outcome, str] = ("away", "the operator does not let this SIM card send SMS: ask the operator")
_NO_NETWORK: tuple[Outcome, str] = ("away", "the network cannot take SMS now")
_NO_SERVICE: tuple[Outcome, str] = ("away", "the modem has no network: look at its aerial and place")
_BAD_NUMBER: tuple[Outcome, str] = ("refused", "nobody has this number")

_ERRORS: dict[str, tuple[Outcome, str]] = {
    "+CMS ERROR: 1": _BAD_NUMBER,
    "+CMS ERROR: 8": _NOT_ALLOWED,
    "+CMS ERROR: 10": _NOT_ALLOWED,
    "+CMS ERROR: 21": ("refused", "the network has rejected the SMS"),
    "+CMS ERROR: 27": ("later", "the telephone cannot be reached now"),
    "+CMS ERROR: 28": _BAD_NUMBER,
    "+CMS ERROR: 29": _NOT_ALLOWED,
    "+CMS ERROR: 30": _BAD_NUMBER,
    "+CMS ERROR: 38": _NO_NETWORK,
    "+CMS ERROR: 41": _NO_NETWORK,
    "+CMS ERROR: 42": _NO_NETWORK,
    "+CMS ERROR: 47": _NO_NETWORK,
    "+CMS ERROR: 50": _NOT_ALLOWED,
    "+CMS ERROR: 69": _NOT_ALLOWED,
    "+CMS ERROR: 304": ("refused", "the modem does not understand the SMS"),
    "+CMS ERROR: 310": _SIM_MISSING,
    "+CMS ERROR: 311": _PIN_WANTED,
    "+CMS ERROR: 313": _SIM_FAILS,
    "+CMS ERROR: 314": _SIM_BUSY,
    "+CMS ERROR: 315": _SIM_FAILS,
    "+CMS ERROR: 316": _PUK_WANTED,
    "+CMS ERROR: 330": ("away", "the SIM card does not know its message centre: ask the operator for the number"),
    "+CMS ERROR: 331": _NO_SERVICE,
    "+CMS ERROR: 332": ("unsure", "the network did not say in time whether it took the SMS"),
    "+CME ERROR: 10": _SIM_MISSING,
    "+CME ERROR: 11": _PIN_WANTED,
    "+CME ERROR: 12": _PUK_WANTED,
    "+CME ERROR: 13": _SIM_FAILS,
    "+CME ERROR: 14": _SIM_BUSY,
    "+CME ERROR: 30": _NO_SERVICE,
}


class ModemTrouble(Exception):
    """An SMS was not sent, or nobody knows; the text is a sentence, `outcome` says what it means for the SMS."""

    def __init__(self, outcome: Outcome, sentence: str) -> None:
        super().__init__(sentence)
        self.outcome: Outcome = outcome


class _FailureError(Exception):
    """The modem has answered that it could not do a command."""


class Modem:
    """The modem at a port such as /dev/ttyUSB2; it may vanish and come back, and is made ready when it is needed.

    `answer_s` is how long it may take to answer, `sent_s` how long the network may take to accept an SMS.
    """

    def __init__(self, path: str | Path, *, baud: int = 115200, answer_s: float = 5.0, sent_s: float = 60.0) -> None:
        self.path = str(path)
        self._baud = baud
        self._answer_s = answer_s
        self._sent_s = sent_s
        self._line: SerialLine | None = None
        self._heard = b""

    def send(self, number: str, text: str, reference: int) -> None:
        """Send an SMS to a number (+ and digits, or digits alone), in parts where it is long; `reference` joins them.

        Returns when the network has taken all of it; raises ModemTrouble.
        """
        try:
            parts = sms_pdu.encode(number, text, reference)
        except ValueError as error:
            raise ModemTrouble("refused", str(error)) from error
        for index, part in enumerate(parts):
            try:
                self._send_part(self._line or self._ready(), part)
            except ModemTrouble as trouble:
                if trouble.outcome != "refused":
                    self.close()  # so that the next one begins by asking how the modem is
                if index:
                    raise ModemTrouble(
                        "unsure", f"part {index + 1} of {len(parts)} was not sent: {trouble}"
                    ) from trouble
                raise

    def check(self) -> None:
        """Open the port where it is not open, and find the modem in the network; raises ModemTrouble."""
        if self._line is None:
            self._ready()

    def close(self) -> None:
        """Give the port back. Never fails."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ready(self) -> SerialLine:
        """Open the port and find a modem that is in the network, or raise ModemTrouble."""
        try:
            line = self._line = SerialLine(self.path, baud=self._baud, flow="none", chunk=_CHUNK)
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else None
            raise ModemTrouble("away", f"{self.path} {_OPENING.get(number, f'cannot be opened: {error}')}") from error
        with self._telling("away", "does not answer: check its power and the settings of its port"):
            self._wake(line)
            for command in ("ATE0", "AT+CMEE=1"):
                self._command(line, command)
            pin = self._value(self._command(line, "AT+CPIN?"), "+CPIN:")
            if pin != "READY":
                raise ModemTrouble(*(_PUK_WANTED if "PUK" in pin else _PIN_WANTED))
            network = self._value(self._command(line, "AT+CREG?"), "+CREG:").split(",")
            if len(network) < 2 or network[1].strip() not in _REGISTERED:
                raise ModemTrouble(*_NO_SERVICE)
            self._command(line, "AT+CMGF=0")
        return line

    def _wake(self, line: SerialLine) -> None:
        """Get an answer from a modem that may still wait for the text of an SMS that was never finished."""
        line.write(_ESCAPE, self._answer_s)
        for tries_left in reversed(range(_ATTENTION_TRIES)):
            try:
                self._command(line, "AT")
                break
            except (TimeoutError, _FailureError):
                if not tries_left:
                    raise
        while line.read(_QUIET_S):  # what it still says of before is no answer to what comes now
            pass

    def _send_part(self, line: SerialLine, part: Pdu) -> None:
        with self._telling("away", "did not ask for the text of the SMS"):
            self._heard = b""
            line.write(f"AT+CMGS={part.length}\r".encode(), self._answer_s)
            try:
                self._prompt(line)
            except TimeoutError:
                line.write(_ESCAPE, self._answer_s)
                raise
        with self._telling("unsure", "did not say whether the SMS was sent"):
            line.write(part.data + _END, self._answer_s)
            answer = self._answer(line, self._sent_s)
        log.info("%s sent an SMS: %s", self.path, " ".join(answer))

    def _command(self, line: SerialLine, command: str) -> list[str]:
        self._heard = b""
        line.write(f"{command}\r".encode(), self._answer_s)
        return self._answer(line, self._answer_s)

    def _answer(self, line: SerialLine, timeout_s: float) -> list[str]:
        """The lines before OK, whatever the modem tells unasked among them."""
        lines: list[str] = []
        deadline = time.monotonic() + timeout_s
        while True:
            while b"\n" not in self._heard:
                self._hear(line, deadline)
            said, _, self._heard = self._heard.partition(b"\n")
            text = said.decode("ascii", "replace").strip()
            if text == "OK":
                return lines
            if _FAILURE.fullmatch(text):
                raise _FailureError(text)
            if text:
                lines.append(text)

    def _prompt(self, line: SerialLine) -> None:
        """Wait until the modem asks for the text."""
        deadline = time.monotonic() + self._answer_s
        while not self._heard.rstrip(b" ").endswith(b">"):
            for said in self._heard.split(b"\n")[:-1]:
                if _FAILURE.fullmatch(text := said.decode("ascii", "replace").strip()):
                    raise _FailureError(text)
            self._hear(line, deadline)
        self._heard = b""

    def _hear(self, line: SerialLine, deadline: float) -> None:
        left_s = deadline - time.monotonic()
        data = line.read(left_s) if left_s > 0 else b""
        if not data:
            raise TimeoutError
        self._heard += data

    @staticmethod
    def _value(lines: list[str], name: str) -> str:
        """What stands behind a name in an answer, empty when it is not there."""
        return next((line.removeprefix(name).strip() for line in lines if line.startswith(name)), "")

    @contextmanager
    def _telling(self, outcome: Outcome, silence: str) -> Iterator[None]:
        """Turn what goes wrong into ModemTrouble; `outcome` and `silence` are for a modem that says nothing more."""
        try:
            yield
        except TimeoutError as error:
            raise ModemTrouble(outcome, f"the modem at {self.path} {silence}") from error
        except OSError as error:
            raise ModemTrouble(outcome, f"the modem at {self.path} broke off: {error.strerror or error}") from error
        except _FailureError as error:
            found = _ERRORS.get(str(error), (outcome, "it did not say why"))
            raise ModemTrouble(found[0], f"{found[1]} ({error})") from error
