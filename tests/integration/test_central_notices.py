"""What the centre tells members of points that were spent twice: once, and not when it turned out otherwise."""

import pytest

from pos_app import texts
from pos_app.loyalty.basket import Offer, Swap
from pos_app.loyalty.facts import CardBlocked, MemberLeft, SaleCompleted
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.words import Words
from pos_app.settings import MailSettings, Settings
from sync import outbox as rounds
from sync.central import backups, intake, notices, people
from sync.central.database import Link, connect, row
from sync.central.folding import Folder
from sync.central.notices import Outbox
from sync.messages import Person, Upload
from tests.helpers.central import CARD, NOW, OTHER, ZONE, FakeTill, begin, count, earning, enrolled
from tests.helpers.mail_server import MailServer
from tests.helpers.postgres import Postgres

MEMBER = CARD + 7
LATER = NOW + notices.WAIT_MS["points_owed"]
ANA = Person(MEMBER, "Ана", "", "ana@mail.example", language="en")


@pytest.fixture
def tills(link: Link) -> list[FakeTill]:
    """Two tills that know of ten points of a card."""
    begin(link)
    tills = [FakeTill(1), FakeTill(2)]
    tills[0].write(enrolled(CARD))
    tills[0].write(earning(CARD, 10))
    told(link, tills[0])
    intake.receive(link, 2, Upload(1, b"", people=(ANA,)), NOW)
    return tills


def told(link: Link, *tills: FakeTill) -> None:
    """Let the centre take up what tills have written."""
    for till in tills:
        till.send(link)
    folder = Folder(ZONE, now=lambda: NOW)
    while folder.fold(link):
        pass


def spend_twice(link: Link, tills: list[FakeTill]) -> None:
    for place, till in enumerate(tills):
        till.write(earning(CARD, 0, used=10), NOW + 1000 + place)
    told(link, *tills)


def words_of(language: str) -> Words:
    return texts.words(language or "bg", ZONE)


def states(link: Link) -> dict[str, str]:
    return dict(link.execute("SELECT channel, state FROM notice ORDER BY channel").fetchall())


def play(link: Link, server: MailServer, now: int = LATER) -> list[tuple[str, str]]:
    """One round; tells the channel and the state of each notice."""
    chosen = Settings(mail=MailSettings("127.0.0.1", server.port, "none", sender="a@coop.example"))
    ways = rounds.senders(chosen)
    outbox = Outbox(link, lambda: now)
    assert outbox.is_mine()
    try:
        return [(one.notice.channel, one.state) for one in rounds.run(outbox, ways, chosen, words_of, lambda: now)]
    finally:
        for way in ways.values():
            way.close()


