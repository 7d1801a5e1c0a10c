"""The tables that are distributed where PostgreSQL is spread over machines: that they can be, as far as one machine
can tell. What Citus itself says is asked where `POS_TEST_DATABASE` names a database that has it.
"""

import re
from importlib.resources import files

import pytest

from sync.central.database import Link, connect, row
from sync.central.folding import Folder
from tests.helpers.central import CARD, ZONE, FakeTill, begin, count, enrolled

_SCHEMA = files("sync.central") / "schema"
_SPREAD = "".join((_SCHEMA / name).read_text("utf-8") for name in ("0090_spread.sql", "spread.sql"))
DISTRIBUTED = dict(re.findall(r"\('(\w+)', '(\w+)', '\w+'\)", _SPREAD))
EVERYWHERE = set(re.findall(r"\('(\w+)'\)", _SPREAD))
LOCAL = {"step", "tick", "backup", "place", "administrator", "pack", "join_code", "folded_by"}


def test_every_table_has_its_place(link: Link) -> None:
    tables = {name for (name,) in link.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}
    assert tables == DISTRIBUTED.keys() | EVERYWHERE | LOCAL
    assert not DISTRIBUTED.keys() & EVERYWHERE


def test_every_unique_key_holds_the_column_by_which_its_table_is_distributed(link: Link) -> None:
    keys = link.execute(
        "SELECT indrelid::regclass::text, array_agg(attname) FROM pg_index JOIN pg_attribute "
        "ON attrelid = indrelid AND attnum = ANY(indkey) WHERE indisunique AND indrelid::regclass::text = ANY(%s) "
        "GROUP BY indexrelid, indrelid",
        (list(DISTRIBUTED),),
    ).fetchall()
    assert {table for table, _ in keys} == DISTRIBUTED.keys()
    assert [(table, columns) for table, columns in keys if DISTRIBUTED[table] not in columns] == []


def test_nothing_happens_on_one_machine(link: Link) -> None:
    assert row(link, "SELECT count(*) FROM step WHERE number = 90") == (1,)


@pytest.fixture
def spread(link: Link) -> Link:
    if row(link, "SELECT count(*) FROM pg_extension WHERE extname = 'citus'") == (0,):
        pytest.skip("PostgreSQL is not spread over machines")
    return link


def test_tables_lie_where_they_are_said_to(spread: Link) -> None:
    lying = spread.execute(
        "SELECT relname, column_to_column_name(oid, partkey) FROM pg_dist_partition JOIN pg_class "
        "ON oid = logicalrelid WHERE relnamespace = current_schema()::regnamespace"
    ).fetchall()
    assert dict(lying) == DISTRIBUTED | dict.fromkeys(EVERYWHERE)


def test_no_cut_is_made_while_an_earlier_one_may_not_be_on_all_machines(spread: Link) -> None:
    begin(spread)
    till = FakeTill()
    till.write(enrolled(CARD))
    till.send(spread)
    with connect(spread.info.dsn) as other:
        other.execute(
            "BEGIN; INSERT INTO administrator VALUES ('somebody', ''); PREPARE TRANSACTION 'citus on its way'"
        )
        try:
            assert (Folder(ZONE).fold(spread), count(spread, "ledger")) == (0, 0)
        finally:
            other.execute("ROLLBACK PREPARED 'citus on its way'")

    assert (Folder(ZONE).fold(spread), count(spread, "ledger")) == (1, 1)
    assert row(spread, "SELECT closed = tick FROM centre") == (True,)


def test_a_cut_is_closed_at_once_whatever_others_have_on_their_way(spread: Link) -> None:
    begin(spread)
    till = FakeTill()
    till.write(enrolled(CARD))
    till.send(spread)
    Folder(ZONE).fold(spread)
    till.write(enrolled(CARD + 1))
    till.send(spread)
    with connect(spread.info.dsn) as other:
        other.execute("BEGIN; INSERT INTO administrator VALUES ('else', ''); PREPARE TRANSACTION 'citus_0_1_2_3'")
        try:
            assert (Folder(ZONE).fold(spread), count(spread, "ledger")) == (1, 2)
            assert row(spread, "SELECT closed = tick FROM centre") == (True,)
        finally:
            other.execute("ROLLBACK PREPARED 'citus_0_1_2_3'")
