"""What one reader claims to have seen in a picture, in words that are the same for all readers."""

from msgspec import Struct

from hardware.bar_digits import check_digit, expanded_upce

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
            digits = expanded_upce(int(text[0]), text[1:7], int(text[7])) if text.isdecimal() else ""
        elif symbology != "EAN8":
            digits = text.rjust(13, "0")
        if len(digits) != (8 if symbology == "EAN8" else 13) or not (digits.isascii() and digits.isdecimal()):
            return None
        if check_digit(digits[:-1]) != int(digits[-1]):
            return None
        if symbology in ("EAN13", "UPCA"):
            symbology = "UPCA" if digits.startswith("0") else "EAN13"
        return Candidate(reader, symbology, digits, place)
    return Candidate(reader, symbology, text, place) if text else None
