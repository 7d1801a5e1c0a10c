"""Versions of the files: forward only, whole or not at all, after a copy; and nothing heavy at an ordinary start."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from db import file, schema, steps
from db.schema import JOURNAL, REPLICA, Schema
from db.store import Person, Store
from db.trouble import StoreTrouble

ROOT = Path(__file__).parents[2]


def tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.close()


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize("kind", [JOURNAL, REPLICA])
def test_every_step_is_counted(tmp_path: Path, kind: Schema) -> None:
    file.opened(tmp_path / "file.db", kind).close()

    assert version(tmp_path / "file.db") == kind.version == len(steps._SETS[kind.name]._migrations)


@pytest.mark.parametrize("kind", [JOURNAL, REPLICA])
def test_every_table_holds_only_what_it_says(tmp_path: Path, kind: Schema) -> None:
    connection = file.opened(tmp_path / "file.db", kind)
    loose = {
        name
        for name, type_, strict in connection.execute("SELECT name, type, strict FROM pragma_table_list")
        if type_ == "table" and not strict and not name.startswith(("sqlite_", "_sqlite_"))
    }
    connection.close()

    assert loose == set()


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """The journal of a later program: the steps of this one, and others."""
    later = Migrations("journal")
    for step in steps.journal._migrations:
        later(name=step.name)(step.fn)
    monkeypatch.setitem(steps._SETS, "journal", later)
    return later


def test_an_older_file_is_copied_and_brought_up_to_date(tmp_path: Path, next_version: Migrations) -> None:
    path = tmp_path / "journal.db"
    old = file.opened(path, JOURNAL)
    old.execute("INSERT INTO meta VALUES ('key', 'value')")
    old.close()

    @next_version()
    def journal_later(db: Database) -> None:
        db.execute("CREATE TABLE coupon (id INTEGER PRIMARY KEY) STRICT")
        db.execute("PRAGMA user_version = 99")

    new = file.opened(path, Schema("journal", 99))
    assert new.execute("SELECT value FROM meta").fetchall() == [("value",)]
    new.close()

    assert "coupon" in tables(path)
    copy = tmp_path / f"journal.db.version-{JOURNAL.version}"
    assert "coupon" not in tables(copy)
    assert version(copy) == JOURNAL.version
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_a_journal_of_the_first_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "till" / "journal.db"
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    steps.journal.apply(Database(connection), stop_before="journal_2")
    connection.execute("INSERT INTO till VALUES (1, 1, ?, 1, 3, 7, 0, '')", (b"k" * 32,))
    connection.close()

    store = Store.open(path.parent, "Europe/Sofia")
    assert (store.identity.card_key, store.next_slip()) == (b"k" * 32, 10_000_008)
    store.close()
    assert version(path) == JOURNAL.version
    assert version(tmp_path / "till" / "journal.db.version-1") == 1


def test_people_of_the_second_version_are_told_things_in_the_language_of_the_till(tmp_path: Path) -> None:
    path = tmp_path / "till" / "journal.db"
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    steps.journal.apply(Database(connection), stop_before="journal_3")
    connection.execute("INSERT INTO person VALUES (7, 'Ана', '0888', 'ana@mail.example', '2', '1990-01-02')")
    connection.close()

    store = Store.open(path.parent, "Europe/Sofia")
    assert store.person(7) == Person(7, "Ана", "0888", "ana@mail.example", "2", "1990-01-02", "")
    assert store.notices() == []
    store.close()


def test_people_of_the_second_version_are_known_again(tmp_path: Path) -> None:
    path = tmp_path / "till" / "journal.db"
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    steps.journal.apply(Database(connection), stop_before="journal_3")
    connection.execute("INSERT INTO till VALUES (1, 1, ?, 1, 3, 7, 0, '', 0)", (b"k" * 32,))
    connection.execute("INSERT INTO person VALUES (7, 'Ана', '0888 123 456', 'ana@mail.example', '2', '1990-01-02')")
    connection.execute("INSERT INTO person VALUES (8, 'Ива', '', ' ', '2', '')")
    connection.close()

    store = Store.open(path.parent, "Europe/Sofia")
    assert [store.members_by(given) for given in ("0888-123-456", "Ana@mail.example", "0888", "")] == [[7], [7], [], []]
    store.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, next_version: Migrations) -> None:
    path = tmp_path / "journal.db"
    file.opened(path, JOURNAL).close()

    @next_version()
    def journal_later(db: Database) -> None:
        db.execute("CREATE TABLE coupon (id INTEGER PRIMARY KEY) STRICT")
        db.execute("PRAGMA user_version = 99")
        db.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreTrouble, match="no such table: nowhere") as trouble:
        file.opened(path, Schema("journal", 99))

    assert trouble.value.code == "failed"
    assert version(path) == JOURNAL.version
    assert "coupon" not in tables(path)
    file.opened(path, JOURNAL).close()


def test_a_file_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    file.opened(path, JOURNAL).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()

    for read_only in (False, True):
        with pytest.raises(StoreTrouble, match="newer version of this program") as trouble:
            file.opened(path, JOURNAL, read_only=read_only)
        assert trouble.value.code == "newer"
    assert path.read_bytes() == before


def test_reading_alone_does_not_change_an_older_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    file.opened(path, JOURNAL).close()

    with pytest.raises(StoreTrouble, match="older version") as trouble:
        file.opened(path, Schema("journal", JOURNAL.version + 1), read_only=True)
    assert trouble.value.code == "older"
    assert version(path) == JOURNAL.version


def test_what_costs_start_time_is_loaded_only_for_a_new_file(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from db.store import Store;"
        f"store = Store.open(Path({str(tmp_path / 'till')!r}), 'Europe/Sofia');"
        "store.find_people('x'); store.close();"
        "print(sorted({'sqlite_utils', 'argon2', 'babel', 'numpy'} & set(sys.modules)))"
    )
    loaded = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()
        for _ in range(2)
    ]

    assert "sqlite_utils" in loaded[0]
    assert loaded[1] == "[]"


def test_the_copy_is_whole_even_with_a_wal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = file.opened(path, JOURNAL)
    connection.execute("INSERT INTO meta VALUES ('in', 'the wal')")
    schema._copy(connection, tmp_path / "copy")
    connection.close()

    copy = sqlite3.connect(tmp_path / "copy")
    assert copy.execute("SELECT * FROM meta").fetchall() == [("in", "the wal")]
    copy.close()
