"""How the centre is, for load balancers (`/healthz`) and for Prometheus (`/metrics`). Nothing personal is in it."""

from typing import Literal

from litestar import get
from litestar.response import Response
from msgspec import Struct

from sync.central.answers import Asked, Chosen
from sync.central.state import Shared

LATE_MS = 60_000
"""When facts wait longer, or the folder was not at its end for so long, something is wrong."""


State = Literal["ok", "folding", "programme"]


class Health(Struct, frozen=True):
    """`folding`: facts wait too long, or nobody folds. `programme`: all is well, but the programme in force cannot be
    read, and the one before it is followed. Ages are seconds; None where nothing waits.
    """

    state: State
    oldest_unfolded_s: float | None
    folder_s: float


def health(oldest: int | None, folded: int, now: int, *, follows_old: bool = False) -> Health:
    """What is to be said of facts that wait since `oldest`, when the folder was at its end at `folded`."""
    waits = None if oldest is None else max(0, now - oldest)
    rests = max(0, now - folded)
    late = (waits is not None and waits > LATE_MS) or rests > LATE_MS
    state: State = "folding" if late else "programme" if follows_old else "ok"
    return Health(state, None if waits is None else waits / 1000, rests / 1000)


@get("/healthz", sync_to_thread=True)
def healthy(service: Shared) -> Response[Health]:
    """Whether the service, its database and its folder work: 200, or 503 while facts wait too long."""
    found = health(service.glance().oldest, service.folded, service.now(), follows_old=service.follows_old)
    return Chosen(found, status_code=503 if found.state == "folding" else 200)


@get("/metrics", sync_to_thread=True, media_type="text/plain")
def metrics(service: Shared, request: Asked) -> Response[bytes]:
    """Figures for Prometheus: on the machine itself; elsewhere with their token, or an administrator's password."""
    address = request.client.host if request.client else ""
    if not service.readers.include(address, request.headers.get("authorization", "")):
        service.administrator(request)
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")
