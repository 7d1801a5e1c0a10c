"""A receipt as bytes for a printer that speaks ESC/POS.

The encoder is strict: it resets the printer once, stays in one code page, and is the only author of control
bytes. Nothing that stands in a product's name can cut paper or open the drawer. Commands are sent only where
they change something, since at 9 600 baud each hundred bytes last a tenth of a second.
"""

import logging
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from hardware import lines, symbols
from hardware.codepages import UNPRINTABLE, printable, to_bytes
from pos_app.loyalty.paper import (
    Align,
    Barcode,
    Cut,
    Divider,
    Document,
    Feed,
    Language,
    OpenDrawer,
    Pair,
    Part,
    Qr,
    Text,
    by_language,
)

log = logging.getLogger(__name__)

Acknowledges = Literal["process_id", "status"]
"""How a printer says that it has printed a job: GS ( H echoes an id after the last line; the weaker GS r 1
answers when the printer comes to it in its buffer, which on some printers is before the paper has moved.
"""


class PrinterProfile(Struct, frozen=True, kw_only=True):
    """What one kind of printer can do.

    Widths are columns of font A and dots of the print head (8 a millimetre). `code_pages` gives the number of
    ESC t for each Python codec that may be chosen, `languages` the codec by language; a language that is not
    named takes the first page. `cancels_kanji` is for printers sold for Chinese first, which otherwise read
    two Cyrillic letters as one ideogram.
    """

    id: str
    name: str
    columns: int
    dots: int
    code_pages: Mapping[str, int]
    languages: Mapping[str, str]
    cancels_kanji: bool
    acknowledges: Acknowledges

    def sets(self, language: str) -> bool:
        """Whether this printer has the letters of a language, and can set them as it is written."""
        return language in self.languages

    def code_page(self, language: str) -> str:
        """The codec in which this printer sets a language, such as "cp1251" for "bg"."""
        return self.languages.get(language) or next(iter(self.code_pages))


_CODE_PAGES = {"cp1251": 46, "cp866": 17, "cp1250": 45, "cp852": 18}
_LANGUAGES = {"bg": "cp1251", "en": "cp1251", "sl": "cp1250"}
"""Persian is not among them: no page has its letters joined, and a printer sets none from right to left."""

PROFILES: Mapping[str, PrinterProfile] = {
    profile.id: profile
    for profile in (
        PrinterProfile(
            id="generic-80",
            name="Generic, 80 mm",
            columns=42,  # the fewest that printers of this width have: right on all, at worst with a margin
            dots=504,
            code_pages=_CODE_PAGES,
            languages=_LANGUAGES,
            cancels_kanji=True,
            acknowledges="status",
        ),
        PrinterProfile(
            id="generic-58",
            name="Generic, 58 mm",
            columns=32,
            dots=384,
            code_pages=_CODE_PAGES,
            languages=_LANGUAGES,
            cancels_kanji=True,
            acknowledges="status",
        ),
        PrinterProfile(
            id="epson-tm-t20",
            name="Epson TM-T20",
            columns=48,
            dots=576,
            code_pages=_CODE_PAGES,
            languages=_LANGUAGES,
            cancels_kanji=False,
            acknowledges="process_id",
        ),
    )
}

_ALIGNMENTS: Mapping[Align, bytes] = {"left": b"\x1ba\x00", "centre": b"\x1ba\x01", "right": b"\x1ba\x02"}
_PLAIN, _BOLD, _BIG = 0x00, 0x08, 0x30  # of ESC !
_FEED_MOST = 255


def encode(document: Document, profile: PrinterProfile, *, language: str = "bg", code_page: str | None = None) -> bytes:
    """The whole job for a document, from the reset to the last part; no text can make it fail.

    `code_page` (a key of the profile's `code_pages`) overrides the language's own. Characters without a place
    in it are printed as "?" or without their accent and named in the log at INFO, once for the document. A
    barcode or QR code that cannot be drawn (wrong check digit, too wide) is printed as its text, centred.

    Raises ValueError for a code page that the profile does not know: that is a mistake in the settings.
    """
    return b"".join(pieces(document, profile, language=language, code_page=code_page))


