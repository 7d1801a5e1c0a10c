"""Tills that mean harm, or are broken: nobody else is held up by what they say, and nothing grows without end."""

import logging

import msgspec
import pytest

from pos_app.loyalty import facts, ledger, stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Acted, Body, Fact, PointsAdjusted
from sync.central import apart, intake
from sync.central.careful import Careful
from sync.central.database import Link, row
from sync.central.folding import Folder
from sync.central.moments import DAY_MS
from sync.central.tills import Refused
from sync.messages import Sent
from tests.helpers.central import CARD, NOW, OTHER, ZONE, FakeTill, begin, count, earning, enrolled
from tests.helpers.logs import ExpectLog


@pytest.fixture
def till(link: Link) -> FakeTill:
    begin(link)
    return FakeTill()


def plain(body: Body) -> dict[str, object]:
    """A fact as it is before it is packed, to be made wrong."""
    built = msgspec.to_builtins(Fact(b"%016d" % 1, 1, 1, 1, NOW, body), builtin_types=(bytes,))
    assert isinstance(built, dict)
    return built


def say(till: FakeTill, data: bytes) -> None:
    """Let a till send these bytes as its first fact."""
    till.sent.append(Sent(1, 1, b"%016d" % 1, facts.chain(b"", data), data))


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("type", "enr\0lled"), ("card", 2**63), ("card", -1), ("account", 2**64 - 1), ("member", 2**63), ("kind", None),
        ("active_from", 10**16), ("card", "29"),
    ],
)  # fmt: skip
def test_a_fact_that_cannot_be_is_put_apart_and_holds_nobody_up(
    link: Link, till: FakeTill, what: str, value: object
) -> None:
    fact = plain(enrolled(CARD))
    body = fact["body"]
    assert isinstance(body, dict)
    say(till, msgspec.msgpack.encode(fact | {"body": body | {what: value}}))
    till.write(enrolled(OTHER))
    till.send(link)

    assert (Folder(ZONE).fold(link), count(link, "apart"), count(link, "ledger")) == (2, 1, 1)


def test_a_fact_of_a_number_that_cannot_be_is_put_apart(link: Link, till: FakeTill) -> None:
    say(till, msgspec.msgpack.encode(plain(enrolled(CARD)) | {"till": 2**64 - 1}))
    till.send(link)

    assert (Folder(ZONE).fold(link), count(link, "apart"), count(link, "ledger")) == (1, 1, 0)


def test_what_breaks_the_fold_is_found_and_put_apart_until_a_program_can_fold_it(
    link: Link, till: FakeTill, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    till.write(enrolled(CARD))
    for number in range(40):
        till.write(earning(CARD, 1) if number != 20 else PointsAdjusted(CARD, 100, "breaks"), NOW + number)
        till.write(enrolled(CARD + 1000 + number))
    till.send(link)
    fold, careful = ledger.apply, Careful(Folder(ZONE))

    def breaking(state: Ledger, fact: Fact) -> None:
        if isinstance(fact.body, PointsAdjusted):
            raise KeyError("a fault of the program")
        fold(state, fact)

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "apply", breaking)
        expect_log(logging.ERROR, "a fact cannot be folded")
        while careful.fold(link):
            pass
        assert (count(link, "apart"), count(link, "ledger")) == (1, 41)
    assert row(link, "SELECT count(*) FROM batch WHERE tick IS NULL") == (0,)

    assert apart.try_again(link) == 1
    assert careful.fold(link) == 1
    (state,) = row(link, "SELECT state FROM ledger JOIN card USING (root) WHERE number = %s", (CARD,))
    assert ledger.totals(msgspec.msgpack.decode(state, type=Ledger), CARD).balance == 139


def test_a_card_of_which_no_fact_counts_any_more_is_told_as_unknown(link: Link, till: FakeTill) -> None:
    copy = till.copy()
    till.write(enrolled(CARD), id_=b"the same id here")
    copy.write(Acted("drawer_opened"), id_=b"the same id here")
    for one in (till, copy):
        one.send(link)
        while Folder(ZONE).fold(link):
            pass

    (state,) = row(link, "SELECT state FROM ledger")
    assert stored.decode(state).cards[CARD].status == "unknown"


@pytest.mark.parametrize("epoch", [0, -1, 2**40, 2**62])
def test_a_till_cannot_be_in_an_epoch_far_away(link: Link, till: FakeTill, epoch: int) -> None:
    till.epoch = epoch
    with pytest.raises(Refused, match="epoch"):
        till.send(link)


def test_a_till_begins_so_many_epochs_a_day(link: Link, till: FakeTill) -> None:
    till.write(enrolled(CARD))
    till.send(link)
    old = till.copy()
    till.write(earning(CARD, 7))
    till.send(link)

    def copied(number: int, now: int) -> int | None:
        copy = old.copy()
        copy.write(earning(CARD, 8), NOW + number)
        return copy.send(link, now).new_epoch

    assert [copied(number, NOW) for number in range(1, intake.EPOCHS_A_DAY)] == list(range(2, intake.EPOCHS_A_DAY + 1))
    with pytest.raises(Refused, match="copies"):
        copied(intake.EPOCHS_A_DAY, NOW)
    assert copied(intake.EPOCHS_A_DAY, NOW + DAY_MS) == intake.EPOCHS_A_DAY + 1
