"""The page of devices: each with its state in words, what is wrong and what to do, its test and its set-up."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from pos_app import devices
from pos_app.devices import Device, Report
from pos_app.loyalty.words import Words
from ui import theme
from ui.devices import choices
from ui.till.glyphs import Glyph
from ui.till.panel import Panel, is_enter
from ui.till.rows import Row, RowsView
from ui.till.say import button, label

_LOOK_MS = 2000
_STATE_EM = 9


class ManagerPanel(Panel):
    """Waits for the manager's card."""

    def __init__(self, words: Words, scan: Callable[[str], bool]) -> None:
        """`scan` tells whether a code was that card."""
        super().__init__("devices_manager", words.say("devices.manager.title"), words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scan = scan
        hint = label("large", words.say("devices.manager.hint"), "devices_manager_hint")
        hint.setWordWrap(True)
        self.column.addStretch(1)
        self.column.addWidget(Glyph("card", 8), alignment=Qt.AlignmentFlag.AlignCenter)
        self.column.addWidget(hint)
        self.column.addStretch(2)

    def enter(self) -> None:
        self.setFocus()

    def take_scan(self, code: str) -> bool:
        return self._scan(code)


class DevicesPanel(Panel):
    """All devices at one side, the chosen one at the other; it looks again by itself, and when `look_wanted`.

    `test_wanted(device)` by Enter or its button, `setup_wanted(device)`.
    """

    look_wanted = Signal()
    test_wanted = Signal(str)
    setup_wanted = Signal(str)

    def __init__(self, words: Words, reports: Sequence[Report], current: Device) -> None:
        """`current` is chosen first."""
        super().__init__("devices", words.say("devices.title"), words)
        self._reports: list[Report] = []
        self.list = _List((_STATE_EM,))
        self.list.setObjectName("devices")
        self._what = label("large", name="device_what")
        self._do = label("", name="device_do")
        self._where = label("muted", name="device_where")
        self._name = label("strong", name="device_name")
        self._test = self._button("primary", "device_test", lambda: self.test_wanted.emit(self.current.device))
        self._set_up = self._button("", "device_setup", lambda: self.setup_wanted.emit(self.current.device))
        self._set_up.setText(words.say("devices.set_up"))
        self._retry = self._button("", "devices_retry", self.look_wanted.emit)
        self._retry.setText(words.say("devices.retry"))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.list, 9)
        row.addWidget(self._card(), 10)
        self.column.addLayout(row, 1)
        self.list.moved.connect(lambda _row: self._show_current())
        self.list.tried.connect(self._test.click)
        self.show_reports(reports)
        self.list.select([report.device for report in reports].index(current))
        timer = QTimer(self, interval=_LOOK_MS)
        timer.timeout.connect(self.look_wanted)
        timer.start()

    @property
    def current(self) -> Report:
        """The device that is chosen."""
        return self._reports[max(0, self.list.current)]

    def show_reports(self, reports: Sequence[Report]) -> None:
        """How the devices are now; nothing happens while that stays the same."""
        if list(reports) != self._reports:
            self._reports = list(reports)
            self.list.set_rows([self._row(report) for report in reports], max(0, self.list.current))
            self._show_current()

    def enter(self) -> None:
        self.list.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        if is_enter(event) and isinstance(focused, QPushButton):
            focused.click()
        else:
            super().keyPressEvent(event)

    def _row(self, report: Report) -> Row:
        say = self.words.say
        return Row(
            say(f"devices.name.{report.device}"),
            devices.what(report, self.words),
            (say(f"devices.short.{report.state}"),),
            is_dim=report.state == "none",
            waits=report.ok is False,
        )

    def _card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("device")
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        for part in (self._name, self._what, self._do, self._where):
            part.setWordWrap(True)
            column.addWidget(part)
        column.addStretch(1)
        column.addWidget(self._test)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._set_up, 1)
        row.addWidget(self._retry, 1)
        column.addLayout(row)
        return card

    def _button(self, role: str, name: str, act: Callable[[], object]) -> QPushButton:
        made = button(role, "", name)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.clicked.connect(act)
        return made

    def _show_current(self) -> None:
        report, words = self.current, self.words
        self._name.setText(words.say(f"devices.name.{report.device}"))
        self._what.setText(devices.what(report, words))
        self._do.setText(devices.remedy(report, words) or words.say("devices.no_remedy"))
        place = devices.where(report, words)
        self._where.setText(words.say("devices.plugged", where=place) if place else "")
        self._test.setText(words.say(f"devices.test.{report.device}"))
        self._set_up.setVisible(report.device in choices.SET_UP)
        theme.set_tone(self._what, "refused" if report.ok is False else "calm")


class _List(RowsView):
    """The devices; a touch only chooses one, Enter tries it: `tried`."""

    tried = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event):
            self.tried.emit()
        else:
            super().keyPressEvent(event)
