"""The catalogues of words: a folder of TOML files for each language, with the same files and keys in each."""

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from pos_app.loyalty.programme import Programme
from pos_app.loyalty.words import Calendar, Words

NAMES = {"bg": "Български", "en": "English", "sl": "Slovenščina", "fa": "فارسی"}
"""The languages, each by its own name."""

LANGUAGES = tuple(NAMES)

FROM_RIGHT = frozenset({"fa"})
"""The languages that are written from right to left."""


def _one_other(number: int) -> int:
    return 0 if number == 1 else 1


def _one_two_few_other(number: int) -> int:
    return {1: 0, 2: 1, 3: 2, 4: 2}.get(number % 100, 3)


def _none_or_one_other(number: int) -> int:
    return 0 if number <= 1 else 1


_PLURALS: dict[str, Callable[[int], int]] = {
    "bg": _one_other,
    "en": _one_other,
    "sl": _one_two_few_other,
    "fa": _none_or_one_other,
}
"""For each language the number of the form that a count wants; checked against CLDR by a test."""


@lru_cache(maxsize=8)
def catalogue(language: str) -> dict[str, str]:
    """The templates of a language, keys joined by dots."""
    return {
        key: template
        for sheet in sorted((Path(__file__).parent / language).glob("*.toml"))
        for key, template in _flat("", tomllib.loads(sheet.read_text("utf-8")))
    }


def words(language: str, zone_name: str = "UTC", *, calendar: Calendar = "gregorian", toman: bool = False) -> Words:
    """The words of `language` (one of LANGUAGES), moments shown by `calendar` on the clock of `zone_name`.

    With `toman` ten rial are shown as one toman.
    """
    return Words(
        language,
        catalogue(language),
        _PLURALS[language],
        zone_name,
        calendar=calendar,
        toman=toman,
        from_right=language in FROM_RIGHT,
    )


def words_of(programme: Programme, language: str) -> Words:
    """The words of `language` with the clock, calendar and money of a programme."""
    return words(language, programme.zone, calendar=programme.calendar, toman=programme.shows_toman)


def _flat(prefix: str, table: dict[str, object]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flat(f"{prefix}{key}.", value)
        else:
            rows.append((f"{prefix}{key}", str(value)))
    return rows
