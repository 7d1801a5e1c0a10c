"""A printer's port with nothing behind it but a reader: all bytes are kept, none is ever answered."""

import os
import select
import threading
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Self

_READ_MOST = 65536


class SilentPrinter:
    """A raw pseudo-terminal, read until it is closed. `path` is its port."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._changed = threading.Condition()
        self._master, self._slave = os.openpty()
        # The slave stays open here too: what a killed till has sent is not lost, and nothing hangs up.
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._read, name="silent printer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)

    @property
    def data(self) -> bytes:
        """Everything that was sent so far."""
        with self._changed:
            return bytes(self._data)

    def wait_for(self, condition: Callable[[bytes], bool], patience_s: float) -> bytes:
        """Everything that was sent, as soon as it fulfils the condition."""
        with self._changed:
            came = self._changed.wait_for(lambda: condition(bytes(self._data)), patience_s)
            assert came, f"What was sent to the printer so far: {bytes(self._data[-2000:])!r}"
            return bytes(self._data)

    def _read(self) -> None:
        while True:
            readable, _, _ = select.select([self._master, self._stop_read], [], [])
            if self._master in readable:
                data = os.read(self._master, _READ_MOST)
                with self._changed:
                    self._data += data
                    self._changed.notify_all()
            elif self._stop_read in readable:
                return
