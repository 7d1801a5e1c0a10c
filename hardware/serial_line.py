"""A serial port that never waits for ever: the one module that knows pyserial.

pyserial opens, configures and locks the port. Bytes are written and read here on its file descriptor, because
its own `write` waits once more after the last byte was taken and turns in circles while flow control holds a
port, and because changing its time-outs configures the port anew.
"""

import errno
import os
import select
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Flow = Literal["none", "xonxoff", "rtscts"]
OpeningTrouble = Literal["missing", "busy", "no_permission", "error"]
"""Why a port cannot be opened: it is not there, another program has it, this user may not, or it is no such port."""

_READ_MOST = 1024
_DRAIN_LOOK_S = 0.01
_OPENING_TROUBLES: dict[int | None, OpeningTrouble] = {
    errno.ENOENT: "missing",
    errno.ENODEV: "missing",
    errno.ENXIO: "missing",
    errno.ENOTDIR: "missing",
    errno.EIO: "missing",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EBUSY: "busy",
    errno.EAGAIN: "busy",
}


def opening_trouble(error: OSError | ValueError) -> OpeningTrouble:
    """What it means that a port could not be opened."""
    return _OPENING_TROUBLES.get(getattr(error, "errno", None), "error")


class SerialLine:
    """An open port, for this program alone.

    Its methods raise TimeoutError when the port takes no byte in time, any other OSError when it broke off.
    """

    def __init__(self, path: str, *, baud: int, flow: Flow, chunk: int) -> None:
        """Open `path`; at most `chunk` bytes are given to it at once.

        Raises OSError, with the system's errno if it has one; ValueError for an impossible path or speed.
        """
        from serial import Serial

        self._chunk = chunk
        with _only_os_errors():
            self._port = Serial(
                path, baud, timeout=0, xonxoff=flow == "xonxoff", rtscts=flow == "rtscts", exclusive=True
            )

    def close(self) -> None:
        """Give the port back. Never fails."""
        with suppress(OSError, termios.error):
            self._port.close()

    def drop(self) -> None:
        """Forget bytes that the device does not take, for which closing would wait up to half a minute.

        Not to be done to a line in order: a pseudo-terminal forgets what its other end has yet to read, too.
        """
        with suppress(OSError, termios.error):
            self._port.reset_output_buffer()

    def is_broken(self) -> bool:
        """Whether the device behind the port is gone, as far as the system knows."""
        poll = select.poll()
        poll.register(self._port.fileno(), 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def write_some(self, data: bytes, timeout_s: float) -> int:
        """Wait until the port takes bytes and give it the first of `data`; returns how many, at least one."""
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            _, writable, _ = select.select([], [self._port.fileno()], [], left_s)
            if writable:
                with suppress(BlockingIOError):
                    return os.write(self._port.fileno(), data[: self._chunk])
        raise TimeoutError(errno.ETIMEDOUT, f"{self._port.name} took no bytes for {timeout_s} s")

    def write(self, data: bytes, timeout_s: float) -> None:
        """Give all of `data`; the time-out is for each piece of it."""
        while data:
            data = data[self.write_some(data, timeout_s) :]

    def drain(self, timeout_s: float) -> None:
        """Wait until the system has sent what it took; the time-out is for a line on which nothing moves."""
        with _only_os_errors():
            waiting = self._port.out_waiting
            deadline = time.monotonic() + timeout_s
            while waiting:
                if time.monotonic() > deadline:
                    raise TimeoutError(errno.ETIMEDOUT, f"{self._port.name} still holds {waiting} bytes")
                time.sleep(_DRAIN_LOOK_S)
                before, waiting = waiting, self._port.out_waiting
                if waiting < before:
                    deadline = time.monotonic() + timeout_s

    def read(self, timeout_s: float) -> bytes:
        """What has come in, after waiting up to `timeout_s` for the first byte; b"" if nothing has."""
        readable, _, _ = select.select([self._port.fileno()], [], [], timeout_s)
        if not readable:
            return b""
        with suppress(BlockingIOError):
            data = os.read(self._port.fileno(), _READ_MOST)
            if not data:
                raise OSError(errno.EIO, f"{self._port.name} broke off")
            return data
        return b""


@contextmanager
def _only_os_errors() -> Iterator[None]:
    try:
        yield
    except termios.error as error:  # pyserial lets it through here and there
        raise OSError(*error.args) from error
