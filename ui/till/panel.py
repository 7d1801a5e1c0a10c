"""A panel takes the basket's place until it is done with; Esc closes it, scans go on meanwhile."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from pos_app.loyalty.words import Words
from ui.till.say import ElidedLabel, button


class Panel(QFrame):
    """Title and close button; the rest is put into `column`. Tab stays inside."""

    closed = Signal()
    yields = False
    """Whether goods or a card that were scanned close it: the scan was the answer, or it was done with."""
    behind: Callable[[], None] | None = None
    """What opens the panel that this one came from, where Esc is to lead there and not to the basket."""

    def __init__(self, name: str, title: str, words: Words) -> None:
        super().__init__()
        self.setObjectName(f"panel_{name}")
        self.setProperty("role", "card")
        self.setAccessibleName(title)
        self.words = words
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 12, 16, 16)
        self.column.setSpacing(10)
        self.title = ElidedLabel("headline", f"panel_{name}_title")
        self.title.setText(title)
        close = button("", words.say("till.panel.close"), f"panel_{name}_close")
        close.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.addWidget(self.title, 1)
        row.addWidget(close)
        self.column.addLayout(row)

    def complete(self) -> bool:
        """Do what the panel is for by the key that completes; False when it has no such thing."""
        return False

    def take_scan(self, code: str) -> bool:
        """Whether a scan is for this panel; True when it was. May raise Refusal."""
        return False

    def enter(self) -> None:
        """Put the focus where typing begins; called once the panel is to be seen."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go round among this panel's own widgets."""
        stops = [one for one in self.findChildren(QWidget) if _takes_tab(one)]
        if stops:
            here = self.focusWidget()
            at = stops.index(here) if here in stops else -1
            stops[(at + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()


class PanelPlace(QWidget):
    """Where the basket is to be seen, or one panel in its place."""

    opened = Signal()

    def __init__(self, basket: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._basket = basket
        self._pages = QStackedLayout(self)
        self._pages.addWidget(basket)
        self.panel: Panel | None = None

    def open(self, panel: Panel) -> None:
        """Show a panel instead of whatever is there."""
        self._drop()
        self.panel = panel
        self.opened.emit()
        panel.closed.connect(self.back)
        self._pages.addWidget(panel)
        self._pages.setCurrentWidget(panel)
        panel.enter()

    def back(self) -> None:
        """One step back: to the panel behind this one, or to the basket."""
        if self.panel is not None and self.panel.behind is not None:
            self.panel.behind()
        else:
            self.close_panel()

    def close_panel(self) -> None:
        """Show the basket again."""
        self._drop()
        self._pages.setCurrentWidget(self._basket)
        self._basket.setFocus()

    def make_room(self) -> None:
        """Something was scanned: show the basket, unless the panel there has its own use for the time."""
        if self.panel is not None and self.panel.yields:
            self.close_panel()

    def _drop(self) -> None:
        if self.panel is not None:
            panel, self.panel = self.panel, None
            self._pages.removeWidget(panel)
            panel.hide()
            panel.deleteLater()


def is_enter(event: QKeyEvent) -> bool:
    """Whether a person pressed Enter, once."""
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat()
