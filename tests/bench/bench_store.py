"""The till's store against bare sqlite3: completing a sale, and looking up a card among a million.

`python -m tests.bench.bench_store --cards N --ten-million` measures other sizes. Stores once made are kept in `build/`.
"""

import argparse
import random
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from db import states
from db.journal import Journal
from db.store import NewFact, Store
from pos_app import demo
from pos_app.loyalty.basket import Basket, Line, Product
from pos_app.loyalty.facts import Earned, SaleCompleted, Tender
from pos_app.loyalty.paper import Cut, Divider, Document, Pair, Text
from tests.bench.table import Row, percentile, shown, timed

ZONE = demo.ZONE
KEPT = Path(__file__).parents[2] / "build" / "bench"
GOODS = 20_000
CARDS, FEW_CARDS, MANY_CARDS = 1_000_000, 80_000, 10_000_000
SALES, LOOK_UPS, WARM_UP = 1500, 20_000, 5
FRAME_US = 1_000_000 / 60
NOW = 1_900_000_000_000


def rows(cards: int = CARDS, *, ten_million: bool = False) -> Iterable[Row]:
    """The store's rows of the table of budgets."""
    with ExitStack() as stack:
        few = stack.enter_context(_opened(_made(FEW_CARDS)))
        yield from _sales(_numbers(few, 500))
        large = stack.enter_context(_opened(_made(cards)))
        numbers = _numbers(large, LOOK_UPS)
        yield _look_up(large, numbers, cards)
        yield from _finding(large, cards)
        yield _growth(large, numbers, cards, few)
        if ten_million:
            huge = stack.enter_context(_opened(_made(MANY_CARDS)))
            yield _growth(huge, _numbers(huge, LOOK_UPS), MANY_CARDS, few)


# -- stores


class _opened:
    """A store to read, and to write a little."""

    def __init__(self, folder: Path) -> None:
        self._store = Store.open(folder, ZONE)

    def __enter__(self) -> Store:
        return self._store

    def __exit__(self, *error: object) -> None:
        self._store.close()


def _made(cards: int) -> Path:
    folder = KEPT / f"cards-{cards}"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        demo.make_demo(unfinished, cards=cards, goods=GOODS, now=NOW)
        unfinished.rename(folder)
    return folder


def _numbers(store: Store, count: int) -> list[int]:
    """Cards from all over the store, in a random order."""
    connection = store.replica.connection
    every = connection.execute("SELECT count(*) FROM card").fetchone()[0] // count or 1
    query = "SELECT number FROM (SELECT number, row_number() OVER () AS place FROM card) WHERE place % ? = 0"
    numbers = [row[0] for row in connection.execute(query, (every,))]
    random.Random(1).shuffle(numbers)
    return numbers


# -- a sale


def _sales(numbers: list[int]) -> Iterator[Row]:
    """A durable sale against the rows that it wrote, written by bare sqlite3 in one transaction."""
    chance = random.Random(1)
    customers = [chance.choice(numbers) for _ in range(SALES + WARM_UP)]
    with tempfile.TemporaryDirectory(dir=KEPT) as folder, ExitStack() as stack:
        for name in ("model", "ours"):
            shutil.copytree(_made(FEW_CARDS), Path(folder) / name)
        model = stack.enter_context(_opened(Path(folder) / "model"))
        written = iter([_rows_of(model, body) for body in _bodies(model, customers)])
        store = stack.enter_context(_opened(Path(folder) / "ours"))
        bare = Journal(Path(folder))
        stack.callback(bare.close)
        sales = iter(_bodies(store, customers))

        def between() -> None:
            store.checkpoint()
            bare.checkpoint()

        samples = timed(
            [lambda: _sell(store, next(sales)), lambda: _write(bare.connection, next(written))],
            rounds=SALES,
            warm_up=WARM_UP,
            between=between,
        )
        median, bare_median = (statistics.median(one) for one in samples)
        slow, bare_slow = (percentile(one, 0.99) for one in samples)
        yield Row("a sale, durable", median, bare_median, 1.3)
        yield Row(f"its 99th percentile against its median (bare: {bare_slow / bare_median:.1f})", slow, median, 4)


