"""The page of devices, worked as a manager works it: with keys, touches, and real printers on pseudo-terminals."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from hardware import ports
from hardware.escpos import PROFILES
from hardware.ports import Port
from hardware.scanner_trial import CODES
from hardware.virtual_paper import as_text
from hardware.virtual_printer import VirtualPrinter
from pos_app import settings, texts
from pos_app.device_settings import CameraSettings, DisplaySettings, PrinterSettings
from pos_app.devices import DEVICES
from pos_app.loyalty import slip
from pos_app.loyalty.paper import Language
from pos_app.settings import Settings, SmsSettings
from tests.helpers.shop import BREAD
from tests.helpers.virtual_modem import VirtualModem
from tests.helpers.window_keys import Keyboard
from tests.ui.test_till_looks import SCREENS, Cut, _cut
from tests.ui.till_desk import MANAGER_CARD, STAFF_CARD, TillDesk
from ui.devices import choices, wizard
from ui.devices.cycle import Cycle
from ui.printer import SlipPrinter

KEY = Qt.Key
EPSON = Port("/dev/ttyUSB3", "usb:04b8:0202:X7KF001", "EPSON TM-T20", ("usb:04b8:0202:X7KF001",))
POLE = Port("/dev/ttyUSB4", "usb:1a86:7523@1-1.2", "USB Serial", ("usb:1a86:7523@1-1.2",))
AWAY = Settings(
    printer=PrinterSettings("usb:04b8:0202:GONE"), display=DisplaySettings("/dev/ttyUSB4"), camera=CameraSettings("/no")
)

Opening = Callable[..., TillDesk]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """A till with these settings, on a machine with a printer and a display of its own kind plugged in."""
    made: list[TillDesk] = []
    monkeypatch.setattr(ports, "found", lambda: [EPSON, POLE])

    def opening(chosen: Settings | None = None, card: str = MANAGER_CARD, **looks: object) -> TillDesk:
        desk = TillDesk(qtbot, tmp_path / "till", settings=chosen or Settings(), **looks)  # type: ignore[arg-type]
        made.append(desk)
        desk.scan(card)
        _press_devices(desk)
        return desk

    yield opening
    for desk in made:
        desk.close()


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as made:
        yield made


def _press_devices(desk: TillDesk) -> None:
    QTest.keyClick(desk.window, KEY.Key_F12, Qt.KeyboardModifier.ControlModifier)


def _text(desk: TillDesk, name: str) -> str:
    label = desk.see(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


def _choose(desk: TillDesk, device: str) -> None:
    desk.view("devices").select([str(one) for one in DEVICES].index(device))


def test_every_device_is_there_with_its_state_cause_and_remedy(opened: Opening) -> None:
    desk = opened(AWAY, language="en")
    assert desk.panel == "devices"
    assert [row.title for row in desk.rows("devices")] == [
        texts.words("en").say(f"devices.name.{device}") for device in DEVICES
    ]
    assert [row.figures[0] for row in desk.rows("devices")[:3]] == ["not found", "no printer", "not found"]
    assert [row.waits for row in desk.rows("devices")[:4]] == [True, True, True, False]
    assert _text(desk, "device_what") == "It was not found (usb:04b8:0202:GONE)."
    assert _text(desk, "device_do").startswith("Check its cable and power.")

    desk.key(KEY.Key_Down, KEY.Key_Down)
    assert "/dev/ttyUSB4" in _text(desk, "device_where")
    assert "USB Serial" in _text(desk, "device_where")
    assert "by a number that changes" in _text(desk, "device_do")


def test_a_cashier_needs_the_managers_card_and_keeps_the_sale(opened: Opening) -> None:
    desk = opened(card=STAFF_CARD)
    assert (desk.panel, desk.heard[-1]) == ("devices_manager", "attention")
    desk.key(KEY.Key_Escape)
    desk.scan(BREAD.code)
    desk.touch_at(desk.see(QLabel, "status_printer"), QPoint(5, 5))  # a finger asks as well
    assert desk.panel == "devices_manager"
    desk.scan(MANAGER_CARD)
    assert (desk.panel, desk.heard[-1]) == ("devices", "accepted")
    assert _text(desk, "status_cashier") == "Радка"
    desk.key(KEY.Key_Escape)
    assert (desk.panel, len(desk.rows())) == ("", 1)


def test_a_cashier_who_signs_in_meanwhile_may_do_nothing(opened: Opening) -> None:
    desk = opened()
    desk.scan(STAFF_CARD)
    desk.touch("device_setup")
    assert (desk.panel, desk.tone) == ("devices", "refused")


def test_who_holds_a_busy_port_is_told(
    opened: Opening, printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = opened(Settings(printer=PrinterSettings(printer.path)), language="en")
    looked: list[str] = []
    monkeypatch.setattr(ports, "holder", lambda path: looked.append(path) or "ModemManager")  # type: ignore[func-returns-value]
    live = desk.window.devices
    live.states["printer"] = lambda: "busy"
    for _ in range(3):
        report = live.reports()[0]
    assert (report.state, report.holder, looked) == ("busy", "ModemManager", [printer.path])
    live.states["printer"] = lambda: "ready"
    assert live.reports()[0].holder == ""


def test_the_test_slip_is_printed_in_all_languages(opened: Opening, printer: VirtualPrinter, qtbot: QtBot) -> None:
    desk = opened(Settings(printer=PrinterSettings(printer.path)))
    parent = QObject()
    slips = SlipPrinter(desk.store, desk.till.settings, PROFILES["generic-80"], printer.path, parent)
    desk.key(KEY.Key_Return)
    assert (desk.tone, desk.message) == ("good", texts.words("bg").say("devices.say.slip_sent"))
    document = desk.store.jobs()[0].document
    assert [part.code for part in document if isinstance(part, Language)] == ["bg", "en", "sl", "fa", "bg"]

    qtbot.waitUntil(lambda: not desk.store.jobs("queued", "sending"), timeout=10_000)
    slips.stop()
    paper = [line.strip() for row in printer.rows() for line in as_text(row, 42).splitlines()]
    assert "абвгдежзийклмнопрстуфхцчшщъьюя" in paper
    assert "abcčdefghijklmnoprsštuvzž" in paper
    assert "abcdefghijklmnopqrstuvwxyz" in paper
    assert f"[EAN13 {slip.TRIAL_EAN}]" in paper
    assert f"[QR {slip.TRIAL_CODE}]" in paper
    assert desk.store.jobs()[0].state in ("printed", "taken")


def test_what_does_not_work_is_not_tried_but_said(opened: Opening) -> None:
    desk = opened(AWAY)
    desk.key(KEY.Key_Return)
    assert desk.store.jobs() == []
    assert (desk.tone, desk.heard[-1]) == ("attention", "attention")
    assert desk.message.startswith("Принтер за бележки: Не е намерено")


def test_the_three_sounds_are_heard(opened: Opening, qtbot: QtBot) -> None:
    desk = opened()
    desk.window.devices.states["sounds"] = lambda: "ready"
    _choose(desk, "sounds")
    desk.heard.clear()
    desk.touch("device_test")
    qtbot.waitUntil(lambda: desk.heard == ["accepted", "attention", "refused"], timeout=5000)


def test_no_sounds_are_claimed_where_none_can_be_heard(opened: Opening) -> None:
    desk = opened(language="en")
    desk.window.devices.states["sounds"] = lambda: "none"
    _choose(desk, "sounds")
    desk.touch("device_test")
    assert (desk.tone, desk.heard[-1]) == ("attention", "attention")
    assert "no loudspeakers" in desk.message


def test_a_trouble_that_the_page_does_not_show_yet_is_told(opened: Opening, printer: VirtualPrinter) -> None:
    desk = opened(Settings(printer=PrinterSettings(printer.path)), language="en")
    desk.window.devices.states["printer"] = lambda: "cover_open"
    desk.key(KEY.Key_Return)
    assert desk.store.jobs() == []
    assert "cover is open" in desk.message


def test_the_drawer_opens_on_record(opened: Opening, printer: VirtualPrinter) -> None:
    desk = opened(Settings(printer=PrinterSettings(printer.path)))
    _choose(desk, "drawer")
    desk.touch("device_test")
    assert "drawer_opened" in desk.acts()
    assert len(desk.store.jobs("queued")) == 1


def test_the_modem_is_asked_beside_the_window(opened: Opening, qtbot: QtBot) -> None:
    with VirtualModem({"AT+CPIN?": ("+CPIN: SIM PIN", "OK")}) as modem:
        desk = opened(Settings(sms=SmsSettings("modem", path=modem.path)), language="en")
        _choose(desk, "modem")
        desk.heard.clear()
        desk.touch("device_test")
        assert desk.message == texts.words("en").say("devices.say.asking")
        qtbot.waitUntil(lambda: desk.heard == ["attention"], timeout=10_000)
        assert "wants its PIN" in desk.message


def test_a_printer_is_chosen_by_what_it_is_and_kept(opened: Opening, tmp_path: Path) -> None:
    desk = opened()
    applied: list[Settings] = []
    desk.window.devices.appliers["printer"] = applied.append
    desk.touch("device_setup")
    assert desk.panel == "device_setup"
    assert [row.title for row in desk.rows("ports")] == ["Няма", "EPSON TM-T20", "USB Serial"]
    desk.key(KEY.Key_Down, KEY.Key_Tab, KEY.Key_Right, KEY.Key_Return, KEY.Key_Left, KEY.Key_F10)

    kept = settings.load(tmp_path / "till").printer
    assert (kept.path, kept.profile, kept.baud) == (EPSON.identity, "generic-58", 4800)
    assert [one.printer for one in applied] == [kept]
    assert (desk.panel, desk.message) == ("devices", texts.words("bg").say("devices.say.kept"))
    assert desk.rows("devices")[0].figures == ("не е намерено",)  # nothing is at that path here


def test_what_is_set_later_says_so(opened: Opening, tmp_path: Path) -> None:
    desk = opened(AWAY, language="en")
    _choose(desk, "display")
    desk.touch("device_setup")
    assert desk.view("ports").current == 2  # the settings had it by its number
    desk.touch("commands_on")
    desk.touch("panel_device_setup_done")

    kept = settings.load(tmp_path / "till").display
    assert (kept.path, kept.commands) == (POLE.identity, "epson")
    assert desk.message == texts.words("en").say("devices.say.kept_later")


def test_settings_that_cannot_be_kept_are_a_sentence(opened: Opening, tmp_path: Path) -> None:
    desk = opened()
    (tmp_path / "till/settings.toml").write_text("language = 7\n")
    desk.touch("device_setup")
    desk.key(KEY.Key_F10)
    assert (desk.panel, desk.tone) == ("device_setup", "refused")
    assert "settings.toml" in desk.message


def test_what_is_away_stays_chosen(opened: Opening, tmp_path: Path) -> None:
    desk = opened(AWAY)
    desk.touch("device_setup")
    assert [row.title for row in desk.rows("ports")][-1] == "usb:04b8:0202:GONE"
    desk.key(KEY.Key_F10)
    assert settings.load(tmp_path / "till").printer == AWAY.printer


def test_a_page_that_the_printer_lacks_is_given_up(opened: Opening) -> None:
    table = PrinterSettings(profile="generic-80", code_page="cp866")
    for profile in PROFILES.values():
        changed = choices.changed(table, "profile", profile.id)
        assert isinstance(changed, PrinterSettings)
        assert changed.code_page in ("", *profile.code_pages)
    odd = replace(table, baud=14_400)
    assert next(one for one in choices.choices("printer", odd) if one.name == "baud").options[-1] == 14_400


def test_it_looks_again_by_itself(opened: Opening, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = opened(Settings(printer=PrinterSettings("usb:04b8:0202:NEW")))
    there = Port("/dev/null", "usb:04b8:0202:NEW", "EPSON TM-T88", ("usb:04b8:0202:NEW",))
    monkeypatch.setattr(ports, "found", lambda: [there])
    qtbot.waitUntil(lambda: desk.rows("devices")[0].figures == ("включено",), timeout=5000)
    assert "EPSON TM-T88" in _text(desk, "device_where")


@pytest.mark.parametrize("size", SCREENS, ids=str)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_there_is_room_for_all_words(
    opened: Opening, monkeypatch: pytest.MonkeyPatch, language: str, size: tuple[int, int]
) -> None:
    desk = opened(AWAY, language=language, size=size)
    cut: list[tuple[str, Cut]] = []

    def look(where: str) -> None:
        cut.extend([(where, found)] if (found := _crowded(desk, monkeypatch, size)) else [])

    for device in DEVICES:
        _choose(desk, device)
        look(device)
        if device == "wedge":
            desk.touch("device_test")
            look("wizard")
            desk.touch("back")
        if device in choices.SET_UP:
            desk.touch("device_setup")
            look(f"{device} set-up")
            if device == "printer":
                profiles = desk.see(Cycle, "profile")
                for profile in PROFILES:
                    desk.touch("profile_on")
                    look(f"{device} {profile}")
                assert isinstance(profiles, Cycle)
                assert profiles.chosen == AWAY.printer.profile
            desk.key(KEY.Key_Escape)
    desk.scan(STAFF_CARD)
    desk.key(KEY.Key_Escape)
    _press_devices(desk)
    look("manager")
    assert cut == []


@pytest.mark.parametrize("size", SCREENS, ids=str)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_scanners_set_up_has_room_for_all_that_it_says(
    opened: Opening, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, language: str, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(wizard, "QUIET_MS", 60)
    monkeypatch.setattr(wizard, "HELP_MS", 200)
    desk, keyboard = opened(language=language, size=size), Keyboard()
    _choose(desk, "wedge")
    desk.touch("device_test")
    said, waiting = desk.window.findChild(QLabel, "heard_sentence"), desk.window.page.words.say("wizard.waiting")
    assert isinstance(said, QLabel)
    for code in CODES:
        qtbot.waitUntil(lambda: said.isVisible() and said.text() == waiting)
        assert _crowded(desk, monkeypatch, size) == []
        keyboard.scan(code.text[:7], gap_ms=250)  # too slow, and cut short
        qtbot.waitUntil(lambda: said.text() != waiting)
        assert _crowded(desk, monkeypatch, size) == []
        desk.touch("next")


def _crowded(desk: TillDesk, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> Cut:
    """What is cut off, where the window is still as large as the screen and fingers find its buttons."""
    cut, least = _cut(desk, monkeypatch), desk.window.minimumSizeHint()
    assert (least.width() <= size[0], least.height() <= size[1]) == (True, True), least
    assert desk.window.size().toTuple() == size
    buttons = [one for one in desk.window.findChildren(QPushButton) if one.isVisible()]
    assert [one.objectName() for one in buttons if min(one.height(), one.width()) < 48] == []
    return cut
