"""Points that were spent and were not there: what a manager sees of it at a till."""

from typing import NamedTuple

from db.store import Store
from pos_app.loyalty.facts import SaleCompleted


class Debt(NamedTuple):
    """So many points of a spending are owed. Of one at this till the slip and the till are known, otherwise 0."""

    card: int
    name: str
    moment: int
    points: int
    owed: int
    item: str
    slip: int = 0
    till: int = 0


def owed(store: Store) -> list[Debt]:
    """What is owed of spendings now, the latest first."""
    found: dict[bytes, Debt] = {}
    for card in store.cards_in_debt():
        for key, taking in store.ledger(card).takings.items():
            if taking.kind == "spent" and taking.owed:
                fact = store.fact(key[:-2])
                slip = fact.body.slip if fact is not None and isinstance(fact.body, SaleCompleted) else 0
                name = store.customer(taking.card, taking.moment).name
                found[key] = Debt(
                    taking.card, name, taking.moment, taking.points, taking.owed, taking.item, slip,
                    0 if fact is None else fact.till,
                )  # fmt: skip
    return sorted(found.values(), key=lambda debt: debt.moment, reverse=True)
