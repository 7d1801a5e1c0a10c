"""Sentences in a language: templates by key, filled with values that stay whole numbers until here.

A template names its values in braces. `{points:точка|точки}` picks the form that the language's plural rule wants
for the number, `{what}` of an `Amount` is set as money, `{when:date}` and `{when:moment}` of a moment as the shop's
calendar has it.
"""

from collections.abc import Callable, Mapping
from string import Formatter

from pos_app.loyalty import moments
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import DECIMALS, Amount

Names = Mapping[str, str]
"""One name in several languages, by language code."""

_Piece = tuple[str, str, str]


class Words:
    """The words of one language. `plural` tells which of a template's forms a number wants."""

    def __init__(
        self, language: str, templates: Mapping[str, str], plural: Callable[[int], int], zone_name: str = "UTC"
    ) -> None:
        self.language = language
        self.zone_name = zone_name
        self._templates = templates
        self._plural = plural
        self._pieces: dict[str, list[_Piece]] = {}
        self._currencies: dict[str, tuple[int, int, str]] = {}

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
                said.append(value if type(value) is str else self._set(value, form))
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

    def money(self, minor: int, currency: str) -> str:
        """An amount with the currency's sign, as a receipt shows it: 1 234,50 €."""
        unit, decimals, pattern = self._currencies.get(currency) or self._currency(currency)
        whole, fraction = divmod(abs(minor), unit)
        number = f"{whole:,}".replace(",", self._templates["number.group"]) if whole > 999 else str(whole)
        if decimals:
            number = f"{number}{self._templates['number.decimal']}{str(fraction).rjust(decimals, '0')}"
        return pattern.replace("#", f"-{number}" if minor < 0 else number)

    def _currency(self, currency: str) -> tuple[int, int, str]:
        """Minor units in one unit, decimals, and where the number stands by the sign."""
        decimals = DECIMALS[currency]
        pattern = self._templates["number.money"].format(number="#", sign=self._templates[f"currency.{currency}"])
        self._currencies[currency] = 10**decimals, decimals, pattern
        return self._currencies[currency]

    def quantity(self, milli: int) -> str:
        """A quantity in thousandths, without zeros that say nothing: 2 or 0,350."""
        whole, rest = divmod(abs(milli), 1000)
        sign = "-" if milli < 0 else ""
        return f"{sign}{whole}" + (f"{self._templates['number.decimal']}{rest:03d}" if rest else "")

    def _set(self, value: object, form: str) -> str:
        if isinstance(value, Amount):
            return self.money(value.minor, value.currency)
        if not form:
            return str(value)
        assert isinstance(value, int), f"{form} is a form of whole numbers"
        if "|" in form:
            forms = form.split("|")
            return forms[min(self._plural(abs(value)), len(forms) - 1)]
        return self._templates[f"format.{form}"].format(moments.to_local(value, self.zone_name))
