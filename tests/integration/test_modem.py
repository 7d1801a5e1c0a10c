"""The real serial port code against a modem on a pseudo-terminal, whose SMS a foreign decoder reads."""

import os
import tty

import pytest

from hardware.modem import Modem, ModemTrouble
from tests.helpers.virtual_modem import Part, VirtualModem

NUMBER = "+359888123456"
PATIENT_S = 30.0  # for what does happen, however slow the machine is
SHORT_S = 0.05  # for what does not
LONG = "Вашето ниво вече е: зелено. Попитайте ни какво Ви носи. " * 3
START = ["AT", "ATE0", "AT+CMEE=1", "AT+CPIN?", "AT+CREG?", "AT+CMGF=0"]


def modem_at(path: str, *, answer_s: float = PATIENT_S, sent_s: float = PATIENT_S) -> Modem:
    return Modem(path, answer_s=answer_s, sent_s=sent_s)


def trouble(virtual: VirtualModem, text: str = "text", number: str = NUMBER, **patience: float) -> tuple[str, str]:
    """The outcome and the sentence of an SMS that cannot be sent."""
    modem = modem_at(virtual.path, **patience)
    try:
        with pytest.raises(ModemTrouble) as caught:
            modem.send(number, text, 7)
    finally:
        modem.close()
    return caught.value.outcome, str(caught.value)


def test_an_sms_arrives_and_the_next_one_needs_no_new_start() -> None:
    with VirtualModem() as virtual:
        modem = modem_at(virtual.path)
        modem.send(NUMBER, "Your level is now: green.", 7)
        modem.send("0888123456", "Нивото Ви: зелено", 8)
        modem.close()

        assert virtual.parts == [
            Part(NUMBER, "Your level is now: green.", 0, 1, 1),
            Part("0888123456", "Нивото Ви: зелено", 0, 1, 1),
        ]
        assert [command for command in virtual.commands if "CMGS" not in command] == START


def test_a_long_sms_arrives_in_parts_that_belong_together() -> None:
    with VirtualModem() as virtual:
        modem = modem_at(virtual.path)
        modem.send(NUMBER, LONG, 7)
        modem.close()

        assert [part[2:] for part in virtual.parts] == [(7, 3, 1), (7, 3, 2), (7, 3, 3)]
        assert "".join(part.text for part in virtual.parts) == LONG


def test_a_modem_that_still_waits_for_a_text_is_brought_back() -> None:
    with VirtualModem() as virtual:
        virtual.ask_for_text()
        modem = modem_at(virtual.path)
        modem.send(NUMBER, "text", 7)
        modem.close()

        assert [part.text for part in virtual.parts] == ["text"]


@pytest.mark.parametrize(
    ("command", "answer", "sentence"),
    [
        ("AT", ("ERROR",), "it did not say why (ERROR)"),
        ("AT+CPIN?", ("+CPIN: SIM PIN", "OK"), "the SIM card wants its PIN: switch the PIN off by means of"),
        ("AT+CPIN?", ("+CPIN: SIM PUK", "OK"), "the SIM card is locked: unlock it with its PUK in a telephone"),
        ("AT+CPIN?", ("+CME ERROR: 10",), "there is no SIM card in the modem (+CME ERROR: 10)"),
        ("AT+CREG?", ("+CREG: 0,2", "OK"), "the modem has no network: look at its aerial and place"),
        ("AT+CREG?", ("OK",), "the modem has no network"),
        ("AT+CMGF=0", ("+CMS ERROR: 302",), "it did not say why (+CMS ERROR: 302)"),
        ("AT+CMGS", ("+CMS ERROR: 330",), "the SIM card does not know its message centre"),
        ("AT+CMGS", ("+CMS ERROR: 50",), "the operator does not let this SIM card send SMS"),
    ],
)
def test_a_modem_that_is_not_ready_is_told_about(command: str, answer: tuple[str, ...], sentence: str) -> None:
    with VirtualModem({command: answer}) as virtual:
        outcome, said = trouble(virtual)
        assert (outcome, virtual.parts) == ("away", [])
        assert sentence in said


