"""The till's three sounds. They are apart from the scanner's own beep, which only means that it has read something."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLoggingCategory, QObject, QUrl

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QSoundEffect

log = logging.getLogger(__name__)

NAMES = ("accepted", "attention", "refused")
FOLDER = Path(__file__).parent


class Sounds(QObject):
    """Plays the sounds, or none where the machine cannot: then the log says so once, at INFO, and nothing fails.

    QtMultimedia is loaded by `prepare`, which is meant for the first idle moment after the first paint; a sound
    that is wanted before prepares itself.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._effects: dict[str, QSoundEffect] | None = None

    def prepare(self) -> None:
        """Load the sounds; takes a tenth of a second the first time and nothing after."""
        if self._effects is None:
            self._effects = _effects(self)

    @property
    def can_play(self) -> bool:
        """Whether there is anything to hear them with."""
        self.prepare()
        return bool(self._effects)

    def accepted(self) -> None:
        """It is done and written down."""
        self._play("accepted")

    def attention(self) -> None:
        """It is done, and there is something to be seen."""
        self._play("attention")

    def refused(self) -> None:
        """It is not done."""
        self._play("refused")

    def _play(self, name: str) -> None:
        self.prepare()
        if self._effects:
            self._effects[name].play()


def _effects(parent: QObject) -> dict[str, "QSoundEffect"]:
    """A player for each sound; none where there is no sound."""
    # Qt tells of every sound library that a machine lacks, and it does so while the system loads QtMultimedia. It must
    # not be heard in Python: if another thread imports something just then, each waits for the other for ever.
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    try:
        from PySide6.QtMultimedia import QMediaDevices, QSoundEffect

        if QMediaDevices.defaultAudioOutput().isNull():
            log.info("There will be no sounds: this machine has no audio output.")
            return {}
        effects = {name: QSoundEffect(parent) for name in NAMES}
        for name, effect in effects.items():
            effect.setSource(QUrl.fromLocalFile(str(FOLDER / f"{name}.wav")))
        return effects
    except ImportError as error:
        log.info("There will be no sounds: QtMultimedia cannot be loaded (%s).", error)
        return {}
