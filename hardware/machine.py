"""A receipt printer without paper, wire or clock: bytes in, answers out, and every trouble that a real one can have."""

import re
from collections.abc import Callable, Sequence

from hardware.virtual_paper import Interpreter, Row

_REAL_TIME = re.compile(rb"\x10(?:\x04([\x01-\x04])|\x14\x01..)", re.DOTALL)
_REAL_TIME_LONGEST = 5
_XON, _XOFF = b"\x11", b"\x13"
_POWER_ON = b"\x3b\x31\x00"


class Machine:
    """The printer itself, without a wire: bytes in by `receive`, answers out, `rows` on the paper.

    Set its troubles as they come, then call `go_on`. `paper_out`, `cover_open`, `cutter`, `hot`, `stuck`: it keeps what
    it is sent and prints it when the trouble is over; of `stuck` alone it says nothing. `silent`: it prints and never
    answers. `tells_power_on`: it says so when it is switched on, as an Epson can be set to. `paper_rows`, `power_rows`:
    so many more rows until the paper or the power is gone; None is never. With `xonxoff` it holds the line while more
    than `buffer_size` bytes wait in it, or as long as `holds` is set. `distort` changes what it says. When it is
    `paced`, `go_on` prints one row at a time and not all that can be.
    """

    def __init__(self, columns: int = 48, *, xonxoff: bool = False, buffer_size: int = 4096) -> None:
        self.paper_out = False
        self.paper_low = False
        self.cover_open = False
        self.cutter = False
        self.hot = False
        self.stuck = False
        self.silent = False
        self.tells_power_on = False
        self.holds = False
        self.distort: Callable[[bytes], bytes] = bytes
        self.paper_rows: int | None = None
        self.power_rows: int | None = None
        self.columns = columns
        self._interpreter = Interpreter(columns)
        self._power = True
        self._waiting = bytearray()
        self._tail = b""  # the last bytes received, where a real-time command may have begun
        self._xonxoff = xonxoff
        self._holds_line = False
        self._buffer_size = buffer_size
        self.paced = False
        self._told = b""
        self._soon: tuple[int, Callable[[Machine], None]] | None = None
        self._lost_until_on = 0

    @property
    def rows(self) -> Sequence[Row]:
        """The paper, from its beginning."""
        return self._interpreter.rows

    @property
    def holds_line(self) -> bool:
        """Whether it has sent XOFF and not yet XON."""
        return self._holds_line

    @property
    def has_power(self) -> bool:
        return self._power

    @property
    def is_busy(self) -> bool:
        """Whether it could go on printing now."""
        return bool(self._waiting) and self._power and not self._cannot_print

    def switch_off(self) -> None:
        """What is not on paper is lost, and so is all that comes in from now on."""
        self._power = False
        self._waiting.clear()
        self._tail = b""
        self._told = b""
        self._interpreter.reset()
        self._interpreter.replies.clear()
        self._interpreter.watched = 0

    def switch_on(self) -> None:
        self._power = True
        self._lost_until_on = 0
        if self.tells_power_on:
            self._interpreter.replies += _POWER_ON

    def blink(self, lost: int) -> None:
        """Without power for as long as so many bytes come in."""
        self.switch_off()
        self._lost_until_on = lost

    def after_bytes(self, count: int, happens: Callable[["Machine"], None]) -> None:
        """Let something happen at the byte that comes in as so many-th from now."""
        self._soon = (count, happens)

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the wire; returns what goes back on it."""
        answers = b""
        if self._soon is not None:
            count, happens = self._soon
            if count < len(data):
                answers = self._take(data[:count])
                data = data[count:]
                self._soon = None
                happens(self)
            else:
                self._soon = (count - len(data), happens)
        return answers + self._take(data)

    def _take(self, data: bytes) -> bytes:
        if not self._power:
            if not self._lost_until_on:
                return b""
            lost = min(self._lost_until_on, len(data))
            self._lost_until_on -= lost
            if self._lost_until_on:
                return b""
            self.switch_on()
            data = data[lost:]
        answers = self._real_time_answers(data)
        self._waiting += data
        return self._said(answers) + (self._after() if self.paced else self.go_on())

    def go_on(self) -> bytes:
        """Print what waits, as far as the troubles allow; returns what goes back on the wire."""
        while self.is_busy:
            rows_before = len(self.rows)
            length = self._interpreter.step(bytes(self._waiting))
            if length == 0:
                break
            del self._waiting[:length]
            self._use_up(len(self.rows) - rows_before)
            if self.paced and len(self.rows) > rows_before:
                break
        return self._after()

    def _after(self) -> bytes:
        """What it says of itself after something was done."""
        answers = bytes(self._interpreter.replies)
        self._interpreter.replies.clear()
        if self._power and self._interpreter.watched and (status := self._automatic_status()) != self._told:
            self._told = status
            answers += status
        return self._said(answers) + self._flow()

    def _said(self, answers: bytes) -> bytes:
        return b"" if self.silent or not self._power else self.distort(answers)

    @property
    def _cannot_print(self) -> bool:
        return self.paper_out or self.cover_open or self.cutter or self.hot or self.stuck

    def _use_up(self, rows: int) -> None:
        if self.paper_rows is not None:
            self.paper_rows -= rows
            if self.paper_rows <= 0:
                self.paper_rows, self.paper_out = None, True
        if self.power_rows is not None:
            self.power_rows -= rows
            if self.power_rows <= 0:
                self.power_rows = None
                self.switch_off()

    def _flow(self) -> bytes:
        must_hold = self.holds or (self._xonxoff and len(self._waiting) > self._buffer_size)
        if must_hold == self._holds_line or not self._power:
            return b""
        self._holds_line = must_hold
        return _XOFF if must_hold else _XON

    def _real_time_answers(self, data: bytes) -> bytes:
        """Answer what is answered on coming in, in whatever state the printer is.

        A real printer finds these bytes even inside the data of another command, and so does this one.
        """
        stream = self._tail + data
        answers, end = bytearray(), 0
        for found in _REAL_TIME.finditer(stream):
            end = found.end()
            if found.group(1):
                answers.append(self._status(found.group(1)[0]))
            else:
                self._interpreter.open_drawer()
        self._tail = stream[max(end, len(stream) - _REAL_TIME_LONGEST + 1) :]
        return bytes(answers)

    @property
    def _is_offline(self) -> bool:
        return self._cannot_print and not self.stuck

    def _status(self, number: int) -> int:
        error = 0x08 * self.cutter | 0x40 * self.hot
        if number == 1:
            return 0x12 | 0x08 * self._is_offline
        if number == 2:
            return 0x12 | 0x04 * self.cover_open | 0x20 * self.paper_out | 0x40 * bool(error)
        if number == 4:
            return 0x12 | 0x0C * (self.paper_low or self.paper_out) | 0x60 * self.paper_out
        return 0x12 | error

    def _automatic_status(self) -> bytes:
        printer = 0x10 | 0x08 * self._is_offline | 0x20 * self.cover_open
        paper = 0x03 * (self.paper_low or self.paper_out) | 0x0C * self.paper_out
        return bytes([printer, 0x08 * self.cutter | 0x40 * self.hot, paper, 0x0F])
