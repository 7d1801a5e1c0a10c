"""The camera's own process on pictures that stand in for a camera: what it reads, and what goes wrong with it."""

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import pytest

from hardware import camera as camera_module
from hardware.camera_messages import CameraState, Condition
from hardware.camera_source import SourceTrouble, opened
from pos_app.device_settings import CameraSettings
from tests.helpers.camera_listener import PATIENCE_S, Listener
from tests.helpers.camera_pictures import Reel, card, empty
from tests.helpers.logs import ExpectLog

CARD = "2912345678906"
OTHER = "2900000000018"


@pytest.fixture
def reel(tmp_path: Path) -> Reel:
    return Reel(tmp_path / "camera")


@pytest.fixture
def still(reel: Reel) -> Path:
    """A counter at which nothing happens."""
    reel.add(*(empty(seed) for seed in range(4)))
    return reel.folder


def _is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_card_is_read_once_until_it_has_left(reel: Reel) -> None:
    held = [card(CARD, turned=turned, seed=turned) for turned in range(4)]
    nobody = [empty(seed) for seed in range(4)]
    reel.add(*held, times=2)
    reel.add(*nobody, times=4)
    reel.add(*[card(OTHER, seed=seed) for seed in range(4)], times=2)
    reel.add(*nobody, times=4)
    with closing(Listener(reel.folder)) as listener:
        listener.wait(lambda: len(listener.codes) >= 3)

    assert listener.codes == [CARD, OTHER, CARD]


def test_a_card_that_lies_there_is_read_once(reel: Reel) -> None:
    reel.add(*[card(CARD, seed=seed) for seed in range(4)])
    with closing(Listener(reel.folder)) as listener:
        for _ in range(55):
            count = len(listener.pictures)
            listener.camera.want_picture()
            listener.wait(lambda: len(listener.pictures) > count)  # noqa: B023

    assert listener.codes == [CARD]


def test_a_picture_comes_only_when_asked_for(still: Path) -> None:
    with closing(Listener(still)) as listener:
        listener.wait_for("ready")
        for _ in range(50):
            listener.camera.want_picture()
        listener.wait(lambda: listener.pictures)
        listener.camera.want_picture()
        listener.wait(lambda: len(listener.pictures) >= 2)

        assert len(listener.pictures) <= 4  # those asked for in one breath are one, and not 51
        picture = listener.pictures[0]
        assert (picture.width, picture.height, len(picture.pixels)) == (640, 360, 640 * 360 * 3)
        assert listener.camera.state.name == "camera"


@pytest.mark.parametrize(
    ("name", "content", "condition"),
    [
        ("one.png", None, "ready"),
        ("film.avi", None, "ready"),
        ("torn.png", b"\x89PNG\r\n", "not_camera"),
        ("empty.png", b"", "not_camera"),
        ("torn.avi", b"RIFF", "not_camera"),
        ("text.txt", b"no camera", "not_camera"),
    ],
)
def test_a_file_that_is_a_picture_or_is_none(
    tmp_path: Path, name: str, content: bytes | None, condition: Condition
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    elif path.suffix == ".png":
        cv2.imwrite(str(path), empty())
    else:
        film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (1280, 720))
        for seed in range(3):
            film.write(empty(seed))
        film.release()
    with closing(Listener(path)) as listener:
        listener.wait(lambda: listener.states and listener.states[-1] != "starting")
    assert listener.states[-1] == condition


def test_what_is_no_camera_at_all(tmp_path: Path) -> None:
    """None of them may make it wait: a pipe that nobody writes into would do so for ever."""
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for path, condition in (
        (pipe, "not_camera"),
        ("/dev/null", "not_camera"),
        ("/dev/tty0" if Path("/dev/tty0").exists() else "/dev/zero", "not_camera"),
        (folder, "silent"),
        ("/dev/video-none", "missing"),
        ("/dev/null/video0", "missing"),
        ("usb:ffff:ffff:NONE", "missing"),
    ):
        with closing(Listener(path)) as listener:
            listener.wait(lambda: listener.states and listener.states[-1] != "starting")
        assert listener.states[-1] == condition, path


