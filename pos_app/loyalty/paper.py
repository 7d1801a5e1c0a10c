"""What can stand on a receipt: a short document of parts that any printer profile can set.

A document is a plain tuple of parts. It knows nothing of widths, code pages or control bytes.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Align = Literal["left", "centre", "right"]


class Text(Struct, frozen=True, tag="text"):
    """A paragraph, wrapped at the paper's width."""

    text: str
    align: Align = "left"
    bold: bool = False
    big: bool = False


class Pair(Struct, frozen=True, tag="pair"):
    """A label at the left and an amount at the right; the label wraps, the amount never does."""

    left: str
    right: str
    bold: bool = False


class Divider(Struct, frozen=True, tag="divider"):
    """A line across the paper."""


class Feed(Struct, frozen=True, tag="feed"):
    """Empty lines."""

    lines: int = 1


class Barcode(Struct, frozen=True, tag="barcode"):
    """A barcode drawn by the printer itself, its text below; EAN13 takes 13 digits, CODE128 printable ASCII."""

    symbology: Literal["EAN13", "CODE128"]
    data: str


class Qr(Struct, frozen=True, tag="qr"):
    """A QR code drawn by the printer itself."""

    data: str


class Cut(Struct, frozen=True, tag="cut"):
    """Feed to the knife and cut."""


class OpenDrawer(Struct, frozen=True, tag="drawer"):
    """The pulse that opens the cash drawer behind the printer."""


class Language(Struct, frozen=True, tag="language"):
    """From here on the text is of another language, for which a printer may need another code page."""

    code: str


Part = Language | Text | Pair | Divider | Feed | Barcode | Qr | Cut | OpenDrawer
Document = tuple[Part, ...]


def by_language(document: Document, language: str) -> Iterator[tuple[str, Document]]:
    """The stretches of a document that are of one language each; it begins in `language`."""
    stretch: list[Part] = []
    for part in document:
        if isinstance(part, Language):
            if stretch:
                yield language, tuple(stretch)
            language, stretch = part.code, []
        else:
            stretch.append(part)
    if stretch:
        yield language, tuple(stretch)
