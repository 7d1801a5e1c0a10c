"""The door of the service: connections are counted, and closed on those who do not say what they want in time."""

import asyncio
from collections import Counter
from typing import Any

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.central.rates import household, is_here

HEAD_S = 10.0
"""How long the head of a request may take to come."""
HEAD_MOST = 16 * 1024
"""How many bytes the head of a request may have."""
CONNECTIONS_MOST = 1000
"""How many connections there may be at once."""
FROM_ONE_MOST = 200
"""How many of them may come from one address, other than this machine's."""

_open: Counter[str] = Counter()


class Door(H11Protocol):
    """One connection."""

    from_one_most = FROM_ONE_MOST
    _late: asyncio.TimerHandle | None = None
    _from = ""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._from = household(self.client[0] if self.client else "")
        _open[self._from] += 1
        if _open[self._from] > self.from_one_most and not is_here(self._from.partition("/")[0]):
            transport.close()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        _open[self._from] -= 1
        if _open[self._from] <= 0:
            del _open[self._from]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None:
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP as everything is refused."""
        body = msgspec.json.encode({"code": "request", "sentence": msg})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """The centre speaks plain HTTP, whatever else is offered."""
        return False

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class ProxiedDoor(Door):
    """One connection of a proxy, which brings everybody's."""

    from_one_most = CONNECTIONS_MOST
