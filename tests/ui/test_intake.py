"""Scans come in whatever has the focus, and press nothing; typing arrives as it was typed."""

import threading
from collections.abc import Iterable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hardware.keycodes import KeyStroke
from hardware.scanner_settings import ScannerSettings
from tests.helpers.strokes import BACKSPACE, ENTER, ESCAPE, F1, burst, press, press_code, release
from ui.intake import ScanIntake

# An open list or menu asks for the keyboard, which the platform without a screen has none of to give.
pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support grabbing the keyboard$", extend=True)

CARD = "2912345678906"
KEYS = {
    ENTER: Qt.Key.Key_Return,
    F1: Qt.Key.Key_F1,
    ESCAPE: Qt.Key.Key_Escape,
    BACKSPACE: Qt.Key.Key_Backspace,
}


class Door:
    """An intake and everything that came out of it."""

    def __init__(self, intake: ScanIntake) -> None:
        self.intake = intake
        self.scans: list[str] = []
        self.refusals: list[str] = []
        intake.scanned.connect(self.scans.append)
        intake.refused.connect(self.refusals.append)


@pytest.fixture
def door(qtbot: QtBot) -> Iterator[Door]:
    intake = ScanIntake()
    yield Door(intake)
    intake.deleteLater()


class Desk(QWidget):
    """A window with everything that keys can do harm to."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.notes = QPlainTextEdit()
        self.button = QPushButton("Complete")
        self.button.setDefault(True)
        self.choice = QComboBox()
        self.choice.addItems(["0 one", "2 two", "9 three"])
        self.clicks = 0
        self.button.clicked.connect(self._count)
        layout = QVBoxLayout(self)
        for widget in (self.edit, self.notes, self.button, self.choice):
            layout.addWidget(widget)

    def _count(self) -> None:
        self.clicks += 1

    def untouched(self) -> bool:
        return (
            self.edit.text() == ""
            and self.notes.toPlainText() == ""
            and self.clicks == 0
            and self.choice.currentIndex() == 0
        )


@pytest.fixture
def desk(qtbot: QtBot, door: Door) -> Desk:
    return show_desk(qtbot)


def show_desk(qtbot: QtBot) -> Desk:
    desk = Desk()
    qtbot.addWidget(desk)
    desk.show()
    wait_for_focus(qtbot, desk)
    return desk


def wait_for_focus(qtbot: QtBot, window: QWidget) -> None:
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is window.windowHandle() is not None)


def focus_window() -> QWindow:
    window = QGuiApplication.focusWindow()
    assert window is not None
    return window


def send(strokes: Iterable[KeyStroke]) -> None:
    """The strokes as a platform delivers them: to the window that has the focus, with their own times."""
    for stroke in strokes:
        if stroke.pressed:
            QCoreApplication.sendEvent(focus_window(), key_event(QEvent.Type.ShortcutOverride, stroke))
        kind = QEvent.Type.KeyPress if stroke.pressed else QEvent.Type.KeyRelease
        QCoreApplication.sendEvent(focus_window(), key_event(kind, stroke))


def key_event(kind: QEvent.Type, stroke: KeyStroke) -> QKeyEvent:
    modifiers = Qt.KeyboardModifier.ShiftModifier if stroke.shift else Qt.KeyboardModifier.NoModifier
    key = KEYS.get(stroke.scan_code) or ord(stroke.text.upper() or "?")
    event = QKeyEvent(kind, key, modifiers, stroke.scan_code, 0, 0, stroke.text, stroke.auto_repeat)
    event.setTimestamp(stroke.timestamp_ms)
    return event


@pytest.mark.parametrize("name", ["edit", "notes", "button", "choice"])
def test_a_scan_is_read_whatever_has_the_focus(desk: Desk, door: Door, name: str) -> None:
    getattr(desk, name).setFocus()
    send(burst(CARD))
    assert door.scans == [CARD]
    assert desk.untouched()


def test_a_slow_scanner_fills_a_field_once_and_never_again(desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    send(burst(CARD, at_ms=1000, gap_ms=80))
    assert (door.scans, desk.edit.text()) == ([], CARD)
    desk.edit.clear()
    for at_ms in (9000, 19_000):
        send(burst(CARD, at_ms, gap_ms=80))
    assert door.scans == [CARD, CARD]
    desk.button.setFocus()
    send(burst(CARD, at_ms=29_000, gap_ms=80))
    assert door.scans == [CARD] * 3
    assert desk.untouched()


def test_a_persons_enter_presses_the_button_at_once(desk: Desk, door: Door) -> None:
    desk.button.setFocus()
    send([enter := press_code(ENTER, 1000), release(enter, 1080)])
    assert desk.clicks == 1


def test_a_late_enter_of_the_scanner_presses_nothing(desk: Desk, door: Door) -> None:
    desk.button.setFocus()
    send(burst(CARD, at_ms=1000, gap_ms=5, end=None))
    send([press_code(ENTER, 1060 + 180)])
    assert door.scans == [CARD]
    assert desk.clicks == 0


def test_a_scan_does_not_answer_a_message_box(qtbot: QtBot, desk: Desk, door: Door) -> None:
    box = QMessageBox(QMessageBox.Icon.Question, "", "Delete the card?", parent=desk)
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    box.setDefaultButton(QMessageBox.StandardButton.Yes)
    box.open()
    wait_for_focus(qtbot, box)
    send(burst(CARD))
    assert door.scans == [CARD]
    assert box.isVisible()
    send([press_code(ENTER, 5000)])
    assert not box.isVisible()
    assert box.result() == QMessageBox.StandardButton.Yes.value


def test_a_scan_neither_fills_nor_closes_a_dialog_that_runs_a_loop_of_its_own(desk: Desk, door: Door) -> None:
    dialog = QDialog(desk)
    edit = QLineEdit()
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok)
    buttons.accepted.connect(dialog.accept)
    layout = QVBoxLayout(dialog)
    layout.addWidget(edit)
    layout.addWidget(buttons)
    seen: list[tuple[list[str], bool, str]] = []

    def scan_then_close() -> None:
        if QGuiApplication.focusWindow() is not dialog.windowHandle():
            QTimer.singleShot(0, scan_then_close)
            return
        send(burst(CARD))
        seen.append((list(door.scans), dialog.isVisible(), edit.text()))
        dialog.reject()

    QTimer.singleShot(0, scan_then_close)
    assert dialog.exec() == QDialog.DialogCode.Rejected.value
    assert seen[0] == ([CARD], True, "")


def test_a_scan_leaves_an_open_list_alone(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.choice.setFocus()
    desk.choice.showPopup()
    qtbot.waitUntil(desk.choice.view().isVisible)
    send(burst(CARD))
    assert door.scans == [CARD]
    assert desk.choice.view().isVisible()
    desk.choice.hidePopup()
    assert desk.untouched()


def test_a_scan_leaves_an_open_menu_alone(qtbot: QtBot, desk: Desk, door: Door) -> None:
    menu = QMenu(desk)
    actions = [menu.addAction(text) for text in ("&2 Void", "&9 Sell")]
    triggered: list[str] = []
    menu.triggered.connect(lambda action: triggered.append(action.text()))
    menu.popup(desk.mapToGlobal(QPoint(5, 5)))
    qtbot.waitUntil(menu.isVisible)
    menu.setActiveAction(actions[0])
    send(burst(CARD))
    assert door.scans == [CARD]
    assert menu.isVisible()
    assert triggered == []
    menu.close()


def test_a_scan_leaves_suggestions_alone(qtbot: QtBot, desk: Desk, door: Door) -> None:
    completer = QCompleter(["29 Ana", "29 Boris"], desk.edit)
    desk.edit.setCompleter(completer)
    desk.edit.setFocus()
    completer.setCompletionPrefix("29")
    completer.complete()
    popup = completer.popup()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    send(burst(CARD))
    assert door.scans == [CARD]
    assert popup.isVisible()
    popup.hide()
    assert desk.untouched()


def test_windows_that_open_later_are_watched_too(qtbot: QtBot, desk: Desk, door: Door) -> None:
    second = show_desk(qtbot)
    second.button.setFocus()
    send(burst(CARD))
    assert door.scans == [CARD]
    assert second.untouched()


def test_typing_arrives_in_its_order_and_layout(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    words = {"i": "и", "v": "в", "a": "а", "n": "н"}
    strokes = burst("ivan 7", gap_ms=80, end=None, layout=lambda character: words.get(character, character))
    send(strokes)
    qtbot.waitUntil(lambda: desk.edit.text() == "иван 7")
    assert door.scans == []


def test_backspace_and_f_keys_do_not_overtake_what_was_typed(desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    send([press("1", 1000), press("2", 1040), press_code(BACKSPACE, 1045), press("3", 1090)])
    assert desk.edit.text() == "1"
    send([press_code(ESCAPE, 1100)])
    assert desk.edit.text() == "13"


def test_a_typed_space_presses_the_button_that_has_the_focus(desk: Desk, door: Door) -> None:
    desk.button.setFocus()
    send([space := press(" ", 1000), release(space, 1080)])
    assert desk.clicks == 1


def test_typed_keys_go_to_whoever_has_the_focus_when_they_are_given_back(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    send([press("7", 1000)])
    desk.notes.setFocus()
    qtbot.waitUntil(lambda: desk.notes.toPlainText() == "7")
    assert desk.edit.text() == ""


def test_typed_keys_follow_the_focus_into_another_window(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    send([press("7", 1000)])
    second = show_desk(qtbot)
    second.edit.setFocus()
    qtbot.waitUntil(lambda: second.edit.text() == "7")
    assert desk.edit.text() == ""


def test_a_key_given_back_may_open_a_dialog_without_upsetting_the_order(desk: Desk, door: Door) -> None:
    """While the first of three held keys is acted on, another key is pressed: it comes behind the other two."""
    desk.edit.setFocus()
    texts: list[str] = []

    def press_another(text: str) -> None:
        texts.append(text)
        if text == "1":
            send([press_code(BACKSPACE, 1100)])

    desk.edit.textEdited.connect(press_another)
    send([press("1", 1000), press("2", 1010), press("3", 1020), press_code(F1, 1030)])
    assert desk.edit.text() == "12"
    assert texts == ["1", "12", "123", "12"]


def test_a_scan_may_end_the_window_that_a_key_is_on_its_way_to(qtbot: QtBot, desk: Desk, door: Door) -> None:
    dialogs = [Desk()]
    dialogs[0].show()
    wait_for_focus(qtbot, dialogs[0])
    window = focus_window()
    door.intake.scanned.connect(dialogs.clear)
    send(burst(CARD, 1000, 5, end=None))
    QCoreApplication.sendEvent(window, key_event(QEvent.Type.KeyPress, press_code(F1, 1300)))
    assert door.scans == [CARD]
    assert not isValid(window)


def test_a_scan_may_end_the_window_that_a_shortcut_is_looked_for_in(qtbot: QtBot, desk: Desk, door: Door) -> None:
    dialogs = [Desk()]
    dialogs[0].show()
    wait_for_focus(qtbot, dialogs[0])
    window = focus_window()
    door.intake.scanned.connect(dialogs.clear)
    send(burst(CARD, 1000, 5, end=None))
    QCoreApplication.sendEvent(window, key_event(QEvent.Type.ShortcutOverride, press_code(F1, 1300)))
    assert door.scans == [CARD]
    assert not isValid(window)


def test_function_keys_work_as_shortcuts_behind_what_was_typed(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    typed_before: list[str] = []
    shortcut = QShortcut(QKeySequence(Qt.Key.Key_F1), desk)
    shortcut.activated.connect(lambda: typed_before.append(desk.edit.text()))
    QTest.keyClick(focus_window(), Qt.Key.Key_4)
    QTest.keyClick(focus_window(), Qt.Key.Key_2)
    QTest.keyClick(focus_window(), Qt.Key.Key_F1)
    assert typed_before == ["42"]


def test_mnemonics_and_other_commands_act_at_once(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    typed_before: list[str] = []
    shortcut = QShortcut(QKeySequence("Alt+1"), desk)
    shortcut.activated.connect(lambda: typed_before.append(desk.edit.text()))
    QTest.keyClick(focus_window(), Qt.Key.Key_7)
    QTest.keyClick(focus_window(), Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert typed_before == ["7"]


def test_no_digit_of_a_scan_becomes_a_shortcut(qtbot: QtBot, desk: Desk, door: Door) -> None:
    desk.button.setFocus()
    taken: list[str] = []
    for digit in "29":
        shortcut = QShortcut(QKeySequence(digit), desk)
        shortcut.activated.connect(lambda digit=digit: taken.append(digit))
    for digit in "2929292":
        QTest.keyClick(focus_window(), ord(digit))
    assert taken == []


def test_a_scan_is_delivered_before_a_key_that_was_pressed_after_it(desk: Desk, door: Door) -> None:
    desk.edit.setFocus()
    seen: list[list[str]] = []
    desk.edit.returnPressed.connect(lambda: seen.append(list(door.scans)))
    send([*burst(CARD, 1000, 5), press_code(ENTER, 1300)])
    assert seen == [[CARD]]


def test_scans_that_come_while_one_is_handled_wait_and_none_is_dropped(desk: Desk, door: Door) -> None:
    codes = [f"29{number:011}" for number in range(50)]
    began: list[str] = []
    ended: list[str] = []

    def handle(text: str) -> None:
        began.append(text)
        if text == codes[0]:
            send(stroke for place, code in enumerate(codes[1:]) for stroke in burst(code, 2000 + 20 * place, 1))
            assert door.intake.waiting_count == 49
        ended.append(text)

    door.intake.scanned.connect(handle)
    send(burst(codes[0]))
    assert began == ended == codes


def test_scans_wait_while_the_till_pauses_them(door: Door) -> None:
    door.intake.pause()
    door.intake.inject(CARD, "camera")
    door.intake.inject("96385074", "camera")
    assert door.scans == []
    door.intake.resume()
    assert door.scans == [CARD, "96385074"]


def test_after_an_unknown_code_scans_are_refused_until_a_person_has_seen_it(desk: Desk, door: Door) -> None:
    def handle(text: str) -> None:
        if text == "UNKNOWN":
            door.intake.inject("00000017", "sheet")
            door.intake.block()

    door.intake.scanned.connect(handle)
    send(burst("UNKNOWN"))
    send(burst(CARD, at_ms=2000))
    assert door.intake.is_blocked
    assert door.scans == ["UNKNOWN"]
    assert door.refusals == ["00000017", CARD]
    assert desk.untouched()
    door.intake.acknowledge()
    send(burst(CARD, at_ms=3000))
    assert door.scans == ["UNKNOWN", CARD]


@pytest.mark.parametrize("text", ["", "29\x00", "9" * 600])
def test_what_cannot_be_a_code_is_refused(door: Door, text: str) -> None:
    door.intake.inject(text, "camera")
    assert door.scans == []
    assert len(door.refusals) == 1


def test_what_stands_around_a_code_on_the_keyboard_is_not_cut_off_that_of_another_device(qtbot: QtBot) -> None:
    intake = ScanIntake(ScannerSettings(prefix="29"))
    with qtbot.waitSignal(intake.scanned) as scanned:
        intake.inject(f"]E0{CARD}", "camera")
    assert scanned.args == [f"]E0{CARD}"]
    intake.deleteLater()


def test_a_device_may_scan_from_a_thread_of_its_own(qtbot: QtBot, door: Door) -> None:
    threads: list[int] = []
    door.intake.scanned.connect(lambda _: threads.append(threading.get_ident()))
    reader = threading.Thread(target=door.intake.inject, args=(CARD, "serial"))
    with qtbot.waitSignal(door.intake.scanned):
        reader.start()
    reader.join()
    assert threads == [threading.get_ident()]
    assert door.scans == [CARD]


def test_settings_reach_the_keyboard(qtbot: QtBot) -> None:
    intake = ScanIntake(ScannerSettings(prefix="~", suffix="#"))
    door = Door(intake)
    desk = show_desk(qtbot)
    send(burst("~42#", end=None))
    assert door.scans == ["42"]
    assert desk.untouched()
    intake.deleteLater()
