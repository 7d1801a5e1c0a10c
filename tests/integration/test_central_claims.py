"""Tills that say that the centre has lost something: believed a few times a day, then a person decides."""

from collections.abc import Callable

import pytest

from sync.central import changes, claims
from sync.central.claims import Claim
from sync.central.database import Link, row
from sync.central.folding import Folder
from sync.central.moments import DAY_MS
from sync.messages import Cursor, Pull
from tests.helpers.central import CARD, NOW, TIMELINE, ZONE, FakeTill, alarms, begin, count, earning, enrolled


@pytest.fixture
def till(link: Link) -> FakeTill:
    begin(link, tills=30)
    till = FakeTill()
    till.write(enrolled(CARD))
    till.send(link)
    return till


def timeline(link: Link) -> str:
    return str(row(link, "SELECT timeline FROM centre")[0])


def claim_facts(link: Link, number: int, now: int) -> None:
    """A till says that facts were acknowledged that nobody knows."""
    liar = FakeTill(number)
    for _ in range(3):
        liar.write(enrolled(CARD + now % 1000))
    liar.acknowledged, liar.timeline = 3, timeline(link)
    liar.send(link, now)


def claim_ticks(link: Link, number: int, now: int) -> None:
    """A till says that it was told a tick that was never made."""
    changes.page(link, number, Pull(Cursor(2**50 + now, 0), timeline=timeline(link)), now)


@pytest.mark.parametrize("claim", [claim_facts, claim_ticks])
def test_a_till_is_believed_so_often_a_day_and_then_set_apart(
    link: Link, till: FakeTill, claim: Callable[[Link, int, int], None]
) -> None:
    Folder(ZONE).fold(link)
    seen = []
    for number in range(12):
        claim(link, 2, NOW + number)
        seen.append(timeline(link))

    assert len({TIMELINE, *seen}) == claims.OF_A_TILL + 1
    assert [told for told in alarms(link) if told[1] == "claim"] == [(2, "claim")]
    assert [one.till for one in claims.waiting(link)] == [2]
    claim(link, 3, NOW + 100)  # others are believed all the same
    claim(link, 2, NOW + 100)
    assert timeline(link) not in seen
    assert len(claims.waiting(link)) == 1
    last = timeline(link)
    claim(link, 2, NOW + DAY_MS + 50)
    assert timeline(link) != last


def test_all_tills_together_are_believed_so_often_a_day(link: Link, till: FakeTill) -> None:
    seen = set()
    for number in range(2, 2 + claims.OF_ALL + 5):
        claim_ticks(link, number, NOW + number)
        seen.add(timeline(link))

    assert (len(seen), len(claims.waiting(link))) == (claims.OF_ALL, 5)


def set_apart(link: Link) -> str:
    """A claim of till 2 waits for a person; tells the timeline."""
    for number in range(claims.OF_A_TILL + 1):
        claim_ticks(link, 2, NOW + number)
    return timeline(link)


def test_a_person_believes_a_claim(link: Link, till: FakeTill) -> None:
    before = set_apart(link)
    assert claims.waiting(link) == [Claim(2, NOW + claims.OF_A_TILL, f"tick {2**50 + NOW + claims.OF_A_TILL}")]

    assert claims.believe(link, 2, NOW) == timeline(link) != before
    assert (claims.waiting(link), claims.believe(link, 2, NOW), claims.believe(link, 9, NOW)) == ([], None, None)


def test_a_person_dismisses_a_claim(link: Link, till: FakeTill) -> None:
    before = set_apart(link)

    assert (claims.dismiss(link, 2, NOW), timeline(link), claims.waiting(link)) == (True, before, [])
    assert not claims.dismiss(link, 2, NOW)


def test_what_was_lost_is_healed_when_a_claim_is_believed(link: Link, till: FakeTill) -> None:
    """The centre falls back for the third time that day, and the same till is the only one who knows."""
    for number in range(claims.OF_A_TILL + 1):
        till.write(earning(CARD, number), NOW + number)
        till.send(link, NOW + number)
        link.execute("DELETE FROM fact WHERE till = 1 AND seq = %s", (len(till.sent),))
        link.execute("UPDATE epoch SET seq = seq - 1, hash = %s WHERE till = 1", (till.sent[-2].hash,))
        before = timeline(link)
        till.send(link, NOW + number)
        if timeline(link) == before:
            claims.believe(link, 1, NOW)
            till.send(link, NOW + number)
        till.acknowledged = 0  # it offers everything again
        till.send(link, NOW + number)
        assert (timeline(link) != before, count(link, "fact")) == (True, len(till.sent))
