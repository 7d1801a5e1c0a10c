"""Marks of e-mail addresses and telephone numbers: what was given before is known again, and nobody can read it."""

import hashlib
import unicodedata

_MARK_BYTES = 16


def mark(key: bytes, contact: str) -> bytes:
    """What is remembered of an address or number, by the till's key; how either is written makes no difference."""
    plain = "".join(contact.split()).casefold() if "@" in contact else _digits(contact)
    return hashlib.blake2b(plain.encode(), digest_size=_MARK_BYTES, key=key).digest()


def _digits(number: str) -> str:
    """The digits of a telephone number, of any script, with + before an international one."""
    digits = "".join([str(unicodedata.decimal(char)) for char in number if char.isdecimal()])
    if number.lstrip().startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits
