"""Joining a centre, as a person types it: a new till, one that has sold alone, and everything that is refused."""

import re
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import link
from db.store import NewFact, Person
from pos_app.__main__ import main
from pos_app.clock import now_ms
from pos_app.loyalty.facts import Enrolled
from sync import signatures
from sync.central import tills
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.linked import balance, enrolled, give_card, opened, rounds, sell
from tests.helpers.network import Network


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        yield running


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The sentence with which enrolling is refused."""
    assert main(["enrol", *arguments]) == 2
    return capsys.readouterr().err


def test_a_new_till_gets_its_identity_from_the_centre(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = enrolled(centre, tmp_path / "till")
    said = capsys.readouterr().out
    number = int(re.findall(r"This is till (\d+) of", said)[0])
    assert number > tills.ALONE
    with opened(folder) as store:
        assert store.centre == centre.url
        assert store.identity.till == number
        assert store.identity.card_key == bytes(centre.link.execute("SELECT card_key FROM centre").fetchall()[0][0])
        assert store.next_slip() == number * 10_000_000 + 1
    state = link.state(folder)
    assert state is not None
    assert (state.why, state.waiting) == ("", 0)


def test_the_private_key_lies_in_a_file_of_its_owner_and_nowhere_else(
    centre: Centre, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = enrolled(centre, tmp_path)
    key = link.key(folder)
    assert key is not None
    assert stat.S_IMODE((folder / link.KEY_FILE).stat().st_mode) == 0o600
    assert centre.one(f"SELECT count(*) FROM till WHERE public_key = '\\x{signatures.public_key(key).hex()}'::bytea")
    with rounds(folder) as made:
        assert not made.go().link.why
    others = [path for path in folder.rglob("*") if path.is_file() and path.name != link.KEY_FILE]
    assert [path for path in others if key in path.read_bytes() or key.hex().encode() in path.read_bytes()] == []
    captured = capsys.readouterr()
    assert key.hex() not in caplog.text + captured.out + captured.err


def test_a_till_that_has_sold_alone_brings_its_facts_under_their_old_numbers(centre: Centre, tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        card = give_card(store)
        sale = sell(store, card)
        store.record(
            [NewFact(Enrolled(card + 10, card + 10, 77, "client", 0), now_ms())],
            people=[Person(77, "Ана К.", "0888 123 456", "ana@mail.example")],
        )
        waiting_guest = store.guest_number("guest@mail.example")
        store.record([NewFact(Enrolled(waiting_guest, waiting_guest, 5, "guest", 0), now_ms())])
    enrolled(centre, tmp_path)
    with opened(tmp_path) as store:
        till = store.identity.till
        assert (sale.till, till) != (till, tills.ALONE)
        assert store.sale(sale.body.slip) == sale  # type: ignore[union-attr]
        new = sell(store, card, 12)
        assert new.body.slip == till * 10_000_000 + 1  # type: ignore[union-attr]
        assert (new.epoch, new.seq) == (2, 5)
        # Who was known by the key of before is known still, and what waits for a guest goes on waiting.
        assert store.members_by("ana@mail.example") == [77]
        assert store.guest_number("guest@mail.example") == waiting_guest
        assert store.guest_number("new@mail.example") != 0
    with rounds(tmp_path) as made:
        first = made.go()
        centre.fold()
        assert (first.facts, first.people, first.states + made.go().states) == (5, 1, 3)
    with opened(tmp_path) as store:
        store.refresh()
        assert balance(store, card) == 42
    assert centre.one(f"SELECT count(*) FROM fact WHERE till = {till}") == 5
    assert centre.one("SELECT count(*) FROM apart") == 0
    assert centre.one("SELECT count(*) FROM alarm") == 0


def test_enrolling_broken_off_is_done_again_with_the_same_code(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = centre.code()
    with Network(centre.port) as network:
        network.cut_after = 20
        said = refused(capsys, "--centre", network.url, "--code", code, "--data", str(tmp_path))
        assert "try again" in said
    assert centre.one("SELECT count(*) FROM join_code WHERE used IS NOT NULL") >= 1
    before = centre.one("SELECT count(*) FROM till")
    assert main(["enrol", "--centre", centre.url, "--code", code, "--data", str(tmp_path)]) == 0
    assert centre.one("SELECT count(*) FROM till") == before


@pytest.mark.parametrize("code", ["", "ABCD", "АБВГ-ДЕЖЗ", "x" * 500])
def test_a_wrong_code_is_refused(centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str) -> None:
    said = refused(capsys, "--centre", centre.url, "--code", code, "--data", str(tmp_path))
    assert "This code is not good, or not any more. Ask the administrator for a new one." in said
    with opened(tmp_path) as store:
        assert (store.centre, store.identity.till) == ("", 1)


def test_a_used_code_and_a_till_that_is_enrolled_are_refused(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = centre.code()
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["enrol", "--centre", centre.url, "--code", code, "--data", str(first)]) == 0
    assert "was used already" in refused(capsys, "--centre", centre.url, "--code", code, "--data", str(second))
    again = refused(capsys, "--centre", centre.url, "--code", centre.code(), "--data", str(first))
    assert f"this till is enrolled already, with {centre.url}" in again


def test_an_old_code_is_refused(centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = tills.new_code(centre.link, "Каса", "shop", now_ms() - tills.CODE_MS - 1000)
    assert "not any more" in refused(capsys, "--centre", centre.url, "--code", code, "--data", str(tmp_path))


def test_a_running_till_is_not_enrolled(centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path):
        said = refused(capsys, "--centre", centre.url, "--code", centre.code(), "--data", str(tmp_path))
    assert "Another till program works with the files" in said


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://centre.example", "would go over the network in the open"),
        ("centre.example", "is no address such as"),
        ("ftp://centre.example", "is no address such as"),
        ("https://", "is no address such as"),
        ("https://[::", "is no address"),
        ("https://user:secret@centre.example", "is no address such as"),
        ("http://localhost:70000", "is no address"),
    ],
)
def test_an_address_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, sentence: str
) -> None:
    assert sentence in refused(capsys, "--centre", url, "--code", "A", "--data", str(tmp_path))


def test_without_a_network_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        said = refused(capsys, "--centre", url, "--code", "A", "--data", str(tmp_path))
    assert "The centre cannot be reached" in said
    assert "refused. Check the network and the address, and try again" in said


@pytest.mark.parametrize("lie", [b"HTTP/1.1 200 OK\r\n\r\nhello", b"\x16\x03\x01", b"HTTP/1.1 200 OK\r\n\r\n\x81"])
def test_an_answer_that_is_none_is_told_as_such(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str], lie: bytes
) -> None:
    with Network(centre.port) as network:
        network.lie = lie
        said = refused(capsys, "--centre", network.url, "--code", centre.code(), "--data", str(tmp_path))
    assert "try again" in said
    with opened(tmp_path) as store:
        assert store.centre == ""


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of this machine that nobody has signed, and its key."""
    made, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [sys.executable, "-c", _MAKE_CERTIFICATE, str(made), str(key)], check=True, timeout=60, capture_output=True
    )
    return made, key


