"""Sending what the centre tells members: a thread beside the service, with the settings of the centre."""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import psycopg

from pos_app import clock, send, settings
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.notices import Channel
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.words import Words
from pos_app.settings import Settings
from sync import outbox as rounds
from sync.central import database
from sync.central.notices import Outbox
from sync.message import Sender

log = logging.getLogger(__name__)

ROUND_S = 20.0
"""How long to rest between two rounds."""


def chosen(file: Path | None, data: Path | None) -> Settings:
    """The settings by which a centre tells members: those of `file`, else of the file in its own folder, if any.

    Raises FileFault.
    """
    if file is None:
        return Settings() if data is None else settings.load(data)
    if not file.is_file():
        raise FileFault(str(file), ["there is no such file"])
    return settings.load(file.parent, file.name)


class Telling:
    """Sends while the centre runs. Of several centres on one database one sends; when it ends, another one goes on."""

    def __init__(self, url: str, chosen: Settings, programme: Programme, *, rest_s: float = ROUND_S) -> None:
        """`url` is the database. Raises FileFault for a way to send that cannot be used."""
        self._url = url
        self._settings = chosen
        self._words_of: Callable[[str], Words] = send.words_by(programme, chosen.language)
        self._ways: Mapping[Channel, Sender] = rounds.senders(chosen)
        self._rest_s = rest_s
        self._ending = Event()
        self._thread = Thread(target=self._run, name="notices")

    @property
    def has_ways(self) -> bool:
        """Whether the settings say how anything can be sent."""
        return bool(self._ways)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Send no more; what is just being sent comes to its end first."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                with closing(database.connect(self._url)) as link:
                    self._send(Outbox(link, clock.now_ms))
            except psycopg.OperationalError as error:
                log.warning("nothing can be sent, the database cannot be reached: %s", type(error).__name__)
            except Exception:
                log.exception("sending broke off; it is tried again")
            self._ending.wait(self._rest_s)

    def _send(self, outbox: Outbox) -> None:
        """One round after the other, for as long as nothing goes wrong."""
        while not self._ending.is_set():
            if outbox.is_mine():
                for done in rounds.run(
                    outbox, self._ways, self._settings, self._words_of, clock.now_ms, self._ending.is_set
                ):
                    log.info("%s", send.line(done))
                for sender in self._ways.values():
                    sender.close()
            self._ending.wait(self._rest_s)
