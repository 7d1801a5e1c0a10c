"""The command `pos-app scanner-setup`: the scanner's set-up in a window of its own."""

import signal
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from pos_app import settings as settings_file
from pos_app import texts
from pos_app.device_settings import ScannerSettings, SerialScannerSettings
from ui import theme
from ui.devices import profile
from ui.devices.wizard import ScannerWizard
from ui.intake import ScanIntake

_LEAST = (960, 640)
_SIGNALS_MS = 250


def run(folder: Path, *, language: str | None, made: type[ScannerWizard] = ScannerWizard) -> int:
    """Set a scanner up and keep its settings in the data folder; the exit code. Raises FileFault."""
    now = settings_file.load(folder)
    settings = profile.wedge(now.scanner)
    words = texts.words(language or now.language)
    qt = QApplication(["pos-app", *theme.ARGUMENTS])
    theme.apply(qt)
    theme.direct(words)
    intake = ScanIntake(settings)
    wizard = made(words, now.scanner, now.serial_scanner, intake)
    trouble: list[Exception] = []

    def keep(scanner: ScannerSettings, serial: SerialScannerSettings | None) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            profile.keep(folder, scanner, serial)
        except Exception as error:
            trouble.append(error)
        qt.quit()

    wizard.finished.connect(keep)
    wizard.cancelled.connect(qt.quit)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: QTimer.singleShot(0, qt.quit))
    look = QTimer(wizard, interval=_SIGNALS_MS)  # Python hears of signals only when it runs
    look.timeout.connect(lambda: None)
    look.start()
    wizard.setWindowTitle(words.say("wizard.title"))
    wizard.setMinimumSize(*_LEAST)
    room = qt.primaryScreen().availableGeometry()
    theme.dress(wizard, theme.base_px(room.height()))
    wizard.resize(room.size())  # where nobody manages windows
    wizard.showMaximized()
    code = qt.exec()
    if trouble:
        raise trouble[0]
    return code
