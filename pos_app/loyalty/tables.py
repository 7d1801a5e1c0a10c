"""Reading a TOML file as a friend: every fault in it is collected, with its table, key and what would be right."""

import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from pos_app.loyalty import moments, money
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio

T = TypeVar("T")
SIZE_MOST = 200_000
"""How many bytes a file may have: far more than anybody writes by hand."""
DOTS_MOST = 50
"""How many dots a line may have: tomllib's memory grows with the square of the parts of a key."""
DOTS_IN_ALL_MOST = 25_000
"""How many dots a file may have, since each can be a table that takes a thousand times its room."""

ROWS_MOST = 200
"""How many tables of one name a file may have."""
NEEDED_LANGUAGE = "en"
"""The language that every name has to have; it stands in for those that are left out."""

_MARK = b"\xef\xbb\xbf"
"""What some editors put before UTF-8 text."""
_YEARS = range(1970, 3000)
_SHOWN = 40
_FAULTS_SHOWN = 50


def read(content: bytes, file: str, most: int = SIZE_MOST) -> "Table":
    """The table of a TOML file's bytes, `most` of them at most; raises FileFault when it cannot be read at all."""
    if len(content) > most:
        raise FileFault(file, [f"has more than {most} bytes; nobody writes so much by hand"])
    dots_in_all = 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        dots = 0 if line.lstrip().startswith(b"#") else line.count(b".")
        if dots > DOTS_MOST:
            raise FileFault(file, [f"line {number} has more than {DOTS_MOST} dots; a name has few parts"])
        dots_in_all += dots
    if dots_in_all > DOTS_IN_ALL_MOST:
        raise FileFault(file, [f"has {dots_in_all} dots; it must have at most {DOTS_IN_ALL_MOST}"])
    try:
        return Table(tomllib.loads(content.removeprefix(_MARK).decode("utf-8")))
    except UnicodeDecodeError as error:
        raise FileFault(file, [f"is not UTF-8 text (byte {error.start}); save it as UTF-8"]) from error
    except RecursionError as error:
        raise FileFault(file, ["is not TOML that can be read: tables or lists lie too deep in each other"]) from error
    except ValueError as error:  # a number too long for Python is no TOMLDecodeError
        raise FileFault(file, [f"is not TOML: {str(error)[:200]}"]) from error


