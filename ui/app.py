"""The window's wiring: shop, printer, scanner, sounds and pages become one running till."""

import gc
import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from db.store import StoreTrouble
from hardware.profiles import profile_of
from pos_app import settings as settings_file
from pos_app import shop, spending, texts
from pos_app.clock import SteadyClock
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.words import Words
from pos_app.settings import Settings
from pos_app.shop import Shop
from pos_app.till import Till
from ui import theme
from ui.devices.profile import wedge
from ui.intake import ScanIntake
from ui.till.sign_in import SignInPage
from ui.till.window import TillWindow

if TYPE_CHECKING:
    from ui.camera.feed import CameraFeed
    from ui.demo.windows import DemoWindows
    from ui.devices.note import DevicesNote
    from ui.line_display import CustomerLines
    from ui.link import CentreLink
    from ui.printer import SlipPrinter
    from ui.serial_scanner import SerialScans
    from ui.sounds import Sounds

log = logging.getLogger(__name__)

SLIPS_ELSE = "en"
"""The language of slips where the printer has no letters for the till's own."""

AGAIN = 75
"""How the window ends when it only has to be built anew."""
_IDLE_MS = 2000
_SIGNALS_MS = 250


def run(folder: Path, *, demo: str, printer: str | None, language: str | None) -> int:
    """Open the till of a data folder and stay until its window is closed; the exit code.

    `demo` is the programme whose demo shop it is to be, empty for a real till.
    """
    qt = QApplication(["pos-app", *theme.ARGUMENTS])
    theme.apply(qt)
    while (ended := _run_once(qt, folder, demo=demo, printer=printer, language=language)) == AGAIN:
        log.info("the till begins again")
    return ended


def _run_once(qt: QApplication, folder: Path, *, demo: str, printer: str | None, language: str | None) -> int:
    """Stay until the window is closed or has to be built anew, then AGAIN."""
    try:
        with ExitStack() as stack:
            pins = _demo_shop(folder, demo) if demo else {}
            opened = stack.enter_context(shop.opened(folder))
            chosen = _chosen(opened.settings, printer, language)
            running = TillApp(opened._replace(settings=chosen), pins, demo=bool(demo))
            stack.callback(running.stop)
            running.show()
            return qt.exec()
    except (FileFault, StoreTrouble) as trouble:
        log.error("the till cannot start: %s", trouble)
        print(trouble, file=sys.stderr)
        _tell_why_not(trouble, texts.words(language or _language(folder)))
        return 2