def pieces(
    document: Document, profile: PrinterProfile, *, language: str = "bg", code_page: str | None = None
) -> tuple[bytes, ...]:
    """The same job in pieces, each of which puts one line, symbol or cut on the paper, in their order.

    Behind each of them the printer can be asked whether it has come so far. Where a document turns to another language
    the printer begins anew in that language's own page.
    """
    if any(isinstance(part, Language) for part in document):
        return tuple(
            piece
            for spoken, stretch in by_language(document, language)
            for piece in pieces(stretch, profile, language=spoken, code_page=code_page if spoken == language else None)
        )
    chosen = code_page or profile.code_page(language)
    if chosen not in profile.code_pages:
        known = ", ".join(profile.code_pages)
        raise ValueError(f"printer {profile.id!r} has no code page {chosen!r}; it has {known}")
    writer = _Writer(profile, chosen)
    for part in document:
        writer.part(part)
    if writer.lost:
        log.info("not in code page %s, printed otherwise: %s", chosen, ascii(" ".join(writer.lost)))
    return writer.pieces()


class _Writer:
    """Sets part after part and remembers which style and alignment the printer is in."""

    def __init__(self, profile: PrinterProfile, code_page: str) -> None:
        self.lost: dict[str, None] = {}
        self._ends: list[int] = []
        self.out = bytearray(b"\x1b@")
        if profile.cancels_kanji:
            self.out += b"\x1c."
        self.out += b"\x1bt" + bytes([profile.code_pages[code_page]])
        self._profile = profile
        self._code_page = code_page
        self._style = _PLAIN
        self._align: Align = "left"

    def pieces(self) -> tuple[bytes, ...]:
        """All that was set so far; what puts nothing on paper goes with what comes after it."""
        ends = [*self._ends[:-1], len(self.out)] if self._ends else [len(self.out)]
        return tuple(bytes(self.out[start:end]) for start, end in pairwise((0, *ends)))

    def part(self, part: Part) -> None:
        columns = self._profile.columns
        match part:
            case Text(text, align, bold, big):
                room = columns // 2 if big else columns
                style = (_BOLD if bold else _PLAIN) | (_BIG if big else _PLAIN)
                self._lines(lines.paragraph(self._printable(text), room), style, align)
            case Pair(left, right, bold):
                pair = lines.pair(self._printable(left), self._printable(right), columns)
                self._lines(pair, _BOLD if bold else _PLAIN)
            case Divider():
                self._lines(["-" * columns], align=self._align)  # as wide as the paper: any alignment will do
            case Feed(count):
                self._feed(min(count, _FEED_MOST))
            case Barcode("EAN13", data):
                self._symbol(symbols.ean13(data), data)
            case Barcode(_, data):
                self._symbol(symbols.code128(data, self._profile.dots), data)
            case Qr(data):
                self._symbol(symbols.qr(_without_controls(data), self._profile.dots), data)
            case Cut():
                self.out += b"\x1dVB\x00"  # feeds to the knife first, leaves a point uncut
                self._end_piece()
            case OpenDrawer():
                self.out += b"\x1bp\x00\x19\xfa"  # 50 ms on, 500 ms off, on pin 2

    def _printable(self, text: str) -> str:
        fit, lost = printable(text, self._code_page)
        self.lost.update(dict.fromkeys(lost))
        return fit

    def _lines(self, texts: list[str], style: int = _PLAIN, align: Align = "left") -> None:
        self._turn_to(style, align)
        for text in texts:
            self.out += to_bytes(text, self._code_page) + b"\n"
            self._end_piece()

    def _feed(self, count: int) -> None:
        if count > 0:
            self.out += b"\n" * count if count <= 3 else b"\x1bd" + bytes([count])
            self._end_piece()

    def _symbol(self, drawn: bytes | None, data: str) -> None:
        if drawn is None:
            log.info("a barcode of %d characters cannot be drawn; its text is printed instead", len(data))
            self._lines(lines.paragraph(self._printable(data), self._profile.columns), align="centre")
            return
        self._turn_to(_PLAIN, "centre")
        self.out += drawn
        self._end_piece()

    def _end_piece(self) -> None:
        self._ends.append(len(self.out))

    def _turn_to(self, style: int, align: Align) -> None:
        if align != self._align:
            self.out += _ALIGNMENTS[align]
            self._align = align
        if style != self._style:
            self.out += b"\x1b!" + bytes([style])
            self._style = style


def _without_controls(text: str) -> bytes:
    """UTF-8 of a text whose control characters have become "?"."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", UNPRINTABLE, text).encode("utf-8", "replace")
