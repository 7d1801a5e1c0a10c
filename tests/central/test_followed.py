"""A programme in force that cannot be read: somebody is told, and the centre folds by the one before it."""

import logging
import time
from collections.abc import Callable

import msgspec
import pytest

from pos_app import central, shipped
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme_file import decode
from sync.central import followed, published
from sync.central.database import row
from sync.central.state import now_ms
from tests.helpers.central import CARD, FakeTill, enrolled
from tests.helpers.logs import ExpectLog
from tests.helpers.served import Served
from tests.helpers.shop import PROGRAMME

PATIENCE_S = 20
COOP = shipped.content("coop-bg")


def put(served: Served, pack: str, content: bytes | None) -> None:
    """Put a file in force as no command does it, straight into the database."""
    served.link.execute("DELETE FROM pack WHERE pack = %s", (pack,))
    if content is not None:
        served.link.execute("INSERT INTO pack VALUES (%s, 'x', %s, %s)", (pack, content, now_ms()))
    published.put(served.link, "programme", "", {published.IN_FORCE: msgspec.msgpack.encode(pack)})


def no_name(served: Served) -> None:
    published.put(served.link, "programme", "", {published.IN_FORCE: b"\xc1"})


def wait_for(served: Served, state: str) -> None:
    """Come back when the service has noticed; it looks several times a second."""
    until = time.monotonic() + PATIENCE_S
    while served.client.get("/healthz").json()["state"] != state:
        assert time.monotonic() < until, served.client.get("/healthz").text


@pytest.mark.parametrize(
    "happens",
    [
        lambda served: put(served, "1" * 16, b"id = 'x'"),
        lambda served: put(served, "1" * 16, b"\xff\0"),
        lambda served: put(served, "1" * 16, None),
        lambda served: put(served, "1" * 16, shipped.content("dvizna-si")),
        lambda served: put(served, "1" * 16, COOP + b"\n[of_tomorrow]\nkind = 1\n"),
        no_name,
    ],
    ids=["not a programme", "no text", "no file", "another zone", "of tomorrow", "no name"],
)
def test_the_fold_goes_on_by_the_programme_before(
    served: Served, expect_log: ExpectLog, happens: Callable[[Served], None]
) -> None:
    expect_log(logging.ERROR, "the programme in force cannot be read")
    happens(served)
    wait_for(served, "programme")
    fold_a_card(served)

    assert served.client.get("/healthz").status_code == 200
    assert "centre_programme_unreadable 1.0" in served.client.get("/metrics").text
    assert served.link.execute("SELECT till, kind FROM alarm").fetchall() == [(0, "programme")]
    assert served.folder.statutes == PROGRAMME.statutes

    better = decode(COOP + b"\n", "published")
    published.put_programme(served.link, "", better.id, better.pack, COOP + b"\n", now_ms())
    wait_for(served, "ok")
    assert "centre_programme_unreadable 0.0" in served.client.get("/metrics").text


def fold_a_card(served: Served) -> None:
    """A till sends a fact, and the service folds it."""
    till = FakeTill(served.till().joined.till)
    till.write(enrolled(CARD))
    till.send(served.link)
    until = time.monotonic() + PATIENCE_S
    while row(served.link, "SELECT count(*) FROM ledger") != (1,):
        assert time.monotonic() < until


def test_a_centre_begins_with_the_programme_that_it_followed_last(served: Served, expect_log: ExpectLog) -> None:
    expect_log(logging.ERROR, "the programme in force cannot be read")
    newer = decode(COOP + b"\n# later\n", "published")
    published.put_programme(served.link, "Юг", newer.id, newer.pack, COOP + b"\n# later\n", now_ms())
    put(served, "1" * 16, b"id = 'x'")
    wait_for(served, "programme")
    said: list[str] = []

    assert central.prepared(served.link, "", said.append).pack == PROGRAMME.pack
    assert [sentence.partition(":")[0] for sentence in said] == ["The programme in force cannot be used"]


def test_a_centre_without_any_that_can_be_read_says_so(served: Served, expect_log: ExpectLog) -> None:
    expect_log(logging.ERROR, "the programme in force cannot be read")
    put(served, "1" * 16, b"id = 'x'")
    served.link.execute("UPDATE pack SET content = 'x'")
    wait_for(served, "programme")
    fold_a_card(served)
    with pytest.raises(FileFault, match="publish one"):
        followed.programme(served.link, now_ms())
