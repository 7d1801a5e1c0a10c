"""Forms: fields with a prompt above and, where something is wrong with it, a sentence below; ticks and choices."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from pos_app.loyalty.words import Words
from ui import theme
from ui.till import glyphs
from ui.till.pads import Field, LetterPad, plain
from ui.till.panel import Panel, is_enter
from ui.till.say import button, label

LATIN = "1234567890 qwertyuiop asdfghjkl@ zxcvbnm.-_+"
"""The letters of addresses and the marks of numbers, in every language."""
CARD = "[0-9]{0,13}"

OnScan = Callable[[str], bool]


class Entry(QWidget):
    """A field under its prompt; `fault` stands below it."""

    def __init__(self, name: str, prompt: str, pattern: str = "", letters: str = "") -> None:
        """`letters` are those of the keyboard on the screen, where they are not the language's."""
        super().__init__()
        self.letters = letters
        self.field = Field(name, "", pattern)
        self.field.setAccessibleName(prompt)
        if letters:
            self.field.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._fault = label("fault", name=f"{name}_fault")
        self._fault.setWordWrap(True)
        self._fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (label("caption", prompt, f"{name}_prompt"), self.field, self._fault):
            column.addWidget(part)
        column.addStretch()

    @property
    def text(self) -> str:
        """What was typed, in plain digits."""
        return plain(self.field.text()).strip()

    def show_fault(self, sentence: str) -> None:
        """Say what is wrong, nothing when all is well."""
        self._fault.setText(sentence)
        self._fault.setVisible(bool(sentence))


