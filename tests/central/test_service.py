"""The service over HTTP: what it answers in which form, and how it refuses."""

import logging
import socket
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import psycopg
import pytest
import zstandard

from db.store import NewFact, Store
from pos_app.loyalty import facts
from pos_app.loyalty.facts import Earned, Enrolled, Fact, SaleCompleted
from sync import signatures
from sync.agent import Agent
from sync.central import administrators, gate, published
from sync.central.rates import Limits, Rate
from sync.central.readers import Readers
from sync.central.state import now_ms
from sync.line import HttpLine
from sync.messages import (
    Cursor,
    HoldAnswer,
    HoldOver,
    HoldWanted,
    Joining,
    Page,
    Person,
    Pull,
    Receipt,
    Report,
    Sent,
    Upload,
)
from tests.helpers.logs import ExpectLog
from tests.helpers.postgres import Postgres
from tests.helpers.served import FREE, AskingTill, Served, serving

CARD = 2900000000001
MSGPACK = "application/msgpack"


def sent(till: int, seq: int = 1, before: bytes = b"") -> Sent:
    fact = Fact(bytes(15) + bytes([seq]), till, 1, seq, now_ms(), Enrolled(CARD, CARD, 5, "client", 0))
    data = facts.encode(fact)
    return Sent(1, seq, fact.id, facts.chain(before, data), data)


def upload(till: AskingTill, report: Report | None = None) -> Upload:
    people = (Person(5, "Ани", "0888123456"),)
    return Upload(1, b"", facts=(sent(till.joined.till),), people=people, report=report)


def test_a_till_joins_sends_is_told_and_holds_points(served: Served) -> None:
    till = served.till()
    receipt = msgspec.msgpack.decode(till.ask("/v1/facts", upload(till), Accept=MSGPACK).content, type=Receipt)
    served.fold()
    page = msgspec.msgpack.decode(
        till.ask("/v1/changes", Pull(Cursor(), (bytes(15) + b"\1",)), Accept=MSGPACK).content, type=Page
    )
    hold = till.ask("/v1/holds", HoldWanted(bytes(16), CARD, 10), Accept=MSGPACK)

    assert (receipt.seq, receipt.timeline) == (1, till.joined.timeline)
    assert page.ticks[0] > 0
    assert [state.members for state in page.states] == [{5: ("Ани", "0888123456")}]
    assert {entry.kind for entry in page.entries} == {"pack", "programme"}
    assert msgspec.msgpack.decode(hold.content, type=HoldAnswer) == HoldAnswer(False)


def test_a_real_till_goes_round_through_it(served: Served, tmp_path: Path) -> None:
    till = served.till()
    store = Store.open(tmp_path / "till", "Europe/Sofia")
    store.record([NewFact(Enrolled(CARD, CARD, 5, "client", 0), now_ms())])
    earned = (Earned(("reason",), 30, credited=now_ms()),)
    store.record([NewFact(SaleCompleted(store.next_slip(), "EUR", (), 100, card=CARD, earned=earned), now_ms())])
    with closing(HttpLine(served.url, till.joined.till, till.key, now_ms)) as line:
        agent = Agent(tmp_path / "till", line)
        agent.round(Report("1.0"))
        served.fold()
        agent.round()
        agent.close()
        hold = line.hold(HoldWanted(b"h" * 16, CARD, 20))
        other = line.hold(HoldWanted(b"i" * 16, CARD, 20))
        line.give_up(HoldOver(b"h" * 16))
        again = line.hold(HoldWanted(b"i" * 16, CARD, 20))
    assert store.refresh()
    balance = store.customer(CARD, now_ms()).balance
    store.close()

    assert (hold.granted, other.granted, other.available) == (True, False, 10)
    assert again.granted
    assert balance == 30


def test_json_and_messagepack_say_the_same(shared: Served) -> None:
    till = shared.till()
    asked = Pull(Cursor())
    shared.fold()

    told = till.ask("/v1/changes", body=msgspec.json.encode(asked), kind="application/json")
    packed = till.ask("/v1/changes", asked, Accept="application/x-msgpack, application/json;q=0.5")

    one, other = msgspec.json.decode(told.content, type=Page), msgspec.msgpack.decode(packed.content, type=Page)
    assert told.headers["content-type"] == "application/json"
    assert packed.headers["content-type"].startswith("application/")
    assert msgspec.structs.replace(one, now=0) == msgspec.structs.replace(other, now=0)


