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
from hardware.escpos import PROFILES, PrinterProfile
from hardware.scanner import ScannerSettings as WedgeSettings
from pos_app import settings as settings_file
from pos_app import shop, texts
from pos_app.clock import SteadyClock
from pos_app.device_settings import PrinterSettings, ScannerSettings
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.words import Words
from pos_app.settings import Settings
from pos_app.shop import Shop
from pos_app.till import Till
from ui import theme
from ui.intake import ScanIntake
from ui.till.sign_in import SignInPage
from ui.till.window import TillWindow

if TYPE_CHECKING:
    from ui.demo.windows import DemoWindows
    from ui.link import CentreLink
    from ui.printer import SlipPrinter

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
        self._profile = _profile(self.settings.printer)
        self.store = opened.store
        programme, language = opened.programme, self.settings.language
        words = texts.words_of(programme, language)
        slips = words if self._profile.sets(language) else texts.words_of(programme, SLIPS_ELSE)
        self._wall = shop.wall(opened.folder)
        clock = SteadyClock(self.store.last_moment, self._wall)
        self.till = Till(self.store, programme, self.settings, slips, clock)
        self.intake = ScanIntake(_wedge(self.settings.scanner), self)
        self.sign_in = SignInPage(self.till, pins)
        if slips is not words:
            self.sign_in.speak(words)
        self.window = TillWindow(self.till, words, self.intake, self.sign_in)
        self.demo = self._demo_windows(words) if demo else None
        self.printer: SlipPrinter | None = None
        self.link: CentreLink | None = None
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
        self.window.prepare()
        self._open_printer()
        self.window.warn(self.store.warnings)
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
        if self.demo:
            self.printer.moved.connect(self.demo.show_last_slip)
        self.window.show_printer(self.printer.state)

    def _open_link(self) -> None:
        from ui.link import CentreLink

        self.window.show_link(None)
        self.link = CentreLink(self.till, self._wall, self)
        self.link.changed.connect(self.window.show_link)
        self.link.refreshed.connect(self.window.refresh)
        self.link.warned.connect(self.window.warn)
        self.link.programme_waits.connect(self._begin_again_if_quiet)

    def _begin_again_if_quiet(self) -> None:
        """Another programme is in force: it counts once nobody is signed in and no basket is open."""
        basket = self.till.basket
        if self.window.is_locked and basket.empty and basket.card is None:
            QApplication.exit(AGAIN)

    def _open_sounds(self) -> None:
        from ui.sounds import Sounds

        sounds = Sounds(self)
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
        """Give the printer back and let nothing more happen."""
        for timer in self.findChildren(QTimer):
            timer.stop()
        if self.link:
            self.link.stop()
        if self.printer:
            self.printer.stop()
        if self.demo:
            self.demo.stop()
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


def _profile(chosen: PrinterSettings) -> PrinterProfile:
    """The printer's profile; FileFault when there is none of that name or it lacks the code page."""
    profile = PROFILES.get(chosen.profile)
    if profile is None:
        fault = f"table [printer], key 'profile': '{chosen.profile}' is not known; possible: {', '.join(PROFILES)}"
        raise FileFault(settings_file.FILE, [fault])
    if chosen.code_page and chosen.code_page not in profile.code_pages:
        possible = ", ".join(profile.code_pages)
        fault = f"table [printer], key 'code_page': '{chosen.code_page}' is not possible; possible: {possible}"
        raise FileFault(settings_file.FILE, [fault])
    return profile


def _wedge(chosen: ScannerSettings) -> WedgeSettings:
    """The scanner's settings as the device room has them; FileFault when its figures make no sense together."""
    try:
        figures = {name: getattr(chosen, name) for name in WedgeSettings.__struct_fields__ if hasattr(chosen, name)}
        return WedgeSettings(**figures)
    except ValueError as error:
        raise FileFault(settings_file.FILE, [str(error)]) from error


def _demo_shop(folder: Path, programme: str) -> dict[str, str]:
    """The demo shop in `folder`, made if it is not there; its staff's PINs by their ids."""
    from pos_app import demo as demo_shop

    pins = demo_shop.ensure_demo(folder, programme)
    if not (folder / settings_file.FILE).exists():
        settings_file.save(demo_shop.settings_of(programme), folder)
    return pins