class Tick(QCheckBox):
    """Something to agree to; Enter goes on, Space ticks. It paints itself, so that its words can take two lines."""

    entered = Signal()
    focused = Signal()

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.setObjectName(name)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def sizeHint(self) -> QSize:
        em = self.fontInfo().pixelSize()
        return QSize(em * 12, em * 3)

    minimumSizeHint = sizeHint

    def hitButton(self, at: QPoint) -> bool:
        """A finger may touch the words as well."""
        return self.rect().contains(at)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        em, direction = self.fontInfo().pixelSize(), self.layoutDirection()
        side = round(em * 1.75)
        box = QStyle.visualRect(direction, self.rect(), QRect(2, (self.height() - side) // 2, side, side))
        if self.isChecked():
            glyphs.draw("done", painter, box)
        painter.setPen(QPen(QColor(theme.ACCENT if self.hasFocus() or self.isChecked() else theme.MUTED), 2))
        painter.drawRoundedRect(box, em * 0.4, em * 0.4)
        room = QStyle.visualRect(direction, self.rect(), self.rect().adjusted(side + em, 0, -2, 0))
        painter.setPen(QColor(theme.ACCENT_DEEP if self.hasFocus() else theme.INK))
        lead = QStyle.visualAlignment(direction, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(room, lead | Qt.TextFlag.TextWordWrap, self.text())
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event):
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class Choice(QWidget):
    """One of a few, side by side: arrows go from one to the next, Enter goes on."""

    entered = Signal()
    focused = Signal()

    def __init__(self, name: str, prompt: str, options: Mapping[str, str], chosen: str) -> None:
        """`options` are words by their ids."""
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._options = list(options)
        self._buttons: list[QPushButton] = []
        row = QHBoxLayout()
        row.setSpacing(6)
        for option, word in options.items():
            made = button("choice", word, f"{name}_{option}")
            made.setCheckable(True)
            made.clicked.connect(lambda _checked, option=option: self.choose(option))
            self._buttons.append(made)
            row.addWidget(made, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(label("caption", prompt, f"{name}_prompt"))
        column.addLayout(row)
        column.addStretch()
        self.setAccessibleName(prompt)
        self.choose(chosen)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        theme.set_tone(self, "good")
        self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        theme.set_tone(self, "calm")

    def choose(self, option: str) -> None:
        self.chosen = option
        for known, made in zip(self._options, self._buttons, strict=True):
            made.setChecked(known == option)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_enter(event):
            self.entered.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            from_left = self.layoutDirection() == Qt.LayoutDirection.LeftToRight
            step = 1 if (event.key() == Qt.Key.Key_Right) == from_left else -1
            self.choose(self._options[(self._options.index(self.chosen) + step) % len(self._options)])
        else:
            super().keyPressEvent(event)


class Area(QScrollArea):
    """Room for a form: as much as it needs where there is as much, the rest is scrolled to."""

    def __init__(self, form: QWidget) -> None:
        super().__init__()
        self._form = form
        self._kept: QWidget | None = None
        self.setWidget(form)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def sizeHint(self) -> QSize:
        return self._form.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontInfo().pixelSize() * 5)

    def keep(self, part: QWidget) -> None:
        """Keep a part of the form in sight, also when there is less room."""
        self._kept = part
        self.ensureWidgetVisible(part, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._kept is not None:
            self.ensureWidgetVisible(self._kept, 0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The form has grown or shrunk, which its surroundings are not told otherwise."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class FormPanel(Panel):
    """Fields in a grid, a keyboard on the screen on touch, a button that is done. `entered` says that it is."""

    entered = Signal()

    def __init__(
        self, name: str, title: str, words: Words, action: str, scan: OnScan | None = None, *, by_touch: bool = False
    ) -> None:
        """`action` is the button's word; `scan` tells whether a scan is taken here."""
        super().__init__(name, title, words)
        self._scan = scan
        self._entries: dict[str, Entry] = {}
        self._stops: list[Entry | Tick | Choice] = []
        self._target: Entry | None = None
        self.grid = QGridLayout()
        self.grid.setContentsMargins(2, 2, 2, 2)
        self.grid.setHorizontalSpacing(20)
        self.grid.setVerticalSpacing(10)
        inner = QWidget()
        inner.setObjectName("form")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.grid)
        column.addStretch()
        self._area = Area(inner)
        self.column.addWidget(self._area, 1)
        self._pads = {letters: LetterPad(words, letters) for letters in ("", LATIN)}
        for pad in self._pads.values():
            pad.pressed.connect(self._on_pad)
            pad.hide()
            self.column.addWidget(pad)
        self._with_pad = by_touch
        self.foot = QHBoxLayout()
        self.foot.setSpacing(8)
        keyboard = button("", words.say("till.letters.show"), "letters_show")
        keyboard.clicked.connect(self._toggle_pad)
        self.done = button("primary", action, f"panel_{name}_done")
        self.done.clicked.connect(self.entered)
        self.foot.addWidget(keyboard)
        self.foot.addStretch(1)
        self.foot.addWidget(self.done)
        self.column.addLayout(self.foot)

    def add_entry(
        self, name: str, prompt: str, place: tuple[int, ...], pattern: str = "", text: str = "", letters: str = ""
    ) -> Entry:
        """A field at a row and column of the grid, which may span so many rows and columns."""
        entry = Entry(name, prompt, pattern, letters)
        entry.field.setText(text)
        entry.field.focused.connect(lambda: self._aim(entry))
        entry.field.entered.connect(lambda: self._go_on(entry))
        self._entries[name] = entry
        self._add(entry, place)
        return entry

    def add_stop(self, stop: Tick | Choice, place: tuple[int, ...]) -> None:
        """Something else that Enter passes on its way."""
        stop.entered.connect(lambda: self._go_on(stop))
        stop.focused.connect(lambda: self._area.keep(stop))
        self._add(stop, place)

    def add_note(self, text: str, name: str, place: tuple[int, int]) -> None:
        """A sentence across all columns."""
        note = label("muted", text, name)
        note.setWordWrap(True)
        self.grid.addWidget(note, *place, 1, -1)

    def text(self, name: str) -> str:
        return self._entries[name].text

    def fill(self, name: str, text: str) -> None:
        """Write into a field, as a scan does."""
        self._entries[name].field.setText(text)
        self._entries[name].show_fault("")

    def show_faults(self, faults: Mapping[str, str]) -> bool:
        """Say beside each field what is wrong with it and go to the first; True when anything is."""
        for name, entry in self._entries.items():
            entry.show_fault(faults.get(name, ""))
        first = next((entry for name, entry in self._entries.items() if name in faults), None)
        if first is not None:
            first.field.setFocus()
        return bool(faults)

    def enter(self) -> None:
        (self._entries[next(iter(self._entries))].field if self._entries else self).setFocus()

    def complete(self) -> bool:
        self.entered.emit()
        return True

    def take_scan(self, code: str) -> bool:
        return self._scan is not None and self._scan(code)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _add(self, stop: Entry | Tick | Choice, place: tuple[int, ...]) -> None:
        self._stops.append(stop)
        self.grid.addWidget(stop, *place)
        self.grid.setColumnStretch(place[1], 1)

    def _aim(self, entry: Entry) -> None:
        self._target = entry
        entry.field.selectAll()
        self._show_pad()
        self._area.keep(entry)

    def _show_pad(self) -> None:
        wanted = self._target.letters if self._target else ""
        for letters, pad in self._pads.items():
            pad.setVisible(self._with_pad and letters == wanted)

    def _toggle_pad(self) -> None:
        self._with_pad = not self._with_pad
        self._show_pad()

    def _on_pad(self, key: str) -> None:
        if self._target is not None:
            self._target.field.press(key)

    def _go_on(self, stop: Entry | Tick | Choice) -> None:
        """Enter goes on to the next, from the last one it is done."""
        at = self._stops.index(stop)
        if stop is self._stops[-1]:
            self.entered.emit()
        else:
            following = self._stops[at + 1]
            (following.field if isinstance(following, Entry) else following).setFocus()


def quick(names: Sequence[tuple[str, str]], write: Callable[[str], None]) -> QHBoxLayout:
    """Buttons for what is typed most: pairs of a name and the words that it writes."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for name, words in names:
        made = button("", words, name)
        made.clicked.connect(lambda _checked, words=words: write(words))
        row.addWidget(made)
    row.addStretch(1)
    return row
