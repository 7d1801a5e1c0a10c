"""The slip of another till in the cashier's hand: what the window says, while nobody waits longer than two seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app import texts
from pos_app.clock import now_ms
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.slip import slip_code, slip_text
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.checkout import checkout, linked, up_to_date
from tests.helpers.linked import give_card, opened
from tests.helpers.network import Network
from tests.helpers.shop import BREAD, MILK
from tests.ui.test_till_looks import SCREENS, _cut
from tests.ui.till_desk import STAFF_CARD, TillDesk
from ui.till import elsewhere

KEY = Qt.Key
PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        yield running


@pytest.fixture
def network(centre: Centre) -> Iterator[Network]:
    with Network(centre.port) as made:
        yield made


@pytest.fixture
def sale(centre: Centre, tmp_path: Path) -> Fact:
    """A sale of another till that everybody knows."""
    folder = linked(centre, tmp_path / "there")
    with opened(folder) as store:
        card = give_card(store)
    with checkout(folder) as made:
        made.till.set_customer(card)
        made.till.add(BREAD, 2000)
        made.till.add(MILK, 1000)
        fact = made.till.complete().fact
    up_to_date(centre, folder)
    return fact


@pytest.fixture
def desk(qtbot: QtBot, centre: Centre, network: Network, tmp_path: Path) -> Iterator[TillDesk]:
    folder = linked(centre, tmp_path / "here", network.url)
    made = TillDesk(qtbot, folder)
    made.moment = now_ms()
    made.scan(STAFF_CARD)
    yield made
    made.close()


def number(sale: Fact) -> int:
    assert isinstance(sale.body, SaleCompleted)
    return sale.body.slip


def write_slip(desk: TillDesk, text: str) -> None:
    desk.key(KEY.Key_F4)
    desk.write(text)
    desk.key(KEY.Key_Return)


def test_goods_of_another_till_come_back_by_their_slip(qtbot: QtBot, desk: TillDesk, sale: Fact) -> None:
    desk.heard.clear()
    desk.scan(slip_code(number(sale)))
    assert desk.message == f"Питаме центъра за бележка № {slip_text(number(sale))} …"
    qtbot.waitUntil(lambda: desk.panel == "return", timeout=PATIENCE_MS)
    assert desk.heard == ["accepted"]
    assert [row.title for row in desk.rows("sold")] == [BREAD.name, MILK.name]
    desk.touch("return_all")
    desk.key(KEY.Key_F10)

    last = next(desk.store.facts_back()).body
    assert isinstance(last, GoodsReturned)
    assert (last.sale, last.refund_minor, len(last.lines)) == (sale.id, 2 * 120 + 230, 2)
    assert desk.message == "Връщането е записано."

    desk.key(KEY.Key_Escape)
    desk.scan(slip_code(number(sale)))
    qtbot.waitUntil(lambda: desk.panel == "return", timeout=PATIENCE_MS)
    assert [row.is_dim for row in desk.rows("sold")] == [True, True]


def test_a_slip_that_nobody_knows(qtbot: QtBot, desk: TillDesk) -> None:
    write_slip(desk, "99-5")
    qtbot.waitUntil(lambda: desk.message.startswith("Нито касата, нито центърът знае"), timeout=PATIENCE_MS)
    assert desk.panel == "find_slip"
    desk.key(KEY.Key_Escape)
    desk.scan(slip_code(99_0000005))
    qtbot.waitUntil(lambda: desk.window.page.alarm is not None, timeout=PATIENCE_MS)
    sentence = desk.see(QLabel, "alarm_sentence")
    assert isinstance(sentence, QLabel)
    assert sentence.text().startswith("Нито касата, нито центърът знае")
    assert desk.intake.is_blocked


def test_nobody_waits_for_a_centre_that_does_not_answer(
    qtbot: QtBot, desk: TillDesk, network: Network, sale: Fact, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert elsewhere.WAIT_MS == 2000
    slips = desk.window._actions.slips
    assert slips._search is not None
    slips._search._patience.setInterval(100)
    network.delay_s = 1.0
    write_slip(desk, slip_text(number(sale)))
    qtbot.waitUntil(lambda: "центърът не отговаря" in desk.message, timeout=PATIENCE_MS)
    assert desk.panel == "find_slip"
    with qtbot.waitSignal(slips._search._answered, timeout=PATIENCE_MS):
        pass  # the answer that came too late
    assert desk.panel == "find_slip"
    assert "центърът не отговаря" in desk.message


def test_an_own_slip_is_looked_for_at_the_centre_and_shown_without_it(
    qtbot: QtBot, desk: TillDesk, network: Network, centre: Centre, tmp_path: Path
) -> None:
    card = desk.card()
    desk.scan(card, BREAD.code)
    desk.key(KEY.Key_F10)
    own = desk.store.facts_back()
    slip = next(fact.body.slip for fact in own if isinstance(fact.body, SaleCompleted))
    write_slip(desk, "1")
    qtbot.waitUntil(lambda: desk.panel == "return", timeout=PATIENCE_MS)
    assert desk.message == ""
    desk.key(KEY.Key_Escape)

    network.lie = b""
    desk.scan(slip_code(slip))
    qtbot.waitUntil(lambda: desk.panel == "return", timeout=PATIENCE_MS)
    assert desk.message == "Центърът не отговаря: не се знае дали нещо от нея е върнато на друга каса."
    assert desk.heard[-1] == "attention"


def test_an_answer_that_comes_when_the_cashier_has_gone_on_opens_nothing(
    qtbot: QtBot, desk: TillDesk, network: Network, sale: Fact
) -> None:
    slips = desk.window._actions.slips
    assert slips._search is not None
    network.delay_s = 0.2
    write_slip(desk, slip_text(number(sale)))
    desk.key(KEY.Key_Escape)
    with qtbot.waitSignal(slips._search.told, timeout=PATIENCE_MS):
        pass
    assert desk.panel == ""


@pytest.mark.parametrize("size", SCREENS, ids=str)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_of_it_is_cut_off(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, size: tuple[int, int]
) -> None:
    desk = TillDesk(qtbot, tmp_path / "till", language=language, size=size)
    try:
        desk.scan(STAFF_CARD)
        words, page = desk.window.page.words, desk.window.page
        desk.key(KEY.Key_F4)
        for code in ("sale_nowhere", "slip_twice", "centre_silent", "order_elsewhere"):
            page.tell("refused", words.say(f"refused.{code}", slip="0012-0123456"))
            assert _cut(desk, monkeypatch) == []
        for key in ("asking_centre", "returns_unsure"):
            page.tell("attention", words.say(f"till.say.{key}", slip="0012-0123456"))
            assert _cut(desk, monkeypatch) == []
    finally:
        desk.close()
