"""A held key whose repeats come as releases and presses: it counts once, and two presses count twice."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QWindow
from pytestqt.qtbot import QtBot

from ui.till.held_keys import HeldKeys

KEY = Qt.Key
OVERRIDE, PRESS, RELEASE = QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease


class Heard(QObject):
    """Stands behind the filter and notes what comes through."""

    def __init__(self) -> None:
        super().__init__()
        self.presses: list[tuple[QEvent.Type, int]] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() != RELEASE:
            self.presses.append((event.type(), event.timestamp()))
        return False


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[tuple[QWindow, Heard]]:
    made, heard, held = QWindow(), Heard(), HeldKeys()
    made.installEventFilter(heard)
    held.watch(made)
    yield made, heard
    made.removeEventFilter(held)


def _send(window: QWindow, key: KEY, *events: tuple[QEvent.Type, int]) -> list[bool]:
    """Whether each was accepted; a question about a shortcut is not, as long as nobody wants the key."""
    accepted = []
    for kind, at_ms in events:
        event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier)
        event.setTimestamp(at_ms)
        if kind == OVERRIDE:
            event.ignore()
        QCoreApplication.sendEvent(window, event)
        accepted.append(event.isAccepted())
    return accepted


@pytest.mark.parametrize("key", [KEY.Key_F8, KEY.Key_F10, KEY.Key_F12, KEY.Key_Escape, KEY.Key_Return])
def test_a_press_at_the_moment_of_the_release_is_no_press(window: tuple[QWindow, Heard], key: KEY) -> None:
    watched, heard = window
    _send(watched, key, (OVERRIDE, 1000), (RELEASE, 1500))
    [asked] = _send(watched, key, (OVERRIDE, 1500))
    _send(watched, key, (PRESS, 1500), (RELEASE, 1530), (OVERRIDE, 1532), (PRESS, 1532))

    assert asked, "Qt would look for a shortcut"
    assert heard.presses == [(OVERRIDE, 1000)]


def test_a_second_press_counts(window: tuple[QWindow, Heard]) -> None:
    watched, heard = window
    _send(watched, KEY.Key_F8, (PRESS, 1000), (RELEASE, 1040), (PRESS, 1060))

    assert heard.presses == [(PRESS, 1000), (PRESS, 1060)]


def test_another_key_and_keys_that_may_repeat_count(window: tuple[QWindow, Heard]) -> None:
    watched, heard = window
    _send(watched, KEY.Key_F8, (PRESS, 1000), (RELEASE, 1040))
    _send(watched, KEY.Key_F10, (PRESS, 1040))
    _send(watched, KEY.Key_Down, (PRESS, 1041), (RELEASE, 1050), (PRESS, 1050))

    assert [at for _, at in heard.presses] == [1000, 1040, 1041, 1050]
