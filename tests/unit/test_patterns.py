"""What is drawn on a screen is read back by a decoder that had no part in drawing it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyzbar.pyzbar import ZBarSymbol, decode

from hardware import patterns
from pos_app.loyalty.cards import check_digit

PIXELS = 3


def read(rows: tuple[str, ...], quiet: int) -> list[tuple[str, str]]:
    """What zbar sees in rows of modules with light around them."""
    light = np.array([[module == "0" for module in row] for row in rows], np.uint8) * 255
    picture = np.kron(np.pad(light, quiet, constant_values=255), np.ones((PIXELS, PIXELS), np.uint8))
    symbols = [ZBarSymbol.EAN13, ZBarSymbol.CODE128, ZBarSymbol.QRCODE]
    return [(found.type, found.data.decode()) for found in decode(picture, symbols=symbols)]


@given(st.from_regex(r"\A[0-9]{12}\Z").map(lambda body: f"{body}{check_digit(body)}"))
def test_every_ean13_is_read_back(code: str) -> None:
    pattern = patterns.bars("EAN13", code)

    assert pattern is not None
    assert len(pattern) == 95
    assert read((pattern,) * 40, patterns.BARCODE_QUIET) == [("EAN13", code)]


@given(st.from_regex(r"\A[ -~0-9]{1,16}\Z") | st.from_regex(r"\A99[0-9]{1,14}\Z"))
def test_every_code128_is_read_back(code: str) -> None:
    pattern = patterns.bars("CODE128", code)

    assert pattern is not None
    assert read((pattern,) * 40, patterns.BARCODE_QUIET) == [("CODE128", code)]


def test_a_slip_number_is_set_in_pairs() -> None:
    pattern = patterns.bars("CODE128", "S00010000412")

    assert pattern is not None
    assert len(pattern) == 11 * 10 + 13


@pytest.mark.parametrize("text", ["S0001", "КООП 2026", "https://example.org/?a=1&b=2", "7" * 300])
def test_every_qr_code_is_read_back(text: str) -> None:
    rows = patterns.qr(text)

    assert rows is not None
    assert {len(row) for row in rows} == {len(rows)}
    assert read(rows, patterns.QR_QUIET) == [("QRCODE", text)]


@pytest.mark.parametrize(
    ("symbology", "data"),
    [
        ("EAN13", "2900000000002"),
        ("EAN13", "29"),
        ("EAN13", "29000000000ж"),
        ("CODE128", ""),
        ("CODE128", "ж"),
        ("CODE128", "a\nb"),
        ("ITF", "1234"),
    ],
)
def test_what_a_symbology_cannot_hold_has_no_bars(symbology: str, data: str) -> None:
    assert patterns.bars(symbology, data) is None


@pytest.mark.parametrize("text", ["", "x" * 10_000])
def test_what_a_qr_code_cannot_hold_has_none(text: str) -> None:
    assert patterns.qr(text) is None


def test_goods_and_cards_are_printed_as_ean13_and_all_else_as_code128() -> None:
    assert patterns.symbology_of("3800123456787") == "EAN13"
    assert patterns.symbology_of("3800123456780") == "CODE128"
    assert patterns.symbology_of("S00010000412") == "CODE128"
