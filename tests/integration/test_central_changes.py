"""What tills are told: every state, whatever was committed late, and nothing twice."""

import msgspec
import pytest

from sync.central import changes, intake
from sync.central.database import Link, connect, row
from sync.central.folding import Folder
from sync.messages import Cursor, Page, Pull
from tests.helpers.central import CARD, NOW, OTHER, TIMELINE, ZONE, FakeTill, alarms, begin, earning, enrolled


@pytest.fixture
def tills(link: Link) -> list[FakeTill]:
    begin(link)
    return [FakeTill(1), FakeTill(2)]


def follow(link: Link, cursor: Cursor, most: int = 1000, till: int = 1) -> tuple[list[Page], Cursor]:
    """All pages after a cursor, and where they end."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(changes.page(link, till, Pull(cursor, timeline=TIMELINE), NOW, most))
        cursor = pages[-1].cursor
    return pages, cursor


def roots(pages: list[Page]) -> list[int]:
    return [state.root for page in pages for state in page.states]


def test_pages_tell_every_state_once(link: Link, tills: list[FakeTill]) -> None:
    for number in range(7):
        tills[0].write(enrolled(CARD + number))
        if number % 3 == 0:
            tills[0].send(link)
            Folder(ZONE).fold(link)
    tills[0].send(link)
    Folder(ZONE).fold(link)
    pages, cursor = follow(link, Cursor(), most=2)

    assert sorted(roots(pages)) == [CARD + number for number in range(7)]
    assert max(len(page.states) for page in pages) == 2
    assert roots(follow(link, cursor)[0]) == []


def test_a_state_that_changes_while_it_is_paged_is_told_again(link: Link, tills: list[FakeTill]) -> None:
    for card in (CARD, OTHER):
        tills[0].write(enrolled(card))
    tills[0].send(link)
    Folder(ZONE).fold(link)
    first = changes.page(link, 1, Pull(Cursor(), timeline=TIMELINE), NOW, most=1)
    tills[0].write(earning(CARD, 5))
    tills[0].send(link)
    Folder(ZONE).fold(link)
    rest, _ = follow(link, first.cursor)

    assert roots([first]) == [CARD]
    assert roots(rest) == [OTHER, CARD]


def test_the_cursor_stays_before_a_cut_that_not_all_machines_show(link: Link, tills: list[FakeTill]) -> None:
    tills[0].write(enrolled(CARD))
    tills[0].send(link)
    Folder(ZONE).fold(link)
    (closed,) = row(link, "SELECT tick FROM centre")
    for card in (CARD + 1, CARD + 2, CARD + 3):
        tills[0].write(enrolled(card))
    tills[0].send(link)
    Folder(ZONE).fold(link)
    link.execute("UPDATE centre SET closed = %s", (closed,))
    pages, cursor = follow(link, Cursor(), most=2)
    again, same = follow(link, cursor, most=2)
    link.execute("UPDATE centre SET closed = tick")
    rest, end = follow(link, cursor, most=2)

    assert cursor.tick == same.tick == closed < end.tick
    assert roots(pages)[0] == CARD
    assert len(again) == 1
    assert roots(rest) == [CARD + 1, CARD + 2, CARD + 3]


def test_a_fact_that_is_committed_late_is_told_all_the_same(link: Link, tills: list[FakeTill]) -> None:
    """The naive cursor over a sequence would have gone past it."""
    early, late = tills
    early.write(enrolled(CARD))
    late.write(enrolled(OTHER))
    with connect(link.info.dsn) as other:
        with other.transaction():
            intake.receive(other, 2, late.upload(), NOW)  # it has its time, and is not committed yet
            early.send(link, NOW + 1)
            Folder(ZONE).fold(link)
            before, cursor = follow(link, Cursor())
        Folder(ZONE).fold(link)
    after, _ = follow(link, cursor)

    assert (roots(before), roots(after)) == ([CARD], [OTHER])


def test_a_page_says_in_which_ticks_the_tills_own_facts_were_folded(link: Link, tills: list[FakeTill]) -> None:
    till, stranger = tills
    told = till.write(enrolled(CARD))
    till.send(link)
    Folder(ZONE).fold(link)
    waiting = till.write(earning(CARD, 5))
    till.send(link)
    foreign = stranger.write(enrolled(OTHER))
    stranger.send(link)
    page = changes.page(link, 1, Pull(Cursor(), (told.id, waiting.id, foreign.id), TIMELINE), NOW)

    assert page.ticks == (page.cursor.tick, 0, 0)
    assert page.states[0].tick == page.cursor.tick


def test_a_till_that_knows_a_tick_which_is_lost_makes_the_centre_begin_a_new_timeline(
    link: Link, tills: list[FakeTill]
) -> None:
    tills[0].write(enrolled(CARD))
    tills[0].send(link)
    Folder(ZONE).fold(link)
    _, cursor = follow(link, Cursor())
    link.execute("DELETE FROM tick")
    link.execute("UPDATE centre SET tick = 0")
    page = changes.page(link, 1, Pull(cursor, timeline=TIMELINE), NOW)

    assert page.timeline != TIMELINE
    assert alarms(link) == [(0, "restored")]
    assert changes.page(link, 1, Pull(cursor, timeline=TIMELINE), NOW).timeline == page.timeline


def test_published_things_reach_their_shop_and_come_before_states(link: Link, tills: list[FakeTill]) -> None:
    for key, shop in (("1", ""), ("2", "shop1"), ("3", "shop2")):
        link.execute("INSERT INTO entry (kind, key, shop, data) VALUES ('product', %s, %s, '')", (key, shop))
    tills[0].write(enrolled(CARD))
    tills[0].send(link)
    Folder(ZONE).fold(link)
    pages, cursor = follow(link, Cursor(), most=1)
    assert [entry.key for page in pages for entry in page.entries] == ["1", "2"]

    link.execute("UPDATE entry SET data = NULL, tick = NULL WHERE key = '1'")
    Folder(ZONE).fold(link)
    (page,), _ = follow(link, cursor)

    assert [(entry.key, entry.data) for entry in page.entries] == [("1", None)]
    assert page.states == ()


def test_names_are_told_with_the_states_of_their_members(link: Link, tills: list[FakeTill]) -> None:
    tills[0].write(enrolled(CARD))
    tills[0].send(link)
    link.execute("INSERT INTO person VALUES (%s, 'Ana', '0888', 'a@b', '', '', 'bg')", (CARD + 7,))
    Folder(ZONE).fold(link)
    (page,), cursor = follow(link, Cursor())
    link.execute("UPDATE person SET name = 'Anna', tick = NULL")
    Folder(ZONE).fold(link)
    (again,), _ = follow(link, cursor)

    assert page.states[0].members == {CARD + 7: ("Ana", "0888")}
    assert again.states[0].members == {CARD + 7: ("Anna", "0888")}
    assert b"a@b" not in msgspec.msgpack.encode(page)
    assert row(link, "SELECT count(*) FROM tick")[0] == 2
