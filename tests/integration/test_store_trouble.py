"""What can be wrong with the files: a sentence, never a traceback; and what was written before is not made worse."""

import logging
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.store import NewFact, Snapshot, Staff, Store, StoreTrouble
from pos_app.loyalty import facts
from pos_app.loyalty.basket import Basket, Line
from pos_app.loyalty.facts import Acted
from tests.helpers.logs import ExpectLog
from tests.helpers.stores import BREAD, START, enrol, give, opened, sell

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A till that has worked a little: part of it in the file, part in the WAL only. To be copied, not opened."""
    folder = tmp_path_factory.mktemp("worked") / "till"
    store = opened(folder)
    ana = enrol(store, "Ана")
    for number in range(30):
        give(store, ana, 1)
        if number == 10:
            store.checkpoint()
    store.keep_basket(Basket((Line(BREAD),)))
    shutil.copytree(folder, folder.parent / "killed")
    store.close()
    return folder.parent / "killed"


@pytest.fixture
def folder(worked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(worked, tmp_path / "till"))


def refused(folder: Path, code: str, sentence: str, *, read_only: bool = False) -> None:
    with pytest.raises(StoreTrouble, match=sentence) as trouble:
        opened(folder, read_only=read_only)
    assert trouble.value.code == code
    assert str(trouble.value).endswith(".")


def seqs(store: Store) -> list[int]:
    return [fact.seq for fact in store.facts()]


# -- what is in the way


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "till").write_text("x")

    refused(tmp_path / "till", "not_a_folder", "is in the way")
    refused(tmp_path / "till" / "deeper", "not_a_folder", "is in the way")


def test_a_folder_where_a_file_should_be(folder: Path) -> None:
    shutil.rmtree(folder)
    for name in ("journal.db", "journal.witness", "till.lock"):
        (folder / name).mkdir(parents=True)
        with pytest.raises(StoreTrouble, match=r"\.$"):
            opened(folder)
        shutil.rmtree(folder)


def test_nothing_to_read(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "missing", "does not exist", read_only=True)
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "missing", "does not exist", read_only=True)
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that anybody may enter; pytest keeps its own to whoever runs it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_no_rights(folder: Path, public: Path) -> None:
    """The folder belongs to somebody else; a process without that person's rights says so."""
    program = (
        "import os, sys; from pathlib import Path; from tests.helpers.stores import opened\n"
        "from db.store import StoreTrouble\n"
        "import db.journal, db.replica, zoneinfo\n"
        f"if os.getuid() == 0: os.setuid({NOBODY})\n"
        "for read_only in (True, False):\n"
        "    try: opened(Path(sys.argv[1]), read_only=read_only)\n"
        "    except StoreTrouble as trouble: print(trouble.code, trouble)\n"
    )

    def told(path: Path) -> list[str]:
        child = subprocess.run(
            [sys.executable, "-c", program, path], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
        )
        assert child.stderr == ""
        return child.stdout.splitlines()

    folder = shutil.copytree(folder, public / "till")
    for path in folder.iterdir():
        path.chmod(0o644)
    folder.chmod(0o755)
    for closed in (folder, folder / "journal.db"):
        mode = closed.stat().st_mode
        closed.chmod(0)
        lines = told(folder)
        closed.chmod(mode)
        assert [line.split()[0] for line in lines] == ["no_rights"] * 2
        assert all("Give this user the right" in line for line in lines)


def test_a_journal_that_may_only_be_read(folder: Path, public: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.helpers.stores import opened\n"
        "from db.store import StoreTrouble\n"
        f"if os.getuid() == 0: os.setuid({NOBODY})\n"
        "try: opened(Path(sys.argv[1]))\n"
        "except StoreTrouble as trouble: print(trouble.code)\n"
    )
    folder = shutil.copytree(folder, public / "till")
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o444)
    child = subprocess.run(
        [sys.executable, "-c", program, folder], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )

    assert (child.stdout.strip(), child.stderr) == ("no_rights", "")


def copied(folder: Path, to: Path) -> Path:
    """A copy that anybody may read and only its owner may change, as on a card that is locked."""
    shutil.copytree(folder, to)
    for path in to.iterdir():
        path.chmod(0o444)
    to.chmod(0o555)
    return to


