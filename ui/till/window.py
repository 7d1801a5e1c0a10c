"""The main window: the sign-in page, the till behind it, and the lock between them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent, QWindow
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from db.store import StoreTrouble
from pos_app.loyalty.words import Words
from pos_app.till import Till
from ui import theme
from ui.intake import ScanIntake
from ui.till.held_keys import HeldKeys
from ui.till.sign_in import SignInPage

if TYPE_CHECKING:  # loaded with the page, which the first paint does not need
    from db.link import Link
    from pos_app.printing import PrinterState
    from ui.camera.feed import CameraFeed
    from ui.devices.live import LiveDevices
    from ui.till.actions import Actions
    from ui.till.page import TillPage
    from ui.till.status import Clock

_SECOND_MS = 1000
_CENTRE_KEY = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_F11)
_WORK = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.Wheel,
    }
)


class TillWindow(QMainWindow):
    """The till of one working place; nobody gets past the sign-in page unknown, and the basket waits for them.

    To be heard: `accepted`, `attention`, `refused`. `locked` says that the sign-in page is shown, `slip_seen`
    carries a slip of `PrinterState.unsure` that a person has told about, `backlog_answered` which slips of
    `PrinterState.backlog` are still wanted; `quoted` and
    `completed` are the page's.
    """

    accepted = Signal()
    attention = Signal()
    refused = Signal()
    locked = Signal()
    slip_seen = Signal(int)
    quoted = Signal(object, object)
    completed = Signal(object)
    backlog_answered = Signal(str)

    def __init__(self, till: Till, words: Words, intake: ScanIntake, sign_in: SignInPage) -> None:
        super().__init__()
        self.setObjectName("till_window")
        self.setWindowTitle(next(iter(till.settings.shop_lines), "pos-app"))
        self._till = till
        self._intake = intake
        self._sign_in = sign_in
        self._words = words
        theme.direct(words)
        self._made: Actions | None = None
        self._devices: LiveDevices | None = None
        self._printer: PrinterState | None = None
        self._serial_scanner = "none"
        self._camera: CameraFeed | None = None
        self._link: Link | None = None
        self._has_centre = False
        self._warnings: Sequence[str] = ()
        self._base = 0
        self._pages = QStackedWidget()
        self._pages.addWidget(sign_in)
        self.setCentralWidget(self._pages)
        self._idle = _Idle(till.settings.lock_after_s, self)
        self._idle.timeout.connect(self.lock)
        self._held_keys = HeldKeys(self)
        sign_in.signed_in.connect(lambda _staff: self._unlock())
        intake.scanned.connect(self._on_scanned)
        intake.refused.connect(self._on_refused)
        if till.staff is not None:
            self._unlock()

    @property
    def page(self) -> "TillPage":
        """The till behind the sign-in page; made when it is first asked for."""
        return self._actions.page

    @property
    def devices(self) -> "LiveDevices":
        """What the till knows of its devices; loaded when it is first asked for."""
        if self._devices is None:
            from ui.devices.live import LiveDevices

            self._devices = LiveDevices(self._till.settings, self._till.store.path)
        return self._devices

    def prepare(self) -> None:
        """Make the page now, so that nobody waits for it when they have signed in."""
        self.page.ensurePolished()

    def speak(self, words: Words) -> None:
        """Show everything in another language: the page is built anew, since all it shows stands in the till."""
        self._words = words
        theme.direct(words)
        old, was_shown = self._made, not self.is_locked
        self._made = None
        if was_shown:
            self._unlock()
        if old is not None:
            self._pages.removeWidget(old.page)
            old.page.deleteLater()

    def show_printer(self, state: "PrinterState") -> None:
        """Show how the printer is; a slip that may not be whole is asked about, one at a time."""
        self._printer = state
        if self._made is not None:
            self.page.status.show_printer(state)
            self._raise_alarm()

    def show_serial_scanner(self, state: str) -> None:
        """Show how the scanner on a serial port is (`hardware.serial_scanner.ScannerState`)."""
        self._serial_scanner = state
        if self._made is not None:
            self.page.status.show_serial_scanner(state)

    def show_camera(self, feed: "CameraFeed") -> None:
        """Show how the camera is, and what it sees when the cashier asks for it."""
        self._camera = feed
        if self._made is not None:
            self.page.show_camera(feed)

    def show_link(self, link: "Link | None") -> None:
        """Show how the link with the centre is, which this till has."""
        self._link, self._has_centre = link, True
        if self._made is not None:
            self.page.show_link(link, has_one=True)

    def refresh(self) -> None:
        """Accounts have changed by what the centre has told: show what is open as it is now."""
        if self._made is not None and not self.is_locked:
            self._actions.refreshed()

    def warn(self, sentences: Sequence[str]) -> None:
        """Somebody has to see these before work goes on; they wait until there is somebody."""
        self._warnings = tuple(sentences)
        self._raise_alarm()

    def tell(self, tone: str, text: str) -> None:
        """Say something in the strip of messages; `tone` is calm, good, attention or refused."""
        self.page.tell(tone, text)

    @property
    def is_locked(self) -> bool:
        return self._pages.currentWidget() is self._sign_in

    def lock(self) -> None:
        """Sign the cashier out and show the sign-in page; the open basket stays."""
        if not self.is_locked:
            self._actions.leave()
            self._pages.setCurrentWidget(self._sign_in)
            self._idle.stop()
            try:
                self._till.sign_in.out()
            except StoreTrouble as trouble:  # locked all the same
                self.page.tell_trouble(trouble)
            self.locked.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None:
            self._idle.watch(handle)
            self._held_keys.watch(handle)
        self.activateWindow()  # where no window manager gives it the keyboard

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._dress()
        super().resizeEvent(event)

    @property
    def _actions(self) -> "Actions":
        if self._made is None:
            self._made = self._open_page()
        return self._made

    def _open_page(self) -> "Actions":
        from ui.till.actions import Actions
        from ui.till.page import TillPage
        from ui.till.status import Clock

        page = TillPage(self._till, self._words)
        self._pages.addWidget(page)
        actions = Actions(page, self._intake, lambda: self.devices)
        for name in ("accepted", "attention", "refused", "quoted", "completed"):
            getattr(page, name).connect(getattr(self, name))
        actions.lock_wanted.connect(self.lock)
        actions.slips.seen.connect(self._on_slip_seen)
        actions.slips.backlog_answered.connect(self._on_backlog_answered)
        page.alarm_over.connect(self._raise_alarm)
        for keys, act in ((Qt.Key.Key_Escape, actions.back), (_CENTRE_KEY, actions.show_centre)):
            shortcut = QShortcut(QKeySequence(keys), page)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(act)
        if self._printer is not None:
            page.status.show_printer(self._printer)
        page.status.show_serial_scanner(self._serial_scanner)
        if self._camera is not None:
            page.show_camera(self._camera)
        page.show_link(self._link, has_one=self._has_centre)
        clock = Clock(page)
        clock.timeout.connect(lambda: self._tick(page, clock))
        self._tick(page, clock)
        return actions

    def _unlock(self) -> None:
        """Somebody is known: go on with the basket as it is."""
        staff = self._till.staff
        if staff is not None:
            self.page.status.show_cashier(staff.name)
            self._pages.setCurrentWidget(self.page)
            self._actions.resume()
            self._idle.restart()
            self._raise_alarm()

    def _raise_alarm(self) -> None:
        """What waits to be seen, one after the other, where somebody is there to see it."""
        if self.is_locked or self.page.alarm is not None:
            return
        if self._warnings:
            self._actions.warn(self._warnings, self._on_warnings_seen)
        elif self._printer is not None and self._printer.unsure:
            self._actions.slips.ask_about(self._printer.unsure[0], self._printer.condition)
        elif self._printer is not None and self._printer.backlog and self._actions.is_between_sales:
            self._actions.slips.ask_for_backlog(self._printer.backlog)

    def _on_warnings_seen(self) -> None:
        self._warnings = ()

    def _on_slip_seen(self, slip: int) -> None:
        if self._printer is not None:
            unsure = tuple(other for other in self._printer.unsure if other != slip)
            self._printer = self._printer._replace(unsure=unsure)
        self.slip_seen.emit(slip)

    def _on_backlog_answered(self, answer: str) -> None:
        if self._printer is not None:
            self._printer = self._printer._replace(backlog=0)
        self.backlog_answered.emit(answer)

    def _on_scanned(self, code: str) -> None:
        if self.is_locked:
            if self._sign_in.scan(code):
                self.accepted.emit()
            else:
                self.refused.emit()
        else:
            self._idle.restart()
            self._actions.scan(code)

    def _on_refused(self, text: str) -> None:
        if self.is_locked:
            self.refused.emit()
        else:
            self._actions.refuse_scan(text)

    def _tick(self, page: "TillPage", clock: "Clock") -> None:
        now = self._till.now()
        page.status.show_clock(now)
        clock.wait(now)

    def _dress(self) -> None:
        """Give the window sizes that fit its height; nothing happens while that stays the same."""
        base = theme.base_px(self.height())
        if base != self._base:
            self._base = base
            theme.dress(self, base)


class _Idle(QTimer):
    """Times out when nobody has done anything for so many seconds; 0 is never.

    It looks at what the window system sends to the window, not at what every widget gets: that would cost as
    much again as everything else. Once it has seen somebody work it looks away for a second, since a scan is some
    forty events.
    """

    def __init__(self, after_s: int, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("idle")
        self.setSingleShot(True)
        self.setInterval(after_s * _SECOND_MS)
        self._window: QWindow | None = None
        self._rest = QTimer(self, singleShot=True, interval=_SECOND_MS)
        self._rest.timeout.connect(self._look)

    def watch(self, window: QWindow) -> None:
        self._window = window
        self._look()

    def _look(self) -> None:
        if self._window is not None:
            self._window.installEventFilter(self)

    def restart(self) -> None:
        if self.interval():
            self.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.isActive() and event.type() in _WORK:
            self.start()
            watched.removeEventFilter(self)
            self._rest.start()
        return False
