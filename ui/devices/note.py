"""How the devices are, noted for whoever speaks with the centre: it is a process of its own and opens none."""

from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer

from db import link
from db.link import DevicesSeen
from pos_app.clock import now_ms
from pos_app.devices import Device, State
from ui.devices.live import LiveDevices

LOOK_MS = 5000
AGAIN_MS = 60_000
"""After so long the same is noted again, so that its age tells whether anybody still looks."""
_END_S = 2.0


class DevicesNote(QObject):
    """Looks at the devices now and then. The window only says what it knows; a thread does the rest."""

    def __init__(self, live: LiveDevices, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._folder = folder
        self._told: SimpleQueue[dict[Device, State] | None] = SimpleQueue()
        self._thread = Thread(target=self._note_all, name="devices", daemon=True)
        self._thread.start()
        timer = QTimer(self, interval=LOOK_MS)
        timer.timeout.connect(self.look)
        timer.start()
        QTimer.singleShot(0, self, self.look)

    def look(self) -> None:
        """Let be noted how the devices are now; nobody waits for it."""
        self._told.put(self._live.told())

    def stop(self) -> None:
        """Note what was seen already, and nothing more."""
        self._told.put(None)
        self._thread.join(_END_S)

    def _note_all(self) -> None:
        noted = DevicesSeen(0)
        while (told := self._told.get()) is not None:
            reports = [one for one in self._live.reports(told=told) if one.state != "none"]
            seen = DevicesSeen(
                now_ms(),
                {one.device: one.state for one in reports},
                tuple(one.device for one in reports if one.ok is False),
            )
            if replace(seen, at=noted.at) != noted or not 0 <= seen.at - noted.at < AGAIN_MS:
                link.put_devices(self._folder, seen)
                noted = seen
