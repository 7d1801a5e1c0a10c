"""The scanner on a serial port beside the window: its codes go through the one door, its state to whoever shows it."""

from PySide6.QtCore import QObject, Signal

from hardware.scanner_settings import ScannerSettings
from hardware.serial_scanner import ScannerState, SerialScanner
from pos_app.device_settings import SerialScannerSettings
from ui.intake import ScanIntake


class SerialScans(QObject):
    """Reads the scanner of the settings from now on, in a thread of its own. `changed` carries its state."""

    changed = Signal(str)

    def __init__(self, chosen: SerialScannerSettings, intake: ScanIntake, parent: QObject) -> None:
        super().__init__(parent)
        self._scanner = SerialScanner(
            chosen.path,
            intake.take,
            self.changed.emit,
            baud=chosen.baud,
            flow=chosen.flow,
            settings=ScannerSettings(prefix=chosen.prefix, suffix=chosen.suffix),
        )

    @property
    def state(self) -> ScannerState:
        """How the scanner is, as of the last look."""
        return self._scanner.state

    def start(self) -> None:
        self._scanner.start()

    def stop(self) -> None:
        """Give the port back."""
        self._scanner.stop()
