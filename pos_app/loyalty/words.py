"""Sentences in a language: templates by key, filled with values that stay whole numbers until here.

A template names its values in braces. `{points}` of a number is set in the language's digits and grouped, but
`{card:code}` as it stands on the card. `{points:точка|точки}` picks the form that the language's plural rule wants
for the number, `{what}` of an `Amount` is set as money, `{when:date}` and `{when:moment}` of a moment as the shop's
calendar has it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Literal, NamedTuple

from pos_app.loyalty import jalali, moments
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import DECIMALS, Amount

Calendar = Literal["gregorian", "jalali"]
Names = Mapping[str, str]
"""One name in several languages, by language code."""

_DIGITS = "0123456789"
_FROM_RIGHT_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")
_ISOLATE, _END = "\u2068", "\u2069"
"""Around a name or a code, whose own direction is then nobody else's in the sentence."""
_FROM_RIGHT = "\u200f"
"""Before what begins with such a name, and still is read from the right."""

_Piece = tuple[str, str, str]


class _Money(NamedTuple):
    """How a currency is set: minor units in what is shown as one, decimals, even of none, the place of the sign."""

    unit: int
    decimals: int
    always: bool
    pattern: str


class Words:
    """The words of one language. `plural` tells which of a template's forms a number wants.

    Dates are those of `calendar` on the clock of `zone_name`; with `toman` ten rial are shown, and typed, as one toman.
    `from_right` is whether the language is written from right to left.
    """

    def __init__(
        self,
        language: str,
        templates: Mapping[str, str],
        plural: Callable[[int], int],
        zone_name: str = "UTC",
        *,
        calendar: Calendar = "gregorian",
        toman: bool = False,
        from_right: bool = False,
    ) -> None:
        self.language = language
        self.from_right = from_right
        self.zone_name = zone_name
        self.calendar = calendar
        self.toman = toman
        self._templates = templates
        self._plural = plural
        self._group, self._minus = templates["number.group"], templates["number.minus"]
        digits = templates["number.digits"]
        self._digits = None if digits == _DIGITS else str.maketrans(_DIGITS, digits)
        self._pieces: dict[str, list[_Piece]] = {}
        self._moneys: dict[str, _Money] = {}

    def say(self, key: str, /, **values: object) -> str:
        """The sentence `key`, filled; KeyError when the catalogue lacks it or a value is missing."""
        pieces = self._pieces.get(key)
        if pieces is None:
            pieces = self._pieces[key] = self._parse(key)
        said = []
        for text, name, form in pieces:
            if text:
                said.append(text)
            if name:
                value = values[name]
                if type(value) is not str:
                    said.append(self._set(value, form))
                else:
                    said.append(self._isolated(value))
        return "".join(said)

    def _parse(self, key: str) -> list[_Piece]:
        """A template cut at its values, once: text, name of the value behind it, form of that."""
        parsed = Formatter().parse(self._templates[key])
        return [(text, name or "", form or "") for text, name, form, _ in parsed]

    def knows(self, key: str) -> bool:
        return key in self._templates

    def refusal(self, refusal: Refusal) -> str:
        """Why something cannot be done, as a sentence that can be read aloud."""
        return self.say(f"refused.{refusal.code}", **dict(refusal.values))

    def pick(self, names: Names) -> str:
        """The name in this language, else in English, else in whatever language there is."""
        return names.get(self.language) or names.get("en") or next(iter(names.values()), "")

    def joined(self, parts: Sequence[str]) -> str:
        """Several things in a row, set apart as the language does."""
        text = self._templates["list.between"].join(self._isolated(part) for part in parts)
        return f"{_FROM_RIGHT}{text}" if self.from_right else text

    def number(self, value: int) -> str:
        """A whole number as the language writes it: 12 450, ۱۲٬۴۵۰ or −250."""
        text = self._in_digits(self._grouped(abs(value)))
        return f"{self._minus}{text}" if value < 0 else text

    def signed(self, value: int) -> str:
        """The same for what is added or taken away: +38, −250, 0."""
        return f"{self._templates['number.plus']}{self.number(value)}" if value > 0 else self.number(value)

    def money(self, minor: int, currency: str) -> str:
        """An amount with the currency's sign, as a receipt shows it: 1 234,50 €."""
        unit, decimals, always, pattern = self._moneys.get(currency) or self._money(currency)
        whole, fraction = divmod(abs(minor), unit)
        number = self._grouped(whole)
        if fraction or always:
            number = f"{number}{self._templates['number.decimal']}{str(fraction).rjust(decimals, '0')}"
        number = self._in_digits(number)
        return pattern.replace("#", f"{self._minus}{number}" if minor < 0 else number)

    def sign(self, currency: str) -> str:
        """What stands beside a sum of this currency: €, or toman."""
        return self._templates[f"currency.{'toman' if self._in_toman(currency) else currency}"]

    def decimals(self, currency: str) -> int:
        """With how many decimals a sum is typed: so many minor units are shown as one."""
        return 1 if self._in_toman(currency) else DECIMALS[currency]

    def _in_toman(self, currency: str) -> bool:
        return self.toman and currency == "IRR"

    def _money(self, currency: str) -> _Money:
        decimals = self.decimals(currency)
        pattern = self._templates["number.money"].format(number="#", sign=self.sign(currency))
        self._moneys[currency] = _Money(10**decimals, decimals, DECIMALS[currency] > 0, pattern)
        return self._moneys[currency]

    def quantity(self, milli: int) -> str:
        """A quantity in thousandths, without zeros that say nothing: 2 or 0,350."""
        whole, rest = divmod(abs(milli), 1000)
        text = self._grouped(whole) + (f"{self._templates['number.decimal']}{rest:03d}" if rest else "")
        return (self._minus if milli < 0 else "") + self._in_digits(text)

    def _isolated(self, text: str) -> str:
        """A part of a sentence, kept apart where right and left could mix."""
        apart = self.from_right or not (text.isascii() or _FROM_RIGHT_LETTER.search(text) is None)
        return f"{_ISOLATE}{text}{_END}" if apart else text

    def _grouped(self, value: int) -> str:
        return f"{value:,}".replace(",", self._group) if value > 999 else str(value)

    def _in_digits(self, text: str) -> str:
        return text if self._digits is None else text.translate(self._digits)

    def _set(self, value: object, form: str) -> str:
        if isinstance(value, Amount):
            return self.money(value.minor, value.currency)
        if not form:
            return self.number(value) if isinstance(value, int) else str(value)
        assert isinstance(value, int), f"{form} is a form of whole numbers"
        if form == "code":
            return str(value)
        if "|" in form:
            forms = form.split("|")
            return forms[min(self._plural(abs(value)), len(forms) - 1)]
        return self._moment(value, form)

    def _moment(self, moment: int, form: str) -> str:
        local = moments.to_local(moment, self.zone_name)
        year, month, day = local.year, local.month, local.day
        if self.calendar == "jalali":
            year, month, day = jalali.of_ordinal(local.toordinal())
        text = self._templates[f"format.{form}"].format(
            year=year,
            month=month,
            month_name=self._templates[f"month.{self.calendar}.{month}"],
            day=day,
            hour=local.hour,
            minute=local.minute,
        )
        return self._in_digits(text)
