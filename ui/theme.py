"""How the windows look: colours, sizes and one stylesheet, all from a base size that grows with the screen.

Widgets say what they are by a dynamic property `role` (headline, figure, caption, ...) or `tone` (calm, good,
attention, refused); how that looks is decided here alone. Sizes are in ems: 1 em is `base_px`.
"""

from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from pos_app.loyalty.words import Words

FAMILIES = ("Noto Sans", "Noto Sans Arabic UI", "Noto Sans Arabic", "DejaVu Sans", "sans-serif")
"""Persian is of the second, whose lines are as high as those of the first, or else of the third, where they are not."""

BASE_LEAST_PX = 16
_HEIGHT_OF_LEAST_PX = 768

INK = "#15201a"
MUTED = "#4c5a52"
GROUND = "#e9eeea"
SURFACE = "#ffffff"
RULE = "#cfd8d2"
ACCENT = "#0b6e3c"
ACCENT_DEEP = "#08492a"
ACCENT_TINT = "#dff0e5"
ATTENTION = "#8a5300"
ATTENTION_TINT = "#fff0cc"
REFUSED = "#a3180f"
REFUSED_TINT = "#fde3df"


def base_px(height_px: int) -> int:
    """The size of ordinary text in a window so high: 16 px at 768, 22 at 1080, never less than 16."""
    return max(BASE_LEAST_PX, height_px * BASE_LEAST_PX // _HEIGHT_OF_LEAST_PX)


ARGUMENTS = ("-style", "fusion")
"""What a QApplication is started with, to be independent of the desktop's style.

`setStyle` would do the same, but makes all classes of styles known to Python, which takes as long as all windows.
"""


def apply(application: QApplication) -> None:
    """Make the windows independent of the desktop's colours and of its dark mode."""
    application.styleHints().setColorScheme(Qt.ColorScheme.Light)
    application.setPalette(palette())


def palette() -> QPalette:
    colours = QPalette(QColor(GROUND))
    for role, colour in (
        (QPalette.ColorRole.Window, GROUND),
        (QPalette.ColorRole.WindowText, INK),
        (QPalette.ColorRole.Base, SURFACE),
        (QPalette.ColorRole.Text, INK),
        (QPalette.ColorRole.Button, SURFACE),
        (QPalette.ColorRole.ButtonText, INK),
        (QPalette.ColorRole.Highlight, ACCENT),
        (QPalette.ColorRole.HighlightedText, SURFACE),
        (QPalette.ColorRole.PlaceholderText, MUTED),
    ):
        colours.setColor(role, QColor(colour))
    return colours


def direct(words: Words) -> None:
    """Let every window, and every text in it, begin where the language does: at the left, or at the right."""
    from_right = Qt.LayoutDirection.RightToLeft
    QApplication.setLayoutDirection(from_right if words.from_right else Qt.LayoutDirection.LeftToRight)


def dress(window: QWidget, base: int) -> None:
    """Give a top-level window its font, colours and stylesheet for ordinary text of `base` pixels."""
    window.setPalette(palette())
    window.setStyleSheet(stylesheet(base))


def set_tone(widget: QWidget, tone: str) -> None:
    """Change what a widget's colours say; costs nothing when it says that already."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        for part in (widget, *widget.findChildren(QWidget)):
            if part.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # others get their looks when they are shown
                part.style().unpolish(part)
                part.style().polish(part)


def stylesheet(base: int) -> str:
    """The one stylesheet, for ordinary text of `base` pixels."""
    sizes = {name: f"{round(base * em)}px" for name, em in _SIZES_EM.items()}
    families = ", ".join(f'"{name}"' for name in FAMILIES)
    return Template(_STYLE).substitute({**_COLOURS, **sizes, "families": families})


_COLOURS = {
    "ink": INK,
    "muted": MUTED,
    "ground": GROUND,
    "surface": SURFACE,
    "rule": RULE,
    "accent": ACCENT,
    "accent_deep": ACCENT_DEEP,
    "accent_tint": ACCENT_TINT,
    "attention": ATTENTION,
    "attention_tint": ATTENTION_TINT,
    "refused": REFUSED,
    "refused_tint": REFUSED_TINT,
}
_SIZES_EM = {
    "base": 1.0,
    "small": 0.875,
    "large": 1.25,
    "headline": 1.5,
    "figure": 1.5,
    "scanned": 2.25,
    "hair": 0.125,
    "pad": 0.75,
    "round": 0.5,
    "touch": 3.0,
    "key": 4.0,
    "bar": 0.875,
    "handle": 3.0,
}

_STYLE = """
QWidget { font-family: $families; font-size: $base; }
QMainWindow, QWidget#page { background: $ground; }

QFrame[role="card"] { background: $surface; border: 1px solid $rule; border-radius: $round; }
QLabel { background: transparent; color: $ink; }
QLabel[role="caption"] { color: $muted; font-size: $small; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="strong"] { font-weight: bold; }
QLabel[role="large"] { font-size: $large; }
QLabel[role="headline"] { font-size: $headline; font-weight: bold; }
QLabel[role="figure"] { font-size: $figure; font-weight: bold; }
QLabel[role="fault"] { color: $refused; font-size: $small; font-weight: bold; }
QLabel[role="scanned"] { font-size: $scanned; font-weight: bold; }

QFrame#status { background: $accent_deep; border: none; }
QFrame#status QLabel { color: #ffffff; }
QFrame#status QLabel[tone="attention"] { color: #ffd375; font-weight: bold; }
QFrame#status QLabel[tone="refused"] { color: #ffb3aa; font-weight: bold; }

QFrame[role="strip"] { background: $surface; border: 1px solid $rule; border-radius: $round; }
QFrame[role="strip"] QLabel { font-size: $large; }
QFrame[role="strip"][tone="good"] { background: $accent_tint; border-color: $accent; }
QFrame[role="strip"][tone="attention"] { background: $attention_tint; border-color: $attention; }
QFrame[role="strip"][tone="attention"] QLabel { color: $attention; font-weight: bold; }
QFrame[role="strip"][tone="refused"] { background: $refused_tint; border-color: $refused; }
QFrame[role="strip"][tone="refused"] QLabel { color: $refused; font-weight: bold; }

QTableView { background: $surface; border: none; outline: none; }
QLineEdit {
    background: $surface; border: $hair solid $rule; border-radius: $round; padding: 0 $pad; font-size: $large;
    min-height: $touch; selection-background-color: $accent;
}
QLineEdit:focus { border-color: $accent; }
QLineEdit[role="number"] { font-size: $scanned; }

QPushButton {
    background: $surface; color: $ink; border: 1px solid $rule; border-radius: $round; padding: 0 $pad;
    min-height: $touch;
}
QPushButton:hover { border-color: $accent; }
QPushButton:pressed { background: $accent_tint; border-color: $accent; }
QPushButton:focus { border: $hair solid $accent; outline: none; }
QPushButton:disabled { color: $muted; background: $ground; }
QPushButton[tone="chosen"] { background: $accent_tint; border-color: $accent; font-weight: bold; }
QPushButton[role="primary"] { background: $accent; color: #ffffff; border-color: $accent; font-weight: bold; }
QPushButton[role="primary"]:pressed { background: $accent_deep; }
QPushButton[role="primary"]:disabled { background: $rule; color: $muted; border-color: $rule; }
QPushButton[role="digit"] { font-size: $large; min-width: $touch; padding: 0; }
QPushButton[role="letter"] { min-width: 0; padding: 0; }
QPushButton[role="choice"] { padding: 0 4px; min-width: 0; }
QPushButton[role="choice"]:checked { background: $accent_tint; border-color: $accent; }
QWidget[tone="good"] > QPushButton[role="choice"]:checked { border: $hair solid $accent; }
QWidget[role="cycle"] QLabel[role="large"] { border: $hair solid transparent; border-radius: $round; }
QWidget[role="cycle"][tone="good"] QLabel[role="large"] { border-color: $accent; background: $accent_tint; }
QPushButton[role="act"] { text-align: left; min-height: $touch; padding: 0; }
QPushButton[role="act"][tone="attention"] { background: $attention_tint; border-color: $attention; }
QPushButton[role="key"] { min-height: $key; padding: 0; }
QPushButton[role="key"] QLabel { font-weight: bold; }
QPushButton[role="key"] QLabel[role="caption"] { font-weight: normal; }
QPushButton[role="key"] QLabel[role="narrow"] { font-size: $small; }
QPushButton[role="key"][tone="good"] { background: $accent; border-color: $accent; }
QPushButton[role="key"][tone="good"]:pressed { background: $accent_deep; }
QPushButton[role="key"][tone="good"] QLabel { color: #ffffff; }

QScrollArea, QWidget#form { background: transparent; border: none; }
QPlainTextEdit { background: $surface; color: $ink; border: 1px solid $rule; border-radius: $round; }
QPlainTextEdit:focus { border: $hair solid $accent; }

QScrollBar:vertical { background: transparent; width: $bar; margin: 0; }
QScrollBar::handle:vertical { background: $rule; border-radius: 5px; margin: 0 1px; min-height: $handle; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; }

QWidget#veil { background: rgba(8, 30, 18, 150); }
QFrame#alarm { background: $surface; border: $hair solid $refused; border-radius: $round; }
QFrame#alarm[tone="attention"] { border-color: $attention; }
"""