_MAKE_CERTIFICATE = """
import datetime, ipaddress, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "centre")])
now = datetime.datetime.now(datetime.timezone.utc)
names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(9))
    .add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True)
    .sign(key, hashes.SHA256()))
open(sys.argv[1], "wb").write(made.public_bytes(serialization.Encoding.PEM))
open(sys.argv[2], "wb").write(key.private_bytes(serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
"""


def test_a_certificate_that_is_not_trusted_is_refused_and_with_its_file_it_is(
    tmp_path: Path, certificate: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=_answer_over_tls, args=(listening, context), daemon=True).start()
        arguments = ["--centre", url, "--code", "A", "--data", str(tmp_path / "till")]
        assert "is not trusted" in refused(capsys, *arguments)
        trusting = refused(capsys, *arguments, "--ca-file", str(certificate[0]))
        assert "No such till" in trusting
        listening.shutdown(socket.SHUT_RDWR)


def _read_whole(spoken: ssl.SSLSocket) -> None:
    """A request with its body: what is left unread would break off the answer."""
    asked = b""
    while piece := spoken.recv(65536):
        asked += piece
        head, _, body = asked.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        if length and len(body) >= int(length[1]):
            return


def _answer_over_tls(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        with client:
            try:
                spoken = context.wrap_socket(client, server_side=True)
            except (ssl.SSLError, OSError):
                continue
            _read_whole(spoken)
            body = b'{"code": "code", "sentence": "No such till."}'
            spoken.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            spoken.close()


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_of_certificates_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    arguments = ["--centre", "https://127.0.0.1:1", "--code", "A", "--data", str(tmp_path / "till")]
    assert "cannot be used for certificates" in refused(capsys, *arguments, "--ca-file", str(file))
