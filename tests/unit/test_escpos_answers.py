"""What a printer says back."""

import pytest

from hardware.answers import Acknowledgement, Answers, AutomaticStatus, PowerOn, RealTimeStatus, Status


def test_tells_status_from_acknowledgement() -> None:
    assert Answers().feed(b"\x12\x1e\x37\x22" + b"0123\x00\x00\x0f\x72") == [
        RealTimeStatus(0x12),
        RealTimeStatus(0x1E),
        Acknowledgement("0123"),
        Acknowledgement(""),
        Acknowledgement(""),
        RealTimeStatus(0x72),
    ]


def test_passes_over_noise_and_flow_control() -> None:
    assert Answers().feed(b"\x11\x13\xff\x80A0 \x12") == [RealTimeStatus(0x12)]


def test_tells_the_automatic_status_from_answers() -> None:
    answers = Answers().feed(b"\x12\x14\x00\x00\x0f\x12\x38\x08\x0f\x0f")
    assert answers[0] == answers[2] == RealTimeStatus(0x12)
    assert isinstance(answers[1], AutomaticStatus)
    assert (answers[1].status.trouble, answers[1].status.drawer_signal) == (None, True)
    assert isinstance(answers[3], AutomaticStatus)
    assert answers[3].status.trouble == "cover_open"
    assert (answers[3].status.cutter, answers[3].status.paper_low, answers[3].status.paper_out) == (True, True, True)


def test_hears_that_the_printer_was_switched_on() -> None:
    assert Answers().feed(b"\x3b\x31\x00\x3b\x12") == [PowerOn(), RealTimeStatus(0x12)]


def test_a_false_beginning_holds_up_nothing() -> None:
    """An answer is not kept until so many bytes have come as a longer one would have."""
    assert Answers().feed(b"\x37\x12") == [RealTimeStatus(0x12)]
    assert Answers().feed(b"\x37\x22" + b"01\x12") == [RealTimeStatus(0x12)]
    assert Answers().feed(b"\x10\x00\x12") == [Acknowledgement(""), RealTimeStatus(0x12)]


def test_looks_again_behind_a_block_that_is_none() -> None:
    assert Answers().feed(b"\x37\x12\x37\x22" + b"0001\x00") == [
        RealTimeStatus(0x12),
        Acknowledgement("0001"),
    ]


def test_waits_for_the_rest_of_a_block() -> None:
    answers = Answers()
    assert answers.feed(b"\x37\x22" + b"00") == []
    assert answers.feed(b"01\x00") == [Acknowledgement("0001")]


FINE = (0x12, 0x12, 0x12, 0x12)


@pytest.mark.parametrize(
    ("answers", "trouble"),
    [
        (FINE, None),
        ((0x16, 0x12, 0x12, 0x12), None),
        ((0x12, 0x12, 0x12, 0x1E), None),
        ((0x1A, 0x12, 0x12, 0x12), "offline"),
        ((0x1A, 0x16, 0x12, 0x7E), "cover_open"),
        ((0x1A, 0x32, 0x12, 0x12), "paper_out"),
        ((0x12, 0x12, 0x12, 0x72), "paper_out"),
        ((0x1A, 0x52, 0x12, 0x12), "error"),
        ((0x1A, 0x52, 0x1A, 0x12), "cutter"),
        ((0x1A, 0x52, 0x52, 0x12), "hot"),
        ((0x1A, 0x12, 0x16, 0x12), "error"),
        ((0x1A, 0x12, 0x32, 0x12), "error"),
    ],
)
def test_names_the_trouble_that_a_person_can_see(answers: tuple[int, int, int, int], trouble: str | None) -> None:
    assert Status.from_bytes(*answers).trouble == trouble


def test_low_paper_and_the_drawer_are_told_but_are_no_trouble() -> None:
    status = Status.from_bytes(0x16, 0x12, 0x12, 0x1E)
    assert status.paper_low
    assert status.drawer_signal
    assert not status.paper_out
