"""The one door for scans: keyboard wedge, serial scanner, camera and the demo sheet all come in here.

Keys are taken at the top-level windows, before any widget, dialog or menu sees them, so a scan is read
whatever has the focus. A scanner's keys stay here; a person's keys are given back in their order.
docs/scanning.md tells how one is known from the other.
"""

import logging
import time
from collections import deque
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from shiboken6 import isValid

from hardware.alt_codes import AltCodes
from hardware.keycodes import KeyStroke, keys_of
from hardware.scanner import Event, Read, Swallowed, Typing, WedgeReader, elapsed_ms, read_code
from hardware.scanner_settings import ScannerSettings

log = logging.getLogger(__name__)

_MODIFIER_KEYS = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
        Qt.Key.Key_ScrollLock,
    }
)
# As plain numbers: a scan is some forty events, and Python's own enumerations would take half of their time.
_SHIFT = Qt.KeyboardModifier.ShiftModifier.value
_CTRL = Qt.KeyboardModifier.ControlModifier.value
_ALT_GR = Qt.KeyboardModifier.GroupSwitchModifier.value
_COMMANDS = Qt.KeyboardModifier.AltModifier.value | Qt.KeyboardModifier.MetaModifier.value
_ALT = Qt.KeyboardModifier.AltModifier.value
_KEYPAD = Qt.KeyboardModifier.KeypadModifier.value
_QUESTION, _PRESS, _RELEASE = QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease
_TYPED_KEYS = {"\r": Qt.Key.Key_Return, "\n": Qt.Key.Key_Return, "\t": Qt.Key.Key_Tab}
_BARE = ScannerSettings()
"""Other devices than the keyboard put nothing around a code."""
_SLACK_MS = 5  # a key needs a moment from the keyboard to here

RawListener = Callable[[KeyStroke, QKeyEvent], object]


class ScanIntake(QObject):
    """Takes scans from everywhere and delivers them one at a time; lives in the window's thread.

    `scanned(code)` is a code to act on, with its AIM identifier (`]E0`) where the scanner sends one. While a
    slot of it runs (a dialog that it opened included), and between `pause()` and `resume()`, further scans wait
    in a queue, as long and as many as need be: none is dropped. After `block()` scans are not queued but come
    out of `refused(text)` until `acknowledge()`: what was scanned behind an unknown code has not been accepted,
    and must be heard not to be. What cannot be a code (too long, not text) is refused at any time.

    A code from the keyboard is delivered before any key that was pressed after it takes effect.
    """

    scanned = Signal(str)
    refused = Signal(str)
    _arrived = Signal(object)

    def __init__(self, settings: ScannerSettings | None = None, parent: QObject | None = None) -> None:
        """Listens at once, on all windows of the QGuiApplication, those that open later included."""
        super().__init__(parent)
        self.sources: set[str] = set()
        """Where something has come from since the start."""

        self._queue: deque[str] = deque()
        self._delivering = False
        self._paused = False
        self._blocked = False
        self._arrived.connect(self._receive)
        self._keyboard = _Keyboard(settings or ScannerSettings(), self)
        self._keyboard.read.connect(self._receive)

    @property
    def is_blocked(self) -> bool:
        """Whether scans are refused until `acknowledge()`."""
        return self._blocked

    @property
    def waiting_count(self) -> int:
        """Scans that were taken in and are not delivered yet."""
        return len(self._queue)

    def inject(self, text: str, source: str) -> None:
        """A code from another device than the keyboard (`camera`, `sheet`); from any thread."""
        self.take(read_code(text, _BARE, source))

    def take(self, read: Read) -> None:
        """The same from a device that has taken the code apart (`serial`)."""
        self._arrived.emit(read)

    def listen_raw(self, listener: RawListener | None) -> None:
        """Give every key to `listener` alone, before it is judged, and to no window or shortcut; None ends that."""
        self._keyboard.listener = listener

    def adopt(self, settings: ScannerSettings) -> None:
        """Read by other settings from the next key on."""
        self._keyboard.adopt(settings)

    def block(self) -> None:
        """Refuse further scans, those that wait included, until a person has seen why."""
        self._blocked = True
        waiting = list(self._queue)
        self._queue.clear()
        for text in waiting:
            self.refused.emit(text)

    def acknowledge(self) -> None:
        """A person has seen it: scans are taken again."""
        self._blocked = False

    def pause(self) -> None:
        """Let scans wait while the one before is still being worked on."""
        self._paused = True

    def resume(self) -> None:
        """Deliver what waited, in its order."""
        self._paused = False
        self._deliver()

    @Slot(object)
    def _receive(self, read: Read) -> None:
        self.sources.add(read.source)
        if isinstance(read, Swallowed):
            log.info("What came from %s is no code: %r", read.source, read.text)
            self.refused.emit(read.text)
        elif self._blocked:
            self.refused.emit(read.text)
        else:
            self._queue.append(read.code)
            self._deliver()

    def _deliver(self) -> None:
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._queue and not self._paused:
                self.scanned.emit(self._queue.popleft())
        finally:
            self._delivering = False


