"""A slip in text mode against the bytes of the text itself; barcode and cut are counted in a row of their own."""

from collections.abc import Iterable

from hardware.codepages import to_bytes
from hardware.escpos import PROFILES, encode
from pos_app.loyalty.paper import Barcode, Cut, Document, Pair, Text
from tests.bench.table import Row

_GOODS = 14


def rows() -> Iterable[Row]:
    """Bytes in the place of microseconds."""
    profile = PROFILES["generic-80"]
    said = text_slip()
    printed = len(encode(said, profile))
    bare = sum(len(to_bytes(line, "cp1251")) + 1 for line in _lines(said))
    yield Row("bytes of a slip of 20 lines, against its text", printed, bare, 1.3)
    whole = len(encode((*said, Barcode("CODE128", "S00010000412"), Cut()), profile))
    yield Row("bytes of the same with barcode and cut", whole, bare, 2)


def text_slip() -> Document:
    """A slip of 20 lines."""
    goods = [Pair(f"Прясно мляко КООП {number} л", f"{number},30 €") for number in range(1, _GOODS + 1)]
    return (
        Text("БЕЛЕЖКА ЗА ТОЧКИ", "centre", bold=True, big=True),
        Text("Клиентска карта КООП", "centre"),
        *goods,
        Pair("Стойност на стоките", "105,00 €", bold=True),
        Text("2 точки на 0,50 лв. за стоки с марка КООП: 105,00 € -> 820"),
        Pair("Вашите точки сега", "1 020", bold=True),
    )


def _lines(document: Document) -> Iterable[str]:
    """The text as it stands on the paper: a label and its amount fill a line."""
    columns = PROFILES["generic-80"].columns
    for part in document:
        if isinstance(part, Pair):
            yield part.left.ljust(columns - len(part.right)) + part.right
        elif isinstance(part, Text):
            yield part.text
