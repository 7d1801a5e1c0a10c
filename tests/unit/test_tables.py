"""Whoever writes a file is told all that is wrong in it: table, key, what was found, what would be right."""

# ruff: noqa: E501 -- a sentence stands whole on its line

from collections.abc import Callable
from datetime import date, datetime

import pytest

from pos_app.loyalty import tables
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio
from pos_app.loyalty.tables import Table


def table(text: str) -> Table:
    return tables.read(text.encode(), "x.toml")


def faults(text: str, read: Callable[[Table], object]) -> list[str]:
    """What a reader is told who reads `text` by `read`."""
    found = table(text)
    read(found)
    found.close()
    return found.faults


def test_what_is_right_is_read() -> None:
    found = table(
        """
        text = "КООП"
        flag = true
        whole = 7
        choice = "b"
        texts = ["one", "two"]
        name.bg = "хляб"
        name.en = "bread"
        amount = "12.30"
        rial = "500000"
        pieces = 2
        weight = "0.350"
        ratio = "1.95583"
        duration = "6 months"
        day = 2026-01-01
        time = 2026-01-01T09:00:00
        [below]
        text = "deep"
        [[row]]
        text = "first"
        [[row]]
        text = "second"
        """
    )
    assert found.text("text") == "КООП"
    assert found.flag("flag") is True
    assert found.whole("whole") == 7
    assert found.choice("choice", ("a", "b")) == "b"
    assert found.texts("texts") == ("one", "two")
    assert found.names("name", ("bg", "en")) == {"bg": "хляб", "en": "bread"}
    assert found.amount("amount", "EUR") == 1230
    assert found.amount("rial", "IRR") == 500_000
    assert found.quantity("pieces") == 2000
    assert found.quantity("weight") == 350
    assert found.ratio("ratio") == Ratio(195_583, 100_000)
    assert found.duration("duration") == Duration(months=6)
    assert found.day("day") == date(2026, 1, 1)
    assert found.local_time("time") == datetime(2026, 1, 1, 9)
    assert found.local_time("day") == datetime(2026, 1, 1)
    assert found.table("below").text("text") == "deep"
    assert [row.text("text") for row in found.tables("row")] == ["first", "second"]
    found.close()
    found.check("x.toml")


def test_what_is_left_out_has_its_default() -> None:
    found = table("")
    assert found.text("text", "so") == "so"
    assert found.flag("flag", True) is True
    assert found.whole("whole", 5) == 5
    assert found.choice("choice", ("a", "b"), "b") == "b"
    assert found.amount("amount", "EUR", "0.50") == 50
    assert found.quantity("quantity", "1") == 1000
    assert found.duration("duration", "0 hours") == Duration()
    assert found.texts("texts") == ()
    assert found.tables("rows") == []
    assert found.day("day") is None
    assert found.local_time("time") is None
    found.close()
    found.check("x.toml")


