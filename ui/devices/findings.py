"""What was found out about a device, as sentences in coloured strips."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hardware.scanner_verdict import Finding
from pos_app.loyalty.words import Words
from ui import theme
from ui.till.glyphs import Glyph
from ui.till.say import label

_GAP = 10


def sentence(words: Words, finding: Finding) -> str:
    """A finding in words; a layout is called by its name."""
    values = dict(finding.values)
    if "layout" in values:
        values["layout"] = words.say(f"wizard.layout.{values['layout']}")
    return words.say(f"wizard.found.{finding.code}", **values)


class Strip(QFrame):
    """One sentence on the ground of its tone (good, attention, refused); without one it is not seen."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "strip")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 10, 14, 10)
        self._row.setSpacing(14)
        self._glyph: Glyph | None = None
        self.sentence = label("", name=f"{name}_sentence")
        self.sentence.setWordWrap(True)
        self._row.addWidget(self.sentence, 1)
        self.hide()

    def say(self, tone: str, text: str) -> None:
        theme.set_tone(self, tone)
        if self._glyph is not None:
            self._row.removeWidget(self._glyph)
            self._glyph.deleteLater()
        self._glyph = Glyph("done" if tone == "good" else "warning", 1.75, self)
        self._row.insertWidget(0, self._glyph, alignment=Qt.AlignmentFlag.AlignTop)
        self._glyph.show()
        self.sentence.setText(text)
        self.show()

    def clear(self) -> None:
        self.sentence.clear()
        self.hide()


class FindingList(QScrollArea):
    """The findings one below the other, in the order in which they are given."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("findings")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)

    def show_findings(self, words: Words, findings: Iterable[Finding]) -> None:
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(_GAP)
        for finding in findings:
            strip = Strip(f"finding_{finding.code}")
            strip.say(finding.tone, sentence(words, finding))
            rows.addWidget(strip)
        rows.addStretch(1)
        self.setWidget(inside)
        inside.setAutoFillBackground(False)  # QScrollArea has turned it on

    def move_on(self, steps: int) -> None:
        """Move on by so many lines, back if negative."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + steps * self.fontInfo().pixelSize() * 3)
