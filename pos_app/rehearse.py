"""Plays rehearsal files through the use cases of checkout and desk, on a fresh store and a clock that the file sets."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from db.store import Staff, Store
from pos_app import rehearsal_file, shipped, texts
from pos_app.desk import Desk
from pos_app.loyalty import cards, ledger
from pos_app.loyalty.basket import ONE
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact, GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.ledger import Totals
from pos_app.loyalty.money import amount_text
from pos_app.loyalty.quote import Quote
from pos_app.rehearsal_file import MONEY, Rehearsal, Step, StepLine
from pos_app.settings import Settings
from pos_app.till import Returnable, Till

Actual = dict[str, Any]

_NOTHING: Actual = {"earned": 0, "spent": 0, "cancelled": 0, "notices": []}
_STRANGERS = 9_000_000_000
"""Counters of card numbers for labels that no step has enrolled."""


class StepResult(Struct):
    """What a step came to, and where that differs from what it expects: key -> expected and actual."""

    n: int
    do: str
    ok: bool
    actual: Actual
    differs: dict[str, dict[str, Any]]


class Result(Struct):
    """One rehearsal file, played."""

    file: str
    title: str
    ok: bool
    steps: list[StepResult]


def load(paths: Sequence[Path]) -> list[Rehearsal]:
    """The rehearsals of all files, checked before any is played; raises FileFault."""
    return [rehearsal_file.load(path, shipped.programme) for path in paths]


def play(rehearsal: Rehearsal) -> Result:
    """Play a rehearsal in a fresh store in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        store = Store.open(Path(folder), rehearsal.programme.zone)
        try:
            store.put_offers(rehearsal.offers)
            stage = _Stage(store, rehearsal)
            steps = [stage.play(step) for step in rehearsal.steps]
        finally:
            store.close()
    return Result(rehearsal.file, rehearsal.title, all(step.ok for step in steps), steps)


