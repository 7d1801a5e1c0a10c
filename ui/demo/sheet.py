"""A sheet of barcodes to scan: with the mouse, or with a real scanner or camera from the screen."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from hardware.patterns import symbology_of
from pos_app.demo import Sample
from pos_app.loyalty.slip import slip_code, slip_text
from pos_app.loyalty.words import Words
from ui import theme
from ui.demo import symbols
from ui.till.say import label

SECTIONS = {
    "cards": ("client", "cooperator", "family", "waiting", "blocked", "unknown"),
    "goods": ("own_brand", "goods", "weighed"),
    "codes": ("coupon", "order"),
    "staff": ("staff",),
}
"""The kinds of samples in the order in which they stand on the sheet."""

_TONES = {
    "waiting": (theme.ATTENTION, theme.ATTENTION_TINT),
    "blocked": (theme.REFUSED, theme.REFUSED_TINT),
    "unknown": (theme.REFUSED, theme.REFUSED_TINT),
}
_CALM = (theme.ACCENT_DEEP, theme.ACCENT_TINT)
_GAP = 12
_MARGIN = 20


class SheetWindow(QWidget):
    """The samples of the demo shop as labels; a click on one gives its code to `scan`."""

    def __init__(self, samples: Sequence[Sample], words: Words, scan: Callable[[str], object]) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        base = theme.BASE_LEAST_PX  # beside a till window there is little room
        theme.dress(self, base)
        self._scan = scan
        self._words = words
        self._hint = label("muted", name="hint")
        self._hint.setWordWrap(True)
        self._inside = QWidget(self)
        self._rows = QVBoxLayout(self._inside)
        self._rows.setContentsMargins(_MARGIN, 0, _MARGIN, _MARGIN)
        self._rows.setSpacing(_GAP)
        self._sections = {name: _Section(self._inside) for name in (*SECTIONS, "slip")}
        for section in self._sections.values():
            self._rows.addWidget(section)
        self._rows.addStretch(1)
        for name, kinds in SECTIONS.items():
            for kind in kinds:
                for sample in samples:
                    if sample.kind == kind:
                        self._sections[name].add(self._label(sample.code, sample.name, kind))
        self._build()
        self.speak(words)
        self.resize(base * 61, base * 44)

    def speak(self, words: Words) -> None:
        """Show every text in the language of `words`."""
        self._words = words
        self.setWindowTitle(words.say("demo.sheet.title"))
        self._hint.setText(words.say("demo.sheet.hint"))
        for name, section in self._sections.items():
            section.heading.setText(words.say(f"demo.sheet.{name}"))
            for made in section.labels:
                made.set_remark(words.say(f"demo.kind.{made.kind}"))

    def show_slip(self, slip: int | None) -> None:
        """Put the barcode of this slip at the end, where it moves no other; None takes it away."""
        section = self._sections["slip"]
        if slip is None:
            section.clear()
        elif [made.code for made in section.labels] != [slip_code(slip)]:
            section.clear()
            made = self._label(slip_code(slip), slip_text(slip), "slip")
            made.set_remark(self._words.say("demo.kind.slip"))
            section.add(made)

    @property
    def labels(self) -> list["BarcodeLabel"]:
        """All labels in the order in which they stand there."""
        return [made for section in self._sections.values() for made in section.labels]

    def _label(self, code: str, name: str, kind: str) -> "BarcodeLabel":
        made = BarcodeLabel(code, name, kind, self._inside)
        made.clicked.connect(partial(self._scan, code))
        return made

    def _build(self) -> None:
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(self._inside)
        self._inside.setAutoFillBackground(False)  # QScrollArea has turned it on
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        head = QVBoxLayout()
        head.setContentsMargins(_MARGIN, 12, _MARGIN, 0)
        head.addWidget(self._hint)
        rows.addLayout(head)
        rows.addWidget(area, 1)


class _Section(QWidget):
    """Labels of one sort below a heading, as many in a row as there is room for; without any it is not seen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.heading = label("large")
        self.labels: list[BarcodeLabel] = []
        self._columns = 0
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP)
        # However many labels stand in a row now: a narrower window will have fewer.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, _GAP, 0, 0)
        rows.addWidget(self.heading)
        rows.addLayout(self._grid)
        self.hide()

    def add(self, made: "BarcodeLabel") -> None:
        self.labels.append(made)
        self._arrange(max(1, self._columns))
        self.show()

    def clear(self) -> None:
        """Take the labels away."""
        for made in self.labels:
            self._grid.removeWidget(made)
            made.deleteLater()
        self.labels.clear()
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.labels:
            wide = self.labels[0].sizeHint().width() + _GAP
            columns = max(1, (self.width() + _GAP) // wide)
            if columns != self._columns:
                self._arrange(columns)

    def _arrange(self, columns: int) -> None:
        self._grid.setColumnStretch(self._columns, 0)
        self._columns = columns
        for place, made in enumerate(self.labels):
            self._grid.addWidget(made, *divmod(place, columns))
        self._grid.setColumnStretch(columns, 1)


class BarcodeLabel(QAbstractButton):
    """A label as on a shelf: bars that a scanner can read, the code, whose or what it is, and a remark."""

    def __init__(self, code: str, name: str, kind: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.code = code
        self.kind = kind
        self._name = name
        self._remark = ""
        self._pattern = symbols.bars(symbology_of(code), code)
        self.setObjectName(f"label_{code}")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{name} {code}")

    def set_remark(self, remark: str) -> None:
        self._remark = remark
        self.update()

    def sizeHint(self) -> QSize:
        em = self.fontInfo().pixelSize()
        return QSize(round(em * 18.5), em * 13)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lively = self.underMouse() or self.isDown()
        painter.setPen(QPen(QColor(theme.ACCENT if lively else theme.RULE), 2 if self.isDown() else 1))
        painter.setBrush(QColor(theme.SURFACE))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        em = self.fontInfo().pixelSize()
        left, width = em * 3 // 4, self.width() - em * 3 // 2
        if self._pattern is not None:
            bars = QRectF(1, em * 3 // 4, self.width() - 2, em * 9 // 2)
            symbols.paint_bars(painter, self._pattern, bars)
        self._write(painter, QRect(left, em * 21 // 4, width, em * 3 // 2), self.code)
        self._write(painter, QRect(left, em * 27 // 4, width, em * 13 // 4), self._name, bold=True)
        self._write_remark(painter, QRect(left, em * 21 // 2, width, em * 7 // 4))
        painter.end()

    def _write(self, painter: QPainter, room: QRect, text: str, *, bold: bool = False) -> None:
        font = QFont(self.font())
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor(theme.INK))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, flags | Qt.TextFlag.TextWordWrap, text)

    def _write_remark(self, painter: QPainter, room: QRect) -> None:
        ink, tint = _TONES.get(self.kind, _CALM)
        width = min(room.width(), self.fontMetrics().horizontalAdvance(self._remark) + room.height())
        pill = QRectF(room.center().x() - width / 2, room.top(), width, room.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tint))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(self.font())
        painter.setPen(QColor(ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._remark)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()
