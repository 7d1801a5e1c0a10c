"""Ports by the devices behind them."""

from hardware.ports import Port, found, path_of

PORTS = [
    Port("/dev/ttyUSB0", "usb:1a86:7523@1-1.2", "USB Serial"),
    Port("/dev/ttyUSB1", "usb:04b8:0202:X7KF001", "EPSON TM-T20"),
]


def test_a_device_is_found_wherever_it_is_plugged_in() -> None:
    assert path_of("usb:04b8:0202:X7KF001", PORTS) == "/dev/ttyUSB1"
    assert path_of("usb:04b8:0202:X7KF002", PORTS) == ""
    assert path_of("/dev/ttyS0", PORTS) == "/dev/ttyS0"
    assert path_of("", PORTS) == ""


def test_this_machine_tells_its_ports() -> None:
    assert all(port.path.startswith("/dev/") and port.identity for port in found())