def _sale() -> tuple[SaleCompleted, Document]:
    """A sale of twelve lines, and its slip."""
    lines = tuple(
        Line(Product(f"380900000{n:04d}", f"Лютеница едро смляна {n}", 215 + n, "КООП", "Консерви"), 1000, 215 + n)
        for n in range(12)
    )
    to_pay = sum(line.amount_minor for line in lines)
    earned = tuple(Earned((rule,), 17, to_pay // 2, (0, 1, 2, 3), credited=NOW) for rule in ("own-brand", "all-goods"))
    tenders = (Tender("cash", to_pay),)
    body = SaleCompleted(0, "EUR", lines, to_pay, kind="client", earned=earned, tenders=tenders)
    document: Document = (
        Text("БЕЛЕЖКА ЗА ТОЧКИ", "centre", bold=True),
        Divider(),
        *(Pair(line.product.name, str(line.amount_minor)) for line in lines),
        Divider(),
        Pair("Общо", f"{to_pay} EUR", bold=True),
        *(Text(f"{n} точки за стоки от други марки") for n in range(3)),
        Cut(),
    )
    return body, document


_BODY, _DOCUMENT = _sale()


def _bodies(store: Store, cards: list[int]) -> list[SaleCompleted]:
    first = store.next_slip()
    return [msgspec.structs.replace(_BODY, slip=first + n, card=card) for n, card in enumerate(cards)]


def _sell(store: Store, body: SaleCompleted) -> int:
    """Complete a sale; tells the fact's number."""
    facts = store.record(
        [NewFact(body, NOW)],
        cashier="violeta",
        programme="0123456789abcdef",
        version="2026-euro",
        jobs=[(body.slip, _DOCUMENT, False)],
        basket=Basket(),
    )
    return facts[0].seq


def _rows_of(store: Store, body: SaleCompleted) -> list[tuple[str, tuple[Any, ...]]]:
    """Let a sale be made; the statements that write every row that it wrote."""
    connection, card = store._journal.connection, body.card or 0
    known = states.card_row(connection, card) is not None
    seq = _sell(store, body)
    ((root,),) = connection.execute("SELECT root FROM account JOIN card ON account = id WHERE number = ?", (card,))
    wanted = [("fact", "seq", seq), ("fact_card", "seq", seq), ("slip", "seq", seq), ("print_job", "id", seq)]
    wanted += [("basket", "id", 1), ("ledger", "root", root), ("account", "root", root)]
    if not known:
        others = connection.execute("SELECT id FROM account WHERE root = ?", (root,)).fetchall()
        wanted += [(table, key, id_) for (id_,) in others for table, key in (("card", "number"), ("member", "id"))]
    return [
        (f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        for table, key, value in wanted
        for row in connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,)).fetchall()
    ]


def _write(connection: sqlite3.Connection, statements: list[tuple[str, tuple[Any, ...]]]) -> None:
    """The same rows by bare sqlite3."""
    connection.execute("BEGIN IMMEDIATE")
    for statement, row in statements:
        connection.execute(statement, row)
    connection.execute("COMMIT")


# -- looking up and finding


def _look_up(store: Store, numbers: list[int], cards: int) -> Row:
    """Card, account, balance and name against a prepared join of the same rows on the same connection."""
    connection = store.replica.connection
    ours, theirs = iter(numbers * 2), iter(reversed(numbers * 2))
    samples = timed(
        [
            lambda: store.customer(next(ours), NOW),
            lambda: connection.execute(states._CARD, (next(theirs),)).fetchone(),
        ],
        rounds=len(numbers),
    )
    medians = [statistics.median(one) for one in samples]
    return Row(f"a card with account and balance, of {cards:,}", medians[0], medians[1], 1.3)


def _growth(store: Store, numbers: list[int], cards: int, few: Store) -> Row:
    """The same look-up among many cards against among few, of cards whose pages are in memory."""
    few_numbers = _numbers(few, len(numbers))
    for number, few_number in zip(numbers, few_numbers, strict=False):  # the disk's own speed is not asked for
        store.customer(number, NOW)
        few.customer(few_number, NOW)
    many_, few_ = iter(numbers * 2), iter(few_numbers * 2)
    samples = timed(
        [lambda: store.customer(next(many_), NOW), lambda: few.customer(next(few_), NOW)],
        rounds=min(len(numbers), len(few_numbers)),
    )
    medians = [statistics.median(one) for one in samples]
    return Row(f"a card of {cards:,} against one of {FEW_CARDS:,}", medians[0], medians[1], 2)


def _finding(store: Store, cards: int) -> Iterator[Row]:
    """Finding people and goods against one frame of the screen."""
    finds: tuple[tuple[str, Callable[[str], object], str], ...] = (
        ("people by name", store.find_people, "мария"),
        ("people by two names", store.find_people, "ова мария"),
        ("people by the end of a phone", store.find_people, "34567"),
        ("people by two letters", store.find_people, "що"),
        ("goods by name", store.find_products, "лютеница"),
    )
    for what, find, text in finds:
        (samples,) = timed([partial(find, text)], rounds=50)
        yield Row(f"{what}, of {cards:,}, against a frame", statistics.median(samples), FRAME_US, 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=CARDS)
    parser.add_argument("--ten-million", action="store_true")
    options = parser.parse_args()
    print("\n".join(shown(rows(options.cards, ten_million=options.ten_million))))


if __name__ == "__main__":
    main()
