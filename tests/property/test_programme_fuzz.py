"""Nothing that a file can hold makes the reading of a programme, or of any table, raise anything but FileFault."""

from datetime import UTC, date, datetime, time
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import facts, programme_file, tables
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.tables import Table

SHIPPED = files("pos_app.programmes").joinpath("coop-bg.toml").read_bytes()
LINES = SHIPPED.split(b"\n")


def survives(content: bytes) -> None:
    """Either a programme comes of it, or sentences that a person can read."""
    try:
        read = programme_file.decode(content, "x.toml")
    except FileFault as fault:
        can_be_read(fault)
    else:
        assert read.versions
        assert read.kinds


def can_be_read(fault: FileFault) -> None:
    assert 0 < len(fault.faults) < 60
    assert all(5 < len(sentence) < 600 for sentence in fault.faults)


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    survives(content)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    survives(text.encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(SHIPPED)))
def test_a_file_that_was_cut(length: int) -> None:
    survives(SHIPPED[:length])


@given(st.lists(st.tuples(st.integers(0, len(SHIPPED) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_file_with_wrong_bytes(wrong: list[tuple[int, int]]) -> None:
    content = bytearray(SHIPPED)
    for place, byte in wrong:
        content[place] = byte
    survives(bytes(content))


@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1)), min_size=1, max_size=6))
def test_a_file_whose_lines_were_mixed_up(pairs: list[tuple[int, int]]) -> None:
    lines = list(LINES)
    for one, other in pairs:
        lines[one], lines[other] = lines[other], lines[one]
    survives(b"\n".join(lines))


VALUES = st.recursive(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["", "6 months", "0 days", "1.95583", "0.50", "-1", "Europe/Sofia", "client", "EUR", "9" * 30]),
        st.booleans(),
        st.integers(),
        st.sampled_from([0, 1, -1, 10**30, -(10**400), 10**4200]),
        st.floats(),
        st.dates(),
        st.datetimes(),
        st.just(datetime(2026, 1, 1, tzinfo=UTC)),
        st.sampled_from([date.min, date.max, datetime.min, datetime.max, time(9)]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def places(data: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a file at which there is a value."""
    found = [path] if path else []
    if isinstance(data, dict):
        return found + [place for key, value in data.items() for place in places(value, (*path, key))]
    if isinstance(data, list):
        return found + [place for index, value in enumerate(data) for place in places(value, (*path, index))]
    return found


@given(st.data())
def test_any_value_of_any_type_anywhere(data: st.DataObject) -> None:
    whole = tables.read(SHIPPED, "x.toml").data
    for place in data.draw(st.lists(st.sampled_from(places(whole)), min_size=1, max_size=4)):
        inner: Any = whole
        try:
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = data.draw(VALUES)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier value took the place of the table that it was in
    table = Table(whole)
    programme_file.of_table(table, "pack")
    try:
        table.check("x.toml")
    except FileFault as fault:
        can_be_read(fault)


KEYS = st.sampled_from(["a", "b", "c", "aa"])


@given(st.dictionaries(KEYS, VALUES), KEYS)
def test_any_value_under_any_reading(data: dict[str, Any], key: str) -> None:
    readings = (
        lambda table: table.text(key),
        lambda table: table.name(key),
        lambda table: table.flag(key),
        lambda table: table.whole(key),
        lambda table: table.choice(key, ("one", "two")),
        lambda table: table.texts(key),
        lambda table: table.names(key, ("bg", "en")),
        lambda table: table.amount(key, "EUR"),
        lambda table: table.amount(key, "IRR", "5", least=1),
        lambda table: table.quantity(key, "1"),
        lambda table: table.ratio(key),
        lambda table: table.duration(key, "1 day", some=True),
        lambda table: table.day(key),
        lambda table: table.local_time(key),
        lambda table: table.table(key).close(),
        lambda table: [row.close() for row in table.tables(key)],
    )
    for reading in readings:
        table = Table(dict(data), "path")
        reading(table)
        table.close()
        assert all("table [path" in fault for fault in table.faults)


@pytest.mark.parametrize(
    "content",
    [
        b"a" + b".a" * 90_000 + b" = 1",
        b"[a" + b".a" * 90_000 + b"]",
        b"\n".join(b"a" * n + b".a" * 50 + b" = 1" for n in range(1, 600)),
        b"zone" + b".a" * 50 + b" = 1",
        b"a = " + b"[" * 90_000 + b"]" * 90_000,
        b"a = " + b"{b=" * 60_000,
        b"a = [" + b"{}," * 60_000 + b"]",
        b"[[kind]]\n" * 20_000,
        b"[[version]]\n[[version.earn]]\n" * 6_000,
        b"[a]\n" * 2 + b"[b]\n" * 40_000,
        b'zone = "' + b"x" * 190_000 + b'"',
        b"x" * 190_000 + b" = 1",
        b"".join(b"key%d = 1\n" % number for number in range(12_000)),
        b"zone = 0x" + b"f" * 190_000,
        b"zone = " + b"9" * 190_000,
        b"zone = 1e999999999",
        SHIPPED + b"#" * 200_000,
    ],
    ids=lambda content: content[:12].decode(),
)
def test_a_file_made_to_hurt(content: bytes) -> None:
    with pytest.raises(FileFault):
        programme_file.decode(content, "x.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_fact_or_refused(data: bytes) -> None:
    try:
        fact = facts.decode(data)
    except msgspec.DecodeError:
        return
    assert facts.decode(facts.encode(fact)) == fact
