"""Sentences: whole numbers become money, quantities, dates and the right form of a word."""

from datetime import datetime

import pytest

from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.moments import from_local
from pos_app.loyalty.money import Amount
from pos_app.loyalty.words import Words

TEMPLATES = {
    "number.decimal": ",",
    "number.group": "\u202f",
    "number.money": "{number} {sign}",
    "currency.EUR": "€",
    "currency.IRR": "ريال",
    "format.date": "{0:%d.%m.%Y}",
    "format.moment": "{0:%d.%m.%Y %H:%M}",
    "plain": "Няма.",
    "points": "{points} {points:точка|точки}",
    "three": "{points:one|few|many}",
    "pay": "Плаща се {amount}.",
    "since": "от {since:moment}, {since:date}",
    "braces": "{{{what}}}",
    "refused.card_unknown": "Карта {card} не е позната.",
}


def plural(number: int) -> int:
    return 0 if number == 1 else 1


WORDS = Words("bg", TEMPLATES, plural, "Europe/Sofia")


@pytest.mark.parametrize(("points", "said"), [(1, "1 точка"), (2, "2 точки"), (0, "0 точки"), (-1, "-1 точка")])
def test_a_word_has_the_form_of_its_number(points: int, said: str) -> None:
    assert WORDS.say("points", points=points) == said


def test_a_form_that_is_not_there_is_the_last_one() -> None:
    russian = Words("ru", TEMPLATES, lambda number: min(number, 3))
    assert [russian.say("three", points=number) for number in range(5)] == ["one", "few", "many", "many", "many"]


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (1230, "EUR", "12,30 €"),
        (5, "EUR", "0,05 €"),
        (-5, "EUR", "-0,05 €"),
        (123_456_789, "EUR", "1\u202f234\u202f567,89 €"),
        (100_000, "EUR", "1\u202f000,00 €"),
        (99_999, "EUR", "999,99 €"),
        (0, "EUR", "0,00 €"),
        (2_000_000, "IRR", "2\u202f000\u202f000 ريال"),
    ],
)
def test_money_as_a_receipt_shows_it(minor: int, currency: str, said: str) -> None:
    assert WORDS.money(minor, currency) == said
    assert WORDS.say("pay", amount=Amount(minor, currency)) == f"Плаща се {said}."


@pytest.mark.parametrize(("milli", "said"), [(2000, "2"), (350, "0,350"), (1500, "1,500"), (-350, "-0,350"), (0, "0")])
def test_a_quantity_without_zeros_that_say_nothing(milli: int, said: str) -> None:
    assert WORDS.quantity(milli) == said


def test_a_moment_is_on_the_shops_clock() -> None:
    new_year = from_local(datetime(2026, 1, 1), "Europe/Sofia")
    assert WORDS.say("since", since=new_year) == "от 01.01.2026 00:00, 01.01.2026"
    assert Words("bg", TEMPLATES, plural).say("since", since=new_year) == "от 31.12.2025 22:00, 31.12.2025"


@pytest.mark.parametrize("name", ["{points}", "{0.__class__}", "{", "}", "%s", "{what!r}", "Хляб {1}"])
def test_a_name_with_braces_is_a_name(name: str) -> None:
    assert WORDS.say("braces", what=name) == f"{{{name}}}"
    assert WORDS.say("points", points=name) == f"{name} {name}"


def test_what_the_catalogue_or_the_caller_lacks_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        WORDS.say("nothing")
    with pytest.raises(KeyError):
        WORDS.say("points")
    assert WORDS.knows("plain")
    assert not WORDS.knows("nothing")


def test_a_refusal_is_a_sentence() -> None:
    assert WORDS.refusal(Refusal("card_unknown", card=2_900_000_000_018)) == "Карта 2900000000018 не е позната."


@pytest.mark.parametrize(
    ("names", "picked"),
    [
        ({"bg": "хляб", "en": "bread"}, "хляб"),
        ({"en": "bread", "fa": "نان"}, "bread"),
        ({"fa": "نان"}, "نان"),
        ({"bg": "", "en": "bread"}, "bread"),
        ({}, ""),
    ],
)
def test_the_name_in_the_language_or_the_nearest(names: dict[str, str], picked: str) -> None:
    assert WORDS.pick(names) == picked
