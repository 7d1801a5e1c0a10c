"""Finding people and goods by a part of what is known of them.

The text of each is folded (case, composed letters) and indexed by its trigrams; a word of one or two letters stands
for all trigrams that begin with it. So any part of a word is found at once among millions, in any script.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from typing import Any

_NUMBER = re.compile(r"[0-9+()/. -]+")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_GRAM = 3
_NATIONAL_DIGITS = 9
"""So many last digits of an international phone number are compared with numbers kept without their country."""
_LETTERS_MAX = 100


def folded(*parts: str) -> str:
    """The text by which something is found; spaces at its end let its last letters begin a trigram, too."""
    words = unicodedata.normalize("NFC", " ".join(parts)).casefold().split()
    return "".join(letter for letter in " ".join(words) if letter.isprintable()) + "  "


def person_text(name: str, phone: str, card: int) -> str:
    """What a member's card is found by: name, digits of the phone, number of the card."""
    return folded(name, _NOT_DIGIT.sub("", phone), str(card))


def product_text(name: str, brand: str, code: str) -> str:
    """What goods are found by."""
    return folded(name, "" if brand in name else brand, code)


def found(connection: sqlite3.Connection, table: str, columns: str, text: str) -> Iterator[tuple[Any, ...]]:
    """Rows of `table` (its `columns`) that hold every word of `text`, one by one, in the table's order."""
    words = _words(text[:_LETTERS_MAX])
    match = " AND ".join(_grams(connection, table, word) for word in words)
    if not match:
        return
    holds = " AND ".join(f"instr({table}.text, ?)" for _ in words)
    yield from connection.execute(
        f"SELECT {columns} FROM {table}_index JOIN {table} ON {table}.id = {table}_index.rowid"
        f" WHERE {table}_index MATCH ? AND {holds}",
        (match, *words),
    )


def put(connection: sqlite3.Connection, table: str, card: int, text: str) -> None:
    """Let a card be found by `text` from now on, and by nothing else."""
    drop(connection, table, card)
    row = connection.execute(f"INSERT INTO {table} (card, text) VALUES (?, ?)", (card, text)).lastrowid
    connection.execute(f"INSERT INTO {table}_index (rowid, text) VALUES (?, ?)", (row, text))


def drop(connection: sqlite3.Connection, table: str, card: int) -> None:
    """Let a card be found no more."""
    old = connection.execute(f"SELECT id, text FROM {table} WHERE card = ?", (card,)).fetchone()
    if old is not None:
        connection.execute(f"INSERT INTO {table}_index ({table}_index, rowid, text) VALUES ('delete', ?, ?)", old)
        connection.execute(f"DELETE FROM {table} WHERE id = ?", old[:1])


def _words(text: str) -> list[str]:
    """The words to find; a phone number is one word, however it is written and with or without its country."""
    digits = _NOT_DIGIT.sub("", text)
    if not (digits and _NUMBER.fullmatch(text)):
        return folded(text).split()
    number = text.strip()
    if number.startswith(("+", "00")):
        digits = digits.lstrip("0")[-_NATIONAL_DIGITS:]
    return [digits.lstrip("0") or digits]


def _grams(connection: sqlite3.Connection, table: str, word: str) -> str:
    """The word as a query of the index: all of its trigrams, or any that a short word begins."""
    if len(word) >= _GRAM:
        grams = {word[start : start + _GRAM] for start in range(len(word) - _GRAM + 1)}
        return " AND ".join(_quoted(gram) for gram in sorted(grams))
    terms = connection.execute(
        f"SELECT term FROM {table}_term WHERE term >= ? AND term < ?", (word, word + chr(0x10FFFF))
    )
    return "(" + " OR ".join([_quoted(row[0]) for row in terms] or [_quoted(word)]) + ")"


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
