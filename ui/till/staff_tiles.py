"""The names of the staff as buttons."""

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QWidget

from db.store import Staff
from pos_app.loyalty.words import Words
from ui import theme
from ui.till.say import label

COLUMNS = 3
NUMBERED = 9
"""So many names can be chosen by a digit."""


class StaffTiles(QScrollArea):
    """The names as buttons, COLUMNS in a row; `chosen` carries the place of the one that was touched."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tiles")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewport(QWidget())  # one that shows the card behind it
        self._tiles: list[_Tile] = []

    def show_staff(self, staff: Sequence[Staff], pins: Mapping[str, str], words: Words) -> None:
        inside = _Grid(self)
        self._tiles = [_Tile(place, one, pins.get(one.id, ""), words, inside) for place, one in enumerate(staff)]
        for place, tile in enumerate(self._tiles):
            tile.clicked.connect(partial(self.chosen.emit, place))
            inside.grid.addWidget(tile, *divmod(place, COLUMNS))
        inside.grid.setRowStretch(len(staff) // COLUMNS + 1, 1)
        self.setWidget(inside)
        inside.setAutoFillBackground(False)  # QScrollArea has turned it on

    def mark(self, place: int | None) -> None:
        """Show which name is chosen."""
        for at, tile in enumerate(self._tiles):
            theme.set_tone(tile, "good" if at == place else "")
        if place is not None:
            self.ensureWidgetVisible(self._tiles[place])


class _Grid(QWidget):
    """Scrolls rather than squeeze its tiles, which the stylesheet would allow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(12)
        for column in range(COLUMNS):
            self.grid.setColumnStretch(column, 1)

    def minimumSizeHint(self) -> QSize:
        return self.grid.sizeHint()


class _Tile(QPushButton):
    """One name, with the digit that chooses it; and in the demo the PIN."""

    def __init__(self, place: int, staff: Staff, pin: str, words: Words, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setProperty("role", "key")
        self.setProperty("tone", "")
        self.setObjectName(f"staff_{staff.id}")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(staff.name)
        name = label("large", staff.name, "name")
        name.setWordWrap(True)
        role = words.say(f"sign_in.role.{staff.role}")
        what = label("caption", words.say("sign_in.demo_pin", role=role, pin=pin) if pin else role, "what")
        number = label("caption", words.number(place + 1) if place < NUMBERED else "", "number")
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 10, 14, 10)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(0, 1)
        grid.addWidget(name, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(number, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(what, 1, 0, 1, 2)
        for part in (name, what, number):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Two lines of a name and one below, in whatever width there is."""
        em = self._parent.fontInfo().pixelSize()
        return QSize(em * 8, em * 6)

    minimumSizeHint = sizeHint

    def hasHeightForWidth(self) -> bool:
        """All tiles are of one height, whatever the name."""
        return False


def spelt(names: Sequence[str], beginning: str, after: int | None) -> int | None:
    """The place of the name, or of the name with the word, that begins so; one further on when it is one letter.

    `after` is the place chosen now: the same letter again goes on to the next name.
    """
    wanted = beginning.casefold()
    first = 0 if after is None else after + (1 if len(wanted) == 1 else 0)
    for place in sorted(range(len(names)), key=lambda place: (place < first, place)):
        name = names[place].casefold()
        if any(words.startswith(wanted) for words in (name, *name.split())):
            return place
    return None
