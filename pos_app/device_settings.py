"""The settings of what is plugged into a till: one typed table for each device, and how they are read from the file.

A `path` is a port such as /dev/ttyUSB0 or /dev/serial/by-id/..., or what `hardware.ports` knows a USB device by
(`usb:04b8:0202:X7KF001`), which stays the same wherever it is plugged in. An empty one means that there is no device.
"""

from typing import Literal, cast, get_args

from msgspec import Struct

from pos_app.loyalty import scale_labels
from pos_app.loyalty.tables import Table

Flow = Literal["none", "xonxoff", "rtscts"]
FLOWS: tuple[Flow, ...] = get_args(Flow)
DisplayCommands = Literal["cd5220", "epson"]
DISPLAY_COMMANDS: tuple[DisplayCommands, ...] = get_args(DisplayCommands)
DISPLAY_PAGES = ("cp437", "cp850", "cp852", "cp855", "cp858", "cp866", "cp1250", "cp1251", "cp1252")
DRAWER_PINS = (2, 5)
_BAUD_LEAST, _BAUD_MOST = 1200, 921_600


class PrinterSettings(Struct, frozen=True):
    """The receipt printer: its port, speed and flow control; its profile; the code page (empty: the profile's for
    the language); the picture file that stands at the head of slips (empty: none); the pin that opens the drawer.
    """

    path: str = ""
    baud: int = 9600
    flow: Flow = "none"
    profile: str = "generic-80"
    code_page: str = ""
    logo: str = ""
    drawer_pin: int = 2


class ScannerSettings(Struct, frozen=True):
    """How a keyboard-wedge scanner is told from typing; `scale_labels` are the forms of labels that a scale prints.

    All fields are explained in docs/scanning.md.
    """

    length_min: int = 6
    gap_max_ms: int = 50
    gap_mean_max_ms: int = 35
    terminator_wait_ms: int = 200
    prefix: str = ""
    suffix: str = ""
    by_layout: bool = False
    scale_labels: tuple[str, ...] = ()


class SerialScannerSettings(Struct, frozen=True):
    """A scanner on a serial port (RS-232 or USB-CDC), and what it puts around a code."""

    path: str = ""
    baud: int = 9600
    flow: Flow = "none"
    prefix: str = ""
    suffix: str = ""


class CameraSettings(Struct, frozen=True):
    """The camera that reads cards: a device such as /dev/video0, or a picture file or a folder of them that stands in
    for one; the size of its frames in pixels; whether its light is on while it looks; whether it reads always, or only
    while its picture is to be seen.
    """

    path: str = ""
    width: int = 1280
    height: int = 720
    torch: bool = False
    always: bool = True


class DisplaySettings(Struct, frozen=True):
    """The customer's line display on a serial port: its commands, its columns, the code page it was set to."""

    path: str = ""
    baud: int = 9600
    commands: DisplayCommands = "cd5220"
    columns: int = 20
    code_page: str = "cp1251"


def printer(table: Table) -> PrinterSettings:
    """The table [printer] of a settings file."""
    if "printer" not in table:
        return PrinterSettings()
    rows = table.table("printer")
    chosen = PrinterSettings(
        path=path(rows),
        baud=rows.whole("baud", 9600, _BAUD_LEAST, _BAUD_MOST),
        flow=_flow(rows),
        profile=rows.text("profile", "generic-80"),
        code_page=rows.text("code_page", ""),
        logo=rows.text("logo", ""),
        drawer_pin=rows.whole("drawer_pin", 2, least=min(DRAWER_PINS), most=max(DRAWER_PINS)),
    )
    if chosen.drawer_pin not in DRAWER_PINS:
        rows.fault("drawer_pin", f"{chosen.drawer_pin} is not possible; it must be 2 or 5, as its cable has it")
    rows.close()
    return chosen


def scanner(table: Table) -> ScannerSettings:
    """The table [scanner]."""
    if "scanner" not in table:
        return ScannerSettings()
    rows = table.table("scanner")
    chosen = ScannerSettings(
        length_min=rows.whole("length_min", 6, least=2, most=50),
        gap_max_ms=rows.whole("gap_max_ms", 50, least=5, most=500),
        gap_mean_max_ms=rows.whole("gap_mean_max_ms", 35, least=1, most=500),
        terminator_wait_ms=rows.whole("terminator_wait_ms", 200, most=2000),
        prefix=rows.text("prefix", ""),
        suffix=rows.text("suffix", ""),
        by_layout=rows.flag("by_layout", False),
        scale_labels=rows.texts("scale_labels"),
    )
    for sentence in scale_labels.faults(chosen.scale_labels):
        rows.fault("scale_labels", sentence)
    rows.close()
    return chosen


def serial_scanner(table: Table) -> SerialScannerSettings:
    """The table [serial_scanner]."""
    if "serial_scanner" not in table:
        return SerialScannerSettings()
    rows = table.table("serial_scanner")
    chosen = SerialScannerSettings(
        path=path(rows),
        baud=rows.whole("baud", 9600, _BAUD_LEAST, _BAUD_MOST),
        flow=_flow(rows),
        prefix=rows.text("prefix", ""),
        suffix=rows.text("suffix", ""),
    )
    rows.close()
    return chosen


def camera(table: Table) -> CameraSettings:
    """The table [camera]."""
    if "camera" not in table:
        return CameraSettings()
    rows = table.table("camera")
    chosen = CameraSettings(
        path=path(rows),
        width=rows.whole("width", 1280, least=160, most=4096),
        height=rows.whole("height", 720, least=120, most=3072),
        torch=rows.flag("torch", False),
        always=rows.flag("always", True),
    )
    rows.close()
    return chosen


def display(table: Table) -> DisplaySettings:
    """The table [display]."""
    if "display" not in table:
        return DisplaySettings()
    rows = table.table("display")
    chosen = DisplaySettings(
        path=path(rows),
        baud=rows.whole("baud", 9600, _BAUD_LEAST, _BAUD_MOST),
        commands=cast("DisplayCommands", rows.choice("commands", DISPLAY_COMMANDS, "cd5220")),
        columns=rows.whole("columns", 20, least=8, most=40),
        code_page=rows.choice("code_page", DISPLAY_PAGES, "cp1251"),
    )
    rows.close()
    return chosen


def path(rows: Table) -> str:
    """The key `path` of a device."""
    chosen = rows.text("path", "")
    if not chosen.isprintable():
        rows.fault("path", "must be a port such as '/dev/ttyUSB0', without characters that cannot be seen")
        return ""
    return chosen


def _flow(rows: Table) -> Flow:
    return cast("Flow", rows.choice("flow", FLOWS, "none"))