@pytest.mark.parametrize("stat", ["0,5", '2,1,"1A2B","01C4",7', "0,6"])
def test_a_modem_in_a_network_of_any_kind_sends(stat: str) -> None:
    with VirtualModem({"AT+CREG?": (f"+CREG: {stat}", "OK")}) as virtual:
        modem = modem_at(virtual.path)
        modem.send(NUMBER, "text", 7)
        modem.close()
        assert len(virtual.parts) == 1


@pytest.mark.parametrize(
    ("answer", "outcome", "sentence"),
    [
        (("+CMS ERROR: 38",), "away", "the network cannot take SMS now (+CMS ERROR: 38)"),
        (("+CMS ERROR: 1",), "refused", "nobody has this number (+CMS ERROR: 1)"),
        (("+CMS ERROR: 27",), "later", "the telephone cannot be reached now (+CMS ERROR: 27)"),
        (("+CMS ERROR: 332",), "unsure", "the network did not say in time"),
        (("+CMS ERROR: 500",), "unsure", "it did not say why (+CMS ERROR: 500)"),
        (("unplug",), "unsure", "broke off"),
    ],
)
def test_what_the_network_answers_is_told(answer: tuple[str, ...], outcome: str, sentence: str) -> None:
    with VirtualModem(sent=(answer,)) as virtual:
        told, said = trouble(virtual)
        assert told == outcome
        assert sentence in said


def test_no_answer_to_a_text_leaves_it_open_whether_it_was_sent() -> None:
    with VirtualModem(sent=((),)) as virtual:
        outcome, said = trouble(virtual, sent_s=SHORT_S)
        assert (outcome, said) == ("unsure", f"the modem at {virtual.path} did not say whether the SMS was sent")


def test_a_modem_that_does_not_ask_for_the_text_gets_none() -> None:
    with VirtualModem({"AT+CMGS": ()}) as virtual:
        modem = modem_at(virtual.path)
        modem._ready()
        modem._answer_s = SHORT_S
        with pytest.raises(ModemTrouble, match="did not ask for the text of the SMS") as caught:
            modem.send(NUMBER, "text", 7)
        modem.close()
        assert (caught.value.outcome, virtual.parts) == ("away", [])


def test_a_part_that_fails_after_others_leaves_it_open() -> None:
    sent = ("+CMGS: 1", "OK")
    with VirtualModem(sent=(sent, ("+CMS ERROR: 38",))) as virtual:
        outcome, said = trouble(virtual, LONG)
        assert (outcome, len(virtual.parts)) == ("unsure", 1)
        assert "part 2 of 3 was not sent: the network cannot take SMS now" in said


def test_what_is_no_number_never_reaches_the_modem() -> None:
    with VirtualModem() as virtual:
        assert trouble(virtual, number="12a") == ("refused", "'12a' is not a telephone number")
        assert virtual.commands == []


def test_after_a_trouble_the_modem_is_made_ready_anew() -> None:
    with VirtualModem(sent=(("+CMS ERROR: 38",),)) as virtual:
        modem = modem_at(virtual.path)
        with pytest.raises(ModemTrouble):
            modem.send(NUMBER, "text", 7)
        modem.send(NUMBER, "text", 7)
        modem.close()
        assert virtual.commands.count("AT+CPIN?") == 2
        assert len(virtual.parts) == 1


def test_a_port_that_is_not_there_or_in_use_is_told() -> None:
    with pytest.raises(ModemTrouble, match="/dev/nowhere is not there: check its cable and power"):
        modem_at("/dev/nowhere").send(NUMBER, "text", 7)
    with VirtualModem() as virtual:
        first = modem_at(virtual.path)
        first.send(NUMBER, "text", 7)
        outcome, said = trouble(virtual)
        first.close()
        assert outcome == "away"
        assert "is held by another program, such as ModemManager" in said


def test_a_port_on_which_nobody_answers_is_told() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    modem = modem_at(os.ttyname(slave), answer_s=SHORT_S)
    with pytest.raises(ModemTrouble, match="does not answer: check its power") as caught:
        modem.send(NUMBER, "text", 7)
    modem.close()
    os.close(master)
    os.close(slave)
    assert caught.value.outcome == "away"
