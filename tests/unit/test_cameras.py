"""Cameras are known by their USB device; what stands in /sys is read as the kernel writes it."""

from pathlib import Path

from hardware import cameras


def plugged(
    system: Path, number: int, *, index: int = 0, usb: str = "1-1", serial: str = "", name: str = "C920"
) -> None:
    """A video device of a USB camera as the kernel shows it."""
    device = system / "devices" / usb
    interface = device / f"{usb}:1.0"
    interface.mkdir(parents=True, exist_ok=True)
    (device / "idVendor").write_text("046d\n")
    (device / "idProduct").write_text("082d\n")
    if serial:
        (device / "serial").write_text(f"{serial}\n")
    video = system / "class" / f"video{number}"
    video.mkdir(parents=True)
    (video / "index").write_text(f"{index}\n")
    (video / "name").write_text(f"{name}\n")
    (video / "device").symlink_to(interface)


def test_a_camera_keeps_its_identity_whatever_its_number(tmp_path: Path) -> None:
    plugged(tmp_path, 10, serial="A1B2", name="HD Pro Webcam C920")
    plugged(tmp_path, 11, index=1, serial="A1B2", name="HD Pro Webcam C920")
    plugged(tmp_path, 2, usb="1-2.4")
    system = tmp_path / "class"

    found = cameras.found(system)

    assert [(camera.path, camera.identity, camera.name) for camera in found] == [
        ("/dev/video2", "usb:046d:082d@1-2.4", "C920"),
        ("/dev/video10", "usb:046d:082d:A1B2", "HD Pro Webcam C920"),
    ]
    assert cameras.path_of("usb:046d:082d:A1B2", system) == "/dev/video10"
    assert cameras.path_of("usb:046d:082d:OTHER", system) == ""
    assert cameras.path_of("/dev/video7", system) == "/dev/video7"


def test_a_camera_that_is_no_usb_device_is_known_by_its_path(tmp_path: Path) -> None:
    video = tmp_path / "video0"
    (tmp_path / "platform").mkdir()
    video.mkdir()
    (video / "device").symlink_to(tmp_path / "platform")
    assert [camera.identity for camera in cameras.found(tmp_path)] == ["/dev/video0"]


def test_a_machine_without_cameras_has_none(tmp_path: Path) -> None:
    assert cameras.found(tmp_path / "not there") == []
