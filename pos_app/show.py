"""Answers to "where did my points go?": an account with every movement and its reason, and the facts themselves."""

from collections.abc import Iterator
from typing import Any

import msgspec

from pos_app import account as accounts
from pos_app.loyalty import facts, ledger, moments, slip
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.words import Words
from pos_app.shop import Shop


def account(shop: Shop, card: int, now: int, words: Words) -> dict[str, Any]:
    """The account of a card as of `now`: balance, totals, family, lots and movements. Raises Refusal card_unknown."""
    customer = shop.store.customer(card, now)
    if customer.status == "unknown":
        raise Refusal("card_unknown", card=card)
    state = shop.store.ledger(card)
    ledger.advance(state, now)
    members = ledger.family(state, customer.account)
    zone = shop.programme.zone
    lots = sorted(
        (lot for lot in state.lots.values() if lot.account in members and lot.left),
        key=lambda lot: lot.expires or moments.NEVER,
    )
    return {
        "card": str(card),
        "account": customer.account,
        "member": customer.member,
        "name": customer.name,
        "kind": customer.kind,
        "status": customer.status,
        "active_from": local_text(customer.active_from, zone) if customer.active_from else None,
        "balance": customer.balance,
        "pending": customer.pending,
        "totals": msgspec.to_builtins(ledger.totals(state, customer.account)),
        "family": [str(number) for number in ledger.cards_to(state, members)],
        "lots": [
            {
                "points": lot.points,
                "left": lot.left,
                "credited": None if lot.credited is None else local_text(lot.credited, zone),
                "expires": None if lot.expires is None else local_text(lot.expires, zone),
            }
            for lot in lots
        ],
        "movements": [movement(shop, fact, words) for fact in shop.store.facts_of(card)],
    }


def movement(shop: Shop, fact: Fact, words: Words) -> dict[str, Any]:
    """One fact as a person reads it: when, where, who, which slip, how many points and why."""
    row: dict[str, Any] = {
        "when": local_text(fact.moment, shop.programme.zone),
        "what": _tag(fact),
        "till": fact.till,
        "cashier": fact.cashier,
        "programme": f"{fact.programme}/{fact.version}",
    }
    if isinstance(fact.body, facts.SaleCompleted | facts.GoodsReturned):
        row["slip"] = slip.slip_text(fact.body.slip)
    told = accounts.movement(shop.store, shop.programme, fact, words)
    if told is not None:
        row |= {"points": told.points, "reasons": list(told.reasons)}
    return row


def fact_rows(shop: Shop) -> Iterator[dict[str, Any]]:
    """All facts of the journal in their order, as plain data; ids as hexadecimal text."""
    for fact in shop.store.facts():
        row = msgspec.to_builtins(fact, builtin_types=(bytes,))
        row["body"]["type"] = _tag(fact)
        row["when"] = local_text(fact.moment, shop.programme.zone)
        yield _readable(row)


def local_text(moment: int, zone: str) -> str:
    """A moment on the shop's clock, to the second."""
    return moments.to_local(moment, zone).isoformat(" ", "seconds")


def _tag(fact: Fact) -> str:
    return str(fact.body.__struct_config__.tag)


def _readable(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return value


def account_text(account: dict[str, Any]) -> str:
    """An account as lines for people."""
    sums = account["totals"]
    lines = [
        f"{account['card']}  {account['name']}  ({account['kind']}, {account['status']})",
        f"balance {account['balance']}, pending {account['pending']}",
        "  ".join(f"{name} {points}" for name, points in sums.items()),
    ]
    if len(account["family"]) > 1:
        lines.append(f"family: {', '.join(account['family'])}")
    for row in account["movements"]:
        points = f"{row['points']:+d}" if "points" in row else ""
        lines.append(f"{row['when']}  {row['what']:<16} {row.get('slip', ''):<13} {points:>6}  {row['cashier']}")
        lines += [f"    {reason}" for reason in row.get("reasons", ())]
    return "\n".join(lines)


def fact_text(row: dict[str, Any]) -> str:
    """A fact as one line for people."""
    body = {key: value for key, value in row["body"].items() if key != "type"}
    return f"{row['seq']:>6}  {row['when']}  {row['body']['type']:<16} {row.get('cashier', ''):<8} {body}"
