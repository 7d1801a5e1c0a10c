"""Characters by their numbers on the keypad."""

import pytest

from hardware.alt_codes import AltCodes
from hardware.keycodes import WINDOWS_KEYS, X11_KEYS

KEYPAD = {digit: code for code, digit in X11_KEYS.keypad.items()}


@pytest.mark.parametrize(
    ("digits", "character"),
    [
        ("050", "2"),
        ("50", "2"),
        ("0050", "2"),
        ("013", "\r"),
        ("0128", "€"),
        ("130", "é"),
        ("0233", "é"),
        ("0129", ""),
        ("300", ""),
        ("00050", ""),
        ("5", ""),
        ("", ""),
    ],
)
def test_a_number_is_its_character(digits: str, character: str) -> None:
    codes = AltCodes(X11_KEYS)
    for digit in digits:
        codes.press(KEYPAD[digit], 7, auto_repeat=False)
    assert codes.end() == character
    assert codes.end() == ""


def test_a_key_that_is_pressed_twice_at_once_is_not_held_down() -> None:
    codes = AltCodes(X11_KEYS)
    codes.press(KEYPAD["4"], 100, auto_repeat=False)
    codes.press(KEYPAD["4"], 101, auto_repeat=True)
    codes.press(KEYPAD["4"], 600, auto_repeat=True)
    assert codes.end() == ","


def test_only_digits_of_the_keypad_count_and_windows_does_it_alone() -> None:
    assert sorted(KEYPAD) == list("0123456789")
    assert not AltCodes(X11_KEYS).takes(10)
    assert not AltCodes(WINDOWS_KEYS).takes(82)
