"""A centre for the benchmarks, accounts with a past, and what tills write down in a day.

It has a PostgreSQL of its own, or what `POS_TEST_DATABASE` names.
"""

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pos_app.clock import now_ms
from pos_app.demo import ZONE
from pos_app.loyalty import facts, stored
from pos_app.loyalty.accounts import CardState, Ledger, Lot, key
from pos_app.loyalty.basket import Line, Product
from pos_app.loyalty.facts import Body, CardsMerged, Earned, Fact, PointsAdjusted, SaleCompleted, Tender
from pos_app.loyalty.moments import HOUR, Duration
from sync import signatures
from sync.central import database, embedded, tills
from sync.central.database import Link
from sync.messages import FACTS_MOST, Receipt, Sent, Upload
from tests.helpers import postgres
from tests.helpers.postgres import GIVEN

MORNING = now_ms() - 24 * HOUR
FIRST_CARD = 2_900_000_000_000
LOTS = 20
"""How many lots an account has from before: twenty purchases of the last months."""
LINES = 6
WITH_CARD = 0.7
"""Which share of the sales are a member's."""
_YEAR = Duration(months=12)


@contextmanager
def centre() -> Iterator[str]:
    """The URL of a centre's database, founded and empty."""
    with ExitStack() as stack:
        if GIVEN in os.environ:
            url = stack.enter_context(postgres.running()).database()
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="centre"))
            url = stack.enter_context(embedded.running(Path(folder)))
        with database.connect(url) as link:
            database.bring_up_to_date(link)
            tills.found_centre(link, ZONE)
        yield url


def empty(link: Link) -> None:
    """Forget what tills have said, and the states of it."""
    link.execute("TRUNCATE fact, batch, fact_card, apart, fork, alarm, epoch, nonce, ledger, card, hold, till")
    link.execute("VACUUM")  # the next one begins with no work left over from the last one
    link.execute("CHECKPOINT")


def enrol(link: Link, count: int) -> dict[int, bytes]:
    """Tills with numbers from 1 on, and their keys, which are the same one: making them is not what is measured."""
    private = signatures.new_key()
    link.execute(
        "INSERT INTO till (till, name, shop, public_key, joined, epochs) "
        "SELECT till, 'till ' || till, 'shop ' || till / 3, %s, %s, 0 FROM generate_series(1, %s) AS one (till)",
        (signatures.public_key(private), MORNING, count),
    )
    return dict.fromkeys(range(1, count + 1), private)


def open_accounts(link: Link, count: int, lots: int = LOTS) -> None:
    """Accounts with one card and a past each, the cards numbered from FIRST_CARD on."""
    with link.transaction(), link.cursor() as cursor:
        with cursor.copy("COPY ledger (root, tick, next_change, state, tiers) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "int8", "int8", "bytea", "bytea"])
            for state in accounts(count, lots):
                copy.write_row((next(iter(state.cards)), 0, state.next_change, stored.encode(state), b"\x80"))
        link.execute(
            "INSERT INTO card SELECT %s + number, %s + number, %s + number FROM generate_series(0, %s) AS one (number)",
            (FIRST_CARD, FIRST_CARD, FIRST_CARD, count - 1),
        )
    link.execute("ANALYZE ledger, card")


def accounts(count: int, lots: int = LOTS) -> Iterator[Ledger]:
    """The states of such accounts."""
    for number in range(FIRST_CARD, FIRST_CARD + count):
        past = {
            key(number.to_bytes(8, "big") + place.to_bytes(8, "big"), 0): Lot(
                number,
                25,
                25,
                MORNING - (lots - place) * 72 * HOUR,
                None,
                MORNING + 8000 * HOUR,
                open=True,
                card=number,
            )
            for place in range(lots)
        }
        card = CardState(number, number, MORNING - 9000 * HOUR, "given")
        last = MORNING - 72 * HOUR, 1, 1, 1, number.to_bytes(16, "big")
        yield Ledger(ZONE, last, {number: card}, {number: "client"}, lots=past, next_change=MORNING + 8000 * HOUR)


class Till:
    """What a till has to send, upload for upload."""

    def __init__(self, number: int, sent: list[Sent], most: int = FACTS_MOST) -> None:
        self.number = number
        self._sent = sent
        self._most = most
        self._done = 0
        self._receipt: Receipt | None = None

    def upload(self) -> Upload | None:
        """The next upload; None when all was sent."""
        part = tuple(self._sent[self._done : self._done + self._most])
        if not part:
            return None
        before = self._sent[self._done - 1].hash if self._done else b""
        if self._receipt is None:
            return Upload(1, b"", "", 0, part, before)
        return Upload(1, self._receipt.token, self._receipt.timeline, self._receipt.seq, part, before)

    def heard(self, receipt: Receipt) -> None:
        assert receipt.new_epoch is None
        self._receipt, self._done = receipt, receipt.seq


def day(number: int, sales: int, cards: int, seed: int = 1) -> list[Sent]:
    """The facts of one till's day: sales, most of them a member's, and now and then a family or points from staff."""
    chance = random.Random(f"{seed} {number}")
    previous = b""
    sent: list[Sent] = []
    for seq in range(1, sales + 1):
        moment = MORNING + seq * 12 * HOUR // sales + chance.randrange(1000)
        body = _body(chance, seq, FIRST_CARD + chance.randrange(cards), FIRST_CARD + chance.randrange(cards))
        fact = Fact(os.urandom(16), number, 1, seq, moment, body, "violeta", "0123456789abcdef", "2026-euro")
        data = facts.encode(fact)
        previous = facts.chain(previous, data)
        sent.append(Sent(1, seq, fact.id, previous, data))
    return sent


def _body(chance: random.Random, slip: int, card: int, other: int) -> Body:
    kind = chance.random()
    if kind < 0.002 and card != other:
        return CardsMerged(card, (other,))
    if kind < 0.004:
        return PointsAdjusted(card, 5, "рекламация")
    goods = chance.sample(_GOODS, LINES)
    lines = tuple(Line(product, 1000, product.price_minor) for product in goods)
    to_pay = sum(line.amount_minor for line in lines)
    tenders = (Tender("cash", to_pay),)
    if chance.random() > WITH_CARD:
        return SaleCompleted(slip, "EUR", lines, to_pay, tenders=tenders)
    earned = (Earned(("all-goods",), to_pay // 100, to_pay, tuple(range(LINES)), credited=MORNING, life=_YEAR),)
    return SaleCompleted(slip, "EUR", lines, to_pay, card=card, kind="client", earned=earned, tenders=tenders)


_GOODS = [Product(f"380900000{n:04d}", f"Лютеница едро смляна {n}", 215 + n, "КООП", "Консерви") for n in range(500)]
