"""The stage of a rehearsal: the application with a clock that is set, and the labels of the file."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from db.store import Staff, Store
from pos_app import texts
from pos_app.after_sale import Returnable, Returned
from pos_app.desk import Desk
from pos_app.loyalty import cards, moments
from pos_app.loyalty.basket import ONE
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CodeMade, DrawHeld, Fact, GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.ledger import Totals
from pos_app.loyalty.quote import Quote
from pos_app.manage import Manage
from pos_app.rehearsal_file import Rehearsal, Step, StepLine
from pos_app.settings import Settings
from pos_app.till import Till

Actual = dict[str, Any]

_NOTHING: Actual = {"earned": 0, "spent": 0, "cancelled": 0, "notices": []}
_STRANGERS = 9_000_000_000
"""Counters of card numbers for labels that no step has enrolled."""


class Stage:
    """Plays steps one after the other, each through the use case that the till's own buttons call."""

    def __init__(self, store: Store, rehearsal: Rehearsal) -> None:
        self._moment = 0
        self._store = store
        self._programme = rehearsal.programme
        words = texts.words_of(rehearsal.programme, "en")
        self._till = Till(store, rehearsal.programme, Settings(language="en"), words, lambda: self._moment)
        self._desk = Desk(store, rehearsal.programme, lambda: self._moment)
        self._manage = Manage(store, rehearsal.programme, lambda: self._moment)
        self._cards: dict[str, int] = {}
        self._sales: dict[str, Fact] = {}
        self._requests: dict[str, Fact] = {}
        self._codes: dict[str, str] = {}
        self._expired: dict[int, int] = {}
        self._tiers: dict[int, str | None] = {}
        self._notices = 0
        self._before: dict[str, Totals] = {}
        desk = self._desk
        self._verbs: dict[str, Callable[[Step], Actual]] = {
            "enrol": self._enrol,
            "activate": lambda step: self._at_desk(desk.activate, step),
            "accept_cooperator": lambda step: self._at_desk(desk.accept_cooperator, step),
            "verify_phone": lambda step: self._at_desk(desk.confirm_phone, step),
            "complete_profile": lambda step: self._at_desk(desk.complete_profile, step),
            "review": lambda step: self._at_desk(lambda card: desk.review(card, step.values["product"]), step),
            "sale": self._sale,
            "quote": self._quote,
            "fulfil": lambda step: self._with_sale(self._till.after.fulfil, step),
            "pay": lambda step: self._with_sale(self._till.after.pay, step),
            "cancel": self._cancel,
            "return": self._return,
            "voucher": self._voucher,
            "merge": self._merge,
            "split": lambda step: self._at_desk(desk.split, step),
            "leave": lambda step: self._at_desk(desk.leave, step),
            "block": lambda step: self._at_desk(lambda card: desk.block(card, step.values.get("reason", "")), step),
            "replace": self._replace,
            "request": self._request,
            "decide": self._decide,
            "adjust": self._adjust,
            "draw": self._draw,
            "look": self._look,
        }

    def play(self, step: Step) -> Actual:
        """What a step came to; one that was refused has the reason under `refused`."""
        self._moment = step.moment
        others = [other["card"] for other in step.expect.get("also", ())]
        self._before = {label: self._totals(self._card(label)) for label in others}
        try:
            actual = _NOTHING | self._verbs[step.do](step)
        except Refusal as refusal:
            self._till.clear()
            actual = {**_NOTHING, "refused": str(refusal.code), **self._account_behind(step)}
        actual["notices"] = list(dict.fromkeys([*actual["notices"], *self._new_notices()]))
        return actual

    # -- labels

    def _card(self, label: str) -> int:
        """The number behind a label; one that was never enrolled is a card that nobody knows."""
        if label not in self._cards:
            stranger = _STRANGERS + len(self._cards)
            self._cards[label] = cards.card_number(self._store.identity.card_key, stranger)
        return self._cards[label]

    def _sale_of(self, label: str) -> Fact:
        if label not in self._sales:
            raise Refusal("sale_unknown", slip=label)
        return self._sales[label]

    def _request_of(self, label: str) -> Fact:
        if label not in self._requests:
            raise Refusal("request_unknown")
        return self._requests[label]

    def _draw_named(self, name: str) -> str:
        """The draw of this id; any other name is a label for the one that has begun last."""
        if self._programme.draw(name) is not None:
            return name
        begun = [draw for version in self._programme.versions for draw in version.draws if draw.starts <= self._moment]
        return max(begun, key=lambda draw: draw.starts).id if begun else name

    def _new_notices(self) -> list[str]:
        """The kinds of the notices that were queued since the step before, each once."""
        queued = self._store.notices()
        kinds = dict.fromkeys(notice.kind for notice in queued[self._notices :])
        self._notices = len(queued)
        return list(kinds)

    # -- what an account looks like

    def _totals(self, card: int) -> Totals:
        return self._store.totals(card, self._moment)

    def look_at(self, label: str) -> Actual:
        """Balance, pending, lapsed since the card's last step, tier, benefits and state of a card."""
        card = self._card(label)
        customer = self._store.customer(card, self._moment)
        totals = self._totals(card)
        lapsed = totals.expired - self._expired.get(card, 0)
        self._expired[card] = totals.expired
        waiting = customer.status == "given" and self._moment < customer.active_from
        seen: Actual = {
            "balance": customer.balance,
            "pending": customer.pending,
            "expired": max(lapsed, 0),
            "benefits": [benefit.id for benefit in self._desk.benefits_of(card)],
            "state": "waiting" if waiting else {"given": "active"}.get(customer.status, customer.status),
            "notices": [],
        }
        if customer.tier:
            seen["tier"] = customer.tier
            seen["tier_until"] = self._local(customer.tier_until)
        if self._tiers.setdefault(card, customer.tier) != customer.tier:
            seen["notices"].append("tier_changed")
        self._tiers[card] = customer.tier
        return seen

    def look_beside(self, label: str) -> Actual:
        """The same for a card that a step looks at beside its own, with what the step brought to it."""
        before = self._before[label]
        seen, after = self.look_at(label), self._totals(self._card(label))
        for name in ("earned", "spent", "cancelled"):
            seen[name] = getattr(after, name) - getattr(before, name)
        return seen

    def _local(self, moment: int | None) -> datetime | None:
        return None if moment is None else moments.to_local(moment, self._programme.zone)

    def _account(self, values: dict[str, Any]) -> Actual:
        return self.look_at(values["card"]) if "card" in values else {}

    def _account_behind(self, step: Step) -> Actual:
        """The account of the step's card, or of the card of the sale or request that it is about."""
        for key in ("card", "holder"):
            if key in step.values:
                return self.look_at(step.values[key])
        fact = self._sales.get(step.values.get("sale", "")) or self._requests.get(step.values.get("request", ""))
        card = getattr(fact.body, "card", None) if fact else None
        label = next((label for label, number in self._cards.items() if number == card), None)
        return {} if label is None else self.look_at(label)

    # -- the desk

    def _enrol(self, step: Step) -> Actual:
        keys = ("kind", "name", "phone", "email", "birthday", "terms")
        given = {key: step.values[key] for key in keys if key in step.values}
        inviter = step.values.get("invited_by")
        customer = self._desk.enrol(
            card=step.values.get("number"), invited_by=None if inviter is None else self._card(inviter), **given
        )
        self._cards[step.values["card"]] = customer.card
        totals = self._totals(customer.card)
        return {"earned": totals.earned, **self._account(step.values)}

    def _at_desk(self, verb: Callable[[int], object], step: Step) -> Actual:
        card = self._card(step.values["card"])
        before = self._totals(card)
        verb(card)
        after = self._totals(card)
        if step.do in ("split", "leave"):
            self._expired.pop(card, None)
        return {
            "earned": 0 if step.do == "split" else max(after.earned - before.earned, 0),
            "cancelled": max(after.cancelled - before.cancelled, 0),
            **self._account(step.values),
        }

    def _merge(self, step: Step) -> Actual:
        family = [self._card(label) for label in step.values["cards"]]
        self._desk.merge(self._card(step.values["holder"]), family)
        return self.look_at(step.values["holder"])

    def _replace(self, step: Step) -> Actual:
        self._cards[step.values["as"]] = self._desk.replace(self._card(step.values["card"]))
        return self.look_at(step.values["as"])

    def _adjust(self, step: Step) -> Actual:
        points = step.values["points"]
        self._desk.adjust(self._card(step.values["card"]), points, step.values.get("reason", ""))
        return {"earned": max(points, 0), "cancelled": max(-points, 0), **self._account(step.values)}

    def _voucher(self, step: Step) -> Actual:
        points = step.values["points"]
        made = self._desk.make_code(self._card(step.values["card"]), points).body
        assert isinstance(made, CodeMade)
        self._codes[step.values["as"]] = made.code
        return {"spent": points, "code_value": made.amount_minor, **self._account(step.values)}

    def _request(self, step: Step) -> Actual:
        values = step.values
        order = self._sale_of(values["order"]) if "order" in values else None
        due = values.get("due")
        asked = self._desk.ask(
            self._card(values["card"]),
            values["benefit"],
            order=order,
            paid=order is not None and self._till.after.order(order).paid is not None,
            due=None if due is None else moments.from_local(due, self._programme.zone),
            plan=values.get("plan", ""),
        )
        self._requests[values["as"]] = asked
        return {**self._account(values), "state": self._desk.state(asked)}

    def _decide(self, step: Step) -> Actual:
        asked = self._request_of(step.values["request"])
        self._desk.decide(asked, step.values["outcome"], step.values.get("reason", ""))
        return {**self._account_behind(step), "state": self._desk.state(asked)}

    def _draw(self, step: Step) -> Actual:
        held = self._manage.hold_draw(
            self._draw_named(step.values["draw"]), step.values["seed"], step.values["winners"]
        )
        return {"entries": held.entries, "state": "drawn", "winners": list(held.winners)}

    # -- the checkout

    def _fill_basket(self, step: Step) -> None:
        till, values = self._till, step.values
        till.clear()
        dated = values.get("dated")
        till.set_order(
            channel=values.get("channel", "store"),
            means=values.get("paid_by", "cash"),
            fulfilled=values.get("fulfilled", True),
            delivery_minor=values.get("delivery"),
            free_delivery_method=values.get("free_delivery_method", False),
            dated=None if dated is None else moments.from_local(dated, self._programme.zone),
        )
        if "card" in values:
            till.set_customer(self._card(values["card"]))
        elif "email" in values:
            till.set_guest(values["email"])
        for line in step.lines or ():
            till.add(line.product, line.quantity_milli, line.price_minor, line.discount_minor)
        for item, quantity in step.swaps:
            till.swap(item, quantity)
        till.set_order(
            coupons=tuple(self._codes.get(label, label.upper()) for label in values.get("coupon", ())),
            use_points=values.get("use_points"),
        )

    def _sale(self, step: Step) -> Actual:
        self._fill_basket(step)
        cashier = step.values.get("cashier", "")
        self._till.sign_in.staff = Staff(cashier, cashier, "cashier", "") if cashier else None
        completed = self._till.complete()
        self._sales[step.values["sale"]] = completed.fact
        account = self._account_of_sale(step)
        account["notices"] = [*completed.quote.notices, *account.get("notices", ())]
        return {**_quoted(completed.quote), **account, "state": self._till.after.state(completed.fact)}

    def _quote(self, step: Step) -> Actual:
        self._fill_basket(step)
        quoted = self._till.quote()
        self._till.clear()
        account = self._account_of_sale(step)
        account["notices"] = [*quoted.notices, *account.get("notices", ())]
        return {**_quoted(quoted), **account}

    def _account_of_sale(self, step: Step) -> Actual:
        account = self._account(step.values)
        account.pop("state", None)
        return account

    def _with_sale(self, verb: Callable[[Fact], object], step: Step) -> Actual:
        sale = self._sale_of(step.values["sale"])
        verb(sale)
        return {**self._account_behind(step), "state": self._till.after.state(sale)}

    def _cancel(self, step: Step) -> Actual:
        return self._came_back(step, self._till.after.cancel(self._sale_of(step.values["sale"])))

    def _return(self, step: Step) -> Actual:
        sale = self._sale_of(step.values["sale"])
        body = sale.body
        assert isinstance(body, SaleCompleted)
        after = self._till.after
        if not step.lines:
            return self._came_back(step, after.return_goods(sale))
        return self._came_back(step, after.return_goods(sale, *_parts_back(after.returnable(sale), body, step.lines)))

    def _came_back(self, step: Step, returned: Returned) -> Actual:
        back = returned.fact.body
        assert isinstance(back, GoodsReturned)
        taken = sum(points.points for points in back.taken)
        return {
            "earned": -taken,
            "cancelled": taken,
            "spent": -sum(points.points for points in back.given),
            "to_pay": -back.refund_minor,
            **self._account_behind(step),
            "state": "cancelled" if back.cancelled else "returned",
        }

    def _look(self, step: Step) -> Actual:
        values = step.values
        if "sale" in values:
            return {**self._account_behind(step), "state": self._till.after.state(self._sale_of(values["sale"]))}
        if "request" in values:
            return {**self._account_behind(step), "state": self._desk.state(self._request_of(values["request"]))}
        if "draw" in values:
            draw = self._draw_named(values["draw"])
            held = self._manage.draws_held(draw)
            winners = held[-1].body.winners if held and isinstance(held[-1].body, DrawHeld) else ()
            state = "drawn" if held else "open"
            return {"entries": len(self._manage.entries(draw)), "state": state, "winners": list(winners)}
        return self._account(values)


