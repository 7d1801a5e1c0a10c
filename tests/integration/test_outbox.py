"""Notices from the fact that caused them to the member who reads them, through real servers and a modem's port."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from db.outbox import Outbox
from db.records import Person
from db.store import NewFact, Store, StoreTrouble
from pos_app import texts
from pos_app.__main__ import main
from pos_app.clock import now_ms
from pos_app.loyalty import notices
from pos_app.loyalty.facts import Fact, PointsAdjusted
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.money import Amount
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.words import Words
from pos_app.settings import MailSettings, Settings, SmsSettings, save
from sync import outbox as rounds
from tests.helpers.mail_server import MailServer
from tests.helpers.sms_gateway import SmsGateway
from tests.helpers.stores import START, ZONE, enrol, opened, sell
from tests.helpers.virtual_modem import VirtualModem

ROOT = Path(__file__).parents[2]
ANA = Person(1, "Ана", "0888 12-34-56", "ana@mail.example", language="en")
GREEN = {"bg": "зелено", "en": "green"}
Found = TypeVar("Found")
ROSE = notices.tier_changed(1, GREEN)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = opened(tmp_path)
    yield store
    store.close()


def tell(store: Store, *told: Notice, person: Person = ANA) -> Fact:
    """A fact that causes notices, of a member with these personal data."""
    card = enrol(store, member=person.member)
    body = PointsAdjusted(card, 1, "test", None)
    [fact] = store.record([NewFact(body, store.last_moment)], people=[person], notices=told)
    return fact


def words_of(language: str) -> Words:
    return texts.words(language or "bg", ZONE)


def settings(server: MailServer | None, modem: VirtualModem | None = None) -> Settings:
    return Settings(
        shop_lines=("КООП 12", "София"),
        mail=MailSettings()
        if server is None
        else MailSettings("127.0.0.1", server.port, "none", sender="a@coop.example"),
        sms=SmsSettings() if modem is None else SmsSettings("modem", "359", modem.path),
    )


def play(folder: Path, chosen: Settings, *, now: Callable[[], int] = now_ms) -> list[tuple[str, str]]:
    """One round; tells the channel and the state of each notice."""
    outbox = Outbox(folder)
    ways = rounds.senders(chosen)
    try:
        return [(done.notice.channel, done.state) for done in rounds.run(outbox, ways, chosen, words_of, now)]
    finally:
        for way in ways.values():
            way.close()
        outbox.close()


def states(store: Store) -> dict[str, str]:
    return {notice.channel: notice.state for notice in store.notices()}


def only(found: list[Found]) -> Found:
    [one] = found
    return one


def test_a_fact_and_its_notices_are_written_together(store: Store) -> None:
    fact = tell(store, ROSE, notices.phone_code(1, "4711"))

    found = store.notices("queued")
    assert [(notice.kind, notice.channel) for notice in found] == [
        ("tier_changed", "mail"), ("tier_changed", "sms"), ("phone_code", "sms"),
    ]  # fmt: skip
    assert [notice.id for notice in found] == [
        notices.notice_id(fact.id, 0, "mail"),
        notices.notice_id(fact.id, 0, "sms"),
        notices.notice_id(fact.id, 1, "sms"),
    ]
    assert {len(notice.id) for notice in found} == {16}
    assert found[0].values == {"tier.bg": "зелено", "tier.en": "green"}
    assert (found[0].member, found[0].tried, found[0].error) == (1, 0, "")


def test_a_fact_that_cannot_be_written_tells_nobody(store: Store) -> None:
    card = enrol(store)
    with pytest.raises(ValueError, match="cannot be written after"):
        store.record([NewFact(PointsAdjusted(card, 1, "test", None), START - 1)], notices=[ROSE])
    assert store.notices() == []


def test_the_same_fact_never_gives_two_notices(store: Store) -> None:
    fact = tell(store, ROSE)
    before = store.notices()
    with store._journal.transaction():
        store._journal.put_notices(fact.id, [ROSE], START)
    assert store.notices() == before


def test_notices_without_a_fact_are_each_their_own(store: Store) -> None:
    for _ in range(2):
        store.record([], people=[ANA], notices=[notices.phone_code(1, "4711")])
    assert len(store.notices()) == 2


def test_a_member_is_told_once_in_the_own_language_while_the_till_works(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE)
    with MailServer() as server, VirtualModem() as modem:
        chosen = settings(server, modem)
        assert play(tmp_path, chosen) == [("mail", "sent"), ("sms", "sent")]
        sell(store)
        assert play(tmp_path, chosen) == []

    letter, sms = only(server.letters), only(modem.parts)
    assert (letter["To"], letter["Subject"]) == ("ana@mail.example", "Your level: green")
    assert letter.get_content().split("\r\n") == [
        "Your level is now: green. Ask us what it brings you.", "", "КООП 12", "София", "",
    ]  # fmt: skip
    assert (sms.number, sms.text) == ("+359888123456", "КООП 12: Your level is now: green. Ask us what it brings you.")
    assert letter["Message-ID"] == f"<{store.notices()[0].id.hex()}@coop.example>"
    assert states(store) == {"mail": "sent", "sms": "sent"}
    assert {str(notice.values) for notice in store.notices()} == {"{}"}  # nothing is kept of what was told


def test_a_member_without_a_language_is_told_in_that_of_the_till(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE, person=Person(1, "Ана", email="ana@mail.example"))
    with MailServer() as server:
        play(tmp_path, settings(server))
    assert server.letters[0]["Subject"] == "Вашето ниво: зелено"


@pytest.mark.parametrize(
    ("told", "subject", "text"),
    [
        (notices.welcome(1, 20), "Welcome", "Welcome! Show your card whenever you pay. You have 20 points now."),
        (
            notices.request_decided(1, {"en": "1 % off a car"}, approved=True, reason="Paid in full."),
            "Your request: 1 % off a car",
            "Your request was approved: 1 % off a car. Paid in full.",
        ),
        (
            notices.request_decided(1, {"en": "1 % off a car"}, approved=False),
            "Your request: 1 % off a car",
            "Your request was not approved: 1 % off a car.",
        ),
        (
            notices.code_made(1, "7Q2K", Amount(500, "EUR"), START),
            "Your discount code",
            (
                "7Q2K is a code for 5.00 € off. It can be used once, until 17 Mar 2030, by you or by whoever you give "
                "it to."
            ),
        ),
        (
            notices.code_made(1, "7Q2K", Amount(500, "EUR"), None),
            "Your discount code",
            "7Q2K is a code for 5.00 € off. It can be used once, by you or by whoever you give it to.",
        ),
        (
            notices.phone_code(1, "4711"),
            "Your confirmation code",
            "4711 is your confirmation code. Tell it only to the cashier who has just asked you for it.",
        ),
    ],
)
def test_what_each_notice_says(told: Notice, subject: str, text: str) -> None:
    assert notices.written(told.kind, told.values, words_of("en")) == (subject, text)


@pytest.mark.parametrize("person", [Person(1, "Ана"), Person(1, ""), Person(1, "Ана", phone="  ", email=" ")])
def test_who_gave_no_address_or_was_erased_is_told_nothing(store: Store, tmp_path: Path, person: Person) -> None:
    tell(store, ROSE)
    store.record([], people=[person])
    with MailServer() as server, VirtualModem() as modem:
        assert play(tmp_path, settings(server, modem)) == [("mail", "nowhere"), ("sms", "nowhere")]
        assert (server.letters, modem.parts) == ([], [])


def test_whose_data_are_elsewhere_is_told_nothing(store: Store, tmp_path: Path) -> None:
    store.record([], notices=[ROSE])
    with MailServer() as server:
        assert play(tmp_path, settings(server)) == [("mail", "nowhere")]


def test_old_news_is_not_sent(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE, notices.phone_code(1, "4711"))
    with MailServer() as server, VirtualModem() as modem:
        chosen = settings(server, modem)
        two_hours_later = now_ms() + 2 * HOUR
        assert play(tmp_path, chosen, now=lambda: two_hours_later) == [
            ("mail", "sent"), ("sms", "sent"), ("sms", "expired"),
        ]  # fmt: skip
        assert [part.text for part in modem.parts if "4711" in part.text] == []


def test_what_the_settings_name_no_way_for_waits(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE)
    with MailServer() as server:
        assert play(tmp_path, settings(server)) == [("mail", "sent")]
    assert states(store) == {"mail": "sent", "sms": "queued"}


def test_a_way_that_does_not_work_is_left_alone_until_the_next_round(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE, notices.welcome(1, 0))
    with MailServer() as server:
        chosen = settings(server)
    assert play(tmp_path, chosen) == [("mail", "queued")]
    first = store.notices("queued")[-1]  # the one that was tried comes last
    assert (first.kind, first.channel) == ("tier_changed", "mail")
    assert first.tried > 0
    assert "Connection refused" in first.error

    with MailServer() as server:
        assert play(tmp_path, settings(server)) == [("mail", "sent"), ("mail", "sent")]
    assert [letter["Subject"] for letter in server.letters] == ["Welcome", "Your level: green"]
    assert {notice.error for notice in store.notices("sent")} == {""}


def test_one_that_is_refused_does_not_hold_up_the_others(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE, notices.welcome(1, 0), notices.code_made(1, "7Q2K", Amount(500, "EUR"), None))
    with MailServer() as server:
        server.recipient = ["550 unknown", "450 not now"]
        assert play(tmp_path, settings(server)) == [("mail", "failed"), ("mail", "queued"), ("mail", "sent")]
        assert play(tmp_path, settings(server)) == [("mail", "sent")]
    assert only(store.notices("failed")).error == "the mail server said: 550 unknown"


def test_an_unsure_one_is_sent_again_only_when_somebody_says_so(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE)
    with MailServer() as server:
        server.data = ["break"]
        assert play(tmp_path, settings(server)) == [("mail", "unsure")]
        assert play(tmp_path, settings(server)) == []
        outbox = Outbox(tmp_path)
        assert rounds.send_again(outbox) == 1
        outbox.close()
        assert play(tmp_path, settings(server)) == [("mail", "sent")]
        assert len(server.letters) == 1


def test_what_cannot_be_a_number_or_be_worded_fails_with_a_sentence(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE, Notice("tier_changed", 2), person=Person(1, "Ана", "няма", "ana@mail.example"))
    store.record([], people=[Person(2, "Петър", "0888123456")])
    with MailServer() as server, SmsGateway() as gateway:
        chosen = Settings(sms=SmsSettings("http", url=gateway.url))
        assert play(tmp_path, chosen) == [("sms", "failed"), ("sms", "failed")]
        assert (server.letters, gateway.requests) == ([], [])
    assert sorted(notice.error for notice in store.notices("failed")) == [
        "it cannot be put into words: 'tier' is missing",
        "what the member has given is not a telephone number",
    ]


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("0888 12 34 56", "+359888123456"),
        ("+359 (888) 123-456", "+359888123456"),
        ("00359888123456", "+359888123456"),
        ("۰۹۱۲۱۲۳۴۵۶۷", "+3599121234567"),
        ("112", ""),
        ("12+34567", ""),
        ("няма", ""),
        ("0888123456 вкъщи", ""),
        ("", ""),
    ],
)
def test_numbers_as_people_write_them(given: str, number: str) -> None:
    assert rounds.phone_number(given, "359") == number


def test_only_one_sends_and_only_from_a_journal_of_today(store: Store, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    with pytest.raises(StoreTrouble, match="is held by another program") as busy:
        Outbox(tmp_path)
    assert busy.value.code == "busy"
    outbox.close()

    (tmp_path / "old").mkdir()
    connection = sqlite3.connect(tmp_path / "old" / "journal.db")
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    for folder, code in (("old", "older"), ("nowhere", "missing")):
        with pytest.raises(StoreTrouble) as caught:
            Outbox(tmp_path / folder)
        assert caught.value.code == code


# -- the command


def test_the_command_says_in_a_line_what_became_of_each(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(store, ROSE)
    with MailServer() as server:
        save(settings(server), tmp_path)
        assert main(["send", "--data", str(tmp_path), "--once"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "tier_changed to member 1 by e-mail: sent",
            "1 by SMS cannot be sent: settings.toml does not say how",
        ]
        server.data = ["break"]
        tell(store, notices.welcome(2, 5), person=Person(2, "Петър", "", "petar@mail.example"))
        main(["send", "--data", str(tmp_path), "--once"])
        assert "welcome to member 2 by e-mail: may have been sent or not (the mail server" in capsys.readouterr().out
        main(["send", "--data", str(tmp_path), "--once", "--again"])
        assert capsys.readouterr().out.splitlines()[:2] == [
            "1 to be sent again", "welcome to member 2 by e-mail: sent",
        ]  # fmt: skip


def test_the_command_tells_what_it_cannot_work_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "--data", str(tmp_path / "nowhere"), "--once"]) == 2
    assert "does not exist. Open the till once" in capsys.readouterr().err
    (tmp_path / "settings.toml").write_text('[mail]\nhost = "x"\n')
    assert main(["send", "--data", str(tmp_path), "--once"]) == 2
    assert "table [mail], key 'sender': must be an e-mail address" in capsys.readouterr().err


def command(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pos_app", "send", "--data", folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_the_command_goes_on_until_it_is_told_to_end(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE)
    with MailServer() as server:
        save(settings(server), tmp_path)
        with command(tmp_path) as process:
            assert process.stdout
            assert process.stdout.readline() == "tier_changed to member 1 by e-mail: sent\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def test_killed_while_it_sends_it_does_not_send_twice(store: Store, tmp_path: Path) -> None:
    tell(store, ROSE)
    with MailServer() as server:
        server.data = ["hang"]
        save(settings(server), tmp_path)
        with command(tmp_path) as process:
            assert server.hanging.wait(30)
            process.kill()
        assert states(store)["mail"] == "sending"
        assert play(tmp_path, settings(server)) == [("mail", "unsure")]
        assert play(tmp_path, settings(server)) == []
        assert server.letters == []
    unsure = only(store.notices("unsure"))
    assert unsure.error == "the program ended while it was being sent"
    assert unsure.values  # so that it can be sent again
