"""The camera's own process: takes pictures, decodes them and tells the till; `python -m hardware.camera_worker`.

A driver that hangs or crashes, or a decoder that takes its time, does so here and not in the till's window. Its socket
is the standard input: what is told goes out there, and a byte that comes in asks for one picture. It ends with it.
"""

import ctypes
import os
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from hardware.camera_messages import CameraState, CodeRead, Condition, Failure, Picture, send
from pos_app.device_settings import CameraSettings

if TYPE_CHECKING:  # loaded when the till has heard that this process is there
    from hardware.agreement import Reading
    from hardware.camera_source import Image, Source

PREVIEW_WIDTH = 640
_FRAME_S = 1 / 15
_ASLEEP_FRAME_S = 1 / 5
_LOOK_MOST_MS = 150
_RETRY_S = 1.0
_BEAT_S = 1.0
_NICE = 5
_CORNERS_MOST = 16
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of linux/prctl.h


def main() -> None:
    """Work until the till is gone; the settings are the one argument, as JSON."""
    settings = msgspec.json.decode(sys.argv[1], type=CameraSettings)
    line = socket.socket(fileno=0)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)  # also when it hangs, and can see nothing itself
    os.nice(_NICE)
    wanted = threading.Event()
    threading.Thread(target=_listen, args=(line, wanted), daemon=True).start()
    try:
        send(line, CameraState("starting"))
        _quieten()
        Watch(settings, line, wanted).run()
    except OSError as error:
        if not isinstance(error, ConnectionError):
            _tell_failure(line)
    except Exception:
        _tell_failure(line)
    os._exit(1)


class Watch:
    """Looks through the camera for ever, from one attempt to open it to the next."""

    def __init__(self, settings: CameraSettings, line: socket.socket, wanted: threading.Event) -> None:
        from hardware.camera_sight import Vigil
        from hardware.decode import Watcher

        self._settings = settings
        self._line = line
        self._wanted = wanted
        self._watcher = Watcher()
        self._vigil = Vigil()
        self._state = CameraState("starting")
        self._told_s = 0.0
        self._was_there = False
        self._shown_s = -_BEAT_S
        self._looked_ms = 0
        self._watched_ms = 0  # the watcher's clock: while few pictures are looked at, few can have missed a code

    def run(self) -> None:
        """Never returns; raises ConnectionError when the till is gone."""
        from hardware.camera_source import SourceTrouble, opened

        while True:
            try:
                source = opened(self._settings)
                try:
                    self._look(source)
                finally:
                    source.close()
            except SourceTrouble as trouble:
                gone = trouble.condition == "missing" and self._was_there
                self._tell("gone" if gone else trouble.condition)
                time.sleep(_RETRY_S)

    def _look(self, source: "Source") -> None:
        """All pictures of a source until it has no more."""
        due_s = time.monotonic()
        while True:
            picture = source.picture(due_s)
            self._was_there = True
            now_s = time.monotonic()
            self._see(picture, int(now_s * 1000))
            condition: Condition = "dark" if self._vigil.is_dark(int(now_s * 1000)) else "ready"
            self._tell(condition, source)
            lively = self._vigil.is_awake(int(now_s * 1000)) or now_s - self._shown_s < _BEAT_S
            due_s = max(due_s, now_s - _FRAME_S) + (_FRAME_S if lively else _ASLEEP_FRAME_S)

    def _see(self, picture: "Image", now_ms: int) -> None:
        from hardware.camera_sight import grey, preview

        plain = grey(picture)
        if self._vigil.wants(plain, now_ms):
            self._watched_ms += min(now_ms - self._looked_ms, _LOOK_MOST_MS)
            self._looked_ms = now_ms
            for reading in self._watcher.look(plain, self._watched_ms):
                send(self._line, _code_read(reading, picture.shape[1], picture.shape[0]))
        if self._wanted.is_set():
            self._wanted.clear()
            self._shown_s = now_ms / 1000
            small = preview(picture, PREVIEW_WIDTH)
            send(self._line, Picture(small.shape[1], small.shape[0], small.tobytes()))

    def _tell(self, condition: Condition, source: "Source | None" = None) -> None:
        """Tell how the camera is when that has changed, and every second as a sign of life."""
        state = CameraState(condition, source.light, source.name) if source else CameraState(condition)
        if state != self._state or time.monotonic() - self._told_s >= _BEAT_S:
            self._state, self._told_s = state, time.monotonic()
            send(self._line, state)


def _code_read(reading: "Reading", width: int, height: int) -> CodeRead:
    """A reading in the till's words, its corners as shares of the picture."""
    corners = tuple((_share(x, width), _share(y, height)) for x, y in reading.place[:_CORNERS_MOST])
    text = reading.text.encode("utf-8", "replace").decode("utf-8")
    return CodeRead(reading.symbology, text, corners)


def _share(place: float, size: int) -> int:
    return max(0, min(1000, round(place * 1000 / size)))


def _listen(line: socket.socket, wanted: threading.Event) -> None:
    """Each byte asks for a picture; the end of the line is the end of this process, whatever the driver does."""
    try:
        while line.recv(64):
            wanted.set()
    finally:
        os._exit(0)


def _quieten() -> None:
    """OpenCV and what is under it write a line for every torn picture; what matters is told as a state."""
    os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = "2"
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stderr.fileno())
    import cv2

    cv2.setNumThreads(1)


def _tell_failure(line: socket.socket) -> None:
    """The last word, as far as anybody hears it."""
    with suppress(OSError):
        send(line, Failure(traceback.format_exc()[-2000:]))


if __name__ == "__main__":
    main()
