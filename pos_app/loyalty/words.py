"""Sentences in a language: templates by key, filled with values that stay whole numbers until here.

A template names its values in braces. `{points:точка|точки}` picks the form that the language's plural rule wants
for the number, `{what}` of an `Amount` is set as money, `{when:date}` and `{when:moment}` of a moment as the shop's
calendar has it.
"""

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from pos_app.loyalty import moments
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.money import DECIMALS, Amount, decimal_text

Names = Mapping[str, str]
"""One name in several languages, by language code."""

NARROW_SPACE = "\u202f"


class Words(Formatter):
    """The words of one language. `plural` tells which of a template's forms a number wants."""

    def __init__(
        self, language: str, templates: Mapping[str, str], plural: Callable[[int], int], zone_name: str = "UTC"
    ) -> None:
        self.language = language
        self.zone_name = zone_name
        self._templates = templates
        self._plural = plural

    def say(self, key: str, /, **values: object) -> str:
        """The sentence `key`, filled; KeyError when the catalogue lacks it or a value is missing."""
        return self.vformat(self._templates[key], (), values)

    def knows(self, key: str) -> bool:
        return key in self._templates

    def refusal(self, refusal: Refusal) -> str:
        """Why something cannot be done, as a sentence that can be read aloud."""
        return self.say(f"refused.{refusal.code}", **refusal.values)

    def pick(self, names: Names) -> str:
        """The name in this language, else in English, else in whatever language there is."""
        return names.get(self.language) or names.get("en") or next(iter(names.values()), "")

    def money(self, minor: int, currency: str) -> str:
        """An amount with the currency's sign, as a receipt shows it: 1 234,50 €."""
        text = decimal_text(abs(minor), DECIMALS[currency])
        whole, point, fraction = text.partition(".")
        grouped = f"{int(whole):,}".replace(",", self._templates["number.group"])
        number = grouped + (self._templates["number.decimal"] + fraction if point else "")
        signed = f"-{number}" if minor < 0 else number
        return self.say("number.money", number=signed, sign=self._templates[f"currency.{currency}"])

    def quantity(self, milli: int) -> str:
        """A quantity in thousandths, without zeros that say nothing: 2 or 0,350."""
        whole, rest = divmod(abs(milli), 1000)
        sign = "-" if milli < 0 else ""
        return f"{sign}{whole}" + (f"{self._templates['number.decimal']}{rest:03d}" if rest else "")

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Amount):
            return self.money(value.minor, value.currency)
        if "|" in format_spec:
            forms = format_spec.split("|")
            return forms[min(self._plural(abs(int(value))), len(forms) - 1)]
        if format_spec in ("date", "moment", "time"):
            return self._templates[f"format.{format_spec}"].format(moments.to_local(value, self.zone_name))
        return str(super().format_field(value, format_spec))
