"""Labels that a shop's scale prints: an EAN-13 of the shop's own with the item in it and its weight or amount.

A pattern such as `21IIIIIWWWWWC` says what each of the 13 digits is: first the fixed digits, then I the item's number,
W grams or P the amount in minor units, V a check digit over the amount (which says nothing new), C the check digit.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from pos_app.loyalty.cards import PREFIX, check_digit, has_check_digit

_LENGTH = 13
_LETTERS = "IWPVC"
_PATTERN = re.compile(r"[0-9]+[IWPVC]+")
_OF_THE_SHOP = ("02", "04", "20", "21", "22", "23", "24", "25", "26", "27", "28")
"""The beginnings that GS1 gives to no maker of goods; 29 as well, but that is the customer cards'."""


class Weighed(Struct, frozen=True):
    """What a label says: the numbers under which the catalogue may know the item, and how much of it.

    `numbers` are the label's own, `items` the item's number alone, which other goods may have as a short code.
    """

    numbers: tuple[str, ...]
    items: tuple[str, ...]
    weight_milli: int | None
    amount_minor: int | None


class ScaleLabel(Struct, frozen=True):
    """A pattern, understood."""

    prefix: str
    item: slice
    value: slice
    is_amount: bool
    blank: tuple[int, ...]
    """The places that change from label to label, to be zeroed."""

    def read(self, text: str) -> Weighed | None:
        """What a label says; None when this is no label of this pattern."""
        if len(text) != _LENGTH or not text.startswith(self.prefix) or not has_check_digit(text):
            return None
        item, value = text[self.item], int(text[self.value])
        body = "".join("0" if place in self.blank else digit for place, digit in enumerate(text[:-1]))
        numbers = tuple(dict.fromkeys((f"{body}{check_digit(body)}", f"{body}0", self.prefix + item)))
        items = tuple(number for number in dict.fromkeys((item, item.lstrip("0"))) if number)
        return Weighed(numbers, items, None if self.is_amount else value, value if self.is_amount else None)


def parse(pattern: str) -> ScaleLabel:
    """The pattern that a shop has set; ValueError with a sentence when it cannot be."""
    _check_letters(pattern)
    prefix = pattern.rstrip(_LETTERS)
    if prefix.startswith(PREFIX) or PREFIX.startswith(prefix):
        raise ValueError(
            f"{pattern!r} would also fit customer cards, which begin with {PREFIX}; "
            "its first two digits must be others, such as 21"
        )
    if not prefix.startswith(_OF_THE_SHOP):
        raise ValueError(
            f"{pattern!r} would also fit goods of makers, whose weight would be misread; "
            "its first two digits must be 02, 04 or 20 to 28"
        )
    value = "P" if "P" in pattern else "W"
    blank = tuple(place for place, sign in enumerate(pattern[:-1]) if sign in "WPV")
    return ScaleLabel(prefix, _place(pattern, "I"), _place(pattern, value), value == "P", blank)


def faults(patterns: Sequence[str]) -> list[str]:
    """What is wrong with the patterns of a shop, a sentence each."""
    found: list[str] = []
    prefixes: dict[str, str] = {}
    for pattern in patterns:
        try:
            prefix = parse(pattern).prefix
        except ValueError as error:
            found.append(str(error))
            continue
        for other, of in prefixes.items():
            if prefix.startswith(other) or other.startswith(prefix):
                found.append(f"{pattern!r} and {of!r} fit the same labels; keep one of them")
        prefixes[prefix] = pattern
    return found


def _check_letters(pattern: str) -> None:
    if len(pattern) != _LENGTH:
        raise ValueError(f"{pattern!r} has {len(pattern)} characters; a label has {_LENGTH}, such as 21IIIIIWWWWWC")
    if _PATTERN.fullmatch(pattern) is None:
        raise ValueError(
            f"{pattern!r} must be digits and then letters: I item, W grams, P amount, V its check digit, C check digit"
        )
    if pattern.count("C") != 1 or not pattern.endswith("C"):
        raise ValueError(f"{pattern!r} must end with its only C, the check digit")
    for letter in "IWPV":
        if letter * pattern.count(letter) not in pattern:
            raise ValueError(f"{pattern!r} has {letter} in two places; they must stand together")
    if "I" not in pattern:
        raise ValueError(f"{pattern!r} has no I, so that nobody knows which goods it is for")
    if ("W" in pattern) == ("P" in pattern):
        raise ValueError(f"{pattern!r} must have either W, the weight in grams, or P, the amount")


def _place(pattern: str, letter: str) -> slice:
    return slice(pattern.index(letter), pattern.rindex(letter) + 1)
