"""A GSM modem behind a pseudo-terminal, which reads each SMS with a decoder that is not ours."""

import os
import re
import select
import threading
import tty
from types import TracebackType
from typing import NamedTuple, Self

from gsmmodem.pdu import Concatenation, decodeSmsPdu

_OK = "OK"
_TEXT_END, _ESCAPE = b"\x1a", b"\x1b"
_READY = {
    "AT": (_OK,),
    "AT+CMEE=1": (_OK,),
    "AT+CPIN?": ("+CPIN: READY", _OK),
    "AT+CREG?": ("+CREG: 0,1", _OK),
    "AT+CMGF=0": (_OK,),
}


class Part(NamedTuple):
    """What the decoder has read; `reference`, `parts` and `place` are 0, 1, 1 for an SMS that is whole."""

    number: str
    text: str
    reference: int
    parts: int
    place: int


def decoded(pdu: str, length: int) -> Part:
    """A PDU as a foreign decoder reads it, whose length was announced as `length`."""
    read = decodeSmsPdu(pdu)
    assert (read["type"], read["tpdu_length"]) == ("SMS-SUBMIT", length)
    # The decoder takes each half of a pair of surrogates for a character.
    text = read["text"].encode("utf-16", "surrogatepass").decode("utf-16")
    for element in read.get("udh", ()):
        if isinstance(element, Concatenation):
            return Part(read["number"], text, element.reference, element.parts, element.number)
    return Part(read["number"], text, 0, 1, 1)


class VirtualModem:
    """A modem that echoes, tells things unasked, and answers as `answers` says; no lines mean that it says nothing.

    `sent` are its answers to the texts of SMS, one after another; when they are used up it takes all. `path` is its
    port. Closing it is pulling the cable, and so is the answer `unplug`.
    """

    def __init__(
        self, answers: dict[str, tuple[str, ...]] | None = None, sent: tuple[tuple[str, ...], ...] = ()
    ) -> None:
        self.answers = {**_READY, **(answers or {})}
        self.commands: list[str] = []
        self.parts: list[Part] = []
        self._sent = list(sent)
        self._heard = b""
        self._echoes = True
        self._length: int | None = None
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="virtual modem", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join()
        self._unplug()
        os.close(self._stop_read)
        os.close(self._stop_write)

    def ask_for_text(self) -> None:
        """Be in the state of a modem whose user went away in the middle of an SMS."""
        self._length = 1

    def _unplug(self) -> None:
        if self._master >= 0:
            os.close(self._master)
            os.close(self._slave)
            self._master = -1

    def _serve(self) -> None:
        while self._master >= 0:
            readable, _, _ = select.select([self._master, self._stop_read], [], [])
            if self._stop_read in readable:
                return
            data = os.read(self._master, 4096)
            if self._echoes:
                os.write(self._master, data)
            self._heard += data
            while self._master >= 0 and self._take():
                pass

    def _take(self) -> bool:
        """Do one thing of what was heard; False when there is nothing whole."""
        if self._length is not None:
            end = re.search(_TEXT_END + b"|" + _ESCAPE, self._heard)
            if end is None:
                return False
            text, self._heard = self._heard[: end.start()], self._heard[end.end() :]
            self._text(text.decode() if end[0] == _TEXT_END else None)
            return True
        if self._heard.startswith(_ESCAPE):
            self._heard = self._heard[1:]
            return True
        command, end_of_line, rest = self._heard.partition(b"\r")
        if not end_of_line:
            return False
        self._heard = rest
        self._command(command.decode())
        return True

    def _command(self, command: str) -> None:
        self.commands.append(command)
        self._say('+CMTI: "SM",1')  # somebody has sent an SMS to the modem; nobody asked
        if command == "ATE0":
            self._echoes = False
            self._say(_OK)
        elif command in self.answers:
            self._say(*self.answers[command])
        elif command.startswith("AT+CMGS="):
            answer = self.answers.get("AT+CMGS", ("> ",))
            if answer == ("> ",):
                self._length = int(command.removeprefix("AT+CMGS="))
                os.write(self._master, b"\r\n> ")
            else:
                self._say(*answer)
        else:
            self._say("ERROR")

    def _text(self, text: str | None) -> None:
        length, self._length = self._length, None
        if text is None:
            self._say(_OK)
            return
        assert length is not None
        answer = self._sent.pop(0) if self._sent else (f"+CMGS: {len(self.parts)}", _OK)
        if answer == ("unplug",):
            self._unplug()
            return
        if _OK in answer:
            self.parts.append(decoded(text, length))
        self._say(*answer)

    def _say(self, *lines: str) -> None:
        os.write(self._master, "".join(f"\r\n{line}\r\n" for line in lines).encode())
