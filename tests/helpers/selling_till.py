"""`python -m tests.helpers.selling_till FOLDER SEED CARD...`: a till that sells until it is told to end, or is killed.

It says the id of every fact that it has written down, and ends with its standard input.
"""

import random
import select
import sys
from pathlib import Path

from db.store import NewFact, Store
from pos_app.clock import now_ms
from pos_app.loyalty.facts import Body, CardsMerged, Earned, SaleCompleted
from tests.helpers.linked import opened

_REST_S = 0.05


def main(folder: Path, seed: str, cards: list[int]) -> None:
    chance = random.Random(seed)
    with opened(folder) as store:
        while not select.select([sys.stdin], [], [], chance.random() * _REST_S * 2)[0]:
            store.begin_epoch_if_asked()
            store.refresh()
            now = max(now_ms(), store.last_moment)
            (fact,) = store.record([NewFact(_body(store, chance, cards, now), now)])
            print(fact.id.hex(), flush=True)


def _body(store: Store, chance: random.Random, cards: list[int], now: int) -> Body:
    card = chance.choice(cards)
    kind = chance.random()
    if kind < 0.02:
        return CardsMerged(card, (chance.choice([other for other in cards if other != card]),))
    used = chance.randint(1, 40)
    if kind > 0.3 or store.customer(card, now).balance < used:
        used = 0
    earned = (Earned(("all-goods",), chance.randint(1, 30), credited=now),)
    return SaleCompleted(store.next_slip(), "EUR", (), 1000, card=card, earned=earned, used_points=used)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [int(card) for card in sys.argv[3:]])