def read_by_nobody(folder: Path) -> tuple[str, str]:
    """What a program says that may write nothing there: how many facts there are, or the trouble; and its errors."""
    program = (
        "import os, sys; from pathlib import Path; from tests.helpers.stores import opened\n"
        "from db.store import StoreTrouble\n"
        "from db import check, schema, steps; from pos_app.loyalty import moments\n"
        "moments.zone('Europe/Sofia')\n"  # what is loaded late must be there before the rights go
        f"if os.getuid() == 0: os.setuid({NOBODY})\n"
        "try: print(len(list(opened(Path(sys.argv[1]), read_only=True).facts())))\n"
        "except StoreTrouble as trouble: print(trouble.code)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", program, folder], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )
    return child.stdout.strip(), child.stderr


def test_a_folder_that_may_only_be_read_is_read(folder: Path, public: Path) -> None:
    assert read_by_nobody(copied(folder, public / "killed")) == ("31", "")
    for shared in folder.glob("*-shm"):
        shared.unlink()
    assert read_by_nobody(copied(folder, public / "cannot")) == ("no_rights", "")
    opened(folder).close()
    assert not list(folder.glob("*-wal"))
    closed = copied(folder, public / "closed")
    before = sorted(closed.iterdir())
    assert read_by_nobody(closed) == ("31", "")
    assert sorted(closed.iterdir()) == before


def test_a_journal_that_is_missing_beside_a_replica(folder: Path) -> None:
    for path in folder.glob("journal*"):
        path.unlink()
    refused(folder, "no_journal", "journal.db is missing, though other files of a till are beside it", read_only=True)


# -- damage


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def junk(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def text(path: Path) -> None:
    path.write_text("Мария Иванова\n" * 1000)


@pytest.mark.parametrize("damage", [zeroed, junk, text])
def test_a_journal_that_is_no_database(folder: Path, damage: Callable[[Path], None]) -> None:
    name = "journal.db"
    for side in ("-wal", "-shm"):
        (folder / (name + side)).unlink(missing_ok=True)
    damage(folder / name)
    before = (folder / name).read_bytes()

    refused(folder, "damaged", "is damaged and cannot be read. Put its last backup in its place", read_only=True)
    refused(folder, "damaged", "is damaged and cannot be read. Put its last backup in its place")
    assert (folder / name).read_bytes() == before


def told_by_the_centre(folder: Path, number: int) -> Path:
    """A new replica with one cashier, taken in by the till."""
    with Snapshot(folder) as snapshot:
        snapshot.replica.put_staff([Staff(f"s{number}", "Станка", "cashier", "", "", None)])
    return folder / f"replica-{number}.db"


def scrap(path: Path) -> None:
    path.write_text("garbage\n")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [scrap, zeroed, junk, halved, text, a_folder])
def test_a_damaged_replica_is_put_aside_and_said(
    folder: Path, damage: Callable[[Path], None], expect_log: ExpectLog
) -> None:
    path = told_by_the_centre(folder, 2)
    opened(folder).close()
    damage(path)
    refused(folder, "replica_damaged", "replica-2.db is damaged and cannot be read. Open the till", read_only=True)
    before = None if path.is_dir() else path.read_bytes()

    expect_log(logging.ERROR, r"replica-2.db was damaged and is kept as replica-2.db.damaged\.")
    expect_log(logging.ERROR, "What the centre has said is missing", times=2)
    store = opened(folder)
    assert (len(store.warnings), store.staff(), len(seqs(store))) == (2, [], 31)
    store.close()
    aside = folder / "replica-2.db.damaged"
    assert before is None or aside.read_bytes() == before
    store = opened(folder)
    assert len(store.warnings) == 1  # it stays said until the centre speaks again
    told_by_the_centre(folder, 2)
    store.reload_replica()
    assert [one.id for one in store.staff()] == ["s2"]
    store.close()
    expect_log(logging.ERROR, r"is kept as replica-2.db.damaged-2\.")
    expect_log(logging.ERROR, "What the centre has said is missing")
    scrap(path)
    opened(folder).close()
    assert before is None or aside.read_bytes() == before


def test_before_a_damaged_replica_the_older_one_counts(folder: Path, expect_log: ExpectLog) -> None:
    told_by_the_centre(folder, 2)
    store = opened(folder)
    scrap(told_by_the_centre(folder, 3))

    reader = opened(folder, read_only=True)
    assert [one.id for one in reader.staff()] == ["s2"]
    reader.close()
    expect_log(logging.ERROR, "is kept as replica-3.db.damaged")
    store.reload_replica()
    assert [one.id for one in store.staff()] == ["s2"]
    assert len(store.warnings) == 1
    store.close()


