"""Card numbers: EAN-13 with the restricted prefix 29 (K1).

A number is a keyed permutation of a counter, so numbers are unique by construction and the next one cannot be
guessed from the last. Every till draws its counters from a block of its own, pre-printed cards from block 0.
"""

import hashlib

PREFIX = "29"
SPACE = 10**10
BLOCK_SIZE = 100_000
"""How many cards a block holds; there are SPACE / BLOCK_SIZE blocks."""
PREPRINTED_BLOCK = 0

_HALF = 10**5
_ROUNDS = 8
_KEY_LEAST = 16


def check_digit(digits: str) -> int:
    """The GS1 check digit of `digits`, whatever their number."""
    weighted = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits)))
    return -weighted % 10


def has_check_digit(code: str) -> bool:
    """Whether `code` is all digits and ends with its right GS1 check digit."""
    return code.isascii() and code.isdigit() and len(code) > 1 and check_digit(code[:-1]) == int(code[-1])


def is_card(code: str) -> bool:
    """Whether `code` can be a card: 13 digits, prefix 29, right check digit."""
    return len(code) == 13 and code.startswith(PREFIX) and has_check_digit(code)


def is_misread_card(code: str) -> bool:
    """Whether `code` looks like a card but for its check digit."""
    return len(code) == 13 and code.isascii() and code.isdigit() and code.startswith(PREFIX) and not is_card(code)


def card_number(key: bytes, counter: int) -> int:
    """The card number of `counter` (0 <= counter < 10**10) under the organisation's secret `key` of 16 to 64 bytes.

    Raises ValueError when one of them cannot be.
    """
    if not 0 <= counter < SPACE:
        raise ValueError(f"the counter {counter} is outside 0..{SPACE - 1}")
    left, right = divmod(counter, _HALF)
    for round_ in range(_ROUNDS):
        left, right = right, (left + _mix(key, round_, right)) % _HALF
    body = f"{PREFIX}{left * _HALF + right:010d}"
    return int(f"{body}{check_digit(body)}")


def card_counter(key: bytes, number: int) -> int:
    """The counter that `card_number` made the card `number` from, under the same `key`."""
    left, right = divmod(number // 10 % SPACE, _HALF)
    for round_ in reversed(range(_ROUNDS)):
        left, right = (right - _mix(key, round_, left)) % _HALF, left
    return left * _HALF + right


def block_counter(block: int, index: int) -> int:
    """The counter of the `index`-th card of a block; ValueError when the block is used up."""
    counter = block * BLOCK_SIZE + index
    if not 0 <= index < BLOCK_SIZE or not 0 <= counter < SPACE:
        raise ValueError(f"block {block} has no card {index}: a block holds {BLOCK_SIZE}")
    return counter


def _mix(key: bytes, round_: int, half: int) -> int:
    if len(key) < _KEY_LEAST:
        raise ValueError(f"a key of {len(key)} bytes can be guessed; it must have {_KEY_LEAST} or more")
    digest = hashlib.blake2b(half.to_bytes(4, "big"), digest_size=8, key=key, salt=bytes([round_])).digest()
    return int.from_bytes(digest, "big") % _HALF
