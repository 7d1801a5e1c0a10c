"""What the camera sees: the live picture with the box to aim with, the code just read, and the state in words."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
)

from hardware.camera_messages import CameraState, CodeRead, Picture
from pos_app.loyalty.words import Words
from ui import theme
from ui.camera.feed import CameraFeed
from ui.till.painted import Painted, Style, colour

_WIDTH_EM = 26.0
_LEAST_EM = 16.0
_SHAPE = 9 / 16
_READ_MS = 2500
_SEEING = ("ready", "dark")
_AIM = (0.14, 0.2)
"""How much of the picture lies at each side of the box, and above and below it."""
_CORNER = 0.16
_WHITE = "#ffffff"
_SHADE = "#000000"
_FOUND = "#35d07f"
_VEIL = QColor(0, 0, 0, 130)


class CameraView(Painted):
    """Shows a camera wherever it is put; pictures are asked for only while it is to be seen."""

    def __init__(self, words: Words, feed: CameraFeed, *, height_most_em: float = 40.0) -> None:
        """`height_most_em` is what is left of the place by what must be seen beside it."""
        super().__init__()
        self._height_most_em = height_most_em
        self.setObjectName("camera_view")
        self._words = words
        self._feed = feed
        self._image = QImage()
        self._read: CodeRead | None = None
        self._over = QTimer(self, singleShot=True, interval=_READ_MS)
        self._over.timeout.connect(self._forget)
        feed.pictured.connect(self._show_picture)
        feed.changed.connect(self._show_state)
        feed.read.connect(self._show_read)
        self._show_state(feed.state)

    @property
    def sentence(self) -> str:
        """How the camera is, in words."""
        return self._words.say(f"camera.state.{self._feed.state.condition}")

    @property
    def code(self) -> str:
        """The code that was just read, as long as it is shown."""
        return self._read.text if self._read else ""

    @property
    def image(self) -> QImage:
        """The picture that is shown; null while there is none."""
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(self.px(_WIDTH_EM), round(self.px(_WIDTH_EM) * _SHAPE))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.px(_LEAST_EM), round(self.px(_LEAST_EM) * _SHAPE))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(min(round(self.width() * _SHAPE), self.px(self._height_most_em)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._feed.watch(self)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._feed.unwatch(self)
        self._image = QImage()  # an old picture would look like a live one

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(theme.GROUND))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        around = QPainterPath()
        around.addRoundedRect(self.rect().toRectF(), self.px(0.5), self.px(0.5))
        painter.setClipPath(around)
        painter.fillRect(self.rect(), colour(theme.INK))
        if self._image.isNull() or self._feed.state.condition not in _SEEING:
            area = self.rect().adjusted(self.px(1), self.px(0.5), -self.px(1), -self.px(0.5))
            self.write(painter, area, self.sentence, Style(1.125, colour=_WHITE, align="centre", wraps=True))
        else:
            place = self._place()
            painter.drawImage(place, self._image)
            self._draw_box(painter, place)
            if self._read is not None:
                self._draw_outline(painter, place, self._read)
            self._draw_words(painter)
        painter.end()

    def _place(self) -> QRectF:
        """Where the picture is, whole and in its own shape."""
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2, *size.toTuple())

    def _draw_box(self, painter: QPainter, place: QRectF) -> None:
        """Four corners, light with a dark edge, so that they show on every ground."""
        aside, above = place.width() * _AIM[0], place.height() * _AIM[1]
        box = place.adjusted(aside, above, -aside, -above)
        arm = box.height() * _CORNER
        found = self._read is not None
        for ink, width in ((_SHADE, self.px(0.375)), (_FOUND if found else _WHITE, self.px(0.1875))):
            painter.setPen(QPen(colour(ink), width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
            for corner, across, down in (
                (box.topLeft(), 1, 1),
                (box.topRight(), -1, 1),
                (box.bottomLeft(), 1, -1),
                (box.bottomRight(), -1, -1),
            ):
                ends = (corner + QPointF(arm * across, 0), corner, corner + QPointF(0, arm * down))
                painter.drawPolyline(QPolygonF(ends))

    def _draw_outline(self, painter: QPainter, place: QRectF, read: CodeRead) -> None:
        corners = [
            place.topLeft() + QPointF(place.width() * x / 1000, place.height() * y / 1000) for x, y in read.corners
        ]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(_FOUND), self.px(0.25), j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolygon(QPolygonF(corners))

    def _draw_words(self, painter: QPainter) -> None:
        """Along the lower edge: the code just read, or what is wrong though there are pictures, or what to do."""
        if self._read is not None:
            said, ground = self._words.say("camera.read", code=self._read.text), colour(theme.ACCENT)
        elif self._feed.state.condition == "dark":
            said, ground = self.sentence, colour(theme.REFUSED)
        else:
            said, ground = self._words.say("camera.hint"), _VEIL
        style = Style(0.9375, bold=self._read is not None, colour=_WHITE, align="centre", wraps=True)
        room = self.rect().adjusted(self.px(0.5), 0, -self.px(0.5), 0)
        style = style._replace(wraps=self.width_of(said, style) > room.width())
        high = self.px(2.75 if style.wraps else 1.75)
        painter.fillRect(QRect(0, self.height() - high, self.width(), high), ground)
        self.write(painter, room.adjusted(0, self.height() - high, 0, 0), said, style)

    @Slot(object)
    def _show_picture(self, picture: Picture) -> None:
        if not self.isVisible():
            return
        shown = QImage(picture.pixels, picture.width, picture.height, picture.width * 3, QImage.Format.Format_RGB888)
        self._image = shown.copy()
        self.update()

    @Slot(object)
    def _show_state(self, state: CameraState) -> None:
        if state.condition not in _SEEING:
            self._image = QImage()
        self.setAccessibleName(self.sentence)
        self.update()

    @Slot(object)
    def _show_read(self, read: CodeRead) -> None:
        self._read = read
        self._over.start()
        self.update()

    def _forget(self) -> None:
        self._read = None
        self.update()
