"""What each key of the till does, and each scan."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from db.store import StoreTrouble
from pos_app.loyalty import barcodes
from pos_app.loyalty.errors import Refusal, RefusalCode
from pos_app.till import (
    CardScanned,
    CouponScanned,
    ProductScanned,
    Scanned,
    SlipScanned,
    StaffScanned,
    UnknownScanned,
)
from ui.intake import ScanIntake
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.alarm import Alarmed
from ui.till.dialogs.centre import CentrePanel
from ui.till.dialogs.choices import MemberPanel
from ui.till.members import Members
from ui.till.membership import Membership
from ui.till.orders import Orders
from ui.till.page import TillPage
from ui.till.paying import Paying
from ui.till.selling import Selling
from ui.till.slips import Slips

if TYPE_CHECKING:
    from ui.desk.deeds import DeskDeeds
    from ui.devices.deeds import DeviceDeeds
    from ui.devices.live import LiveDevices

_SHOWN_LONGEST = 60
_UNKNOWN: frozenset[RefusalCode] = frozenset(
    {"product_unknown", "code_misread", "coupon_unknown", "sale_unknown", "sale_nowhere", "card_not_valid"}
)
"""Why a scan that stops the till is called unknown; what is known and cannot be taken is called so."""


class Actions(Deeds):
    """Does what keys, touches and scans ask for, and shows what came of it."""

    lock_wanted = Signal()

    def __init__(self, page: TillPage, intake: ScanIntake, live: Callable[[], "LiveDevices"]) -> None:
        """`live` gives what the till knows of its devices, when it is asked for."""
        super().__init__(page)
        self._live = live
        self._intake = intake
        self._busy = False
        self._selling = Selling(page)
        self._members = Members(page)
        self._membership = Membership(page)
        self._paying = Paying(page)
        self._orders = Orders(page)
        self.slips = Slips(page)
        self.slips.order_found.connect(self._orders.show)
        self.slips.unknown.connect(self._stop_for)
        self._orders.return_wanted.connect(self.slips.take_back_of)
        self._desk: DeskDeeds | None = None
        self._devices: DeviceDeeds | None = None
        amounts = self.till.settings.mode == "amount"
        self._panels: dict[str, Callable[[bool], None]] = {
            "goods": self._selling.amounts if amounts else self._selling.goods,
            "customer": self._customer,
            "quantity": self._selling.quantity,
            "return": self.slips.take_back,
            "board": self._members.board,
            "points": self._paying.points,
            "reprint": self.slips.reprint,
            "desk": self._at_desk,
            "devices": lambda _by_touch: self._at_devices(),
            "order": lambda _by_touch: self._orders.open(),
        }
        self._acts: dict[str, Callable[[], None]] = {
            "void": self._selling.void,
            "complete": self._selling.complete,
            "drawer": self.slips.drawer,
            "hold": self._selling.hold,
        }
        page.keys.pressed.connect(self.press)
        page.status.devices_wanted.connect(lambda: self.press("devices", True))
        page.status.centre_wanted.connect(self.show_centre)
        page.basket.typed.connect(self._selling.typed)
        page.customer.swap_wanted.connect(self._members.swap)
        page.customer.use_wanted.connect(lambda: self.press("points", True))
        page.customer.member_wanted.connect(lambda: self.press("customer", True))

    def _at_desk(self, by_touch: bool) -> None:
        """Members, cards and accounts; loaded with its first use, which no sale has to wait for."""
        if self._desk is None:
            from ui.desk.deeds import DeskDeeds

            self._desk = DeskDeeds(self.page)
        self._desk.open(by_touch)

    def _at_devices(self) -> None:
        """The page of devices, loaded with its first use."""
        if self._devices is None:
            from ui.devices.deeds import DeviceDeeds

            self._devices = DeviceDeeds(self.page, self._live(), self._intake)
        self._devices.open()

    # -- keys

    def press(self, action: str, by_touch: bool) -> None:
        """A key of the keys bar, once for each press; nothing while an alarm waits to be seen."""
        page = self.page
        if page.alarm is not None or self._busy:
            return
        self._busy = True
        try:
            panel = page.place.panel
            if action == "lock":
                self.lock_wanted.emit()
            elif action == "camera":
                page.toggle_camera()
            elif action in self._panels:
                self._panels[action](by_touch)
            elif panel is None or action == "hold":
                self._acts[action]()
            elif not (action == "complete" and panel.complete()):
                self.say("attention", "close_first")
                page.attention.emit()
        finally:
            self._busy = False

    def _customer(self, by_touch: bool) -> None:
        """F2: the account of the customer; another one is looked for where there is none, or by a second press."""
        if self.till.basket.card is None or isinstance(self.page.place.panel, MemberPanel):
            self._members.search(by_touch)
        else:
            self._membership.open()

    @property
    def is_between_sales(self) -> bool:
        """Whether a question would interrupt nothing."""
        basket = self.till.basket
        return basket.empty and basket.card is None and self.page.place.panel is None

    def back(self) -> None:
        """Esc: one step back."""
        page = self.page
        if page.alarm is not None:
            page.alarm.back()
        elif page.place.panel is not None:
            page.place.back()
        else:
            page.tell("calm", "")

    @spoken
    def resume(self) -> None:
        """Somebody is here: show the basket as it is, and nothing of what was said before."""
        self.page.tell("calm", "")
        basket = self.till.basket
        self.page.refresh(len(basket.lines) + len(basket.swaps) - 1)
        self.page.focus()

    def show_centre(self) -> None:
        """How the link with the centre is, in words; nothing for a till that has none, or while an alarm is open."""
        page = self.page
        if page.has_centre and page.alarm is None:
            panel = CentrePanel(self.words)
            panel.show_link(page.link)
            page.place.open(panel)

    @spoken
    def refreshed(self) -> None:
        """The centre has told something new: what is shown without a panel over it is shown as it is now."""
        if self.page.place.panel is None:
            self.page.refresh()

    def warn(self, sentences: Sequence[str], seen: Callable[[], None]) -> None:
        """Show what is wrong with the till's files until somebody has seen it."""
        say = self.words.say
        text = "\n".join((say("till.alarm.files_say"), *sentences))
        alarmed = Alarmed("attention", say("till.alarm.files"), "", text, [("seen", say("till.alarm.seen"))])
        self.page.show_alarm(alarmed, lambda _answer: seen())
        self.page.attention.emit()

    def leave(self) -> None:
        """Nobody is here any more: what was open over the basket is closed, and scans are taken again."""
        self.page.drop_alarm()
        self.page.place.close_panel()
        self._go_on()

    # -- scans

    @spoken
    def scan(self, code: str) -> None:
        """A code from any scanner."""
        page = self.page
        panel = page.place.panel
        if panel is not None and panel.take_scan(barcodes.read(code).text):
            page.accepted.emit()
            return
        match self._written(code):
            case ProductScanned(line):
                self._selling.added(line)
            case CardScanned():
                self._members.scanned()
            case StaffScanned(staff):
                page.status.show_cashier(staff.name)
                self.say("good", "works_now", name=staff.name)
                page.accepted.emit()
            case CouponScanned(taken):
                self._paying.code_taken(taken)
            case SlipScanned():
                self.slips.find(code, is_scanned=True)
            case UnknownScanned(known_as, refusal) if refusal.code == "sale_unknown" and self.till.store.centre:
                self.slips.find(known_as, is_scanned=True)
            case UnknownScanned(known_as, refusal):
                self._stop_for(known_as, refusal)

    def _written(self, code: str) -> Scanned:
        """Let a scan change the basket. A customer is shown at once, and heard when the disk has it: that may take."""
        foreseen = self.till.foresee(code)
        if foreseen is not None:
            self.page.customer.show_quote(*foreseen, at_once=True)
        try:
            return self.till.scan(code)
        except StoreTrouble:
            self.page.refresh()
            raise

    def refuse_scan(self, text: str) -> None:
        """A scan that came while none were taken, or that is no code."""
        if not self._intake.is_blocked:
            self.say("attention", "unreadable", code=text[:_SHOWN_LONGEST])
        self.page.refused.emit()

    def _stop_for(self, code: str, refusal: Refusal) -> None:
        """Nothing goes on until the cashier has seen an unknown code."""
        self._intake.block()
        self.page.status.show_scanner(stopped=True)
        say = self.words.say
        answers = [("seen", say("till.alarm.seen"))]
        title, sentence = say("till.alarm.code"), self.words.refusal(refusal)
        if refusal.code == "card_unknown":
            title = say("till.alarm.card")
        elif refusal.code == "code_misread" and self.till.settings.mode == "goods":
            title = say("scanner.misread")
        elif refusal.code not in _UNKNOWN:
            title = say("till.alarm.refused")
        elif refusal.code in ("product_unknown", "code_misread") and self.till.settings.mode == "amount":
            title, sentence = say("till.alarm.amounts"), say("till.alarm.amounts_say", goods=self.key("goods"))
        alarmed = Alarmed("refused", title, code, sentence, answers)
        self.page.show_alarm(alarmed, self._go_on)
        self.page.refused.emit()

    def _go_on(self, _answer: str = "") -> None:
        self._intake.acknowledge()
        self.page.status.show_scanner(stopped=False)
