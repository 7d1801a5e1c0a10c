"""The camera in the till's window: seen below the customer, read into the sale, never in the window's way."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from hardware.camera_messages import CameraState, CodeRead, Condition, Picture
from pos_app import texts
from pos_app.device_settings import CameraSettings
from pos_app.settings import Settings
from tests.helpers.camera_pictures import Reel, card, empty
from tests.helpers.shop import BREAD
from tests.ui.till_desk import STAFF_CARD, TillDesk
from ui.camera.feed import CameraFeed
from ui.camera.view import CameraView
from ui.till.painted import Painted, Style

CARD = "2912345678906"
PATIENCE_MS = 60_000
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def reel(tmp_path: Path) -> Reel:
    return Reel(tmp_path / "camera")


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def open_feed(closing: ExitStack, path: Path | str, *, always: bool = True) -> CameraFeed:
    feed = CameraFeed(CameraSettings(str(path), always=always))
    closing.callback(delete, feed)
    closing.callback(feed.stop)
    return feed


def open_view(closing: ExitStack, feed: CameraFeed, language: str = "en") -> CameraView:
    view = CameraView(texts.words(language), feed)
    closing.callback(delete, view)
    view.resize(427, 240)
    view.show()
    return view


def open_till(qtbot: QtBot, closing: ExitStack, folder: Path, camera: Path | str, language: str = "bg") -> TillDesk:
    settings = Settings(camera=CameraSettings(str(camera)))
    desk = TillDesk(qtbot, folder / "till", language=language, settings=settings)
    closing.callback(desk.close)
    return desk


def connect(desk: TillDesk, feed: CameraFeed) -> None:
    """As the application does."""
    feed.read.connect(lambda read: desk.intake.inject(read.text, "camera"))
    desk.window.show_camera(feed)


def press_camera(desk: TillDesk) -> None:
    QTest.keyClick(desk.window, Qt.Key.Key_F9, CTRL)


def view_of(desk: TillDesk) -> CameraView:
    view = desk.see(CameraView, "camera_view")
    assert isinstance(view, CameraView)
    return view


def test_what_the_camera_sees_and_reads_is_shown(qtbot: QtBot, closing: ExitStack, reel: Reel) -> None:
    reel.add(*[card(CARD, seed=seed) for seed in range(3)])
    feed = open_feed(closing, reel.folder)
    view = open_view(closing, feed)
    assert view.sentence == "The camera is starting."

    qtbot.waitUntil(lambda: view.code == CARD and not view.image.isNull(), timeout=PATIENCE_MS)

    assert (view.image.width(), view.image.height()) == (640, 360)
    shot = view.grab().toImage()
    middle = [shot.pixelColor(x, shot.height() // 2).lightness() for x in range(shot.width())]
    assert min(middle) < 60
    assert max(middle) > 200


def test_pictures_come_only_to_a_view_that_is_seen(qtbot: QtBot, closing: ExitStack, reel: Reel) -> None:
    reel.add(*(empty(seed) for seed in range(4)))
    feed = open_feed(closing, reel.folder)
    came: list[Picture] = []
    feed.pictured.connect(came.append)
    view = open_view(closing, feed)
    qtbot.waitUntil(lambda: len(came) > 2, timeout=PATIENCE_MS)

    view.hide()
    assert view.image.isNull()
    count = len(came)
    qtbot.wait(1000)
    assert len(came) <= count + 2  # what was on its way; a view that is seen gets fifteen

    view.show()
    qtbot.waitUntil(lambda: len(came) > count + 2, timeout=PATIENCE_MS)


def test_a_camera_that_reads_only_while_it_is_seen(qtbot: QtBot, closing: ExitStack, reel: Reel) -> None:
    reel.add(*[card(CARD, seed=seed) for seed in range(3)])
    feed = open_feed(closing, reel.folder, always=False)
    read: list[CodeRead] = []
    feed.read.connect(read.append)
    assert feed.process_id is None

    view = open_view(closing, feed)
    qtbot.waitUntil(lambda: bool(read), timeout=PATIENCE_MS)
    view.hide()

    assert feed.process_id is None
    assert [one.text for one in read] == [CARD]


def test_a_card_before_the_camera_is_the_customer(qtbot: QtBot, closing: ExitStack, tmp_path: Path, reel: Reel) -> None:
    """Signed in, rung up and recognised with the camera's picture open and the sale going on beside it."""
    reel.add(*[card(STAFF_CARD, seed=seed) for seed in range(3)], times=3)
    reel.add(*[empty(seed) for seed in range(3)], times=5)
    desk = open_till(qtbot, closing, tmp_path, reel.folder)
    member = desk.card(250)
    reel.add(*[card(member, seed=seed) for seed in range(3)], times=30)
    feed = open_feed(closing, reel.folder)
    connect(desk, feed)

    qtbot.waitUntil(lambda: not desk.window.is_locked, timeout=PATIENCE_MS)
    press_camera(desk)
    view = view_of(desk)
    desk.scan(BREAD.code)
    qtbot.waitUntil(lambda: desk.till.basket.card is not None, timeout=PATIENCE_MS)

    assert view.code == member
    assert [row.title for row in desk.rows()][:1] == [BREAD.name]
    assert "250" in desk.message
    press_camera(desk)
    assert not view.isVisible()


