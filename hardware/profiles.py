"""What each kind of receipt printer can do, as data.

Numbers of code pages, widths and what a printer draws come from the open printer database (escpos-printer-db, as
python-escpos 3.1 ships it, CC BY 4.0) where it has the printer, else from its maker's list of commands. A printer that
is not named here is `generic-80` or `generic-58`, or whichever printer it says that it imitates.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pos_app.device_settings import PrinterSettings
from pos_app.loyalty.errors import FileFault
from pos_app.settings import FILE

Acknowledges = Literal["process_id", "status"]
"""How a printer says that it has printed a job: GS ( H echoes an id after the last line; the weaker GS r 1
answers when the printer comes to it in its buffer, which on some printers is before the paper has moved.
"""

Cutter = Literal["partial", "perhaps", "none"]
"""Whether it cuts, leaving a point uncut. One that may have no cutter is first fed beyond its tear bar."""

DRAWN = frozenset({"fa"})
"""Languages that no code page sets as they are written: they are drawn, dot by dot."""


class PrinterProfile(Struct, frozen=True, kw_only=True):
    """What one kind of printer can do.

    Widths are columns of font A and dots of the print head. `code_pages` gives the number for each Python codec that
    may be chosen, `page_command` what stands before that number, `languages` the codec by language; a language that is
    not named takes the first page. `cancels_kanji` is for printers sold for Chinese first, which otherwise read
    two Cyrillic letters as one ideogram. `draws` are pictures of 24-dot columns (ESC *), `draws_qr` QR codes by
    GS ( k. `reports` says whether it can tell of its troubles unasked (GS a).
    """

    id: str
    name: str
    columns: int
    dots: int
    code_pages: Mapping[str, int]
    languages: Mapping[str, str]
    acknowledges: Acknowledges
    page_command: bytes = b"\x1bt"
    cancels_kanji: bool = False
    draws: bool = True
    draws_qr: bool = True
    cutter: Cutter = "partial"
    reports: bool = False

    def sets(self, language: str) -> bool:
        """Whether this printer has the letters of a language, and can set them as it is written, or draw them."""
        return language in self.languages or self.has_drawn(language)

    def has_drawn(self, language: str) -> bool:
        """Whether the till draws the letters of this language for it."""
        return self.draws and language in DRAWN and language not in self.languages

    def code_page(self, language: str) -> str:
        """The codec in which this printer sets a language, such as "cp1251" for "bg"."""
        return self.languages.get(language) or next(iter(self.code_pages))


_EPSON_PAGES = {"cp1251": 46, "cp866": 17, "cp1250": 45, "cp852": 18}
_CLONE_PAGES = {"cp1251": 73, "cp866": 17, "cp1250": 72, "cp852": 18}
_DOS_PAGES = {"cp866": 17, "cp852": 18}
_BIXOLON_PAGES = {"cp1251": 28, "cp866": 17, "cp1250": 47, "cp852": 18}
_STAR_PAGES = {"cp1251": 34, "cp866": 10, "cp1250": 33, "cp852": 5}
_DATECS_PAGES = {"cp1251": 17, "cp866": 9, "cp1250": 14, "cp852": 4}

_WINDOWS = {"bg": "cp1251", "en": "cp1251", "sl": "cp1250"}
_DOS = {"bg": "cp866", "en": "cp866", "sl": "cp852"}

_STAR = b"\x1b\x1dt"
"""ESC GS t: in its ESC/POS mode too, a Star printer keeps its further pages under its own command."""
_DATECS = b"\x1bu"

_ALL = (
    PrinterProfile(
        id="generic-80",
        name="Generic, 80 mm",
        columns=42,  # the fewest that printers of this width have: right on all, at worst with a margin
        dots=504,
        code_pages=_EPSON_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        cancels_kanji=True,
    ),
    PrinterProfile(
        id="generic-58",
        name="Generic, 58 mm",
        columns=32,
        dots=384,
        code_pages=_EPSON_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        cancels_kanji=True,
        cutter="perhaps",
    ),
    PrinterProfile(
        id="clone-80",
        name="Netum 80-V-UL, PBM P822D and their like, 80 mm",
        columns=42,
        dots=576,
        code_pages=_CLONE_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        cancels_kanji=True,
    ),
    PrinterProfile(
        id="clone-58",
        name="Netum NT-5890K, Zjiang POS-5890 and their like, 58 mm",
        columns=32,
        dots=384,
        code_pages=_CLONE_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        cancels_kanji=True,
        draws_qr=False,
        cutter="none",
    ),
    PrinterProfile(
        id="epson-tm-t20",
        name="Epson TM-T20",
        columns=48,
        dots=576,
        code_pages=_EPSON_PAGES,
        languages=_WINDOWS,
        acknowledges="process_id",
        reports=True,
    ),
    PrinterProfile(
        id="epson-tm-t88",
        name="Epson TM-T88V and later",
        columns=42,
        dots=512,
        code_pages=_EPSON_PAGES,
        languages=_WINDOWS,
        acknowledges="process_id",
        reports=True,
    ),
    PrinterProfile(
        id="epson-tm-t88iv",
        name="Epson TM-T88IV",
        columns=42,
        dots=512,
        code_pages=_DOS_PAGES,
        languages=_DOS,
        acknowledges="status",
        reports=True,
    ),
    PrinterProfile(
        id="bixolon-srp-350",
        name="Bixolon SRP-350",
        columns=42,
        dots=512,
        code_pages=_BIXOLON_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        reports=True,
    ),
    PrinterProfile(
        id="star-tsp",
        name="Star TSP100, TSP600, TSP650 in ESC/POS mode",
        columns=42,
        dots=576,
        code_pages=_STAR_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        page_command=_STAR,
        reports=True,
    ),
    PrinterProfile(
        id="citizen-ct-s310",
        name="Citizen CT-S310, CT-E351",
        columns=48,
        dots=576,
        code_pages=_DOS_PAGES,
        languages=_DOS,
        acknowledges="status",
        reports=True,
    ),
    PrinterProfile(
        id="datecs-ep-2000",
        name="Datecs EP-2000",
        columns=48,
        dots=576,
        code_pages=_DATECS_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        page_command=_DATECS,
        draws_qr=False,
    ),
    PrinterProfile(
        id="datecs-dpp-450",
        name="Datecs DPP-450",
        columns=69,
        dots=832,
        code_pages=_DATECS_PAGES,
        languages=_WINDOWS,
        acknowledges="status",
        page_command=_DATECS,
        draws_qr=False,
        cutter="none",
    ),
)

PROFILES: dict[str, PrinterProfile] = {profile.id: profile for profile in _ALL}


def profile_of(chosen: PrinterSettings) -> PrinterProfile:
    """The profile that the settings choose; FileFault when there is none of that name or it lacks the code page."""
    profile = PROFILES.get(chosen.profile)
    if profile is None:
        fault = f"key 'profile': '{chosen.profile}' is not known; possible: {', '.join(PROFILES)}"
    elif chosen.code_page and chosen.code_page not in profile.code_pages:
        fault = f"key 'code_page': '{chosen.code_page}' is not possible; possible: {', '.join(profile.code_pages)}"
    else:
        return profile
    raise FileFault(FILE, [f"table [printer], {fault}"])
