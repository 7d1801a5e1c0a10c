"""What one reader claims to have seen in a picture, in words that are the same for all readers."""

from msgspec import Struct

from pos_app.loyalty.cards import has_check_digit

Place = tuple[tuple[int, int], ...]

RETAIL = frozenset({"EAN13", "EAN8", "UPCA", "UPCE"})
"""Symbologies with no more protection than one check digit."""


class Candidate(Struct, frozen=True):
    """A claim: which reader, which symbology, the text, and the corners of the symbol in the picture."""

    reader: str
    symbology: str
    text: str
    place: Place

    @property
    def is_retail(self) -> bool:
        return self.symbology in RETAIL


def candidate(reader: str, symbology: str, text: str, place: Place) -> Candidate | None:
    """The claim with its text in the one form that the till knows; None if it cannot be true or is empty.

    EAN-13, UPC-A and UPC-E all become 13 digits: a UPC-A gets a 0 in front, a UPC-E is written out.
    """
    if symbology in RETAIL:
        digits = text
        if symbology == "UPCE" and len(text) == 8:
            digits = _expanded(text)
        elif symbology != "EAN8":
            digits = f"0{text}" if len(text) == 12 else text
        if len(digits) != (8 if symbology == "EAN8" else 13) or not (digits.isascii() and digits.isdecimal()):
            return None
        if not has_check_digit(digits):
            return None
        if symbology in ("EAN13", "UPCA"):
            symbology = "UPCA" if digits.startswith("0") else "EAN13"
        return Candidate(reader, symbology, digits, place)
    return Candidate(reader, symbology, text, place) if text else None


def scaled(place: Place, factor: float) -> Place:
    """A place in a picture that has so many times the pixels along each side."""
    return tuple((round(x * factor), round(y * factor)) for x, y in place)


def _expanded(upce: str) -> str:
    """The 13 digits that the 8 of a UPC-E stand for."""
    system, a, b, c, d, e, last, check = tuple(upce)
    if last in "012":
        middle = f"{a}{b}{last}0000{c}{d}{e}"
    elif last == "3":
        middle = f"{a}{b}{c}00000{d}{e}"
    elif last == "4":
        middle = f"{a}{b}{c}{d}00000{e}"
    else:
        middle = f"{a}{b}{c}{d}{e}0000{last}"
    return f"0{system}{middle}{check}"
