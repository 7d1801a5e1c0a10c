"""What the manager does with the devices: looks at them, tries them, sets them up."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread

from msgspec import Struct
from PySide6.QtCore import QTimer, Signal

from hardware import ports
from pos_app import devices, texts
from pos_app.devices import DEVICES, Device, Report
from pos_app.loyalty.errors import FileFault, Refusal
from pos_app.loyalty.slip import trial_slip
from ui.devices import choices
from ui.devices.live import LiveDevices
from ui.devices.page import DevicesPanel, ManagerPanel
from ui.devices.setup import SetupPanel
from ui.till.deeds import Deeds, spoken
from ui.till.page import TillPage

_BETWEEN_SOUNDS_MS = 1000


class DeviceDeeds(Deeds):
    """The page of devices at one till page."""

    _asked = Signal(object)

    def __init__(self, page: TillPage, live: LiveDevices) -> None:
        super().__init__(page)
        self._live = live
        self._current: Device = DEVICES[0]
        self._trials: dict[Device, Callable[[], None]] = {
            "printer": self._print_slip,
            "drawer": self._open_drawer,
            "sounds": self._beep,
            "modem": self._ask_modem,
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
        tried = {*self._trials, *self._live.trials, *self._live.panels}
        panel = DevicesPanel(self.words, self._live.reports(), self._current, tried)
        panel.look_wanted.connect(lambda: panel.show_reports(self._live.reports()))
        panel.test_wanted.connect(lambda device: self._try(panel.current))
        panel.setup_wanted.connect(self._set_up)
        self.page.place.open(panel)

    def _again(self) -> None:
        """Back to the page from what was opened over it."""
        self.open()

    # -- trying

    @spoken
    def _try(self, report: Report) -> None:
        """Try a device, or say why there is nothing to try."""
        self._need_manager()
        device = self._current = report.device
        panel = self._live.panels.get(device)
        trial = self._live.trials.get(device) or self._trials.get(device)
        if report.state == "none" and device != "sounds":
            self._tell("attention", "no_test")
        elif panel is not None:
            opened = panel(self.words)
            opened.behind = self._again
            self.page.place.open(opened)
        elif report.ok is False:
            self._tell_of(report)
        elif trial is not None:
            trial()

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

    def _ask_modem(self) -> None:
        """It may think for a minute, and that in a thread of its own."""
        report = next(report for report in self._live.reports() if report.device == "modem")
        self._tell("calm", "asking")

        def ask() -> None:
            found = devices.asked(report, self._live.settings)
            with suppress(RuntimeError):  # the window has been closed meanwhile
                self._asked.emit(found)

        Thread(target=ask, name="modem", daemon=True).start()

    def _tell_of(self, report: Report) -> None:
        """Say how a device is, as a sentence of its own."""
        tone = "attention" if report.ok is False else "good"
        name = self.words.say(f"devices.name.{report.device}")
        self.page.tell(
            tone, f"{name}: {devices.what(report, self.words)} {devices.remedy(report, self.words)}".rstrip()
        )
        (self.page.attention if report.ok is False else self.page.accepted).emit()

    # -- setting up

    @spoken
    def _set_up(self, device: Device) -> None:
        self._need_manager()
        self._current = device
        found = ports.cameras() if device == "camera" else ports.found()
        table = choices.table_of(device, self._live.settings)
        panel = SetupPanel(self.words, device, table, found, self.key("complete"))
        panel.kept.connect(partial(self._keep, device))
        panel.behind = self._again
        self.page.place.open(panel)

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
