"""The one list of the till: rows of words with figures in columns at the end, painted by one delegate.

A row is two lines high: its title and figures, below them why, and a note under the last figure. Everything is
measured in ems of the view's font and mirrored in languages that read from the right.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QScroller,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui import theme

Index = QModelIndex | QPersistentModelIndex

_LEAD = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_TRAIL = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
_MARK_EM = 0.3


class Row(NamedTuple):
    """One entry, all in words. `note` stands under the last figure, `is_dim` is for what cannot be had now.

    One that `waits` needs something of the cashier first; its detail says what.
    """

    title: str
    detail: str = ""
    figures: tuple[str, ...] = ()
    note: str = ""
    is_dim: bool = False
    waits: bool = False


MANY = 500


class RowsModel(QAbstractListModel):
    """The rows as they are now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        return self._rows

    def set_rows(self, rows: list[Row]) -> list[int]:
        """Take `rows` instead of what was there; tells which of those that stay have changed.

        The view paints those again by itself: upon `dataChanged` a QListView lays out and paints everything.
        """
        old, common = self._rows, min(len(self._rows), len(rows))
        if abs(len(rows) - len(old)) > MANY:  # a header counts sections that come and go one by one
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return []
        if len(rows) < len(old):
            self.beginRemoveRows(QModelIndex(), common, len(old) - 1)
            self._rows = rows
            self.endRemoveRows()
        elif len(rows) > len(old):
            self.beginInsertRows(QModelIndex(), common, len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
        else:
            self._rows = rows
        return [number for number in range(common) if old[number] != rows[number]]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (row.title, *row.figures, row.detail, row.note)))
        return None


class Columns(NamedTuple):
    """How wide the figures' columns are, in ems, the last one outermost."""

    widths_em: tuple[float, ...] = ()

    def split(self, area: QRect, em: int, direction: Qt.LayoutDirection) -> list[QRect]:
        """The title's part of `area`, then each figure's."""
        pad = round(em * 0.75)
        end = area.right() - pad
        figures: list[QRect] = []
        for width_em in reversed(self.widths_em):
            width = round(width_em * em)
            figures.insert(0, QRect(end - width + 1, area.top(), width, area.height()))
            end -= width
        start = area.left() + pad + round(em * _MARK_EM)
        gap = pad if self.widths_em else 0
        title = QRect(start, area.top(), end - gap - start + 1, area.height())
        if direction == Qt.LayoutDirection.LeftToRight:
            return [title, *figures]
        return [QStyle.visualRect(direction, area, part) for part in (title, *figures)]


class _Fonts:
    """The fonts of a list and their measures, made once for each size."""

    def __init__(self, base: QFont) -> None:
        self.em = QFontInfo(base).pixelSize()
        self.title = QFont(base)
        self.small = QFont(base)
        self.small.setPixelSize(max(14, round(self.em * 0.875)))
        self.strong = QFont(base)
        self.strong.setBold(True)
        self.title_metrics = QFontMetrics(self.title)
        self.small_metrics = QFontMetrics(self.small)


