"""The steps of the centre's schema: each once, forward only."""

import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import DivisionByZero

from sync.central import batches, changes, database
from sync.central.database import SchemaTrouble
from tests.helpers.postgres import Postgres

BATCHES = 30
"""The step that lets facts come in batches."""


def test_steps_are_done_once(postgres: Postgres) -> None:
    with database.connect(postgres.database(empty=True)) as link:
        assert database.bring_up_to_date(link) == len(database.steps())
        assert database.bring_up_to_date(link) == 0


def test_a_database_of_a_newer_program_is_refused(postgres: Postgres) -> None:
    with database.connect(postgres.database()) as link:
        link.execute("INSERT INTO step VALUES (9999, '')")
        with pytest.raises(SchemaTrouble, match="newer program"):
            database.bring_up_to_date(link)


def test_a_step_that_was_changed_after_it_was_done_is_refused(postgres: Postgres) -> None:
    with database.connect(postgres.database()) as link:
        link.execute("UPDATE step SET mark = 'other' WHERE number = 1")
        with pytest.raises(SchemaTrouble, match="Step 1"):
            database.bring_up_to_date(link)


def test_facts_of_before_there_were_batches_come_into_some(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.connect(postgres.database(empty=True)) as link:
        before = [step for step in database.steps() if step[0] != BATCHES]
        monkeypatch.setattr(database, "steps", lambda: before)
        database.bring_up_to_date(link)
        for seq, tick in ((1, 77), (2, 77), (3, None)):
            link.execute(
                "INSERT INTO fact VALUES (5, %s, 1, %s, 'hash', 'data', %s, %s)", (bytes([seq]), seq, 1000 + seq, tick)
            )
        monkeypatch.undo()

        assert database.bring_up_to_date(link) == 1
        assert link.execute("SELECT received, facts, tick FROM batch ORDER BY tick").fetchall() == [
            (1001, 2, 77), (1003, 1, None),
        ]  # fmt: skip
        assert changes.ticks_of(link, 5, [b"\1", b"\2", b"\3"]) == (77, 77, 0)
        assert batches.waiting(link, 100) == [(5, 0)]


def test_a_step_that_fails_leaves_the_database_as_it_was(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.connect(postgres.database(empty=True)) as link:
        broken = [*database.steps(), (9000, "CREATE TABLE half (one integer); SELECT 1 / 0")]
        monkeypatch.setattr(database, "steps", lambda: broken)
        with pytest.raises(DivisionByZero):
            database.bring_up_to_date(link)
        monkeypatch.undo()

        assert database.bring_up_to_date(link) == 0
        assert link.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_a_server_that_vanished_is_not_waited_for_unless_the_url_says_so() -> None:
    url = "postgresql://centre@one,two/centre?target_session_attrs=read-write"
    hasty = conninfo_to_dict(database.reachable(url))
    patient = conninfo_to_dict(database.reachable(f"{url}&connect_timeout=60"))
    kept = {"host": "one,two", "user": "centre", "dbname": "centre", "target_session_attrs": "read-write"}

    assert (hasty["connect_timeout"], hasty["tcp_user_timeout"]) == ("5", "15000")
    assert patient["connect_timeout"] == "60"
    assert kept.items() <= hasty.items() & patient.items()
