"""A small programme file to change and to add to, and what a reader says about the outcome."""

from pos_app.loyalty import programme_file
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme, Version

GOOD = """
id = "test"
name.bg = "Програма"
name.en = "Programme"
zone = "Europe/Sofia"
own_brand = "КООП"
rehearsals = ["test/*.toml"]

[cards]
active_after = "24 hours"

[slip]
title.bg = "БЕЛЕЖКА"
title.en = "SLIP"
note.bg = "Бележка."
note.en = "Note."

[[kind]]
id = "client"
name.bg = "клиент"
name.en = "client"

[[version]]
id = "old"
until = 2025-12-31
currency = "BGN"

[[version.earn]]
id = "all"
on.bg = "за всичко"
on.en = "on everything"
points = 1
per = "0.50"

[[version]]
id = "new"
from = 2026-01-01
currency = "EUR"
rates.BGN = "1.95583"
points_live = "6 months"

[[version.earn]]
id = "all"
on.bg = "за всичко"
on.en = "on everything"
points = 1
per = "0.50"
per_currency = "BGN"
kinds = ["client"]
channels = ["store"]
"""


def decode(text: str) -> Programme:
    return programme_file.decode(text.encode(), "test.toml")


def newest(more: str) -> Version:
    """The version in euro of the small programme with more tables at its end."""
    return decode(GOOD + more).versions[-1]


def faults(text: str) -> list[str]:
    """The sentences about a wrong file, none for a right one."""
    try:
        decode(text)
    except FileFault as fault:
        return list(fault.faults)
    return []
