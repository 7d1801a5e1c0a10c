"""The command that runs the centre: its database, the schema's steps, the programme in force, the HTTP service."""

import fcntl
import ipaddress
import signal
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from socket import socket
from types import FrameType

import psycopg
from msgspec import Struct

from pos_app import central_log, central_notices, shipped, texts
from pos_app.central_notices import Telling
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from sync.central import apart, database, embedded, followed, place, published, slips, tills
from sync.central.database import Link, SchemaTrouble
from sync.central.state import now_ms

COMMAND = "pos-app central"
LOCK = "central.lock"
DATABASE = "postgres"
"""The folder of the packaged PostgreSQL in the centre's own."""
SNAPSHOTS = "snapshots"
"""The folder of the files with which new tills begin, in the centre's own; without one tills are told all in pages."""
TOKEN_LEAST = 16
END_S = 10
"""How long requests that are being answered are waited for at the end."""
SWITCH_S = 0.0005
"""So long the folder may keep the interpreter from a request: a hold needs it a dozen times."""


class Start(Struct, frozen=True):
    """How the centre is to run: on the PostgreSQL at `database`, or on one of its own in the folder `data`.

    `settings` say how members are told things.
    """

    database: str = ""
    data: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8443
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    programme: str = ""
    settings: Path | None = None
    metrics_token: Path | None = None


def run(start: Start, say: Callable[[str], object]) -> None:
    """Serve until the process is told to end. Raises FileFault with a sentence on what is in the way."""
    check(start)
    chosen = central_notices.chosen(start.settings, start.data)
    with ExitStack() as stack:
        stack.enter_context(_told_to_end())
        if start.data is not None:
            stack.enter_context(_alone(start.data))
        url = stack.enter_context(reached(start.database, start.data))
        with connected(url) as link:
            programme = prepared(link, start.programme, say)
        telling = central_notices.Telling(url, chosen, programme)
        _serve(start, url, programme, telling, say)


def check(start: Start) -> None:
    """Raise FileFault for options that do not go together."""
    token_in(start.metrics_token)
    if (start.tls_cert is None) != (start.tls_key is None):
        raise FileFault(COMMAND, ["--tls-cert and --tls-key go together"])
    if start.tls_cert is not None and start.tls_key is not None:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(start.tls_cert, start.tls_key)
        except OSError as error:
            raise FileFault(str(start.tls_cert), [f"cannot be used for TLS: {error.strerror or error}"]) from error
    elif not (is_loopback(start.host) or start.behind_proxy):
        sentence = (
            f"--host {start.host}: without --tls-cert and --tls-key the centre is only for this machine (127.0.0.1); "
            "say --behind-proxy where a proxy before it speaks TLS"
        )
        raise FileFault(COMMAND, [sentence])


def token_in(file: Path | None) -> str:
    """The token in a file for who reads the figures, empty for none; raises FileFault for one that can be guessed."""
    if file is None:
        return ""
    try:
        token = file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise FileFault(str(file), [f"cannot be read: {getattr(error, 'strerror', '') or error}"]) from error
    if len(token) < TOKEN_LEAST or not token.isprintable() or " " in token:
        raise FileFault(str(file), [f"a token is one word of at least {TOKEN_LEAST} characters"])
    return token


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask at an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def reached(url: str, data: Path | None) -> Iterator[str]:
    """The URL of the centre's database; the packaged PostgreSQL in `data` runs meanwhile where `url` is empty."""
    if url:
        yield url
        return
    if data is None:
        raise FileFault(COMMAND, ["--database URL or --data DIR is needed: where the centre keeps what it knows"])
    data.mkdir(parents=True, exist_ok=True)
    with embedded.running(data / DATABASE) as found:
        yield found


@contextmanager
def connected(url: str) -> Iterator[Link]:
    """A connection to the centre's database, with its schema up to date. Raises FileFault."""
    try:
        link = database.connect(url)
    except psycopg.Error as error:
        raise FileFault("the database", [f"cannot be reached: {str(error).strip().splitlines()[0]}"]) from error
    with link:
        try:
            database.bring_up_to_date(link)
        except SchemaTrouble as trouble:
            raise FileFault("the database", [str(trouble)]) from trouble
        yield link


def prepared(link: Link, programme: str, say: Callable[[str], object] = lambda sentence: None) -> Programme:
    """Make a database ready to be served; tells the programme in force. `programme` is that of a new centre."""
    kept = followed.programme(link, now_ms())
    if kept is None:
        content, file = shipped.source(programme or shipped.SHIPPED[0])
        found = decode(content, file)
        tills.found_centre(link, found.zone)
        published.put_programme(link, "", found.id, found.pack, content, now_ms())
        followed.programme(link, now_ms())
    else:
        found = kept.programme
        if kept.trouble:
            say(f"The programme in force cannot be used: {kept.trouble}. The one before is followed; publish another.")
    slips.learn(link)
    if place.moved(link, now_ms()):
        say("The database was put back from a backup: all tills are asked for what they have.")
    if again := apart.try_again(link):
        say(f"{again} facts that were not understood before are now.")
    return found


def _serve(start: Start, url: str, programme: Programme, telling: Telling, say: Callable[[str], object]) -> None:
    import uvicorn

    from pos_app import central_page
    from sync.central.door import CONNECTIONS_MOST, HEAD_MOST, Door, ProxiedDoor
    from sync.central.folding import Folder
    from sync.central.readers import Readers
    from sync.central.service import gated
    from sync.central.snapshots import Snapshots
    from sync.central.snapshots import routes as snapshot_routes

    central_log.set_up()
    sys.setswitchinterval(SWITCH_S)
    with ExitStack() as stack:
        if telling.has_ways:
            stack.callback(telling.close)
            telling.start()
        pool = stack.enter_context(database.pool(url))
        more = central_page.routes(partial(texts.words_of, programme))
        if start.data is not None:
            made = Snapshots(start.data / SNAPSHOTS, pool, url)
            stack.callback(made.close)
            more = [*more, *snapshot_routes(made)]
        readers = Readers(token_in(start.metrics_token), start.behind_proxy)
        gate = gated(pool, Folder(programme.zone, programme.statutes), more=more, readers=readers)
        config = uvicorn.Config(
            gate,
            host=start.host,
            port=start.port,
            http=ProxiedDoor if start.behind_proxy else Door,
            ws="none",
            ssl_certfile=start.tls_cert,
            ssl_keyfile=start.tls_key,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=start.behind_proxy,
            limit_concurrency=CONNECTIONS_MOST,
            h11_max_incomplete_event_size=HEAD_MOST,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=END_S,
        )

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket] | None = None) -> None:
                await super().startup(sockets)
                say(f"The centre answers at {'https' if start.tls_cert else 'http'}://{start.host}:{start.port}")

        server = Server(config)
        try:
            server.run()
        except SystemExit as end:
            if server.started or not end.code:
                raise
            sentence = "the centre cannot listen there; is another program at it already?"
            raise FileFault(f"{start.host}:{start.port}", [sentence]) from end


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the lock of a folder; raises FileFault where another centre does."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FileFault(str(data), ["a centre runs on this folder already; end it first"]) from error
        yield


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the command as if it had come to its end, so that all is put away."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def end(_signal: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
