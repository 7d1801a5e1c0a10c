"""The centre's service as it runs, in this process, on a real PostgreSQL and a port of this machine."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn

from pos_app import central, central_page, texts
from sync import signatures
from sync.central import database, tills
from sync.central.careful import Careful
from sync.central.database import Link, Pool
from sync.central.door import HEAD_MOST, Door
from sync.central.folding import Folder
from sync.central.rates import Limits, Rate
from sync.central.readers import HERE, Readers
from sync.central.service import gated
from sync.central.snapshots import Snapshots
from sync.central.snapshots import routes as snapshot_routes
from sync.central.state import now_ms
from sync.messages import Joined, Joining

FREE = Rate(10**9, 1e9)
UNLIMITED = Limits(FREE, FREE, FREE, FREE, FREE, FREE)


def _listening() -> socket.socket:
    """A port of this machine; asyncio lets only what says of itself to be TCP answer without delay."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    return listening


class Served:
    """The running service: `url`, a connection `link` to its database, and ways to ask it as a till does."""

    def __init__(self, url: str, link: Link, pool: Pool, folder: Folder) -> None:
        self.folder = folder
        self.url = url
        self.link = link
        self.pool = pool
        self.client = httpx.Client(base_url=url, timeout=20)

    def till(self, name: str = "Каса 1", shop: str = "Магазин") -> "AskingTill":
        """A till that has joined."""
        return AskingTill(self, name, shop)

    def fold(self) -> None:
        """Come back when nothing waits to be folded: beside the service, which may do it as well."""
        waiting = (
            "SELECT coalesce(closed, tick) <> tick OR EXISTS (SELECT 1 FROM batch WHERE tick IS NULL) "
            "OR EXISTS (SELECT 1 FROM entry WHERE tick IS NULL) FROM centre"
        )
        careful = Careful(self.folder)
        while database.row(self.link, waiting)[0]:
            careful.fold(self.link)


class AskingTill:
    """A till as a bare client: it signs what it asks, and says any bytes."""

    def __init__(self, served: Served, name: str, shop: str) -> None:
        self._served = served
        self.key = signatures.new_key()
        code = tills.new_code(served.link, name, shop, now_ms())
        joining = Joining(code, signatures.public_key(self.key), name)
        answer = served.client.post(
            "/v1/join", content=msgspec.msgpack.encode(joining), headers={"Content-Type": "application/msgpack",
                                                                          "Accept": "application/msgpack"}
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        self.joined = msgspec.msgpack.decode(answer.content, type=Joined)

    def signed(self, method: str, path: str, body: bytes = b"", *, stamp: int | None = None) -> dict[str, str]:
        """The headers of a request of this till."""
        at = now_ms() if stamp is None else stamp
        return signatures.headers(self.key, self.joined.till, method, path, body, at)

    def ask(self, path: str, message: object = None, *, method: str = "POST", body: bytes | None = None,
            kind: str = "application/msgpack", **headers: str) -> httpx.Response:  # fmt: skip
        """Ask with a message or with bytes; further headers by name, `_` for `-`."""
        content = body if body is not None else msgspec.msgpack.encode(message) if message is not None else b""
        sent = {"Content-Type": kind, **self.signed(method, path, content)}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self._served.client.request(method, path, content=content, headers=sent)


@contextmanager
def serving(
    url: str, limits: Limits = UNLIMITED, readers: Readers = HERE, snapshots: Path | None = None
) -> Iterator[Served]:
    """The service on the database at `url`, prepared as the command does it; it makes `snapshots` in a folder."""
    with database.connect(url) as link, database.pool(url, most=8) as pool, _listening() as listening:
        programme = central.prepared(link, "coop-bg")
        folder = Folder(programme.zone, programme.statutes)
        more = central_page.routes(partial(texts.words_of, programme))
        made = None if snapshots is None else Snapshots(snapshots, pool, url, least=1)
        if made is not None:
            more = [*more, *snapshot_routes(made)]
        app: Any = gated(pool, folder, limits=limits, more=more, readers=readers)
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # as the command has it
        config = uvicorn.Config(app, http=Door, ws="none", log_config=None, access_log=False,
                                h11_max_incomplete_event_size=HEAD_MOST)  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        served = Served(f"http://127.0.0.1:{listening.getsockname()[1]}", link, pool, folder)
        try:
            yield served
        finally:
            served.client.close()
            server.should_exit = True
            thread.join()
            if made is not None:
                made.close()
