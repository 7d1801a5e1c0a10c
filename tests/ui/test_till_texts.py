"""The catalogues of words: the same sentences in each language, none missing, none that nobody says."""

import ast
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from babel.numbers import format_decimal

from pos_app import texts
from pos_app.loyalty.moments import from_local
from pos_app.loyalty.words import Calendar

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in texts.LANGUAGES if language != "en"]
CATEGORIES = ("zero", "one", "two", "few", "many", "other")


def _values(template: str) -> set[str]:
    """The values that a template names; which of its forms are there may differ from language to language."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _formats(template: str) -> set[str]:
    return {form for _, name, form, _ in Formatter().parse(template) if name is not None and form and "|" not in form}


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_the_same_sentences_with_the_same_values(language: str) -> None:
    here, english = texts.catalogue(language), texts.catalogue("en")

    assert here.keys() ^ english.keys() == set()
    differing = [key for key in english if _values(here[key]) != _values(english[key])]
    differing += [key for key in english if _formats(here[key]) != _formats(english[key])]
    # A date is put together as the language does.
    assert [key for key in differing if not key.startswith("format.")] == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_sentence_is_empty_or_has_spaces_at_its_ends(language: str) -> None:
    wrong = [
        key
        for key, template in texts.catalogue(language).items()
        if key not in ("number.group", "earn.and", "list.between") and (template.strip() != template or not template)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    locale = Locale.parse(language)
    tags = set(locale.plural_form.tags) | {"other"}
    order = [category for category in CATEGORIES if category in tags]
    template = texts.catalogue(language)["earn.other"]
    [forms] = [form.split("|") for _, _, form, _ in Formatter().parse(template) if form and "|" in form]
    assert len(forms) == len(order)

    words = texts.words(language)
    for number in range(201):
        expected = forms[order.index(locale.plural_form(number))]
        assert words.say("earn.other", points=number) == f"{words.number(number)} {expected}"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_choice_of_words_has_a_form_for_each_count(language: str) -> None:
    count = len(set(Locale.parse(language).plural_form.tags) | {"other"})
    wrong = [
        (key, form)
        for key, template in texts.catalogue(language).items()
        for _, _, form, _ in Formatter().parse(template)
        if form and "|" in form and len(form.split("|")) != count
    ]
    assert wrong == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("value", [0, 7, 999, 1000, 12_345, 1_234_567, -5, -1_234_567])
def test_numbers_are_those_of_cldr(language: str, value: int) -> None:
    words = texts.words(language)
    assert words.number(value) == _cldr(format_decimal(value, locale=language, numbering_system="default"), language)
    money = words.money(value * 100, "EUR").removesuffix(f" {words.sign('EUR')}")
    decimal = format_decimal(value, "#,##0.00", locale=language, numbering_system="default")
    assert money == _cldr(decimal, language)


def _cldr(text: str, language: str) -> str:
    """What Babel makes of a number, with the digits that it leaves and the sign for less than nothing."""
    if language == "fa":
        text = text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")).removeprefix("\u200e")
        text = f"\u200e{text}" if text[0] in "-−" else text
    return text.replace("-", "−")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_months_are_those_of_cldr(language: str) -> None:
    """English ones are short; in the others they stand alone."""
    locale, catalogue = Locale.parse(language), texts.catalogue(language)
    names = locale.months["format"]["abbreviated"] if language == "en" else locale.months["stand-alone"]["wide"]
    assert [catalogue[f"month.gregorian.{number}"] for number in range(1, 13)] == [names[n] for n in range(1, 13)]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_which_languages_are_written_from_the_right(language: str) -> None:
    is_from_right = Locale.parse(language).text_direction == "rtl"
    assert is_from_right == (language in texts.FROM_RIGHT) == texts.words(language).from_right


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_number_of_a_card_is_never_grouped(language: str) -> None:
    catalogue = texts.catalogue(language)
    assert {key for key in catalogue if "{card}" in catalogue[key] or "{till}" in catalogue[key]} == set()


@pytest.mark.parametrize(
    ("language", "calendar", "said"),
    [
        ("bg", "gregorian", "19.07.2026 08:05"),
        ("en", "gregorian", "19 Jul 2026 08:05"),
        ("sl", "gregorian", "19.\u00a07.\u00a02026 08:05"),
        ("fa", "gregorian", "۲۰۲۶/۰۷/۱۹ ۰۸:۰۵"),
        ("bg", "jalali", "28.04.1405 08:05"),
        ("en", "jalali", "28 Tir 1405 08:05"),
        ("sl", "jalali", "28.\u00a04.\u00a01405 08:05"),
        ("fa", "jalali", "۱۴۰۵/۰۴/۲۸ ۰۸:۰۵"),
    ],
)
def test_a_moment_as_people_write_it(language: str, calendar: Calendar, said: str) -> None:
    moment = from_local(datetime(2026, 7, 19, 8, 5), "Asia/Tehran")
    words = texts.words(language, "Asia/Tehran", calendar=calendar)
    assert words.say("slip.when", when=moment) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("bg", "1\u00a0234,5 томана"), ("en", "1,234.5 toman"), ("sl", "1.234,5 tomanov"), ("fa", "۱٬۲۳۴٫۵ تومان")],
)
def test_toman_as_people_write_them(language: str, said: str) -> None:
    assert texts.words(language, toman=True).money(12_345, "IRR") == said


def _said() -> tuple[set[str], set[str]]:
    """Keys that the window says whole, and the beginnings of those that it puts together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for text, is_begun in _strings():
        (begun if is_begun else whole).add(text)
    return whole, begun


def _strings() -> Iterator[tuple[str, bool]]:
    for path in sorted((ROOT / "ui" / "till").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                first = node.values[0]
                if isinstance(first, ast.Constant) and str(first.value).startswith("till."):
                    yield str(first.value), True
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say":
                yield from _deed_says(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                yield from [(node.value, False)] if node.value.startswith("till.") else []


def _deed_says(call: ast.Call) -> Iterator[tuple[str, bool]]:
    """`say(tone, key)` of a deed."""
    if len(call.args) == 2 and isinstance(call.args[1], ast.Constant):
        yield "till.say." + str(call.args[1].value), False


def test_every_sentence_that_the_window_says_is_there() -> None:
    whole, begun = _said()
    catalogue = texts.catalogue("en")

    assert {key for key in whole if key not in catalogue} == set()
    assert {start for start in begun if not any(key.startswith(start) for key in catalogue)} == set()


def test_no_sentence_of_the_window_is_there_for_nothing() -> None:
    whole, begun = _said()
    starts = tuple(begun - {"till.", "till.say."})
    unsaid = {
        key
        for key in texts.catalogue("en")
        if key.startswith("till.") and key not in whole and not key.startswith(starts)
    }
    # A search says till.<its name>.title, .prompt and .hint.
    searched = {f"till.{name}.{part}" for name in ("goods", "customer") for part in ("title", "prompt", "hint")}
    assert unsaid - searched == set()
