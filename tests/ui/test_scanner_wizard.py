"""The scanner's set-up: real keys, what it says of them, the settings it hands on; and nothing presses its buttons."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.scanner_trial import CODES
from pos_app import settings as settings_file
from pos_app import texts
from pos_app.device_settings import ScannerSettings, SerialScannerSettings
from pos_app.settings import Settings
from tests.helpers.screen import codes_on
from tests.helpers.strokes import ENTER, burst, press_code
from tests.helpers.trial_scanner import TrialScanner, layout
from ui import theme
from ui.devices import profile, wizard
from ui.devices.wizard import ScannerWizard
from ui.intake import ScanIntake

SERIAL = SerialScannerSettings(path="/dev/ttyACM0", baud=115200)
_QT_KEYS = {ENTER: Qt.Key.Key_Return}


class Setup:
    """A wizard that is to be seen, the intake below it, and what came out of both."""

    def __init__(self, qtbot: QtBot, language: str = "en", scanner: ScannerSettings | None = None) -> None:
        self._qtbot = qtbot
        self.intake = ScanIntake()
        self.scans: list[str] = []
        self.intake.scanned.connect(self.scans.append)
        self.wizard = ScannerWizard(texts.words(language), scanner or ScannerSettings(), SERIAL, self.intake)
        qtbot.addWidget(self.wizard)
        theme.dress(self.wizard, 16)
        self.outcomes: list[object] = []
        self.wizard.finished.connect(lambda *settings: self.outcomes.append(settings))
        self.wizard.cancelled.connect(lambda: self.outcomes.append("cancelled"))
        self.wizard.resize(1366, 768)
        self.wizard.show()
        self.wizard.activateWindow()
        qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is self.wizard.windowHandle())

    def scan(self, strokes: Sequence[KeyStroke]) -> None:
        """Send keys as a scanner does, all at once, and wait until they have been judged."""
        for stroke in strokes:
            kinds = [QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress] if stroke.pressed else [QEvent.Type.KeyRelease]
            for kind in kinds:
                self._send(kind, stroke)
        self.wait()

    def wait(self) -> None:
        """Until what came has been judged."""
        self._qtbot.waitUntil(lambda: not self.wizard.is_listening)

    def _send(self, kind: QEvent.Type, stroke: KeyStroke) -> None:
        modifiers = Qt.KeyboardModifier.ShiftModifier if stroke.shift else Qt.KeyboardModifier.NoModifier
        if stroke.ctrl:
            modifiers |= Qt.KeyboardModifier.ControlModifier
        key = _QT_KEYS.get(stroke.scan_code, Qt.Key.Key_unknown)
        event = QKeyEvent(kind, key, modifiers, stroke.scan_code, 0, 0, stroke.text, stroke.auto_repeat)
        event.setTimestamp(stroke.timestamp_ms)
        QCoreApplication.sendEvent(self.wizard.windowHandle(), event)

    def press_with_alt(self, stroke: KeyStroke) -> None:
        for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            modifiers = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.KeypadModifier
            event = QKeyEvent(kind, Qt.Key.Key_1, modifiers, stroke.scan_code, 0, 0, "", False)
            event.setTimestamp(stroke.timestamp_ms)
            QCoreApplication.sendEvent(self.wizard.windowHandle(), event)

    def let_alt_go(self, at_ms: int) -> None:
        event = QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Alt, Qt.KeyboardModifier.NoModifier)
        event.setTimestamp(at_ms)
        QCoreApplication.sendEvent(self.wizard.windowHandle(), event)

    def scan_all(self, scanner: TrialScanner) -> None:
        for code in CODES:
            self.scan(scanner.strokes(code.text))

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.wizard.windowHandle(), key)
        self.wait()

    def text(self, name: str) -> str:
        found = self.wizard.findChild(QLabel, name)
        return found.text() if isinstance(found, QLabel) else ""

    def button(self, name: str) -> QPushButton:
        found = self.wizard.findChild(QPushButton, name)
        assert isinstance(found, QPushButton)
        return found


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The till's own pauses are for hands; here keys come with nothing between them."""
    monkeypatch.setattr(wizard, "QUIET_MS", 60)
    monkeypatch.setattr(wizard, "ALONE_MS", 20)


@pytest.fixture
def setup(qtbot: QtBot) -> Iterator[Setup]:
    made = Setup(qtbot)
    yield made
    made.wizard.hide()
    made.intake.deleteLater()


