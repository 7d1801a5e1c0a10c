"""A receipt as bytes for a printer that speaks ESC/POS.

The encoder is strict: it resets the printer once, stays in one code page, and is the only author of control
bytes. Nothing that stands in a product's name can cut paper or open the drawer. Commands are sent only where
they change something, since at 9 600 baud each hundred bytes last a tenth of a second.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from hardware import columns, lines, patterns, symbols
from hardware.codepages import UNPRINTABLE, printable, to_bytes
from hardware.columns import Picture
from hardware.profiles import PROFILES, Acknowledges, Cutter, PrinterProfile
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

__all__ = ["PROFILES", "Acknowledges", "PrinterProfile", "encode", "pieces"]

log = logging.getLogger(__name__)

_ALIGNMENTS: Mapping[Align, bytes] = {"left": b"\x1ba\x00", "centre": b"\x1ba\x01", "right": b"\x1ba\x02"}
_PLAIN, _BOLD, _BIG = 0x00, 0x08, 0x30  # of ESC !
_FEED_MOST = 255
_CUTS: Mapping[Cutter, bytes] = {
    "partial": b"\x1dVB\x00",  # feeds to the knife first, leaves a point uncut
    "perhaps": b"\x1bd\x04\x1dVB\x00",
    "none": b"\x1bd\x05",
}
_PULSES = {2: b"\x1bp\x00\x19\xfa", 5: b"\x1bp\x01\x19\xfa"}  # 50 ms on, 500 ms off
_SPACED_AS_USUAL, _WITHOUT_GAPS = b"\x1b2", b"\x1b3\x18"


def encode(
    document: Document,
    profile: PrinterProfile,
    *,
    language: str = "bg",
    code_page: str | None = None,
    drawer_pin: int = 2,
    logo: Picture | None = None,
) -> bytes:
    """The whole job for a document, from the reset to the last part; no text can make it fail.

    `code_page` (a key of the profile's `code_pages`) overrides the language's own. Characters without a place
    in it are printed as "?" or without their accent and named in the log at INFO, once for the document. A
    barcode or QR code that cannot be drawn (wrong check digit, too wide) is printed as its text, centred.
    A language that is drawn (see `hardware.profiles`) needs a QGuiApplication; without one its text is spelt in
    the code page. `logo` stands above whatever has a text.

    Raises ValueError for a code page that the profile does not know: that is a mistake in the settings.
    """
    job = pieces(document, profile, language=language, code_page=code_page, drawer_pin=drawer_pin, logo=logo)
    return b"".join(job)


def pieces(
    document: Document,
    profile: PrinterProfile,
    *,
    language: str = "bg",
    code_page: str | None = None,
    drawer_pin: int = 2,
    logo: Picture | None = None,
) -> tuple[bytes, ...]:
    """The same job in pieces, each of which puts one line, symbol or cut on the paper, in their order.

    Behind each of them the printer can be asked whether it has come so far. Where a document turns to another language
    the printer begins anew in that language's own page.
    """
    if any(isinstance(part, Language) for part in document):
        return tuple(
            piece
            for spoken, stretch in by_language(document, language)
            for piece in pieces(
                stretch,
                profile,
                language=spoken,
                code_page=code_page if spoken == language else None,
                drawer_pin=drawer_pin,
                logo=logo if stretch[0] is document[0] else None,
            )
        )
    chosen = code_page or profile.code_page(language)
    if chosen not in profile.code_pages:
        known = ", ".join(profile.code_pages)
        raise ValueError(f"printer {profile.id!r} has no code page {chosen!r}; it has {known}")
    writer_of = _Writer
    if profile.has_drawn(language):
        from hardware import script

        writer_of = _Drawer if script.is_ready() else _Writer
    writer = writer_of(profile, chosen, drawer_pin)
    if logo is not None and any(isinstance(part, Text | Pair) for part in document):
        writer.picture(logo)
    for part in document:
        writer.part(part)
    if writer.lost:
        log.info("not in code page %s, printed otherwise: %s", chosen, ascii(" ".join(writer.lost)))
    return writer.pieces()


class _Writer:
    """Sets part after part and remembers which style and alignment the printer is in."""

    def __init__(self, profile: PrinterProfile, code_page: str, drawer_pin: int) -> None:
        self.lost: dict[str, None] = {}
        self._ends: list[int] = []
        self.out = bytearray(b"\x1b@")
        if profile.cancels_kanji:
            self.out += b"\x1c."
        self.out += profile.page_command + bytes([profile.code_pages[code_page]])
        self._profile = profile
        self._code_page = code_page
        self._pulse = _PULSES[drawer_pin]
        self._style = _PLAIN
        self._align: Align = "left"

    def pieces(self) -> tuple[bytes, ...]:
        """All that was set so far; what puts nothing on paper goes with what comes after it."""
        ends = [*self._ends[:-1], len(self.out)] if self._ends else [len(self.out)]
        return tuple(bytes(self.out[start:end]) for start, end in pairwise((0, *ends)))

    def part(self, part: Part) -> None:
        match part:
            case Text():
                self._text(part)
            case Pair():
                self._pair(part)
            case Divider():
                self._lines(["-" * self._profile.columns], align=self._align)  # as wide as the paper in any alignment
            case Feed(count):
                self._feed(min(count, _FEED_MOST))
            case Barcode("EAN13", data):
                self._symbol(symbols.ean13(data), data)
            case Barcode(_, data):
                self._symbol(symbols.code128(data, self._profile.dots), data)
            case Qr(data):
                self._qr(data)
            case Cut():
                self.out += _CUTS[self._profile.cutter]
                self._end_piece()
            case OpenDrawer():
                self.out += self._pulse

    def picture(self, picture: Picture) -> None:
        """A picture in the dots of the head, from the left edge of the paper, band below band."""
        self._turn_to(_PLAIN, "left")
        alone = len(picture.bands) == 1
        self.out += b"" if alone else _WITHOUT_GAPS
        for band in picture.bands:
            self.out += columns.set_band(band, picture.step) + b"\n"
            self._end_piece()
        self.out += b"" if alone else _SPACED_AS_USUAL

    def _text(self, part: Text) -> None:
        room = self._profile.columns // 2 if part.big else self._profile.columns
        style = (_BOLD if part.bold else _PLAIN) | (_BIG if part.big else _PLAIN)
        self._lines(lines.paragraph(self._printable(part.text), room), style, part.align)

    def _pair(self, part: Pair) -> None:
        pair = lines.pair(self._printable(part.left), self._printable(part.right), self._profile.columns)
        self._lines(pair, _BOLD if part.bold else _PLAIN)

    def _qr(self, data: str) -> None:
        if self._profile.draws_qr or not self._profile.draws:
            self._symbol(symbols.qr(_without_controls(data), self._profile.dots), data)
            return
        rows = patterns.qr(_without_controls(data).decode()) or ()
        module_dots = symbols.module_dots(len(rows), self._profile.dots)
        if not rows or not module_dots:
            self._symbol(None, data)
            return
        left = (self._profile.dots - len(rows) * module_dots) // 2
        self.picture(columns.from_rows(rows, module_dots, left))

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


class _Drawer(_Writer):
    """Draws text instead of setting it."""

    def _text(self, part: Text) -> None:
        from hardware import script

        self._pictures(script.paragraph(part.text, self._profile.dots, align=part.align, bold=part.bold, big=part.big))

    def _pair(self, part: Pair) -> None:
        from hardware import script

        self._pictures(script.pair(part.left, part.right, self._profile.dots, bold=part.bold))

    def _pictures(self, pictures: Iterable[Picture]) -> None:
        for picture in pictures:
            self.picture(picture)


def _without_controls(text: str) -> bytes:
    """UTF-8 of a text whose control characters have become "?"."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", UNPRINTABLE, text).encode("utf-8", "replace")
