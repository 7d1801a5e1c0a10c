"""The customer's line display on a serial port: two lines of characters, by the commands of CD5220 or of Epson.

A display says nothing back. What is to be shown is handed over and shown by a thread as soon as there is a display:
the last lines win, nobody waits, and one that is unplugged shows them when it is back.
"""

import errno
import logging
import threading
from collections.abc import Callable
from typing import Literal

from hardware import ports
from hardware.codepages import printable, to_bytes
from hardware.serial_line import Flow, SerialLine, opening_trouble
from pos_app.device_settings import DisplayCommands

log = logging.getLogger(__name__)

DisplayState = Literal[
    "none",  # there is to be none, or it has not been looked for yet
    "ready",
    "missing",  # there is no such port: the cable is out, or the path is wrong
    "busy",  # another program has it
    "no_permission",
    "error",  # it takes no bytes, or the path is no serial port
    "gone",  # it broke off while in use
]

_LANGUAGES = {
    "cp1251": ("bg", "en"),
    "cp866": ("bg", "en"),
    "cp855": ("bg", "en"),
    "cp1250": ("sl", "en"),
    "cp852": ("sl", "en"),
}
_EPSON_PAGES = {"cp437": 0, "cp850": 2, "cp1252": 16, "cp866": 17, "cp852": 18, "cp858": 19}
_CHUNK = 64
_WRITE_S = 2.0
RETRY_S = 2.0
"""How long a display that is not there is left alone, and how often one that shows is looked at."""


def sets(language: str, code_page: str) -> bool:
    """Whether a page has the letters of a language, and a display can set them as it is written."""
    return language in _LANGUAGES.get(code_page, ("en",))


def beginning(commands: DisplayCommands, code_page: str) -> bytes:
    """What a display is told first: empty, no cursor, and the page, where the command is the same on all of a kind."""
    if commands == "cd5220":
        return b"\x1b@\x0c\x1b_\x00"
    page = _EPSON_PAGES.get(code_page)
    return b"\x1b@\x0c\x1f\x01\x1fC\x00" + (b"" if page is None else b"\x1bt" + bytes([page]))


def frame(upper: str, lower: str, *, commands: DisplayCommands, columns: int, code_page: str) -> bytes:
    """Two lines, whatever stood there before; each is clipped, and filled up with spaces."""
    above, below = (_line(text, columns, code_page) for text in (upper, lower))
    if commands == "cd5220":
        return b"\x1bQA" + above + b"\r\x1bQB" + below + b"\r"
    return b"\x1f$\x01\x01" + above + b"\x1f$\x01\x02" + below


def pair(left: str, right: str, columns: int, code_page: str) -> str:
    """Two texts at both ends of a line; the left one is clipped so that the right one stands whole."""
    left, right = (printable(text, code_page)[0] for text in (left, right))
    room = max(0, columns - len(right) - 1)
    return f"{left[:room].ljust(room)} {right}"[-columns:]


def _line(text: str, columns: int, code_page: str) -> bytes:
    return to_bytes(printable(text, code_page)[0][:columns].ljust(columns), code_page)


class LineDisplay:
    """A display at `path`, a port or what `hardware.ports` knows it by; empty is none.

    `on_state` is called from the thread whenever the state has become another; it must not wait.
    """

    def __init__(
        self,
        path: str,
        *,
        baud: int = 9600,
        flow: Flow = "none",
        commands: DisplayCommands = "cd5220",
        columns: int = 20,
        code_page: str = "cp1251",
        retry_s: float = RETRY_S,
        on_state: Callable[[DisplayState], None] | None = None,
    ) -> None:
        self.columns = columns
        self.code_page = code_page
        self._path = path
        self._baud = baud
        self._flow: Flow = flow
        self._commands: DisplayCommands = commands
        self._retry_s = retry_s
        self._on_state = on_state
        self._state: DisplayState = "none"
        self._changed = threading.Condition()
        self._wanted = self._shown = b""
        self._stopped = False
        self._line: SerialLine | None = None
        self._thread = threading.Thread(target=self._serve, name="line display", daemon=True)
        if path:
            self._thread.start()

    @property
    def state(self) -> DisplayState:
        """How the display is, as far as is known."""
        return self._state

    def show(self, upper: str, lower: str) -> None:
        """Show two lines from now on; returns at once."""
        wanted = frame(upper, lower, commands=self._commands, columns=self.columns, code_page=self.code_page)
        with self._changed:
            self._wanted = wanted
            self._changed.notify()

    def close(self) -> None:
        """Show what was last handed over, and give the port back."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._path:
            self._thread.join()

    def _serve(self) -> None:
        patience_s = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(self._is_behind, patience_s)
                wanted, stopped = self._wanted, self._stopped
            self._bring(wanted)
            patience_s = self._retry_s
            if stopped:
                self._drop()
                return

    def _is_behind(self) -> bool:
        """Whether there is something to do at once; a display that is not there is left alone for a while."""
        return self._stopped or (self._line is not None and self._wanted != self._shown)

    def _bring(self, wanted: bytes) -> None:
        """Bring a frame onto the display, opening its port if need be."""
        try:
            if self._line is not None and self._line.is_broken():
                raise OSError(errno.EIO, "it broke off")
            if self._line is None:
                self._line = SerialLine(ports.path_of(self._path), baud=self._baud, flow=self._flow, chunk=_CHUNK)
                self._line.write(beginning(self._commands, self.code_page), _WRITE_S)
                self._shown = b""
            if wanted != self._shown:
                self._line.write(wanted, _WRITE_S)
                self._shown = wanted
        except (OSError, ValueError) as error:
            self._fail(error)
        else:
            self._turn("ready")

    def _fail(self, error: OSError | ValueError) -> None:
        if isinstance(error, TimeoutError):
            if self._line is not None:
                self._line.drop()
            state: DisplayState = "error"
        elif self._line is not None:
            state = "gone"
        else:
            state = opening_trouble(error)
            if self._state == "gone" and state == "missing":
                state = "gone"  # it was there, and nobody has put it back
        self._drop()
        if state != self._state:
            log.info("line display at %s: %s (%s)", self._path, state, error)
        self._turn(state)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _turn(self, state: DisplayState) -> None:
        if state != self._state:
            self._state = state
            if self._on_state is not None:
                self._on_state(state)
