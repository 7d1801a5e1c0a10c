"""A line display without the display: a pseudo-terminal that takes the same bytes and has the same two lines.

`python -m hardware.virtual_display` prints the path of its port and then what it shows, as it changes.
"""

import argparse
import os
import select
import sys
import threading
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Self

UNKNOWN = "\ufffd"

_READ_MOST = 4096
_FIXED = {
    b"\x1b@": 2,
    b"\x1b_": 3,
    b"\x1bt": 3,
    b"\x1f\x01": 2,
    b"\x1fC": 3,
    b"\x1f$": 4,
}


class Screen:
    """The two lines, and the commands of CD5220 and Epson that fill them; what it does not know is shown as UNKNOWN."""

    def __init__(self, columns: int = 20, code_page: str = "cp1251") -> None:
        self.columns = columns
        self._code_page = code_page
        self._waiting = bytearray()
        self.reset()

    @property
    def lines(self) -> tuple[str, str]:
        """What a customer reads, without the spaces at the end."""
        above, below = ("".join(line).rstrip() for line in self._lines)
        return above, below

    def reset(self) -> None:
        """Empty, the cursor at the left of the upper line."""
        self._lines = [[" "] * self.columns for _ in range(2)]
        self._column, self._row = 0, 0

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; a command that is not whole yet waits for its rest."""
        self._waiting += data
        while self._waiting and (length := self._step(bytes(self._waiting))):
            del self._waiting[:length]

    def _step(self, data: bytes) -> int:
        if data[0] >= 0x20:
            self._put(data[:1].decode(self._code_page, "replace"))
            return 1
        if data[0] == 0x0C:
            self.reset()
            return 1
        if data[0] not in (0x1B, 0x1F):
            self._put(UNKNOWN)
            return 1
        if data.startswith(b"\x1bQ"[: len(data)]):
            return self._string(data)
        length = _FIXED.get(data[:2], 0)
        if len(data) < 2 or len(data) < length:
            return 0
        if not length:
            self._put(UNKNOWN)
            return 2
        if data.startswith(b"\x1b@"):
            self.reset()
        elif data.startswith(b"\x1f$"):
            self._column, self._row = (data[2] - 1) % self.columns, (data[3] - 1) % 2
        return length

    def _string(self, data: bytes) -> int:
        """ESC Q A or B: a whole line, up to a carriage return."""
        end = data.find(b"\r")
        if end < 0:
            return 0
        text = data[3:end].decode(self._code_page, "replace")
        self._lines[data[2:3] == b"B"] = list(text[: self.columns].ljust(self.columns))
        return end + 1

    def _put(self, character: str) -> None:
        self._lines[self._row][self._column] = character
        self._column += 1
        if self._column == self.columns:
            self._column, self._row = 0, 1 - self._row


class VirtualDisplay:
    """A `Screen` behind a pseudo-terminal, served by a thread of its own until it is closed, which is unplugging it.

    `on_lines` is called with the lines whenever they may have changed, from that thread; it must not wait.
    """

    def __init__(
        self, screen: Screen | None = None, *, on_lines: Callable[[tuple[str, str]], None] | None = None
    ) -> None:
        self._screen = screen or Screen()
        self._on_lines = on_lines
        self._changed = threading.Condition()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="virtual display", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unplug it; a second call does nothing."""
        if not self._thread.is_alive():
            return
        os.write(self._stop_write, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)

    @property
    def lines(self) -> tuple[str, str]:
        with self._changed:
            return self._screen.lines

    def wait_for(self, condition: Callable[[tuple[str, str]], bool], timeout_s: float) -> bool:
        """Wait until the lines fulfil a condition; False if they do not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self._screen.lines), timeout_s)

    def _serve(self) -> None:
        while True:
            readable, _, _ = select.select([self._master, self._stop_read], [], [])
            if self._stop_read in readable:
                return
            data = os.read(self._master, _READ_MOST)
            with self._changed:
                self._screen.receive(data)
                self._changed.notify_all()
                lines = self._screen.lines
            if self._on_lines is not None:
                self._on_lines(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the port's path, then what is shown, until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m hardware.virtual_display", description="A line display without the display."
    )
    parser.add_argument("--columns", type=int, default=20, help="characters in a line (default: 20)")
    parser.add_argument("--code-page", default="cp1251", help="the page it is set to (default: cp1251)")
    chosen = parser.parse_args(arguments)
    shown: SimpleQueue[tuple[str, str]] = SimpleQueue()
    screen = Screen(chosen.columns, chosen.code_page)
    with VirtualDisplay(screen, on_lines=shown.put) as display, suppress(KeyboardInterrupt, BrokenPipeError):
        print(display.path, flush=True)
        while True:
            above, below = shown.get()
            print(f"[{above:<{chosen.columns}}]\n[{below:<{chosen.columns}}]\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
