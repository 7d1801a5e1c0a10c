"""Finding by a part: folding, numbers however they are written, short words, what must not break the query."""

import sqlite3
from collections.abc import Iterator

import pytest

from db import seek, steps

PEOPLE = {
    1: ("Мария Иванова", "0888 123 456", 2900000000018),
    2: ("Иван Петров", "+359 887 654 321", 2912345678904),
    3: ("ЩЕРЮ Юруков", "", 2955500001117),
    4: ('Ангел О\'Нийл "Гошо" 100%', "02/981-45-67", 2900999000003),
    5: ("Cafe\u0301 Ana", "", 2900000000322),
}


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    steps.apply(connection, "replica")
    connection.executemany(
        "INSERT INTO seek VALUES (?, ?, ?)",
        [(id_, card, seek.person_text(name, phone, card)) for id_, (name, phone, card) in PEOPLE.items()],
    )
    connection.execute("INSERT INTO seek_index (seek_index) VALUES ('rebuild')")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Мария", [1]),
        ("мАРИЯ", [1]),
        ("иван", [1, 2]),
        ("ванов", [1]),
        ("иванова мар", [1]),
        ("мария петров", []),
        ("ив пе", [2]),
        ("щ", [3]),
        ("ю", [3]),
        ("юр", [3]),
        ("ов", [1, 2, 3]),
        ("0888123456", [1]),
        ("+359888123456", [1]),
        ("00359 888 123 456", [1]),
        ("888 123", [1]),
        ("3456", [1, 2]),
        ("0887654321", [2]),
        ("+359 (887) 654-321", [2]),
        ("029814567", [4]),
        ("2912345678904", [2]),
        ("345678904", [2]),
        ("1117", [3]),
        ("17", [3]),
        ("7", [2, 3, 4]),
        ("иван 1234", [2, 1]),
        ("о'нийл", [4]),
        ('"гошо"', [4]),
        ("100%", [4]),
        ("café", [5]),
        ("Cafe\u0301", [5]),
    ],
)
def test_every_part_finds(connection: sqlite3.Connection, text: str, expected: list[int]) -> None:
    assert sorted(row[0] for row in seek.found(connection, "seek", "seek.id", text)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", "\n\t", "\x1b[", '"', '""', "'", "*", "(", ")", "-", "+", "+-()", "^", "NEAR(", "AND", "a OR", "ъь",
     "%", "_", ";", "\ud800", "х" * 5000, "text:иван", "{иван}", "\u200f", "👩‍👩‍👧"],
)  # fmt: skip
def test_nothing_that_is_typed_breaks_the_query(connection: sqlite3.Connection, text: str) -> None:
    """Signs that stand in a name find it; nothing else is found, and nothing is an error."""
    assert set(seek.found(connection, "seek", "seek.id", text)) <= {(4,)}


def test_a_word_of_one_letter_may_stand_for_hundreds_of_trigrams(connection: sqlite3.Connection) -> None:
    letters = [chr(0x0430 + n) for n in range(32)]
    texts = [f"я{one}{two}" for one in letters for two in letters]
    connection.executemany(
        "INSERT INTO seek VALUES (?, ?, ?)", [(100 + n, 100 + n, seek.folded(text)) for n, text in enumerate(texts)]
    )
    connection.execute("INSERT INTO seek_index (seek_index) VALUES ('rebuild')")

    assert len(list(seek.found(connection, "seek", "seek.id", "я"))) == len(texts) + 1


def test_folding_keeps_words_apart_and_drops_what_cannot_be_seen() -> None:
    assert seek.folded("A\u0000B", " C\tD\n") == "ab c d  "
    assert seek.person_text("Мария", "+359 88", 29) == "мария 35988 29  "
    assert seek.product_text("Кафе КООП", "КООП", "380") == "кафе кооп 380  "
    assert seek.product_text("Кафе", "КООП", "380") == "кафе кооп 380  "
