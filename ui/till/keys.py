"""The keys bar: one touch button for each action, with its key on it, and the key itself."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pos_app.loyalty.words import Words
from ui.till.say import label

_SHARE_LEAST = 8
"""What every key has of the bar's width, in letters; its word's own come on top."""
_WIDE_MOST = 13
"""With more keys than this there is less room for the words on them."""


class KeysBar(QWidget):
    """`pressed(action, by touch)` for an action of the settings' keys. A key that is held down counts once."""

    pressed = Signal(str, bool)

    def __init__(self, words: Words, keys: Mapping[str, str], amounts: bool, owner: QWidget) -> None:
        """`owner` is the widget whose window the keys belong to; `amounts` is whether amounts are typed."""
        super().__init__(owner)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for action, key in keys.items():
            word = "amounts" if amounts and action == "goods" else action
            said = words.say(f"till.keys.{word}")
            made = self._button(action, key, said, is_narrow=len(keys) > _WIDE_MOST)
            row.addWidget(made, _SHARE_LEAST + len(said))
            self.listen(action, key, owner)

    def listen(self, action: str, key: str, owner: QWidget) -> None:
        """Let a key do its action, whether there is a button for it or not."""
        shortcut = QShortcut(QKeySequence(key), owner)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(lambda: self.pressed.emit(action, False))

    def _button(self, action: str, key: str, word: str, *, is_narrow: bool) -> QPushButton:
        made = QPushButton()
        made.setObjectName(f"key_{key}")
        made.setAccessibleName(word)
        made.setProperty("role", "key")
        made.setProperty("tone", "good" if action == "complete" else "calm")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(lambda: self.pressed.emit(action, True))
        column = QVBoxLayout(made)
        column.setContentsMargins(2, 4, 2, 4)
        column.setSpacing(0)
        for role, text in (("caption", key), ("narrow" if is_narrow else "", word)):
            line = label(role, text)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(line)
        return made
