"""What the running till knows of its devices, and what it can do with them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from hardware import ports
from pos_app import devices
from pos_app import settings as settings_file
from pos_app.devices import Device, Report, State
from pos_app.settings import Settings

if TYPE_CHECKING:  # loaded where there is a camera
    from ui.camera.feed import CameraFeed

_SURE: frozenset[State] = frozenset({"twins", "shared", "missing", "no_permission"})
"""What is seen of a port is so, whatever its device last said."""


class LiveDevices:
    """The devices of one till. What opens a device tells how it is, how it is tried, and how settings come into force.

    `states`: how a device is, asked in the window's thread, so it must not wait. `trials`: what its test does.
    `appliers`: takes changed settings at once. `stand_ins`: ports of devices that are there without being set, as in a
    demo. `camera` is what the camera sees, `listen_serial` gives the serial scanner's bytes to somebody.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.states: dict[Device, Callable[[], State]] = {}
        self.trials: dict[Device, Callable[[], None]] = {}
        self.appliers: dict[Device, Callable[[Settings], None]] = {}
        self.stand_ins: dict[Device, str] = {}
        self.camera: Callable[[], CameraFeed | None] = lambda: None
        self.listen_serial: Callable[[Callable[[bytes], object] | None], None] = lambda _listener: None
        self._folder = folder
        self._holders: dict[str, str] = {}
        """Programs by the ports that they hold."""

    def told(self) -> dict[Device, State]:
        """What each part of the till says of its own device now."""
        return {device: ask() for device, ask in self.states.items()}

    def reports(
        self, machine: devices.Machine | None = None, told: Mapping[Device, State] | None = None
    ) -> list[Report]:
        """Every device, by what is plugged in and by what its own part of the till says; without arguments as of now.

        May be called in another thread with what was `told` in the window's.
        """
        shown = self.settings
        for device, path in self.stand_ins.items():
            section = getattr(shown, device)
            if not section.path:
                shown = replace(shown, **{device: replace(section, path=path)})
        reports = {report.device: report for report in devices.seen(shown, machine or devices.machine())}
        for known, state in (self.told() if told is None else told).items():
            report = reports[known]
            if report.state not in _SURE:
                reports[known] = self._as(report, state)
        if "drawer" not in self.states:
            reports["drawer"] = devices.drawer(reports["printer"], shown)
        return list(reports.values())

    def keep(self, device: Device, part: str, section: Struct) -> bool:
        """Write the settings of a device, the table `part`, into the file; True when they are in force already.

        Raises FileFault when the file cannot be read, OSError when it cannot be written.
        """
        changed: dict[str, Any] = {part: section}
        settings_file.save(replace(settings_file.load(self._folder), **changed), self._folder)
        self.settings = replace(self.settings, **changed)
        apply = self.appliers.get(device)
        if apply is not None:
            apply(self.settings)
        return apply is not None

    def _as(self, report: Report, state: State) -> Report:
        """A device in a state that its own part of the till tells; who holds it is looked for once."""
        if state != "busy":
            self._holders.pop(report.path, None)
        elif report.path not in self._holders:
            self._holders[report.path] = ports.holder(report.path)
        return replace(report, state=state, holder=self._holders.get(report.path, ""))
