"""The centre dies at any instant of a round: no notice is sent twice by itself, none is forgotten.

Run as a program it sends, and kills a fork of itself before and after every statement to the database and every call
on the connection to the mail server, one after another; the round after each of them is let through.
"""

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

from psycopg import Connection

from pos_app import texts
from pos_app.clock import now_ms
from pos_app.loyalty import notices as told
from pos_app.loyalty.words import Words
from pos_app.settings import MailSettings, Settings
from sync import outbox as rounds
from sync.central import notices
from sync.central.database import connect
from sync.central.notices import Outbox
from tests.helpers.central import begin
from tests.helpers.killed_outbox import assert_none_twice_and_none_lost
from tests.helpers.mail_server import MailServer
from tests.helpers.postgres import Postgres

ROOT = Path(__file__).parents[2]


def test_killed_at_every_boundary(postgres: Postgres) -> None:
    with MailServer() as server:
        ran = subprocess.run(
            [sys.executable, "-m", __name__, postgres.database(), str(server.port)], cwd=ROOT,
            check=False, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        arrived = [letter["Message-ID"].strip("<>").partition("@")[0] for letter in server.letters]

    assert (ran.returncode, ran.stderr) == (0, "")
    assert_none_twice_and_none_lost(dict(line.split() for line in ran.stdout.splitlines()), arrived)


# -- the program that gets killed


def words_of(_language: str) -> Words:
    return texts.words("bg", "Europe/Sofia")


def play(url: str, port: int) -> None:
    chosen = Settings(mail=MailSettings("127.0.0.1", port, "none", sender="a@coop.example"))
    with closing(connect(url)) as link:
        link.execute("SELECT pg_advisory_lock(%s)", (notices._LOCK,))  # whoever was killed holds it a little longer
        outbox = Outbox(link, now_ms)
        ways = rounds.senders(chosen)
        for _ in rounds.run(outbox, ways, chosen, words_of, now_ms):
            pass
        for way in ways.values():
            way.close()


def main(url: str, port: int) -> None:
    """Kill a round at its first boundary, the next at its second, until one comes through; say what became of each."""
    with closing(connect(url)) as link:
        begin(link)
        link.execute("INSERT INTO person VALUES (1, 'Ана', '', 'ana@mail.example', '', '', '')")
    boundary, status = 0, -signal.SIGKILL
    while status:
        assert status == -signal.SIGKILL, status
        boundary += 1
        with closing(connect(url)) as link:
            notices.queue(link, b"%d" % boundary, told.welcome(1, boundary), now_ms(), now_ms())
        child = os.fork()
        if child == 0:
            sys.setprofile(Killer(boundary))
            play(url, port)
            sys.setprofile(None)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        play(url, port)
    with closing(connect(url)) as link:
        for id_, state in link.execute("SELECT id, state FROM notice WHERE channel = 'mail'"):
            print(id_.hex(), state)


class Killer:
    """Kills its process before and after the calls by which a round acts, at the one with the given number."""

    def __init__(self, boundary: int) -> None:
        self._left = boundary

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        is_statement = event in ("call", "return") and frame.f_code is Connection.execute.__code__
        is_sent = event in ("c_call", "c_return") and isinstance(getattr(called, "__self__", None), socket.socket)
        if is_statement or is_sent:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
