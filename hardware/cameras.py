"""The cameras of this machine, known by their USB device and not by their number; the same identities as ports have."""

from pathlib import Path

from hardware import ports
from hardware.ports import Port

_SYSTEM = Path("/sys/class/video4linux")


def found(system: Path = _SYSTEM) -> list[Port]:
    """All cameras of this machine, by their paths; what a camera has besides its pictures is left out."""
    devices = system.glob("video*") if system.is_dir() else ()
    cameras = [_camera(device) for device in devices if _text(device / "index") in ("", "0")]
    return sorted(cameras, key=lambda camera: (len(camera.path), camera.path))


def path_of(chosen: str, system: Path = _SYSTEM) -> str:
    """The path at which a chosen camera is now; empty when it is not plugged in."""
    return ports.path_of(chosen, found(system) if chosen.startswith(ports.MARK) else ())


def _camera(device: Path) -> Port:
    path = f"/dev/{device.name}"
    usb = (device / "device").resolve().parent  # a camera is an interface of a USB device
    vendor, product = _text(usb / "idVendor"), _text(usb / "idProduct")
    identity = path
    if vendor and product:
        identity = ports.identity_of(int(vendor, 16), int(product, 16), _text(usb / "serial"), usb.name)
    return Port(path, identity, _text(device / "name"))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
