"""Codes from a stream of bytes."""

import pytest

from hardware.line_reader import LineReader
from hardware.scanner import Scan, Swallowed
from hardware.scanner_settings import ScannerSettings


@pytest.fixture
def reader() -> LineReader:
    return LineReader()


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n"])
def test_any_line_end_ends_a_code(reader: LineReader, end: bytes) -> None:
    expected = [Scan("2912345678906", "serial"), Scan("96385074", "serial")]
    assert reader.feed(b"2912345678906" + end + b"96385074" + end) == expected


def test_a_line_may_come_in_pieces(reader: LineReader) -> None:
    assert reader.feed(b"29123") == []
    assert reader.feed(b"45678906\r") == [Scan("2912345678906", "serial")]
    assert reader.feed(b"\n") == []


def test_a_scanner_without_line_end_is_ended_by_silence(reader: LineReader) -> None:
    assert reader.feed(b"2912345678906") == []
    assert reader.flush() == [Scan("2912345678906", "serial")]
    assert reader.flush() == []


def test_frames_and_identifiers_are_cut_off() -> None:
    reader = LineReader(ScannerSettings(prefix="\x02", suffix="\x03"), source="serial 2")
    assert reader.feed(b"\x02]E04006381333931\x03\x0242\x03\r\n") == [
        Scan("4006381333931", "serial 2", "]E0"),
        Scan("42", "serial 2"),
    ]


def test_a_line_without_end_is_bounded_and_refused_once() -> None:
    reader = LineReader(ScannerSettings(length_max=8))
    for _ in range(100):
        assert reader.feed(b"0123456789") == []
    assert reader.feed(b"\r29123456\r") == [Swallowed("012345678", "serial"), Scan("29123456", "serial")]


def test_a_long_line_is_never_read_in_part() -> None:
    reader = LineReader(ScannerSettings(length_max=11))
    (event,) = reader.feed("КООПКООПКООП\r".encode())
    assert isinstance(event, Swallowed)


@pytest.mark.parametrize("noise", [b"\xff\xfe\x00\x81", b"29\x0012345678", b"\x1b[A"])
def test_noise_is_refused_in_printable_form(reader: LineReader, noise: bytes) -> None:
    (event,) = reader.feed(noise + b"\r")
    assert isinstance(event, Swallowed)
    assert event.text.isprintable()


def test_texts_in_any_script_are_read(reader: LineReader) -> None:
    assert reader.feed("КООП-29\r".encode()) == [Scan("КООП-29", "serial")]
