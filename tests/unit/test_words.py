"""Sentences: whole numbers become money, quantities, dates and the right form of a word."""

from datetime import datetime

import pytest

from pos_app import texts
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.moments import from_local
from pos_app.loyalty.money import Amount
from pos_app.loyalty.words import Words

TEMPLATES = {
    "number.digits": "0123456789",
    "number.minus": "−",
    "number.plus": "+",
    "number.decimal": ",",
    "number.group": "\u202f",
    "number.money": "{number} {sign}",
    "list.between": " · ",
    "currency.EUR": "€",
    "currency.IRR": "ريال",
    "currency.toman": "تومان",
    "format.date": "{day:02}.{month:02}.{year}",
    "format.moment": "{day} {month_name} {year} {hour:02}:{minute:02}",
    **{f"month.gregorian.{number}": name for number, name in ((1, "януари"), (3, "март"), (12, "декември"))},
    **{f"month.jalali.{number}": name for number, name in ((1, "фарвардин"), (10, "дей"), (12, "есфанд"))},
    "plain": "Няма.",
    "points": "{points} {points:точка|точки}",
    "three": "{points:one|few|many}",
    "pay": "Плаща се {amount}.",
    "since": "от {since:moment}, {since:date}",
    "braces": "{{{what}}}",
    "many": "{points} {points:точка|точки}",
    "coded": "Карта {card:code}, {what}",
    "refused.card_unknown": "Карта {card:code} не е позната.",
}


def plural(number: int) -> int:
    return 0 if number == 1 else 1


WORDS = Words("bg", TEMPLATES, plural, "Europe/Sofia")


@pytest.mark.parametrize(
    ("points", "said"), [(1, "1 точка"), (2, "2 точки"), (0, "0 точки"), (-1, "−1 точка"), (12345, "12\u202f345 точки")]
)
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
        (-5, "EUR", "−0,05 €"),
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


@pytest.mark.parametrize(
    ("milli", "said"),
    [(2000, "2"), (350, "0,350"), (1500, "1,500"), (1_234_500, "1\u202f234,500"), (-350, "−0,350"), (0, "0")],
)
def test_a_quantity_without_zeros_that_say_nothing(milli: int, said: str) -> None:
    assert WORDS.quantity(milli) == said


def test_a_moment_is_on_the_shops_clock() -> None:
    new_year = from_local(datetime(2026, 1, 1), "Europe/Sofia")
    assert WORDS.say("since", since=new_year) == "от 1 януари 2026 00:00, 01.01.2026"
    assert Words("bg", TEMPLATES, plural).say("since", since=new_year) == "от 31 декември 2025 22:00, 31.12.2025"


@pytest.mark.parametrize(
    ("local", "said"),
    [
        ("2026-03-20T23:59", "от 29 есфанд 1404 23:59, 29.12.1404"),
        ("2026-03-21T00:00", "от 1 фарвардин 1405 00:00, 01.01.1405"),
        ("2025-03-20T12:00", "от 30 есфанд 1403 12:00, 30.12.1403"),
        ("2026-01-01T08:05", "от 11 дей 1404 08:05, 11.10.1404"),
    ],
)
def test_a_moment_is_on_the_shops_calendar(local: str, said: str) -> None:
    words = Words("bg", TEMPLATES, plural, "Asia/Tehran", calendar="jalali")
    assert words.say("since", since=from_local(datetime.fromisoformat(local), "Asia/Tehran")) == said


@pytest.mark.parametrize(
    ("rial", "said"),
    [
        (2_000_000, "200\u202f000 تومان"),
        (10, "1 تومان"),
        (5, "0,5 تومان"),
        (12_345, "1\u202f234,5 تومان"),
        (-12_345, "−1\u202f234,5 تومان"),
        (0, "0 تومان"),
    ],
)
def test_ten_rial_are_a_toman(rial: int, said: str) -> None:
    words = Words("bg", TEMPLATES, plural, toman=True)
    assert words.money(rial, "IRR") == said
    assert words.money(1230, "EUR") == "12,30 €"
    assert (words.sign("IRR"), words.decimals("IRR"), words.sign("EUR"), words.decimals("EUR")) == ("تومان", 1, "€", 2)
    assert (WORDS.sign("IRR"), WORDS.decimals("IRR")) == ("ريال", 0)


def test_a_number_with_its_sign() -> None:
    assert [WORDS.signed(number) for number in (38, -1250, 0)] == ["+38", "−1\u202f250", "0"]


def test_digits_are_the_languages_but_for_codes() -> None:
    words = Words("fa", TEMPLATES | {"number.digits": "۰۱۲۳۴۵۶۷۸۹", "number.group": "٬"}, plural)
    assert words.say("coded", card=2_900_000_000_018, what="S01") == "Карта 2900000000018, S01"
    assert words.number(-1_234_567_890) == "−۱٬۲۳۴٬۵۶۷٬۸۹۰"
    assert words.money(1230, "EUR") == "۱۲,۳۰ €"
    assert words.quantity(350) == "۰,۳۵۰"
    assert words.say("since", since=0) == "от ۱ януари ۱۹۷۰ ۰۰:۰۰, ۰۱.۰۱.۱۹۷۰"


def test_things_in_a_row() -> None:
    assert WORDS.joined(["Мария", "№ 5"]) == "Мария · № 5"
    words = Words("fa", TEMPLATES | {"list.between": "، "}, plural, from_right=True)
    assert words.joined(["Maria", "رسید"]) == "\u200f\u2068Maria\u2069، \u2068رسید\u2069"


def test_a_name_keeps_its_direction_to_itself() -> None:
    words = Words("fa", TEMPLATES, plural, from_right=True)
    assert words.say("coded", card=1, what="Milk 3,6 %") == "Карта 1, \u2068Milk 3,6 %\u2069"
    assert words.say("pay", amount=Amount(5, "EUR")) == "Плаща се 0,05 €."


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


@pytest.mark.parametrize("language", ["bg", "en", "sl"])
def test_a_name_from_the_right_does_not_pull_the_numbers_beside_it(language: str) -> None:
    said = texts.words(language).say("refused.not_on_board", item="ارده ۳۰۰ گرمی")
    assert "\u2068ارده ۳۰۰ گرمی\u2069" in said
    assert "\u2068" not in texts.words(language).say("refused.not_on_board", item="Хляб")
