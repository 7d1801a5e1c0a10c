"""A till of tomorrow at today's centre: it is answered in kind, and what is not understood counts after an update."""

from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from pos_app import central
from pos_app.loyalty import facts, ledger
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import BonusGiven, CardsMerged, Earned, PointsAdjusted, SaleCompleted
from sync.central.database import row
from sync.central.state import now_ms
from sync.messages import Cursor, HoldAnswer, HoldWanted, Page, Pull, Receipt, Report, Sent, Upload
from tests.helpers.central import CARD, OTHER, enrolled
from tests.helpers.served import AskingTill, Served

MORE = {"of_tomorrow": [1, {"a": None}]}


def plain(message: object) -> Any:
    return msgspec.to_builtins(message, builtin_types=(bytes,))


class Ahead:
    """A till of tomorrow: each part of its messages has more in it than today's program knows."""

    def __init__(self, till: AskingTill) -> None:
        self.till = till
        self.ids: list[bytes] = []
        self._head = b""
        self._receipt = Receipt("", 0, b"", 0, 0)

    def send(self, *bodies: dict[str, Any]) -> Receipt:
        """Write facts down and send them."""
        before, sent = self._head, [self._sent(body) for body in bodies]
        told = self._receipt
        report = plain(Report("99.0", devices={"of tomorrow": "ok"})) | MORE
        upload = plain(Upload(1, told.token, told.timeline, told.seq, before=before)) | {
            "facts": sent,
            "report": report,
        }
        self._receipt = self.ask("/v1/facts", upload | MORE, Receipt)
        return self._receipt

    def _sent(self, body: dict[str, Any]) -> list[Any]:
        seq = len(self.ids) + 1
        self.ids.append(b"%016d" % seq)
        fact = {"id": self.ids[-1], "till": self.till.joined.till, "epoch": 1, "seq": seq, "moment": now_ms() + seq}
        data = msgspec.msgpack.encode(fact | {"body": body | MORE} | MORE)
        self._head = facts.chain(self._head, data)
        return [*plain(Sent(1, seq, self.ids[-1], self._head, data)), "of tomorrow"]

    def ask(self, path: str, message: Any, kind: Any) -> Any:
        answer = self.till.ask(path, body=msgspec.msgpack.encode(message), Accept="application/msgpack")
        assert answer.status_code == 200, answer.text
        return msgspec.msgpack.decode(answer.content, type=kind)


def earning(card: int, points: int) -> Any:
    """The body of a sale whose points count at once."""
    earned = (Earned(("all",), points, credited=now_ms()),)
    return plain(SaleCompleted(1, "EUR", (), 100, card=card, earned=earned))


@pytest.fixture
def ahead(served: Served) -> Ahead:
    return Ahead(served.till())


def balance(served: Served, card: int) -> int:
    (data,) = row(served.link, "SELECT state FROM ledger JOIN card USING (root) WHERE number = %s", (card,))
    state = msgspec.msgpack.decode(data, type=Ledger)
    return ledger.totals(state, state.cards[card].account).balance


def test_more_in_every_message_is_passed_over(served: Served, ahead: Ahead) -> None:
    receipt = ahead.send(plain(enrolled(CARD)), earning(CARD, 30))
    served.fold()
    pull = plain(Pull(Cursor())) | {"ids": ahead.ids, "cursor": [0, 0, "of tomorrow"]} | MORE
    page: Page = ahead.ask("/v1/changes", pull, Page)
    held: HoldAnswer = ahead.ask("/v1/holds", plain(HoldWanted(b"h" * 16, CARD, 5)) | MORE, HoldAnswer)

    assert (receipt.seq, receipt.new_epoch, held.granted) == (2, None, True)
    assert (all(page.ticks), [one.root for one in page.states], balance(served, CARD)) == (True, [CARD], 30)
    assert row(served.link, "SELECT count(*) FROM apart, alarm") == (0,)


def test_facts_of_an_unknown_kind_are_acknowledged_and_hold_nobody_up(served: Served, ahead: Ahead) -> None:
    ahead.send(plain(enrolled(CARD)), {"type": "points_lent", "card": CARD, "to": OTHER}, earning(CARD, 30))
    served.fold()
    page: Page = ahead.ask("/v1/changes", plain(Pull(Cursor(), tuple(ahead.ids))), Page)

    assert (all(page.ticks), balance(served, CARD)) == (True, 30)
    assert served.link.execute("SELECT id FROM apart").fetchall() == [(ahead.ids[1],)]
    assert "centre_facts_apart 1.0" in served.client.get("/metrics").text


@pytest.mark.parametrize(
    ("method", "path", "kind", "status", "code"),
    [
        ("POST", "/v1/of_tomorrow", "application/msgpack", 404, "request"),
        ("POST", "/v2/facts", "application/msgpack", 404, "request"),
        ("POST", "/v1/facts", "application/vnd.tomorrow+cbor", 415, "type"),
        ("GET", "/v1/snapshot/of_tomorrow/1", "", 404, "request"),
        ("PATCH", "/v1/facts", "application/msgpack", 405, "method"),
    ],
)  # fmt: skip
def test_what_the_centre_does_not_have_is_refused_in_kind(
    ahead: Ahead, method: str, path: str, kind: str, status: int, code: str
) -> None:
    answer = ahead.till.ask(path, {"of_tomorrow": 1} if kind else None, method=method, kind=kind)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["sentence"]


def test_a_body_packed_in_another_way_is_refused_in_kind(ahead: Ahead) -> None:
    answer = ahead.till.ask("/v1/facts", {"a": 1}, Content_Encoding="brotli")

    assert (answer.status_code, answer.json()["code"]) == (415, "encoding")


class Yesterday:
    """Reads facts as a program that does not know some kinds of them yet."""

    def __init__(self, *unknown: type) -> None:
        self._unknown = unknown
        self._today = facts._decoder

    def decode(self, data: bytes) -> facts.Fact:
        fact = self._today.decode(data)
        if isinstance(fact.body, self._unknown):
            raise msgspec.ValidationError("Invalid value - at `$.body.type`")
        return fact


def test_what_was_put_apart_counts_after_an_update(served: Served, ahead: Ahead) -> None:
    """A centre that does not know merges and bonuses; then today's program on its database."""
    with patch.object(facts, "_decoder", Yesterday(BonusGiven, CardsMerged)):
        ahead.send(
            *(plain(enrolled(card)) for card in (CARD, OTHER)),
            plain(BonusGiven(CARD, "birthday", 7, "birthday:1")),
            plain(CardsMerged(CARD, (OTHER,))),
            earning(OTHER, 30),
            plain(PointsAdjusted(CARD, 4, "a complaint")),
        )
        served.fold()
        assert (balance(served, CARD), balance(served, OTHER)) == (4, 30)
        assert row(served.link, "SELECT count(*) FROM apart") == (2,)
        before: Page = ahead.ask("/v1/changes", plain(Pull(Cursor(), tuple(ahead.ids))), Page)

    said: list[str] = []
    central.prepared(served.link, "", said.append)
    served.fold()
    after: Page = ahead.ask("/v1/changes", plain(Pull(before.cursor, timeline=before.timeline)), Page)

    assert said == ["2 facts that were not understood before are now."]
    assert (balance(served, CARD), balance(served, OTHER)) == (41, 41)
    assert row(served.link, "SELECT count(*) FROM apart") == (0,)
    assert [sorted(msgspec.msgpack.decode(one.data, type=Ledger).cards) for one in after.states] == [[CARD, OTHER]]
