"""Below: what the till says, the points that this sale earns, and the total."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent

from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui import theme
from ui.till.painted import Painted, Style

HEIGHT_EM = 5.25
_CAPTION_EM = 5.0
_SHORT = 50
"""So many letters have room in the strip, in every language."""
_SHRUNK = (1, 0.72, 0.52, 0.4)
"""How much smaller a figure is that would leave no room for what it is: a sale of six digits, of nine, of more."""
_TONES = {
    "calm": (theme.SURFACE, theme.RULE, theme.INK),
    "good": (theme.ACCENT_TINT, theme.ACCENT, theme.INK),
    "attention": (theme.ATTENTION_TINT, theme.ATTENTION, theme.ATTENTION),
    "refused": (theme.REFUSED_TINT, theme.REFUSED, theme.REFUSED),
}


class Strip(Painted):
    """One sentence in big letters, in the colours of its tone: calm, good, attention or refused."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._tone = "calm"
        self._text = ""

    @property
    def tone(self) -> str:
        return self._tone

    def text(self) -> str:
        return self._text

    def tell(self, tone: str, text: str) -> None:
        if (tone, text) != (self._tone, self._text):
            self.update(self.inner() if tone == self._tone else self.rect())
            self._tone, self._text = tone, text
            self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        return QSize(0, self.px(HEIGHT_EM))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, line, ink = _TONES[self._tone]
        painter = QPainter(self)
        self.prime(painter, event.rect(), fill, line)
        style = Style(1.25, bold=ink != theme.INK, colour=ink, wraps=True)
        if len(self._text) > _SHORT and not self.fits(self._text, self.inner(), style):
            style = style._replace(size_em=1.0)
        self.write(painter, self.inner(), self._text, style)
        painter.end()


class Figure(Painted):
    """A number that has to be read from afar, and what it is."""

    def __init__(self, name: str, figure: Style) -> None:
        super().__init__()
        self.setObjectName(name)
        self._style = figure
        self._caption = ""
        self._text = ""

    def caption(self) -> str:
        return self._caption

    def text(self) -> str:
        return self._text

    def tell(self, caption: str, text: str) -> None:
        if (caption, text) != (self._caption, self._text):
            self._caption, self._text = caption, text
            self.setAccessibleName(f"{caption}: {text}")
            self.update(self.core())  # letters so large go down into the margin

    def sizeHint(self) -> QSize:
        return QSize(0, self.px(HEIGHT_EM))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.prime(painter, event.rect(), theme.SURFACE, theme.RULE)
        area = self.inner()
        styles = (self._style._replace(size_em=self._style.size_em * shrunk) for shrunk in _SHRUNK)
        room = area.width() - self.px(_CAPTION_EM)
        style = next((one for one in styles if self.width_of(self._text, one) <= room), self._style._replace(size_em=1))
        self.write(painter, area, self._text, style)
        rest = area.adjusted(0, 0, -self.width_of(self._text, style) - self.px(0.5), 0)
        self.write(painter, rest, self._caption, Style(0.875, colour=theme.MUTED, wraps=True))
        painter.end()


class Foot:
    """The strip of messages and the figures: three widgets of one height, for the page to place."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.message = Strip("message")
        self.points = Figure("sale_points", Style(2.25, bold=True, colour=theme.ACCENT, align="trail"))
        self.total = Figure("total", Style(3.75, bold=True, align="trail"))

    def show_total(self, quote: Quote, *, last: bool = False) -> None:
        """Show what is to be paid and what that earns; `last` when that sale is over."""
        words = self._words
        caption = words.say("till.foot.last" if last else "till.foot.total")
        self.total.tell(caption, words.money(quote.to_pay_minor, quote.version.currency))
        earned = words.signed(quote.earned) if quote.customer else ""
        self.points.tell(words.say("till.foot.points"), earned)
