"""Slips that were printed before: goods that come back, copies, and what the printer left unsure."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Signal

from db.store import StoreTrouble
from pos_app import elsewhere
from pos_app.after_sale import Returnable
from pos_app.elsewhere import Known, Lack
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact, GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.paper import Text
from pos_app.loyalty.slip import TILL_SPACE, parse_slip, slip_text
from pos_app.printing import NO_TROUBLE, Condition
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.alarm import Alarmed
from ui.till.dialogs.number import SLIP, NumbersPanel
from ui.till.dialogs.returns import ReturnedPanel, ReturnPanel
from ui.till.elsewhere import SlipSearch
from ui.till.page import TillPage
from ui.till.panel import Panel


class _Wanted(NamedTuple):
    """A slip that is looked for: its number, the sale if it is this till's, the code if it was scanned, over what."""

    number: int
    own: Fact | None
    scanned: str
    panel: Panel | None


class Slips(Deeds):
    """`seen(slip)` says that a person has told what became of a slip that the printer was not sure of.

    `backlog_answered(answer)` says which slips that have waited long are still wanted: all, last or none.
    `order_found` carries a sale that is still an open order, `unknown(code, refusal)` a slip that was scanned and that
    nobody knows.
    """

    seen = Signal(int)
    backlog_answered = Signal(str)
    order_found = Signal(object)
    unknown = Signal(str, object)

    def __init__(self, page: TillPage) -> None:
        super().__init__(page)
        asked = elsewhere.of(self.till.store)
        self._search = None if asked is None else SlipSearch(asked, self)
        self._wanted = _Wanted(0, None, "", None)
        if self._search is not None:
            self._search.told.connect(self._on_told)

    def take_back(self, by_touch: bool) -> None:
        """F4: goods come back; first of all their slip."""
        say = self.words.say
        panel = NumbersPanel("find_slip", say("till.return.title"), self.words, SLIP, say("till.return.find"), "-")
        panel.add_field("slip", say("till.return.prompt"))
        panel.add_note(say("till.return.scan_hint"))
        panel.entered.connect(self._find_sale)
        self.page.place.open(panel)

    @spoken
    def _find_sale(self, texts: Sequence[str]) -> None:
        self.find(texts[0])

    def find(self, text: str, *, is_scanned: bool = False) -> None:
        """Show what can be done with the sale of a slip. Where there is a centre it is asked: for the sale of another
        till, and for what of an own one came back elsewhere. Raises Refusal sale_unknown.
        """
        if self._search is None:
            self._show(self.till.find_sale(text), is_scanned=is_scanned)
            return
        number = self.till.slip_number(text)
        own = self.till.own_sale(number)
        self._wanted = _Wanted(number, own, text if is_scanned else "", self.page.place.panel)
        if own is not None and self._search.is_alone():
            self._show_found("centre_silent")
        else:
            self.say("calm", "asking_centre", slip=slip_text(number))
            self._search.ask(number, own.id if own else b"")

    @spoken
    def _on_told(self, answer: Known | Lack) -> None:
        if self.page.place.panel is self._wanted.panel:  # or else the cashier has gone on to something else
            self._show_found(answer)

    def _show_found(self, answer: Known | Lack) -> None:
        number, sale, scanned, _ = self._wanted
        if isinstance(answer, Known):
            sale = sale or answer.sale
            assert sale is not None, "whoever asks for a sale is told of one, or that there is none"
            self.till.after.learn(sale, answer.about)
        if sale is None:
            assert not isinstance(answer, Known)
            refusal = Refusal(answer, slip=slip_text(number))
            if not scanned:
                raise refusal
            self.unknown.emit(scanned, refusal)
            return
        self._show(self.till.after.returnable(sale), is_scanned=bool(scanned) and isinstance(answer, Known))
        if answer == "centre_silent":
            self.say("attention", "returns_unsure")
            self.page.attention.emit()

    def _show(self, found: Returnable, *, is_scanned: bool) -> None:
        self.show_return(found)
        if is_scanned:
            self.page.accepted.emit()

    def show_return(self, found: Returnable) -> None:
        """What can be done with a sale: an open order goes on, goods of any other come back. Raises Refusal."""
        if self.till.after.state(found.sale) == "open":
            if self.till.after.is_elsewhere(found.sale):
                assert isinstance(found.sale.body, SaleCompleted)
                raise Refusal("order_elsewhere", slip=slip_text(found.sale.body.slip))
            self.order_found.emit(found)
        else:
            self.take_back_of(found)

    def take_back_of(self, found: Returnable) -> None:
        """Goods of this sale come back."""
        sale = found.sale

        def quote(lines: Sequence[LineBack], swaps: Sequence[LineBack]) -> GoodsReturned | None:
            try:
                return self.till.after.quote_return(sale, lines, swaps)
            except Refusal as refusal:
                self.page.refuse(refusal)
            except StoreTrouble as trouble:
                self.page.tell_trouble(trouble)
            return None

        panel = ReturnPanel(self.words, found, self.till.goods, quote, self.key("complete"), self.mark())
        panel.wanted.connect(partial(self._take, sale))
        panel.too_much.connect(self._too_much)
        self.page.place.open(panel)

    def _too_much(self, name: str, left: str) -> None:
        self.say("refused", "return_left", name=name, left=left)
        self.page.refused.emit()

    @spoken
    def _take(self, sale: Fact, lines: list[LineBack], swaps: list[LineBack]) -> None:
        body = self.till.after.return_goods(sale, lines, swaps).fact.body
        assert isinstance(body, GoodsReturned)
        self.page.place.open(ReturnedPanel(self.words, body))
        self.page.refresh()
        self.say("good", "returned")
        self.page.accepted.emit()

    def reprint(self, by_touch: bool) -> None:
        """F11: print a slip again, the last one or one by its number."""
        say = self.words.say
        panel = NumbersPanel("reprint", say("till.reprint.title"), self.words, SLIP, say("till.reprint.last"), "-")
        field = panel.add_field("slip", say("till.reprint.prompt"))
        panel.add_note(say("till.reprint.note"))
        field.textChanged.connect(
            lambda text: panel.done.setText(say("till.reprint.this" if text else "till.reprint.last"))
        )
        panel.entered.connect(self._reprint)
        self.page.place.open(panel)

    @spoken
    def _reprint(self, texts: Sequence[str]) -> None:
        text = texts[0]
        number = parse_slip(text) if text else None
        if text and number is None:
            raise Refusal("sale_unknown", slip=text)
        if number is not None and number < TILL_SPACE:
            number += self.till.store.identity.till * TILL_SPACE
        self.till.reprint(number)
        self.page.place.close_panel()
        self._say_reprinted()
        self.page.accepted.emit()

    def _say_reprinted(self) -> None:
        if self.page.status.prints:
            self.say("good", "reprinted")
        else:
            self.say("attention", "reprint_waits")

    @spoken
    def drawer(self) -> None:
        """F12: open the drawer without a sale."""
        self.till.open_drawer()
        self.say("calm", "drawer")

    def ask_about(self, slip: int, condition: Condition) -> None:
        """Ask what became of a slip that the printer broke off, or was not heard of again; with the cause, if known."""
        say = self.words.say
        ask = say("till.alarm.slip_ask")
        if condition not in NO_TROUBLE:
            ask = f"{say(f'printer.{condition}.what')} {say(f'printer.{condition}.do')}\n{ask}"
        answers = [("whole", say("till.alarm.slip_whole")), ("copy", say("till.alarm.slip_copy"))]
        shown = slip_text(slip) if slip > 0 else self._heading(-slip)
        alarmed = Alarmed("attention", say("till.alarm.slip"), shown, ask, answers)
        self.page.show_alarm(alarmed, partial(self._answer_about, slip))
        self.page.attention.emit()

    def _heading(self, job_id: int) -> str:
        """What stands in bold at the head of something that has no number."""
        job = self.till.store.job(job_id)
        texts = [part for part in job.document if isinstance(part, Text)] if job else []
        return next((part.text for part in (*(part for part in texts if part.bold), *texts)), "")

    @spoken
    def _answer_about(self, slip: int, answer: str) -> None:
        if answer == "copy":
            if slip > 0:
                self.till.reprint(slip)
            else:
                self.till.reprint_job(-slip)
            self._say_reprinted()
        self.seen.emit(slip)  # last: as long as the copy is not written down, the question stays

    def ask_for_backlog(self, slips: int) -> None:
        """Ask which slips are still wanted when many wait, or some have waited long."""
        say = self.words.say
        which = ("none", "all") if slips == 1 else ("none", "last", "all")
        answers = [(answer, say(f"printer.backlog.{answer}", slips=slips)) for answer in which]
        sentence = say("printer.backlog.ask", slips=slips, again=self.key("reprint"))
        title = say("printer.backlog.title", slips=slips)
        self.page.show_alarm(Alarmed("attention", title, "", sentence, answers), self._answer_for_backlog)
        self.page.attention.emit()

    @spoken
    def _answer_for_backlog(self, answer: str) -> None:
        self.backlog_answered.emit(answer)
        if answer != "all":
            self.say("calm", "backlog_kept", again=self.key("reprint"))
