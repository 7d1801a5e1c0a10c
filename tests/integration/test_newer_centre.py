"""An older till at a newer centre: what it does not understand is left out, everything else goes on, and after its own
update it is told again.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from db import replica as replicas
from sync.central import snapshots
from sync.line import HttpLine
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.linked import balance, enrolled, give_card, opened, rounds, sell
from tests.helpers.logs import ExpectLog
from tests.helpers.shop import BREAD


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    with postgres.running() as running:
        yield running


@pytest.fixture
def centre(server: postgres.Postgres, tmp_path: Path) -> Iterator[Centre]:
    with centres.running(server.database(), tmp_path / "snapshots") as running:
        yield running


@pytest.fixture
def till(centre: Centre, tmp_path: Path) -> Path:
    return enrolled(centre, tmp_path / "till")


def change_pages(monkeypatch: pytest.MonkeyPatch, changed: Any) -> None:
    """Let pages be changed by a function of their plain data before they are decoded, as if the centre were newer."""
    real = HttpLine._content

    def content(self: HttpLine, request: Any) -> tuple[bytes, str]:
        body, media = real(self, request)
        if request.url.path == "/v1/changes":
            body = msgspec.msgpack.encode(changed(msgspec.msgpack.decode(body)))
        return body, media

    monkeypatch.setattr(HttpLine, "_content", content)


def of_tomorrow(page: dict[str, Any]) -> dict[str, Any]:
    """A page with more in each of its parts than today's program knows."""
    entry = ["of_tomorrow", "key", page["cursor"][0], b"\x81\xa1a\x01", "more"]
    return page | {
        "of_tomorrow": {"a": [1, 2]},
        "cursor": [*page["cursor"], "more"],
        "states": [[*state, {"more": 1}] for state in page["states"]],
        "entries": [entry, *[[*one, "more"] for one in page["entries"]]],
    }


def test_a_page_with_unknown_fields_and_kinds_tells_the_rest(
    centre: Centre, till: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    change_pages(monkeypatch, of_tomorrow)
    centre.publish("product", BREAD.code, msgspec.msgpack.encode(msgspec.to_builtins(BREAD) | {"of_tomorrow": 1}))
    with opened(till) as store, rounds(till) as made:
        card = give_card(store)
        sell(store, card, 30)
        expect_log(logging.WARNING, "of_tomorrow key.*cannot be used", times=None)
        assert made.go().link.why == ""
        centre.fold()
        assert made.go().link.why == ""
        store.refresh()
        assert (balance(store, card), store.replica.product(BREAD.code)) == (30, BREAD)


def unreadable(page: dict[str, Any]) -> dict[str, Any]:
    """A page whose states an older program cannot read: their cards have a status that it does not know."""
    states = []
    for root, tick, data, *rest in page["states"]:
        ledger = msgspec.msgpack.decode(data, strict=False)
        for card in ledger["cards"].values():
            card["status"] = "lent"
        states.append([root, tick, msgspec.msgpack.encode(ledger), *rest])
    return page | {"states": states}


def test_a_state_that_cannot_be_read_is_told_again_after_an_update(
    centre: Centre, till: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    other = enrolled(centre, tmp_path / "other")
    with opened(other) as there, rounds(other) as speaking:
        card = give_card(there)
        sell(there, card, 12)
        speaking.go()
        centre.fold()
    with rounds(till) as made:
        with monkeypatch.context() as older:
            change_pages(older, unreadable)
            expect_log(logging.WARNING, "ledger .* cannot be used: it is of a newer program")
            assert made.go().link.why == ""
            assert made.go().link.why == ""
        monkeypatch.setattr(replicas, "__version__", "99.0")
        assert made.go().states == 1
        assert made.go().states == 0
    with opened(till) as store:
        assert balance(store, card) == 12


def make_of_tomorrow(centre: Centre) -> None:
    """A snapshot lies ready whose file has a later schema than this program knows."""
    assert centre.snapshots is not None
    folder = centre.snapshots.folder
    made = snapshots.make(centre.database_url, folder)
    packed, file = centre.snapshots.path(made.hash), folder / "file"
    file.write_bytes(zstandard.ZstdDecompressor().decompress(packed.read_bytes(), max_output_size=made.unpacked))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = zstandard.ZstdCompressor().compress(file.read_bytes())
    newer = msgspec.structs.replace(made, hash=hashlib.sha256(content).hexdigest(), size=len(content))
    centre.snapshots.path(newer.hash).write_bytes(content)
    (folder / "snapshot.json").write_bytes(msgspec.json.encode(newer))


def test_a_snapshot_of_a_newer_program_is_not_taken_and_pages_are(
    centre: Centre, till: Path, tmp_path: Path, expect_log: ExpectLog
) -> None:
    with opened(till) as store, rounds(till) as made:
        card = give_card(store)
        sell(store, card, 30)
        made.go()
        centre.fold()
    make_of_tomorrow(centre)
    other = enrolled(centre, tmp_path / "other")
    expect_log(logging.WARNING, "the snapshot is of a newer program")
    with rounds(other) as made:
        assert made.go().link.why == ""
    with opened(other) as store:
        assert balance(store, card) == 30
    assert list(other.glob("snapshot*")) == []
