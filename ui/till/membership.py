"""A member's account at the till: points and their movements, benefits and requests, codes made of points."""

from functools import partial

from pos_app import account
from pos_app.loyalty import moments
from pos_app.loyalty.benefits import Benefit, Request
from pos_app.loyalty.coupons import Codes
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CodeMade, Fact
from pos_app.loyalty.money import Amount
from pos_app.loyalty.paper import Document
from pos_app.loyalty.slip import slip_text
from pos_app.loyalty.vouchers import benefit_voucher, code_voucher
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.choices import ChoicePanel, MemberPanel, Tab
from ui.till.dialogs.decide import DecidePanel
from ui.till.dialogs.number import SLIP, WHOLE, NumbersPanel
from ui.till.panel import Panel
from ui.till.rows import Row
from ui.till.say import joined, label, points

_DAY_MS = 24 * moments.HOUR


class Membership(Deeds):
    """What is done with the account of the member whose card is on the sale."""

    @spoken
    def open(self, tab: str = "movements") -> None:
        """Show the account."""
        customer = self.till.customer()
        if customer is None:
            raise Refusal("no_card")
        panel = MemberPanel(
            customer.name or self.words.say("till.customer.nameless"),
            self.words,
            self._figures(customer),
            self._tabs(customer),
            self.key("customer"),
        )
        panel.show_named(tab)
        panel.find_wanted.connect(lambda: self.page.keys.pressed.emit("customer", True))
        panel.drop_wanted.connect(self._drop)
        self.page.place.open(panel)

    def _open(self, panel: Panel, tab: str) -> None:
        """Show a panel from which Esc leads back to the account."""
        panel.behind = lambda: self.open(tab)
        self.page.place.open(panel)

    @spoken
    def _drop(self) -> None:
        self.till.drop_customer()
        self.page.place.close_panel()
        self.page.refresh()
        self.say("calm", "dropped")

    def _figures(self, customer: Customer) -> list[tuple[str, str]]:
        """Confirmed, pending and cancelled points (H18), and those of the tier."""
        words, say, now = self.words, self.words.say, self.till.now()
        totals = account.totals(self.till.store, customer, now)
        told = [
            ("confirmed", words.number(totals.balance)),
            ("pending", words.number(totals.pending)),
            ("cancelled", words.number(totals.cancelled)),
            ("expired", words.number(totals.expired)),
        ]
        way = account.progress(self.till.store, self.till.version, customer, now)
        if way is not None:
            tier = "–" if way.tier is None else words.pick(way.tier.names)
            told.append(("tier", tier))
        return [(say(f"till.member.{name}"), text) for name, text in told]

    def _tabs(self, customer: Customer) -> list[Tab]:
        tabs = [self._movements(customer)]
        benefits = self._benefits(customer)
        if benefits.rows:
            tabs.append(benefits)
        if self.till.version.codes is not None:
            tabs.append(self._codes(customer, self.till.version.codes))
        return tabs

    def _tab(self, name: str, rows: list[tuple[Row, partial[None] | None]]) -> Tab:
        """A list whose rows do what stands beside them; some do nothing."""
        say = self.words.say

        def chosen(row: int) -> None:
            deed = rows[row][1]
            if deed is not None:
                deed()

        return Tab(name, say(f"till.member.{name}"), say(f"till.member.{name}_hint"), [row for row, _ in rows], chosen)

    # -- movements

    def _movements(self, customer: Customer) -> Tab:
        words = self.words
        found = account.movements(self.till.store, self.till.programme, customer.card, words)
        rows: list[tuple[Row, partial[None] | None]] = []
        for one in found:
            when = words.say("till.member.when", when=one.moment)
            figure = points(words, one.points, sign=True) if one.points else ""
            rows.append((Row(one.what, joined(words, when, *one.reasons), (figure,)), None))
        return self._tab("movements", rows)

    # -- benefits and requests

    def _benefits(self, customer: Customer) -> Tab:
        """What comes with the kind and the tier, and what became of what was asked for (M7)."""
        words, now, version = self.words, self.till.now(), self.till.version
        rows: list[tuple[Row, partial[None] | None]] = []
        for benefit in self.page.desk.benefits_of(customer.card):
            note = words.pick(benefit.note) if benefit.note else ""
            share = benefit.share(customer.tier)
            if benefit.shares and share is None:
                continue
            if benefit.asked:
                row = Row(words.pick(benefit.names), note, (words.say("till.member.ask"),))
                rows.append((row, partial(self._ask, customer, benefit)))
            elif benefit.note:
                row = Row(words.pick(benefit.names), note, (words.say("till.member.print"),))
                rows.append((row, partial(self._print_voucher, customer, benefit, None)))
            else:
                rows.append((Row(words.pick(benefit.names)), None))
        tier = version.tiers.tier(customer.tier) if version.tiers else None
        if tier is not None:
            rows += [(Row(words.pick(service), words.pick(tier.names)), None) for service in tier.services]
        for name, request in reversed(self.page.desk.requests(customer.card).items()):
            rows.append((self._request_row(request, now), partial(self._take_request, customer, name, request)))
        return self._tab("benefits", rows)

    def _request_row(self, request: Request, now: int) -> Row:
        words, state = self.words, request.state_at(now)
        benefit = self.till.version.benefit(request.benefit)
        sale = self.till.store.fact(request.order) if request.order else None
        parts = [words.say("till.member.asked", when=request.asked)]
        if sale is not None:
            parts.append(words.say("till.return.slip", slip=slip_text(sale.body.slip)))  # type: ignore[union-attr]
        if request.due is not None:
            parts.append(words.say("till.member.due", due=request.due))
        if state == "approved" and request.lapses is not None:
            parts.append(words.say("till.member.lapses", until=request.lapses))
        title = words.pick(benefit.names) if benefit else request.benefit
        detail = joined(words, *parts, request.plan, request.reason)
        return Row(title, detail, (words.say(f"till.request.{state}"),), waits=state == "waiting")

    def _ask(self, customer: Customer, benefit: Benefit) -> None:
        if benefit.plans:
            self._ask_plan(customer, benefit)
        elif benefit.before is not None:
            self._ask_order(customer, benefit)
        else:
            self._request(customer, benefit)

    def _ask_plan(self, customer: Customer, benefit: Benefit) -> None:
        plans = list(benefit.plans)
        rows = [Row(plan, "", (self.words.say("till.ask.places", places=benefit.plans[plan]),)) for plan in plans]
        panel = ChoicePanel(
            "ask_plan", self.words.pick(benefit.names), self.words, rows, self.words.say("till.ask.plan")
        )
        panel.picked.connect(lambda row: self._request(customer, benefit, plan=plans[row]))
        self._open(panel, "benefits")

    def _ask_order(self, customer: Customer, benefit: Benefit) -> None:
        """For which order, and when that is to be delivered: the programme says how long before it can be asked."""
        say = self.words.say
        panel = NumbersPanel("ask", self.words.pick(benefit.names), self.words, SLIP, say("till.ask.apply"), "-")
        panel.add_field("ask_slip", say("till.ask.slip"))
        days = panel.add_field("ask_days", say("till.ask.days"))
        days.allow(WHOLE)
        panel.add_note(say("till.ask.note"))
        panel.entered.connect(lambda texts: self._ask_about(customer, benefit, texts[0], texts[1]))
        self._open(panel, "benefits")

    @spoken
    def _ask_about(self, customer: Customer, benefit: Benefit, slip: str, days: str) -> None:
        order = self.till.find_sale(slip).sale if slip else None
        is_paid = order is not None and self.till.after.order(order).paid is not None
        due = self.till.now() + int(days) * _DAY_MS if days else None
        self._request(customer, benefit, order=order, paid=is_paid, due=due)

    @spoken
    def _request(
        self,
        customer: Customer,
        benefit: Benefit,
        *,
        order: Fact | None = None,
        paid: bool = False,
        due: int | None = None,
        plan: str = "",
    ) -> None:
        self.page.desk.ask(customer.card, benefit.id, order=order, paid=paid, due=due, plan=plan)
        self.open("benefits")
        self.say("good", "requested", name=self.words.pick(benefit.names))
        self.page.accepted.emit()

    @spoken
    def _take_request(self, customer: Customer, name: bytes, request: Request) -> None:
        """What can be done with a request now: decide it, or print what came of it."""
        state = request.state_at(self.till.now())
        benefit = self.till.version.benefit(request.benefit)
        if state == "waiting":
            self._decide(name, request)
        elif state != "approved" or benefit is None:
            self.say("calm", "request_over")
        elif benefit.shares:
            self.say("calm", "request_by_itself")
        else:
            self._print_voucher(customer, benefit, request)

    def _decide(self, name: bytes, request: Request) -> None:
        """The manager decides; others are told so."""
        staff, asked = self.till.staff, self.till.store.fact(name)
        if staff is None or staff.role != "manager":
            raise Refusal("not_allowed")
        if asked is None:
            raise Refusal("request_unknown")
        row = self._request_row(request, self.till.now())
        panel = DecidePanel(self.words, row.title, row.detail)
        panel.decided.connect(partial(self._write_decision, asked))
        self._open(panel, "benefits")

    @spoken
    def _write_decision(self, asked: Fact, outcome: str, reason: str) -> None:
        if outcome == "refused" and not reason:
            raise Refusal("reason_missing")
        self.page.desk.decide(asked, "approved" if outcome == "approved" else "refused", reason)
        self.page.refresh()
        self.open("benefits")
        if outcome == "approved":
            self.say("good", "request_approved")
        else:
            self.say("good", "request_refused")
        self.page.accepted.emit()

    @spoken
    def _print_voucher(self, customer: Customer, benefit: Benefit, request: Request | None) -> None:
        till = self.till
        self._print(benefit_voucher(benefit, customer, till.now(), till.head(), till.programme, till.words, request))

    def _print(self, document: Document) -> None:
        self.till.record([], [(None, document, False)])
        if self.page.status.prints:
            self.say("good", "voucher")
        else:
            self.say("attention", "voucher_waits")
        self.page.accepted.emit()

    # -- codes

    def _codes(self, customer: Customer, rule: Codes) -> Tab:
        """What points can become, and the codes that were made before, to be printed again."""
        words, currency = self.words, self.till.version.currency
        rows: list[tuple[Row, partial[None] | None]] = []
        for line in rule.table:
            row = Row(
                points(words, line.points), "", (words.money(line.worth_minor, currency),),
                is_dim=line.points > customer.balance,
            )  # fmt: skip
            rows.append((row, partial(self._choose_code, customer, rule, line.points)))
        if rule.step:
            each = words.say("till.code.each", points=rule.step, worth=Amount(rule.worth_minor, currency))
            most = max(customer.balance, 0) // rule.step * rule.step
            row = Row(words.say("till.code.own"), each, ("",), is_dim=not most)
            rows.append((row, partial(self._choose_code, customer, rule, most)))
        for fact in account.codes(self.till.store, customer.card):
            rows.append(self._made_row(fact))
        return self._tab("codes", rows)

    def _made_row(self, fact: Fact) -> tuple[Row, partial[None]]:
        made, words = fact.body, self.words
        assert isinstance(made, CodeMade)
        until = words.say("voucher.until", until=made.expires)
        money = words.money(made.amount_minor, made.currency)
        over = self.till.now() >= made.expires
        return Row(made.code, until, (money,), words.say("till.member.print"), is_dim=over), partial(
            self._print_code, made
        )

    def _choose_code(self, customer: Customer, rule: Codes, wanted: int) -> None:
        """Say how many points become a code; nothing is made before that is confirmed."""
        words, say, currency = self.words, self.words.say, self.till.version.currency
        panel = NumbersPanel("make_code", say("till.code.make"), words, WHOLE, say("till.code.apply"))
        have = label("large", say("till.code.have", points=customer.balance), "code_have")
        have.setWordWrap(True)
        panel.beside.addWidget(have)
        field = panel.add_field("code_points", say("till.points_panel.prompt"), str(wanted or ""))
        told = label("strong", "", "code_worth")
        panel.beside.addWidget(told)

        def show(text: str) -> None:
            try:
                told.setText(words.money(rule.worth(int(text or 0)), currency))
            except Refusal as refusal:
                told.setText(words.refusal(refusal))

        field.textChanged.connect(show)
        show(field.text())
        panel.entered.connect(lambda texts: self._make_code(customer, int(texts[0] or 0)))
        self._open(panel, "codes")

    @spoken
    def _make_code(self, customer: Customer, wanted: int) -> None:
        made = self.page.desk.make_code(customer.card, wanted).body
        assert isinstance(made, CodeMade)
        self.page.refresh()
        self.open("codes")
        self._print_code(made)

    @spoken
    def _print_code(self, made: CodeMade) -> None:
        till = self.till
        self._print(code_voucher(made, till.now(), till.head(), till.programme, till.words))
        money = self.words.money(made.amount_minor, made.currency)
        self.say("good", "code_made", code=made.code, money=money)
