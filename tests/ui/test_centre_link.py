"""The link with the centre on the screen: in words, in all languages, and alive in a process of its own."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from db.link import Link, Trouble
from pos_app import demo, shop, texts
from pos_app.printing import PrinterState
from pos_app.settings import Settings
from sync.central import fleet
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.linked import enrolled, give_card, opened, rounds, sell
from tests.helpers.shop import BREAD, EURO_DAY
from tests.ui.test_till_looks import SCREENS, _cut
from tests.ui.till_desk import STAFF_CARD, TillDesk
from ui.app import TillApp

KEY = Qt.Key
PATIENCE_MS = 30_000
HOUR = 3_600_000
LINKED = Link(EURO_DAY, EURO_DAY)
ALONE = Link(EURO_DAY, EURO_DAY - HOUR, EURO_DAY - HOUR, "away", "The centre cannot be reached.", 12, EURO_DAY - HOUR)
TROUBLES: tuple[Trouble, ...] = ("away", "not_trusted", "shut_out", "unknown_till", "refused", "files")


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    made = TillDesk(qtbot, tmp_path / "till")
    made.scan(STAFF_CARD)
    yield made
    made.close()


def text(desk: TillDesk, name: str) -> str:
    label = desk.window.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


def show_panel(desk: TillDesk) -> None:
    QTest.keyClick(desk.window, KEY.Key_F11, Qt.KeyboardModifier.ControlModifier)


def test_the_bar_says_how_the_link_is(desk: TillDesk) -> None:
    seen = []
    for state in (None, Link(EURO_DAY), LINKED, ALONE, Link(EURO_DAY, EURO_DAY, EURO_DAY, "shut_out", "")):
        desk.window.show_link(state)
        seen.append(text(desk, "status_centre"))
    assert seen == [
        "Център: …", "Център: …", "Център: има връзка", "Без център от 09:00, 12 записа чакат",
        "Касата е изключена от центъра",
    ]  # fmt: skip


def test_a_till_without_a_centre_says_so_and_has_no_panel_about_it(desk: TillDesk) -> None:
    assert text(desk, "status_centre") == "Без център"
    show_panel(desk)
    assert desk.window.page.place.panel is None


def test_a_touch_or_a_key_tells_more_and_esc_closes_it(desk: TillDesk) -> None:
    desk.window.show_link(ALONE)
    bar = desk.window.findChild(QLabel, "status_centre")
    assert isinstance(bar, QLabel)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    panel = desk.window.page.place.panel
    assert panel is not None
    assert panel.objectName() == "panel_centre"
    assert text(desk, "centre_says").startswith("Няма връзка с центъра от 02.03.2026 09:00.")
    assert text(desk, "centre_waits") == "12 записа чакат да бъдат изпратени, най-старият е от 02.03.2026 09:00."
    desk.window.show_link(LINKED)
    assert text(desk, "centre_says") == "Касата говори с центъра. Последен отговор: 02.03.2026 10:00."
    assert text(desk, "centre_waits") == "Нищо не чака да бъде изпратено."
    QTest.keyClick(desk.window, KEY.Key_Escape)
    assert desk.window.page.place.panel is None
    show_panel(desk)
    assert desk.window.page.place.panel is not None
    desk.scan(BREAD.code)
    assert desk.window.page.place.panel is None


def test_a_till_that_is_turned_away_does_not_promise_points(desk: TillDesk) -> None:
    show_link = desk.window.show_link
    show_link(ALONE)
    show_panel(desk)
    assert "плащане с точки" in text(desk, "centre_works")
    show_link(Link(EURO_DAY, EURO_DAY, EURO_DAY, "shut_out", ""))
    assert "плащане с точки" not in text(desk, "centre_works")
    assert text(desk, "centre_works_not").startswith("Точки не се харчат.")


@pytest.mark.parametrize(
    ("offset_ms", "said"),
    [
        (300, "Часовникът на машината е верен."),
        (61_000, "Часовникът на машината изостава с 61 секунди; касата кара по часовника на центъра."),
        (-5000, "Часовникът на машината избързва с 5 секунди; касата кара по часовника на центъра."),
    ],
)
def test_a_wrong_clock_is_told(desk: TillDesk, offset_ms: int, said: str) -> None:
    desk.window.show_link(Link(EURO_DAY, EURO_DAY, offset_ms=offset_ms))
    show_panel(desk)
    assert text(desk, "centre_clock") == said


@pytest.mark.parametrize("size", SCREENS, ids=str)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_is_cut_off(
    qtbot: QtBot, tmp_path: Path, language: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = TillDesk(qtbot, tmp_path / "till", language=language, size=size)
    desk.scan(STAFF_CARD)
    full = Link(EURO_DAY, EURO_DAY, waiting=123_456, oldest=EURO_DAY, offset_ms=86_399_000)
    states = [None, full, *(replace(full, alone_since=EURO_DAY, why=why) for why in TROUBLES)]
    desk.window.show_printer(PrinterState("no_permission", 23, ()))
    for state in states:
        desk.window.show_link(state)
        show_panel(desk)
        assert _cut(desk, monkeypatch) == []
    desk.close()


# -- the whole application with a real centre


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        yield running


@pytest.fixture
def till(centre: Centre, tmp_path: Path, qtbot: QtBot) -> Iterator[TillApp]:
    """A running till of the centre."""
    folder = tmp_path / "till"
    demo.make_demo(folder, cards=5, goods=5)
    enrolled(centre, folder)
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    hook = sys.excepthook
    with shop.opened(folder) as opening:
        running = TillApp(opening._replace(settings=Settings(shop_lines=("КООП",))), demo.PINS)
        with qtbot.waitActive(running.window):
            running.show()
        qtbot.waitUntil(lambda: running.link is not None, timeout=PATIENCE_MS)
        yield running
        running.stop()
        delete(running.window)
        delete(running)
    sys.excepthook = hook
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def is_linked(till: TillApp) -> bool:
    state = till.link.state if till.link is not None else None
    return state is not None and not state.why and state.at > 0 and state.waiting == 0


def reported(centre: Centre, number: int) -> dict[str, str]:
    """The states of a till's devices as the centre knows them."""
    report = next(one.report for one in fleet.tills(centre.link) if one.till == number)
    return {} if report is None else report.devices


