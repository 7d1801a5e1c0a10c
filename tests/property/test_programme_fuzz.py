"""Nothing that a file can hold makes the reading of a programme, or of any table, raise anything but FileFault."""

import subprocess
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app import shipped
from pos_app.loyalty import facts, programme_file, tables
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.tables import Table

ROOT = Path(__file__).parents[2]
SHIPPED = [shipped.content(name) for name in shipped.SHIPPED]
LINES = [line for content in SHIPPED for line in content.split(b"\n")]
MEMORY_MOST = 200_000_000


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


@given(st.sampled_from(SHIPPED), st.data())
def test_a_file_that_was_cut(content: bytes, data: st.DataObject) -> None:
    survives(content[: data.draw(st.integers(0, len(content)))])


@given(st.sampled_from(SHIPPED), st.data())
def test_a_file_with_wrong_bytes(content: bytes, data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    wrong = bytearray(content)
    for place, byte in data.draw(st.lists(places, min_size=1, max_size=5)):
        wrong[place] = byte
    survives(bytes(wrong))


@given(st.sampled_from(SHIPPED), st.data())
def test_a_file_with_lines_of_others_in_it(content: bytes, data: st.DataObject) -> None:
    lines = content.split(b"\n")
    places = st.tuples(st.integers(0, len(lines) - 1), st.sampled_from(LINES))
    for place, line in data.draw(st.lists(places, min_size=1, max_size=6)):
        lines[place] = line
    survives(b"\n".join(lines))


@given(st.lists(st.sampled_from(LINES), max_size=60))
def test_lines_of_all_files_in_any_order(lines: list[bytes]) -> None:
    survives(b"\n".join(lines))


VALUES = st.recursive(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["", "6 months", "0 days", "1.95583", "0.50", "-1", "Europe/Sofia", "client", "EUR", "9" * 30]),
        st.sampled_from(
            ["1", "100", "100.1", "next month", "9999 years", "gold", "online", "x" * 300, "\x00", "\u202e"]
        ),
        st.booleans(),
        st.integers(),
        st.integers(-1, 1001),
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


def change(whole: Any, place: tuple[Any, ...], value: Any) -> None:
    """Put `value` at a place of a file, or take away what is there if it is None."""
    try:
        for step in place[:-1]:
            whole = whole[step]
        if value is None:
            del whole[place[-1]]
        else:
            whole[place[-1]] = value
    except (KeyError, IndexError, TypeError):
        pass  # an earlier value took the place of the table that it was in


def read_table(whole: dict[str, Any]) -> None:
    table = Table(whole)
    programme_file.of_table(table, "pack")
    try:
        table.check("x.toml")
    except FileFault as fault:
        can_be_read(fault)


@given(st.sampled_from(SHIPPED), st.data())
def test_any_value_of_any_type_anywhere(content: bytes, data: st.DataObject) -> None:
    whole = tables.read(content, "x.toml").data
    for place in data.draw(st.lists(st.sampled_from(places(whole)), min_size=1, max_size=4)):
        change(whole, place, data.draw(st.one_of(st.none(), VALUES)))
    read_table(whole)


@given(st.sampled_from(SHIPPED), st.sampled_from(SHIPPED), st.data())
def test_tables_of_one_programme_in_another(content: bytes, other: bytes, data: st.DataObject) -> None:
    """Rules for members, tiers and channels that are not there; two of what there is one of."""
    whole, more = tables.read(content, "x.toml").data, tables.read(other, "x.toml").data
    for version in whole["version"]:
        rows = more["version"][-1]
        for key in data.draw(st.sets(st.sampled_from(sorted(rows)), max_size=5)):
            both = isinstance(rows[key], list) and isinstance(version.get(key), list) and data.draw(st.booleans())
            version[key] = version[key] + rows[key] if both else rows[key]
    read_table(whole)


KEYS = st.sampled_from(["a", "b", "c", "aa"])


@given(st.dictionaries(KEYS, VALUES), KEYS)
def test_any_value_under_any_reading(data: dict[str, Any], key: str) -> None:
    readings = (
        lambda table: table.text(key),
        lambda table: table.name(key),
        lambda table: table.name(key, most=5),
        lambda table: table.flag(key),
        lambda table: table.whole(key),
        lambda table: table.wholes(key, 1, 10, 2),
        lambda table: table.choice(key, ("one", "two")),
        lambda table: table.texts(key),
        lambda table: table.among(key, ("one", "two")),
        lambda table: table.names(key, ("bg", "en")),
        lambda table: table.names(key, ("bg", "en"), optional=True),
        lambda table: table.amount(key, "EUR"),
        lambda table: table.amount(key, "IRR", "5", least=1),
        lambda table: table.quantity(key, "1"),
        lambda table: table.ratio(key),
        lambda table: table.percent(key),
        lambda table: table.share(key),
        lambda table: table.duration(key, "1 day", some=True),
        lambda table: table.day(key),
        lambda table: table.local_time(key),
        lambda table: table.table(key).close(),
        lambda table: [row.close() for row in table.tables(key, 2)],
    )
    for reading in readings:
        table = Table(dict(data), "path")
        reading(table)
        table.close()
        assert all("table [path" in fault for fault in table.faults)


SMALL = SHIPPED[1].split(b"[[version.earn]]")[0]
EARN = SMALL + b'[[version.earn]]\nid = "a"\non.en = "a"\n'
BENEFIT = SMALL + b'[[version.benefit]]\nid = "a"\nname.en = "a"\nasked = true\n'
STEP = b'on.en="x"\npoints=1\nper="%d"\n'
MADE_TO_HURT = [
    b"a" + b".a" * 90_000 + b" = 1",
    b"[a" + b".a" * 90_000 + b"]",
    b"\n".join(b"a" * n + b".a" * 50 + b" = 1" for n in range(1, 600)),
    b"zone" + b".a" * 50 + b" = 1",
    b"a = " + b"[" * 90_000 + b"]" * 90_000,
    b"a = " + b"{b=" * 60_000,
    b"a = [" + b"{}," * 60_000 + b"]",
    b"[[kind]]\n" * 20_000,
    b"[[version]]\n[[version.earn]]\n" * 6_000,
    b"[[version]]\n" + b"[[version.tiers.tier]]\n" * 8_000,
    b"[[version]]\n[[version.tiers.tier]]\n" + b"[[version.tiers.tier.services]]\n" * 6_000,
    b"[a]\n" * 2 + b"[b]\n" * 40_000,
    b'zone = "' + b"x" * 190_000 + b'"',
    b'id = "' + b"x" * 10_000_000 + b'"',
    b'name.en = """' + b"x\n" * 5_000_000 + b'"""',
    b"\xff\xfe" + b"x\x00" * 50_000,
    "zone = 'Европа'".encode("cp1251"),
    b"x" * 190_000 + b" = 1",
    b"".join(b"key%d = 1\n" % number for number in range(12_000)),
    b"zone = 0x" + b"f" * 190_000,
    b"zone = " + b"9" * 190_000,
    b"zone = 1e999999999",
    SHIPPED[0] + b"#" * 200_000,
    EARN + b"nth = [" + b"1," * 80_000 + b"]",
    EARN + b"nth = [{from=1,to=1000000000000,points=1}]",
    BENEFIT + b"plans = {" + b"".join(b"a%d=1," % number for number in range(9999)) + b"z=1}",
    SMALL + b"".join(b'[[version.earn]]\nid="%d"\n' % number + STEP % (900_000 - number) for number in range(201)),
    SMALL + b"".join(b'[[version.earn]]\nid="%d"\n' % number + STEP % (100_001 + number) for number in range(200)),
    SMALL + b"[[version.credit]]\n" * 200,
    SMALL + b'[version.codes]\nlive="1 day"\n'
    + b"".join(b'[[version.codes.table]]\npoints=%d\nworth="%d"\n' % (200 - n, n + 1) for n in range(200)),
]  # fmt: skip


@pytest.mark.parametrize("content", MADE_TO_HURT, ids=lambda content: content[-24:].decode("latin-1"))
def test_a_file_made_to_hurt(content: bytes) -> None:
    with pytest.raises(FileFault) as caught:
        programme_file.decode(content, "x.toml")
    can_be_read(caught.value)


def test_a_file_made_to_hurt_takes_little_memory(tmp_path: Path) -> None:
    """A process of its own reads them all from the disk, and one of 300 MB."""
    for number, content in enumerate(MADE_TO_HURT):
        (tmp_path / f"{number}.toml").write_bytes(content)
    with (tmp_path / "huge.toml").open("wb") as huge:
        huge.truncate(300_000_000)
    code = """
import sys
from pathlib import Path
from pos_app import shipped
from pos_app.loyalty.errors import FileFault
for path in Path(sys.argv[1]).iterdir():
    try:
        shipped.programme(str(path))
    except FileFault:
        continue
    raise SystemExit(f"{path} was read")
status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's memory if that was more
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""
    told = subprocess.check_output([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, text=True)
    assert int(told) < MEMORY_MOST


@given(st.binary(max_size=200))
def test_any_bytes_are_a_fact_or_refused(data: bytes) -> None:
    try:
        fact = facts.decode(data)
    except msgspec.DecodeError:
        return
    assert facts.decode(facts.encode(fact)) == fact
