"""The permutation behind card numbers, at any counter and key."""

from hypothesis import assume, given
from hypothesis import strategies as st

from pos_app.loyalty import cards

KEYS = st.binary(min_size=16, max_size=64)
COUNTERS = st.integers(0, cards.SPACE - 1)


@given(KEYS, COUNTERS)
def test_k1_a_number_is_a_card_and_tells_its_counter(key: bytes, counter: int) -> None:
    number = cards.card_number(key, counter)
    assert cards.is_card(str(number))
    assert cards.card_counter(key, number) == counter


@given(KEYS, st.sets(COUNTERS, min_size=2, max_size=30))
def test_k1_different_counters_are_different_cards(key: bytes, counters: set[int]) -> None:
    assert len({cards.card_number(key, counter) for counter in counters}) == len(counters)


@given(KEYS, COUNTERS, st.integers(0, 12), st.integers(1, 9))
def test_k1_one_wrong_digit_is_noticed(key: bytes, counter: int, place: int, error: int) -> None:
    digits = list(str(cards.card_number(key, counter)))
    digits[place] = str((int(digits[place]) + error) % 10)
    assert not cards.has_check_digit("".join(digits))


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999))
def test_k1_no_counter_is_in_two_blocks(block: int, index: int, other_block: int, other_index: int) -> None:
    assume((block, index) != (other_block, other_index))
    assert cards.block_counter(block, index) != cards.block_counter(other_block, other_index)


@given(st.text(max_size=15))
def test_any_text_is_a_card_or_not(text: str) -> None:
    if cards.is_card(text):
        assert text.startswith("29")
        assert cards.check_digit(text[:-1]) == int(text[-1])
