"""The catalogues of words: a folder of TOML files for each language, with the same files and keys in each."""

import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

from pos_app.loyalty.words import Words

LANGUAGES = ("bg", "en")


def _one_other(number: int) -> int:
    return 0 if number == 1 else 1


_PLURALS: dict[str, Callable[[int], int]] = {"bg": _one_other, "en": _one_other}
"""For each language the number of the form that a count wants; checked against CLDR by a test."""


@lru_cache(maxsize=8)
def catalogue(language: str) -> dict[str, str]:
    """The templates of a language, keys joined by dots."""
    sheets = sorted(files(__name__).joinpath(language).iterdir(), key=lambda sheet: sheet.name)
    return {
        key: template
        for sheet in sheets
        if sheet.name.endswith(".toml")
        for key, template in _flat("", tomllib.loads(sheet.read_text("utf-8")))
    }


def words(language: str, zone_name: str = "UTC") -> Words:
    """The words of `language` (one of LANGUAGES), moments shown on the clock of `zone_name`."""
    return Words(language, catalogue(language), _PLURALS[language], zone_name)


def _flat(prefix: str, table: dict[str, object]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flat(f"{prefix}{key}.", value)
        else:
            rows.append((f"{prefix}{key}", str(value)))
    return rows
