"""E-mail through a real mail server on this machine."""

import logging
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.errors import FileFault
from pos_app.settings import MailSettings, Secret
from sync.mail import MailSender
from sync.message import Message, SendTrouble
from tests.helpers.logs import ExpectLog
from tests.helpers.mail_server import PASSWORD, USER, MailServer, certificate

SENDER = "КООП Витоша <cards@coop.example>"
CREATED = 1_772_440_000_000
MESSAGE = Message(b"\x01" * 16, "ana@mail.example", "Вашето ниво: зелено", "Нивото Ви е: зелено.\n\nКООП", CREATED)
SHORT_S = 0.2  # for what does not happen
LOGIN_NOISE = "login_data is deprecated"  # the mail server says it of itself at each login
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return certificate(tmp_path_factory.mktemp("tls"))


def sender(server: MailServer, **values: object) -> MailSender:
    settings: dict[str, object] = {
        "host": "127.0.0.1", "port": server.port, "security": "none", "sender": SENDER, "timeout_s": 30,
    }  # fmt: skip
    return MailSender(MailSettings(**{**settings, **values}))  # type: ignore[arg-type]


def lines(text: str) -> list[bytes]:
    return text.encode().rstrip(b"\r\n").splitlines()


def trouble(mail: MailSender, message: Message = MESSAGE) -> tuple[str, str]:
    with pytest.raises(SendTrouble) as caught:
        mail.send(message)
    mail.close()
    return caught.value.outcome, str(caught.value)


def test_an_e_mail_arrives_as_it_was_written() -> None:
    with MailServer() as server:
        mail = sender(server)
        mail.send(MESSAGE)
        mail.close()

    [letter] = server.letters
    assert letter["From"] == SENDER
    assert letter["To"] == "ana@mail.example"
    assert letter["Subject"] == "Вашето ниво: зелено"
    assert letter["Message-ID"] == f"<{'01' * 16}@coop.example>"
    assert letter["Date"] == "Mon, 02 Mar 2026 08:26:40 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_charset() == "utf-8"
    assert lines(letter.get_content()) == lines(MESSAGE.text)


def test_the_same_message_is_known_by_its_id() -> None:
    with MailServer() as server:
        mail = sender(server)
        for message in (MESSAGE, MESSAGE, MESSAGE._replace(id=b"\x02" * 16)):
            mail.send(message)
        mail.close()

    first, again, other = (letter["Message-ID"] for letter in server.letters)
    assert first == again != other
    assert server.connections == 1


def test_no_subject_or_text_can_write_into_the_head() -> None:
    with MailServer() as server:
        mail = sender(server)

        @given(TEXTS, TEXTS)
        def arrives(subject: str, text: str) -> None:
            mail.send(MESSAGE._replace(subject=subject, text=text))
            letter = server.letters.pop()
            assert letter.keys() == [
                "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
                "Content-Transfer-Encoding", "MIME-Version",
            ]  # fmt: skip
            assert lines(letter.get_content()) == lines(text)

        arrives()
        mail.send(MESSAGE._replace(subject="Hello\r\nBcc: eve@mail.example\r\n\r\nBuy"))
        mail.close()
        assert server.letters.pop()["Subject"] == "Hello Bcc: eve@mail.example Buy"


