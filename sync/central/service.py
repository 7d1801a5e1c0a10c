"""The centre as an HTTP service: what tills ask, one route a question, described by OpenAPI.

The service itself keeps nothing: any number of them can run on one database.
"""

import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import anyio.to_thread
import msgspec
import psycopg
from litestar import Litestar, Request, get, post
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from sync.central import changes, fleet, holds, intake, notices, published, slips, tills
from sync.central.answers import Asked, Chosen
from sync.central.database import Pool
from sync.central.description import described
from sync.central.folding import Folder
from sync.central.gate import Application, Gate
from sync.central.health import Health, healthy, metrics
from sync.central.rates import Limits
from sync.central.readers import HERE, Readers
from sync.central.state import Now, Service, Shared, now_ms
from sync.central.tills import Refused
from sync.messages import (
    FACTS_MOST,
    IDS_MOST,
    VERSION,
    HoldAnswer,
    HoldOver,
    HoldWanted,
    Joined,
    Joining,
    Page,
    Pull,
    Receipt,
    SaleFound,
    SaleWanted,
    Upload,
)

log = logging.getLogger(__name__)

REST_S = 0.2
"""How long the folder rests when nothing waits."""
TIDY_S = 60.0
_PACK = re.compile(r"[0-9a-f]{8,128}")


class Clock(Struct, frozen=True):
    """What the centre's clock says (UTC ms), which messages it speaks, and of which past it is."""

    now: int
    version: int
    timeline: str


_MESSAGES = (
    Clock,
    Health,
    Joining,
    Joined,
    Upload,
    Receipt,
    Pull,
    Page,
    HoldWanted,
    HoldAnswer,
    HoldOver,
    SaleWanted,
    SaleFound,
)


@get("/v1/clock", sync_to_thread=True)
def clock(service: Shared) -> Clock:
    """The centre's clock; a till dates what it signs by it."""
    return Clock(service.now(), VERSION, service.glance().timeline)


@post("/v1/join", status_code=200, sync_to_thread=True)
def join(service: Shared, data: JSONBody[Joining]) -> Joined:
    """A till becomes one of the centre's."""
    with service.pool.connection() as link:
        joined = tills.join(link, data, service.now())
    log.info("till %d has joined", joined.till)
    return joined


@post("/v1/facts", status_code=200)
async def facts(service: Shared, request: Asked, data: JSONBody[Upload]) -> Receipt:
    """A till sends facts and people."""
    if len(data.facts) > FACTS_MOST or len(data.people) > FACTS_MOST:
        raise Refused("too_many", 413, f"An upload brings at most {FACTS_MOST} facts and as many people.")
    till = _till(request)

    def received() -> Receipt:
        now = service.now()
        with service.pool.connection() as link:
            answer = intake.receive(link, till, data, now)
            fleet.heard(link, till, data.report, now)
            return answer

    receipt = await anyio.to_thread.run_sync(received)
    if data.facts or data.people:
        service.waiting.set()
    return receipt


@post("/v1/changes", status_code=200, sync_to_thread=True)
def pull(service: Shared, request: Asked, data: JSONBody[Pull]) -> Page:
    """A till asks for what has changed."""
    if len(data.ids) > IDS_MOST:
        raise Refused("too_many", 413, f"A till asks about at most {IDS_MOST} facts at once.")
    with service.pool.connection() as link:
        return changes.page(link, _till(request), data, service.now())


@post("/v1/holds", status_code=200, sync_to_thread=True)
def hold(service: Shared, request: Asked, data: JSONBody[HoldWanted]) -> HoldAnswer:
    """Points are to be kept for a sale."""
    with service.pool.connection() as link:
        return holds.take(link, _till(request), data, service.folder.statutes, service.now())


@post("/v1/holds/over", status_code=204, sync_to_thread=True)
def hold_over(service: Shared, request: Asked, data: JSONBody[HoldOver]) -> None:
    """A sale was not completed: its points are free again."""
    with service.pool.connection() as link:
        holds.give_up(link, _till(request), data.hold, service.now())


@post("/v1/sales", status_code=200, sync_to_thread=True)
def sale(service: Shared, data: JSONBody[SaleWanted]) -> SaleFound:
    """Goods of another till's sale come back: what is known of it, by the number of its slip."""
    with service.pool.connection() as link:
        return slips.find(link, data)


