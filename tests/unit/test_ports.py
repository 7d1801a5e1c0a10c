"""Ports by the devices behind them."""

import os
from pathlib import Path

import pytest

from hardware.ports import Port, cameras, found, holder, is_probed, matches, path_of

PORTS = [
    Port("/dev/ttyUSB0", "usb:1a86:7523@1-1.2", "USB Serial"),
    Port("/dev/ttyUSB1", "usb:04b8:0202:X7KF001", "EPSON TM-T20"),
]


def plug_in(
    sys: Path, node: str, place: str, vendor: str, product: str, serial: str = "", interface: str = "1.0",
    name: str = "", of: str = "tty",
) -> None:  # fmt: skip
    """What the kernel shows of a USB device with a port or a camera."""
    device = sys / "devices/pci0000:00/usb1" / place
    inner = device / f"{place}:{interface}"
    inner.mkdir(parents=True, exist_ok=True)
    told = {"idVendor": vendor, "idProduct": product, "serial": serial, "product": name}
    for file, text in told.items():
        if text:
            (device / file).write_text(f"{text}\n")
    own = sys / "class" / of / node
    own.mkdir(parents=True)
    (own / "device").symlink_to(inner)


def known(ports: list[Port]) -> dict[str, str]:
    return {port.path: port.identity for port in ports}


def test_a_device_is_found_wherever_it_is_plugged_in() -> None:
    assert path_of("usb:04b8:0202:X7KF001", PORTS) == "/dev/ttyUSB1"
    assert path_of("usb:04b8:0202:X7KF002", PORTS) == ""
    assert path_of("/dev/ttyS0", PORTS) == "/dev/ttyS0"
    assert path_of("", PORTS) == ""


def test_a_path_that_leads_to_a_port_means_it(tmp_path: Path) -> None:
    link = tmp_path / "usb-EPSON_TM-T20-if00"
    link.symlink_to("/dev/ttyUSB1")
    assert matches(str(link), PORTS) == [PORTS[1]]
    assert path_of(str(link), PORTS) == str(link)


def test_a_device_is_known_by_its_number_or_its_place(tmp_path: Path) -> None:
    plug_in(tmp_path, "ttyUSB0", "1-1.2", "1a86", "7523", name="USB Serial")
    plug_in(tmp_path, "ttyACM0", "1-1.4", "04b8", "0202", "X7KF001", name="TM-T20\x07II")

    assert known(found(tmp_path)) == {"/dev/ttyACM0": "usb:04b8:0202:X7KF001", "/dev/ttyUSB0": "usb:1a86:7523@1-1.2"}
    assert [port.name for port in found(tmp_path)] == ["TM-T20II", "USB Serial"]


def test_the_ports_of_one_device_are_told_apart(tmp_path: Path) -> None:
    for number, interface in enumerate(("1.2", "1.3")):
        plug_in(tmp_path, f"ttyUSB{number}", "1-1", "2c7c", "0125", "0123", interface)

    assert known(found(tmp_path)) == {
        "/dev/ttyUSB0": "usb:2c7c:0125:0123/1.2",
        "/dev/ttyUSB1": "usb:2c7c:0125:0123/1.3",
    }
    assert path_of("usb:2c7c:0125:0123/1.3", found(tmp_path)) == "/dev/ttyUSB1"


def test_two_devices_that_say_the_same_number_are_known_by_their_places(tmp_path: Path) -> None:
    plug_in(tmp_path, "ttyUSB0", "1-1", "10c4", "ea60", "0001")
    chosen = found(tmp_path)[0].identity
    assert (chosen, path_of(chosen, found(tmp_path))) == ("usb:10c4:ea60:0001", "/dev/ttyUSB0")

    plug_in(tmp_path, "ttyUSB1", "1-2", "10c4", "ea60", "0001")
    ports = found(tmp_path)
    assert [port.identity for port in ports] == ["usb:10c4:ea60:0001@1-1", "usb:10c4:ea60:0001@1-2"]
    assert path_of("usb:10c4:ea60:0001@1-2", ports) == "/dev/ttyUSB1"
    assert len(matches(chosen, ports)) == 2  # nobody can say which of them was meant
    assert path_of(chosen, ports) == ""


def test_ports_that_no_machine_has_are_left_out(tmp_path: Path) -> None:
    for number, kind in enumerate(("4", "0")):
        node = tmp_path / "class/tty" / f"ttyS{number}"
        node.mkdir(parents=True)
        (node / "type").write_text(f"{kind}\n")
    (tmp_path / "class/tty/tty0").mkdir()

    assert found(tmp_path) == [Port("/dev/ttyS0", "/dev/ttyS0", "")]


def test_a_camera_is_one_though_it_has_several_nodes(tmp_path: Path) -> None:
    for number in range(2):
        plug_in(tmp_path, f"video{number}", "1-3", "046d", "0825", "A1B2", name="Webcam C270", of="video4linux")
        (tmp_path / f"class/video4linux/video{number}/index").write_text(f"{number}\n")

    assert [(camera.path, camera.identity, camera.name) for camera in cameras(tmp_path)] == [
        ("/dev/video0", "usb:046d:0825:A1B2", "Webcam C270")
    ]


def test_ports_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 2):
        plug_in(tmp_path, f"ttyUSB{number}", f"1-{number}", "1a86", "7523")
    assert [port.path for port in found(tmp_path)] == ["/dev/ttyUSB2", "/dev/ttyUSB9", "/dev/ttyUSB10"]


def test_this_machine_tells_its_ports() -> None:
    assert all(port.path.startswith("/dev/") and port.identity for port in [*found(), *cameras()])


def test_who_holds_a_port_is_seen(tmp_path: Path) -> None:
    port, process = tmp_path / "ttyUSB0", tmp_path / "proc/4711"
    port.touch()
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("ModemManager\n")
    assert holder(str(port), tmp_path / "proc") == ""

    (process / "fd/7").symlink_to(port)
    assert holder(str(port), tmp_path / "proc") == "ModemManager"


def test_this_program_does_not_count_as_another(tmp_path: Path) -> None:
    with (tmp_path / "port").open("w"):
        assert holder(str(tmp_path / "port")) == ""


@pytest.mark.parametrize(
    ("told", "program", "probed"),
    [
        ("E:ID_MM_CANDIDATE=1\n", "ModemManager", True),
        ("E:ID_MM_CANDIDATE=1\nE:ID_MM_PORT_IGNORE=1\n", "ModemManager", False),
        ("E:ID_MM_CANDIDATE=1\n", "bash", False),
        ("E:ID_BUS=usb\n", "ModemManager", False),
    ],
)
def test_a_port_that_is_taken_for_a_modem_is_seen(tmp_path: Path, told: str, program: str, probed: bool) -> None:
    number = Path("/dev/null").stat().st_rdev
    (tmp_path / f"c{os.major(number)}:{os.minor(number)}").write_text(told)
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/comm").write_text(f"{program}\n")

    assert is_probed("/dev/null", tmp_path / "proc", tmp_path) is probed
    assert not is_probed(str(tmp_path / "nothing"), tmp_path / "proc", tmp_path)