@pytest.mark.parametrize(
    "address",
    [
        "ana@mail.example\r\nBcc: eve@mail.example", "ana@mail.example, eve@mail.example", "ana", "@mail.example",
        "ana@", "ana@mail.example> SIZE=1", "Ана <ana@mail.example>", "a b@mail.example", "ана@mail.example",
        "a@" + "b" * 70, "ana@mail..example", "",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_anybody_is_called(address: str) -> None:
    with MailServer() as server:
        assert trouble(sender(server), MESSAGE._replace(to=address)) == (
            "refused",
            "what the member has given is not an e-mail address",
        )
        assert (server.connections, server.letters) == (0, [])


def test_an_address_in_another_script_is_written_as_servers_know_it() -> None:
    with MailServer() as server:
        mail = sender(server)
        mail.send(MESSAGE._replace(to="ana@поща.бг"))
        mail.close()
    assert server.letters[0]["To"] == "ana@xn--80a1ac5b.xn--90ae"


def test_a_password_travels_only_under_starttls(tls: tuple[ssl.SSLContext, str], expect_log: ExpectLog) -> None:
    expect_log(logging.WARNING, LOGIN_NOISE, logger="mail.log")
    context, trusted = tls
    known = {"user": USER.decode(), "password": Secret(PASSWORD.decode()), "host": "localhost", "ca_file": trusted}
    with MailServer(starttls=context, auth_required=True) as server:
        mail = sender(server, security="starttls", **known)
        mail.send(MESSAGE)
        mail.send(MESSAGE)
        mail.close()
        assert (len(server.letters), server.users, server.connections) == (2, [USER], 1)

        wrong = sender(server, security="starttls", **{**known, "password": Secret("1234")})
        assert trouble(wrong) == ("away", "the mail server localhost does not know the user or the password")
        assert trouble(sender(server, security="starttls", host="localhost", ca_file=trusted))[0] == "away"
    with MailServer() as server:
        outcome, said = trouble(sender(server, security="starttls", **known))
        assert outcome == "away"
        assert "cannot do what the settings want: STARTTLS" in said
        assert server.users == []


def test_tls_from_the_first_byte_with_and_without_a_known_certificate(
    tls: tuple[ssl.SSLContext, str], expect_log: ExpectLog
) -> None:
    expect_log(logging.WARNING, LOGIN_NOISE, logger="mail.log")
    context, trusted = tls
    with MailServer(tls=context, auth_require_tls=False) as server:
        known = {"user": USER.decode(), "password": Secret(PASSWORD.decode())}
        mail = sender(server, security="tls", host="localhost", ca_file=trusted, **known)
        mail.send(MESSAGE)
        mail.close()
        assert (len(server.letters), server.users) == (1, [USER])
        outcome, said = trouble(sender(server, security="tls", host="localhost"))
        assert outcome == "away"
        assert said.startswith("the mail server localhost does not prove who it is")


def test_a_server_that_wants_no_password_of_those_who_give_one() -> None:
    with MailServer() as server:
        outcome, said = trouble(sender(server, user="till", password=Secret("1234")))
        assert outcome == "away"
        assert "AUTH" in said


@pytest.mark.parametrize(
    ("answers", "outcome", "sentence"),
    [
        ({"recipient": ["550 5.1.1 <ana@mail.example> unknown"]}, "refused", "said: 550 5.1.1 … unknown"),
        ({"recipient": ["451 try later"]}, "later", "said: 451 try later"),
        ({"data": ["554 spam"]}, "refused", "said: 554 spam"),
        ({"data": ["452 full"]}, "later", "said: 452 full"),
        ({"data": ["break"]}, "unsure", "broke off"),
        ({"recipient": ["break"]}, "away", "broke off"),
    ],
)
def test_what_the_server_says_is_told(answers: dict[str, list[str]], outcome: str, sentence: str) -> None:
    with MailServer() as server:
        vars(server).update(answers)
        mail = sender(server)
        told, said = trouble(mail)
        assert told == outcome
        assert sentence in said
        assert "ana@" not in said
        mail.send(MESSAGE)
        mail.close()
        assert len(server.letters) == 1


def test_silence_after_the_text_leaves_it_open_whether_it_was_taken() -> None:
    with MailServer() as server:
        server.data = ["hang"]
        assert trouble(sender(server, timeout_s=SHORT_S)) == (
            "unsure",
            "the mail server 127.0.0.1 broke off: Connection unexpectedly closed: timed out",
        )


def test_silence_before_the_text_means_that_it_was_not_sent() -> None:
    with MailServer() as server:
        server.recipient = ["hang"]
        assert trouble(sender(server, timeout_s=SHORT_S))[0] == "away"


def test_a_connection_that_was_ended_meanwhile_is_begun_anew() -> None:
    with MailServer() as server:
        mail = sender(server)
        mail.send(MESSAGE)
        server.hang_up()
        mail.send(MESSAGE)
        mail.close()
        assert (len(server.letters), server.connections) == (2, 2)


def test_a_server_that_is_not_there() -> None:
    with MailServer() as server:
        mail = sender(server)
    assert trouble(mail) == ("away", "the mail server 127.0.0.1 cannot be used: Connection refused")


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match=r"'КООП <a@b\.\.c>' is not an e-mail address"):
        MailSender(MailSettings("127.0.0.1", sender="КООП <a@b..c>"))
    with pytest.raises(FileFault, match="user and password of e-mail must be in plain Latin letters"):
        MailSender(MailSettings("127.0.0.1", sender=SENDER, password=Secret("тайна")))
    with pytest.raises(FileFault, match="the password that the settings look for here cannot be read"):
        MailSender(MailSettings("127.0.0.1", sender=SENDER, password=Secret(file=str(tmp_path / "nowhere"))))
