"""The set-up of a scanner: three test codes on the screen, what came of them, and the settings that read it.

While the wizard is to be seen every key comes to it alone. A key that follows another closely is a scanner's; Enter,
Esc, Tab and the arrows act only when nothing came before them for a while, and nothing comes right behind them. So a
scanner presses no button here whatever it sends, even one that sends an Enter first.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from hardware.keycodes import KeyStroke, keys_of
from hardware.scanner_trial import CODES, Heard, hear_bytes, hear_keys
from hardware.scanner_verdict import ScannerVerdict, Trial, first_look, is_another, judge
from pos_app.device_settings import ScannerSettings, SerialScannerSettings
from pos_app.loyalty.words import Words
from ui.devices.code_card import CodeCard
from ui.devices.findings import FindingList, Strip, sentence
from ui.devices.profile import chosen, wedge
from ui.intake import ScanIntake
from ui.till.say import label

QUIET_MS = 800
"""A code is over when nothing came for so long."""
ALONE_MS = 150
"""A key that acts is alone for so long."""
HELP_MS = 20_000
"""When nothing has come for so long, it is said why that may be."""
_MARGIN, _GAP = 16, 10

_ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_ASIDE = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Right, Qt.Key.Key_Left)
_SCROLLS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -4, Qt.Key.Key_PageDown: 4}


class ScannerWizard(QWidget):
    """Takes a person through the three codes and a summary; a panel that fills whatever it is put into.

    `finished(ScannerSettings, SerialScannerSettings | None)` carries the settings to keep, the second of them when
    the scanner speaks on a serial port; `cancelled` that nothing is to change.
    """

    finished = Signal(object, object)
    cancelled = Signal()
    _came = Signal(bytes)

    def __init__(
        self, words: Words, scanner: ScannerSettings, serial: SerialScannerSettings, intake: ScanIntake
    ) -> None:
        """`scanner` and `serial` are the settings in force; whoever keeps the new ones also gives them to `intake`."""
        super().__init__()
        self._words, self._intake = words, intake
        self._scanner, self._serial = scanner, serial
        self._keys = keys_of(QGuiApplication.platformName())
        self._strokes: list[KeyStroke] = []
        self._bytes = bytearray()
        self._lone: Qt.Key | None = None
        self._trials: list[Trial | None] = [None] * len(CODES)
        self._step = 0
        self.verdict: ScannerVerdict | None = None
        """What was found out, once the codes are through."""

        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        # Keys that queued up while the window was busy are only sure to be seen between the two timers.
        self._settle = self._timer(0, self._over)
        self._quiet = self._timer(QUIET_MS, self._settle.start)
        self._help = self._timer(HELP_MS, lambda: self._tell("attention", "wizard.waiting"))
        self._came.connect(self._take_bytes)
        self._build()
        self.restart()

    def take_bytes(self, data: bytes) -> None:
        """What a serial scanner sent, cut anywhere; from any thread."""
        self._came.emit(data)

    def restart(self) -> None:
        """Begin with the first code."""
        self._trials = [None] * len(CODES)
        self.verdict = None
        self._clear_strip()
        self._show_step(0)

    def back(self) -> None:
        """The code before, or out of the wizard."""
        if self.verdict is not None:
            self.restart()
        elif self._step:
            self._clear_strip()
            self._show_step(self._step - 1)
        else:
            self.cancelled.emit()

    @property
    def is_listening(self) -> bool:
        """Whether something came that is not judged yet, because more may follow."""
        return self._quiet.isActive() or self._settle.isActive()

    # -- keys and bytes

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._intake.listen_raw(self._take)
        self._help.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._intake.listen_raw(None)
        for timer in (self._quiet, self._settle, self._help):
            timer.stop()
        super().hideEvent(event)

    def _take(self, stroke: KeyStroke, event: QKeyEvent) -> None:
        """Every key of the machine, before anybody has judged it."""
        if not stroke.pressed and not self._strokes:
            return  # it went down before
        is_first = not self._strokes
        self._strokes.append(stroke)
        if stroke.pressed:
            is_lone = is_first and not stroke.auto_repeat and self._acts(event)
            self._lone = Qt.Key(event.key()) if is_lone else None
            self._wait(ALONE_MS if is_lone else QUIET_MS)

    def _wait(self, quiet_ms: int) -> None:
        self._settle.stop()
        self._quiet.start(quiet_ms)

    @Slot()
    def _over(self) -> None:
        """Nothing more came: a key that was alone does what a person means by it, anything else was a code."""
        if self._lone is None:
            self._hear()
            return
        key, self._lone = self._lone, None
        self._strokes.clear()
        self._act(key)

    def _acts(self, event: QKeyEvent) -> bool:
        is_ours = event.key() in (*_ENTERS, *_ASIDE, *_SCROLLS, Qt.Key.Key_Escape)
        return is_ours and not event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )

    def _act(self, key: Qt.Key) -> None:
        if key is Qt.Key.Key_Escape:
            self.back()
        elif key in _ENTERS:
            focused = self.focusWidget()
            (focused if isinstance(focused, QPushButton) else self._next).click()
        elif key in _SCROLLS:
            self._list.move_on(_SCROLLS[key])
        else:
            onward = Qt.Key.Key_Right if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else Qt.Key.Key_Left
            self._move_focus(1 if key in (Qt.Key.Key_Tab, onward) else -1)

    def _move_focus(self, step: int) -> None:
        """To the next button of the wizard, or the one before; never out of it."""
        there = [one for one in (self._back, self._leave, self._again, self._next) if one.isVisible()]
        at = next((place for place, one in enumerate(there) if one.hasFocus()), -step)
        there[(at + step) % len(there)].setFocus(Qt.FocusReason.TabFocusReason)

    @Slot(bytes)
    def _take_bytes(self, data: bytes) -> None:
        if self.isVisible():
            self._bytes += data
            self._lone = None
            self._wait(QUIET_MS)

    def _hear(self) -> None:
        """Judge what came as the code on the screen."""
        heard = hear_bytes(bytes(self._bytes)) if self._bytes else hear_keys(self._strokes, self._keys)
        self._bytes.clear()
        self._strokes.clear()
        if self.verdict is None and not heard.is_nothing:
            self._judge_step(heard)

    def _judge_step(self, heard: Heard) -> None:
        self._help.start()
        trial = Trial(CODES[self._step], heard)
        if is_another(trial):
            self._tell("attention", "wizard.other")
            return
        self._trials[self._step] = trial
        wrong = first_look(trial)
        if wrong:
            said = [sentence(self._words, wrong[0]), self._words.say("wizard.once_more")]
            self._show_strip("refused", "\n".join(said))
            self._name_buttons()
            return
        self._tell("good", "wizard.came", step=self._step + 1)
        self._go_on()

    def _tell(self, tone: str, key: str, **values: object) -> None:
        self._show_strip(tone, self._words.say(key, **values))

    def _show_strip(self, tone: str, text: str) -> None:
        """Say something of the code; it takes the place of the hint."""
        self._hint.hide()
        self._strip.say(tone, text)

    def _clear_strip(self) -> None:
        self._strip.clear()
        self._hint.show()

    # -- steps

    def _go_on(self) -> None:
        if self._step + 1 < len(CODES):
            self._show_step(self._step + 1)
        else:
            self._conclude()

    def _show_step(self, step: int) -> None:
        self._step = step
        code = CODES[step]
        self._code.show_code(code)
        self._task.setText(self._words.say("wizard.scan_either" if code.as_qr else "wizard.scan"))
        self._count.setText(self._words.say("wizard.step", step=step + 1, steps=len(CODES)))
        self._pages.setCurrentIndex(0)
        self._name_buttons()
        self._help.start()

    def _conclude(self) -> None:
        self._help.stop()
        self.verdict = self._judged([trial for trial in self._trials if trial is not None])
        is_well = self.verdict.settings is not None
        self._outcome.setText(self._words.say("wizard.well" if is_well else "wizard.not_well"))
        self._list.show_findings(self._words, self.verdict.findings)
        self._count.clear()
        self._pages.setCurrentIndex(1)
        self._name_buttons()

    def _judged(self, trials: Sequence[Trial]) -> ScannerVerdict:
        """The verdict on the scanner that was heard last; what another one sent does not count."""
        source = trials[-1].heard.source if trials else "keys"
        return judge([trial for trial in trials if trial.heard.source == source], self._keys, wedge(self._scanner))

    def _press_next(self) -> None:
        if self.verdict is None:
            self._clear_strip()
            self._go_on()
        elif self.verdict.settings is None:
            self.restart()
        else:
            self._finish()

    def _finish(self) -> None:
        assert self.verdict is not None
        found = self.verdict.settings
        assert found is not None
        trial = [trial for trial in self._trials if trial is not None][-1]
        if trial.heard.source == "serial":
            serial = SerialScannerSettings(
                self._serial.path, self._serial.baud, self._serial.flow, found.prefix, found.suffix
            )
            self.finished.emit(self._scanner, serial)
        else:
            self.finished.emit(chosen(found, self._scanner), None)

    # -- the panel

    def _name_buttons(self) -> None:
        say = self._words.say
        self._again.setVisible(self.verdict is not None and self.verdict.settings is not None)
        if self.verdict is None:
            is_answered = self._trials[self._step] is not None
            self._next.setText(say("wizard.go_on" if is_answered else "wizard.skip"))
        else:
            self._next.setText(say("wizard.again" if self.verdict.settings is None else "wizard.keep"))
        self._next.setProperty("role", "primary" if self.verdict is not None else "")
        self._next.style().unpolish(self._next)
        self._next.style().polish(self._next)
        self._back.setText(say("wizard.back" if self._step or self.verdict else "wizard.leave"))
        self._leave.setVisible(bool(self._step) or self.verdict is not None)
        self._next.setFocus()

    def _build(self) -> None:
        say = self._words.say
        self._count = label("large", name="step")
        self._task, self._outcome = label("headline", name="task"), label("headline", name="outcome")
        self._strip, self._code, self._list = Strip("heard"), CodeCard(), FindingList()
        self._hint = label("muted", say("wizard.hint"), "hint")
        for line in (self._task, self._outcome, self._hint):
            line.setWordWrap(True)
        self._pages = QStackedWidget()
        self._pages.addWidget(_column(self._task, self._code, self._strip, self._hint, stretched=self._code))
        self._pages.addWidget(
            _column(self._outcome, label("large", say("wizard.saw")), self._list, stretched=self._list)
        )
        head = QHBoxLayout()
        head.addWidget(label("headline", say("wizard.title"), "title"))
        head.addStretch(1)
        head.addWidget(self._count)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        rows.setSpacing(_GAP)
        rows.addLayout(head)
        rows.addWidget(self._pages, 1)
        rows.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        say = self._words.say
        self._back = _button("back", self.back)
        self._leave = _button("leave", self.cancelled.emit)
        self._again = _button("again", self.restart)
        self._next = _button("next", self._press_next)
        self._leave.setText(say("wizard.leave"))
        self._again.setText(say("wizard.again"))
        foot = QHBoxLayout()
        foot.setSpacing(_GAP)
        foot.addWidget(self._back)
        foot.addWidget(self._leave)
        foot.addStretch(1)
        foot.addWidget(self._again)
        foot.addWidget(self._next)
        return foot

    def _timer(self, interval_ms: int, action: Callable[[], object]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=interval_ms)
        timer.timeout.connect(action)
        return timer


def _column(*widgets: QWidget, stretched: QWidget) -> QWidget:
    column = QWidget()
    rows = QVBoxLayout(column)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(_GAP)
    for widget in widgets:
        rows.addWidget(widget, 1 if widget is stretched else 0)
    return column


def _button(name: str, action: Callable[[], object]) -> QPushButton:
    """A button that shows who has the keyboard; keys come to it through the wizard alone."""
    made = QPushButton()
    made.setObjectName(name)
    made.clicked.connect(lambda _checked: action())
    return made
