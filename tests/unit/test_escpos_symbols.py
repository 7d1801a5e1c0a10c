"""Barcodes: code sets, widths, and the bytes that must never stand in them."""

import pytest

from hardware import symbols
from hardware.virtual_paper import code128_text

WIDE, NARROW = 576, 384


def settings(module_dots: int) -> bytes:
    return b"\x1dhP\x1dw" + bytes([module_dots]) + b"\x1dH\x02"


def test_ean13_needs_a_right_check_digit() -> None:
    assert symbols.ean13("2900000000018") == settings(3) + b"\x1dkC\x0d2900000000018"
    assert symbols.ean13("5901234123457") is not None
    for wrong in ("2900000000019", "290000000001", "29000000000180", "29000000000I8", "٢٩٠٠٠٠٠٠٠٠٠١٨", ""):
        assert symbols.ean13(wrong) is None


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("A", b"{BA"),
        ("7", b"{B7"),
        ("1234", b"{C\x0c\x22"),
        ("123456", b"{C\x0c\x22\x38"),
        ("12345", b"{B12345"),
        ("1234567", b"{C\x0c\x22\x38{B7"),
        ("S1-000042-2026", b"{BS1-{C\x00\x00\x2a{B-2026"),
        ("A{B", b"{BA{{B"),
        ("{", b"{B{{"),
    ],
)
def test_code128_chooses_the_shorter_code_set(text: str, data: bytes) -> None:
    drawn = symbols.code128(text, WIDE)
    assert drawn == settings(3) + b"\x1dkI" + bytes([len(data)]) + data
    assert code128_text(data) == text


@pytest.mark.parametrize("digits", ["1620010001", "160401", "991605", "16040116200100"])
def test_code128_never_holds_a_real_time_command(digits: str) -> None:
    drawn = symbols.code128(digits, WIDE)
    assert drawn is not None
    assert drawn.endswith(b"{B" + digits.encode())


def test_code128_is_drawn_finer_before_it_is_given_up() -> None:
    assert symbols.code128("A" * 8, NARROW) == settings(3) + b"\x1dkI\x0a{B" + b"A" * 8
    assert symbols.code128("A" * 14, NARROW) == settings(2) + b"\x1dkI\x10{B" + b"A" * 14
    assert symbols.code128("A" * 15, NARROW) is None
    assert symbols.code128("A" * 23, WIDE) is not None
    assert symbols.code128("A" * 24, WIDE) is None
    for impossible in ("", "карта", "a\x1bp", "a\n"):
        assert symbols.code128(impossible, WIDE) is None


def test_qr_says_model_size_correction_data_and_print() -> None:
    assert symbols.qr(b"https://example.org/s/42", WIDE) == (
        b"\x1d(k\x04\x001A2\x00"
        b"\x1d(k\x03\x001C\x06"
        b"\x1d(k\x03\x001E1"
        b"\x1d(k\x1b\x001P0https://example.org/s/42"
        b"\x1d(k\x03\x001Q0"
    )


@pytest.mark.parametrize(
    ("length", "dots", "size"),
    [(14, WIDE, 6), (213, WIDE, 6), (666, WIDE, 5), (213, NARROW, 6), (331, NARROW, 5), (666, NARROW, 3)],
)
def test_qr_fits_the_paper(length: int, dots: int, size: int) -> None:
    drawn = symbols.qr(b"a" * length, dots)
    assert drawn is not None
    assert b"\x1d(k\x03\x001C" + bytes([size]) in drawn


def test_qr_refuses_nothing_and_too_much() -> None:
    assert symbols.qr(b"", WIDE) is None
    assert symbols.qr(b"a" * 667, WIDE) is None
