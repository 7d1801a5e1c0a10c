"""Card numbers (K1): EAN-13 that are unique, told apart by blocks, and not guessed from each other."""

from itertools import pairwise

import pytest
from barcode import EAN13
from barcode.errors import IllegalCharacterError, NumberOfDigitsError

from pos_app.loyalty import cards

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))


@pytest.mark.parametrize(
    ("digits", "check"),
    [("400638133393", 1), ("590123412345", 7), ("978014300723", 4), ("9638507", 4), ("03600029145", 2), ("", 0)],
)
def test_k1_check_digits_are_those_of_gs1(digits: str, check: int) -> None:
    assert cards.check_digit(digits) == check


def test_k1_a_hundred_thousand_cards_are_a_hundred_thousand_numbers() -> None:
    numbers = {cards.card_number(KEY, counter) for counter in range(100_000)}
    assert len(numbers) == 100_000
    assert all(cards.is_card(str(number)) for number in numbers)


@pytest.mark.parametrize("counter", [0, 1, 99_999, 100_000, 78_000, 10**9, 10**10 - 1])
def test_k1_a_number_tells_its_counter_to_who_has_the_key(counter: int) -> None:
    number = cards.card_number(KEY, counter)
    assert cards.card_counter(KEY, number) == counter
    assert cards.card_counter(OTHER_KEY, number) != counter
    assert cards.card_number(OTHER_KEY, counter) != number


def test_k1_the_next_number_does_not_follow_from_the_last() -> None:
    numbers = [cards.card_number(KEY, counter) // 10 for counter in range(20_000)]
    steps = [(later - earlier) % cards.SPACE for earlier, later in pairwise(numbers)]
    assert len(set(steps)) == len(steps)
    rising = sum(step < cards.SPACE // 2 for step in steps)
    assert 9_500 < rising < 10_500
    for place in range(10):  # every digit of the next number is as likely as any other
        digits = [number // 10**place % 10 for number in numbers]
        assert all(1_800 < digits.count(digit) < 2_200 for digit in range(10))


def test_k1_the_same_place_in_another_block_tells_nothing() -> None:
    pairs = [(cards.card_number(KEY, index), cards.card_number(KEY, cards.BLOCK_SIZE + index)) for index in range(1000)]
    for place in (10, 10**6):  # either half of the number
        assert len({(one // place - other // place) % 10**5 for one, other in pairs}) > 950


def test_k1_another_encoder_agrees_on_the_barcode() -> None:
    for counter in range(0, 5_000, 37):
        number = str(cards.card_number(KEY, counter))
        assert EAN13(number[:12]).get_fullcode() == number


def test_k1_blocks_of_tills_do_not_meet() -> None:
    first = {cards.block_counter(0, index) for index in (0, 1, cards.BLOCK_SIZE - 1)}
    second = {cards.block_counter(1, index) for index in (0, 1, cards.BLOCK_SIZE - 1)}
    assert not first & second
    assert max(first) + 1 == min(second)
    assert cards.block_counter(99_999, 99_999) == cards.SPACE - 1


@pytest.mark.parametrize(("block", "index"), [(0, -1), (0, 100_000), (-1, 0), (-1, 99_999), (100_000, 0)])
def test_k1_a_used_up_block_is_refused(block: int, index: int) -> None:
    with pytest.raises(ValueError, match="has no card"):
        cards.block_counter(block, index)


@pytest.mark.parametrize("counter", [-1, 10**10])
def test_a_counter_outside_the_space_is_refused(counter: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        cards.card_number(KEY, counter)


@pytest.mark.parametrize("key", [b"", b"short", bytes(15)])
def test_a_key_that_can_be_guessed_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="can be guessed"):
        cards.card_number(key, 0)


@pytest.mark.parametrize(
    "code",
    [
        "", "29", "2900000000019", "290000000001", "29000000000180", "3800000000017", "2900000000O18",
        "٢٩٠٠٠٠٠٠٠٠٠١٨", "２９０００００００００１８", " 2900000000018", "2900000000018\n", "-290000000001",
    ],
)  # fmt: skip
def test_k1_what_is_no_card_is_told_from_one(code: str) -> None:
    assert cards.is_card("2900000000018")
    assert not cards.is_card(code)


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("96385074", True),
        ("96385075", False),
        ("7", False),
        ("036000291452", True),
        ("٩٦٣٨٥٠٧٤", False),
        ("963850²4", False),
    ],
)
def test_shorter_codes_have_check_digits_too(code: str, right: bool) -> None:
    assert cards.has_check_digit(code) is right


def test_the_encoder_refuses_what_is_no_number() -> None:
    """The reference of the tests above is no rubber stamp."""
    with pytest.raises(IllegalCharacterError):
        EAN13("29000000000a")
    with pytest.raises(NumberOfDigitsError):
        EAN13("29")
