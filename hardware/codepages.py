"""Text as a receipt printer can set it: every character becomes exactly one byte of one code page.

A printer knows no Unicode and no line of its own beyond the columns of its paper, so a text is first made
`printable`: composed, freed of control and invisible characters, and with an explicit substitute for what the
page lacks. Only then are columns counted, because "€" may have become "EUR".
"""

import unicodedata
from functools import lru_cache

NO_BREAK_SPACE = "\u00a0"
"""Keeps a number together while lines are broken; it is sent as a plain space."""

UNPRINTABLE = "?"

_ALWAYS = {
    "\u2212": "-",
    "\u2010": "-",
    "\u2011": "-",
    "\u2009": NO_BREAK_SPACE,  # thin and narrow spaces stand inside numbers
    "\u202f": NO_BREAK_SPACE,
    "\u2007": NO_BREAK_SPACE,
    "\u2008": NO_BREAK_SPACE,
}

_WHEN_MISSING = {
    "€": "EUR",
    "£": "GBP",
    "₽": "RUB",
    "№": "No",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "²": "2",
    "³": "3",
    "ѝ": "й",
    "Ѝ": "Й",
    "„": '"',
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "‟": '"',
    "″": '"',
    "‘": "'",
    "’": "'",
    "‚": "'",
    "‛": "'",
    "′": "'",
    "‹": "'",
    "›": "'",
    "–": "-",
    "—": "-",
    "―": "-",
    "‒": "-",
    "…": "...",
    "•": "*",
    "·": "*",
    "×": "x",
    "÷": ":",
    "→": "->",
    "←": "<-",
    "⁄": "/",
    "™": "(TM)",
    "©": "(C)",
    "®": "(R)",
    "‰": "o/oo",
    "،": ",",
    "؛": ";",
    "؟": "?",
    "٪": "%",
    "٫": ".",
    "٬": ",",
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ł": "l",
    "Ł": "L",
    "ı": "i",
}

_SPELT = {
    letter: latin
    for latin, letters in (
        *(("a", "اآأإ"), ("b", "ب"), ("p", "پ"), ("t", "تط"), ("s", "ثسص"), ("j", "ج"), ("ch", "چ"), ("h", "حهةۀ")),
        *(("kh", "خ"), ("d", "د"), ("z", "ذزضظ"), ("r", "ر"), ("zh", "ژ"), ("sh", "ش"), ("gh", "غق"), ("f", "ف")),
        *(("k", "کك"), ("g", "گ"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("v", "وؤ"), ("y", "یيىئ"), ("'", "عءٔ")),
    )
    for letter in letters
}
"""Persian letters as Latin ones, which is how a Persian name is written where there are no others."""

_SPACE_CONTROLS = "\t\n\v\f\r\x85"


def printable(text: str, code_page: str) -> tuple[str, tuple[str, ...]]:
    """The text as `code_page` (a Python codec such as "cp1251") can print it, and what was lost on the way.

    Each character of the result encodes to one byte from 0x20 up, DEL excepted; the no-break space is still
    itself, so that lines are not broken at it. The second value names, in order and once each, the characters
    that became "?", lost an accent or were spelt in Latin. Well-known substitutes, such as a hyphen for a minus sign
    or 5 for a Persian ۵, are no loss.
    """
    pieces: list[str] = []
    lost: dict[str, None] = {}
    for character in unicodedata.normalize("NFC", text):
        piece, is_lost = _printable_character(character, code_page)
        pieces.append(piece)
        if is_lost:
            lost[character] = None
    return "".join(pieces), tuple(lost)


def to_bytes(line: str, code_page: str) -> bytes:
    """A line made `printable` for the same page, as bytes; UnicodeEncodeError for any other text."""
    return line.replace(NO_BREAK_SPACE, " ").encode(code_page)


@lru_cache(maxsize=2048)
def _printable_character(character: str, code_page: str) -> tuple[str, bool]:
    if " " <= character <= "~":
        return character, False
    if character == NO_BREAK_SPACE:
        return character, False
    if character in _ALWAYS:
        return _ALWAYS[character], False
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in _SPACE_CONTROLS:
        return " ", False
    if category == "Cf":  # joiners, soft hyphens, direction marks, the byte order mark: nothing to see
        return "", False
    if category == "Cc":
        return UNPRINTABLE, True
    if _has_place(character, code_page):
        return character, False
    substitute = _WHEN_MISSING.get(character)
    if substitute is not None and all(_has_place(letter, code_page) for letter in substitute):
        return substitute, False
    if character.isdecimal():
        return str(unicodedata.decimal(character)), False
    if character in _SPELT:
        return _SPELT[character], True
    if category in ("Mn", "Me"):  # an accent on a letter that has no composed form: the letter stays
        return "", True
    base = unicodedata.normalize("NFD", character)[0]
    if base != character and _has_place(base, code_page):
        return base, True
    return UNPRINTABLE, True


def _has_place(character: str, code_page: str) -> bool:
    try:
        return character.encode(code_page)[0] >= 0x20
    except UnicodeEncodeError:
        return False
