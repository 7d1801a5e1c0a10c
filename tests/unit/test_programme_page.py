"""The page on programme files tells every key that the reader asks for, no other one, and examples that can be used."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from pos_app import shipped
from pos_app.loyalty import programme_file
from pos_app.loyalty.programme import LANGUAGES
from pos_app.loyalty.tables import Table

PAGE = (Path(__file__).parents[2] / "docs" / "programme-files.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SMALLEST, *EXAMPLES = BLOCKS
NAMED_BY_THE_READER = {"version.benefit.percent", "version.benefit.plans"}
"""Tables whose keys are the tiers and plans of a programme."""


def sections() -> dict[str, dict[str, str]]:
    """The tables of keys on the page: key and example, by the table of the file that they stand in."""
    found: dict[str, dict[str, str]] = {}
    for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE):
        table = "" if title == "The top of the file" else title.strip("`[]")
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| `(.+)` \|$", body, re.MULTILINE)
        if rows:
            found[table] = dict(rows)
            assert len(rows) == len(found[table]), f"a key of {table} is told twice"
    return found


SECTIONS = sections()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The keys that the reader has asked for so far, by table."""
    found: dict[str, set[str]] = defaultdict(set)
    close = Table.close

    def remember(table: Table) -> None:
        found[re.sub(r" \d+", "", table.path)] |= table.asked
        close(table)

    monkeypatch.setattr(Table, "close", remember)
    return found


def read(text: str) -> None:
    programme_file.decode(text.encode(), "page")


def test_the_page_and_the_reader_know_the_same_keys(asked: dict[str, set[str]]) -> None:
    read(SMALLEST)
    for example in EXAMPLES:
        read(SMALLEST + example)
    for name in shipped.SHIPPED:
        programme_file.decode(shipped.content(name), name)
    names = {table for table, keys in asked.items() if keys == set(LANGUAGES)}
    known = {table: keys for table, keys in asked.items() if table not in names | NAMED_BY_THE_READER}

    assert {table: set(keys) for table, keys in SECTIONS.items()} == known


def test_every_table_in_several_languages_is_a_key_of_the_page(asked: dict[str, set[str]]) -> None:
    for name in shipped.SHIPPED:
        programme_file.decode(shipped.content(name), name)
    for path in [path for path, keys in asked.items() if keys == set(LANGUAGES)]:
        table, _, key = path.rpartition(".")
        assert key in SECTIONS[table], path


@pytest.mark.parametrize(
    ("table", "key", "example"),
    [(table, key, example) for table, rows in SECTIONS.items() for key, example in rows.items()],
)
def test_every_key_has_an_example_of_itself(table: str, key: str, example: str) -> None:
    assert list(tomllib.loads(example)) == [key]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.sub(r"[\[\]]", "", text.split("\n")[0]))
def test_every_example_of_the_page_can_be_put_under_the_smallest_programme(example: str) -> None:
    read(SMALLEST + example)


@pytest.mark.parametrize("table", [table for table in SECTIONS if table])
def test_every_link_leads_to_a_section(table: str) -> None:
    parent, _, key = table.rpartition(".")
    assert f"(#{table.replace('.', '')})" in PAGE, f"{key} is not linked from {parent or 'the top'}"


def test_every_link_of_the_page_has_its_section() -> None:
    anchors = {table.replace(".", "") for table in SECTIONS}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