def _quoted(quoted: Quote) -> Actual:
    return {
        "earned": quoted.earned,
        "spent": quoted.spent,
        "to_pay": quoted.to_pay_minor,
        "discount": quoted.discount_minor,
        "saved": quoted.saved_minor,
        "delivery": quoted.delivery_minor,
        "usable_points": quoted.usable.points if quoted.usable else 0,
        "entries": sum(entries.count for entries in quoted.entries),
    }


def _parts_back(
    left: Returnable, sale: SaleCompleted, wanted: Sequence[StepLine]
) -> tuple[list[LineBack], list[LineBack]]:
    """Which lines and swaps of the sale goods come from: a product may stand on several of them."""
    places = [("line", n, line.product.code, left.left_milli[n]) for n, line in enumerate(sale.lines)]
    places += [("swap", n, swap.offer.product, left.left_swaps[n] * ONE) for n, swap in enumerate(sale.swaps)]
    back: dict[str, list[LineBack]] = {"line": [], "swap": []}
    for item in wanted:
        rest = item.quantity_milli
        here = [place for place in places if place[2] == item.product.code]
        if not here:
            raise Refusal("not_bought")
        for kind, index, _, still_there in here:
            quantity = min(rest, still_there - sum(b.quantity_milli for b in back[kind] if b.index == index))
            if quantity > 0:
                back[kind].append(LineBack(index, quantity))
                rest -= quantity
        if rest:
            raise Refusal("already_returned")
    return back["line"], back["swap"]
