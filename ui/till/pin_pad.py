"""A pad for a PIN: digits by touch or from the keyboard, shown as dots."""

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui import theme
from ui.till.pads import BACK, NumberPad
from ui.till.say import button

LONGEST = 12


class PinPad(QWidget):
    """`entered` carries the PIN once it is whole; `changed` says that a digit came or went."""

    entered = Signal(str)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pin = ""
        self._dots = _Dots(self)
        self.enter_key = button("primary", "", "pin_enter")
        self.enter_key.clicked.connect(self.enter)
        pad = NumberPad()
        pad.pressed.connect(self.press)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(12)
        rows.addWidget(self._dots)
        rows.addWidget(pad, 1)
        rows.addWidget(self.enter_key)

    def press(self, key: str) -> None:
        """A digit, of which no more than LONGEST are taken, or BACK."""
        if key == BACK:
            self._set(self._pin[:-1])
        elif len(self._pin) < LONGEST:
            self._set(self._pin + key)

    def clear(self) -> None:
        if self._pin:
            self._set("")

    def enter(self) -> None:
        """The PIN is whole: it leaves the pad, which is empty again."""
        pin, self._pin = self._pin, ""
        self._dots.show_count(0)
        if pin:
            self.entered.emit(pin)

    def _set(self, pin: str) -> None:
        self._pin = pin
        self._dots.show_count(len(pin))
        self.changed.emit()


class _Dots(QWidget):
    """A dot for every digit, on a line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._count = 0

    def show_count(self, count: int) -> None:
        self._count = count
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontInfo().pixelSize()
        return QSize(em * 12, em * 3)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.ACCENT if self.isEnabled() else theme.RULE))
        painter.drawRect(0, self.height() - 3, self.width(), 2)
        step = min(self.fontInfo().pixelSize() * 1.6, self.width() / LONGEST)
        painter.setBrush(QColor(theme.INK))
        left = (self.width() - step * (self._count - 1)) / 2
        for place in range(self._count):
            painter.drawEllipse(QPointF(left + place * step, self.height() / 2), step * 0.3, step * 0.3)
        painter.end()
