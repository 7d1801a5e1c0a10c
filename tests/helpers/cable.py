"""A serial cable, which is a pseudo-terminal: it can be pulled out and plugged in again."""

import os
import pty
import tty
from pathlib import Path


class Cable:
    """Both ends of a serial cable; the till's end is found at `path`, while it is plugged in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: list[int] = []

    def plug_in(self) -> None:
        self._ends = list(pty.openpty())
        for end in self._ends:
            tty.setraw(end)
        self.path.symlink_to(os.ttyname(self._ends[1]))

    def pull_out(self) -> None:
        self.path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = []

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._ends[0], data) :]
