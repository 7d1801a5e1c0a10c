"""What a code says that was scanned or typed: its number in every form, and what stands in it beside the number.

A scanner may send an AIM identifier before the code (`]E0` EAN-13 and UPC-A, `]E4` EAN-8, `]C0` Code 128, `]C1`
GS1-128, `]e0` GS1 DataBar, `]Q1` QR, `]Q3` GS1 QR, `]d2` GS1 DataMatrix). It tells what may be a misread number, and
which codes are element strings: numbers and weights behind application identifiers (AI).
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from pos_app.loyalty.cards import check_digit, has_check_digit
from pos_app.loyalty.money import DECIMALS

_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_ELEMENT_STRINGS = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
_EAN_WITH_ADD_ON = "]E3"
_EAN_8 = "]E4"
_SEPARATOR = "\x1d"  # FNC1, after an element whose length varies
_CHECKED_LENGTHS = (8, 12, 13)
_NUMBER_MOST = 14

# GS1 General Specifications, figure 7.8.5-2: the elements of a fixed length, AI included, by its first two digits.
_FIXED = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "20": 4, "41": 16,
    **{str(ai): 8 for ai in range(11, 20)}, **{str(ai): 10 for ai in range(31, 37)},
}  # fmt: skip
_ELEMENT = re.compile(r"(01|02|30|37|310[0-9]|392[0-9]|393[0-9])([0-9]+)")
_LINK = re.compile(r"https?://[^?#\s]*/01/([0-9]{8,14})(?:/[^?#\s]*)?(?:\?([^#\s]*))?(?:#\S*)?", re.IGNORECASE)
_ASKED = re.compile(r"([0-9]{2,4})=([0-9]+)(?=&|\Z)")
_NUMERIC = {"978": "EUR", "975": "BGN", "364": "IRR"}


class Price(Struct, frozen=True):
    """What is to be paid, as a code has it: digits, how many of them are decimals, the currency if it says one."""

    digits: int
    decimals: int
    currency: str = ""

    def minor(self, currency: str) -> int | None:
        """The same in minor units of `currency`; None when it is in another one, or finer than its minor unit."""
        if self.currency not in ("", currency):
            return None
        value, rest = divmod(self.digits * 10 ** DECIMALS[currency], 10**self.decimals)
        return None if rest else value


class Code(Struct, frozen=True):
    """A code as it was read.

    `text` is all of it but for the identifier, `numbers` are the forms in which somebody may keep it, the text
    first. An element string may say how much it is of: `weight_milli` (grams), a number of `pieces`, a `price` for
    all of it. `is_misread`: a number of which the check digit is wrong, where the kind of code has one.
    """

    text: str
    numbers: tuple[str, ...]
    is_misread: bool = False
    weight_milli: int | None = None
    pieces: int | None = None
    price: Price | None = None

    @property
    def shown(self) -> str:
        """The text for people: a separator of elements shows as a space."""
        return self.text.replace(_SEPARATOR, " ")


def read(raw: str) -> Code:
    """The meaning of what a scanner sent, with or without an identifier, or what a person typed."""
    identifier, text = split(raw)
    if identifier in _ELEMENT_STRINGS:
        return _of_elements(text.strip(_SEPARATOR), is_sure=True) or Code(text, (text,))
    link = _LINK.fullmatch(text)
    if link is not None:
        return _of_number(text, link[1].zfill(_NUMBER_MOST), dict(_ASKED.findall(link[2] or "")))
    if text[:2] in ("01", "02") and len(text) > _NUMBER_MOST:
        told = _of_elements(text.strip(_SEPARATOR), is_sure=False)
        if told is not None:
            return told
    if not (text.isascii() and text.isdigit()):
        return Code(text, (text,))
    if identifier == _EAN_WITH_ADD_ON:
        text = text[:13]
    forms = tuple(dict.fromkeys((text, *_other_forms(text, identifier))))
    is_checked = identifier[1:2] in ("", "E") and len(text) in _CHECKED_LENGTHS
    return Code(text, forms, is_checked and len(forms) == 1 and not has_check_digit(text))


def split(raw: str) -> tuple[str, str]:
    """The AIM identifier, empty where there is none, and the code itself."""
    match = _IDENTIFIER.match(raw)
    return (match[0], raw[match.end() :]) if match else ("", raw)


def _other_forms(digits: str, identifier: str) -> Iterator[str]:
    """The same number as others write it: UPC-A as EAN-13 and back, UPC-E and EAN-8 in full, GTIN-14."""
    if len(digits) in (12, 13, _NUMBER_MOST) and has_check_digit(digits):
        yield from _of_gtin(digits.zfill(_NUMBER_MOST))
    elif len(digits) in (6, 7, 8) and identifier != _EAN_8:
        for whole in _of_upc_e(digits):
            yield from (f"0{whole}", whole)


def _of_gtin(gtin: str) -> Iterator[str]:
    """The forms of a GTIN-14. A case (1 to 8 in front) is not its content; weighed goods (9) are known by the item."""
    if gtin[0] == "0":
        yield gtin[1:]
        if gtin[1] == "0":
            yield gtin[2:]
        if gtin.startswith("000000"):
            yield gtin[6:]
    elif gtin[0] == "9":
        yield gtin
        yield f"{gtin[1:-1]}{check_digit(gtin[1:-1])}"
    else:
        yield gtin


def _of_upc_e(digits: str) -> Iterator[str]:
    """The UPC-A numbers that a UPC-E of 6, 7 or 8 digits can be short for."""
    if len(digits) == 6:
        yield _in_full(f"0{digits}")
    elif digits[0] in "01":
        whole = _in_full(digits[:7])
        if len(digits) == 7 or whole[-1] == digits[-1]:
            yield whole
    elif len(digits) == 7:
        whole = _in_full(f"0{digits[:6]}")
        if whole[-1] == digits[-1]:
            yield whole


def _in_full(system_and_six: str) -> str:
    """UPC-E without its check digit, zeros put back, as UPC-A."""
    system, six = system_and_six[0], system_and_six[1:]
    match six[5]:
        case "0" | "1" | "2":
            body = f"{six[:2]}{six[5]}0000{six[2:5]}"
        case "3":
            body = f"{six[:3]}00000{six[3:5]}"
        case "4":
            body = f"{six[:4]}00000{six[4]}"
        case _:
            body = f"{six[:5]}0000{six[5]}"
    return f"{system}{body}{check_digit(system + body)}"


def _of_elements(text: str, *, is_sure: bool) -> Code | None:
    """An element string with goods in it, or None. One without an identifier has to be right in every digit."""
    found: dict[str, str] = {}
    rest = text
    while rest:
        length = _FIXED.get(rest[:2])
        element = rest[:length] if length else rest.partition(_SEPARATOR)[0]
        if length and (len(element) < length or not element.isascii() or not element.isdigit()):
            return None
        match = _ELEMENT.fullmatch(element)
        if match is not None:
            found[match[1]] = match[2]
        elif not length and not is_sure and not element[:2].isdigit():
            return None
        rest = rest[len(element) :].removeprefix(_SEPARATOR)
    gtin = found.get("01") or found.get("02")
    if gtin is None or not (is_sure or has_check_digit(gtin)):
        return None
    return _of_number(text, gtin, found)


def _of_number(text: str, gtin: str, elements: dict[str, str]) -> Code:
    """A code that holds a GTIN-14 and elements by their AI."""
    if not has_check_digit(gtin):
        return Code(text, (text,), is_misread=True)
    weight = pieces = price = None
    for ai, value in elements.items():
        if not (value.isascii() and value.isdigit() and len(value) <= _NUMBER_MOST + 4):
            continue
        if ai.startswith("310") and len(ai) == 4 and ai[3].isdigit():
            weight = int(value) * 1000 // 10 ** int(ai[3])
        elif ai in ("30", "37"):
            pieces = int(value)
        elif ai.startswith("392") and len(ai) == 4 and ai[3].isdigit():
            price = Price(int(value), int(ai[3]))
        elif ai.startswith("393") and len(ai) == 4 and ai[3].isdigit() and len(value) > 3:
            price = Price(int(value[3:]), int(ai[3]), _NUMERIC.get(value[:3], value[:3]))
    return Code(text, tuple(dict.fromkeys((text, *_of_gtin(gtin)))), False, weight, pieces, price)
