"""Where a camera's pictures come from: a device of V4L2, or a picture, a folder of pictures or a film in its stead.

Pictures are numpy arrays in OpenCV's order (blue, green, red). What is wrong with a source is a SourceTrouble.
"""

import errno
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware import ports, v4l2
from hardware.camera_messages import Condition, Light
from pos_app.device_settings import CameraSettings

Image = NDArray[np.uint8]

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})
_MISSES_MOST = 2
_CONDITIONS: dict[int, Condition] = {
    errno.ENOENT: "missing",
    errno.ENODEV: "missing",
    errno.ENXIO: "missing",
    errno.ENOTDIR: "missing",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EBUSY: "busy",
}


class SourceTrouble(Exception):
    """A source that gives no pictures, and what it is about it."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition)
        self.condition = condition


class Source(Protocol):
    """Gives pictures, the newest there is when the next is due."""

    light: Light
    name: str

    def picture(self, due_s: float) -> Image:
        """The first picture from `due_s` on, by the monotonic clock; raises SourceTrouble."""

    def close(self) -> None:
        """Give the device back."""


def opened(settings: CameraSettings) -> Source:
    """The camera of the settings, or what stands in for it; raises SourceTrouble."""
    path = ports.path_of(settings.path, ports.cameras())
    try:
        if not path:
            raise SourceTrouble("missing")
        kind = Path(path).stat().st_mode
        if stat.S_ISCHR(kind):
            return DeviceSource(path, settings)
        if stat.S_ISDIR(kind):
            return PlayedSource(Path(path), _folder)
        if stat.S_ISREG(kind):
            return PlayedSource(Path(path), _file if Path(path).suffix.lower() in _PICTURES else _film)
    except OSError as error:
        raise _trouble(error) from error
    raise SourceTrouble("not_camera")


class DeviceSource:
    """A camera of V4L2. Its own pictures are packed (MJPG), or a cable of USB 2 would carry five in a second."""

    def __init__(self, path: str, settings: CameraSettings) -> None:
        device = v4l2.asked(path)
        if not device.captures:
            raise SourceTrouble("not_camera")
        self.name = device.name[:200]
        self._path = path
        self._capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        try:
            if not self._capture.isOpened():
                raise SourceTrouble(self._why_silent())
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
            has_light = v4l2.set_light(path, on=settings.torch)
        except BaseException:
            self.close()
            raise
        self.light: Light = "absent" if not has_light else "on" if settings.torch else "off"

    def picture(self, due_s: float) -> Image:
        try:
            return self._picture(due_s)
        except cv2.error as error:  # a driver that does what OpenCV does not believe
            raise SourceTrouble(self._why_silent()) from error

    def _picture(self, due_s: float) -> Image:
        misses = 0
        while misses < _MISSES_MOST:
            if not self._capture.grab():
                misses += 1
                if not Path(self._path).exists():
                    raise SourceTrouble("gone")
                continue
            if time.monotonic() >= due_s:  # earlier ones are let go, and need not be unpacked
                taken, picture = self._capture.retrieve()
                if taken and picture.size:
                    return _image(picture)
                misses += 1
        raise SourceTrouble(self._why_silent())

    def close(self) -> None:
        self._capture.release()

    def _why_silent(self) -> Condition:
        """What the driver says, once nobody here takes pictures any more."""
        self.close()
        try:
            v4l2.asked(self._path)
        except OSError as error:
            return _trouble(error, was_there=True).condition
        return "silent"


class PlayedSource:
    """Stands in for a camera: its pictures follow each other for ever, each when it is due and none left out."""

    light: Light = "absent"

    def __init__(self, path: Path, player: Callable[[Path], Iterator[Image]]) -> None:
        self.name = path.name[:200]
        self._pictures = player(path)

    def picture(self, due_s: float) -> Image:
        time.sleep(max(0.0, due_s - time.monotonic()))
        try:
            return next(self._pictures)
        except OSError as error:
            raise _trouble(error, was_there=True) from error

    def close(self) -> None:
        """Nothing is held."""


def _file(path: Path) -> Iterator[Image]:
    while True:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
        if picture is None:
            raise SourceTrouble("not_camera")
        yield _image(picture)


def _folder(folder: Path) -> Iterator[Image]:
    while True:
        files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in _PICTURES]
        if not files:
            raise SourceTrouble("silent")
        for file in files:
            yield next(_file(file))


def _film(path: Path) -> Iterator[Image]:
    while True:
        film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        try:
            taken, picture = film.read()
            if not taken:
                raise SourceTrouble("not_camera")
            while taken:
                yield _image(picture)
                taken, picture = film.read()
        finally:
            film.release()
        path.stat()  # a film that is gone is not played again


def _image(picture: object) -> Image:
    """A picture as all of them are here, whatever OpenCV's own types are."""
    return np.asarray(picture, np.uint8)


def _trouble(error: OSError, *, was_there: bool = False) -> SourceTrouble:
    """What an error of the system means for a camera; what is not known is no camera at all."""
    condition = _CONDITIONS.get(error.errno or 0, "not_camera")
    return SourceTrouble("gone" if was_there and condition == "missing" else condition)
