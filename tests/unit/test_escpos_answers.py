"""What a printer says back."""

import pytest

from hardware.answers import Acknowledgement, Answers, RealTimeStatus, Status


def test_tells_status_from_acknowledgement() -> None:
    assert Answers().feed(b"\x12\x1e\x37\x22" + b"0123\x00\x00\x0f\x72") == [
        RealTimeStatus(0x12),
        RealTimeStatus(0x1E),
        Acknowledgement("0123"),
        Acknowledgement(""),
        Acknowledgement(""),
        RealTimeStatus(0x72),
    ]


def test_passes_over_noise_flow_control_and_automatic_status() -> None:
    assert Answers().feed(b"\x11\x13\xff\x80A0 \x14\x00\x00\x0f\x12") == [RealTimeStatus(0x12)]


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
        ((0x1A, 0x12, 0x1A, 0x12), "error"),
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
