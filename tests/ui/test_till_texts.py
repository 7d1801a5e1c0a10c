"""The catalogues of words: the same sentences in each language, none missing, none that nobody says."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale

from pos_app import texts

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
    differing += [key for key in english if "format." not in key and _formats(here[key]) != _formats(english[key])]
    assert differing == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_sentence_is_empty_or_has_spaces_at_its_ends(language: str) -> None:
    wrong = [
        key
        for key, template in texts.catalogue(language).items()
        if key not in ("number.group", "earn.and") and (template.strip() != template or not template)
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
        assert words.say("earn.other", points=number) == f"{number} {expected}"


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
