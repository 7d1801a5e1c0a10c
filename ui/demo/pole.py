"""The customer's line display to look at: two lines that glow, with a port of their own."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from hardware.virtual_display import Screen, VirtualDisplay

COLUMNS = 20
_GLOW, _GLASS = "#5ff5c8", "#0d1f1a"


class Pole(QLabel):
    """A display at `display.path`; it shows what is sent there until `stop` unplugs it."""

    def __init__(self, letter_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pole")
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # it is lit from the left, whoever reads it
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setTextFormat(Qt.TextFormat.PlainText)
        family = "'DejaVu Sans Mono', 'Noto Sans Mono', monospace"
        self.setStyleSheet(
            f"color: {_GLOW}; background: {_GLASS}; padding: 6px; font-family: {family}; font-size: {letter_px}px"
        )
        self._feed = _Feed()
        self._feed.changed.connect(self._show)
        self.display = VirtualDisplay(Screen(COLUMNS), on_lines=self._feed.changed.emit)
        self._show(("", ""))

    def stop(self) -> None:
        """Unplug it."""
        self.display.close()

    def _show(self, lines: tuple[str, str]) -> None:
        self.setText("\n".join(line.ljust(COLUMNS) for line in lines))


class _Feed(QObject):
    """Brings lines from the display's thread into the window's, and outlives the window if it must."""

    changed = Signal(object)
