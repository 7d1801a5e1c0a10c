"""A scanner that is slower than the settings say: known once it has shown itself, and never mistaken for a person."""

from collections.abc import Sequence

import pytest

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.pace import GAP_MEAN_MOST_MS, GAP_MOST_MS, Pace, PaceLearner
from hardware.scanner import Scan, Typing, WedgeReader
from tests.helpers.strokes import ENTER, F1, burst, feed, feed_and_flush, finish, press, press_code, scans, typed

CARD = "2912345678906"
RADIO = (20, 110, 15, 90, 130, 20, 100, 60, 120, 10, 95, 70)
"""The gaps of a scanner that sends by radio: in packets, and late."""


@pytest.fixture
def reader() -> WedgeReader:
    return WedgeReader(keys=X11_KEYS)


def _slow(code: str, at_ms: int, gaps_ms: Sequence[int] = RADIO) -> list[KeyStroke]:
    strokes = []
    for character, gap_ms in zip(code, (*gaps_ms, 30), strict=True):
        strokes.append(press(character, at_ms))
        at_ms += gap_ms
    return [*strokes, press_code(ENTER, at_ms)]


def test_a_slow_scanner_is_typing_once_and_a_scanner_from_then_on(reader: WedgeReader) -> None:
    first = feed_and_flush(reader, _slow(CARD, 1000))
    assert scans(first) == []
    assert len(typed(first)) == 14
    assert reader.learned is not None
    assert feed_and_flush(reader, _slow(CARD, 9000)) == [Scan(CARD)]
    assert feed(reader, _slow(CARD, 19_000)) == [Scan(CARD)]
    assert scans(feed_and_flush(reader, _slow(f"]E0{CARD}", 29_000, (60,) * 15))) == [CARD]
    assert feed_and_flush(reader, _slow("96385074", 39_000, (70,) * 7)) == [Scan("96385074")]


def test_a_fast_scanner_teaches_nothing(reader: WedgeReader) -> None:
    feed(reader, burst(CARD))
    assert reader.learned is None


@pytest.mark.parametrize(
    ("code", "gaps_ms"),
    [
        ("2912345678909", RADIO),
        ("291234567891", RADIO[:-1]),
        ("ABCDEFGHIJKLM", RADIO),
        (CARD, (110,) * 12),
        (CARD, (10,) * 11 + (GAP_MOST_MS + 1,)),
    ],
    ids=["wrong check digit", "part of a number", "letters", "a fast hand", "a long pause"],
)
def test_what_a_person_may_type_teaches_nothing(reader: WedgeReader, code: str, gaps_ms: Sequence[int]) -> None:
    feed_and_flush(reader, _slow(code, 1000, gaps_ms))
    assert reader.learned is None


def test_what_is_learned_has_bounds() -> None:
    learner = PaceLearner(Pace(50, 35))
    for place, digit in enumerate(CARD):
        learner.see(digit, 140 if place in (3, 6) else 70)
    learner.see_end(140)
    assert learner.pace == Pace(GAP_MOST_MS, GAP_MEAN_MOST_MS)


@pytest.fixture
def taught(reader: WedgeReader) -> WedgeReader:
    feed_and_flush(reader, _slow(CARD, 1000))
    return reader


def test_letters_are_not_held_longer_and_digits_are_by_what_was_learned(taught: WedgeReader) -> None:
    assert taught.learned is not None
    taught.feed(press("a", 9000))
    assert taught.deadline == 9050
    assert len(typed(finish(taught))) == 1
    taught.feed(press("2", 19_000))
    assert taught.deadline == 19_000 + taught.learned.gap_max_ms
    assert len(typed(finish(taught))) == 1


def test_a_person_is_given_digits_back_as_soon_as_they_are_too_slow(taught: WedgeReader) -> None:
    strokes = [press(digit, 9000 + 110 * place) for place, digit in enumerate("12345678901234")]
    events = feed_and_flush(taught, strokes)
    assert typed(events) == strokes
    assert scans(events) == []


def test_a_fast_code_right_behind_a_typed_digit_is_read_without_it(taught: WedgeReader) -> None:
    digit = press("5", 9000)
    events = feed(taught, [digit, *burst(CARD, 9090)])
    assert events == [Typing((digit,)), Scan(CARD)]


def test_a_letter_behind_a_slow_digit_lets_both_go(taught: WedgeReader) -> None:
    strokes = [press("5", 9000), press("6", 9100), press("a", 9140), press_code(F1, 9150)]
    events = feed(taught, strokes)
    assert typed(events) == strokes