@pytest.mark.parametrize(
    ("text", "read", "sentence"),
    [
        ("", lambda t: t.text("a"), "key 'a': is missing; it must be a text in quotes"),
        ("a = 1", lambda t: t.text("a"), "key 'a': must be a text in quotes, not 1"),
        ("a = true", lambda t: t.text("a"), "key 'a': must be a text in quotes, not true"),
        ("a = ''", lambda t: t.name("a"), "key 'a': is empty; it must be a name in quotes"),
        ("a = 'yes'", lambda t: t.flag("a"), "key 'a': must be true or false, not 'yes'"),
        ("a = 1", lambda t: t.flag("a"), "key 'a': must be true or false, not 1"),
        ("a = '7'", lambda t: t.whole("a"), "key 'a': must be a whole number, not '7'"),
        ("a = true", lambda t: t.whole("a"), "key 'a': must be a whole number, not true"),
        ("a = 7.5", lambda t: t.whole("a"), "key 'a': must be a whole number, not 7.5"),
        ("a = 11", lambda t: t.whole("a", most=10), "key 'a': 11 is not a whole number from 0 to 10"),
        ("a = 'grren'", lambda t: t.choice("a", ("green", "red")), "key 'a': 'grren' is not possible; did you mean 'green'?"),
        ("a = 'x'", lambda t: t.choice("a", ("green", "red")), "key 'a': 'x' is not possible; possible: green, red"),
        ("", lambda t: t.choice("a", ("green", "red")), "key 'a': is missing; it must be one of green, red"),
        ("a = 'one'", lambda t: t.texts("a"), """key 'a': must be a list of texts such as ["one", "two"], not 'one'"""),
        ("a = [1]", lambda t: t.texts("a"), """key 'a': must be a list of texts such as ["one", "two"], but 1 is in it"""),
        ("a = 0.5", lambda t: t.amount("a", "EUR"), """key 'a': must be a text in quotes such as "12.30" (EUR), not 0.5"""),
        ("a = ''", lambda t: t.amount("a", "IRR"), """key 'a': is empty; it must be a text in quotes such as "1230" (IRR)"""),
        ("a = 'x'", lambda t: t.amount("a", "EUR"), "key 'a': 'x' is not a decimal number such as 12.30"),
        ("a = '0.001'", lambda t: t.amount("a", "EUR"), "key 'a': '0.001' has more than 2 decimals"),
        ("a = '0'", lambda t: t.amount("a", "EUR", least=1), """key 'a': '0' is too little; it must be "0.01" or more"""),
        ("a = '-1'", lambda t: t.quantity("a"), "key 'a': '-1' is not possible; it must be from 0.001 to 1000000"),
        ("a = '0.0001'", lambda t: t.quantity("a"), "key 'a': '0.0001' has more than 3 decimals"),
        ("a = 0", lambda t: t.quantity("a"), "key 'a': 0 is not a whole number from 1 to 1000000"),
        ("a = 1.5", lambda t: t.quantity("a"), """key 'a': must be a whole number or a text in quotes such as "0.350", not 1.5"""),
        ("a = '0'", lambda t: t.ratio("a"), "key 'a': '0' is not above zero"),
        ("a = ''", lambda t: t.ratio("a"), """key 'a': is empty; it must be a text in quotes such as "1.95583\""""),
        ("a = '6 moons'", lambda t: t.duration("a"), "key 'a': '6 moons' is not a duration such as '24 hours', '1 day' or '6 months'"),
        ("a = '200 years'", lambda t: t.duration("a"), "key 'a': '200 years' is longer than 100 years"),
        ("a = '0 days'", lambda t: t.duration("a", some=True), "key 'a': '0 days' is no time at all; it must be longer"),
        ("a = '2026-01-01'", lambda t: t.day("a"), "key 'a': must be a date without quotes such as 2026-01-01 between 1970 and 2999, not '2026-01-01'"),
        ("a = 2026-01-01T09:00:00", lambda t: t.day("a"), "key 'a': must be a date without a time such as 2026-01-01, not 2026-01-01 09:00:00"),
        ("a = 9999-12-31", lambda t: t.day("a"), "key 'a': must be a date without quotes such as 2026-01-01 between 1970 and 2999, not 9999-12-31"),
        ("a = 09:00:00", lambda t: t.local_time("a"), "key 'a': must be a time without quotes and zone such as 2026-01-01T09:00:00 between 1970 and 2999, not 09:00:00"),
        ("a = 2026-01-01T09:00:00Z", lambda t: t.local_time("a"), "key 'a': must be a time without quotes and zone such as 2026-01-01T09:00:00 between 1970 and 2999, not 2026-01-01 09:00:00+00:00"),
        ("", lambda t: t.table("a"), "key 'a': is missing; it must be a table"),
        ("a = []", lambda t: t.table("a"), "key 'a': must be a table, not a list"),
        ("a = {}", lambda t: t.tables("a"), "key 'a': must be one or more tables [[a]], not a table"),
        ("a = [1]", lambda t: t.tables("a"), "key 'a': must be tables [[a]], but 1 is in it"),
        ("a.b = 1", lambda t: t.table("a").text("b"), "table [a], key 'b': must be a text in quotes, not 1"),
        ("[[a]]\n[[a]]\nb = 1", lambda t: [row.text("b", "") for row in t.tables("a")], "table [a 2], key 'b': must be a text in quotes, not 1"),
        ("", lambda t: t.names("a", ("bg", "en")), 'key \'a\': is missing; there must be a.en = "..."'),
        ("a.bg = 'x'", lambda t: t.names("a", ("bg", "en")), "table [a], key 'en': is missing; it must be a text in quotes"),
        ("nmae = 1", lambda t: t.text("name", ""), "key 'nmae': is not known; did you mean 'name'?"),
        ("zzz = 1", lambda t: t.text("name", ""), "key 'zzz': is not known; possible here: name"),
        (f"a = '{'x' * 99}'", lambda t: t.whole("a"), f"key 'a': must be a whole number, not '{'x' * 40}…'"),
        (f"a = 0x{'f' * 9999}", lambda t: t.whole("a"), "key 'a': a huge number is not a whole number from 0 to 1000000000000"),
        ("a = nan", lambda t: t.whole("a"), "key 'a': must be a whole number, not nan"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, read: Callable[[Table], object], sentence: str) -> None:
    assert faults(text, read) == [sentence]


def test_the_mark_that_some_editors_put_first_is_no_fault() -> None:
    assert tables.read(b"\xef\xbb\xbfa = 1", "x.toml").data == {"a": 1}


def test_everything_wrong_is_said_at_once() -> None:
    found = table("a = 1\nb = 'x'\n[c]\nd = 2\n")
    found.text("a")
    found.whole("b")
    found.table("c").text("d")
    with pytest.raises(FileFault) as caught:
        found.check("shop.toml")
    assert caught.value.file == "shop.toml"
    assert len(caught.value.faults) == 3
    assert str(caught.value).splitlines() == [f"shop.toml: {fault}" for fault in caught.value.faults]


def test_more_faults_than_anybody_reads_are_counted() -> None:
    found = table("\n".join(f"key{number} = 1" for number in range(1000)))
    found.close()
    with pytest.raises(FileFault) as caught:
        found.check("x.toml")
    assert caught.value.faults[-1] == "and 950 more faults"
    assert len(caught.value.faults) == 51


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff", "is not UTF-8 text (byte 0); save it as UTF-8"),
        ("a = 'é'".encode("cp1250"), "is not UTF-8 text (byte 5); save it as UTF-8"),
        (b"a = ", "is not TOML: Invalid value (at end of document)"),
        (b"a = 1\na = 2", "is not TOML: Cannot overwrite a value"),
        (b"a = 2026-02-30", "is not TOML: Invalid date or datetime (at line 1, column 5)"),
        (b"a = " + b"9" * 5000, "is not TOML: Exceeds the limit (4300 digits)"),
        (b"a = " + b"[" * 50_000, "is not TOML that can be read: tables or lists lie too deep in each other"),
        (b"a = " + b"{a=" * 50_000, "is not TOML that can be read: tables or lists lie too deep in each other"),
        (b"#" * 200_001, "has more than 200000 bytes; nobody writes so much by hand"),
        (b"\n# ....\na" + b".a" * 51 + b" = 1", "line 3 has more than 50 dots; a name has few parts"),
    ],
)
def test_what_cannot_be_read_at_all_is_said(content: bytes, sentence: str) -> None:
    with pytest.raises(FileFault) as caught:
        tables.read(content, "x.toml")
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(sentence)