class TillApp(QObject):
    """A running till: everything made once and connected, from the printer's port to the sounds."""

    def __init__(self, opened: Shop, pins: dict[str, str], *, demo: bool = False) -> None:
        super().__init__()
        self.settings = opened.settings
        self._profile = profile_of(self.settings.printer)
        self.store = opened.store
        programme, language = opened.programme, self.settings.language
        words = texts.words_of(programme, language)
        slips = words if self._profile.sets(language) else texts.words_of(programme, SLIPS_ELSE)
        self._wall = shop.wall(opened.folder)
        clock = SteadyClock(self.store.last_moment, self._wall)
        spend = spending.of(self.store, programme)
        self.till = Till(self.store, programme, self.settings, slips, clock, spending=spend)
        self.intake = ScanIntake(wedge(self.settings.scanner), self)
        self.sign_in = SignInPage(self.till, pins)
        if slips is not words:
            self.sign_in.speak(words)
        self.window = TillWindow(self.till, words, self.intake, self.sign_in)
        self.demo = self._demo_windows(words) if demo else None
        self.printer: SlipPrinter | None = None
        self.sounds: Sounds | None = None
        self.serial_scanner: SerialScans | None = None
        self.lines: CustomerLines | None = None
        self.camera: CameraFeed | None = None
        self.link: CentreLink | None = None
        self.devices_note: DevicesNote | None = None
        self.sign_in.language_chosen.connect(lambda language: self.speak(texts.words_of(programme, language)))
        sys.excepthook = self._unexpected

    def _demo_windows(self, words: Words) -> "DemoWindows":
        from ui.demo.windows import DemoWindows

        return DemoWindows(self.store, words, self.intake)

    def show(self) -> None:
        """Open the windows; what the first paint does not need is loaded after it."""
        if self.demo:
            self.demo.show_beside(self.window)
        else:
            self.window.showMaximized()
        _FirstPaint(self.window).over.connect(self._complete)

    def _complete(self) -> None:
        """Load and open what the first paint does not show."""
        from ui.devices import wiring

        self.window.prepare()
        self._open_printer()
        self._open_serial_scanner()
        self._open_line_display()
        self._open_camera()
        wiring.connect(self)
        self.window.warn([*self.store.warnings, *self._bad_logo()])
        if self.store.centre:
            self._open_link()
        self._timer(_IDLE_MS, self.store.checkpoint)
        self._leave_on_signals()
        QTimer.singleShot(0, self._open_sounds)
        gc.freeze()
        gc.enable()

    def _open_printer(self) -> None:
        from ui.printer import SlipPrinter

        port = self.settings.printer.path or (self.demo.paper.printer.path if self.demo else "")
        self.printer = SlipPrinter(self.store, self.settings, self._profile, port, self)
        self.printer.changed.connect(self.window.show_printer)
        self.window.slip_seen.connect(self.printer.forget)
        self.window.backlog_answered.connect(self.printer.answer_backlog)
        if self.demo:
            self.printer.moved.connect(self.demo.show_last_slip)
        self.window.show_printer(self.printer.state)

    def change_printer(self, settings: Settings) -> None:
        """Give the printer back and open it by other settings; what waits is printed there."""
        self._profile, self.settings = profile_of(settings.printer), settings
        if self.printer is not None:
            self.window.slip_seen.disconnect(self.printer.forget)
            self.printer.stop()
            self.printer.deleteLater()
        self._open_printer()

    def _open_serial_scanner(self) -> None:
        chosen, self.serial_scanner = self.settings.serial_scanner, None
        self.window.show_serial_scanner("none")
        if chosen.path:
            from ui.serial_scanner import SerialScans

            self.serial_scanner = SerialScans(chosen, self.intake, self)
            self.serial_scanner.changed.connect(self.window.show_serial_scanner)
            self.serial_scanner.start()

    def change_serial_scanner(self, settings: Settings) -> None:
        """Read the serial scanner by other settings."""
        if self.serial_scanner is not None:
            self.serial_scanner.stop()
            self.serial_scanner.deleteLater()
        self.settings = settings
        self._open_serial_scanner()

    def change_display(self, settings: Settings) -> None:
        """Show the lines on another display, or by other commands."""
        if self.lines is not None:
            self.lines.stop()
            self.lines.deleteLater()
            self.lines = None
        self.settings = settings
        self._open_line_display()

    def change_camera(self, settings: Settings) -> None:
        """Look with another camera; whoever shows its picture goes on showing it."""
        self.settings = settings
        if self.camera is not None:
            self.camera.adopt(settings.camera)
        else:
            self._open_camera()

    def _bad_logo(self) -> list[str]:
        if self.printer is None or not self.printer.has_bad_logo:
            return []
        return [self.window.page.words.say("paper.bad_logo", path=self.settings.printer.logo)]

    def _open_line_display(self) -> None:
        chosen = self.settings.display
        if self.demo and not chosen.path:
            chosen = msgspec.structs.replace(chosen, path=self.demo.paper.pole.display.path)
        if chosen.path:
            from ui.line_display import CustomerLines

            programme, language = self.till.programme, self.settings.language
            self.lines = CustomerLines(chosen, programme, language, self.window.windowTitle(), self)
            self.window.quoted.connect(self.lines.show_quote)
            self.window.completed.connect(self.lines.show_done)
            self.window.locked.connect(self.lines.idle)

    def _open_camera(self) -> None:
        if not self.settings.camera.path:
            return
        from ui.camera.feed import CameraFeed

        self.camera = CameraFeed(self.settings.camera, self)
        self.camera.read.connect(lambda read: self.intake.inject(read.text, "camera"))
        self.window.show_camera(self.camera)

    def _open_link(self) -> None:
        from ui.devices.note import DevicesNote
        from ui.link import CentreLink

        self.window.show_link(None)
        self.link = CentreLink(self.till, self._wall, self)
        self.link.changed.connect(self.window.show_link)
        self.link.refreshed.connect(self.window.refresh)
        self.link.warned.connect(self.window.warn)
        self.link.programme_waits.connect(self._begin_again_if_quiet)
        self.devices_note = DevicesNote(self.window.devices, self.store.path, self)

    def _begin_again_if_quiet(self) -> None:
        """Another programme is in force: it counts once nobody is signed in and no basket is open."""
        basket = self.till.basket
        if self.window.is_locked and basket.empty and basket.card is None:
            QApplication.exit(AGAIN)

    def _open_sounds(self) -> None:
        from ui.sounds import Sounds

        self.sounds = sounds = Sounds(self)
        self.window.accepted.connect(sounds.accepted)
        self.window.attention.connect(sounds.attention)
        self.window.refused.connect(sounds.refused)
        sounds.prepare()

    def speak(self, words: Words) -> None:
        """Show every window in another language; the slips keep theirs."""
        self.sign_in.speak(words)
        self.window.speak(words)
        if self.demo:
            self.demo.speak(words)

    def stop(self) -> None:
        """Give the devices back and let nothing more happen."""
        for timer in self.findChildren(QTimer):
            timer.stop()
        if self.devices_note:
            self.devices_note.stop()
        if self.link:
            self.link.stop()
        if self.serial_scanner:
            self.serial_scanner.stop()
        if self.printer:
            self.printer.stop()
        if self.lines:
            self.lines.stop()
        if self.camera:
            self.camera.stop()
        if self.demo:
            self.demo.stop()
        if self.till.spending:
            self.till.spending.keeper.close()
        sys.excepthook = sys.__excepthook__
        self.window.close()

    def _timer(self, interval_ms: int, action: Callable[[], object]) -> None:
        timer = QTimer(self, interval=interval_ms)
        timer.timeout.connect(action)
        timer.start()

    def _leave_on_signals(self) -> None:
        """End as if the window were closed when the system asks to; Python looks for signals only now and then."""
        import signal

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: QTimer.singleShot(0, QApplication.quit))
        self._timer(_SIGNALS_MS, lambda: None)

    def _unexpected(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Nobody foresaw this: the log gets all of it, the cashier a sentence, and the sale goes on."""
        log.critical("unexpected", exc_info=(kind, error, trace))
        self.window.tell("refused", self.window.page.words.say("app.unexpected"))
        self.window.refused.emit()


class _FirstPaint(QObject):
    """Says once that a window, which is open already, has been painted."""

    over = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.over.emit)
        return False


def _language(folder: Path) -> str:
    """The language of the settings, as far as they can be read."""
    try:
        return settings_file.load(folder).language
    except (FileFault, OSError):
        return Settings().language


def _tell_why_not(trouble: FileFault | StoreTrouble, words: Words) -> None:
    """Say why the till cannot start, before there is a window; the places of faults in a file stay as they are."""
    from PySide6.QtWidgets import QMessageBox

    theme.direct(words)
    box = QMessageBox(QMessageBox.Icon.Critical, "pos-app", words.say("app.cannot_start"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    if isinstance(trouble, StoreTrouble):
        box.setInformativeText(f"{words.say(f'till.trouble.{trouble.code}')}\n\n{trouble.path}")
    else:
        box.setInformativeText(f"{words.say('app.file_fault')}\n\n{trouble}")
    box.exec()


def _chosen(settings: Settings, printer: str | None, language: str | None) -> Settings:
    """The settings, with what the command line says instead."""
    if printer is not None:
        line = msgspec.structs.replace(settings.printer, path=printer)
        settings = msgspec.structs.replace(settings, printer=line)
    if language is not None:
        settings = msgspec.structs.replace(settings, language=language)
    return settings


def _demo_shop(folder: Path, programme: str) -> dict[str, str]:
    """The demo shop in `folder`, made if it is not there; its staff's PINs by their ids."""
    from pos_app import demo as demo_shop

    pins = demo_shop.ensure_demo(folder, programme)
    if not (folder / settings_file.FILE).exists():
        settings_file.save(demo_shop.settings_of(programme), folder)
    return pins
