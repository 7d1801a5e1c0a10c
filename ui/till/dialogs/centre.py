"""The link with the centre in words: how it is, what waits, what works now and what does not."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from db.link import Link
from pos_app.loyalty.words import Words
from ui.till.panel import Panel
from ui.till.say import label

CLOCK_SLACK_MS = 2000


class CentrePanel(Panel):
    """A few sentences under headings; `show_link` brings them up to date while they are read."""

    yields = True

    def __init__(self, words: Words) -> None:
        super().__init__("centre", words.say("centre.title"), words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._says = self._sentence("centre_says", "strong")
        self._do = self._sentence("centre_do")
        self._waits = self._sentence("centre_waits")
        self._works = self._under("works")
        self._works_not = self._under("works_not")
        self._clock = self._under("clock")
        self.column.addStretch(1)

    def enter(self) -> None:
        self.setFocus()

    def show_link(self, link: Link | None) -> None:
        """Say how the link is."""
        say = self.words.say
        if link is None or not link.heard:
            self._says.setText(say("centre.nothing_known"))
        elif link.why:
            self._says.setText(say("centre.says_alone", since=link.alone_since))
        else:
            self._says.setText(say("centre.says_linked", heard=link.heard))
        self._do.setText(say(f"centre.do.{link.why}") if link is not None and link.why else "")
        self._do.setVisible(bool(self._do.text()))
        if link is not None and link.waiting and link.oldest is not None:
            self._waits.setText(say("centre.says_waiting", facts=link.waiting, oldest=link.oldest))
        else:
            self._waits.setText(say("centre.says_nothing_waits"))
        how = _how(link)
        self._works.setText(say(f"centre.works_{how}"))
        self._works_not.setText(say(f"centre.works_not_{how}"))
        self._show_clock(0 if link is None else link.offset_ms)

    def _show_clock(self, offset_ms: int) -> None:
        seconds = abs(offset_ms) // 1000
        name = "right" if abs(offset_ms) < CLOCK_SLACK_MS else "behind" if offset_ms > 0 else "ahead"
        self._clock.setText(self.words.say(f"centre.clock_{name}", seconds=seconds))

    def _under(self, name: str) -> QLabel:
        self.column.addSpacing(8)
        self.column.addWidget(label("caption", self.words.say(f"centre.{name}")))
        return self._sentence(f"centre_{name}")

    def _sentence(self, name: str, role: str = "") -> QLabel:
        made = label(role, "", name)
        made.setWordWrap(True)
        self.column.addWidget(made)
        return made


def _how(link: Link | None) -> str:
    """What works: all, what a till can do alone, or less where the centre says no to its points."""
    if link is not None and link.why in ("shut_out", "unknown_till"):
        return "turned_away"
    return "linked" if link is not None and link.heard and not link.why else "alone"
