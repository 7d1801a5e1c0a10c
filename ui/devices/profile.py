"""The scanner's settings on their way between the settings file, the device room and the running intake."""

from pathlib import Path

from msgspec.structs import replace

from hardware.scanner_settings import ScannerSettings as WedgeSettings
from pos_app import settings as settings_file
from pos_app.device_settings import ScannerSettings, SerialScannerSettings
from pos_app.loyalty.errors import FileFault

_SHARED = tuple(name for name in WedgeSettings.__struct_fields__ if name in ScannerSettings.__struct_fields__)


def wedge(chosen: ScannerSettings) -> WedgeSettings:
    """The settings as the device room has them; FileFault when their figures make no sense together."""
    try:
        return WedgeSettings(**{name: getattr(chosen, name) for name in _SHARED})
    except ValueError as error:
        raise FileFault(settings_file.FILE, [str(error)]) from error


def chosen(found: WedgeSettings, now: ScannerSettings) -> ScannerSettings:
    """The settings of the file with what was found out about the scanner; the rest stays as it is."""
    return replace(now, **{name: getattr(found, name) for name in _SHARED})


def keep(folder: Path, scanner: ScannerSettings, serial: SerialScannerSettings | None) -> None:
    """Write a scanner's settings into the file of a data folder; all else in it stays.

    Raises FileFault when the file cannot be read, OSError when it cannot be written.
    """
    now = settings_file.load(folder)
    kept = replace(now, scanner=scanner, serial_scanner=serial or now.serial_scanner)
    settings_file.save(kept, folder)