@pytest.mark.parametrize(
    ("number", "condition"),
    [(errno.EBUSY, "busy"), (errno.EACCES, "no_permission"), (errno.ENODEV, "missing"), (errno.ENOTTY, "not_camera")],
)
def test_an_error_of_the_driver_has_its_meaning(
    monkeypatch: pytest.MonkeyPatch, number: int, condition: Condition
) -> None:
    """A test cannot have a camera that is busy: the error comes where the system would give it."""

    def refused(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("hardware.v4l2.os.open", refused)
    with pytest.raises(SourceTrouble) as trouble:
        opened(CameraSettings("/dev/null"))
    assert trouble.value.condition == condition


def test_a_camera_that_is_unplugged_comes_back(still: Path) -> None:
    aside = still.with_name("aside")
    with closing(Listener(still)) as listener:
        listener.wait_for("ready")
        number = listener.process_id
        still.rename(aside)
        listener.wait_for("gone")
        aside.rename(still)
        listener.wait_for("ready")

        assert listener.process_id == number


def test_a_cap_on_the_camera_is_told(reel: Reel) -> None:
    reel.add(empty() * 0)
    with closing(Listener(reel.folder)) as listener:
        listener.wait_for("dark")


def test_a_process_that_crashes_is_started_again(reel: Reel, expect_log: ExpectLog) -> None:
    """The card that lies there has been read already, also for the new process; another one has not."""
    reel.add(*[card(CARD, seed=seed) for seed in range(4)])
    expect_log(logging.WARNING, "started again: it ended")
    with closing(Listener(reel.folder)) as listener:
        listener.wait(lambda: listener.codes)
        number = listener.process_id
        os.kill(number, signal.SIGKILL)
        listener.wait_for("failed")
        listener.wait_for("ready")
        assert listener.process_id != number
        for file in sorted(reel.folder.iterdir()):
            cv2.imwrite(str(file), card(OTHER))
        listener.wait(lambda: len(listener.codes) > 1)

    assert listener.codes == [CARD, OTHER]
    assert not _is_running(number)


def test_a_process_that_hangs_is_ended_and_started_again(still: Path, expect_log: ExpectLog) -> None:
    expect_log(logging.WARNING, "no sign of life", times=None)
    with closing(Listener(still, patience_s=3)) as listener:
        listener.wait_for("ready")
        number = listener.process_id
        os.kill(number, signal.SIGSTOP)
        listener.wait_for("stuck")
        listener.wait_for("ready")

        assert not _is_running(number)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys, os; os.write(0, b'\\xff' * 100)", "too long"),
        ("import os; os.write(0, b'\\0\\0\\0\\1\\xc1')", "Error"),
        ("import os\nwhile True: os.write(0, os.urandom(65536))", "Error"),
        ("raise SystemExit", "it ended"),
    ],
)
def test_a_process_that_talks_nonsense_is_ended(
    still: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog, program: str, why: str
) -> None:
    monkeypatch.setattr(camera_module, "_WORKER", ("-c", program))
    expect_log(logging.WARNING, f"started again: .*{why}", times=None)
    with closing(Listener(still)) as listener:
        listener.wait_for("failed")


def test_a_process_that_cannot_be_started_is_tried_again(
    still: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log(logging.WARNING, "started again: FileNotFoundError", times=None)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/none")
        listener = Listener(still)
        listener.wait_for("failed")
    with closing(listener):
        listener.wait_for("ready")


def test_a_fault_in_the_process_is_told_in_the_log(
    still: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    program = "import hardware.decode as d, hardware.camera_worker as w; d.Watcher.look = lambda *a: 1/0; w.main()"
    monkeypatch.setattr(camera_module, "_WORKER", ("-c", program))
    expect_log(logging.WARNING, "ZeroDivisionError", times=None)
    with closing(Listener(still)) as listener:
        listener.wait_for("failed")


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_the_process_ends_with_the_till(still: Path, stopped: bool) -> None:
    """Also when the till is killed, and also when the process hangs in that moment."""
    code = (
        "import sys, time; from hardware.camera import Camera; from pos_app.device_settings import CameraSettings\n"
        "camera = Camera(CameraSettings(sys.argv[1]), lambda told: print(camera.process_id, flush=True))\n"
        "time.sleep(600)"
    )
    till = subprocess.Popen([sys.executable, "-c", code, str(still)], stdout=subprocess.PIPE, text=True)
    assert till.stdout is not None
    number = int(till.stdout.readline())
    if stopped:
        os.kill(number, signal.SIGSTOP)
    till.kill()
    till.communicate()

    end_s = time.monotonic() + PATIENCE_S
    while _is_running(number) and time.monotonic() < end_s:
        os.sched_yield()
    assert not _is_running(number)


def test_without_a_path_there_is_no_process() -> None:
    with closing(Listener("")) as listener:
        assert listener.camera.process_id is None
        assert listener.camera.state == CameraState("none")
        listener.camera.want_picture()


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """Every camera of these tests has given back what it held."""
    yield
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert [child for child in children if "camera_worker" in Path(f"/proc/{child}/cmdline").read_text()] == []