def test_an_answer_that_is_worth_it_is_packed_for_who_can_unpack_it(served: Served) -> None:
    till = served.till()
    published.put(served.link, "product", "", {"1": bytes(5000)})
    served.fold()
    plain = till.ask("/v1/changes", Pull(Cursor()), Accept=MSGPACK, Accept_Encoding="identity")
    packed = till.ask("/v1/changes", Pull(Cursor()), Accept=MSGPACK, Accept_Encoding="zstd")

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "zstd"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_what_a_till_says_of_itself_is_remembered(served: Served) -> None:
    till = served.till()
    report = Report("1.2", 3, 1000, {"printer\0": "ok" * 1000}, ("w",) * 1000, offset_ms=10**18)
    till.ask("/v1/facts", upload(till, report))

    heard, offset_ms, kept = served.link.execute("SELECT heard, offset_ms, report FROM till").fetchone() or ()

    assert heard > 0
    assert offset_ms == 10**15
    assert (kept["waiting"], len(kept["devices"]["printer"]), len(kept["warnings"])) == (3, 300, 50)


def test_a_programme_file_is_had_by_its_hash(shared: Served) -> None:
    till = shared.till()
    (pack,) = published.keys(shared.link, "pack", "")

    assert pack == published.pack_in_force(shared.link)
    assert till.ask(f"/v1/packs/{pack}", method="GET").content == published.pack(shared.link, pack)
    for wrong in ("0" * 64, "nothing", "..%2f..%2fetc", "%00"):
        answer = till.ask(f"/v1/packs/{wrong}", method="GET")
        assert answer.status_code in (401, 404)  # 401: the path that was signed is not the one that came


@pytest.mark.parametrize(
    "path",
    ["/fleetX", "/fleet/", "/fleet/seen/x", "/v1/joinX", "/v1/join/", "//v1/join", "/v1/clockwork", "/healthz/x",
     "/schema", "/schema/", "/metricsX", "/v1/%2e%2e/nothing", "/v1/nothing", "/%2e%2e/fleet", "/v1/facts", "/"],
)  # fmt: skip
def test_only_what_is_open_is_open(shared: Served, path: str) -> None:
    for method in ("GET", "POST"):
        answer = shared.client.request(method, shared.url + path)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_other_methods_are_refused(shared: Served, method: str) -> None:
    for path in ("/v1/join", "/healthz", "/v1/facts", "/nothing"):
        answer = shared.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_a_request_counts_once_and_in_its_time(shared: Served) -> None:
    till = shared.till()
    body = msgspec.msgpack.encode(Pull(Cursor()))
    headers = {"Content-Type": MSGPACK, **till.signed("POST", "/v1/changes", body)}
    old = {"Content-Type": MSGPACK, **till.signed("POST", "/v1/changes", body, stamp=now_ms() - 6 * 60_000)}

    assert shared.client.post("/v1/changes", content=body, headers=headers).status_code == 200
    for sent_headers, sent_body, code in (
        (headers, body, "replay"),
        (old, body, "stamp"),
        ({**till.signed("POST", "/v1/changes", body), "Content-Type": MSGPACK}, body + b" ", "signature"),
        ({**headers, signatures.TILL: "99"}, body, "signature"),
    ):
        answer = shared.client.post("/v1/changes", content=sent_body, headers=sent_headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_header_that_comes_twice_is_not_guessed_at(shared: Served) -> None:
    till = shared.till()
    headers = [*till.signed("GET", "/v1/packs/00000000").items(), (signatures.TILL, "2")]

    answer = shared.client.get("/v1/packs/00000000", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "headers")


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_bodies_of_other_types_are_refused(shared: Served, kind: str) -> None:
    till = shared.till()
    assert till.ask("/v1/changes", Pull(Cursor()), kind=kind).json()["code"] == "type"
    assert shared.client.post("/v1/join", content=b"{}", headers={"Content-Type": kind}).json()["code"] == "type"


DEEP = 200_000


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[" * DEEP), ("application/json", b'{"a":' * DEEP), (MSGPACK, b"\x91" * DEEP),
        (MSGPACK, b"\x81\xa1a" * DEEP), (MSGPACK, b"\x81\xa5facts" + b"\x91" * DEEP),
        (MSGPACK, b"\xdd\xff\xff\xff\xff"), (MSGPACK, b"\xc6\xff\xff\xff\xff"),
        (MSGPACK, b""), (MSGPACK, b"\xc1"), ("application/json", b"\xff\xfe"),
        ("application/json", b'{"epoch": 1e400, "token": ""}'), ("application/json", b"null"),
        ("application/json", b'{"epoch": 99999999999999999999999, "token": ""}'),
        ("application/json", b'{"epoch": 9223372036854775807, "token": "", "people": [[1, "a\\u0000b"]]}'),
        ("application/json", b'{"epoch": 1, "token": "", "people": [[-9999999999999999999, "a"]]}'),
        ("application/json", b'{"epoch": 1, "token": "", "people": [[1, "a\\u0000b"]]}'),
        ("application/json", b'{"epoch": 1, "token": "", "report": {"version": "\\u0000", "oldest": 999999999999}}'),
    ],
)  # fmt: skip
def test_no_body_makes_a_fault(shared: Served, kind: str, body: bytes) -> None:
    till = shared.till()

    for path in ("/v1/facts", "/v1/changes", "/v1/holds", "/v1/holds/over"):
        answer = till.ask(path, body=body, kind=kind)
        assert answer.status_code in (200, 204, 400), answer.text
        if answer.status_code == 400:
            assert answer.json().keys() == {"code", "sentence"}