def test_a_replica_that_is_empty_or_gone_is_said(folder: Path, expect_log: ExpectLog) -> None:
    path = told_by_the_centre(folder, 2)
    opened(folder).close()
    path.write_bytes(b"")
    expect_log(logging.ERROR, "What the centre has said is missing")
    opened(folder).close()
    path.unlink()
    refused(folder, "no_replica", "holds a journal but no replica", read_only=True)


def test_half_a_journal_is_refused_at_once_or_when_it_is_read(folder: Path) -> None:
    store = opened(folder)
    for _ in range(300):
        sell(store)
    store.close()
    halved(folder / "journal.db")

    with pytest.raises(StoreTrouble) as trouble:
        [list(store.facts()) for store in [opened(folder)]]
    assert trouble.value.code == "damaged"


@pytest.mark.parametrize("empty", [True, False])
def test_a_journal_that_is_gone_is_not_begun_anew(folder: Path, empty: bool) -> None:
    for side in ("-wal", "-shm", ""):
        (folder / f"journal.db{side}").unlink(missing_ok=True)
    if empty:
        (folder / "journal.db").touch()

    for _ in range(2):
        refused(folder, "lost", "this till has written 31 facts. Put its last backup in its place")


def test_a_damaged_page_is_told_when_it_is_met(folder: Path) -> None:
    store = opened(folder)
    ana = int(store.find_people("ана")[0].card)
    for _ in range(50):
        sell(store, ana, 1)
    store.close()
    path = folder / "journal.db"
    connection = sqlite3.connect(path)
    pages = [row[0] for row in connection.execute("SELECT pageno FROM dbstat WHERE name IN ('ledger', 'account')")]
    connection.close()
    content = bytearray(path.read_bytes())
    for page in pages:
        content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)

    store = opened(folder)
    with pytest.raises(StoreTrouble, match="damaged") as trouble:
        store.customer(ana, START)
    assert trouble.value.code == "damaged"
    store.close()


def test_a_fact_that_was_changed_behind_the_tills_back_is_noticed(folder: Path, expect_log: ExpectLog) -> None:
    store = opened(folder)
    store.close()
    connection = sqlite3.connect(folder / "journal.db")
    data = connection.execute("SELECT data FROM fact WHERE seq = 30").fetchone()[0]
    changed = facts.encode(facts.Fact(b"\0" * 16, 1, 1, 30, START, Acted("drawer_opened")))
    connection.execute("UPDATE fact SET data = ? WHERE seq = 30", (changed,))
    connection.commit()
    assert data != changed
    connection.close()

    expect_log(logging.ERROR, "The last facts of the journal are not what was written")
    store = opened(folder)
    assert "not what was written" in store.warnings[0]
    sell(store)
    store.close()


# -- an older journal than what was written


@pytest.mark.parametrize("keep", [0, 33, 5000])
def test_a_wal_that_was_cut_is_noticed(folder: Path, keep: int, expect_log: ExpectLog) -> None:
    wal = folder / "journal.db-wal"
    wal.write_bytes(wal.read_bytes()[:keep])
    (folder / "journal.db-shm").unlink()

    expect_log(logging.ERROR, "The journal is older than what this till has written")
    store = opened(folder)
    lost = 31 - seqs(store)[-1]
    assert lost > 0
    assert len(store.warnings) == 1
    assert store.identity.epoch == 2
    sold = sell(store)
    assert (sold.epoch, sold.seq) == (2, 32)  # a number that may have been given is not given again
    store.close()

    for _ in range(2):  # told once; the till goes on in its new epoch
        store = opened(folder)
        assert store.warnings == []
        assert store.identity.epoch == 2
        assert seqs(store) == [*range(1, 32 - lost), 32]
        store.close()


def test_a_new_till_stays_who_it_is_when_the_whole_wal_is_lost(tmp_path: Path, expect_log: ExpectLog) -> None:
    store = opened(tmp_path / "till")
    sell(store)
    identity = store.identity
    shutil.copytree(tmp_path / "till", tmp_path / "killed")
    store.close()
    for side in ("-wal", "-shm"):
        (tmp_path / "killed" / f"journal.db{side}").unlink()

    expect_log(logging.ERROR, "it ends at fact 0, fact 1 was written")
    for warnings in (1, 0):  # also when it is closed again before anything is written
        store = opened(tmp_path / "killed")
        assert len(store.warnings) == warnings
        assert store.identity.card_key == identity.card_key
        assert store.identity.epoch == 2
        assert store.next_slip() == 10_000_002
        store.close()