def test_what_is_wrong_stands_above_and_in_the_picture(qtbot: QtBot, closing: ExitStack, tmp_path: Path) -> None:
    desk = open_till(qtbot, closing, tmp_path, "/dev/video-none", "en")
    desk.scan(STAFF_CARD)
    feed = open_feed(closing, "/dev/video-none")
    connect(desk, feed)
    qtbot.waitUntil(lambda: feed.state.condition == "missing", timeout=PATIENCE_MS)

    status = desk.see(QLabel, "status_camera")
    assert isinstance(status, QLabel)
    assert status.text() == "Camera: not connected"
    desk.touch("key_Ctrl+F9")
    assert view_of(desk).sentence.startswith("The camera is not connected")
    assert feed.is_watched
    desk.window.speak(texts.words_of(desk.programme, "sl"))
    assert not feed.is_watched
    assert desk.see(QLabel, "status_camera").text() == "Kamera: ni priključena"


def test_without_a_camera_there_is_no_key_for_it(qtbot: QtBot, closing: ExitStack, tmp_path: Path) -> None:
    desk = open_till(qtbot, closing, tmp_path, "")
    desk.scan(STAFF_CARD)
    press_camera(desk)
    assert desk.window.findChildren(QPushButton, "key_Ctrl+F9") == []
    assert desk.window.findChildren(CameraView) == []


def test_the_window_goes_on_whatever_the_camera_does(qtbot: QtBot, closing: ExitStack, reel: Reel) -> None:
    """Counted is the window's own work between two beats, which is the same on a busy machine."""
    reel.add(*[card(CARD, turned=turned, seed=turned) for turned in range(8)])
    feed = open_feed(closing, reel.folder)
    view = open_view(closing, feed)
    qtbot.waitUntil(lambda: not view.image.isNull(), timeout=PATIENCE_MS)
    work_s: list[float] = []
    beats: list[float] = []
    last = time.thread_time()

    def beat() -> None:
        nonlocal last
        now = time.thread_time()
        work_s.append(now - last)
        beats.append(time.monotonic())
        last = now

    timer = QTimer(view, interval=5)
    timer.timeout.connect(beat)
    timer.start()
    qtbot.wait(2000)
    assert max(work_s[1:]) < 0.05

    process_id = feed.process_id
    assert process_id is not None
    os.kill(process_id, signal.SIGSTOP)
    count = len(beats)
    qtbot.waitUntil(lambda: len(beats) > count + 100, timeout=PATIENCE_MS)
    feed.stop()
    assert time.monotonic() - beats[-1] < 3  # a process that hangs cannot hold up the end either


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=str)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_state_has_room_for_its_words(
    qtbot: QtBot,
    closing: ExitStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    size: tuple[int, int],
) -> None:
    desk = open_till(qtbot, closing, tmp_path, "/dev/video-none", language)
    desk.scan(STAFF_CARD)
    desk.window.resize(*size)
    feed = open_feed(closing, "/dev/video-none", always=False)
    connect(desk, feed)
    press_camera(desk)
    QApplication.processEvents()
    feed.stop()
    view = view_of(desk)
    cut: list[str] = []
    write = Painted.write

    def watched(self: Painted, painter: QPainter, area: QRect, text: str, style: Style) -> None:
        _, metrics, _, flags = self._setting(style)
        need = metrics.boundingRect(QRect(0, 0, area.width(), 10_000), flags, text)
        if need.width() > area.width() or need.height() > area.height() + 4:
            cut.append(text)
        write(self, painter, area, text, style)

    with monkeypatch.context() as patch:
        patch.setattr(Painted, "write", watched)
        for condition in CONDITIONS:
            feed.state = CameraState(condition)
            feed.changed.emit(feed.state)
            if condition in ("ready", "dark"):
                feed.pictured.emit(Picture(16, 9, bytes(16 * 9 * 3)))
            QApplication.processEvents()
            view.grab()
            status = desk.window.page.status.findChild(QLabel, "status_camera")
            assert isinstance(status, QLabel)
            if status.isVisible() and QFontMetrics(status.font()).horizontalAdvance(status.text()) > status.width():
                cut.append(status.text())
            need = desk.window.minimumSizeHint()
            if need.width() > size[0] or need.height() > size[1]:
                cut.append(f"{condition}: the window asks for {need}")
        feed.read.emit(CodeRead("EAN13", CARD, ((300, 300), (700, 300), (700, 600), (300, 600))))
        view.grab()

    for word in desk.window.page.keys.findChildren(QLabel):
        if QFontMetrics(word.font()).horizontalAdvance(word.text()) > word.width():
            cut.append(word.text())
    assert cut == []