def test_the_link_lives_and_dies_with_the_window(till: TillApp, centre: Centre, qtbot: QtBot) -> None:
    assert till.link is not None
    qtbot.waitUntil(lambda: is_linked(till) and till.link is not None and till.link.process_id > 0, timeout=PATIENCE_MS)
    first = till.link.process_id
    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: till.link is not None and till.link.process_id not in (0, first), timeout=PATIENCE_MS)
    again = till.link.process_id
    facts = len(list(till.store.facts()))
    number = till.store.identity.till
    qtbot.waitUntil(
        lambda: centre.one(f"SELECT count(*) FROM fact WHERE till = {number}") == facts, timeout=PATIENCE_MS
    )
    qtbot.waitUntil(lambda: reported(centre, number).get("wedge") == "untried", timeout=PATIENCE_MS)
    assert "printer" not in reported(centre, number)  # none is set
    till.stop()
    assert till.link.process_id == 0
    with pytest.raises(ProcessLookupError):
        os.kill(again, 0)


def test_what_other_tills_sell_is_seen_between_two_sales(
    till: TillApp, centre: Centre, tmp_path: Path, qtbot: QtBot
) -> None:
    card = give_card(till.store)
    other = enrolled(centre, tmp_path / "other")
    number = till.store.identity.till
    with opened(till.store.path.parent / "other") as store:
        # It is sold with a card that this till has handed over, and that the other one hears of.
        sell(till.store, card, 5)
        facts = len(list(till.store.facts()))
        qtbot.waitUntil(
            lambda: centre.one(f"SELECT count(*) FROM fact WHERE till = {number}") == facts, timeout=PATIENCE_MS
        )
        before = till.store.customer(card, till.till.now()).balance
        with rounds(other) as made:
            made.go()
            store.refresh()
            sell(store, card, 500)
            made.go()
        till.till.add(BREAD)
        centre.fold()
        qtbot.waitUntil(till.store.has_news, timeout=PATIENCE_MS)
        assert till.store.customer(card, till.till.now()).balance == before  # a sale is open
        with qtbot.waitSignal(till.link.refreshed, timeout=PATIENCE_MS):  # type: ignore[union-attr]
            till.till.clear()
            till.till.set_customer(card)  # a card alone is no sale yet
        qtbot.waitUntil(lambda: till.store.customer(card, till.till.now()).balance == before + 500, timeout=PATIENCE_MS)
