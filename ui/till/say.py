"""Small things that every part of the window says alike."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from pos_app.loyalty.basket import Offer
from pos_app.loyalty.programme import Version
from pos_app.loyalty.words import Words

_FROM_LEFT = Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_FROM_RIGHT = Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def points(words: Words, value: int, *, sign: bool = False) -> str:
    """So many points: 250 т."""
    return words.say("till.points", points=words.signed(value) if sign else words.number(value))


def cost(words: Words, offer: Offer, currency: str) -> str:
    """What one of an offer takes: 90 т. + 0,50 €."""
    text = points(words, offer.points)
    if offer.price_minor:
        text = words.say("till.cost", points=text, money=words.money(offer.price_minor, currency))
    return text


def worth(words: Words, version: Version, used: int) -> str:
    """Points as money: 100 т. = 10 000 томана."""
    assert version.use is not None
    money = words.money(version.use.worth(used), version.currency)
    return words.say("till.worth", points=points(words, used), money=money)


def joined(words: Words, *parts: str) -> str:
    """Several things in a row, those that are there."""
    return words.joined([part for part in parts if part])


def label(role: str, text: str = "", name: str = "") -> QLabel:
    """A text of the stylesheet's `role`; a name data text is never taken for markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setObjectName(name)
    return made


def button(role: str, text: str, name: str) -> QPushButton:
    """A touch button that leaves the focus where it is."""
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setObjectName(name)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made


class ElidedLabel(QLabel):
    """A name whose length nobody knows: it takes the room there is and ends in an ellipsis."""

    def __init__(self, role: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setObjectName(name)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontInfo().pixelSize() * 4, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        from_right = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        painter.drawText(self.rect(), _FROM_RIGHT if from_right else _FROM_LEFT, text)
        painter.end()
