"""The tables that are distributed where PostgreSQL is spread over machines: that they can be, as far as one machine
can tell. Citus itself is not here.
"""

import re
from importlib.resources import files

from sync.central.database import Link, row

_SCHEMA = files("sync.central") / "schema"
_SPREAD = "".join((_SCHEMA / name).read_text("utf-8") for name in ("0090_spread.sql", "spread.sql"))
DISTRIBUTED = dict(re.findall(r"\('(\w+)', '(\w+)', '\w+'\)", _SPREAD))
EVERYWHERE = set(re.findall(r"\('(\w+)'\)", _SPREAD))
LOCAL = {"step", "tick", "backup", "place", "administrator", "pack", "join_code", "folded_by"}


def test_every_table_has_its_place(link: Link) -> None:
    tables = {name for (name,) in link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
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
