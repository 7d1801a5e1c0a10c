"""How an order goes before the sale, and what becomes of one after it: handed over, paid, cancelled."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Signal

from pos_app.after_sale import Returnable
from pos_app.loyalty import jalali, moments
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.crediting import MEANS
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.money import parse_decimal
from pos_app.loyalty.programme import Version
from pos_app.loyalty.slip import slip_text
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.alarm import Alarmed
from ui.till.dialogs.choices import ChoicePanel
from ui.till.dialogs.number import WHOLE, NumbersPanel, decimal, money, typed
from ui.till.dialogs.returns import ReturnedPanel
from ui.till.dialogs.text import TextPanel
from ui.till.rows import Row
from ui.till.totals import channels_of, has_orders, means_words

EMAIL_PATTERN = "[^\\s<>]{0,80}"
EMAIL_LETTERS = "1234567890 qwertyuiop asdfghjkl@ zxcvbnm.-_"

_DATE_DIGITS = 8


class Choice(NamedTuple):
    """One thing that can be set: how it stands, and what sets it otherwise."""

    name: str
    value: str
    act: Callable[[], None]


class Orders(Deeds):
    """Orders. `return_wanted` carries the sale whose goods come back after all."""

    return_wanted = Signal(object)

    # -- before the sale

    @spoken
    def open(self, row: int = 0) -> None:
        """How this order goes; Enter changes what is selected."""
        version, say = self.till.version, self.words.say
        choices = self._choices(version, self.till.basket)
        if not choices:
            return self.say("calm", "no_orders")
        rows = [Row(say(f"till.order.{one.name}"), "", (one.value,)) for one in choices]
        panel = ChoicePanel("order", say("till.order.title"), self.words, rows, say("till.order.hint"), (22,))
        panel.picked.connect(lambda number: choices[number].act())
        self.page.place.open(panel)
        panel.list.select(row)

    def _choices(self, version: Version, basket: Basket) -> list[Choice]:
        say, words = self.words.say, self.words
        if not has_orders(version):
            return []
        channels = channels_of(version)
        found = []
        if len(channels) > 1:
            value = say(f"till.order.channel_{basket.channel}")
            found.append(Choice("channel", value, self._turns("channel", channels, basket.channel)))
        if version.crediting:
            value = means_words(basket.means, words)
            found.append(Choice("means", value, self._turns("means", MEANS, basket.means)))
            value = say("till.order.now" if basket.fulfilled else "till.order.later")
            found.append(Choice("handed_over", value, self._turns("fulfilled", (True, False), basket.fulfilled)))
        if version.delivery is not None or (version.use is not None and version.use.frees_delivery):
            minor = basket.delivery_minor
            value = say("till.order.by_rules") if minor is None else words.money(minor, version.currency)
            found.append(Choice("delivery", value, self._ask_delivery))
        if version.use is not None and version.use.frees_delivery:
            can = basket.free_delivery_method
            value = say("till.order.free_yes" if can else "till.order.free_no")
            found.append(Choice("free", value, self._turns("free_delivery_method", (False, True), can)))
        if self.till.programme.membership.guests_wait and basket.card is None:
            value = say("till.order.guest_yes" if basket.guest else "till.order.guest_no")
            found.append(Choice("guest", value, self._ask_guest))
        if any(rule.staircase for rule in version.earn.rules):
            value = say("till.order.today") if basket.dated is None else say("till.order.on", dated=basket.dated)
            found.append(Choice("dated", value, self._ask_date))
        return found

    def _turns(self, field: str, values: Sequence[object], now: object) -> Callable[[], None]:
        """What sets a field to the value after this one."""
        after = values[(list(values).index(now) + 1) % len(values)]
        return partial(self._set, {field: after})

    @spoken
    def _set(self, how: dict[str, object]) -> None:
        panel = self.page.place.panel
        row = panel.list.current if isinstance(panel, ChoicePanel) else 0
        self.till.set_order(**how)
        self.page.refresh()
        self.open(row)

    def _ask_delivery(self) -> None:
        say, currency = self.words.say, self.till.version.currency
        decimals, mark = self.words.decimals(currency), self.mark()
        minor = self.till.basket.delivery_minor
        panel = NumbersPanel(
            "delivery", say("till.order.delivery"), self.words, money(decimals), say("till.quantity.apply"),
            mark if decimals else "",
        )  # fmt: skip
        text = "" if minor is None else typed(minor, decimals, mark)
        panel.add_field("delivery_fee", say("till.order.delivery_prompt"), text, self.words.sign(currency))
        panel.entered.connect(self._set_delivery)
        panel.behind = self.open
        self.page.place.open(panel)

    @spoken
    def _set_delivery(self, texts: Sequence[str]) -> None:
        decimals = self.words.decimals(self.till.version.currency)
        self._set({"delivery_minor": parse_decimal(decimal(texts[0]), decimals) if texts[0] else None})

    def _ask_guest(self) -> None:
        """Whose address the purchase waits under, until an account with it is opened (H12)."""
        say = self.words.say
        panel = TextPanel(
            "guest", say("till.guest.title"), self.words, say("till.guest.prompt"), say("till.guest.hint"),
            pattern=EMAIL_PATTERN, letters=EMAIL_LETTERS,
        )  # fmt: skip
        panel.entered.connect(self._set_guest)
        panel.behind = self.open
        self.page.place.open(panel)

    @spoken
    def _set_guest(self, email: str) -> None:
        if email and "@" not in email.strip("@"):
            self.say("refused", "email_wrong", email=email)
            return self.page.refused.emit()
        self._set({"guest": self.till.store.guest_number(email) if email else 0})

    def _ask_date(self) -> None:
        """A past purchase is entered with its day (M1), in the calendar of the programme."""
        say = self.words.say
        panel = NumbersPanel("dated", say("till.order.dated"), self.words, WHOLE, say("till.quantity.apply"))
        panel.add_field("date", say("till.order.dated_prompt"))
        panel.add_note(say("till.order.dated_note", today=self.till.now()))
        panel.entered.connect(self._set_date)
        panel.behind = self.open
        self.page.place.open(panel)

    @spoken
    def _set_date(self, texts: Sequence[str]) -> None:
        moment = self._moment_of(texts[0]) if texts[0] else None
        if texts[0] and moment is None:
            self.say("refused", "date_wrong", date=texts[0])
            return self.page.refused.emit()
        self._set({"dated": moment})

    def _moment_of(self, text: str) -> int | None:
        """Noon of a day typed as eight digits, None for one that is none or lies ahead."""
        digits = text if len(text) == _DATE_DIGITS else "0" * _DATE_DIGITS
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
        try:
            if self.words.calendar == "jalali":
                ordinal = jalali.to_ordinal(year, month, day)
            else:
                ordinal = date(year, month, day).toordinal()
            noon = datetime.combine(date.fromordinal(ordinal), datetime.min.time()).replace(hour=12)
            moment = moments.from_local(noon, self.till.programme.zone)
        except (ValueError, OverflowError):
            return None
        return moment if 0 <= moment <= self.till.now() else None

    # -- after the sale

    @spoken
    def show(self, found: Returnable) -> None:
        """An order that is still open: what became of it."""
        sale, say = found.sale, self.words.say
        assert isinstance(sale.body, SaleCompleted)
        order = self.till.after.order(sale)
        done = {"fulfilled": order.fulfilled, "paid": order.paid}
        rows, deeds = [], []
        for state, act in (("fulfilled", self.till.after.fulfil), ("paid", self.till.after.pay)):
            since = done[state]
            told = "" if since is None else say("till.open_order.since", since=since)
            rows.append(Row(say(f"till.open_order.{state}"), told, is_dim=since is not None))
            deeds.append(partial(self._change, sale, act))
        rows.append(Row(say("till.open_order.cancel")))
        deeds.append(partial(self._ask_cancel, sale))
        rows.append(Row(say("till.open_order.return")))
        deeds.append(partial(self.return_wanted.emit, found))
        title = say("till.open_order.title", slip=slip_text(sale.body.slip))
        money_ = self.words.money(sale.body.to_pay_minor, sale.body.currency)
        hint = say("till.open_order.hint", money=money_, means=means_words(sale.body.means, self.words))
        panel = ChoicePanel("open_order", title, self.words, rows, hint)
        panel.picked.connect(lambda row: deeds[row]())
        self.page.place.open(panel)

    @spoken
    def _change(self, sale: Fact, act: Callable[[Fact], Fact]) -> None:
        act(sale)
        order = self.till.after.order(sale)
        self.page.refresh()
        assert isinstance(sale.body, SaleCompleted)
        if order.fulfilled is not None and order.paid is not None:
            self.page.place.close_panel()
        else:
            self.show(self.till.after.returnable(sale))
        self.say("good", "order_changed", slip=slip_text(sale.body.slip))
        self.page.accepted.emit()

    def _ask_cancel(self, sale: Fact) -> None:
        assert isinstance(sale.body, SaleCompleted)
        say = self.words.say
        answers = [("keep", say("till.alarm.order_keep")), ("cancel", say("till.alarm.order_cancel"))]
        alarmed = Alarmed(
            "attention", say("till.alarm.order"), slip_text(sale.body.slip), say("till.alarm.order_ask"), answers
        )
        self.page.show_alarm(alarmed, partial(self._cancel, sale))

    @spoken
    def _cancel(self, sale: Fact, answer: str) -> None:
        if answer != "cancel":
            return
        body = self.till.after.cancel(sale).fact.body
        assert isinstance(body, GoodsReturned)
        self.page.place.open(ReturnedPanel(self.words, body))
        self.page.refresh()
        self.say("good", "order_cancelled")
        self.page.accepted.emit()