def test_who_owes_points_is_told_once_however_often_they_are_folded(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    with MailServer() as server:
        assert play(link, server, now=LATER - 1) == []
        assert play(link, server) == [("mail", "sent")]
        for till in tills:
            intake.receive(link, till.number, till.upload(), NOW)
        tills[0].write(earning(CARD, 1), NOW)  # a fact of the past: all is folded anew, and nine are owed still
        told(link, *tills)
        assert play(link, server) == []

    [letter] = server.letters
    assert letter["To"] == "ana@mail.example"
    assert "your card spent 10 points more than it had" in letter.get_content()
    assert states(link) == {"mail": "sent", "sms": "queued"}
    assert row(link, "SELECT tries, data FROM notice WHERE channel = 'mail'") == (1, "{}")


def test_only_what_is_owed_when_it_is_sent_is_told(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    tills[1].write(earning(CARD, 4), NOW + 2000)
    told(link, tills[1])
    with MailServer() as server:
        play(link, server)
    [letter] = server.letters
    assert "6 points more" in letter.get_content()


def test_a_debt_that_a_late_fact_has_healed_is_not_told_and_one_that_comes_back_is(
    link: Link, tills: list[FakeTill]
) -> None:
    spend_twice(link, tills)
    third = FakeTill(3)
    link.execute("INSERT INTO till (till, name, shop, public_key, joined, epochs) VALUES (3, '', '', '', 0, 1)")
    third.write(earning(CARD, 10), NOW + 500)
    told(link, third)
    with MailServer() as server:
        assert play(link, server) == [("mail", "past")]
        assert server.letters == []

        third.write(earning(CARD, 0, used=10), NOW + 600)  # and somebody has spent those too
        told(link, third)
        assert sorted(play(link, server)) == [("mail", "sent")]
    assert len(server.letters) == 1


def test_several_things_of_one_sale_are_one_notice(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    swap = Swap(Offer("cup", "3800000000009", "Чаша", 3), 2)
    sale = SaleCompleted(2, "EUR", (), 0, card=CARD, swaps=(swap,), spent=(6,), used_points=1)
    tills[0].write(sale, NOW + 3000)
    told(link, tills[0])
    rows = link.execute("SELECT data::jsonb ->> 'points' FROM notice WHERE channel = 'mail' ORDER BY created, data")
    assert sorted(points for (points,) in rows) == ["10", "7"]


def test_who_was_erased_is_told_nothing_and_nothing_is_left(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    shown = people.shown(link, MEMBER, NOW)
    assert shown is not None
    assert [one["kind"] for one in shown["notices"]] == ["points_owed"] * 2  # type: ignore[attr-defined]

    people.erase(link, MEMBER, NOW)
    assert count(link, "notice") == 0
    tills[0].write(earning(CARD, 0, used=5), NOW + 4000)
    told(link, tills[0])
    with MailServer() as server:
        assert play(link, server) == []
    assert (count(link, "notice"), server.letters) == (0, [])


def test_who_was_erased_at_a_till_is_told_nothing(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    intake.receive(link, 2, Upload(1, b"", people=(Person(MEMBER, ""),)), NOW)
    assert count(link, "notice") == 0


def test_a_member_who_has_left_is_not_told_of_debts(link: Link, tills: list[FakeTill]) -> None:
    tills[0].write(CardBlocked(CARD), NOW + 500)  # a lost card is still somebody's
    spend_twice(link, tills)
    assert count(link, "notice") == 2

    tills[0].write(enrolled(OTHER), NOW + 5000)
    tills[1].write(MemberLeft(OTHER), NOW + 6000)
    tills[1].write(earning(OTHER, 0, used=5), NOW + 6001)
    told(link, *tills)
    assert count(link, "notice") == 2


def test_one_sends_at_a_time(link: Link, postgres: Postgres, tills: list[FakeTill]) -> None:
    with connect(link.info.dsn) as other:
        assert Outbox(other, lambda: NOW).is_mine()
        assert not Outbox(link, lambda: NOW).is_mine()
    link.execute("SELECT pg_advisory_lock(%s)", (notices._LOCK,))  # it is free a little after the connection has ended
    assert Outbox(link, lambda: NOW).is_mine()


def test_a_server_that_is_away_leaves_it_waiting_until_it_is_old_news(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    with MailServer() as server:
        server.data = ["451 later"]
        assert play(link, server) == [("mail", "queued")]
        assert row(link, "SELECT tries, error FROM notice WHERE channel = 'mail'") == (
            1,
            "the mail server said: 451 later",
        )
        assert play(link, server, now=NOW + 8 * 24 * HOUR) == [("sms", "expired"), ("mail", "expired")]


def test_what_may_have_been_told_before_the_centre_was_put_back_is_not_told_again_by_itself(
    link: Link, tills: list[FakeTill]
) -> None:
    spend_twice(link, tills)
    backups.restored(link, NOW + 5000)
    for till in tills:  # what happened before, and was not in the backup
        till.write(earning(CARD, 0, used=1), NOW + 4000)
    told(link, *tills)
    tills[0].write(earning(CARD, 0, used=1), NOW + 6000)
    told(link, tills[0])
    with MailServer() as server:
        assert play(link, server) == [("mail", "sent")]
        assert notices.send_again(link) == 6
        assert play(link, server) == 3 * [("mail", "sent")]


def test_what_lies_long_back_is_forgotten_but_for_debts(link: Link, tills: list[FakeTill]) -> None:
    spend_twice(link, tills)
    link.execute(
        "INSERT INTO notice SELECT member, 'other', 'tier_changed', channel, data, 'sent', created, due "
        "FROM notice LIMIT 1"
    )
    notices.forget(link, NOW + notices.KEPT_MS + 1)
    assert {kind for (kind,) in link.execute("SELECT kind FROM notice")} == {"points_owed"}