class _Stage:
    """The application with a set clock, and the labels of the file."""

    def __init__(self, store: Store, rehearsal: Rehearsal) -> None:
        self._moment = 0
        self._store = store
        self._programme = rehearsal.programme
        words = texts.words("en", rehearsal.programme.zone)
        self._till = Till(store, rehearsal.programme, Settings(language="en"), words, lambda: self._moment)
        self._desk = Desk(store, rehearsal.programme, lambda: self._moment)
        self._cards: dict[str, int] = {}
        self._sales: dict[str, Fact] = {}
        self._expired: dict[int, int] = {}
        self._verbs: dict[str, Callable[[Step], Actual]] = {
            "enrol": self._enrol,
            "activate": lambda step: self._at_desk(self._desk.activate, step),
            "accept_cooperator": lambda step: self._at_desk(self._desk.accept_cooperator, step),
            "sale": self._sale,
            "quote": self._quote,
            "return": self._return,
            "merge": self._merge,
            "split": lambda step: self._at_desk(self._desk.split, step),
            "leave": lambda step: self._at_desk(self._desk.leave, step),
            "block": self._block,
            "replace": self._replace,
            "adjust": self._adjust,
            "look": self._look,
        }

    def play(self, step: Step) -> StepResult:
        self._moment = step.moment
        currency = self._programme.version_at(step.moment).currency
        try:
            actual = _NOTHING | self._verbs[step.do](step)
        except Refusal as refusal:
            self._till.clear()
            actual = {**_NOTHING, "refused": str(refusal.code), **self._account_behind(step)}
        differs = _differences(step.expect, actual, currency, self._look_at)
        shown = {key: _shown(key, value, currency) for key, value in actual.items()}
        return StepResult(step.n, step.do, not differs, shown, differs)

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

    # -- what an account looks like

    def _totals(self, card: int) -> Totals:
        state = self._store.ledger(card)
        if card not in state.cards:
            return Totals()
        ledger.advance(state, self._moment)
        return ledger.totals(state, state.cards[card].account)

    def _look_at(self, label: str) -> Actual:
        """Balance, pending, lapsed since the card's last step, and the state of a card."""
        card = self._card(label)
        customer = self._store.customer(card, self._moment)
        totals = self._totals(card)
        lapsed = totals.expired - self._expired.get(card, 0)
        self._expired[card] = totals.expired
        waiting = customer.status == "given" and self._moment < customer.active_from
        return {
            "balance": customer.balance,
            "pending": customer.pending,
            "expired": max(lapsed, 0),
            "state": "waiting" if waiting else {"given": "active"}.get(customer.status, customer.status),
            **({"tier": customer.tier} if customer.tier else {}),
        }

    def _account(self, values: dict[str, Any]) -> Actual:
        return self._look_at(values["card"]) if "card" in values else {}

    def _account_behind(self, step: Step) -> Actual:
        """The account of the step's card, or of the card of the sale that it is about."""
        for key in ("card", "holder"):
            if key in step.values:
                return self._look_at(step.values[key])
        sale = self._sales.get(step.values.get("sale", ""))
        body = sale.body if sale else None
        if not isinstance(body, SaleCompleted) or body.card is None:
            return {}
        return self._look_at(next(label for label, number in self._cards.items() if number == body.card))

    # -- the desk

    def _enrol(self, step: Step) -> Actual:
        keys = ("kind", "name", "phone", "email", "birthday", "terms")
        given = {key: step.values[key] for key in keys if key in step.values}
        customer = self._desk.enrol(card=step.values.get("number"), **given)
        self._cards[step.values["card"]] = customer.card
        return self._account(step.values)

    def _at_desk(self, verb: Callable[[int], object], step: Step) -> Actual:
        card = self._card(step.values["card"])
        before = self._totals(card)
        verb(card)
        after = self._totals(card)
        self._expired.pop(card, None)
        cancelled = max(after.cancelled - before.cancelled, 0)
        return {"cancelled": cancelled, **self._account(step.values)}

    def _merge(self, step: Step) -> Actual:
        family = [self._card(label) for label in step.values["cards"]]
        self._desk.merge(self._card(step.values["holder"]), family)
        return self._look_at(step.values["holder"])

    def _block(self, step: Step) -> Actual:
        self._desk.block(self._card(step.values["card"]), step.values.get("reason", ""))
        return self._account(step.values)

    def _replace(self, step: Step) -> Actual:
        self._cards[step.values["as"]] = self._desk.replace(self._card(step.values["card"]))
        return self._look_at(step.values["as"])

    def _adjust(self, step: Step) -> Actual:
        points = step.values["points"]
        self._desk.adjust(self._card(step.values["card"]), points, step.values.get("reason", ""))
        return {"earned": max(points, 0), "cancelled": max(-points, 0), **self._account(step.values)}

    # -- the checkout

    def _fill_basket(self, step: Step) -> None:
        self._till.clear()
        if "channel" in step.values:
            self._till.set_channel(step.values["channel"])
        if "card" in step.values:
            self._till.set_customer(self._card(step.values["card"]))
        for line in step.lines or ():
            self._till.add(line.product, line.quantity_milli, line.price_minor, line.discount_minor)
        for item, quantity in step.swaps:
            self._till.swap(item, quantity)

    def _sale(self, step: Step) -> Actual:
        self._fill_basket(step)
        cashier = step.values.get("cashier", "")
        self._till.sign_in.staff = Staff(cashier, cashier, "cashier", "") if cashier else None
        completed = self._till.complete(step.values.get("paid_by", "cash"))
        self._sales[step.values["sale"]] = completed.fact
        return {**_quoted(completed.quote), "state": "completed", **self._account_of_sale(step)}

    def _quote(self, step: Step) -> Actual:
        self._fill_basket(step)
        quoted = self._till.quote()
        self._till.clear()
        return {**_quoted(quoted), **self._account_of_sale(step)}

    def _account_of_sale(self, step: Step) -> Actual:
        account = self._account(step.values)
        account.pop("state", None)
        return account

    def _return(self, step: Step) -> Actual:
        sale = self._sale_of(step.values["sale"])
        body = sale.body
        assert isinstance(body, SaleCompleted)
        if step.lines is None:
            returned = self._till.return_goods(sale)
        else:
            returned = self._till.return_goods(sale, *_parts_back(self._till.returnable(sale), body, step.lines))
        back = returned.fact.body
        assert isinstance(back, GoodsReturned)
        taken = sum(points.points for points in back.taken)
        return {
            "earned": -taken,
            "cancelled": taken,
            "spent": -sum(points.points for points in back.given),
            "to_pay": -back.refund_minor,
            "notices": [],
            **self._account_behind(step),
            "state": "returned",
        }

    def _look(self, step: Step) -> Actual:
        if "sale" in step.values:
            sale = self._till.returnable(self._sale_of(step.values["sale"]))
            left = any(sale.left_milli) or any(sale.left_swaps)
            return {"state": "completed" if left else "returned"}
        return self._account(step.values)


def _quoted(quoted: Quote) -> Actual:
    return {
        "earned": quoted.earned,
        "spent": quoted.spent,
        "to_pay": quoted.to_pay_minor,
        "discount": 0,
        "notices": list(quoted.notices),
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


def _differences(
    expect: dict[str, Any], actual: Actual, currency: str, look_at: Callable[[str], Actual]
) -> dict[str, dict[str, Any]]:
    differs: dict[str, dict[str, Any]] = {}
    for key, expected in expect.items():
        if key == "also":
            for other in expected:
                found = look_at(other["card"])
                for name, value in other.items():
                    if name != "card" and found.get(name) != value:
                        differs[f"{other['card']}.{name}"] = {"expected": value, "actual": found.get(name)}
            continue
        found_value = actual.get(key)
        same = set(expected) <= set(found_value or ()) if key == "notices" else found_value == expected
        if not same:
            differs[key] = {
                "expected": _shown(key, expected, currency),
                "actual": _shown(key, found_value, currency),
            }
    if "refused" in actual and "refused" not in expect:
        differs["refused"] = {"expected": None, "actual": actual["refused"]}
    return differs


def _shown(key: str, value: Any, currency: str) -> Any:
    return amount_text(value, currency) if key in MONEY and isinstance(value, int) else value


def report(result: Result) -> list[str]:
    """A played file as lines for people: one a step, and what differs."""
    lines = [f"{result.file}: {result.title}"]
    for step in result.steps:
        shown = ", ".join(f"{key} {value}" for key, value in step.actual.items() if value or key == "balance")
        lines.append(f"  {'ok  ' if step.ok else 'FAIL'} {step.n} {step.do}: {shown}")
        lines += [
            f"       {key}: expected {difference['expected']}, got {difference['actual']}"
            for key, difference in step.differs.items()
        ]
    return lines
