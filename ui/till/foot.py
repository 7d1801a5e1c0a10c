"""Below: what the till says, the points of this sale, and the total."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui import theme
from ui.till.say import label, signed


class Foot:
    """The strip of messages and the figures that have to be read from afar: three frames of one height."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._message = label("", name="message")
        self._message.setWordWrap(True)
        self._points_caption = label("caption", words.say("till.foot.points"), "sale_points_caption")
        self._points = label("balance", name="sale_points")
        self._total_caption = label("caption", name="total_caption")
        self._total_caption.setWordWrap(True)
        self._total = label("total", name="total")
        self.strip = _Steady("strip")
        self.points = _Steady("card", self._points_caption, self._points)
        self.total = _Steady("card", self._total_caption, self._total)
        row = QHBoxLayout(self.strip)
        row.setContentsMargins(16, 4, 16, 4)
        row.addWidget(self._message)

    @property
    def message(self) -> str:
        return self._message.text()

    def tell(self, tone: str, text: str) -> None:
        """Say something; `tone` is calm, good, attention or refused."""
        theme.set_tone(self.strip, tone)
        self._message.setText(text)

    def show_total(self, quote: Quote, *, last: bool = False) -> None:
        """Show what is to be paid and the points of it; `last` when that sale is over."""
        words = self._words
        self._total_caption.setText(words.say("till.foot.last" if last else "till.foot.total"))
        self._total.setText(words.money(quote.to_pay_minor, quote.version.currency))
        self._points.setText(signed(words, quote.earned - quote.spent) if quote.customer else "")


class _Steady(QFrame):
    """A frame whose width comes from the page, whatever it shows, so that nothing moves from scan to scan."""

    def __init__(self, role: str, caption: QLabel | None = None, figure: QLabel | None = None) -> None:
        super().__init__()
        self.setProperty("role", role)
        if caption is not None and figure is not None:
            row = QHBoxLayout(self)
            row.setContentsMargins(16, 0, 16, 0)
            row.setSpacing(8)
            row.addWidget(caption, 1)
            row.addWidget(figure, alignment=Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QSize:
        return QSize(0, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())
