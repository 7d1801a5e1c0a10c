"""Which claims count: two readers for an EAN, one for what carries real check codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import bar_digits
from hardware.agreement import Agreement
from hardware.bar_profile import ProfileReading
from hardware.candidates import Candidate, Place, candidate
from pos_app.loyalty.cards import check_digit
from tests.helpers import code_pictures as drawn

HERE: Place = ((0, 0), (100, 0), (100, 50), (0, 50))
THERE: Place = ((500, 500), (600, 500), (600, 550), (500, 550))
CARD, OTHER = "2934027075919", "2910976472108"


def claim(reader: str, symbology: str, text: str, place: Place = HERE) -> Candidate:
    made = candidate(reader, symbology, text, place)
    assert made is not None
    return made


def bands(text: str, many: int, lead: float) -> list[ProfileReading]:
    return [ProfileReading(0.08, lead, text)] * many


def accepted(agreement: Agreement) -> list[str]:
    return [reading.text for reading in agreement.accepted()]


def test_one_library_is_not_enough_for_an_ean_however_often_it_says_so() -> None:
    agreement = Agreement()
    agreement.hear([claim("zxing", "EAN13", CARD)] * 5)
    assert accepted(agreement) == []

    agreement.hear([claim("zbar", "EAN13", CARD)])
    assert accepted(agreement) == [CARD]


def test_a_clear_profile_overrules_two_libraries_at_its_place() -> None:
    agreement = Agreement()
    agreement.hear([claim("zxing", "EAN13", OTHER), claim("zbar", "EAN13", OTHER)])
    agreement.hear_profile(bands(CARD, 2, lead=0.04), HERE)
    assert accepted(agreement) == []

    agreement.hear_profile(bands(CARD, 1, lead=0.04), HERE)
    assert accepted(agreement) == [CARD]


def test_a_clear_profile_elsewhere_overrules_nobody() -> None:
    agreement = Agreement()
    agreement.hear([claim("zxing", "EAN13", OTHER), claim("zbar", "EAN13", OTHER)])
    agreement.hear_profile(bands(CARD, 3, lead=0.04), THERE)

    assert sorted(accepted(agreement)) == sorted([CARD, OTHER])


def test_an_unclear_profile_confirms_a_library_but_counts_not_alone() -> None:
    agreement = Agreement()
    agreement.hear_profile(bands(CARD, 9, lead=0.015), HERE)
    assert accepted(agreement) == []

    agreement.hear([claim("zxing", "EAN13", CARD)])
    assert accepted(agreement) == [CARD]


def test_a_profile_that_hardly_prefers_its_number_says_nothing() -> None:
    agreement = Agreement()
    agreement.hear_profile(bands(CARD, 9, lead=0.005), HERE)
    agreement.hear([claim("zxing", "EAN13", CARD)])

    assert accepted(agreement) == []


def test_readers_may_agree_in_two_frames() -> None:
    one, two = Agreement(), Agreement()
    one.hear([claim("zxing", "EAN13", CARD)])
    two.hear([claim("zbar", "EAN13", CARD)])

    assert (accepted(one), accepted(two), accepted(Agreement.of([one, two]))) == ([], [], [CARD])


@pytest.mark.parametrize(
    ("reader", "symbology", "text", "counts"),
    [
        ("zxing", "QR", "Карта", True),
        ("zbar", "QR", "card", True),
        ("zbar", "QR", "Карта", False),
        ("zxing", "CODE128", "ABC123", True),
        ("zxing", "CODE128", "AB12", False),
        ("zxing", "EAN8", "96385074", False),
        ("zxing", "DATABAR", "0100012345678905", False),
    ],
)
def test_what_one_reader_alone_may_say(reader: str, symbology: str, text: str, counts: bool) -> None:
    agreement = Agreement()
    agreement.hear([claim(reader, symbology, text)])

    assert accepted(agreement) == ([text] if counts else [])


def test_an_ean_a_upc_a_and_a_upc_e_have_one_form() -> None:
    assert claim("zbar", "UPCA", "036000291452").text == "0036000291452"
    assert claim("zxing", "EAN13", "0036000291452") == claim("zxing", "UPCA", "036000291452")


@pytest.mark.parametrize(
    ("six", "written_out"),
    [
        ("425261", "004210000526"),
        ("123450", "001200000345"),
        ("123453", "001230000045"),
        ("123454", "001234000005"),
        ("123457", "001234500007"),
    ],
)
def test_a_upc_e_is_written_out(six: str, written_out: str) -> None:
    check = check_digit(written_out)

    assert claim("zbar", "UPCE", f"0{six}{check}").text == f"{written_out}{check}"


@pytest.mark.parametrize("text", ["", "2934027075918", "29340270759", "29340270759٣9", "ABCDEFGHIJKLM"])
def test_no_ean_is_claimed_that_cannot_be_one(text: str) -> None:
    assert candidate("zxing", "EAN13", text, HERE) is None
    assert candidate("zbar", "UPCE", text, HERE) is None


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 2**32 - 1))
def test_the_likeliest_number_is_the_one_that_was_drawn(twelve: str, seed: int) -> None:
    """Each digit's own look costs least, by more than chance adds: then the whole number is found, and by a lead."""
    digits = f"{twelve}{check_digit(twelve)}"
    chance = np.random.default_rng(seed)
    pattern = drawn.pattern_of(digits)
    codes = bar_digits.codes()
    costs = [
        [float((table[row] != pattern[cell : cell + 7]).sum()) for row in range(many)]
        for cells, table, many in ((bar_digits.LEFT_CELLS, codes, 20), (bar_digits.RIGHT_CELLS, 1 - codes, 10))
        for cell in cells
    ]
    left, right = (np.array(half) + chance.uniform(0, 0.05, np.shape(half)) for half in (costs[:6], costs[6:]))

    best, second = bar_digits.ranked(left, right)

    assert best.text == digits
    assert second.text != digits
    assert second.unlikeness > best.unlikeness
    assert second.text[-1] == str(check_digit(second.text[:-1]))
