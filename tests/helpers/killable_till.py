"""The process of `obedient_till`, to be killed from outside: at some moment, or at one of its system calls."""

import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
WRITING = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink")
"""The system calls by which a till, SQLite in it, changes its files and sends to its printer."""


class KilledError(Exception):
    """The till is gone before it has said what was waited for."""


class KillableTill:
    """A till that obeys until it is killed. `heard` is everything that it said."""

    def __init__(self, folder: Path, printer: str, staff_card: str, *before: str) -> None:
        """`before` is a command that starts the till instead, such as strace with its options."""
        self.heard: list[str] = []
        self._unread = b""
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "tests.helpers.obedient_till", folder, printer, staff_card],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._orders, self._sayings = self._process.stdin, self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, *orders: str) -> None:
        self._orders.write("".join(f"{order}\n" for order in orders).encode())

    def wait_for(self, word: str) -> str:
        """The next line that begins with a word; raises KilledError when none comes."""
        while not (line := self.read_line()).startswith(word):
            pass
        return line

    def read_line(self) -> str:
        """What it says next; raises KilledError when it does not live to say it."""
        deadline = time.monotonic() + PATIENCE_S
        while b"\n" not in self._unread:
            readable, _, _ = select.select([self._sayings], [], [], max(0.0, deadline - time.monotonic()))
            assert readable, f"The till has said nothing for {PATIENCE_S} s; before that: {self.heard[-5:]}"
            data = os.read(self._sayings.fileno(), 65536)
            if not data:
                raise KilledError
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        self.heard.append(line.decode())
        if line.startswith(b"log "):
            self._process.kill()
            pytest.fail("\n".join([line.decode(), (self._unread + self._sayings.read()).decode()]))
        return self.heard[-1]

    def kill(self, after_s: float = 0.0) -> None:
        """End it without a warning, and hear what it had still said."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(after_s)
        self._process.kill()
        self.bury()

    def bury(self) -> int:
        """Hear all that a till has said which has ended, or is about to; its exit status, negative for a signal."""
        with suppress(KilledError):
            while True:
                self.read_line()
        self._orders.close()
        self._sayings.close()
        return self._process.wait(PATIENCE_S)


class Strace:
    """Looks on while a running till makes system calls, and kills it at one when its options say so."""

    def __init__(self, till: KillableTill, *options: str) -> None:
        assert shutil.which("strace"), "strace is missing; `make setup-test` installs it."
        self._process = subprocess.Popen(
            ["strace", "-f", "-p", str(till.pid), *options], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr
        self._errors = self._process.stderr
        first = self._errors.readline()
        assert "attached" in first, first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the till go on alone. strace is not asked to end: while a till dies, it may wait for that for ever."""
        self._process.kill()
        self._errors.close()
        self._process.wait(PATIENCE_S)


def kill_at(call: str, number: int) -> list[str]:
    """strace's options to kill a till instead of letting one of its threads make its `number`-th call of this name."""
    return ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]


def only(*paths: str | Path) -> list[str]:
    """strace's options to look at no other files than these."""
    return [f"--trace-path={path}" for path in paths]
