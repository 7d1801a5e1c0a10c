"""What is done with one card: it is blocked, replaced, put together with others, its points are seen to."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal

from pos_app import statement
from pos_app.counter import Counter
from pos_app.loyalty import cards
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from ui.desk.account import AccountPanel
from ui.desk.ask import AskPanel, FamilyPanel
from ui.desk.counter import AtCounter
from ui.desk.forms import CARD, LATIN, FormPanel, quick
from ui.till.deeds import spoken
from ui.till.dialogs.alarm import Alarmed
from ui.till.page import TillPage
from ui.till.panel import Panel
from ui.till.say import joined

_REASONS = ("lost", "stolen", "damaged")
_POINTS = "[+-]?[0-9]{0,7}"
_CODE = "[0-9]{0,6}"


class CardWork(AtCounter):
    """The acts of the desk's card panel, by their names. `card_wanted(card)` shows that panel, `replaced(customer)`
    is a card that was handed over for another.
    """

    card_wanted = Signal(object)
    replaced = Signal(object)

    def __init__(self, page: TillPage, counter: Counter, take_card: Callable[[str], bool]) -> None:
        """`take_card` takes a card that is scanned meanwhile."""
        super().__init__(page, counter)
        self._take_card = take_card
        self.acts: dict[str, Callable[[int], None]] = {
            "account": self.show_account,
            "block": self._ask_block,
            "replace": self._ask_replace,
            "merge": self._ask_family,
            "split": self._ask_split,
            "phone": self._ask_phone,
            "activate": self._activate,
            "accept": self._ask_accept,
            "profile": self._complete_profile,
            "adjust": self._ask_points,
            "leave": self._ask_leave,
        }

    def _done(self, card: int, key: str, /, **values: object) -> None:
        """Something was written down: show the card as it is now."""
        self.page.refresh()
        self.card_wanted.emit(card)
        self.told(key, **values)

    def _form(self, name: str, card: int, action: str) -> FormPanel:
        """A short form about a card."""
        say = self.words.say
        title = say(f"desk.{name}.title", name=self.customer(card).name, card=card)
        return FormPanel(f"desk_{name}", title, self.words, say(action), self._take_card, by_touch=self.by_touch)

    def _over(self, panel: Panel, card: int) -> None:
        self.show(panel, lambda: self.card_wanted.emit(card))

    def _ask_block(self, card: int) -> None:
        say = self.words.say
        self.counter.check(card)
        panel = self._form("block", card, "desk.block.do")
        panel.add_note(say("desk.block.hint"), "block_hint", (0, 0))
        panel.add_entry("reason", say("desk.block.reason"), (1, 0))
        reasons = [(f"reason_{name}", say(f"desk.block.{name}")) for name in _REASONS]
        panel.grid.addLayout(quick(reasons, lambda text: panel.fill("reason", text)), 2, 0)
        panel.entered.connect(lambda: self._block(panel, card))
        self._over(panel, card)

    @spoken
    def _block(self, panel: FormPanel, card: int) -> None:
        self._need_reason(panel)
        self.counter.block(card, panel.text("reason"))
        self._done(card, "blocked", card=card)

    def _need_reason(self, panel: FormPanel) -> None:
        missing = Refusal("reason_missing")
        if not panel.text("reason") and panel.show_faults({"reason": self.words.refusal(missing)}):
            raise missing

    def _ask_replace(self, card: int) -> None:
        say = self.words.say
        panel = FormPanel(
            "desk_replace", say("desk.replace.title", name=self.customer(card).name, card=card), self.words,
            say("desk.replace.do"), lambda code: self._scan_new(panel, code), by_touch=self.by_touch,
        )  # fmt: skip
        panel.add_note(say("desk.replace.hint"), "replace_hint", (0, 0))
        entry = panel.add_entry("card", say("desk.terms.card"), (1, 0), CARD, letters=LATIN)
        entry.field.setPlaceholderText(say("desk.terms.next_card"))
        panel.entered.connect(lambda: self._replace(panel, card))
        self._over(panel, card)

    def _scan_new(self, panel: FormPanel, code: str) -> bool:
        if not cards.is_card(code):
            return False
        if self.customer(int(code)).status != "unknown":
            raise Refusal("card_taken", card=int(code))
        panel.fill("card", code)
        return True

    @spoken
    def _replace(self, panel: FormPanel, card: int) -> None:
        try:
            customer = self.counter.give_new_card(card, panel.text("card"))
        except Refusal as refusal:
            if refusal.code in ("card_taken", "card_not_valid"):
                panel.show_faults({"card": self.words.refusal(refusal)})
            raise
        if self.till.basket.card == card:
            self.till.set_customer(customer.card)
        self.page.refresh()
        self.replaced.emit(customer)

    def _ask_family(self, card: int) -> None:
        panel = FamilyPanel(self.words, self.counter.check(card), self._member_of_family, self.key("complete"))
        panel.typed.connect(lambda number: self._add_typed(panel, number))
        panel.merged.connect(partial(self._merge, card))
        self._over(panel, card)

    @spoken
    def _add_typed(self, panel: FamilyPanel, number: str) -> None:
        panel.add(number)
        self.page.accepted.emit()

    def _member_of_family(self, number: str, there: Sequence[int]) -> Customer:
        """Whose a card is that is to join those that are there already."""
        if not cards.is_card(number):
            raise Refusal("card_not_valid", card=number)
        if any(int(number) in self.counter.family_of(card) for card in there):
            raise Refusal("already_merged", card=int(number))
        return self.counter.check(int(number))

    @spoken
    def _merge(self, card: int, others: list[int]) -> None:
        self.counter.merge(card, others)
        self._done(card, "merged", points=self.customer(card).balance)

    def _ask(self, name: str, card: int, sentences: Sequence[str], agreed: Callable[[], None]) -> None:
        say = self.words.say
        title = say(f"desk.{name}.title", name=self.customer(card).name, card=card)
        panel = AskPanel(f"desk_{name}", title, self.words, sentences, say(f"desk.{name}.do"), self._take_card)
        panel.agreed.connect(agreed)
        self._over(panel, card)

    def _ask_split(self, card: int) -> None:
        if len(self.counter.family_of(card)) < 2:
            raise Refusal("not_in_family", card=card)
        left = self.customer(card).balance
        self._ask("split", card, [self.words.say("desk.split.means", points=left)], lambda: self._split(card))

    @spoken
    def _split(self, card: int) -> None:
        self.counter.split(card)
        self._done(card, "split", card=card)

    def _ask_phone(self, card: int) -> None:
        say = self.words.say
        self.counter.check(card)
        panel = self._form("phone", card, "desk.phone.do")
        panel.add_note(say("desk.phone.hint"), "phone_hint", (0, 0))
        panel.add_entry("code", say("desk.phone.code"), (1, 0), _CODE, letters=LATIN)
        again = [("phone_again", say("desk.phone.again"))]
        panel.grid.addLayout(quick(again, lambda _text: self._send_code(card)), 2, 0)
        panel.entered.connect(lambda: self._verify(panel, card))
        self._over(panel, card)

    @spoken
    def _send_code(self, card: int) -> None:
        self.counter.send_phone_code(card)
        self.told("code_sent")

    @spoken
    def _verify(self, panel: FormPanel, card: int) -> None:
        try:
            self.counter.verify_phone(card, panel.text("code"))
        except Refusal as refusal:
            panel.show_faults({"code": self.words.refusal(refusal)})
            raise
        self._done(card, "phone")

    def _activate(self, card: int) -> None:
        self.counter.activate(card)
        self._done(card, "activated", card=card)

    def _ask_accept(self, card: int) -> None:
        others = self.counter.kinds_to_apply_for(self.counter.check(card).kind)
        if not others:
            raise Refusal("already_done")
        applied = self.counter.applied_for(card)
        kind = next((one for one in others if one.id == applied), others[0])
        means = self.words.say("desk.accept.means", kind=self.words.pick(kind.names))
        self._ask("accept", card, [means], lambda: self._accept(card, kind.id))

    @spoken
    def _accept(self, card: int, kind: str) -> None:
        self.counter.accept_cooperator(card, kind)
        self._done(card, "accepted", kind=self.kind_name(kind))

    def _complete_profile(self, card: int) -> None:
        before = self.customer(card).balance
        self.counter.complete_profile(card)
        self._done(card, "profile", points=self.customer(card).balance - before)

    def _ask_points(self, card: int) -> None:
        say = self.words.say
        balance = self.counter.check(card).balance
        panel = self._form("adjust", card, "desk.adjust.do")
        panel.add_note(say("desk.adjust.hint", points=balance), "adjust_hint", (0, 0))
        panel.add_entry("points", say("desk.adjust.points"), (1, 0), _POINTS, letters=LATIN)
        panel.add_entry("reason", say("desk.adjust.reason"), (2, 0))
        panel.entered.connect(lambda: self._adjust(panel, card))
        self._over(panel, card)

    @spoken
    def _adjust(self, panel: FormPanel, card: int) -> None:
        text = panel.text("points")
        wanted = int(text) if text.strip("+-") else 0
        if not wanted:
            panel.show_faults({"points": self.words.say("desk.fault.points_missing")})
            raise Refusal("form_faults")
        self._need_reason(panel)
        self.counter.adjust(card, wanted, panel.text("reason"))
        self._done(card, "adjusted", points=self.customer(card).balance)

    def _ask_leave(self, card: int) -> None:
        say, customer = self.words.say, self.counter.check(card)
        alone = len(self.counter.family_of(card)) == 1
        lost = "desk.leave.points" if alone else "desk.leave.family"
        sentences = [say("desk.leave.means"), say(lost, points=customer.balance + customer.pending)]
        self._ask("leave", card, sentences, lambda: self._ask_again(card))

    def _ask_again(self, card: int) -> None:
        """What cannot be undone is asked twice, the second time over everything."""
        say, customer = self.words.say, self.customer(card)
        answers = [("keep", say("desk.leave.keep")), ("leave", say("desk.leave.sure"))]
        alarmed = Alarmed("attention", say("desk.leave.again"), customer.name, say("desk.leave.final"), answers)
        self.page.show_alarm(alarmed, partial(self._leave, card))
        self.page.attention.emit()

    @spoken
    def _leave(self, card: int, answer: str) -> None:
        if answer == "leave":
            self.counter.leave(card)
            self._done(card, "left", card=card)

    # -- the account

    def show_account(self, card: int) -> None:
        """Where the points of a card went."""
        words, till = self.words, self.till
        told = statement.of(till.store, till.programme, card, till.now(), words)
        figures = [(words.say(f"statement.{name}"), words.number(points)) for name, points in statement.figures(told)]
        notes = [statement.lapse_lines(told, words), statement.tier_lines(told, till.programme, words)]
        name = self.name_of(told.customer)
        panel = AccountPanel(
            words, words.say("desk.account.title", name=name, card=card), figures,
            [joined(words, *lines) for lines in notes if lines], told.movements, self._take_card, self.key("complete"),
        )  # fmt: skip
        panel.print_wanted.connect(lambda: self._print_account(card))
        self._over(panel, card)

    @spoken
    def _print_account(self, card: int) -> None:
        till = self.till
        told = statement.of(till.store, till.programme, card, till.now(), till.words)
        self.counter.print(statement.paper(told, till.now(), till.head(), till.programme, till.words))
        self.told_printing("printing", "print_waits")
