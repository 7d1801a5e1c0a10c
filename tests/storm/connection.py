"""A connection that is kept open: many requests go out at once, and the answers are read as they come."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

HUNG_UP = 0
"""The status of a request that was not answered."""
PATIENCE_S = 60.0
_HEAD_ENDS = b"\r\n\r\n"


class Connection:
    """Opened when it is needed, and again when the centre has closed it."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._socket: socket.socket | None = None
        self._read = b""

    def ask(self, requests: Sequence[bytes]) -> list[int]:
        """The statuses of the answers, in the order of the requests.

        Where the centre closes the connection after one of them, those after it are sent again.
        """
        statuses: list[int] = []
        while len(statuses) < len(requests):
            waiting = requests[len(statuses) :]
            answered = self._some(waiting)
            statuses += answered or [HUNG_UP]
        return statuses

    def tell(self, request: bytes) -> int:
        """The status of what is answered to bytes that need not be a request; nothing more is said after them."""
        self.close()
        status = HUNG_UP
        with suppress(OSError):
            connection = self._opened()
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            status, _ = self._answer(connection, request)
        self.close()
        return status

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._read = None, b""

    def _some(self, requests: Sequence[bytes]) -> list[int]:
        """The answers until there are all, or the connection is closed."""
        statuses: list[int] = []
        with suppress(OSError):
            connection = self._opened()
            with suppress(OSError):  # it is closed after one that is refused unread; the answer is there
                connection.sendall(b"".join(requests))
            while len(statuses) < len(requests):
                status, is_last = self._answer(connection, requests[len(statuses)])
                if status == HUNG_UP:
                    break
                statuses.append(status)
                if is_last:
                    break
            else:
                return statuses
        self.close()
        return statuses

    def _opened(self) -> socket.socket:
        if self._socket is None:
            host, port = self._address.hostname, self._address.port
            assert host is not None
            assert port is not None
            self._socket = socket.create_connection((host, port), timeout=PATIENCE_S)
        return self._socket

    def _answer(self, connection: socket.socket, request: bytes) -> tuple[int, bool]:
        """The status of the answer to a request, and whether the centre says that it is the last one."""
        while _HEAD_ENDS not in self._read:
            if not self._more(connection):
                return HUNG_UP, True
        head, _, self._read = self._read.partition(_HEAD_ENDS)
        fields = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in fields if line.startswith(b"content-length:")), 0)
        length = 0 if request.startswith(b"HEAD ") else length
        while len(self._read) < length:
            if not self._more(connection):
                return HUNG_UP, True
        self._read = self._read[length:]
        return int(head[9:12]), b"connection: close" in fields

    def _more(self, connection: socket.socket) -> bool:
        piece = connection.recv(1 << 16)
        self._read += piece
        return bool(piece)
