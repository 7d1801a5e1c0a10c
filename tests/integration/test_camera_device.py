"""A camera of V4L2 through OpenCV and the driver's own calls, with each trouble that a driver can make.

The kernel's part is played by tests/helpers/virtual_camera.c, loaded into the camera's process.
"""

import logging
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import pytest

from hardware.camera_messages import Condition
from tests.helpers.camera_listener import Listener
from tests.helpers.camera_pictures import card
from tests.helpers.logs import ExpectLog

CARD = "2912345678906"
OTHER = "2900000000018"


class VirtualCamera:
    """The folder in which the camera's driver looks for what it is to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "video0"
        self.sees(CARD)
        self.plug()

    def sees(self, code: str) -> None:
        beside = self.folder / "next.jpg"
        cv2.imwrite(str(beside), card(code))
        beside.rename(self.folder / "frame.jpg")

    def plug(self) -> None:
        self.path.symlink_to("/dev/null")  # a character device, as a camera is

    def unplug(self) -> None:
        self.path.unlink()

    def has(self, trouble: str) -> None:
        (self.folder / trouble).touch()

    def has_no(self, trouble: str) -> None:
        (self.folder / trouble).unlink()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert shutil.which("cc"), "cc is missing; `make setup-test` installs it."
    source = Path(__file__).parents[1] / "helpers" / "virtual_camera.c"
    built = tmp_path_factory.mktemp("driver") / "virtual_camera.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", built, source, "-ldl"], check=True)
    return built


@pytest.fixture
def device(driver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VirtualCamera:
    """Plugged in; only processes that are started from now on know of it."""
    monkeypatch.setenv("VIRTUAL_CAMERA", str(tmp_path))
    monkeypatch.setenv("LD_PRELOAD", str(driver))
    return VirtualCamera(tmp_path)


@pytest.fixture
def listener(device: VirtualCamera) -> Iterator[Listener]:
    with closing(Listener(device.path)) as opened:
        opened.wait_for("ready")
        yield opened


def test_cards_are_read_and_the_camera_is_known_by_its_name(device: VirtualCamera, listener: Listener) -> None:
    listener.wait(lambda: listener.codes)
    device.sees(OTHER)
    listener.wait(lambda: len(listener.codes) > 1)
    listener.camera.want_picture()
    listener.wait(lambda: listener.pictures)

    assert listener.codes == [CARD, OTHER]
    assert (listener.camera.state.name, listener.camera.state.light) == ("Virtual Camera", "absent")


@pytest.mark.parametrize(("torch", "light", "mode"), [(True, "on", "2"), (False, "off", "0")])
def test_the_light_is_as_the_settings_say(device: VirtualCamera, torch: bool, light: str, mode: str) -> None:
    device.has("light")
    with closing(Listener(device.path, torch=torch)) as listener:
        listener.wait_for("ready")
        assert listener.camera.state.light == light
        assert (device.folder / "light").read_text() == mode


def test_a_camera_is_unplugged_and_plugged_again(device: VirtualCamera, listener: Listener) -> None:
    for _ in range(2):
        device.unplug()
        listener.wait_for("gone")
        device.plug()
        listener.wait_for("ready")


@pytest.mark.parametrize(
    ("trouble", "condition"), [("busy", "busy"), ("denied", "no_permission"), ("other", "not_camera")]
)
def test_a_camera_that_cannot_be_opened_says_why_and_is_tried_again(
    device: VirtualCamera, trouble: str, condition: Condition
) -> None:
    device.has(trouble)
    with closing(Listener(device.path)) as listener:
        listener.wait_for(condition)
        device.has_no(trouble)
        listener.wait_for("ready")


def test_a_camera_without_pictures_is_opened_anew(device: VirtualCamera, listener: Listener) -> None:
    device.has("silent")
    listener.wait_for("silent")
    device.has_no("silent")
    listener.wait_for("ready")


def test_a_driver_that_never_returns_does_not_hold_the_till(device: VirtualCamera, expect_log: ExpectLog) -> None:
    expect_log(logging.WARNING, "no sign of life")
    with closing(Listener(device.path, patience_s=6)) as listener:
        listener.wait_for("ready")
        device.has("hang")
        listener.wait_for("stuck")
        device.has_no("hang")
        listener.wait_for("ready")
