"""The till as it runs, in a process of its own, with a real centre: it links, sells on alone, changes its programme."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from db import link
from pos_app import demo, in_force, shipped
from pos_app.clock import now_ms
from pos_app.loyalty.programme_file import decode
from sync.central import published
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.linked import enrolled
from tests.helpers.till_process import TillProcess

PATIENCE_S = 60


def wait_until(condition: Callable[[], bool], what: str) -> None:
    waiting = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if condition():
            return
        waiting.wait(0.05)
    raise AssertionError(what)


def test_a_till_links_itself_and_takes_up_a_programme_while_nobody_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "till"
    demo.make_demo(folder, cards=3, goods=3)
    with postgres.running() as server, centres.running(server.database()) as centre:
        enrolled(centre, folder)
        monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
        with TillProcess(folder, "", os.environ) as till:
            facts = "SELECT count(*) FROM fact"
            wait_until(lambda: (link.state(folder) or link.Link(0)).waiting == 0 and centre.one(facts) >= 0, "no link")
            content = shipped.content("coop-bg") + b"\n# the centre's\n"
            programme = decode(content, "published")
            published.put_programme(centre.link, "", programme.id, programme.pack, content, now_ms())
            wait_until(lambda: in_force.pack(folder) == programme.pack, "The programme does not come.")
            log = folder / "till.log"
            wait_until(lambda: "the till begins again" in log.read_text("utf-8"), "It does not begin again.")
            at = (link.state(folder) or link.Link(0)).at
            wait_until(lambda: (link.state(folder) or link.Link(0)).at > at, "The link does not come again.")
            assert till.end() == 0
        assert "CRITICAL" not in log.read_text("utf-8")
        handle = link.locked(folder)  # nobody speaks for it any more
        os.close(handle)
