"""Nothing is cut off in the windows of the other programmes either: long names, large sums, every panel of theirs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app import demo, shipped, texts
from pos_app.loyalty.basket import Product
from pos_app.loyalty.slip import slip_code
from tests.helpers.shop import EURO_DAY
from tests.ui.test_till_looks import SCREENS, Cut, _cut
from tests.ui.till_desk import MANAGER_CARD, STAFF_CARD, TillDesk
from ui.till.dialogs.choices import MemberPanel

KEY = Qt.Key
OTHERS = [programme for programme in shipped.SHIPPED if programme != demo.HOME]
DEAR = Product("3800000000017", "Автомобил", 36_900_000_000, category="vehicle", points=1_250)
HONEY = Product("3800000000024", "Мед", 2_850_000, points=40)
CHEAP = Product("3800000000031", "Preja", 5_000, points=50)


@pytest.fixture(params=[(language, size) for language in texts.LANGUAGES for size in SCREENS], ids=str)
def looks(request: pytest.FixtureRequest) -> tuple[str, tuple[int, int]]:
    language, size = request.param
    return language, size


@pytest.fixture(params=OTHERS)
def desk(
    request: pytest.FixtureRequest, looks: tuple[str, tuple[int, int]], qtbot: QtBot, tmp_path: Path
) -> Iterator[TillDesk]:
    language, size = looks
    rules = shipped.programme(request.param)
    in_euro = rules.version_at(EURO_DAY).currency == "EUR"
    goods = [replace(DEAR, price_minor=1_234_567) if in_euro else DEAR, HONEY, CHEAP]
    made = TillDesk(qtbot, tmp_path / "till", language=language, size=size, programme=rules, goods=goods)
    made.scan(STAFF_CARD)
    yield made
    made.close()


def test_every_panel_of_a_programme_has_room_for_its_words(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: dict[str, Cut] = {}

    def look(where: str) -> None:
        QApplication.processEvents()
        found = _cut(desk, monkeypatch)
        if found:
            cut[where] = found
        assert desk.window.isActiveWindow(), f"{where}: another window came up for a moment"

    card = desk.card(12_850, "Александрина Константинова-Димитракиева, председателка")
    desk.scan(HONEY.code, card)
    look("goods")
    desk.key(KEY.Key_F6)
    look("points")
    desk.touch("key_F6")
    look("code by touch")
    desk.key(KEY.Key_Escape)
    desk.key(KEY.Key_F6, KEY.Key_Return)
    look("used")
    desk.key(KEY.Key_Escape)
    _look_at_member(desk, look)
    QTest.keyClick(desk.window, KEY.Key_F10, Qt.KeyboardModifier.ControlModifier)
    look("order")
    desk.key(KEY.Key_Escape)
    desk.till.drop_customer()
    QTest.keyClick(desk.window, KEY.Key_F10, Qt.KeyboardModifier.ControlModifier)
    look("order without a card")
    if desk.till.programme.membership.guests_wait:
        desk.key(KEY.Key_PageDown, KEY.Key_Return)
        assert desk.panel == "guest"
        look("guest")
        desk.key(KEY.Key_Escape)
    desk.key(KEY.Key_Escape)
    desk.till.set_customer(int(card))
    desk.till.set_order(fulfilled=False, channel="online", means="transfer", delivery_minor=400_000)
    desk.scan(HONEY.code, DEAR.code, CHEAP.code)
    look("large")
    desk.key(KEY.Key_F10)
    look("done")
    slip = desk.store.last_slip()
    assert slip is not None
    desk.scan(slip_code(slip))
    look("open order")
    desk.key(KEY.Key_Down, KEY.Key_Down, KEY.Key_Return)
    look("cancel")

    assert cut == {}


def _look_at_member(desk: TillDesk, look: Callable[[str], None]) -> None:
    """The account: each of its lists, what is asked for, made and decided there."""
    desk.key(KEY.Key_F2)
    panel = desk.window.page.place.panel
    assert isinstance(panel, MemberPanel)
    seen: list[str] = []
    while panel.tab not in seen:
        seen.append(panel.tab)
        look(f"member {panel.tab}")
        desk.key(KEY.Key_Right)
    if "codes" in seen:
        panel.show_named("codes")
        desk.key(KEY.Key_Return)
        look("make code")
        desk.key(KEY.Key_Return)
        look("code made")
    if desk.till.programme.id == "kerman-motor":
        panel.show_named("benefits")
        desk.key(KEY.Key_Down, KEY.Key_Return)
        look("ask")
        desk.key(KEY.Key_Escape, KEY.Key_Return)
        look("asked")
        desk.scan(MANAGER_CARD)
        rows = desk.rows("member")
        desk.key(*[KEY.Key_Down] * next(at for at, row in enumerate(rows) if row.waits), KEY.Key_Return)
        assert desk.panel == "decide"
        look("decide")
        desk.touch("decide_approved")
        look("decided")
    desk.key(KEY.Key_Escape)


def test_the_window_of_every_programme_fits_the_small_screen(qtbot: QtBot, tmp_path: Path) -> None:
    for programme in OTHERS:
        desk = TillDesk(qtbot, tmp_path / programme, programme=shipped.programme(programme), goods=[HONEY])
        desk.scan(STAFF_CARD, desk.card(1000), HONEY.code)
        for key in (None, "key_F2", "key_F6", "key_F6", "key_Ctrl+F10"):
            if key:
                desk.touch(key)
            need = desk.window.minimumSizeHint()
            assert (need.width() <= 1366, need.height() <= 768) == (True, True), (programme, key, need)
        desk.close()
