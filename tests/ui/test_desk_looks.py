"""The desk has room for its words in every language, on both screens, and says nothing that is not in the catalogue."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from pos_app import texts
from pos_app.loyalty.facts import Enrolled
from tests.helpers.shop import BREAD, MILK
from tests.ui.test_till_looks import SCREENS, Cut, _cut
from tests.ui.till_desk import MANAGER_CARD, STAFF_CARD, TillDesk

KEY = Qt.Key
ROOT = Path(__file__).parents[2]
ROOMS = ("desk.", "card_slip.", "statement.")


@pytest.fixture(params=[(language, size) for language in texts.LANGUAGES for size in SCREENS], ids=str)
def desk(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    language, size = request.param
    made = TillDesk(qtbot, tmp_path / "till", language=language, size=size)
    made.scan(STAFF_CARD)
    yield made
    made.close()


def _small(desk: TillDesk) -> Cut:
    """Buttons that a finger would miss."""
    buttons = [one for one in desk.window.findChildren(QPushButton) if one.isVisible()]
    return [(one.objectName(), str(one.size())) for one in buttons if min(one.height(), one.width()) < 48]


def test_every_panel_of_the_desk_has_room_for_its_words(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: dict[str, Cut] = {}
    need = desk.window.size()

    def look(where: str) -> None:
        QApplication.processEvents()
        letters = [one for one in _small(desk) if not one[0].startswith("letter_")]
        found = [*_cut(desk, monkeypatch), *letters]
        if found:
            wrong[where] = found
        least = desk.window.minimumSizeHint()
        assert (least.width() <= need.width(), least.height() <= need.height()) == (True, True), (where, least)

    card, other = desk.card(12_345, "Александрина К."), desk.card(30, "Иван П.")
    desk.scan(card, BREAD.code, MILK.code)
    desk.key(KEY.Key_F10)
    look("keys")
    desk.key(KEY.Key_Insert)
    look("front")
    desk.key(KEY.Key_Insert, KEY.Key_F10)
    look("faults")
    desk.write("Пенка Д.")
    desk.key(KEY.Key_Return)
    desk.write("0888 123 999")
    desk.key(KEY.Key_F10, KEY.Key_F10)
    look("consent")
    desk.key(KEY.Key_Space, KEY.Key_Return, KEY.Key_Space, KEY.Key_F10)
    look("handed")
    new = str(desk.facts(Enrolled)[-1].body.card)  # type: ignore[union-attr]
    desk.touch("handed_card")
    look("card")
    desk.scan(card)
    for act in ("account", "block", "replace", "merge"):
        desk.touch(f"act_{act}")
        if act == "merge":
            desk.scan(other)
        look(act)
        desk.key(KEY.Key_F10 if act == "merge" else KEY.Key_Escape)
    desk.touch("act_split")
    look("split")
    desk.scan(MANAGER_CARD, new)
    for act in ("accept", "adjust", "leave"):
        desk.touch(f"act_{act}")
        look(act)
        desk.key(KEY.Key_Return)
        look(f"{act} done")
        if act != "leave":
            desk.scan(new)

    assert wrong == {}


def test_the_keyboard_on_the_screen_leaves_the_field_in_sight(desk: TillDesk) -> None:
    desk.touch("key_Ins")
    desk.touch("desk_new")
    for _ in range(5):
        QApplication.processEvents()
        focused = QApplication.focusWidget()
        assert focused is not None
        assert focused.visibleRegion().boundingRect().height() >= min(focused.height(), 48), focused.objectName()
        desk.key(KEY.Key_Return)


def _said() -> tuple[set[str], set[str]]:
    """Keys that the desk says whole, and the beginnings of those that it puts together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for path in (
        *(ROOT / "ui/desk").glob("*.py"),
        ROOT / "pos_app/statement.py",
        ROOT / "pos_app/loyalty/card_slip.py",
    ):
        tree = ast.parse(path.read_text("utf-8"))
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        parts = {id(part) for node in joined for part in node.values}
        begun |= {str(first.value) for node in joined if isinstance(first := node.values[0], ast.Constant)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                whole.add(node.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                whole |= set(_told(node, node.func.attr))
    return whole, {start for start in begun if start.startswith(ROOMS)}


def _told(call: ast.Call, name: str) -> Iterator[str]:
    """What `told`, `told_printing` and `_done` say, by the last name of its key."""
    if name in ("told", "told_printing", "_done"):
        for part in call.args:
            if isinstance(part, ast.Constant):
                yield f"desk.say.{part.value!s}"


def test_every_sentence_of_the_desk_is_said_and_is_there() -> None:
    whole, begun = _said()
    catalogue = texts.catalogue("en")
    named = {key for key in whole if key.startswith(ROOMS) and " " not in key}
    assert named - catalogue.keys() - {"desk.front"} == set()
    assert {start for start in begun if not any(key.startswith(start) for key in catalogue)} == set()

    starts = tuple(begun - {"desk.", "desk.say.", "statement."})
    unsaid = {key for key in catalogue if key.startswith(ROOMS) and key not in whole and not key.startswith(starts)}
    # A search says the title, prompt and hint under its name; forms and questions the title and deed under theirs.
    front = {f"desk.front.{part}" for part in ("title", "prompt", "hint")}
    names = ("block", "phone", "adjust", "split", "accept", "leave")
    asked = {f"desk.{name}.{part}" for name in names for part in ("title", "do")}
    figures = {f"statement.{name}" for name in ("balance", "pending", "earned", "spent", "cancelled", "expired")}
    assert unsaid - front - asked - figures == set()


def test_the_desk_is_loaded_with_its_first_use() -> None:
    code = "import sys, ui.app, ui.till.actions; print(*[name for name in sys.modules if name.startswith('ui.desk')])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split() == []
