"""Reckoning a 30-line basket under 50 rules, with its reasons, against zen-engine on the same decision.

And a thousand lines against a hundred: ten times the goods take ten times as long, and no more.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import zen

from pos_app import texts
from pos_app.loyalty.basket import Line, Product
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Step, Who, reason_words
from pos_app.loyalty.money import Amount
from tests.bench.table import Row, interleaved

LINES, RULES, STEP_MINOR = 30, 50, 50
MANY_LINES, FEWER_LINES = 1000, 100
_WHO = Who("client", "gold", "store")
_ASKS = {"brands": "brand", "categories": "category", "kinds": "kind", "tiers": "tier", "channels": "channel"}


def rows() -> Iterable[Row]:
    """Our reckoning as a share of zen-engine's time, and of ten times its own for a tenth of the lines."""
    ours, theirs = _ours(_basket(LINES)), _theirs(_basket(LINES))
    assert ours() == theirs(), "both must come to the same points"
    yield interleaved("reckon 30 lines under 50 rules, with reasons", ours, theirs, budget=0.1, rounds=300)
    many, fewer = _ours(_basket(MANY_LINES)), _ours(_basket(FEWER_LINES))
    budget = 1.2 * MANY_LINES / FEWER_LINES
    yield interleaved("reckon 1,000 lines, against 100", many, fewer, budget=budget, rounds=100)


def _basket(lines: int) -> list[Line]:
    return [Line(product, 1000, product.price_minor) for product in map(_product, range(lines))]


def _product(number: int) -> Product:
    return Product(str(number), f"goods {number}", 100 + 37 * number, f"brand {number % 25}", f"category {number % 10}")


def _ours(basket: list[Line]) -> Callable[[], int]:
    step = Step(Amount(STEP_MINOR, "EUR"), 1, STEP_MINOR)
    rules = EarnRules(
        [
            EarnRule(
                f"r{n}",
                {"en": f"on goods of brand {n}"},
                _points(n),
                step,
                Condition(**{key: frozenset({value}) for key, value in _condition(n).items()}),  # type: ignore[arg-type]
            )
            for n in range(RULES)
        ]
    )
    words = texts.words("en")

    def reckon() -> int:
        reckoning = rules.reckon(basket, _WHO, 0)
        for earned in reckoning.earned:
            reason_words(earned, rules, "EUR", words)
        return reckoning.points

    return reckon


def _theirs(basket: list[Line]) -> Callable[[], int]:
    table = {
        "hitPolicy": "collect",  # the best of all rules that apply, whatever their order in the file
        "inputs": [{"id": key, "name": field, "field": field} for key, field in _ASKS.items()],
        "outputs": [
            {"id": "rate", "name": "rate", "field": "rate"},
            {"id": "reason", "name": "reason", "field": "reason"},
        ],
        "rules": [
            {
                "_id": f"r{n}",
                **{key: f'"{value}"' for key, value in _condition(n).items()},
                "rate": str(_points(n)),
                "reason": f'"{_points(n)} points per 0.50 on goods of brand {n}: " + string(amount)',
            }
            for n in range(RULES)
        ],
        "executionMode": "loop",
        "inputField": "lines",
        "outputPath": "lines",
    }
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {"id": "t", "type": "decisionTableNode", "name": "t", "content": table, "position": {"x": 1, "y": 0}},
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "t", "type": "edge"},
            {"id": "2", "sourceId": "t", "targetId": "out", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    question: dict[str, Any] = {
        "lines": [
            {
                "brand": line.product.brand,
                "category": line.product.category,
                "amount": line.amount_minor,
                **_WHO._asdict(),
            }
            for line in basket
        ]
    }

    def reckon() -> int:
        sums: dict[int, int] = {}
        for line, answer in zip(basket, decision.evaluate(question)["result"]["lines"], strict=True):
            rate = max((hit["rate"] for hit in answer), default=0)
            sums[rate] = sums.get(rate, 0) + line.amount_minor
        return sum(rate * (amount // STEP_MINOR) for rate, amount in sums.items())

    return reckon


def _points(n: int) -> int:
    return 1 + n % 7


def _condition(n: int) -> dict[str, str]:
    """What rule `n` asks: goods of a brand or category; of a kind, tier or channel too, half of them not ours."""
    condition = {"brands": f"brand {n % 25}"} if n % 3 else {"categories": f"category {n % 10}"}
    mine = n < RULES // 2
    condition |= {"kinds": "client" if mine else "cooperator"}
    if n % 4 == 0:
        condition |= {"tiers": "gold"}
    if n % 5 == 0:
        condition |= {"channels": "store" if mine else "online"}
    return condition
