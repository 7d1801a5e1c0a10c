"""The serial ports of this machine, known by the USB device that is behind them and not by their number.

/dev/ttyUSB0 is whichever was plugged in first. A device's identity stays: `usb:04b8:0202:X7KF001` by its serial number,
or `usb:1a86:7523@1-1.2` by its place where it has none. It is what the settings keep.
"""

from collections.abc import Iterable

from msgspec import Struct

MARK = "usb:"


class Port(Struct, frozen=True):
    """A port: its path now, its identity (the path again where it is no USB device), and a name for people."""

    path: str
    identity: str
    name: str


def found() -> list[Port]:
    """All serial ports of this machine, by their paths."""
    from serial.tools.list_ports import comports

    ports = []
    for port in comports():
        known = port.vid is not None and port.pid is not None
        identity = identity_of(port.vid, port.pid, port.serial_number, port.location) if known else port.device
        name = " ".join(part for part in (port.manufacturer, port.product) if part) or port.description or ""
        ports.append(Port(port.device, identity, "" if name == "n/a" else name))
    return sorted(ports, key=lambda port: port.path)


def path_of(chosen: str, ports: Iterable[Port] | None = None) -> str:
    """The path at which a chosen device is now: a path itself, or an identity's; empty when it is not plugged in."""
    if not chosen.startswith(MARK):
        return chosen
    matches = (port.path for port in (found() if ports is None else ports) if port.identity == chosen)
    return next(matches, "")


def identity_of(vendor: int, product: int, serial: str | None, place: str | None) -> str:
    known_by = f":{serial}" if serial else f"@{place}" if place else ""
    return f"{MARK}{vendor:04x}:{product:04x}{known_by}"
