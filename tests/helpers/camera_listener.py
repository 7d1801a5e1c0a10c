"""A camera with its process, and all that it has told."""

import queue
import time
from collections.abc import Callable
from pathlib import Path

from hardware.camera import Camera
from hardware.camera_messages import CameraState, CodeRead, Condition, Picture, Told
from pos_app.device_settings import CameraSettings

PATIENCE_S = 60


class Listener:
    """Opens a camera and takes in what it tells, as far as a test waits for it."""

    def __init__(self, path: Path | str, *, torch: bool = False, patience_s: float = 30.0) -> None:
        self._told: queue.Queue[Told] = queue.Queue()
        self.codes: list[str] = []
        self.pictures: list[Picture] = []
        self.states: list[Condition] = []
        self.camera = Camera(CameraSettings(str(path), torch=torch), self._told.put, patience_s=patience_s)

    def close(self) -> None:
        self.camera.stop()

    def wait(self, until: Callable[[], object]) -> None:
        """Take in what is told until something has come true."""
        end_s = time.monotonic() + PATIENCE_S
        while not until():
            told = self._told.get(timeout=max(0.1, end_s - time.monotonic()))
            if isinstance(told, CodeRead):
                self.codes.append(told.text)
            elif isinstance(told, Picture):
                self.pictures.append(told)
            elif isinstance(told, CameraState):
                self.states.append(told.condition)

    def wait_for(self, condition: Condition) -> None:
        """Wait until the camera says that it is so, from now on."""
        self.states.clear()
        self.wait(lambda: condition in self.states)

    @property
    def process_id(self) -> int:
        number = self.camera.process_id
        assert number is not None
        return number