def test_a_bomb_is_unpacked_no_further_than_is_allowed(shared: Served) -> None:
    till = shared.till()
    zeros = zstandard.ZstdCompressor(level=19).compress(bytes(512 * 2**20))
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=0)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    far = packer.compress(bytes(2**20)) + packer.flush()

    answers = {
        name: till.ask("/v1/facts", body=body, Content_Encoding=encoding)
        for name, body, encoding in (
            ("zeros", zeros, "zstd"), ("far", far, "zstd"), ("none", b"no", "zstd"), ("gzip", b"no", "gzip"),
            ("twice", zeros, "zstd, zstd"), ("large", bytes(gate.PACKED_MOST + 1), "identity"),
        )
    }  # fmt: skip

    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == {
        "zeros": (413, "too_large"), "far": (400, "encoding"), "none": (400, "encoding"), "gzip": (415, "encoding"),
        "twice": (415, "encoding"), "large": (413, "too_large"),
    }  # fmt: skip
    bomb = zstandard.ZstdCompressor().compress(bytes(2**20))
    headers = {"Content-Type": "application/json", "Content-Encoding": "zstd"}
    assert shared.client.post("/v1/join", content=bomb, headers=headers).status_code == 413


def test_a_till_that_was_shut_out_gets_nothing_and_gives_nothing(served: Served) -> None:
    till = served.till()
    served.link.execute("UPDATE till SET shut_out = 1")

    answer = till.ask("/v1/facts", upload(till))

    assert (answer.status_code, answer.json()["code"]) == (403, "shut_out")
    assert served.link.execute("SELECT count(*) FROM fact").fetchone() == (0,)


def test_codes_cannot_be_guessed_in_a_row(server: Postgres) -> None:
    with serving(server.database(), Limits(joins=Rate(5, 0.001))) as served:
        joining = msgspec.json.encode(Joining("ABCD", bytes(32)))
        told = [
            served.client.post("/v1/join", content=joining, headers={"Content-Type": "application/json"}).json()["code"]
            for _ in range(7)
        ]
    assert told == ["code"] * 5 + ["rate"] * 2


def test_who_is_refused_often_is_not_asked_about_any_more_and_no_till_pays_for_it(server: Postgres) -> None:
    limits = Limits(refused=Rate(3, 0.0001), joins=FREE)
    with serving(server.database(), limits) as served:
        till = served.till()
        forged = {**till.signed("POST", "/v1/changes", b"other"), "Content-Type": MSGPACK}
        told = [served.client.post("/v1/changes", content=b"", headers=forged).json()["code"] for _ in range(5)]
    assert told == ["signature"] * 3 + ["rate"] * 2


def test_a_till_that_asks_without_rest_is_told_to_wait(server: Postgres) -> None:
    with serving(server.database(), Limits(till=Rate(3, 0.0001), joins=FREE)) as served:
        till = served.till()
        told = [till.ask("/v1/changes", Pull(Cursor())).status_code for _ in range(5)]
    assert told == [200] * 3 + [429] * 2


def test_a_slow_body_and_a_slow_head_are_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.central.gate.BODY_S", 0.2)
    monkeypatch.setattr("sync.central.door.HEAD_S", 0.2)
    address = urlsplit(served.url)
    told = []
    for begun in (
        b"POST /v1/join HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        b"GET /healthz HTTP/1.1\r\nHo",
        b"",
    ):
        with socket.create_connection((address.hostname, address.port), timeout=5) as slow:
            slow.sendall(begun)
            told.append(slow.recv(1000)[:12])
    assert told == [b"HTTP/1.1 408", b"", b""]