@get("/v1/packs/{pack:str}", sync_to_thread=True, media_type="application/toml")
def pack(service: Shared, pack: FromPath[str]) -> Response[bytes]:
    """A programme file by the hash under which facts name it."""
    content = None
    if _PACK.fullmatch(pack):
        with service.pool.connection() as link:
            content = published.pack(link, pack)
    if content is None:
        raise Refused("unknown", 404, "The centre has no programme file of this hash.")
    return Response(content, media_type="application/toml")


@get("/schema/openapi.json", sync_to_thread=False, include_in_schema=False)
def description(service: Shared) -> Response[bytes]:
    """What can be asked, as OpenAPI describes it."""
    return Response(service.description, media_type="application/vnd.oai.openapi+json")


def gated(
    pool: Pool,
    folder: Folder,
    now: Now = now_ms,
    limits: Limits | None = None,
    more: Sequence[ControllerRouterHandler] = (),
    readers: Readers = HERE,
) -> Gate:
    """The service behind its gate, as it is to be run, on an opened pool of connections.

    `more` are routes beside its own; `readers` see the figures.
    """
    service = Service(pool, folder, now, readers)
    gate = Gate(cast("Application", service_of(service, more)), pool, now, limits)
    service.wrong_password, gate.counts = gate.wrong_password, service.metrics.count
    return gate


def service_of(service: Service, more: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """The service without its gate; it folds while it runs."""

    @asynccontextmanager
    async def folding(_: Litestar) -> AsyncIterator[None]:
        service.waiting = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_fold_for_ever, service)
            tasks.start_soon(_tidy_for_ever, service)
            yield
            tasks.cancel_scope.cancel()

    app = Litestar(
        route_handlers=[clock, join, facts, pull, hold, hold_over, sale, pack, healthy, metrics, description, *more],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        lifespan=[folding],
        request_class=Asked,
        response_class=Chosen,
        exception_handlers={Refused: _told, Exception: _unexpected},
        openapi_config=OpenAPIConfig(
            title="The centre of a cooperative's tills",
            version=str(VERSION),
            path="/described",  # the gate keeps it closed: it knows less than the one that is open
            render_plugins=[JsonRenderPlugin()],
        ),
        logging_config=None,
    )
    service.description = described(app.openapi_schema, _MESSAGES)
    return app


def _till(request: Asked) -> int:
    """The till that has signed a request; the gate lets no other through."""
    return int(cast("dict[str, int]", request.scope)["till"])


async def _fold_for_ever(service: Service) -> None:
    while True:
        with anyio.move_on_after(REST_S):
            await service.waiting.wait()
        service.waiting = anyio.Event()
        try:
            await anyio.to_thread.run_sync(service.fold_all)
        except psycopg.OperationalError as error:
            log.warning("nothing can be folded, the database cannot be reached: %s", type(error).__name__)
            await anyio.sleep(REST_S)
        except Exception:
            log.exception("folding broke off; it is tried again")
            await anyio.sleep(REST_S)


async def _tidy_for_ever(service: Service) -> None:
    def tidy() -> None:
        service.look_at_time()
        with service.pool.connection() as link:
            tills.forget_nonces(link, service.now())
            holds.forget(link, service.now())
            notices.forget(link, service.now())

    while True:
        try:
            await anyio.to_thread.run_sync(tidy)
        except psycopg.OperationalError as error:
            log.warning("nothing can be tidied, the database cannot be reached: %s", type(error).__name__)
        except Exception:
            log.exception("tidying broke off; it is tried again")
        await anyio.sleep(TIDY_S)


def _told(_: Request[Any, Any, Any], refused: Refused) -> Response[dict[str, str]]:
    headers = {"WWW-Authenticate": 'Basic realm="centre"'} if refused.code == "password" else None
    content = {"code": refused.code, "sentence": refused.sentence}
    return Response(content, status_code=refused.status, media_type="application/json", headers=headers)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    """What else can go wrong: what is asked cannot be, the database is away, or there is a fault."""
    if isinstance(error, HTTPException):
        return _told(request, Refused("request", error.status_code, str(error.detail)))
    if isinstance(error, psycopg.DataError | RecursionError | msgspec.DecodeError):
        return _told(request, Refused("values", 400, "The request has values that cannot be."))
    if isinstance(error, psycopg.OperationalError):
        log.warning("the database cannot be reached: %s", type(error).__name__)
        return _told(request, Refused("database", 503, "The centre cannot reach its database; try again."))
    log.error("unexpected at %s", request.scope["route_handler"], exc_info=error)
    return _told(request, Refused("unexpected", 500, "The centre has a fault; it is in its log."))
