"""What stops the till until somebody has seen it, and who is let in: unknown codes, locks, printers, troubles."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from db.store import StoreTrouble
from db.trouble import TroubleCode
from hardware.printer import TroubleCode as PrinterTroubleCode
from pos_app import texts
from pos_app.loyalty import cards
from pos_app.loyalty.facts import SaleCompleted
from pos_app.loyalty.paper import Cut, Text
from pos_app.loyalty.slip import slip_text
from pos_app.printing import PrinterState
from pos_app.settings import Settings
from tests.helpers.logs import ExpectLog
from tests.helpers.shop import BREAD, MILK, PROGRAMME
from tests.ui.till_desk import OTHER_STAFF_CARD, STAFF_CARD, TillDesk
from ui import app, theme

KEY = Qt.Key
STRANGE = "9999999999994"


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    made = TillDesk(qtbot, tmp_path / "till")
    made.scan(STAFF_CARD)
    made.heard.clear()
    yield made
    made.close()


def _text(desk: TillDesk, name: str) -> str:
    found = desk.see(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


# -- unknown codes


def test_an_unknown_code_stops_scans_until_it_was_seen(desk: TillDesk) -> None:
    desk.scan(BREAD.code, STRANGE, MILK.code)

    assert (_text(desk, "alarm_title"), _text(desk, "alarm_shown")) == ("Непознат код", STRANGE)
    assert _text(desk, "alarm_sentence") == f"Няма стока с код {STRANGE}."
    assert _text(desk, "status_scanner") == "Скенер: спрян"
    assert desk.intake.is_blocked
    assert len(desk.till.basket.lines) == 1
    assert desk.heard == ["accepted", "refused", "refused"]

    desk.key(KEY.Key_Return)
    assert desk.window.page.alarm is None
    assert _text(desk, "status_scanner") == "Скенер: готов"
    desk.scan(MILK.code)
    assert len(desk.till.basket.lines) == 2


@pytest.mark.parametrize("way", ["enter", "escape", "space", "touch"])
def test_it_is_acknowledged_by_key_or_touch(desk: TillDesk, way: str) -> None:
    desk.scan(STRANGE)
    match way:
        case "enter":
            desk.key(KEY.Key_Enter)
        case "escape":
            desk.key(KEY.Key_Escape)
        case "space":
            desk.key(KEY.Key_Space)
        case _:
            desk.touch("answer_seen")

    assert not desk.intake.is_blocked
    assert desk.window.page.alarm is None


def test_no_other_key_does_anything_meanwhile(desk: TillDesk) -> None:
    desk.scan(BREAD.code, STRANGE)
    for key in (KEY.Key_F1, KEY.Key_F5, KEY.Key_F8, KEY.Key_F9, KEY.Key_F10, KEY.Key_F12, KEY.Key_1, KEY.Key_Tab):
        desk.key(key)
    desk.touch_at(desk.window.page.alarm, desk.window.page.alarm.rect().topLeft())  # type: ignore[arg-type, union-attr]

    assert desk.window.page.alarm is not None
    assert (desk.panel, len(desk.till.basket.lines)) == ("", 1)
    assert desk.facts(SaleCompleted) == []


def test_an_enter_that_is_held_down_acknowledges_nothing_more(desk: TillDesk) -> None:
    desk.scan(STRANGE)
    desk.hold_key(KEY.Key_Return, "\r")
    assert desk.window.page.alarm is None
    assert desk.panel == ""


def test_an_unknown_card_is_told_as_a_card(desk: TillDesk) -> None:
    number = str(cards.card_number(b"another till's own secret", 5))
    desk.scan(number)
    assert _text(desk, "alarm_title") == "Непозната карта"
    assert _text(desk, "alarm_sentence").startswith(f"Карта {number} не е позната.")


def test_a_very_long_code_is_cut_and_still_shown(desk: TillDesk) -> None:
    desk.scan("7" * 400)
    assert _text(desk, "alarm_shown") == "7" * 60 + "…"


def test_the_panel_below_is_there_again(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F3)
    desk.write("7")
    desk.scan(STRANGE)
    desk.key(KEY.Key_Return)
    assert desk.panel == "quantity"
    desk.key(KEY.Key_Return)
    assert desk.till.basket.lines[0].quantity_milli == 7000


def test_what_is_no_code_is_said(desk: TillDesk) -> None:
    desk.scan("\x07\x07")
    assert desk.message == "Прочетеното не е код: ··"
    assert desk.heard == ["refused"]


# -- who works here


def test_nothing_is_scanned_before_somebody_is_known(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path / "till")
    desk.scan(BREAD.code, STRANGE)
    assert desk.till.basket.empty
    assert desk.window.is_locked
    assert desk.heard == ["refused", "refused"]
    desk.key(KEY.Key_F12)
    assert desk.acts() == []

    desk.scan(STAFF_CARD)
    assert not desk.window.is_locked
    assert _text(desk, "status_cashier") == "Иванка"
    desk.close()


def test_another_cashier_goes_on_with_the_open_basket(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F5, KEY.Key_F9)
    assert desk.window.is_locked
    assert desk.till.staff is None
    desk.key(KEY.Key_F10)
    assert desk.facts(SaleCompleted) == []

    desk.scan(OTHER_STAFF_CARD)
    assert _text(desk, "status_cashier") == "Пенка"
    assert desk.panel == ""
    assert [row.title for row in desk.rows()] == ["Хляб Добруджа"]
    desk.key(KEY.Key_F10)
    assert [fact.cashier for fact in desk.facts(SaleCompleted)] == ["penka"]


def test_a_staff_card_at_an_open_till_changes_who_works(desk: TillDesk) -> None:
    desk.scan(OTHER_STAFF_CARD)
    assert _text(desk, "status_cashier") == "Пенка"
    assert desk.message == "Сега на касата работи Пенка."


def test_the_till_locks_itself_when_nobody_works(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path / "till", settings=Settings(lock_after_s=1))
    with qtbot.waitSignal(desk.window.locked, timeout=10_000):
        desk.scan(STAFF_CARD)
        desk.scan(STRANGE)
    assert desk.till.staff is None
    assert not desk.intake.is_blocked
    desk.close()


def test_a_key_keeps_the_till_open(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path / "till", settings=Settings(lock_after_s=3600))
    desk.scan(STAFF_CARD)
    idle = desk.window.findChild(QTimer, "idle")
    assert idle is not None
    assert idle.isActive()
    started = idle.timerId()
    QTest.keyClick(desk.window.windowHandle(), KEY.Key_Down)
    assert idle.isActive()
    assert idle.timerId() != started
    desk.close()


# -- the printer


def test_the_state_of_the_printer_is_in_words(desk: TillDesk) -> None:
    for state, text in (
        (PrinterState("none", 0, ()), "Без принтер"),
        (PrinterState("ready", 0, ()), "Принтер: готов"),
        (PrinterState("printing", 1, ()), "Принтер: печата"),
        (PrinterState("paper_out", 1, ()), "Принтер: няма хартия, 1 бележка чака"),
        (PrinterState("missing", 2, ()), "Принтер: не е включен, 2 бележки чакат"),
    ):
        desk.window.show_printer(state)
        assert _text(desk, "status_printer") == text


def test_an_unsure_slip_is_asked_about_once_and_copied(desk: TillDesk, qtbot: QtBot) -> None:
    desk.scan(BREAD.code)
    desk.key(KEY.Key_F10)
    slip = desk.store.last_slip()
    assert slip is not None
    desk.window.show_printer(PrinterState("paper_out", 0, (slip,)))
    assert _text(desk, "alarm_shown") == slip_text(slip)
    assert texts.words("bg").say("printer.paper_out.do") in _text(desk, "alarm_sentence")

    desk.key(KEY.Key_Return, KEY.Key_Space, KEY.Key_Escape)
    assert desk.window.page.alarm is not None
    with qtbot.waitSignal(desk.window.slip_seen) as seen:
        desk.key(KEY.Key_Right, KEY.Key_Right, KEY.Key_Return)
    assert seen.args == [slip]
    assert [job.copy for job in desk.store.jobs("queued")] == [False, True]
    assert desk.window.page.alarm is None


def test_what_has_no_number_is_asked_about_by_its_heading(desk: TillDesk) -> None:
    job = desk.store.add_job(None, (Text("КООП"), Text("ИЗВЛЕЧЕНИЕ", bold=True), Cut()), copy=False)
    desk.window.show_printer(PrinterState("paper_out", 0, (-job,)))
    assert _text(desk, "alarm_shown") == "ИЗВЛЕЧЕНИЕ"
    desk.touch("answer_copy")
    assert [(one.slip, one.copy) for one in desk.store.jobs("queued")] == [(None, False), (None, True)]
    assert desk.store.jobs("queued")[1].document[0] == Text("КОПИЕ", "centre", bold=True, big=True)
    assert desk.acts()[-1] == "reprinted"


def test_several_unsure_slips_are_asked_about_one_after_the_other(desk: TillDesk) -> None:
    seen: list[int] = []
    desk.window.slip_seen.connect(seen.append)
    desk.scan(STRANGE)
    desk.window.show_printer(PrinterState("gone", 0, (10_000_001, 10_000_002)))
    assert _text(desk, "alarm_title") == "Непознат код"
    desk.key(KEY.Key_Return)
    desk.touch("answer_whole")
    desk.touch("answer_whole")

    assert seen == [10_000_001, 10_000_002]
    assert desk.window.page.alarm is None


@pytest.mark.parametrize(("keys", "answer"), [(1, "none"), (2, "last"), (3, "all")])
def test_slips_that_waited_long_are_asked_about_by_keys(desk: TillDesk, qtbot: QtBot, keys: int, answer: str) -> None:
    desk.window.show_printer(PrinterState("ready", 5, (), 5))
    assert _text(desk, "alarm_title") == "Чакат 5 стари бележки"

    desk.key(KEY.Key_Return, KEY.Key_Space, KEY.Key_Escape)
    assert desk.window.page.alarm is not None
    with qtbot.waitSignal(desk.window.backlog_answered) as told:
        desk.key(*[KEY.Key_Right] * keys, KEY.Key_Return)
    assert told.args == [answer]
    assert desk.window.page.alarm is None
    assert ("F11" in desk.message) == (answer != "all")


def test_one_slip_that_waited_long_has_no_last_one(desk: TillDesk) -> None:
    desk.window.show_printer(PrinterState("ready", 1, (), 1))
    assert _text(desk, "alarm_title") == "Чака 1 стара бележка"
    assert desk.window.page.findChildren(QPushButton, "answer_last") == []
    desk.touch("answer_all")
    assert desk.window.page.alarm is None


def test_the_question_about_old_slips_does_not_interrupt_a_sale(desk: TillDesk) -> None:
    desk.scan(BREAD.code)
    desk.window.show_printer(PrinterState("ready", 5, (), 5))
    assert desk.window.page.alarm is None
    desk.key(KEY.Key_F10)
    desk.window.show_printer(PrinterState("printing", 6, (), 5))
    assert _text(desk, "alarm_title") == "Чакат 5 стари бележки"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_condition_of_the_printer_has_its_words_and_what_to_do(language: str) -> None:
    words = texts.catalogue(language)
    conditions = {*get_args(PrinterTroubleCode), "none", "ready", "printing", "silent", "paper_low"}
    keys = [
        key for one in conditions for key in (f"till.status.printer_{one}", f"printer.{one}.what", f"printer.{one}.do")
    ]
    assert [key for key in keys if key not in words] == []


def test_what_was_said_to_one_cashier_is_not_said_to_the_next(desk: TillDesk) -> None:
    desk.key(KEY.Key_F12, KEY.Key_F9)
    desk.scan(OTHER_STAFF_CARD)
    assert desk.message == ""


def test_a_locked_till_asks_once_somebody_is_there(desk: TillDesk) -> None:
    desk.key(KEY.Key_F9)
    desk.window.show_printer(PrinterState("gone", 0, (10_000_001,)))
    assert desk.window.page.alarm is None
    desk.scan(STAFF_CARD)
    assert _text(desk, "alarm_shown") == "0001-0000001"


# -- troubles and languages


def test_warnings_of_the_files_wait_for_somebody_and_are_seen_once(desk: TillDesk) -> None:
    desk.key(KEY.Key_F9)
    desk.window.show_printer(PrinterState("gone", 0, (10_000_001,)))
    desk.window.warn(["The journal is older.", "The replica is gone."])
    assert desk.window.page.alarm is None

    desk.scan(STAFF_CARD)
    text = "Касата работи, но се обадете на поддръжката и прочетете това:\nThe journal is older.\nThe replica is gone."
    assert _text(desk, "alarm_sentence") == text
    desk.key(KEY.Key_F9)
    desk.scan(STAFF_CARD)
    assert _text(desk, "alarm_sentence") == text, "it was not seen yet"
    desk.key(KEY.Key_Return)
    assert _text(desk, "alarm_shown") == "0001-0000001"
    desk.touch("answer_whole")
    assert desk.window.page.alarm is None


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_trouble_of_the_files_has_its_sentence(language: str) -> None:
    assert [code for code in get_args(TroubleCode) if f"till.trouble.{code}" not in texts.catalogue(language)] == []


def _refused_start(folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, language: str | None) -> list[str]:
    """What a till says that cannot start."""
    said: list[str] = []

    def see(box: QMessageBox) -> int:
        said.extend((box.text(), box.informativeText()))
        return 0

    monkeypatch.setattr(QMessageBox, "exec", see)
    monkeypatch.setattr(app, "QApplication", lambda _arguments: QApplication.instance())
    monkeypatch.setattr(theme, "apply", lambda _qt: None)
    assert app.run(folder, demo="", printer=None, language=language) == 2
    return said


def test_a_till_that_is_open_already_says_so_in_its_language(
    desk: TillDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log(logging.ERROR, "cannot start", logger="ui.app")
    heading, sentence = _refused_start(desk.store.path, qtbot, monkeypatch, None)
    assert heading == "Касата не може да започне работа."
    assert sentence == f"Друга програма работи с файловете на касата. Затворете я.\n\n{desk.store.path}"


def test_wrong_settings_are_told_under_a_heading_in_the_language(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text('language = "xx"\n', "utf-8")
    expect_log(logging.ERROR, "cannot start", logger="ui.app")
    heading, sentence = _refused_start(tmp_path, qtbot, monkeypatch, "en")
    assert heading == "The till cannot start."
    assert "settings.toml" in sentence


def test_a_store_in_trouble_is_a_sentence(
    desk: TillDesk, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog, tmp_path: Path
) -> None:
    def full(means: str = "cash") -> None:
        raise StoreTrouble("full", tmp_path)

    desk.scan(BREAD.code)
    monkeypatch.setattr(desk.till, "complete", full)
    expect_log(logging.ERROR, "disk is full", logger="ui.till")
    desk.key(KEY.Key_F10)

    assert desk.message == "Дискът е пълен: нищо не е записано. Освободете място и опитайте пак."
    assert desk.heard == ["accepted", "refused"]
    assert len(desk.rows()) == 1


def test_a_look_up_in_a_store_in_trouble_finds_nothing_and_says_why(
    desk: TillDesk, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog, tmp_path: Path
) -> None:
    def damaged(text: str) -> None:
        raise StoreTrouble("damaged", tmp_path)

    monkeypatch.setattr(desk.till, "find_products", damaged)
    desk.key(KEY.Key_F1)
    expect_log(logging.ERROR, "is damaged", logger="ui.till")
    desk.write("мляко")
    desk.key(KEY.Key_Return)

    assert desk.message == "Файловете на касата са повредени. Обадете се на поддръжката."
    assert desk.panel == "goods"


def test_the_till_is_locked_even_if_that_cannot_be_written_down(
    desk: TillDesk, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog, tmp_path: Path
) -> None:
    def full() -> None:
        raise StoreTrouble("full", tmp_path)

    monkeypatch.setattr(desk.till.sign_in, "out", full)
    expect_log(logging.ERROR, "disk is full", logger="ui.till")
    desk.key(KEY.Key_F9)
    assert desk.window.is_locked


def test_the_language_changes_at_an_open_till(desk: TillDesk) -> None:
    desk.scan(desk.card(100), BREAD.code)
    desk.window.show_printer(PrinterState("ready", 0, ()))
    desk.window.speak(texts.words("en", PROGRAMME.zone))

    assert desk.total == ("To pay", "1.20 €")
    assert _text(desk, "status_printer") == "Printer: ready"
    assert _text(desk, "status_cashier") == "Иванка"
    desk.scan(MILK.code)
    assert [row.note for row in desk.rows()] == ["+4 pts", "+16 pts"]
    desk.key(KEY.Key_F10)
    assert len(desk.facts(SaleCompleted)) == 1
    assert desk.heard == ["accepted"] * 4


def test_keys_can_be_set_otherwise(qtbot: QtBot, tmp_path: Path) -> None:
    keys = {**Settings().keys, "complete": "F12", "drawer": "F10"}
    desk = TillDesk(qtbot, tmp_path / "till", settings=Settings(keys=keys))
    desk.scan(STAFF_CARD, BREAD.code)
    desk.key(KEY.Key_F12)
    assert len(desk.facts(SaleCompleted)) == 1
    desk.key(KEY.Key_F10)
    assert desk.acts()[-1] == "drawer_opened"
    desk.close()
