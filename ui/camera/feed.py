"""The till's camera as the window knows it: what comes from its process comes out here, in the window's thread."""

from contextlib import suppress

from PySide6.QtCore import QObject, Signal, Slot

from hardware.camera import Camera
from hardware.camera_messages import CameraState, CodeRead, Picture, Told
from pos_app.device_settings import CameraSettings


class CameraFeed(QObject):
    """One camera for all windows: `read` carries each CodeRead, `changed` each new CameraState, `pictured` a Picture.

    Pictures come while somebody watches, each only after the one before has been handled: a window that is busy gets
    fewer, and none wait. With `settings.always` off the camera is on only while somebody watches.
    """

    read = Signal(object)
    changed = Signal(object)
    pictured = Signal(object)
    _told = Signal(object)

    def __init__(self, settings: CameraSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.state = CameraState("starting" if settings.path else "none")
        self._watchers: set[QObject] = set()
        self._camera: Camera | None = None
        self._told.connect(self._hear)
        if settings.always:
            self._camera = Camera(settings, self._pass_on)

    def watch(self, watcher: QObject) -> None:
        """Somebody looks: let pictures come."""
        self._watchers.add(watcher)
        if self._camera is None:
            self._camera = Camera(self.settings, self._pass_on)
        self._camera.want_picture()

    def unwatch(self, watcher: QObject) -> None:
        """Somebody has looked away."""
        self._watchers.discard(watcher)
        if not self._watchers and not self.settings.always and self._camera is not None:
            camera, self._camera = self._camera, None
            camera.stop(wait=False)

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks."""
        return bool(self._watchers)

    @property
    def process_id(self) -> int | None:
        """The camera's process, None while there is none."""
        return self._camera.process_id if self._camera else None

    def adopt(self, settings: CameraSettings) -> None:
        """Look with the camera of other settings from now on, or with none."""
        self.stop()
        self.settings = settings
        self.state = CameraState("starting" if settings.path else "none")
        self.changed.emit(self.state)
        if settings.path and (settings.always or self._watchers):
            self._camera = Camera(settings, self._pass_on)
            if self._watchers:
                self._camera.want_picture()

    def stop(self) -> None:
        """Give the camera back."""
        if self._camera is not None:
            camera, self._camera = self._camera, None
            camera.stop()

    def _pass_on(self, told: Told) -> None:
        """From the camera's thread, which may outlive the window for a moment when nobody waits for it."""
        with suppress(RuntimeError):
            self._told.emit(told)

    @Slot(object)
    def _hear(self, told: Told) -> None:
        if self._camera is None:  # it was on its way when the camera was given back
            return
        if isinstance(told, CodeRead):
            self.read.emit(told)
        elif isinstance(told, CameraState):
            self.state = told
            self.changed.emit(told)
        elif isinstance(told, Picture):
            self.pictured.emit(told)
            if self._watchers:
                self._camera.want_picture()
