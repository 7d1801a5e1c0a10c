"""A receipt printer without the printer: a pseudo-terminal that takes the same bytes and shows the paper.

It answers status queries and acknowledges jobs as a real one does, and can be put into its troubles: paper
out, cover open, silent, without power, in the middle of a slip as well. `python -m hardware.virtual_printer`
prints the path of its port and then the paper.
"""

import argparse
import os
import re
import select
import sys
import threading
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from hardware.virtual_paper import Interpreter, Row, as_text

_REAL_TIME = re.compile(rb"\x10(?:\x04([\x01-\x04])|\x14\x01..)", re.DOTALL)
_REAL_TIME_LONGEST = 5
_XON, _XOFF = b"\x11", b"\x13"
_READ_MOST = 4096


class Machine:
    """The printer itself, without a wire: bytes in by `receive`, answers out, `rows` on the paper.

    Set its troubles as they come, then call `go_on`. `paper_out`, `cover_open`: it keeps what it is sent and
    prints it when the trouble is over. `silent`: it prints and never answers. `paper_rows`, `power_rows`: so
    many more rows until the paper or the power is gone; None is never. With `xonxoff` it holds the line while
    more than `buffer_size` bytes wait in it.
    """

    def __init__(self, columns: int = 48, *, xonxoff: bool = False, buffer_size: int = 4096) -> None:
        self.paper_out = False
        self.paper_low = False
        self.cover_open = False
        self.silent = False
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

    @property
    def rows(self) -> Sequence[Row]:
        """The paper, from its beginning."""
        return self._interpreter.rows

    @property
    def holds_line(self) -> bool:
        """Whether it has sent XOFF and not yet XON."""
        return self._holds_line

    def switch_off(self) -> None:
        """What is not on paper is lost, and so is all that comes in from now on."""
        self._power = False
        self._waiting.clear()
        self._tail = b""
        self._holds_line = False
        self._interpreter.reset()

    def switch_on(self) -> None:
        self._power = True

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the wire; returns what goes back on it."""
        if not self._power:
            return b""
        answers = self._real_time_answers(data)
        self._waiting += data
        return (b"" if self.silent else answers) + self.go_on()

    def go_on(self) -> bytes:
        """Print what waits, as far as the troubles allow; returns what goes back on the wire."""
        while self._waiting and not self.paper_out and not self.cover_open:
            rows_before = len(self.rows)
            length = self._interpreter.step(bytes(self._waiting))
            if length == 0:
                break
            del self._waiting[:length]
            self._use_up(len(self.rows) - rows_before)
        answers = bytes(self._interpreter.replies)
        self._interpreter.replies.clear()
        return (b"" if self.silent or not self._power else answers) + self._flow()

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
        must_hold = self._xonxoff and len(self._waiting) > self._buffer_size
        if must_hold == self._holds_line:
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

    def _status(self, number: int) -> int:
        if number == 1:
            return 0x12 | 0x08 * (self.paper_out or self.cover_open)
        if number == 2:
            return 0x12 | 0x04 * self.cover_open | 0x20 * self.paper_out
        if number == 4:
            return 0x12 | 0x0C * (self.paper_low or self.paper_out) | 0x60 * self.paper_out
        return 0x12


class VirtualPrinter:
    """A `Machine` behind a pseudo-terminal, served by a thread of its own until it is closed.

    `path` is its port: open it as one would a real printer's. `on_rows` is called with each new stretch of
    paper, in the order of printing, from whichever thread printed it; it must not wait. Closing it is pulling
    the cable.
    """

    def __init__(
        self, machine: Machine | None = None, *, on_rows: Callable[[Sequence[Row]], None] | None = None
    ) -> None:
        self._machine = machine or Machine()
        self._on_rows = on_rows
        self._changed = threading.Condition()
        self._shown = 0
        self._master, self._slave = os.openpty()
        # The slave stays open here too: between two programs that use the port, nothing hangs up.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="virtual printer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Pull the cable: the port vanishes, also for those who have it open. A second call does nothing."""
        if not self._thread.is_alive():
            return
        os.write(self._stop_write, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)

    def rows(self) -> tuple[Row, ...]:
        """All the paper so far."""
        with self._changed:
            return tuple(self._machine.rows)

    @contextmanager
    def hands_on(self) -> Iterator[Machine]:
        """Change the machine (take the paper out, close the cover) while it does nothing else."""
        with self._changed:
            yield self._machine
            self._send(self._machine.go_on())
            self._show()

    def wait_for(self, condition: Callable[[Machine], bool], timeout_s: float) -> bool:
        """Wait until the machine fulfils a condition; False if it does not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self._machine), timeout_s)

    def _serve(self) -> None:
        while True:
            readable, _, _ = select.select([self._master, self._stop_read], [], [])
            if self._stop_read in readable:
                return
            data = os.read(self._master, _READ_MOST)
            with self._changed:
                self._send(self._machine.receive(data))
                self._show()

    def _send(self, answers: bytes) -> None:
        if answers:
            with suppress(BlockingIOError):  # nobody reads them: a real line loses them as well
                os.write(self._master, answers)

    def _show(self) -> None:
        new = tuple(self._machine.rows[self._shown :])
        self._shown += len(new)
        self._changed.notify_all()
        if new and self._on_rows is not None:
            self._on_rows(new)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the port's path, then the paper as it comes, until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m hardware.virtual_printer", description="A receipt printer without the printer."
    )
    parser.add_argument("--columns", type=int, default=42, help="width of the paper in characters (default: 42)")
    columns = parser.parse_args(arguments).columns
    paper: SimpleQueue[Sequence[Row]] = SimpleQueue()
    with (
        VirtualPrinter(Machine(columns), on_rows=paper.put) as printer,
        suppress(KeyboardInterrupt, BrokenPipeError),
    ):
        print(printer.path, flush=True)
        while True:
            print(*(as_text(row, columns) for row in paper.get()), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