def test_any_damage_to_the_wal_is_noticed(worked: Path, tmp_path: Path, expect_log: ExpectLog) -> None:
    """Cut, zeroed, bits flipped, at random places: what is there is what was written, and a loss is told."""
    chance = random.Random(7)
    size = (worked / "journal.db-wal").stat().st_size
    expect_log(logging.ERROR, "The journal is older", times=None)
    outcomes = []
    for number in range(60):
        folder = Path(shutil.copytree(worked, tmp_path / str(number)))
        (folder / "journal.db-shm").unlink()
        content = bytearray((folder / "journal.db-wal").read_bytes())
        at = chance.randrange(size)
        match number % 3:
            case 0:
                del content[at:]
            case 1:
                content[at : at + 4096] = bytes(4096)
            case 2:
                content[at] ^= 1 << chance.randrange(8)
        (folder / "journal.db-wal").write_bytes(content)

        store = opened(folder)
        found = seqs(store)
        assert found == list(range(1, len(found) + 1))
        assert bool(store.warnings) == (len(found) < 31)
        ana = store.find_people("ана")[0].card
        assert store.customer(ana, START).balance == len(found) - 1
        assert store._journal.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        outcomes.append(len(found))
        store.close()
    assert len(set(outcomes)) > 5


def test_an_old_backup_is_noticed_and_no_number_is_given_twice(tmp_path: Path, expect_log: ExpectLog) -> None:
    folder = tmp_path / "till"
    store = opened(folder)
    enrol(store)
    sell(store)
    store.close()
    shutil.copy(folder / "journal.db", tmp_path / "backup")
    store = opened(folder)
    given = {enrol(store) for _ in range(3)}
    slips = {fact.body.slip for fact in [sell(store) for _ in range(4)] if isinstance(fact.body, facts.SaleCompleted)}
    moment = sell(store, at=START + 10**9).moment
    store.close()
    shutil.copy(tmp_path / "backup", folder / "journal.db")

    expect_log(logging.ERROR, "it ends at fact 2")
    store = opened(folder)
    assert store.identity.epoch == 2
    assert store.last_moment == moment
    assert store.next_slip() > max(slips)
    assert store.next_card() not in given
    sold, card = sell(store), enrol(store)
    assert sold.seq == 11
    assert card not in given
    store.close()
    store = opened(folder)
    assert store.warnings == []
    store.close()


def test_a_backup_that_went_on_elsewhere_is_noticed(tmp_path: Path, expect_log: ExpectLog) -> None:
    """As long as the lost one, but another past."""
    folder, other = tmp_path / "till", tmp_path / "other"
    store = opened(folder)
    sell(store)
    store.close()
    shutil.copytree(folder, other)
    for place in (folder, other):
        store = opened(place)
        sell(store)
        sell(store)
        store.close()
    shutil.copy(other / "journal.db", folder / "journal.db")

    expect_log(logging.ERROR, "The journal is older")
    store = opened(folder)
    assert store.identity.epoch == 2
    store.close()


def test_a_journal_without_its_witness_may_be_a_copy(folder: Path, expect_log: ExpectLog) -> None:
    (folder / "journal.witness").unlink()

    expect_log(logging.ERROR, "its witness is missing")
    store = opened(folder)
    assert store.identity.epoch == 2
    assert len(seqs(store)) == 31
    store.close()


def test_a_kill_between_commit_and_witness_loses_nothing(folder: Path) -> None:
    witness = (folder / "journal.witness").read_bytes()
    store = opened(folder)
    sell(store)
    store.close()
    (folder / "journal.witness").write_bytes(witness)

    store = opened(folder)
    assert store.warnings == []
    assert store.identity.epoch == 1
    store.close()


def test_a_witness_that_cannot_be_written_does_not_stop_a_sale(
    folder: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    store = opened(folder)

    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    expect_log(logging.WARNING, "journal.witness could not be written")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fail)
        sold = sell(store)
    assert store.fact(sold.id) == sold
    store.close()


