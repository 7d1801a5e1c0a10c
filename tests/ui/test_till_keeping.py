"""What the window tells of points that the centre keeps, that are spent on trust, or that somebody else has taken."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pos_app.clock import now_ms
from pos_app.loyalty.facts import SaleCompleted
from pos_app.loyalty.tiers import NO_STATUTES
from sync.central import holds
from sync.keeper import WAIT_S
from sync.messages import HoldWanted
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.checkout import COFFEE, CUP, TRUSTING, checkout, linked, publish_board, up_to_date
from tests.helpers.linked import give_card, opened, sell
from tests.helpers.network import Network
from tests.ui.till_desk import MANAGER_CARD, STAFF_CARD, TillDesk

KEY = Qt.Key
WORDS = {
    "bg": ("пазени от центъра", "на доверие"),
    "en": ("kept by the centre", "on trust"),
    "sl": ("hrani center", "na zaupanje"),
    "fa": ("نزد مرکز محفوظ", "به اعتماد"),
}
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")

Opening = Callable[..., tuple[TillDesk, str]]


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        publish_board(running, COFFEE, CUP)
        yield running


@pytest.fixture
def network(centre: Centre) -> Iterator[Network]:
    with Network(centre.port) as network:
        yield network


@pytest.fixture
def opening(qtbot: QtBot, tmp_path: Path, centre: Centre, network: Network) -> Iterator[Opening]:
    """Opens the window of a till of the centre; with a card that has so many points."""
    made: list[TillDesk] = []

    def open_(points: int, language: str = "bg") -> tuple[TillDesk, str]:
        folder = linked(centre, tmp_path / "till", network.url)
        with opened(folder) as store:
            card = give_card(store)
            sell(store, card, points)
        up_to_date(centre, folder)
        desk = TillDesk(qtbot, folder, language=language, programme=TRUSTING)
        made.append(desk)
        desk.scan(STAFF_CARD)
        desk.scan(str(card))
        desk.heard.clear()
        return desk, str(card)

    yield open_
    for desk in made:
        desk.close()


def swap(desk: TillDesk, item: str) -> None:
    desk.window.page.customer.swap_wanted.emit(item)


def last_sale(desk: TillDesk) -> SaleCompleted:
    body = desk.facts(SaleCompleted)[-1].body
    assert isinstance(body, SaleCompleted)
    return body


@pytest.mark.parametrize("language", WORDS)
def test_one_word_tells_that_the_centre_keeps_the_points(opening: Opening, qtbot: QtBot, language: str) -> None:
    desk, _ = opening(100, language)
    panel = desk.window.page.customer
    assert panel.kept == ""
    swap(desk, "coffee")
    qtbot.waitUntil(lambda: panel.kept == WORDS[language][0])
    desk.key(KEY.Key_F10)
    assert last_sale(desk).authority == "centre"
    assert desk.heard == ["accepted", "accepted"]


@pytest.mark.parametrize("language", WORDS)
def test_the_same_on_trust_but_for_that_word(opening: Opening, qtbot: QtBot, network: Network, language: str) -> None:
    desk, _ = opening(100, language)
    network.lie = b""
    swap(desk, "coffee")
    qtbot.waitUntil(lambda: desk.window.page.customer.kept == WORDS[language][1])
    desk.key(KEY.Key_F10)
    assert last_sale(desk).authority == "allowance"
    assert desk.heard == ["accepted", "accepted"]


def test_the_window_waits_for_nobody_when_points_are_chosen(opening: Opening, network: Network) -> None:
    desk, _ = opening(100)
    network.delay_s = 30.0
    begun = time.monotonic()
    swap(desk, "coffee")
    assert time.monotonic() - begun < WAIT_S / 2
    desk.key(KEY.Key_F10)
    assert time.monotonic() - begun < WAIT_S * 2
    assert last_sale(desk).authority == "allowance"


def test_points_that_somebody_else_has_taken_are_said_once_and_the_sale_goes_on_without(
    opening: Opening, qtbot: QtBot, centre: Centre
) -> None:
    desk, card = opening(60)
    wanted = HoldWanted(b"somebody else's!", int(card), 50)
    assert holds.take(centre.link, 1, wanted, NO_STATUTES, now_ms()).granted
    swap(desk, "coffee")
    sentence = "Междувременно точките са ползвани другаде: нужни са 20, могат да се ползват 10."
    qtbot.waitUntil(lambda: desk.message == sentence)
    assert (desk.tone, desk.heard) == ("attention", ["accepted", "attention"])
    desk.key(KEY.Key_F10)
    assert (desk.message, desk.tone) == (sentence, "refused")
    assert desk.facts(SaleCompleted)[-1].body.all_spent == 0  # type: ignore[union-attr]
    holds.give_up(centre.link, 1, wanted.hold, now_ms())
    desk.key(KEY.Key_F8)
    swap(desk, "coffee")
    qtbot.waitUntil(lambda: desk.window.page.customer.kept == WORDS["bg"][0])
    desk.key(KEY.Key_F10)
    assert last_sale(desk).authority == "centre"


def test_more_than_can_be_trusted_is_said_when_it_is_chosen(opening: Opening, qtbot: QtBot, network: Network) -> None:
    desk, _ = opening(200)
    network.lie = b""
    swap(desk, "cup")
    swap(desk, "cup")
    qtbot.waitUntil(lambda: desk.tone == "attention")
    assert desk.message.startswith("Няма връзка с центъра: с тази карта сега могат да се ползват 50 точки")


def test_a_till_without_a_centre_has_no_word_for_it(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path)
    try:
        desk.scan(STAFF_CARD, desk.card(100))
        swap(desk, "coffee")
        assert desk.window.page.customer.kept == ""
        desk.key(KEY.Key_F10)
        assert (last_sale(desk).authority, last_sale(desk).hold) == ("alone", b"")
    finally:
        desk.close()


@pytest.mark.parametrize("language", WORDS)
def test_the_manager_sees_what_went_wrong_and_nobody_else(
    opening: Opening, qtbot: QtBot, centre: Centre, network: Network, tmp_path: Path, language: str
) -> None:
    desk, card = opening(40, language)
    elsewhere = linked(centre, tmp_path / "elsewhere")
    for _ in range(2):
        up_to_date(centre, elsewhere)
    network.lie = b""
    swap(desk, "cup")
    desk.key(KEY.Key_F10)
    with checkout(elsewhere) as other:
        assert other.sell(int(card), "cup").authority == "centre"
    network.lie = None
    up_to_date(centre, elsewhere)
    up_to_date(centre, desk.store.path)
    desk.store.refresh()

    desk.key(KEY.Key_Insert)
    assert not desk.window.findChildren(QPushButton, "desk_wrong")
    desk.key(KEY.Key_Escape)
    desk.scan(MANAGER_CARD)
    desk.key(KEY.Key_Insert)
    desk.touch("desk_wrong")
    row = desk.rows("wrong")[0]  # the latest; the cards of other tests are there, too
    assert card in row.title.translate(LATIN)
    assert "20" in row.figures[0].translate(LATIN)
    desk.key(KEY.Key_Return)
    assert desk.panel == "desk_card"
    desk.key(KEY.Key_Escape)
    assert desk.panel == "desk"
