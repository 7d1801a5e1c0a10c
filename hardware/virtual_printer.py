"""A receipt printer without the printer: a pseudo-terminal that takes the same bytes and shows the paper.

It answers status queries and acknowledges jobs as a real one does, and can be put into its troubles: paper out, cover
open, knife stuck, head hot, silent, without power at any byte, holding the line, talking nonsense, pulled out.
`python -m hardware.virtual_printer` prints the path of its port and then the paper.
"""

import argparse
import os
import select
import sys
import threading
import time
import tty
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from hardware.machine import Machine
from hardware.virtual_paper import Row, as_text

_READ_MOST = 4096
_BITS_A_BYTE = 10
_TICK_S = 0.002


class VirtualPrinter:
    """A `Machine` behind a pseudo-terminal, served by a thread of its own until it is closed.

    `path` is its port: open it as one would a real printer's. `link` is a path that leads there as long as it is
    plugged in. `on_rows` is called with each new stretch of paper, in the order of printing, from whichever thread
    printed it; it must not wait. Closing it is pulling the cable; the machine can be plugged in again behind another.

    `baud` is how fast bytes come in (0: at once), `row_s` how long a row takes to print (0: no time), `late_s`
    how long its answers take.
    """

    def __init__(
        self,
        machine: Machine | None = None,
        *,
        on_rows: Callable[[Sequence[Row]], None] | None = None,
        link: Path | None = None,
        baud: int = 0,
        row_s: float = 0.0,
    ) -> None:
        self._machine = machine or Machine()
        self._on_rows = on_rows
        self._link = link
        self._baud = baud
        self._row_s = row_s
        self._machine.paced = row_s > 0
        self.late_s = 0.0
        self._late: deque[tuple[float, bytes]] = deque()
        self._changed = threading.Condition()
        self._shown = len(self._machine.rows)
        self._master, self._slave = os.openpty()
        # The slave stays open here too: between two programs that use the port, nothing hangs up.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.path)
        self._wake_read, self._wake_write = os.pipe()
        self._is_closed = False
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
        self._is_closed = True
        os.write(self._wake_write, b"x")
        self._thread.join()
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        for descriptor in (self._master, self._slave, self._wake_read, self._wake_write):
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
            os.write(self._wake_write, b"x")

    def wait_for(self, condition: Callable[[Machine], bool], timeout_s: float) -> bool:
        """Wait until the machine fulfils a condition; False if it does not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self._machine), timeout_s)

    def _serve(self) -> None:
        next_byte_s = next_row_s = 0.0
        while True:
            now = time.monotonic()
            may_read, prints = now >= next_byte_s, self._row_s > 0 and self._machine.is_busy
            timeout_s = None if may_read and not prints and not self._late else _TICK_S
            ports = [self._master] if may_read else []
            readable, _, _ = select.select([*ports, self._wake_read], [], [], timeout_s)
            if self._wake_read in readable:
                os.read(self._wake_read, _READ_MOST)
            if self._is_closed:
                return
            now = time.monotonic()
            with self._changed:
                if self._master in readable:
                    data = os.read(self._master, int(self._baud / _BITS_A_BYTE * _TICK_S) or _READ_MOST)
                    next_byte_s = max(next_byte_s, now - _TICK_S) + self._wire_s(len(data))
                    self._send(self._machine.receive(data))
                if self._row_s and self._machine.is_busy and now >= next_row_s:
                    next_row_s = now + self._row_s
                    self._send(self._machine.go_on())
                self._send_late(now)
                self._show()

    def _wire_s(self, length: int) -> float:
        return length * _BITS_A_BYTE / self._baud if self._baud else 0.0

    def _send(self, answers: bytes) -> None:
        if answers and (self.late_s or self._late):
            self._late.append((time.monotonic() + self.late_s, answers))
        elif answers:
            with suppress(BlockingIOError):  # nobody reads them: a real line loses them as well
                os.write(self._master, answers)

    def _send_late(self, now: float) -> None:
        while self._late and self._late[0][0] <= now:
            with suppress(BlockingIOError):
                os.write(self._master, self._late.popleft()[1])

    def _show(self) -> None:
        new = tuple(self._machine.rows[self._shown :])
        self._shown += len(new)
        self._changed.notify_all()
        if new and self._on_rows is not None:
            self._on_rows(new)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the port's path, then the paper as it comes, until interrupted; troubles come by lines on stdin."""
    parser = argparse.ArgumentParser(
        prog="python -m hardware.virtual_printer",
        description="A receipt printer without the printer.",
        epilog=f"Lines on standard input: {', '.join(_ORDERS)}.",
    )
    parser.add_argument("--columns", type=int, default=42, help="width of the paper in characters (default: 42)")
    parser.add_argument("--link", type=Path, help="a path that leads to the port")
    parser.add_argument("--baud", type=int, default=0, help="how fast bytes come in (default: at once)")
    parser.add_argument("--row-ms", type=float, default=0.0, help="how long a row takes to print (default: no time)")
    parser.add_argument("--xonxoff", action="store_true", help="hold the line by XOFF while the buffer is full")
    parser.add_argument("--power-bytes", type=int, help="lose power at the byte that comes in as so many-th")
    parser.add_argument("--paper-rows", type=int, help="run out of paper after so many rows")
    chosen = parser.parse_args(arguments)
    machine = Machine(chosen.columns, xonxoff=chosen.xonxoff)
    machine.paper_rows = chosen.paper_rows
    if chosen.power_bytes is not None:
        machine.after_bytes(chosen.power_bytes, Machine.switch_off)
    paper: SimpleQueue[Sequence[Row]] = SimpleQueue()
    with (
        VirtualPrinter(
            machine, on_rows=paper.put, link=chosen.link, baud=chosen.baud, row_s=chosen.row_ms / 1000
        ) as printer,
        suppress(KeyboardInterrupt, BrokenPipeError),
    ):
        print(printer.path, flush=True)
        threading.Thread(target=_obey, args=(printer,), daemon=True).start()
        while True:
            print(*(as_text(row, chosen.columns) for row in paper.get()), sep="\n", flush=True)
    return 0


def _obey(printer: VirtualPrinter) -> None:
    # Without a buffer, whose lock this thread would hold for ever when the program ends.
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as orders:
        for line in orders:
            order = _ORDERS.get(line.decode("utf-8", "replace").strip())
            if order is None:
                print(f"possible: {', '.join(_ORDERS)}", file=sys.stderr, flush=True)
                continue
            with printer.hands_on() as machine:
                order(machine)


def _setting(name: str, value: bool) -> Callable[[Machine], None]:
    return lambda machine: setattr(machine, name, value)


_ORDERS: dict[str, Callable[[Machine], None]] = {
    "off": Machine.switch_off,
    "on": Machine.switch_on,
    "paper out": _setting("paper_out", True),
    "paper in": _setting("paper_out", False),
    "cover open": _setting("cover_open", True),
    "cover closed": _setting("cover_open", False),
    "silent": _setting("silent", True),
    "answers": _setting("silent", False),
    "hold": _setting("holds", True),
    "let go": _setting("holds", False),
}


if __name__ == "__main__":
    sys.exit(main())
