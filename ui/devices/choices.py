"""What can be set of each device on its page, and the table of the settings that it stands in."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from hardware.escpos import PROFILES
from pos_app.device_settings import DISPLAY_COMMANDS, DRAWER_PINS, FLOWS
from pos_app.devices import Device
from pos_app.loyalty.words import Words
from pos_app.settings import Settings

TABLES: Mapping[Device, str] = {
    "printer": "printer",
    "drawer": "printer",
    "display": "display",
    "wedge": "scanner",
    "serial_scanner": "serial_scanner",
    "camera": "camera",
}
"""The devices that have settings, by their tables."""

SET_UP: frozenset[Device] = frozenset({"printer", "drawer", "display", "serial_scanner", "camera"})
"""Those that are set up on the page; a scanner at the keyboard is by its test."""

AT_PORT: frozenset[Device] = frozenset({"printer", "display", "serial_scanner", "camera"})

BAUDS = (1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200)
SIZES = ((640, 480), (1280, 720), (1920, 1080))
_COLUMNS = (16, 20, 40)
_PAGES = ("cp1251", "cp866", "cp1250", "cp852", "cp437")


class Choice(NamedTuple):
    """A setting, what it can be and what it is."""

    name: str
    options: Sequence[Any]
    chosen: Any


def table_of(device: Device, settings: Settings) -> Struct:
    """The settings that a device is set up by."""
    table: Struct = getattr(settings, TABLES[device])
    return table


def choices(device: Device, table: Any) -> list[Choice]:
    """What there is to choose for a device with these settings, besides its port."""
    match device:
        case "printer":
            pages = PROFILES[table.profile].code_pages if table.profile in PROFILES else ()
            return [
                _choice("profile", tuple(PROFILES), table),
                _choice("baud", BAUDS, table),
                _choice("flow", FLOWS, table),
                Choice("code_page", ("", *pages), table.code_page if table.code_page in pages else ""),
            ]
        case "drawer":
            return [_choice("drawer_pin", DRAWER_PINS, table)]
        case "display":
            named = {"commands": DISPLAY_COMMANDS, "baud": BAUDS, "columns": _COLUMNS, "code_page": _PAGES}
            return [_choice(name, options, table) for name, options in named.items()]
        case "serial_scanner":
            return [_choice("baud", BAUDS, table), _choice("flow", FLOWS, table)]
        case "camera":
            size = (table.width, table.height)
            sizes = SIZES if size in SIZES else (*SIZES, size)
            return [Choice("size", sizes, size), _choice("torch", (False, True), table)]
    return []


def changed(table: Struct, name: str, value: Any) -> Struct:
    """The settings with another choice, and with what cannot go with it put back."""
    if name == "size":
        return replace(table, width=value[0], height=value[1])
    table = replace(table, **{name: value})
    if name == "profile" and getattr(table, "code_page") not in PROFILES[value].code_pages:  # noqa: B009 - any table
        table = replace(table, code_page="")
    return table


def label(name: str, value: Any, words: Words) -> str:
    """What a choice is called."""
    if name == "profile":
        return PROFILES[value].name if value in PROFILES else str(value)
    if name == "size":
        return f"{value[0]} × {value[1]}"
    if isinstance(value, bool):
        return words.say(f"devices.option.{'yes' if value else 'no'}")
    if value == "":
        return words.say("devices.option.by_language")
    option = f"devices.option.{value}"
    return words.say(option) if words.knows(option) else str(value)


def _choice(name: str, options: Sequence[Any], table: Any) -> Choice:
    """A setting that is one of these, or what the file says otherwise."""
    chosen = getattr(table, name)
    return Choice(name, options if chosen in options else (*options, chosen), chosen)
