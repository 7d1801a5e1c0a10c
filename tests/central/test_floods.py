"""Who floods the centre: it is bounded for each till and address, others go on, and nothing is kept or logged of it."""

import io
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from pos_app.central_log import JsonLines
from sync.central import alarms, database, gate, intake
from sync.central.alarms import raise_alarm
from sync.central.rates import Limits, Rate
from sync.messages import Cursor as Since
from sync.messages import Person, Pull, Upload
from tests.helpers.logs import ExpectLog
from tests.helpers.postgres import Postgres
from tests.helpers.served import FREE, UNLIMITED, Served, serving

SECRET = "Тайна"


def codes(answers: list[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_a_till_has_so_many_requests_at_once_and_others_go_on(served: Served) -> None:
    flooding, good = served.till(), served.till()
    flooding.ask("/v1/facts", Upload(1, b""))
    with database.connect(served.link.info.dsn) as other, ThreadPoolExecutor(12) as threads:
        with other.transaction():  # what its uploads wait for
            other.execute("SELECT FROM epoch WHERE till = %s FOR UPDATE", (flooding.joined.till,))
            asked = [threads.submit(flooding.ask, "/v1/facts", Upload(1, b"")) for _ in range(12)]
            refused = _first(asked, 12 - gate.AT_ONCE_MOST)
            assert set(codes(refused)) == {429}
            assert good.ask("/v1/facts", Upload(1, b"")).status_code == 200
            assert good.ask("/v1/changes", Pull(Since())).status_code == 200
        assert codes([one.result() for one in asked]).count(200) == gate.AT_ONCE_MOST
    assert flooding.ask("/v1/facts", Upload(1, b"")).status_code == 200


def _first(asked: list, count: int) -> list[httpx.Response]:  # type: ignore[type-arg]
    """The first so many answers."""
    until = time.monotonic() + 20
    while sum(one.done() for one in asked) < count:
        assert time.monotonic() < until
    return [one.result() for one in asked if one.done()]


def test_a_till_that_asks_too_often_leaves_nothing_behind_and_others_go_on(server: Postgres) -> None:
    with serving(server.database(), Limits(FREE, Rate(5, 0.0001), FREE, FREE, FREE, FREE)) as served:
        flooding, good = served.till(), served.till()
        answers = [flooding.ask("/v1/changes", Pull(Since())) for _ in range(30)]

        assert codes(answers) == [200] * 5 + [429] * 25
        assert answers[-1].headers["retry-after"]
        assert database.row(served.link, "SELECT count(*) FROM nonce") == (5,)
        assert good.ask("/v1/changes", Pull(Since())).status_code == 200


def test_a_till_brings_so_many_bytes(server: Postgres) -> None:
    with serving(server.database(), Limits(FREE, FREE, FREE, FREE, FREE, Rate(5000, 0.0001))) as served:
        flooding, good = served.till(), served.till()
        person = Person(1, "x" * 4000)

        assert codes([flooding.ask("/v1/facts", Upload(1, b"", people=(person,))) for _ in range(3)]) == [200, 429, 429]
        assert good.ask("/v1/facts", Upload(1, b"", people=(person,))).status_code == 200


@pytest.fixture
def unfinished(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """Requests from this address whose bodies do not come to their end."""
    monkeypatch.setattr(gate, "HELD_OF_ONE_MOST", 100_000)
    address = urlsplit(served.url)
    sockets = []
    for _ in range(9):
        one = socket.create_connection((address.hostname or "", address.port or 80), timeout=20)
        signed = "till: 9\r\ntill-stamp: 1\r\ntill-nonce: " + "0" * 32 + "\r\ntill-signature: eA==\r\n"
        one.sendall(
            f"POST /v1/facts HTTP/1.1\r\nhost: x\r\n{signed}content-length: 90000\r\n\r\n".encode() + b"x" * 12_000
        )
        sockets.append(one)
    yield sockets
    for one in sockets:
        one.close()


def test_an_address_has_so_much_on_its_way_at_once(served: Served, unfinished: list[socket.socket]) -> None:
    heads = [unfinished[-1].recv(1000)[:12]]
    for one in unfinished:
        one.close()

    assert heads == [b"HTTP/1.1 503"]
    assert served.till().ask("/v1/facts", Upload(1, b"")).status_code == 200


def test_alarms_of_a_till_do_not_grow_without_end(served: Served) -> None:
    for number in range(alarms.UNSEEN_MOST + 20):
        raise_alarm(served.link, 5, number, "gap", str(number))
        raise_alarm(served.link, 5, number, "debt", str(number))
    raise_alarm(served.link, 6, 1, "gap", "of another one")

    kinds = served.link.execute(
        "SELECT till, kind, count(*) FROM alarm GROUP BY till, kind ORDER BY till, kind"
    ).fetchall()
    assert kinds == [(5, "debt", alarms.UNSEEN_MOST + 20), (5, "gap", alarms.UNSEEN_MOST), (6, "gap", 1)]
    served.link.execute("UPDATE alarm SET seen = 1 WHERE at < 10")
    raise_alarm(served.link, 5, 9999, "gap", "later")
    assert served.link.execute("SELECT subject FROM alarm WHERE at = 9999").fetchall() == [("later",)]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that the centre logs, as the command writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def test_nothing_personal_and_no_secret_is_logged_of_refused_requests_and_faults(
    server: Postgres, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the asking side, in the same process
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    with serving(server.database(), UNLIMITED) as served:
        till = served.till(SECRET)
        person = Person(1, SECRET, "+359888" + SECRET, SECRET)
        served.client.post("/v1/join", json={"code": SECRET, "public_key": SECRET, "name": SECRET})
        served.client.get(f"/fleet?lang={SECRET}", headers={"authorization": "Basic VGFpbmE6VGFpbmE="})
        served.client.get(f"/{SECRET}?{SECRET}={SECRET}")
        till.ask("/v1/facts", body=SECRET.encode())
        till.ask("/v1/facts", {"epoch": SECRET, "token": SECRET}, Accept=SECRET.encode().hex())

        def broken(*_: object) -> None:
            raise KeyError(f"{SECRET} {person}")

        monkeypatch.setattr(intake, "_keep_people", broken)
        expect_log(logging.ERROR, "unexpected at")
        assert till.ask("/v1/facts", Upload(1, b"", people=(person,))).status_code == 500
    told = lines.getvalue()

    assert '"error": "KeyError"' in told
    for secret in (SECRET, "VGFpbmE6", till.key.hex(), till.joined.card_key.hex(), "till-signature", "+359888"):
        assert secret not in told


def test_what_is_no_http_is_refused_as_everything_is(served: Served) -> None:
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=20) as one:
        one.sendall(b"GET /v1/clock HTTP/1.1\r\nhost: x\r\ncontent-length: $\r\n\r\n")
        answer = b"".join(iter(lambda: one.recv(1000), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert msgspec.json.decode(body)["code"] == "request"