def _shown(value: object) -> str:
    """A value of a file as its reader knows it, cut where it is long."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
        case int() if abs(value) > 10**_SHOWN:
            return "a huge number"
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)


class Table:
    """One table of a file. Each method reads a key and remembers it; `close` reports the keys nobody asked for.

    A key that is missing or wrong is noted as a fault and answered with a harmless value, so that reading goes on
    and `check` can tell about everything at once.
    """

    def __init__(self, data: dict[str, Any], path: str = "", faults: list[str] | None = None) -> None:
        self.data = data
        self.path = path
        self.faults: list[str] = [] if faults is None else faults
        self.asked: set[str] = set()
        self._possible: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def given(self, key: str) -> bool:
        """Whether a key that may be left out is there; it is known from now on."""
        self.asked.add(key)
        return key in self.data

    def place(self, below: str) -> "Table":
        """A table further down, only to note faults there."""
        return Table({}, self._below(below), self.faults)

    def sound(self, *, below: bool = True) -> bool:
        """Whether no fault was noted in this table so far, nor, with `below`, in those further down."""
        places = (f"table [{self.path}]", f"table [{self.path}.") if below else f"table [{self.path}]"
        return not any(fault.startswith(places) for fault in self.faults)

    def right(self, *keys: str) -> bool:
        """Whether no fault was noted so far at these keys of this table."""
        places = tuple(f"table [{self.path}], key {_shown(key)}:" for key in keys)
        return not any(fault.startswith(places) for fault in self.faults)

    def fault(self, key: str, sentence: str) -> None:
        """Note that something is wrong with a key."""
        place = f"table [{self.path}], key {_shown(key)}" if self.path else f"key {_shown(key)}"
        self.faults.append(f"{place}: {sentence}")

    def check(self, file: str) -> None:
        """Raise FileFault when anything was wrong."""
        more = len(self.faults) - _FAULTS_SHOWN
        if more > 0:
            raise FileFault(file, [*self.faults[:_FAULTS_SHOWN], f"and {more} more faults"])
        if self.faults:
            raise FileFault(file, self.faults)

    def may(self, *keys: str) -> None:
        """Name keys that could stand here and are asked for only when they do."""
        self._possible.update(keys)

    def close(self) -> None:
        """Report keys that no rule of the format knows."""
        for key in self.data:
            if key not in self.asked:
                possible = self.asked | self._possible
                hint = _nearest(key, possible) or f"possible here: {', '.join(sorted(possible))}"
                self.fault(key, f"is not known; {hint}")

    def text(self, key: str, default: str | None = None) -> str:
        return self._typed(key, str, "a text in quotes", default, "")

    def name(self, key: str, most: int | None = None) -> str:
        """A text that is not empty, of at most so many characters."""
        text = self.text(key)
        if self.data.get(key) == "":
            self.fault(key, "is empty; it must be a name in quotes")
        elif most is not None and len(text) > most:
            self.fault(key, f"has {len(text)} characters; it must have at most {most}")
            return text[:most]
        return text

    def flag(self, key: str, default: bool | None = None) -> bool:
        return self._typed(key, bool, "true or false", default, False)

    def whole(self, key: str, default: int | None = None, least: int = 0, most: int = 10**12) -> int:
        value = self._typed(key, int, "a whole number", default, least)
        if not least <= value <= most:
            self.fault(key, f"{_shown(value)} is not a whole number from {least} to {most}")
            return least
        return value

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str:
        value = self._typed(key, str, f"one of {', '.join(options)}", default, options[0])
        if value not in options:
            hint = _nearest(value, options) or f"possible: {', '.join(options)}"
            self.fault(key, f"{_shown(value)} is not possible; {hint}")
            return options[0]
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when the key is missing."""
        values = self._typed(key, list, 'a list of texts such as ["one", "two"]', [], [])
        wrong = [value for value in values if not isinstance(value, str)]
        if wrong:
            self.fault(key, f'must be a list of texts such as ["one", "two"], but {_shown(wrong[0])} is in it')
            return ()
        return tuple(values)

    def among(self, key: str, options: Iterable[str]) -> frozenset[str]:
        """A list of texts that are all among `options`, empty when the key is missing."""
        found = frozenset(self.texts(key))
        known = sorted(options)
        for text in sorted(found.difference(known)):
            possible = f"possible: {', '.join(known)}" if known else "there are none here"
            self.fault(key, f"{_shown(text)} is not known here; {_nearest(text, known) or possible}")
        return found.intersection(known)

    def wholes(self, key: str, least: int, most: int, count_most: int) -> tuple[int, ...]:
        """A list of whole numbers, empty when the key is missing."""
        values = self._typed(key, list, "a list of whole numbers such as [60, 120]", [], [])
        if len(values) > count_most:
            self.fault(key, f"has {len(values)} numbers; it must have at most {count_most}")
            return ()
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                self.fault(key, f"must be whole numbers from {least} to {most}, but {_shown(value)} is in it")
                return ()
        return tuple(values)

    def names(
        self, key: str, languages: Sequence[str], *, most: int | None = None, optional: bool = False
    ) -> dict[str, str]:
        """A name in several languages: `key.en = "..."`, and others where there are words for them."""
        if not self.given(key):
            if not optional:
                self.fault(key, f'is missing; there must be {key}.{NEEDED_LANGUAGE} = "..."')
            return {}
        table = self.table(key)
        names = {
            language: table.name(language, most)
            for language in languages
            if table.given(language) or language == NEEDED_LANGUAGE
        }
        table.close()
        return names

    def amount(self, key: str, currency: str, default: str | None = None, least: int | None = None) -> int:
        """A decimal string such as "12.30", in minor units of `currency`."""
        wanted = f'a text in quotes such as "{money.amount_text(1230, currency)}" ({currency})'
        harmless = 0 if least is None else least
        minor = self._parsed(key, lambda text: money.parse_amount(text, currency), wanted, default, harmless)
        if least is not None and minor < least:
            enough = money.amount_text(least, currency)
            self.fault(key, f'{_shown(self.data.get(key))} is too little; it must be "{enough}" or more')
            return least
        return minor

    def quantity(self, key: str, default: str | None = None) -> int:
        """A whole number or a decimal string with up to 3 decimals, in thousandths."""
        if isinstance(self.data.get(key), int) and not isinstance(self.data[key], bool):
            return self.whole(key, least=1, most=10**6) * 1000
        milli = self._parsed(
            key, money.parse_quantity, 'a whole number or a text in quotes such as "0.350"', default, 1000
        )
        if not 0 < milli <= 10**9:
            self.fault(key, f"{_shown(self.data.get(key))} is not possible; it must be from 0.001 to 1000000")
            return 1000
        return milli

    def ratio(self, key: str) -> Ratio:
        """A decimal string above zero such as "1.95583", exactly."""
        return self._parsed(key, money.parse_ratio, 'a text in quotes such as "1.95583"', None, Ratio(1, 1))

    def percent(self, key: str) -> Ratio:
        """A part of a hundred, such as "1" or "2.5", exactly: 1 is Ratio(1, 1)."""
        value = self.data.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return Ratio(self.whole(key, least=1, most=100), 1)
        percent = self._parsed(key, money.parse_ratio, 'a text in quotes such as "1" or "2.5"', None, Ratio(1, 1))
        if percent.numerator > 100 * percent.denominator:
            self.fault(key, f"{_shown(value)} is more than 100 percent")
            return Ratio(1, 1)
        return percent

    def share(self, key: str) -> Ratio:
        """The same as a share of one: "5" is Ratio(5, 100)."""
        percent = self.percent(key)
        return Ratio(percent.numerator, 100 * percent.denominator)

    def duration(self, key: str, default: str | None = None, *, some: bool = False) -> Duration:
        """A text such as "24 hours" or "6 months"; with `some` it may not be no time at all."""

        def parse(text: str) -> Duration:
            duration = moments.parse_duration(text)
            if some and duration.none:
                raise ValueError(f"'{text}' is no time at all; it must be longer")
            return duration

        return self._parsed(key, parse, 'a text in quotes such as "24 hours" or "6 months"', default, Duration())

    def day(self, key: str) -> date | None:
        """A date without quotes such as 2026-01-01, None when the key is missing."""
        value = self._dated(key, "a date without quotes such as 2026-01-01")
        if isinstance(value, datetime):
            self.fault(key, f"must be a date without a time such as 2026-01-01, not {_shown(value)}")
            return None
        return value

    def birthday(self, key: str) -> str:
        """A date without quotes, of any year, as a text."""
        value = self._typed(key, date, "a date without quotes such as 1960-02-29", None, date.min)
        return value.isoformat()[:10]

    def local_time(self, key: str) -> datetime | None:
        """A shop-local time such as 2026-01-01T09:00:00 (or a date: its midnight), None when missing."""
        value = self._dated(key, "a time without quotes and zone such as 2026-01-01T09:00:00")
        if value is None or isinstance(value, datetime):
            return value
        return datetime(value.year, value.month, value.day)

    def table(self, key: str) -> "Table":
        """A sub-table; an empty one with a fault when it is missing."""
        return Table(self._typed(key, dict, "a table", None, {}), self._below(key), self.faults)

    def tables(self, key: str, most: int | None = None) -> "list[Table]":
        """An array of tables, `most` of them at most; empty when the key is missing."""
        values = self._typed(key, list, f"one or more tables [[{self._below(key)}]]", [], [])
        wrong = [value for value in values if not isinstance(value, dict)]
        if wrong:
            self.fault(key, f"must be tables [[{self._below(key)}]], but {_shown(wrong[0])} is in it")
            return []
        if most is not None and len(values) > most:
            self.fault(key, f"is there {len(values)} times; there must be at most {most} tables [[{self._below(key)}]]")
            return []
        return [Table(value, f"{self._below(key)} {n}", self.faults) for n, value in enumerate(values, 1)]

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _typed(self, key: str, kind: type[T], wanted: str, default: T | None, harmless: T) -> T:
        self.asked.add(key)
        value = self.data.get(key)
        if value is None:
            if default is None:
                self.fault(key, f"is missing; it must be {wanted}")
                return harmless
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, f"must be {wanted}, not {_shown(value)}")
            return harmless
        return value

    def _dated(self, key: str, wanted: str) -> date | None:
        """A date or a shop-local time of a year in which shops are open."""
        self.asked.add(key)
        value = self.data.get(key)
        if value is None:
            return None
        zoned = isinstance(value, datetime) and value.tzinfo is not None
        if zoned or not isinstance(value, date) or value.year not in _YEARS:
            years = f" between {_YEARS[0]} and {_YEARS[-1]}"
            self.fault(key, f"must be {wanted}{years}, not {_shown(value)}")
            return None
        return value

    def _parsed(self, key: str, parse: Callable[[str], T], wanted: str, default: str | None, harmless: T) -> T:
        faults = len(self.faults)
        text = self._typed(key, str, wanted, default, "")
        if len(self.faults) > faults:
            return harmless
        try:
            return parse(text)
        except ValueError as error:
            self.fault(key, f"{error}"[:200] if text else f"is empty; it must be {wanted}")
            return harmless


def _nearest(word: str, words: Iterable[str]) -> str:
    """What was probably meant, as a question; empty where nothing is near."""
    import difflib  # only what is wrong needs it

    near = difflib.get_close_matches(word, words, n=1)
    return f"did you mean '{near[0]}'?" if near else ""
