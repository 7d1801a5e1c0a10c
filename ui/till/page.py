"""The till itself: basket, customer, total and keys in one page, and the one way that everything is said."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from db.link import Link
from db.store import StoreTrouble
from pos_app import account
from pos_app.desk import Desk
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from pos_app.till import Completed, Till
from ui.till.basket import BasketPlace
from ui.till.customer import CustomerPanel
from ui.till.dialogs.alarm import Alarm, Alarmed
from ui.till.dialogs.board import BoardPanel
from ui.till.dialogs.centre import CentrePanel
from ui.till.foot import Foot
from ui.till.keys import KeysBar
from ui.till.panel import PanelPlace
from ui.till.status import StatusBar
from ui.till.totals import has_orders

if TYPE_CHECKING:  # loaded where there is a camera
    from ui.camera.feed import CameraFeed
    from ui.camera.view import CameraView

log = logging.getLogger(__name__)

_CAMERA_EM = 12.0
"""What all that can be told of a customer leaves of the height."""


class TillPage(QWidget):
    """What a cashier sees all day. It shows the till's state; what keys and scans do stands in `Actions`.

    `accepted`, `attention` and `refused` are to be heard, each after the store has done its part. `quoted` carries the
    quote that is shown and its selected line, `completed` a sale that is over. `answered` comes from the thread that
    asks the centre about points.
    """

    accepted = Signal()
    attention = Signal()
    refused = Signal()
    quoted = Signal(object, object)
    completed = Signal(object)
    alarm_over = Signal()
    answered = Signal()

    def __init__(self, till: Till, words: Words, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.till = till
        self.desk = Desk(till.store, till.programme, till.now, lambda: till.staff.id if till.staff else "")
        self.words = words
        self.alarm: Alarm | None = None
        self.link: Link | None = None
        self.has_centre = False
        shop = next(iter(till.settings.shop_lines), "") or words.pick(till.programme.names)
        self.status = StatusBar(words, shop)
        amounts, keys = till.settings.mode == "amount", till.settings.keys
        self.basket = BasketPlace(words, keys, till.version.currency, amounts=amounts)
        self.place = PanelPlace(self.basket)
        self.place.opened.connect(lambda: self.tell("calm", ""))
        self.customer = CustomerPanel(words, till.programme, keys)
        self.foot = Foot(words)
        absent = {"order": not has_orders(till.version), "camera": not till.settings.camera.path, "devices": True}
        shown = {action: key for action, key in keys.items() if not absent.get(action)}
        self.keys = KeysBar(words, shown, amounts, self)
        self.keys.listen("devices", keys["devices"], self)
        self._side = QVBoxLayout()
        self._feed: CameraFeed | None = None
        self._view: CameraView | None = None
        self._quoted: Quote | None = None
        self._told_off: Refusal | None = None
        if till.spending is not None:
            self.desk.spending = till.spending
            self.answered.connect(self._show_standing, Qt.ConnectionType.QueuedConnection)
            till.spending.keeper.told = self.answered.emit
        self._board_of: tuple[object, ...] | None = None
        self._board_soon = QTimer(self, singleShot=True, interval=0)
        self._board_soon.timeout.connect(self._show_offers)
        self._lay_out()

    def show_link(self, link: Link | None, *, has_one: bool) -> None:
        """Show how the link with the centre is, for a till that has one."""
        self.link = link
        self.has_centre = has_one
        self.status.show_centre(link, has_one=has_one)
        if isinstance(self.place.panel, CentrePanel):
            self.place.panel.show_link(link)

    def tell(self, tone: str, text: str) -> None:
        """Say something in the strip below; `tone` is calm, good, attention or refused."""
        self.foot.message.tell(tone, text)

    def refuse(self, refusal: Refusal) -> None:
        """Say why something cannot be done, in a sentence that can be read aloud."""
        self.tell("refused", self.words.refusal(refusal))
        self.refused.emit()

    def tell_trouble(self, trouble: StoreTrouble) -> None:
        """Say what is wrong with the till's files."""
        log.error("the store: %s", trouble)
        self.tell("refused", self.words.say(f"till.trouble.{trouble.code}"))
        self.refused.emit()

    def refresh(self, current: int | None = None) -> Quote:
        """Show the open basket, `current` being the line to select; a finished sale stays until the next begins."""
        basket = self.till.basket
        quote = self._quote()
        if self.basket.shows_done and basket.empty and basket.card is None:
            return quote
        scanned = quote.customer or self.till.customer()
        self.basket.show_quote(quote, current)
        self.customer.show_quote(quote, scanned)
        self.foot.show_total(quote)
        self._look_at_board(quote, scanned)
        self.quoted.emit(quote, current)
        self.till.keep_points(quote)
        self._quoted = quote
        self._show_standing()
        return quote

    def show_camera(self, feed: "CameraFeed") -> None:
        """Show how the camera is, from now on."""
        self._feed = feed
        feed.changed.connect(self.status.show_camera)
        self.status.show_camera(feed.state)

    def toggle_camera(self) -> None:
        """Show what the camera sees below the customer, or hide it; the sale goes on beside it."""
        if self._feed is None:
            return
        if self._view is None:
            from ui.camera.view import CameraView

            self._view = CameraView(self.words, self._feed, height_most_em=_CAMERA_EM)
            self._view.hide()
            self._side.addWidget(self._view)
        self._view.setVisible(self._view.isHidden())

    def show_done(self, completed: Completed) -> None:
        """Show a completed sale until the next one begins."""
        customer = completed.quote.customer
        self.basket.show_done(completed, customer.name if customer else "")
        self.customer.show_quote(completed.quote, None)
        self.foot.show_total(completed.quote, last=True)
        self.completed.emit(completed)
        self._board_of = self._quoted = None

    def _show_standing(self) -> None:
        """One word about the points of the open sale; that they cannot be had is a sentence, said once."""
        quote = self._quoted
        if quote is None:
            return
        try:
            standing = self.till.standing(quote)
        except StoreTrouble as trouble:
            return self.tell_trouble(trouble)
        if isinstance(standing, Refusal):
            self.customer.show_kept("")
            if self._told_off is None or self._told_off.values != standing.values:
                self._told_off = standing
                self.tell("attention", self.words.refusal(standing))
                self.attention.emit()
            return
        self._told_off = None
        self.customer.show_kept("" if standing is None else self.words.say(f"till.trust.{standing.authority}"))

    def show_board(self, panel: BoardPanel) -> None:
        """Bring the board's panel up to date."""
        quote = self.till.quote(strict=False)
        left = quote.customer.balance - quote.spent if quote.customer else None
        panel.show_board(self.till.board(), left)

    def show_alarm(self, alarmed: Alarmed, answered: Callable[[str], None]) -> None:
        """Cover everything until somebody has answered."""

        def close(answer: str) -> None:
            self.drop_alarm()
            self.focus()
            answered(answer)
            self.alarm_over.emit()

        self.drop_alarm()
        self.alarm = Alarm(alarmed, self)
        self.alarm.answered.connect(close)

    def drop_alarm(self) -> None:
        """Take away what covers the till, unanswered."""
        if self.alarm is not None:
            alarm, self.alarm = self.alarm, None
            alarm.hide()
            alarm.deleteLater()

    def focus(self) -> None:
        """Give the focus to whatever is worked with."""
        if self.alarm is not None:
            self.alarm.setFocus()
        elif self.place.panel is not None:
            self.place.panel.enter()
        else:
            self.basket.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.alarm is not None:
            self.alarm.setGeometry(self.rect())

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        for column, share in enumerate((52, 16, 32)):
            grid.setColumnStretch(column, share)
        grid.setRowStretch(0, 1)
        grid.addWidget(self.place, 0, 0, 1, 2)
        self._side.setSpacing(8)
        self._side.addWidget(self.customer, 1)  # and below it what the camera sees, where there is one
        grid.addLayout(self._side, 0, 2)
        grid.addWidget(self.foot.message, 1, 0)
        grid.addWidget(self.foot.points, 1, 1)
        grid.addWidget(self.foot.total, 1, 2)
        inner = QVBoxLayout()
        inner.setContentsMargins(8, 8, 8, 8)
        inner.setSpacing(8)
        inner.addLayout(grid, 1)
        inner.addWidget(self.keys)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.status)
        outer.addLayout(inner, 1)

    def _quote(self) -> Quote:
        """The basket's quote; if what it swaps cannot be had any more, that is said and the rest is shown."""
        try:
            return self.till.quote()
        except Refusal as refusal:
            self.tell("attention", self.words.refusal(refusal))
            self.attention.emit()
            return self.till.quote(strict=False)

    def _look_at_board(self, quote: Quote, scanned: Customer | None) -> None:
        """What can be had hangs on the customer and what is taken, not on the goods; it may come a paint later."""
        board_of = None if quote.customer is None else (scanned, quote.basket.swaps, quote.used_points)
        if board_of != self._board_of:
            self._board_of = board_of
            if board_of is not None:
                self._board_soon.start()

    def _show_offers(self) -> None:
        if self._board_of is None:
            return
        try:
            quote = self.till.quote(strict=False)
            board = self.till.board()
            self._show_progress(quote)
        except StoreTrouble as trouble:
            self.tell_trouble(trouble)
            return
        balance = quote.customer.balance if quote.customer else 0
        self.customer.show_offers(board, balance - quote.spent, quote.version.currency)

    def _show_progress(self, quote: Quote) -> None:
        """The way to the next tier hangs on all that the customer ever earned: it comes with the board."""
        if quote.customer is not None and quote.version.tiers is not None:
            found = account.progress(self.till.store, quote.version, quote.customer, self.till.now())
            self.customer.show_progress(found)