class _Origin(Struct):
    """A key event to give back, and the window it was meant for."""

    window: QWindow
    event: QKeyEvent


class _Keyboard(QObject):
    """Stands between the keyboard and the windows; `read` carries each Scan or Swallowed."""

    read = Signal(object)

    def __init__(self, settings: ScannerSettings, parent: QObject) -> None:
        super().__init__(parent)
        self.listener: RawListener | None = None
        keys = keys_of(QGuiApplication.platformName())
        self._reader = WedgeReader(settings, keys)
        self._alt_codes = AltCodes(keys)
        self._outbox: deque[Read | KeyStroke] = deque()
        self._on_its_way_back: QKeyEvent | None = None
        self._asked: tuple[KeyStroke, _Origin] | None = None
        self._last_ms, self._last_s = 0, 0.0
        self._hold = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._settle = QTimer(self, singleShot=True, interval=0)
        # Keys that queued up while the window was busy are only sure to be seen between the two timers.
        self._hold.timeout.connect(self._settle.start)
        self._settle.timeout.connect(self._flush)
        application = QGuiApplication.instance()
        if not isinstance(application, QGuiApplication):
            raise RuntimeError("The scan intake needs a QGuiApplication.")
        application.focusWindowChanged.connect(self._watch)
        for window in application.allWindows():
            self._watch(window)

    def adopt(self, settings: ScannerSettings) -> None:
        """Read by other settings; what the old reader still had is handed out."""
        before, self._reader = self._reader, WedgeReader(settings, keys_of(QGuiApplication.platformName()))
        if before.deadline is not None:
            self._hand_out(before.flush(before.deadline))

    @Slot(QWindow)
    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a scanner's keys from the window; everything else goes on."""
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWindow):
            return False
        if event is self._on_its_way_back:
            self._on_its_way_back = None
            return False
        kind = event.type()
        if event.key() in _MODIFIER_KEYS:
            if event.key() == Qt.Key.Key_Alt and not event.isAutoRepeat():
                text = self._alt_codes.end()  # at a press it is what was left when another window came between
                self._type(watched, text if kind is _RELEASE else "", event.timestamp())
            return False
        if event.modifiers().value & ~_KEYPAD == _ALT and self._alt_codes.takes(event.nativeScanCode()):
            if kind is _PRESS:
                self._alt_codes.press(event.nativeScanCode(), event.timestamp(), auto_repeat=event.isAutoRepeat())
            event.accept()
            return True
        if self.listener is not None:
            event.accept()
            if kind is not _QUESTION:
                self.listener(_stroke(event, _Origin(watched, event), pressed=kind is not _RELEASE), event)
            return True
        if kind is _QUESTION:
            is_kept = self._forestall_shortcut(watched, event)
        elif kind is _RELEASE and not event.isAutoRepeat() and self._reader.lets_go(_key(event)):
            return True
        else:
            is_kept = self._take(watched, event, pressed=kind is not _RELEASE)
        # A scan that was delivered meanwhile may have ended the window.
        return is_kept or not isValid(watched)

    def _forestall_shortcut(self, window: QWindow, event: QKeyEvent) -> bool:
        """Qt asks this before it looks for a shortcut: a key that may be a scanner's must not become one."""
        origin = _Origin(window, event)
        stroke = _stroke(event, origin, pressed=True)
        if self._reader.claims(stroke):
            self._asked = stroke, origin
            event.accept()
            return True
        self._hand_out(self._reader.make_way(stroke))
        return False

    def _take(self, window: QWindow, event: QKeyEvent, *, pressed: bool) -> bool:
        """Whether the key is kept; one that goes on does so behind everything that came before it."""
        stroke, origin = self._told(window, event, pressed=pressed)
        events = self._reader.feed(stroke)
        self._last_ms, self._last_s = stroke.timestamp_ms, time.monotonic()
        if not self._hold.isActive():
            self._wait()
        if self._reader.is_holding:
            origin.event = event.clone()  # Qt's own is gone once it was handled
        if not events:
            return True
        passes = isinstance(events[-1], Typing) and events[-1].strokes[-1] is stroke
        self._hand_out(events, stroke)
        return not passes

    def _type(self, window: QWindow, text: str, timestamp_ms: int) -> None:
        """A character that was typed by its number, as a key of its own."""
        for kind in (_PRESS, _RELEASE) if text else ():
            event = QKeyEvent(kind, _TYPED_KEYS.get(text, ord(text.upper()[0])), Qt.KeyboardModifier.NoModifier, text)
            stroke = _stroke(event, _Origin(window, event), pressed=kind is _PRESS)
            stroke = replace(stroke, timestamp_ms=timestamp_ms)
            if self.listener is not None:
                self.listener(stroke, event)
                continue
            events = self._reader.feed(stroke)
            self._last_ms, self._last_s = timestamp_ms, time.monotonic()
            self._wait()
            self._hand_out(events)

    def _told(self, window: QWindow, event: QKeyEvent, *, pressed: bool) -> tuple[KeyStroke, _Origin]:
        """A key in the reader's words; they were found before, when this press is what Qt has just asked about."""
        asked, self._asked = self._asked, None
        if asked is not None and pressed and _is_same(asked[0], event):
            asked[1].event = event
            return asked
        origin = _Origin(window, event)
        return _stroke(event, origin, pressed=pressed), origin

    def _wait(self) -> None:
        """Let the timers run as long as the reader's deadline lies ahead; a key that comes meanwhile moves that."""
        left_ms = self._left_ms()
        if left_ms is not None:
            self._hold.start(max(0, left_ms))

    def _left_ms(self) -> int | None:
        """How long the reader may still wait, None when nothing is due."""
        deadline_ms = self._reader.deadline
        if deadline_ms is None:
            return None
        passed_ms = int((time.monotonic() - self._last_s) * 1000)
        return elapsed_ms(self._last_ms, deadline_ms) + _SLACK_MS - passed_ms

    @Slot()
    def _flush(self) -> None:
        deadline_ms, left_ms = self._reader.deadline, self._left_ms()
        if deadline_ms is not None and left_ms is not None and left_ms <= 0:
            self._hand_out(self._reader.flush(deadline_ms))
        self._wait()

    def _hand_out(self, events: list[Event], passing: KeyStroke | None = None) -> None:
        """Act on events in their order, also when one opens a dialog in which further keys arrive."""
        for event in events:
            if isinstance(event, Typing):
                self._outbox.extend(stroke for stroke in event.strokes if stroke is not passing)
            else:
                self._outbox.append(event)
        while self._outbox:
            item = self._outbox.popleft()
            if isinstance(item, KeyStroke):
                self._give_back(item)
            else:
                self.read.emit(item)

    def _give_back(self, stroke: KeyStroke) -> None:
        assert isinstance(stroke.origin, _Origin)
        window = QGuiApplication.focusWindow() or stroke.origin.window
        if isValid(window):
            self._on_its_way_back = stroke.origin.event
            QCoreApplication.sendEvent(window, stroke.origin.event)


def _key(event: QKeyEvent) -> int | str:
    """What the reader knows a key by."""
    return event.nativeScanCode() or event.text().lower()


def _is_same(stroke: KeyStroke, event: QKeyEvent) -> bool:
    return (
        stroke.timestamp_ms == event.timestamp()
        and stroke.scan_code == event.nativeScanCode()
        and stroke.text == event.text()
        and stroke.auto_repeat == event.isAutoRepeat()
    )


def _stroke(event: QKeyEvent, origin: _Origin, *, pressed: bool) -> KeyStroke:
    """A key event in the reader's words."""
    modifiers = event.modifiers().value
    is_command = modifiers & _COMMANDS
    return KeyStroke(
        scan_code=0 if is_command else event.nativeScanCode(),
        text="" if is_command else event.text(),
        timestamp_ms=event.timestamp() or time.monotonic_ns() // 1_000_000,
        shift=bool(modifiers & _SHIFT),
        pressed=pressed,
        auto_repeat=event.isAutoRepeat(),
        ctrl=bool(modifiers & _CTRL),
        alt_gr=bool(modifiers & _ALT_GR),
        origin=origin,
    )