# -- a full disk

WITHOUT_ROOM = """
import os, resource, sys
from pathlib import Path
from db.store import StoreTrouble
from pos_app.loyalty.basket import Basket, Line
from tests.helpers.stores import BREAD, START, enrol, opened, sell

folder = Path(sys.argv[1])
store = opened(folder)
ana = enrol(store, "Ана")
sold = [sell(store, ana, 1)]
basket = Basket((Line(BREAD),))
store.keep_basket(basket)

NO_ROOM
troubles = []
for _ in range(100):
    try:
        sold.append(sell(store, ana, 1))
        store.keep_basket(basket)
    except StoreTrouble as trouble:
        troubles.append(trouble)
assert troubles and len(sold) > 1, (len(troubles), len(sold))
assert {trouble.code for trouble in troubles} == {CODE}, troubles
assert store.customer(ana, START).balance == len(sold)
assert store.open_basket() == basket

ROOM
sold.append(sell(store, ana, 1))
store.close()
store = opened(folder)
assert [store.fact(fact.id) for fact in sold] == sold
assert len(list(store.facts())) == len(sold) + 1
assert store.customer(ana, START).balance == len(sold)
assert store.warnings == []
assert store._journal.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
print(troubles[0])
"""
FILE_LIMIT = """
size = (folder / "journal.db-wal").stat().st_size + 100_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
"""
NO_FILE_LIMIT = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"
SMALL_DISK = """
rest = open(folder / "rest", "wb", buffering=0)
try:
    while True:
        rest.write(bytes(4096))
except OSError:
    os.ftruncate(rest.fileno(), rest.tell() - 200_000)
"""
LARGER_DISK = "os.ftruncate(rest.fileno(), 0)"


def told_without_room(code: str, before: str, after: str, *command: str | Path) -> str:
    program = WITHOUT_ROOM.replace("NO_ROOM", before).replace("ROOM", after).replace("CODE", repr(code))
    child = subprocess.run(
        [*command[:-1], sys.executable, "-c", program, command[-1]],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert child.stderr == ""
    return child.stdout.strip()


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """A sale that cannot be written is refused with a sentence, and goes on when there is room again."""
    told = told_without_room("failed", FILE_LIMIT, NO_FILE_LIMIT, tmp_path / "till")

    assert told.endswith("could not be read or written: disk I/O error. Try again; if it stays so, call support.")


def test_a_full_disk(tmp_path: Path) -> None:
    """The same on a small disk of its own, made of memory."""
    small = 'mount -t tmpfs -o size=2m none "$0" && exec "$@"'
    within = ("unshare", "--user", "--map-root-user", "--mount")
    if subprocess.run([*within, "sh", "-c", small, tmp_path, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a small disk")
    told = told_without_room(
        "full", SMALL_DISK, LARGER_DISK, *within, "sh", "-c", small, tmp_path,
        tmp_path / "till",
    )  # fmt: skip

    assert told.endswith(
        "journal.db cannot grow: the disk is full. Free some space and try again; nothing was written."
    )


# -- others


def test_a_wrong_thread_is_a_mistake_and_not_a_trouble(folder: Path) -> None:
    import threading

    store = opened(folder)
    errors: list[BaseException] = []

    def use() -> None:
        try:
            store.open_basket()
        except sqlite3.ProgrammingError as error:
            errors.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(errors) == 1
    store.close()


def test_a_reader_that_stays_does_not_stop_the_till(folder: Path) -> None:
    """Somebody looks at the facts for hours: the till sells and takes its checkpoints."""
    store, reader = opened(folder), opened(folder, read_only=True)
    reader._journal.connection.execute("BEGIN")
    before = len(list(reader.facts()))
    for _ in range(5):
        sell(store)
        store.checkpoint()
    assert len(list(reader.facts())) == before
    reader._journal.connection.execute("COMMIT")
    assert len(list(reader.facts())) == before + 5
    reader.close()
    store.close()


def test_another_program_that_writes_is_waited_for_and_then_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(folder)
    store._journal.connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(folder / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreTrouble, match="held by another program") as trouble:
        store.record([NewFact(Acted("drawer_opened"), store.last_moment)])
    assert trouble.value.code == "busy"
    other.execute("ROLLBACK")
    other.close()
    store.record([NewFact(Acted("drawer_opened"), store.last_moment)])
    store.close()
