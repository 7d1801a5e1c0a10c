"""What the manager does with the devices: looks at them, tries them, sets them up."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread

from msgspec import Struct
from PySide6.QtCore import QTimer, Signal

from hardware import ports
from pos_app import devices, texts
from pos_app.device_settings import ScannerSettings, SerialScannerSettings
from pos_app.devices import DEVICES, Device, Report
from pos_app.loyalty.errors import FileFault, Refusal
from pos_app.loyalty.slip import trial_slip
from ui.devices import choices
from ui.devices.live import LiveDevices
from ui.devices.page import DevicesPanel, ManagerPanel
from ui.devices.setup import SetupPanel
from ui.devices.trying import CameraPanel, ScannerPanel
from ui.intake import ScanIntake
from ui.till.deeds import Deeds, spoken
from ui.till.page import TillPage
from ui.till.panel import Panel

_BETWEEN_SOUNDS_MS = 1000


class DeviceDeeds(Deeds):
    """The page of devices at one till page."""

    _asked = Signal(object)

    def __init__(self, page: TillPage, live: LiveDevices, intake: ScanIntake) -> None:
        super().__init__(page)
        self._live = live
        self._intake = intake
        self._current: Device = DEVICES[0]
        self._trials: dict[Device, Callable[[], None]] = {
            "printer": self._print_slip,
            "drawer": self._open_drawer,
            "sounds": self._beep,
            "modem": self._ask_modem,
            "display": self._show_text,
            "camera": self._show_camera,
            "wedge": self._try_scanner,
            "serial_scanner": self._try_scanner,
        }
        self._asked.connect(self._tell_of)

    def open(self) -> None:
        """The page, for the manager; anybody else is asked for the manager's card."""
        if self._is_manager:
            self._show()
        else:
            self._ask_manager()

    @property
    def _is_manager(self) -> bool:
        return self.till.staff is not None and self.till.staff.role == "manager"

    def _need_manager(self) -> None:
        """Somebody else may work here by now, whose card was scanned while the page was open."""
        if not self._is_manager:
            raise Refusal("not_allowed")

    def _ask_manager(self) -> None:
        self.page.place.open(ManagerPanel(self.words, self._take_card))
        self.page.attention.emit()

    def _take_card(self, code: str) -> bool:
        """The manager's card opens the page; the manager works here from now on, on record."""
        staff = self.till.store.staff_by_card(code)
        if staff is None or staff.role != "manager":
            return False
        self.till.scan(code)
        self.page.status.show_cashier(staff.name)
        self._show()
        return True

    def _show(self) -> None:
        panel = DevicesPanel(self.words, self._live.reports(), self._current)
        panel.look_wanted.connect(lambda: panel.show_reports(self._live.reports()))
        panel.test_wanted.connect(self._try)
        panel.setup_wanted.connect(self._set_up)
        self.page.place.open(panel)

    # -- trying

    @spoken
    def _try(self, device: Device) -> None:
        """Try a device, or say why there is nothing to try."""
        self._need_manager()
        self._current = device
        report = self._report(device)
        if report.ok is False or (device, report.state) == ("sounds", "none"):
            self._tell_of(report)
        elif report.state == "none":
            self._tell("attention", "no_test")
        else:
            self._trials[device]()

    def _report(self, device: Device) -> Report:
        """How a device is now; what the page shows may be older."""
        return next(report for report in self._live.reports() if report.device == device)

    def _tell(self, tone: str, key: str, **values: object) -> None:
        self.page.tell(tone, self.words.say(f"devices.say.{key}", **values))
        if tone == "attention":
            self.page.attention.emit()

    def _print_slip(self) -> None:
        programme, own = self.till.programme, self.words.language
        languages = (own, *(language for language in texts.LANGUAGES if language != own))
        tongues = [texts.words_of(programme, language) for language in languages]
        self.till.store.add_job(None, trial_slip(self.till.head(), tongues, self.till.now()), False)
        self._tell("good", "slip_sent")

    def _open_drawer(self) -> None:
        self.till.open_drawer()
        self.say("calm", "drawer")

    def _beep(self) -> None:
        """The three sounds, one after the other, as the till makes them."""
        self._tell("calm", "beeped")
        for number, sound in enumerate((self.page.accepted, self.page.attention, self.page.refused)):
            QTimer.singleShot(number * _BETWEEN_SOUNDS_MS, self, sound.emit)

    def _show_text(self) -> None:
        trial = self._live.trials.get("display")
        if trial is None:
            self._tell("attention", "no_test")
        else:
            trial()
            self._tell("good", "shown")

    def _show_camera(self) -> None:
        feed = self._live.camera()
        if feed is None:
            self._tell("attention", "no_test")
        else:
            self._over(CameraPanel(self.words, feed))

    def _try_scanner(self) -> None:
        title = self.words.say(f"devices.name.{self._current}")
        panel = ScannerPanel(self.words, title, self._live.settings, self._intake, self._live.listen_serial)
        panel.found.connect(self._keep_scanner)
        self._over(panel)

    def _over(self, panel: Panel) -> None:
        """Open a panel from which Esc leads back to the page."""
        panel.behind = self.open
        self.page.place.open(panel)

    def _ask_modem(self) -> None:
        """It may think for a minute, and that in a thread of its own."""
        report = self._report("modem")
        self._tell("calm", "asking")

        def ask() -> None:
            found = devices.asked(report, self._live.settings)
            with suppress(RuntimeError):  # the window has been closed meanwhile
                self._asked.emit(found)

        Thread(target=ask, name="modem", daemon=True).start()

    def _tell_of(self, report: Report) -> None:
        """Say how a device is, as a sentence of its own."""
        tone = "good" if report.ok else "attention"
        name = self.words.say(f"devices.name.{report.device}")
        self.page.tell(
            tone, f"{name}: {devices.what(report, self.words)} {devices.remedy(report, self.words)}".rstrip()
        )
        (self.page.accepted if report.ok else self.page.attention).emit()

    # -- setting up

    @spoken
    def _set_up(self, device: Device) -> None:
        self._need_manager()
        self._current = device
        found = ports.cameras() if device == "camera" else ports.found()
        table = choices.table_of(device, self._live.settings)
        panel = SetupPanel(self.words, device, table, found, self.key("complete"))
        panel.kept.connect(partial(self._keep, device))
        self._over(panel)

    @spoken
    def _keep_scanner(self, scanner: ScannerSettings, serial: SerialScannerSettings | None) -> None:
        """What was found out about a scanner: of the keyboard's, or of the one on a serial port."""
        if serial is None:
            self._keep("wedge", scanner)
        else:
            self._keep("serial_scanner", serial)

    @spoken
    def _keep(self, device: Device, table: Struct) -> None:
        """Write the settings, let them come into force, and go back to the page."""
        self._need_manager()
        try:
            at_once = self._live.keep(device, choices.TABLES[device], table)
        except (FileFault, OSError) as error:
            self.page.tell("refused", self.words.say("devices.say.not_kept", why=str(error)))
            self.page.refused.emit()
            return
        self._show()
        self._tell("good", "kept" if at_once else "kept_later")
        self.page.accepted.emit()
