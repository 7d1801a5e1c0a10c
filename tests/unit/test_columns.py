"""Dots on their way to a printer: jumps over white, and nothing that reads as a command at once."""

import random
import re

import pytest

from hardware import columns
from hardware.columns import Picture, from_rows, harmless, set_band
from hardware.virtual_paper import Interpreter

REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
INK, WHITE = b"\x80\x01\x00", b"\x00\x00\x00"


def paper(data: bytes) -> list[bytes]:
    """The dots of the lines of pictures that these bytes print."""
    printer = Interpreter(48)
    while data:
        length = printer.step(data)
        assert length > 0, f"not whole: {data!r}"
        data = data[length:]
    return [row.dots for row in printer.rows]


def test_jumps_over_white_where_that_is_shorter() -> None:
    assert set_band(INK + WHITE * 3 + INK) == b"\x1b*\x21\x05\x00" + INK + WHITE * 3 + INK
    assert set_band(WHITE + INK + WHITE * 300 + INK + WHITE * 9) == (
        b"\x1b$\x01\x00\x1b*\x21\x01\x00" + INK + b"\x1b$\x2e\x01\x1b*\x21\x01\x00" + INK
    )


def test_columns_may_be_two_dots_wide() -> None:
    band = WHITE * 5 + INK * 2
    assert set_band(band, 2) == b"\x1b$\x0a\x00\x1b*\x20\x02\x00" + INK * 2
    assert paper(set_band(band, 2) + b"\n") == [WHITE * 10 + INK * 4]
    assert Picture((band,), 2).width == 14


def test_a_white_band_is_as_high_as_any_other() -> None:
    assert set_band(b"") == set_band(WHITE * 9) == b"\x1b*\x21\x01\x00" + WHITE


def test_a_picture_is_as_wide_as_its_widest_band() -> None:
    assert Picture((WHITE * 3, INK * 7)).width == 7
    assert Picture(()).width == 0


def test_modules_become_squares_of_dots() -> None:
    picture = from_rows(["10", "01"], 13, left=2)
    upper, lower = picture.bands
    assert picture.width == 28
    assert upper == WHITE * 2 + bytes.fromhex("fff800") * 13 + bytes.fromhex("0007ff") * 13
    assert lower == WHITE * 2 + WHITE * 13 + bytes.fromhex("c00000") * 13


def test_the_virtual_printer_has_the_same_dots() -> None:
    chance = random.Random(4)
    for _ in range(200):
        band = b"".join(chance.choice([WHITE, WHITE, chance.randbytes(3)]) * chance.randrange(1, 9) for _ in range(60))
        [dots] = paper(set_band(band) + b"\n")
        inked = harmless(band).rstrip(b"\x00")
        assert dots[: len(inked)] == inked
        assert not dots[len(inked) :].strip(b"\x00")


@pytest.mark.parametrize("dots", [b"\x10\x04\x01", b"\x00\x10\x05", b"\x01\x01\x10\x14\x01\x01", b"\x10\x10\x14" * 30])
def test_no_dots_read_as_a_command_at_once(dots: bytes) -> None:
    assert REAL_TIME.search(dots)
    sent = set_band(dots)
    assert not REAL_TIME.search(sent)
    assert sum(ours & ~theirs for ours, theirs in zip(dots, harmless(dots), strict=True)) == 0  # no dot is lost


def test_no_random_dots_do() -> None:
    """Bytes that come together by chance in one picture of 12 000 are all there are here."""
    chance = random.Random(10)
    alphabet = b"\x00\x10\x04\x05\x14\x30\x1b"
    for _ in range(3000):
        band = bytes(chance.choices(alphabet, k=3 * chance.randrange(1, 200)))
        assert not REAL_TIME.search(set_band(band) + b"\n")


def test_every_head_is_narrower_than_what_reads_as_a_command() -> None:
    """Widths and places are sent as two bytes, of which the second would have to be 4 or more."""
    from hardware.profiles import PROFILES

    assert max(profile.dots for profile in PROFILES.values()) < 0x400
    assert columns.BAND == 24
