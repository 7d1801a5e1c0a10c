"""The board's window: it looks at the store again every few seconds, and turns its pages by itself."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QSize, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from db.store import StoreTrouble
from pos_app import clock
from pos_app.loyalty.errors import FileFault
from ui.board.goods import Board
from ui.board.page import Pages
from ui.board.setting import direction_of

log = logging.getLogger(__name__)

LOOK_MS = 3_000
PAGE_MS = 8_000
_FADE_MS = 900
WINDOWED = QSize(1366, 768)
_LEAST = QSize(480, 270)


class BoardWindow(QWidget):
    """Shows what `read` tells, and goes on showing it when it cannot be read for a while."""

    closed = Signal()

    def __init__(
        self, read: Callable[[], Board], *, look_ms: int = LOOK_MS, page_ms: int = PAGE_MS, fade_ms: int = _FADE_MS
    ) -> None:
        """Raises what `read` raises: a board that cannot be read at the start is not opened."""
        super().__init__()
        self._read = read
        self._looked = clock.now_ms()
        self._trouble = ""
        self.pages = Pages(read(), WINDOWED)
        self.page = 0
        """The number of the page that is shown, from 0 on."""

        self._picture = QPixmap()
        self._before = QPixmap()
        self._share = 1.0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(_LEAST)
        self.setObjectName("board")
        self._fade = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=fade_ms)
        self._fade.setEasingCurve(QEasingCurve.Type.InOutQuad)
        self._fade.valueChanged.connect(self._blend)
        self._name()
        self._looks = self._timer(look_ms, self.look)
        self._turns = self._timer(page_ms, self.turn)

    @property
    def board(self) -> Board:
        return self.pages.board

    def look(self) -> None:
        """Read the board again; what is shown changes only when something on it did."""
        try:
            board = self._read()
        except (StoreTrouble, FileFault) as trouble:
            self._keep(str(trouble))
            return
        self._looked = clock.now_ms()
        recovered, self._trouble = bool(self._trouble), ""
        if board != self.board:
            self.pages = Pages(board, self.size())
            self.page = min(self.page, self.pages.count - 1)
            self._name()
            self._show()
        elif recovered:
            self._show()

    def turn(self) -> None:
        """Go on to the next page, after the last one to the first."""
        if self.pages.count > 1:
            self.page = (self.page + 1) % self.pages.count
            self._show()

    @property
    def is_calm(self) -> bool:
        """Whether no page is just being turned."""
        return self._fade.state() != QVariantAnimation.State.Running

    @property
    def remark(self) -> str:
        """What stands at the foot when the board could not be read again: of when it is."""
        return self.board.words.say("board.as_of", at=self._looked) if self._trouble else ""

    def _keep(self, trouble: str) -> None:
        """Stay with what was read before, and say so once."""
        if trouble != self._trouble:
            log.warning("the board could not be read again: %s", trouble)
            self._trouble = trouble
            self._show()

    def _name(self) -> None:
        self.setWindowTitle(self.board.words.say("board.title"))
        self.setLayoutDirection(direction_of(self.board.words))
        self.setAccessibleName(self.board.programme)

    # -- painting

    def _show(self) -> None:
        """Bring the page as it is now in the place of what is shown, softly."""
        if not self.isVisible():
            self._picture = QPixmap()
            return
        self._before = self._picture if self.is_calm else self.grab()
        self._picture = self._painted()
        self._fade.stop()
        self._fade.start()

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        self.pages.paint(painter, self.page, self.remark)
        painter.end()
        return picture

    def _blend(self, share: float) -> None:
        self._share = share
        if share == 1.0:
            self._before = QPixmap()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.isNull():
            self._picture = self._painted()
        painter = QPainter(self)
        if self._before.isNull():
            painter.drawPixmap(0, 0, self._picture)
        else:
            painter.drawPixmap(0, 0, self._before)
            painter.setOpacity(self._share)
            painter.drawPixmap(0, 0, self._picture)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.pages = Pages(self.board, self.size())
        self.page = min(self.page, self.pages.count - 1)
        self._fade.stop()
        self._before = self._picture = QPixmap()

    def _timer(self, interval_ms: int, action: Callable[[], object]) -> QTimer:
        timer = QTimer(self, interval=interval_ms)
        timer.timeout.connect(action)
        timer.start()
        return timer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._looks.stop()
        self._turns.stop()
        self._fade.stop()
        super().closeEvent(event)
        self.closed.emit()
