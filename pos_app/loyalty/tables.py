"""Reading a TOML file as a friend: every fault in it is collected, with its table, key and what would be right."""

import difflib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from pos_app.loyalty import moments, money
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio

T = TypeVar("T")
_SHOWN = 40


class Table:
    """One table of a file. Each method reads a key and remembers it; `close` reports the keys nobody asked for.

    A key that is missing or wrong is noted as a fault and answered with a harmless value, so that reading goes on
    and `check` can tell about everything at once.
    """

    def __init__(self, data: dict[str, Any], path: str = "", faults: list[str] | None = None) -> None:
        self.data = data
        self.path = path
        self.faults: list[str] = [] if faults is None else faults
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def fault(self, key: str, sentence: str) -> None:
        """Note that something is wrong with a key."""
        place = f"table [{self.path}], key '{key}'" if self.path else f"key '{key}'"
        self.faults.append(f"{place}: {sentence}")

    def check(self, file: str) -> None:
        """Raise FileFault when anything was wrong."""
        if self.faults:
            raise FileFault(file, self.faults)

    def close(self) -> None:
        """Report keys that no rule of the format knows."""
        for key in self.data:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"possible here: {', '.join(sorted(self._asked))}"
                self.fault(key, f"is not known; {hint}")

    def text(self, key: str, default: str | None = None) -> str:
        return self._typed(key, str, "a text in quotes", default, "")

    def flag(self, key: str, default: bool | None = None) -> bool:
        return self._typed(key, bool, "true or false", default, False)

    def whole(self, key: str, default: int | None = None, least: int = 0, most: int = 10**12) -> int:
        value = self._typed(key, int, "a whole number", default, least)
        if not least <= value <= most:
            self.fault(key, f"{value} is not a whole number from {least} to {most}")
            return least
        return value

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str:
        value = self._typed(key, str, f"one of {', '.join(options)}", default, options[0])
        if value not in options:
            near = difflib.get_close_matches(value, options, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"possible: {', '.join(options)}"
            self.fault(key, f"'{value[:_SHOWN]}' is not possible; {hint}")
            return options[0]
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when the key is missing."""
        values = self._typed(key, list, 'a list of texts such as ["one", "two"]', [], [])
        if not all(isinstance(value, str) for value in values):
            self.fault(key, 'must be a list of texts such as ["one", "two"]')
            return ()
        return tuple(values)

    def names(self, key: str, languages: Sequence[str]) -> dict[str, str]:
        """A name in several languages: `key.bg = "..."`, `key.en = "..."`."""
        table = self.table(key)
        names = {language: table.text(language) for language in languages}
        table.close()
        return names

    def amount(self, key: str, currency: str, default: str | None = None) -> int:
        """A decimal string such as "12.30", in minor units of `currency`."""
        return self._parsed(key, lambda text: money.parse_amount(text, currency), default, 0)

    def quantity(self, key: str, default: str | None = None) -> int:
        """A whole number or a decimal string with up to 3 decimals, in thousandths."""
        if isinstance(self.data.get(key), int) and not isinstance(self.data[key], bool):
            return self.whole(key, least=1, most=10**6) * 1000
        return self._parsed(key, money.parse_quantity, default, 1000)

    def ratio(self, key: str) -> Ratio:
        return self._parsed(key, money.parse_ratio, None, Ratio(1, 1))

    def duration(self, key: str, default: str | None = None) -> Duration:
        return self._parsed(key, moments.parse_duration, default, Duration())

    def day(self, key: str) -> date | None:
        """A date without quotes such as 2026-01-01, None when the key is missing."""
        self._asked.add(key)
        value = self.data.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        self.fault(key, "must be a date without quotes such as 2026-01-01")
        return None

    def local_time(self, key: str) -> datetime | None:
        """A shop-local time such as 2026-01-01T09:00:00 (or a date: its midnight), None when missing."""
        self._asked.add(key)
        value = self.data.get(key)
        if isinstance(value, datetime) and value.tzinfo is None:
            return value
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day)
        if value is not None:
            self.fault(key, "must be a time without quotes and zone such as 2026-01-01T09:00:00")
        return None

    def table(self, key: str) -> "Table":
        """A sub-table; an empty one with a fault when it is missing."""
        return Table(self._typed(key, dict, "a table", None, {}), self._below(key), self.faults)

    def tables(self, key: str) -> "list[Table]":
        """An array of tables, empty when the key is missing."""
        values = self._typed(key, list, f"one or more tables [[{self._below(key)}]]", [], [])
        if not all(isinstance(value, dict) for value in values):
            self.fault(key, f"must be tables [[{self._below(key)}]]")
            return []
        return [Table(value, f"{self._below(key)} {n}", self.faults) for n, value in enumerate(values, 1)]

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _typed(self, key: str, kind: type[T], wanted: str, default: T | None, harmless: T) -> T:
        self._asked.add(key)
        value = self.data.get(key)
        if value is None:
            if default is None:
                self.fault(key, f"is missing; it must be {wanted}")
                return harmless
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, f"must be {wanted}, not {str(value)[:_SHOWN]!r}")
            return harmless
        return value

    def _parsed(self, key: str, parse: Callable[[str], T], default: str | None, harmless: T) -> T:
        text = self._typed(key, str, "a text in quotes", default, "")
        if not text:
            return harmless
        try:
            return parse(text)
        except ValueError as error:
            self.fault(key, f"{error}"[:200])
            return harmless
