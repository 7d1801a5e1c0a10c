"""SMS through a real HTTP gateway on this machine."""

import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from pos_app.loyalty.errors import FileFault
from pos_app.settings import Secret, SmsSettings
from sync.message import Message, SendTrouble
from sync.sms_gateway import GatewaySender
from tests.helpers.sms_gateway import SmsGateway

TEXT = 'Нивото Ви е "зелено" & {to}.'
MESSAGE = Message(b"\x01" * 16, "+359888123456", "Вашето ниво", TEXT, 0)
SHORT_S = 0.2  # for what does not happen


def sender(gateway: SmsGateway, **values: object) -> GatewaySender:
    return GatewaySender(SmsSettings("http", url=gateway.url, **{"timeout_s": 30, **values}))  # type: ignore[arg-type]


def trouble(sms: GatewaySender, message: Message = MESSAGE) -> tuple[str, str]:
    with pytest.raises(SendTrouble) as caught:
        sms.send(message)
    sms.close()
    return caught.value.outcome, str(caught.value)


def test_the_fields_of_the_settings_are_sent_as_a_form() -> None:
    with SmsGateway() as gateway:
        sms = sender(
            gateway, token=Secret("Bearer s3cret"), fields={"to": "{to}", "message": "{text}", "ref": "n-{id}"}
        )
        sms.send(MESSAGE)
        sms.close()

        sms.send(MESSAGE)
        sms.close()

    request, again = gateway.requests
    assert again.body == request.body
    assert (request.method, request.target) == ("POST", "/send")
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {"to": [MESSAGE.to], "message": [TEXT], "ref": [f"n-{'01' * 16}"]}


def test_or_as_json_or_in_the_address() -> None:
    with SmsGateway() as gateway:
        for values in ({"format": "json", "method": "PUT"}, {"format": "query", "method": "GET"}):
            sms = sender(gateway, token_header="X-Key", token=Secret("k"), **values)
            sms.send(MESSAGE)
            sms.close()

    put, get = gateway.requests
    assert (put.method, json.loads(put.body)) == ("PUT", {"to": MESSAGE.to, "text": TEXT})
    assert (get.method, parse_qs(urlsplit(get.target).query)) == ("GET", {"to": [MESSAGE.to], "text": [TEXT]})
    assert put.headers["X-Key"] == get.headers["X-Key"] == "k"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, "refused"), (422, "refused"), (401, "away"), (403, "away"), (404, "away"), (302, "away"), (429, "away"),
        (503, "away"), (500, "unsure"), (502, "unsure"), (504, "unsure"),
    ],
)  # fmt: skip
def test_what_the_gateway_answers_is_told_without_the_number(status: int, outcome: str) -> None:
    with SmsGateway((status, "no\n+359888123456  today")) as gateway:
        told = f"the SMS gateway answered {status} no … today"
        assert trouble(sender(gateway)) == (outcome, told)
        assert len(gateway.requests) == 1


def test_an_answer_that_does_not_say_what_it_should_leaves_it_open() -> None:
    with SmsGateway((200, '{"status": "accepted"}'), (200, '{"status": "no credit"}')) as gateway:
        sms = sender(gateway, accepted="accepted")
        sms.send(MESSAGE)
        outcome, said = trouble(sms)
        assert outcome == "unsure"
        assert said == 'the SMS gateway\'s answer is without \'accepted\': 200 {"status": "no credit"}'


def test_silence_leaves_it_open_whether_it_was_taken() -> None:
    with SmsGateway(None) as gateway:
        outcome, said = trouble(sender(gateway, timeout_s=SHORT_S))
        assert (outcome, len(gateway.requests)) == ("unsure", 1)
        assert said == "the SMS gateway did not say whether it took the SMS: timed out"


def test_a_gateway_that_is_not_there() -> None:
    with SmsGateway() as gateway:
        sms = sender(gateway)
    outcome, said = trouble(sms)
    assert outcome == "away"
    assert said.startswith("the SMS gateway cannot be reached")


def test_settings_that_cannot_be_used() -> None:
    with pytest.raises(FileFault, match="the gateway's token must be one line of plain characters"):
        GatewaySender(SmsSettings("http", url="https://x", token=Secret("a\nb")))
    with pytest.raises(FileFault, match="key 'url': is not the address of a gateway"):
        GatewaySender(SmsSettings("http", url="https://x:y"))


def test_no_log_holds_the_number_or_the_text(caplog: pytest.LogCaptureFixture) -> None:
    with SmsGateway() as gateway, caplog.at_level(logging.DEBUG):
        sms = sender(gateway, format="query", method="GET", token=Secret("s3cret"))
        sms.send(MESSAGE)
        sms.close()
    assert [record.getMessage() for record in caplog.records if "359888123456" in record.getMessage()] == []
    assert "s3cret" not in caplog.text