class RowsDelegate(QStyledItemDelegate):
    """Paints a Row; a whole row in one go, since that is several times cheaper than cells."""

    def __init__(self, columns: Columns, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self._fonts = _Fonts(QFont())
        self._ink = QColor(theme.INK)
        self._muted = QColor(theme.MUTED)
        self._rule = QColor(theme.RULE)
        self._accent = QColor(theme.ACCENT)
        self._tint = QColor(theme.ACCENT_TINT)
        self._attention = QColor(theme.ATTENTION)
        self._attention_tint = QColor(theme.ATTENTION_TINT)

    def set_font(self, font: QFont) -> None:
        self._fonts = _Fonts(font)

    @property
    def row_height(self) -> int:
        return round(self._fonts.em * 3.25)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, RowsModel)
        row = model.rows[index.row()]
        area, direction, fonts = option.rect, option.direction, self._fonts
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected or row.waits:
            painter.fillRect(area, self._attention_tint if row.waits else self._tint)
        if is_selected:
            mark = QRect(area.left(), area.top(), round(fonts.em * _MARK_EM), area.height())
            painter.fillRect(QStyle.visualRect(direction, area, mark), self._accent)
        painter.setPen(self._rule)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._write(painter, row, area, direction)

    def _write(self, painter: QPainter, row: Row, area: QRect, direction: Qt.LayoutDirection) -> None:
        fonts = self._fonts
        lead, trail = (QStyle.visualAlignment(direction, side) for side in (_LEAD, _TRAIL))
        inset = round(fonts.em * 0.25)
        inner = area.adjusted(0, inset, 0, -inset)
        two = bool(row.detail or row.note)
        upper = QRect(inner)
        if two:
            upper.setHeight(inner.height() * 27 // 50)
        title, *figures = self.columns.split(upper, fonts.em, direction)
        painter.setPen(self._muted if row.is_dim else self._ink)
        painter.setFont(fonts.title)
        painter.drawText(title, lead, _elided(row.title, fonts.title_metrics, title.width()))
        for number, (part, figure) in enumerate(zip(figures, row.figures, strict=False)):
            if number == len(row.figures) - 1:
                painter.setFont(fonts.strong)
            painter.drawText(part, trail, figure)
        if two:
            self._write_lower(painter, row, QRect(inner).adjusted(0, upper.height(), 0, 0), direction)

    def _write_lower(self, painter: QPainter, row: Row, area: QRect, direction: Qt.LayoutDirection) -> None:
        fonts = self._fonts
        lead, trail = (QStyle.visualAlignment(direction, side) for side in (_LEAD, _TRAIL))
        painter.setFont(fonts.small)
        note_em = (fonts.small_metrics.horizontalAdvance(row.note) / fonts.em) if row.note else 0.0
        detail, note = Columns((note_em,)).split(area, fonts.em, direction)
        painter.setPen(self._attention if row.waits else self._muted)
        painter.drawText(detail, lead, _elided(row.detail, fonts.small_metrics, detail.width()))
        if row.note:
            painter.setPen(self._muted if row.is_dim else self._accent)
            painter.drawText(note, trail, row.note)


def _elided(text: str, metrics: QFontMetrics, width: int) -> str:
    if len(text) * metrics.maxWidth() <= width or metrics.horizontalAdvance(text) <= width:
        return text
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


class _Header(QHeaderView):
    """The captions over the columns, which are one to the view."""

    def __init__(self, captions: tuple[str, ...], columns: Columns, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("captions")
        self.setStretchLastSection(True)
        self.setVisible(bool(captions))
        self.captions = captions
        self._columns = columns

    def sizeHint(self) -> QSize:
        return QSize(0, round(self.fontInfo().pixelSize() * 1.9))

    def paintEvent(self, event: QPaintEvent) -> None:
        em = self.fontInfo().pixelSize()
        font = QFont(self.font())
        font.setPixelSize(max(14, round(em * 0.875)))
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.SURFACE))
        painter.setFont(font)
        painter.setPen(QColor(theme.MUTED))
        direction = self.layoutDirection()
        lead, trail = (QStyle.visualAlignment(direction, side) for side in (_LEAD, _TRAIL))
        parts = self._columns.split(self.rect(), em, direction)
        for number, (part, caption) in enumerate(zip(parts, self.captions, strict=True)):
            painter.drawText(part, trail if number else lead, caption)
        painter.setPen(QColor(theme.RULE))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()


class RowsView(QTableView):
    """A list of rows. `chosen(row)` comes from Enter or a touch, `typed(text)` from any other character.

    It is a table of one column, since a QListView asks for each of its rows before it shows the first.
    """

    chosen = Signal(int)
    typed = Signal(str)
    moved = Signal(int)

    def __init__(
        self,
        widths_em: Sequence[float] = (),
        captions: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        columns = Columns(tuple(widths_em))
        self._rows = RowsModel(self)
        self._delegate = RowsDelegate(columns, self)
        self.setHorizontalHeader(_Header(tuple(captions), columns, self))
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.setModel(self._rows)
        self.setItemDelegate(self._delegate)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.clicked.connect(self._on_clicked)
        self.selectionModel().currentChanged.connect(self._on_moved)
        self._measure()

    @property
    def rows(self) -> list[Row]:
        return self._rows.rows

    @property
    def current(self) -> int:
        """The selected row's number, -1 if none."""
        return self.currentIndex().row()

    def set_rows(self, rows: list[Row], current: int | None = None) -> None:
        """Show `rows`; `current` is selected, or else what was, as far as it is still there."""
        kept = self.current if current is None else current
        for number in self._rows.set_rows(rows):
            self.update(self._rows.index(number))
        self.select(min(kept, len(rows) - 1))

    def select(self, row: int) -> None:
        """Move to a row, -1 for none, and bring it into sight."""
        index = self._rows.index(row) if row >= 0 else QModelIndex()
        if index.row() != self.current:
            self.setCurrentIndex(index)
        if index.isValid():
            self.scrollTo(index)

    def reveal(self, row: int) -> None:
        """Bring a row into sight without moving to it."""
        if 0 <= row < len(self.rows):
            self.scrollTo(self._rows.index(row))

    def step(self, by: int) -> None:
        """Move up or down from wherever the focus is."""
        if self.rows:
            self.select(max(0, min(self.current + by, len(self.rows) - 1)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.current >= 0 and not event.isAutoRepeat():
                self.chosen.emit(self.current)
        elif event.text().isprintable() and event.text() and event.modifiers() in _PLAIN:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Filled here, the list is opaque: nothing behind it is painted again when a row changes."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.SURFACE))
        painter.end()
        super().paintEvent(event)

    def _measure(self) -> None:
        """Take the sizes from the view's font."""
        self._delegate.set_font(self.font())
        self.verticalHeader().setDefaultSectionSize(self._delegate.row_height)
        self.updateGeometries()

    def _on_clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())

    def _on_moved(self, index: QModelIndex) -> None:
        self.moved.emit(index.row())


_PLAIN = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)
