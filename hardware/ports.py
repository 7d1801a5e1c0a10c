"""The serial ports and cameras of this machine, known by the USB device that is behind them and not by their number.

/dev/ttyUSB0 is whichever was plugged in first. A device's identity stays: `usb:04b8:0202:X7KF001` by its serial number,
or `usb:1a86:7523@1-1.2` by its place where it has none. A device of several ports names the interface, too
(`usb:2c7c:0125:0123/1.2`), and of two devices that say the same number each is known by number and place. It is what
the settings keep.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

MARK = "usb:"
SYS = Path("/sys")
PROC = Path("/proc")
UDEV = Path("/run/udev/data")

_SERIAL = re.compile(r"tty(S|USB|ACM|AMA|XRUSB|AP)[0-9]+|rfcomm[0-9]+")
_UNKNOWN_UART = "0"  # the kernel makes room for ports that no machine has
_NAME_LONGEST = 60
_MODEM_MANAGER = "ModemManager"


class Port(Struct, frozen=True):
    """A port: its path now, its identity (the path again where it is no USB device), and a name for people.

    `known_as` are all the identities that it answers to, the shortest first.
    """

    path: str
    identity: str
    name: str
    known_as: tuple[str, ...] = ()


def found(sys: Path = SYS) -> list[Port]:
    """All serial ports of this machine, by their paths."""
    nodes = (node for node in (sys / "class/tty").glob("*") if _SERIAL.fullmatch(node.name))
    return _ports(node for node in nodes if _line(node / "type") != _UNKNOWN_UART)


def cameras(sys: Path = SYS) -> list[Port]:
    """All cameras, by their paths; what a camera has besides pictures is left out."""
    return _ports(node for node in (sys / "class/video4linux").glob("*") if _line(node / "index") in ("", "0"))


def matches(chosen: str, ports: Iterable[Port]) -> list[Port]:
    """The ports that a chosen path or identity can mean: none, one, or several that cannot be told apart."""
    path = os.path.realpath(chosen) if chosen.startswith("/") else ""  # /dev/serial/by-id/... leads to one
    return [port for port in ports if port.path == path or chosen in (port.path, port.identity, *port.known_as)]


def path_of(chosen: str, ports: Iterable[Port] | None = None) -> str:
    """The path at which a chosen device is now: a path itself, or an identity's.

    Empty when the device is not plugged in, or is one of several that cannot be told apart.
    """
    if not chosen.startswith(MARK):
        return chosen
    there = matches(chosen, found() if ports is None else ports)
    return there[0].path if len(there) == 1 else ""


def holder(path: str, proc: Path = PROC) -> str:
    """The name of another program that has a port open; empty when none is seen, or this user may not see it."""
    real, own = os.path.realpath(path), str(os.getpid())
    for process in proc.glob("[0-9]*"):
        if process.name == own:
            continue
        with suppress(OSError):
            if any(str(handle.readlink()) == real for handle in (process / "fd").iterdir()):
                return _line(process / "comm") or process.name
    return ""


def is_probed(path: str, proc: Path = PROC, udev: Path = UDEV) -> bool:
    """Whether ModemManager runs and takes what is at this port for a modem that it may speak to."""
    try:
        number = Path(path).stat().st_rdev
        told = (udev / f"c{os.major(number)}:{os.minor(number)}").read_text("utf-8", "replace")
    except OSError:
        return False
    is_left_alone = "ID_MM_PORT_IGNORE=1" in told or "ID_MM_DEVICE_IGNORE=1" in told
    if "ID_MM_CANDIDATE=1" not in told or is_left_alone:
        return False
    return any(_line(process / "comm") == _MODEM_MANAGER for process in proc.glob("[0-9]*"))


def _ports(nodes: Iterable[Path]) -> list[Port]:
    """The nodes of a class as ports, each with the shortest identity that is its alone."""
    known = {node: _identities(node) for node in sorted(nodes, key=_number)}
    shared = Counter(identity for identities in known.values() for identity in identities)
    ports = []
    for node, identities in known.items():
        path = f"/dev/{node.name}"
        alone = next((identity for identity in identities if shared[identity] == 1), path)
        ports.append(Port(path, alone, _name(node), identities))
    return ports


def _number(node: Path) -> tuple[str, int]:
    """By kind and number: 10 comes after 9."""
    kind = node.name.rstrip("0123456789")
    return kind, int(node.name.removeprefix(kind) or 0)


def _identities(node: Path) -> tuple[str, ...]:
    """What the USB device of a node can be known by, from short to long; nothing where there is none."""
    device = _usb_device(node)
    if device is None:
        return ()
    kind, serial = f"{MARK}{_line(device / 'idVendor')}:{_line(device / 'idProduct')}", _line(device / "serial")
    own, inner, place = f"{kind}:{serial}" if serial else kind, _interface(node, device), f"@{device.name}"
    numbered = (own, own + inner) if serial else ()
    return tuple(dict.fromkeys((*numbered, own + place, own + inner + place)))


def _usb_device(node: Path) -> Path | None:
    """The folder of the USB device that a node belongs to."""
    own = Path(os.path.realpath(node / "device"))
    return next((folder for folder in (own, *own.parents) if (folder / "idVendor").exists()), None)


def _interface(node: Path, device: Path) -> str:
    """The interface of a node within its device: /1.2 from a folder such as 1-1:1.2, empty where there is none."""
    inside = Path(os.path.realpath(node / "device")).relative_to(device).parts
    _, colon, interface = inside[0].rpartition(":") if inside else ("", "", "")
    return f"/{interface}" if colon else ""


def _name(node: Path) -> str:
    """What a device says that it is called: maker and product, or a camera's own name."""
    device = _usb_device(node)
    said = [_line(device / "manufacturer"), _line(device / "product")] if device else []
    name = " ".join(word for word in said if word) or _line(node / "name")
    return "".join(letter for letter in name if letter.isprintable())[:_NAME_LONGEST]


def _line(path: Path) -> str:
    """The first line of a small file of the system, empty where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""