def test_three_scans_and_enter_set_a_scanner_up(setup: Setup) -> None:
    setup.scan_all(TrialScanner(prefix="%", system=layout("bg"), gap_ms=60))
    assert setup.text("outcome") == "The till can read this scanner"
    assert "Bulgarian" in setup.text("finding_layout_sentence")
    assert setup.outcomes == []
    setup.press(Qt.Key.Key_Return)
    assert setup.outcomes == [(ScannerSettings(gap_max_ms=90, gap_mean_max_ms=75, prefix="%"), None)]


def test_scale_labels_stay_as_they_were(qtbot: QtBot) -> None:
    setup = Setup(qtbot, scanner=ScannerSettings(scale_labels=("28IIIIIWWWWWC",), prefix="old"))
    setup.scan_all(TrialScanner())
    setup.press(Qt.Key.Key_Return)
    assert setup.outcomes == [(ScannerSettings(scale_labels=("28IIIIIWWWWWC",)), None)]
    setup.wizard.hide()


def test_a_code_that_came_wrong_is_told_at_once_and_can_come_again(setup: Setup) -> None:
    setup.scan(burst("0123456"))
    assert "7 of 13" in setup.text("heard_sentence")
    assert setup.text("step") == "Code 1 of 3"
    assert setup.button("next").text() == "Go on with what came"
    setup.scan(burst(CODES[0].text))
    assert setup.text("heard_sentence") == "Code 1 came as it should."
    assert setup.text("step") == "Code 2 of 3"


def test_the_code_before_scanned_again_changes_nothing(setup: Setup) -> None:
    setup.scan(burst(CODES[0].text))
    setup.scan(burst(CODES[0].text))
    assert setup.text("heard_sentence") == "That was another code. Scan the one that is shown now."
    assert setup.text("step") == "Code 2 of 3"


@pytest.mark.parametrize("leads", [False, True], ids=["Enter behind", "Enter before"])
@pytest.mark.parametrize("focus", ["next", "leave", "back"])
def test_no_enter_of_a_scanner_presses_a_button(setup: Setup, focus: str, leads: bool) -> None:
    setup.scan(burst(CODES[0].text))
    setup.button(focus).setFocus()
    lead = [press_code(ENTER, 995)] if leads else []
    setup.scan([*lead, *burst("completely different")])
    assert setup.text("step") == "Code 2 of 3"
    assert setup.outcomes == []


def test_what_is_scanned_here_reaches_neither_the_sale_nor_a_shortcut(setup: Setup) -> None:
    hits: list[str] = []
    QShortcut(QKeySequence("F10"), setup.wizard).activated.connect(lambda: hits.append("F10"))
    setup.scan_all(TrialScanner())
    setup.press(Qt.Key.Key_F10)
    assert (setup.scans, hits) == ([], [])
    setup.wizard.hide()
    setup.wizard.show()
    setup.wizard.hide()
    assert setup.intake.waiting_count == 0


def test_esc_goes_back_a_step_and_then_out(setup: Setup) -> None:
    setup.scan(burst(CODES[0].text))
    setup.press(Qt.Key.Key_Escape)
    assert setup.text("step") == "Code 1 of 3"
    setup.press(Qt.Key.Key_Escape)
    assert setup.outcomes == ["cancelled"]


def test_tab_and_arrows_reach_every_button(setup: Setup) -> None:
    setup.scan(burst(CODES[0].text))
    reached = []
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Right, Qt.Key.Key_Left):
        setup.press(key)
        focused = setup.wizard.focusWidget()
        reached.append(focused.objectName() if focused else "")
    assert reached == ["back", "leave", "back"]
    setup.press(Qt.Key.Key_Space)
    assert setup.text("step") == "Code 1 of 3"


def test_arrows_go_to_the_side_that_they_show_in_persian(qtbot: QtBot) -> None:
    setup = Setup(qtbot, "fa")
    setup.wizard.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    setup.press(Qt.Key.Key_Return)
    leave, onward = setup.button("leave"), setup.button("next")
    qtbot.waitUntil(lambda: onward.x() < leave.x() < setup.button("back").x())
    assert onward.hasFocus()
    setup.press(Qt.Key.Key_Right)
    assert leave.hasFocus()
    setup.press(Qt.Key.Key_Left)
    assert onward.hasFocus()
    setup.wizard.hide()


