"""The power goes at any instant of a round: no notice is sent twice by itself, none is forgotten.

Run as a program it sends, and kills a fork of itself at every call into SQLite and every one on the connection to the
mail server, one after another; the round after each of them is let through.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from db.outbox import Outbox
from db.records import Person
from pos_app import texts
from pos_app.clock import now_ms
from pos_app.loyalty import notices
from pos_app.loyalty.words import Words
from pos_app.settings import MailSettings, Settings
from sync import outbox as rounds
from tests.helpers.killed_outbox import assert_none_twice_and_none_lost
from tests.helpers.mail_server import MailServer
from tests.helpers.stores import ZONE, opened

ROOT = Path(__file__).parents[2]


def test_killed_at_every_boundary(tmp_path: Path) -> None:
    with MailServer() as server:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.integration.test_outbox_kill", tmp_path, str(server.port)],
            cwd=ROOT, check=False, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        arrived = [letter["Message-ID"].strip("<>").partition("@")[0] for letter in server.letters]

    assert (ran.returncode, ran.stderr) == (0, "")
    assert_none_twice_and_none_lost(dict(line.split() for line in ran.stdout.splitlines()), arrived)


# -- the program that gets killed


def words_of(_language: str) -> Words:
    return texts.words("bg", ZONE)


def play(folder: Path, port: int) -> None:
    chosen = Settings(mail=MailSettings("127.0.0.1", port, "none", sender="a@coop.example"))
    outbox = Outbox(folder)
    ways = rounds.senders(chosen)
    for _ in rounds.run(outbox, ways, chosen, words_of, now_ms):
        pass
    for way in ways.values():
        way.close()
    outbox.close()


def main(folder: Path, port: int) -> None:
    """Kill a round at its first boundary, the next at its second, until one comes through; say what became of each."""
    boundary, status = 0, -signal.SIGKILL
    while status:
        assert status == -signal.SIGKILL, status
        boundary += 1
        store = opened(folder)
        store.record([], people=[Person(1, "Ана", email="ana@mail.example")], notices=[notices.welcome(1, boundary)])
        store.close()
        child = os.fork()
        if child == 0:
            sys.setprofile(Killer(boundary))
            play(folder, port)
            sys.setprofile(None)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        play(folder, port)
    store = opened(folder, read_only=True)
    for notice in store.notices():
        if notice.channel == "mail":
            print(notice.id.hex(), notice.state)
    store.close()


class Killer:
    """Kills its process before and after the calls by which a round acts, at the one with the given number."""

    def __init__(self, boundary: int) -> None:
        self._left = boundary

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        if event in ("c_call", "c_return") and isinstance(
            getattr(called, "__self__", None), sqlite3.Connection | socket.socket
        ):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