def test_one_address_has_only_so_many_connections(shared: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.central.door.is_here", lambda address: False)
    monkeypatch.setattr("sync.central.door.Door.from_one_most", 3)
    address = urlsplit(shared.url)
    shared.client.close()
    shared.client = httpx.Client(base_url=shared.url)
    with ExitStack() as stack:
        many = [
            stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=5)) for _ in range(4)
        ]
        many[3].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        many[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionResetError):
            assert many[3].recv(1000) == b""
        assert many[0].recv(1000).startswith(b"HTTP/1.1 200")


def test_a_flood_of_headers_is_cut_off(shared: Served) -> None:
    address = urlsplit(shared.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as flood:
        flood.sendall(b"GET /healthz HTTP/1.1\r\n" + b"X: " + b"y" * 30_000)
        assert flood.recv(1000).startswith(b"HTTP/1.1 400")


def test_without_its_database_the_centre_says_so_and_heals(server: Postgres, expect_log: ExpectLog) -> None:
    expect_log(logging.WARNING, "", times=None)  # the service and its pool say that it is away
    url = server.database()
    with (
        serving(url) as served,
        psycopg.connect(url.replace(urlsplit(url).path, "/postgres"), autocommit=True) as administrator,
    ):
        till = served.till()
        name = urlsplit(url).path[1:]
        administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        answers = [till.ask("/v1/changes", Pull(Cursor())) for _ in range(2)]
        administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        healed = till.ask("/v1/changes", Pull(Cursor()))

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "database")] * 2
    assert healed.status_code == 200


def test_the_centre_is_healthy_while_facts_do_not_wait(shared: Served) -> None:
    assert shared.client.get("/healthz").json()["state"] == "ok"


def test_figures_for_prometheus(served: Served) -> None:
    till = served.till()
    till.ask("/v1/facts", upload(till))
    served.client.get("/v1/" + "x" * 50)
    figures = served.client.get("/metrics").text

    assert 'centre_requests_total{route="/v1/facts",status="200"} 1.0' in figures
    assert 'centre_requests_total{route="other",status="401"} 1.0' in figures
    assert 'centre_tills{state="heard"} 1.0' in figures


def test_figures_are_read_on_the_machine_itself_or_with_a_token_or_a_password(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, token, known = server.database(), "a-token-of-the-monitoring", ("ani", "correct horse battery")
    tries: list[dict[str, Any]] = [
        {},
        *({"headers": {"Authorization": f"Bearer {word}"}} for word in (token, token[:-1], "x")),
        {"auth": known},
    ]
    seen = []
    for readers in (Readers(token), Readers(token, is_proxied=True)):
        with serving(url, readers=readers) as served:
            administrators.put(served.link, *known)
            seen.append([served.client.get("/metrics", **one).status_code for one in tries])
    monkeypatch.setattr("sync.central.readers.is_here", lambda address: False)
    with serving(url) as served:
        seen.append([served.client.get("/metrics", **one).status_code for one in tries])

    assert seen == [[200, 200, 401, 401, 200], [401, 200, 401, 401, 200], [401, 401, 401, 401, 200]]


def test_the_description_names_both_forms_every_refusal_and_the_signature(shared: Served) -> None:
    described = shared.client.get("/schema/openapi.json").json()

    assert described["paths"].keys() == {
        "/v1/clock", "/v1/join", "/v1/facts", "/v1/changes", "/v1/holds", "/v1/holds/over", "/v1/sales",
        "/v1/packs/{pack}", "/healthz", "/metrics",
    }  # fmt: skip
    facts_post = described["paths"]["/v1/facts"]["post"]
    assert facts_post["requestBody"]["content"].keys() == {"application/json", MSGPACK}
    assert facts_post["responses"]["200"]["content"].keys() == {"application/json", MSGPACK}
    assert {"400", "401", "403", "413", "415", "429", "503"} <= facts_post["responses"].keys()
    assert facts_post["security"] == [{"Till": [], "Till-Stamp": [], "Till-Nonce": [], "Till-Signature": []}]
    assert "security" not in described["paths"]["/v1/join"]["post"]


def test_a_websocket_is_not_opened(shared: Served) -> None:
    answer = httpx.get(shared.url + "/healthz", headers={"Connection": "upgrade", "Upgrade": "websocket"})
    assert answer.status_code == 200