def test_codes_can_be_left_out(setup: Setup) -> None:
    for _ in CODES:
        setup.press(Qt.Key.Key_Return)
    assert setup.text("outcome") == "The till cannot read this scanner yet"
    assert setup.text("finding_nothing_sentence") == "No code has come."
    setup.press(Qt.Key.Key_Return)
    assert setup.text("step") == "Code 1 of 3"


def test_a_scanner_that_has_to_be_set_itself_changes_no_settings(setup: Setup) -> None:
    for code in CODES:
        setup.scan(burst(code.text.upper()))
        if setup.button("next").text() == "Go on with what came":
            setup.press(Qt.Key.Key_Return)
    assert "capitals" in setup.text("finding_case_upper_sentence")
    assert setup.button("next").text() == "Start again"
    assert setup.outcomes == []


def test_a_serial_scanner_is_set_up_by_its_bytes(setup: Setup) -> None:
    for code in CODES:
        line = f"\x02{code.text}\x03\r\n".encode()
        for piece in (line[:5], line[5:]):
            setup.wizard.take_bytes(piece)
        setup.wait()
    setup.press(Qt.Key.Key_Return)
    serial = SerialScannerSettings(path="/dev/ttyACM0", baud=115200, prefix="\x02", suffix="\x03")
    assert setup.outcomes == [(ScannerSettings(), serial)]


def test_every_code_can_be_read_from_the_screen(setup: Setup) -> None:
    for code in CODES:
        symbology = {"EAN13": "EAN13", "CODE128": "CODE128"}[code.symbology]
        wanted = {(symbology, code.text)} | ({("QRCODE", code.text)} if code.as_qr else set())
        assert set(codes_on(setup.wizard)) == wanted
        setup.press(Qt.Key.Key_Return)


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (960, 640)])
def test_every_text_has_its_room(qtbot: QtBot, language: str, size: tuple[int, int]) -> None:
    setup = Setup(qtbot, language)
    theme.dress(setup.wizard, theme.base_px(size[1]))
    setup.wizard.resize(*size)
    for number in range(len(CODES)):
        setup.scan(burst(CODES[number].text[:6]))
        assert setup.text("heard_sentence")
        assert _cut_off(setup.wizard) == []
        setup.press(Qt.Key.Key_Return)
    assert _cut_off(setup.wizard) == []
    assert setup.wizard.size().toTuple() == size
    setup.wizard.hide()


def _cut_off(window: ScannerWizard) -> list[str]:
    """The texts and buttons that are seen and have less room than they need."""
    QCoreApplication.processEvents()  # lays out what has changed
    found = []
    parts: list[QLabel | QPushButton] = [*window.findChildren(QLabel), *window.findChildren(QPushButton)]
    for part in parts:
        if not part.isVisible() or not part.text():
            continue
        needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.sizeHint().height()
        if part.height() < needed or (not part.hasHeightForWidth() and part.width() < part.sizeHint().width()):
            found.append(f"{part.objectName()}: {part.text()}")
    return found


def test_settings_are_kept_and_the_running_intake_takes_them(setup: Setup, tmp_path: Path) -> None:
    settings_file.save(Settings(language="sl", shop_lines=("Zadruga",)), tmp_path)
    found = ScannerSettings(prefix="\x02", suffix="\x03", gap_max_ms=90)
    profile.keep(tmp_path, found, None)
    kept = settings_file.load(tmp_path)
    assert kept == Settings(language="sl", shop_lines=("Zadruga",), scanner=found)

    setup.wizard.hide()
    setup.intake.adopt(profile.wedge(kept.scanner))
    setup.scan(TrialScanner(prefix="\x02", suffix="\x03").strokes("2912345678906"))
    assert setup.scans == ["2912345678906"]


def test_a_scanner_that_types_characters_by_their_numbers_is_set_up_too(setup: Setup) -> None:
    keypad = {digit: scan_code for scan_code, digit in X11_KEYS.keypad.items()}
    now_ms = 1000
    for code in CODES:
        for character in f"{code.text}\r":
            for digit in f"{ord(character):04}":
                stroke = KeyStroke(keypad[digit], "", now_ms, shift=False, pressed=True, auto_repeat=False)
                setup.press_with_alt(stroke)
                now_ms += 2
            setup.let_alt_go(now_ms)
        setup.wait()
        now_ms += 5000
    assert setup.text("outcome") == "The till can read this scanner"
    setup.press(Qt.Key.Key_Return)
    assert setup.outcomes == [(ScannerSettings(), None)]
