"""The whole running till of a centre, with the process that speaks for it: points are kept, spent, and settled."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from pos_app import demo, shop
from pos_app.loyalty.facts import SaleCompleted
from pos_app.settings import Settings
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.checkout import COFFEE, publish_board
from tests.helpers.linked import enrolled
from ui.app import TillApp

PATIENCE_MS = 30_000


@pytest.fixture
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        publish_board(running, COFFEE)
        yield running


@pytest.fixture
def app(centre: Centre, tmp_path: Path, qtbot: QtBot) -> Iterator[TillApp]:
    demo.make_demo(tmp_path / "till", cards=5, goods=5)
    enrolled(centre, tmp_path / "till")
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    hook = sys.excepthook
    with shop.opened(tmp_path / "till") as opening:
        running = TillApp(opening._replace(settings=Settings()), demo.PINS)
        with qtbot.waitActive(running.window):
            running.show()
        yield running
        running.stop()
        delete(running.window)
        delete(running)
    sys.excepthook = hook
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def test_points_are_kept_spent_and_settled(app: TillApp, centre: Centre, qtbot: QtBot) -> None:
    store, till, page = app.store, app.till, app.window.page
    card = page.desk.enrol(name="Мария П.").card
    page.desk.activate(card)
    page.desk.adjust(card, 100, "начални")
    own = store.identity.till
    written = len(list(store.facts()))
    folded = f"SELECT coalesce(sum(facts), 0) FROM batch WHERE till = {own} AND tick IS NOT NULL"
    qtbot.waitUntil(lambda: centre.one(folded) == written and store.offer("coffee") is not None, timeout=PATIENCE_MS)
    kept = f"SELECT coalesce(sum(points), 0) FROM hold WHERE card = {card} AND over IS NULL"

    till.set_customer(card)
    till.swap("coffee")
    page.refresh()
    qtbot.waitUntil(lambda: page.customer.kept == "пазени от центъра", timeout=PATIENCE_MS)
    assert centre.one(kept) == 20
    sale = till.complete().fact.body
    assert isinstance(sale, SaleCompleted)
    assert sale.authority == "centre"
    qtbot.waitUntil(lambda: centre.one(kept) == 0, timeout=PATIENCE_MS)
