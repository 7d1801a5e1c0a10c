"""A network between a till and its centre: it can be slow, cut everything after so many bytes, or lie."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_PIECE = 4096
_TRICKLE_S = 0.1


class Network:
    """A way to a port of this machine, by another port.

    `delay_s` is how long every piece that comes back takes; after `cut_after` bytes that came back a connection
    breaks off (None: never); a `lie` is answered to everything instead. What `trickles` comes byte by byte.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.delay_s = 0.0
        self.cut_after: int | None = None
        self.lie: bytes | None = None
        self.trickles = False
        self.passed = 0
        """How many bytes came back so far."""

        self._rest = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rest.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self.lie is not None:
                client.recv(_PIECE)
                client.sendall(self.lie)
                return
            with socket.create_connection(("127.0.0.1", self._to)) as centre:
                there = threading.Thread(target=_pass_on, args=(client, centre), daemon=True)
                there.start()
                self._bring_back(centre, client)
                client.shutdown(socket.SHUT_RDWR)

    def _bring_back(self, centre: socket.socket, client: socket.socket) -> None:
        carried = 0
        while piece := centre.recv(_PIECE):
            self._rest.wait(self.delay_s)
            if self.cut_after is not None and carried + len(piece) > self.cut_after:
                client.sendall(piece[: max(0, self.cut_after - carried)])
                return
            for part in _pieces(piece) if self.trickles else [piece]:
                client.sendall(part)
                self._rest.wait(_TRICKLE_S if self.trickles else 0)
            carried += len(piece)
            self.passed += len(piece)


def _pieces(piece: bytes) -> list[bytes]:
    return [piece[place : place + 1] for place in range(len(piece))]


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
