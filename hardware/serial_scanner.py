"""A scanner on a serial port (RS-232 or USB-CDC): a thread of its own reads the line and hands each code on.

The port need not be there: it is looked for again and again, so a scanner may be unplugged and plugged in elsewhere.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

from hardware import ports
from hardware.line_reader import LineReader
from hardware.scanner import Read
from hardware.scanner_settings import ScannerSettings
from hardware.serial_line import Flow, OpeningTrouble, SerialLine, opening_trouble

log = logging.getLogger(__name__)

ScannerState = Literal["none", "ready", "gone"] | OpeningTrouble
"""`none`: not looked for yet, or stopped; `gone`: it broke off while in use."""

_LOOK_S = 0.2
_SILENCE_S = 0.12
"""How long after its last byte a code is over, with a scanner that has never ended a line."""
_TORN_S = 1.0
"""The same with one that does end its lines: what it left unfinished is no code."""
_PACE_S = 0.004
"""A code takes this long at least: a device gone mad fills its own port, not the till's queue."""
_CHUNK = 64


class SerialScanner:
    """Reads codes from `path` (a device, or an identity of `hardware.ports`) between `start` and `stop`.

    `read` gets what was read, `changed` each new state; both are called from the scanner's own thread.
    `retry_s` is the time between two looks for a port that is not there.
    """

    def __init__(
        self,
        path: str,
        read: Callable[[Read], None],
        changed: Callable[[ScannerState], None],
        *,
        baud: int = 9600,
        flow: Flow = "none",
        settings: ScannerSettings | None = None,
        retry_s: float = 1.0,
    ) -> None:
        self.path = path
        self._read = read
        self._changed = changed
        self._baud = baud
        self._flow: Flow = flow
        self._settings = settings or ScannerSettings()
        self._retry_s = retry_s
        self._state: ScannerState = "none"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="serial scanner", daemon=True)

    @property
    def state(self) -> ScannerState:
        """How the scanner is, as of the last look."""
        return self._state

    def start(self) -> None:
        """Begin to look for the scanner and to read it. To be called once."""
        self._thread.start()

    def stop(self) -> None:
        """Give the port back; nothing is handed on after it has returned. Takes a fifth of a second at most."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._state = "none"

    def _run(self) -> None:
        while not self._stopping.is_set():
            line = self._opened()
            if line is None:
                self._stopping.wait(self._retry_s)
                continue
            try:
                self._show("ready")
                self._listen(line)
            except OSError as error:
                log.info("The scanner at %s broke off: %s", self.path, error)
                self._show("gone")
                self._stopping.wait(min(self._retry_s, _LOOK_S))
            finally:
                line.close()

    def _opened(self) -> SerialLine | None:
        try:
            path = ports.path_of(self.path)
            if path:
                return SerialLine(path, baud=self._baud, flow=self._flow, chunk=_CHUNK)
            trouble: OpeningTrouble = "missing"
        except (OSError, ValueError) as error:
            trouble = opening_trouble(error)
            log.debug("The scanner at %s cannot be opened: %s", self.path, error)
        if not (trouble == "missing" and self._state == "gone"):
            self._show(trouble)
        return None

    def _listen(self, line: SerialLine) -> None:
        """Read until told to stop; raises OSError when the scanner is gone."""
        reader = LineReader(self._settings)
        heard_s = time.monotonic()
        while not self._stopping.is_set():
            patience_s = _TORN_S if reader.ends_lines else _SILENCE_S
            data = line.read(min(_LOOK_S, patience_s))
            if data:
                heard_s = time.monotonic()
                self._hand_on(reader.feed(data))
            elif reader.is_amid_code and time.monotonic() - heard_s >= patience_s:
                self._hand_on(reader.give_up() if reader.ends_lines else reader.flush())

    def _hand_on(self, events: list[Read]) -> None:
        for event in events:
            if self._stopping.wait(_PACE_S):
                return
            self._read(event)

    def _show(self, state: ScannerState) -> None:
        if state != self._state:
            log.info("The scanner at %s is %s", self.path, state)
            self._state = state
            self._changed(state)
