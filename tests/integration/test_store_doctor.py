"""What the doctor finds in a till's folder: it opens nothing for writing, and ends at no fault."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from db import check
from db.store import Snapshot, Staff
from pos_app import doctor
from tests.helpers.stores import START, enrol, opened, sell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A till with a few sales and a replica."""
    store = opened(tmp_path / "till")
    ana = enrol(store, "Ана")
    for _ in range(300):
        sell(store, ana, 1, at=START)
    with Snapshot(tmp_path / "till") as snapshot:
        snapshot.replica.put_staff([Staff("s1", "Станка", "cashier", "")])
    store.reload_replica()
    store.close()
    return tmp_path / "till"


def contents(folder: Path) -> dict[str, bytes]:
    """The files but those that SQLite lays beside them for readers."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if "db-" not in path.name}


def faults(folder: Path, subject: str) -> list[str]:
    """What the doctor says is wrong; nothing that it looks at is changed."""
    before = contents(folder)
    found = [one.sentence for one in doctor.findings(folder) if one.subject == subject and not one.ok]
    assert contents(folder) == before
    return found


def garbage(path: Path) -> None:
    path.write_text("garbage\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def one_page(path: Path) -> None:
    """Overwrite the middle of the file, which opening it does not meet."""
    content = bytearray(path.read_bytes())
    place = len(content) // 2 // 4096 * 4096
    content[place : place + 4096] = b"\xa5" * 4096
    path.write_bytes(content)


def test_nothing_is_wrong(folder: Path, tmp_path: Path) -> None:
    assert faults(folder, "files") == faults(folder, "settings") == []
    assert check.faults(tmp_path / "nowhere") == []
    working = opened(folder)
    sell(working)
    assert check.faults(folder) == []
    working.close()


@pytest.mark.parametrize("damage", [garbage, empty, cut, one_page])
@pytest.mark.parametrize("name", ["journal.db", "replica-2.db"])
def test_a_damaged_file(folder: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(folder / name)

    (sentence,) = faults(folder, "files")
    assert sentence.startswith(f"{folder / name} is damaged")


def test_files_that_are_gone_or_were_put_aside(folder: Path) -> None:
    (folder / "replica-2.db").rename(folder / "replica-2.db.damaged")
    assert [sentence.split(" ", 1)[1][:30] for sentence in faults(folder, "files")] == [
        "is a damaged file that was put", "holds a journal but no replica",
    ]  # fmt: skip
    (folder / "replica-2.db.damaged").rename(folder / "replica-2.db")
    (folder / "journal.db").unlink()
    (sentence,) = faults(folder, "files")
    assert sentence.startswith(f"{folder / 'journal.db'} is missing")


def test_a_large_file_is_not_looked_at_for_ever(folder: Path) -> None:
    with sqlite3.connect(folder / "replica-2.db") as connection:
        connection.execute(
            "CREATE TABLE large AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)"
            " SELECT i, 'some thirty letters of any text' AS text FROM n"
        )
        connection.execute("CREATE INDEX by_text ON large (text, i)")
    connection.close()
    one_page(folder / "replica-2.db")

    assert check.faults(folder, look_s=0) == []
    assert len(check.faults(folder)) == 1


@pytest.mark.parametrize("content", [b'langauge = "bg"', b"= [", b"\xff\xfe"])
def test_wrong_settings_are_a_finding(folder: Path, content: bytes) -> None:
    (folder / "settings.toml").write_bytes(content)
    (folder / "replica-2.db").write_text("garbage\n")

    (sentence,) = faults(folder, "settings")
    assert str(folder / "settings.toml") in sentence
    assert len(faults(folder, "files")) == 1


@pytest.mark.parametrize("wrong", ['profile = "dot-matrix"', 'profile = "epson-tm-t88iv"\ncode_page = "cp1251"'])
def test_a_printer_that_the_till_would_refuse_is_a_finding(folder: Path, wrong: str) -> None:
    (folder / "settings.toml").write_text(f"[printer]\n{wrong}\n", "utf-8")
    (fault,) = faults(folder, "settings")
    assert "table [printer], key" in fault
