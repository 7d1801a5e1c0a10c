"""The sign-in page by touch, by keys and by card; a PIN is verified without holding the window up."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from db.store import Staff, Store
from pos_app import texts
from pos_app.loyalty.facts import Acted
from pos_app.settings import Settings
from pos_app.sign_in import SignIn, hash_pin
from pos_app.till import Till
from tests.helpers.logs import ExpectLog
from tests.helpers.shop import EURO_DAY, PROGRAMME
from ui import theme
from ui.till.sign_in import SignInPage
from ui.till.staff_tiles import spelt

PINS = {"elena": "3333", "maria": "1111", "petar": "80808080"}
PETAR_CARD = "2800000000011"
TYPE_PIN = "Въведете ПИН кода си."


@pytest.fixture(scope="module")
def staff() -> list[Staff]:
    return [
        Staff("maria", "Мария Иванова", "cashier", hash_pin(PINS["maria"])),
        Staff("petar", "Петър Димитров", "cashier", hash_pin(PINS["petar"]), PETAR_CARD),
        Staff("elena", "Елена Стоянова", "manager", hash_pin(PINS["elena"])),
    ]


class World:
    """A till whose clocks stand until they are turned."""

    def __init__(self, folder: Path, staff: list[Staff]) -> None:
        self.passed_ms = 0
        self.store = Store.open(folder, PROGRAMME.zone)
        self.store.replica.put_staff(staff)
        words = texts.words("bg", PROGRAMME.zone)
        settings = Settings(shop_lines=("КООП, магазин 12", "с. Горно Поле", "ул. Първа 5"))
        self.till = Till(self.store, PROGRAMME, settings, words, lambda: EURO_DAY + self.passed_ms)
        self.till.sign_in = SignIn(self.store, self.till.now, lambda: self.passed_ms)

    def acts(self) -> list[tuple[str, str]]:
        bodies = [fact.body for fact in self.store.facts()]
        return [(body.act, body.subject) for body in bodies if isinstance(body, Acted)]


@pytest.fixture
def world(tmp_path: Path, staff: list[Staff]) -> Iterator[World]:
    made = World(tmp_path / "till", staff)
    yield made
    made.store.close()


@pytest.fixture
def page(qtbot: QtBot, world: World) -> SignInPage:
    return _shown(qtbot, world)


def _shown(qtbot: QtBot, world: World, pins: dict[str, str] | None = None) -> SignInPage:
    made = SignInPage(world.till, pins)
    theme.dress(made, theme.BASE_LEAST_PX)
    made.resize(1366, 768)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def _text(page: SignInPage, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert found is not None
    return found.text()


def _button(page: SignInPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def _touch(page: SignInPage, *names: str) -> None:
    for name in names:
        QTest.mouseClick(_button(page, name), Qt.MouseButton.LeftButton)


def _type(page: SignInPage, text: str, at_ms: int = 0, *, repeated: bool = False) -> None:
    """Keys in any script, as any layout would give them."""
    for character in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character, repeated)
            event.setTimestamp(at_ms)
            QApplication.sendEvent(page, event)


def _fail(qtbot: QtBot, page: SignInPage, times: int) -> None:
    """Type a wrong PIN for the name that is chosen."""
    for _ in range(times):
        _type(page, "99")
        QTest.keyClick(page, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: _text(page, "message") != "Проверява се…")


def test_the_page_says_where_and_when_and_who_can_sign_in(page: SignInPage) -> None:
    assert _text(page, "shop") == "КООП, магазин 12"
    assert _text(page, "address") == "с. Горно Поле · ул. Първа 5"
    assert (_text(page, "date"), _text(page, "time")) == ("02.03.2026", "10:00")
    assert _text(page, "message") == "Изберете името си."
    tiles = [_button(page, f"staff_{id_}") for id_ in ("elena", "maria", "petar")]
    assert [tile.accessibleName() for tile in tiles] == ["Елена Стоянова", "Мария Иванова", "Петър Димитров"]


def test_the_time_goes_on(qtbot: QtBot, world: World, page: SignInPage) -> None:
    world.passed_ms = 60_000

    qtbot.waitUntil(lambda: _text(page, "time") == "10:01")


def test_by_touch_alone(qtbot: QtBot, world: World, page: SignInPage) -> None:
    with qtbot.waitSignal(page.signed_in) as entered:
        _touch(page, "staff_maria", "pad_1", "pad_2", "pad_back", *["pad_1"] * 3, "pin_enter")

    assert entered.args == [world.till.staff]
    assert world.till.staff is not None
    assert world.till.staff.id == "maria"


@pytest.mark.parametrize("keys", ["2", "м", "М", "ив", "мария и", "пм"])
def test_a_digit_or_the_first_letters_choose_a_name(page: SignInPage, keys: str) -> None:
    _type(page, keys)

    assert _text(page, "whose") == "Мария Иванова"
    assert _text(page, "message") == TYPE_PIN


def test_by_keys_alone(qtbot: QtBot, world: World, page: SignInPage) -> None:
    with qtbot.waitSignal(page.signed_in):
        _type(page, "31")
        QTest.keyClick(page, Qt.Key.Key_Backspace)
        _type(page, PINS["petar"])
        QTest.keyClick(page, Qt.Key.Key_Enter)

    assert world.acts() == [("signed_in", "petar")]


def test_digits_of_other_scripts_are_digits(qtbot: QtBot, page: SignInPage) -> None:
    with qtbot.waitSignal(page.signed_in):
        _type(page, "۲۱۱١١")
        QTest.keyClick(page, Qt.Key.Key_Return)


def test_arrows_and_tab_go_from_name_to_name_and_stop_at_the_ends(page: SignInPage) -> None:
    seen = []
    for key in (
        Qt.Key.Key_Right,
        Qt.Key.Key_Right,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Left,
        Qt.Key.Key_Left,
        Qt.Key.Key_Tab,
    ):
        QTest.keyClick(page, key)
        seen.append(_text(page, "whose").split()[0])

    assert seen == ["Елена", "Мария", "Мария", "Елена", "Елена", "Елена", "Мария"]


def test_where_writing_goes_to_the_left_so_do_the_arrows(qtbot: QtBot, page: SignInPage) -> None:
    page.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QTest.keyClick(page, Qt.Key.Key_Left)
    QTest.keyClick(page, Qt.Key.Key_Left)

    assert _text(page, "whose") == "Мария Иванова"
    assert _button(page, "pad_7").x() < _button(page, "pad_9").x()
    qtbot.waitUntil(lambda: _button(page, "staff_elena").x() > _button(page, "staff_petar").x())


def test_escape_gives_the_name_up_and_what_was_typed(qtbot: QtBot, world: World, page: SignInPage) -> None:
    _type(page, "299")
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert _text(page, "whose") == ""

    with qtbot.waitSignal(page.signed_in):
        _type(page, "2" + PINS["maria"])
        QTest.keyClick(page, Qt.Key.Key_Return)
    assert world.acts() == [("signed_in", "maria")]


def test_a_key_that_is_held_down_counts_once(qtbot: QtBot, page: SignInPage) -> None:
    _type(page, "2")
    _type(page, "222", repeated=True)
    _type(page, "1111")
    _type(page, "11", repeated=True)

    with qtbot.waitSignal(page.signed_in):
        QTest.keyClick(page, Qt.Key.Key_Return)


def test_letters_after_a_pause_begin_another_name(page: SignInPage) -> None:
    _type(page, "и", 1_000)
    _type(page, "в", 2_000)
    assert _text(page, "whose") == "Мария Иванова"

    _type(page, "с", 4_000)
    assert _text(page, "whose") == "Елена Стоянова"


def test_a_wrong_pin_is_told_until_the_next_key(qtbot: QtBot, world: World, page: SignInPage) -> None:
    _type(page, "2")
    _fail(qtbot, page, 1)

    assert _text(page, "message") == "Името и ПИН кодът не си отговарят. Опитайте пак."
    assert world.acts() == [("sign_in_failed", "maria")]
    _type(page, "1")
    assert _text(page, "message") == TYPE_PIN
    with qtbot.waitSignal(page.signed_in):
        _type(page, "111")
        QTest.keyClick(page, Qt.Key.Key_Return)


def test_while_a_pin_is_verified_the_page_says_so_and_takes_nothing(qtbot: QtBot, page: SignInPage) -> None:
    _type(page, "2" + PINS["maria"])
    with qtbot.waitSignal(page.signed_in):
        QTest.keyClick(page, Qt.Key.Key_Return)
        assert _text(page, "message") == "Проверява се…"
        assert not _button(page, "pad_1").isEnabled()
        _type(page, "3")
        QTest.keyClick(page, Qt.Key.Key_Return)
        assert _text(page, "whose") == "Мария Иванова"


def test_enter_without_a_pin_asks_nobody(world: World, page: SignInPage) -> None:
    QTest.keyClick(page, Qt.Key.Key_Return)
    _type(page, "2")
    QTest.keyClick(page, Qt.Key.Key_Return)

    assert _text(page, "message") == TYPE_PIN
    assert world.acts() == []


def test_a_locked_name_counts_down_and_is_let_in_again(qtbot: QtBot, world: World, page: SignInPage) -> None:
    _type(page, "2")
    _fail(qtbot, page, 3)

    assert "след 5 секунди" in _text(page, "message")
    assert not _button(page, "pad_1").isEnabled()
    world.passed_ms += 4_000
    qtbot.waitUntil(lambda: "след 1 секунда" in _text(page, "message"))
    _type(page, PINS["maria"])
    QTest.keyClick(page, Qt.Key.Key_Return)
    assert "след 1 секунда" in _text(page, "message")
    world.passed_ms += 1_000
    qtbot.waitUntil(lambda: _text(page, "message") == TYPE_PIN)
    with qtbot.waitSignal(page.signed_in):
        _type(page, PINS["maria"])
        QTest.keyClick(page, Qt.Key.Key_Return)


def test_a_locked_name_holds_no_other_up(qtbot: QtBot, page: SignInPage) -> None:
    _type(page, "2")
    _fail(qtbot, page, 3)
    _touch(page, "staff_elena")
    assert _text(page, "message") == TYPE_PIN
    _type(page, "м")
    assert "след 5 секунди" in _text(page, "message")

    with qtbot.waitSignal(page.signed_in):
        QTest.keyClick(page, Qt.Key.Key_Left)
        _type(page, PINS["elena"])
        QTest.keyClick(page, Qt.Key.Key_Return)


def test_a_staff_card_lets_in_at_once(qtbot: QtBot, world: World, page: SignInPage) -> None:
    with qtbot.waitSignal(page.signed_in) as entered:
        assert page.scan(PETAR_CARD)

    assert entered.args == [world.till.staff]


def test_any_other_code_is_told_to_be_no_staff_card(world: World, page: SignInPage) -> None:
    assert not page.scan("3800000000017")

    assert _text(page, "message").startswith("Това не е служебна карта.")
    assert world.till.staff is None


def test_a_store_that_fails_is_told_in_words_and_lets_nobody_in(
    world: World, page: SignInPage, expect_log: ExpectLog
) -> None:
    expect_log(logging.ERROR, "the store: ", logger="ui.till.sign_in", times=2)
    with closing(sqlite3.connect(world.store.replica.path)) as behind_its_back:
        behind_its_back.execute("DROP TABLE staff")

    assert not page.scan(PETAR_CARD)
    assert _text(page, "message") == texts.words("bg").say("till.trouble.failed")
    page.reload()
    assert world.till.staff is None


@pytest.mark.parametrize(("pin", "acts"), [("1111", []), ("9999", [("sign_in_failed", "maria")])])
def test_a_card_overtakes_a_pin_that_is_being_verified(
    qtbot: QtBot, world: World, page: SignInPage, pin: str, acts: list[tuple[str, str]]
) -> None:
    """Who scanned is in; the PIN lets nobody in any more, but a wrong one counts."""
    _type(page, "2" + pin)
    with qtbot.waitSignal(page._verifier.verified):
        QTest.keyClick(page, Qt.Key.Key_Return)
        page.scan(PETAR_CARD)

    assert world.till.staff is not None
    assert world.till.staff.id == "petar"
    assert world.acts() == [("signed_in", "petar"), *acts]


def test_a_page_that_is_gone_needs_no_answer(qtbot: QtBot, world: World) -> None:
    page = SignInPage(world.till)
    verifier = page._verifier
    _type(page, "2" + PINS["maria"])
    with qtbot.waitSignal(verifier.verified):
        QTest.keyClick(page, Qt.Key.Key_Return)
        delete(page)

    assert world.acts() == []


def test_who_was_let_in_last_is_chosen_when_the_till_is_locked(qtbot: QtBot, world: World, page: SignInPage) -> None:
    page.scan(PETAR_CARD)
    page.hide()
    world.till.sign_in.out()
    with qtbot.waitExposed(page):
        page.show()

    assert _text(page, "whose") == "Петър Димитров"
    with qtbot.waitSignal(page.signed_in):
        _type(page, PINS["petar"])
        QTest.keyClick(page, Qt.Key.Key_Return)


def test_staff_that_changed_is_there_when_the_page_is_shown_again(qtbot: QtBot, world: World, page: SignInPage) -> None:
    page.hide()
    world.store.replica.put_staff([Staff("nina", "Нина", "cashier", hash_pin("4444"))])
    with qtbot.waitExposed(page):
        page.show()

    assert _text(page, "whose") == "Нина"
    assert page.findChild(QPushButton, "staff_maria") is None


def test_without_any_staff_it_says_whom_to_call(qtbot: QtBot, world: World) -> None:
    world.store.replica.put_staff([])
    page = _shown(qtbot, world)
    _type(page, "1м")
    QTest.keyClick(page, Qt.Key.Key_Right)

    assert _text(page, "message") == "Още няма въведени служители. Обадете се на управителя."


def test_pins_are_shown_in_the_demo_only(qtbot: QtBot, world: World, page: SignInPage) -> None:
    demo = _shown(qtbot, world, PINS)

    def shown(of: SignInPage) -> str:
        return " ".join(part.text() for part in of.findChildren(QLabel))

    assert [pin for pin in PINS.values() if pin in shown(demo)] == list(PINS.values())
    assert [pin for pin in PINS.values() if pin in shown(page)] == []


def test_a_typed_pin_is_nowhere_in_the_window(page: SignInPage) -> None:
    before = page.grab().toImage()
    _type(page, "2" + PINS["petar"])

    assert page.grab().toImage() != before
    assert not any(PINS["petar"] in part.text() for part in page.findChildren(QLabel))


def test_another_language_is_asked_for_and_then_spoken(qtbot: QtBot, page: SignInPage) -> None:
    with qtbot.waitSignal(page.language_chosen) as chosen:
        _touch(page, "language_en")
    assert chosen.args == ["en"]
    page.speak(texts.words("en", PROGRAMME.zone))

    assert _text(page, "title") == "Who works at this till?"
    assert _text(page, "date") == "02 Mar 2026"
    assert _button(page, "pin_enter").text() == "Sign in"
    assert _button(page, "language_bg").isVisible()
    assert not _button(page, "language_en").isVisible()


def test_every_button_is_large_enough_for_a_finger(page: SignInPage) -> None:
    buttons = [button for button in page.findChildren(QPushButton) if button.isVisible()]

    assert len(buttons) > 14
    assert min(min(button.width(), button.height()) for button in buttons) >= 40


@pytest.mark.parametrize(
    ("beginning", "after", "place"),
    [
        ("а", None, 0),
        ("а", 0, 2),
        ("а", 2, 0),
        ("б", 1, 1),
        ("ан", 0, 0),
        ("ан", 1, 2),
        ("ко", None, 1),
        ("я", 1, None),
    ],
)
def test_spelling_finds_the_next_name_that_begins_so(beginning: str, after: int | None, place: int | None) -> None:
    assert spelt(["Анна", "Борис Колев", "Антон"], beginning, after) == place
