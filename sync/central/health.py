"""How the centre is, for load balancers (`/healthz`) and for Prometheus (`/metrics`). Nothing personal is in it."""

from typing import Literal

from litestar import get
from litestar.response import Response
from msgspec import Struct

from sync.central.answers import Asked, Chosen
from sync.central.state import Shared

LATE_MS = 60_000
"""When facts wait longer, or the folder was not at its end for so long, something is wrong."""


class Health(Struct, frozen=True):
    """`folding`: facts wait too long, or nobody folds. Ages are seconds; None where nothing waits."""

    state: Literal["ok", "folding"]
    oldest_unfolded_s: float | None
    folder_s: float


def health(oldest: int | None, folded: int, now: int) -> Health:
    """What is to be said of facts that wait since `oldest`, when the folder was at its end at `folded`."""
    waits = None if oldest is None else max(0, now - oldest)
    rests = max(0, now - folded)
    late = (waits is not None and waits > LATE_MS) or rests > LATE_MS
    return Health("folding" if late else "ok", None if waits is None else waits / 1000, rests / 1000)


@get("/healthz", sync_to_thread=True)
def healthy(service: Shared) -> Response[Health]:
    """Whether the service, its database and its folder work: 200, or 503 while facts wait too long."""
    found = health(service.glance().oldest, service.folded, service.now())
    return Chosen(found, status_code=200 if found.state == "ok" else 503)


@get("/metrics", sync_to_thread=True, media_type="text/plain")
def metrics(service: Shared, request: Asked) -> Response[bytes]:
    """Figures for Prometheus: on the machine itself; elsewhere with their token, or an administrator's password."""
    address = request.client.host if request.client else ""
    if not service.readers.include(address, request.headers.get("authorization", "")):
        service.administrator(request)
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")
