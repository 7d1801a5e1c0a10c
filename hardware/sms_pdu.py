"""SMS as a modem takes them in PDU mode (3GPP TS 23.040, 23.038): SMS-SUBMIT, cut into parts where it is long."""

from typing import NamedTuple

PARTS_MOST = 10
"""A notice that needs more is a mistake, and each part costs."""

_PLAIN = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = _PLAIN.index("\x1b")
_ESCAPED = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}
_SEPTETS = {
    **{char: (index,) for index, char in enumerate(_PLAIN) if index != _ESCAPE},
    **{char: (_ESCAPE, index) for char, index in _ESCAPED.items()},
}

_SEPTETS_MOST, _SEPTETS_IN_PART = 160, 153
_UCS2_MOST, _UCS2_IN_PART = 140, 134  # bytes
_HEADER_SEPTETS = 7
"""The 6 bytes of a part's header and one bit of filling."""

_SUBMIT, _RELATIVE_VALIDITY, _HAS_HEADER = 0x01, 0x10, 0x40
_GSM_7, _UCS2 = 0x00, 0x08
_ONE_DAY = 0xA7
"""How long the network tries to deliver."""
_INTERNATIONAL, _UNKNOWN_TYPE = 0x91, 0x81
_USUAL_CENTRE = b"\x00"
"""The message centre is the one that the SIM card knows."""


class Pdu(NamedTuple):
    """One part: what is sent to the modem in hexadecimal, and the length that AT+CMGS announces."""

    data: bytes
    length: int


def encode(number: str, text: str, reference: int) -> list[Pdu]:
    """The parts of an SMS to a number (+ and digits, or digits alone); `reference` (0-255) joins them on the telephone.

    Raises ValueError for what is no number, and for a text that is empty or needs more than PARTS_MOST parts.
    """
    plain = all(char in _SEPTETS for char in text)
    pieces = _cut([bytes(_SEPTETS[char]) for char in text], _SEPTETS_MOST, _SEPTETS_IN_PART) if plain else _cut(
        [char.encode("utf-16-be", "replace") for char in text], _UCS2_MOST, _UCS2_IN_PART
    )  # fmt: skip
    if not 0 < len(pieces) <= PARTS_MOST:
        raise ValueError(f"a text of {len(text)} characters cannot be sent as 1 to {PARTS_MOST} SMS")
    parts = []
    for index, piece in enumerate(pieces, start=1):
        header = bytes((5, 0, 3, reference % 256, len(pieces), index)) if len(pieces) > 1 else b""
        first = _SUBMIT | _RELATIVE_VALIDITY | (_HAS_HEADER if header else 0)
        coding = _GSM_7 if plain else _UCS2
        start = bytes((first, 0)) + _address(number) + bytes((0, coding, _ONE_DAY))
        pdu = start + (_packed(piece, header) if plain else bytes((len(header + piece),)) + header + piece)
        parts.append(Pdu((_USUAL_CENTRE + pdu).hex().upper().encode(), len(pdu)))
    return parts


def _cut(chars: list[bytes], alone: int, in_part: int) -> list[bytes]:
    """The text in pieces that hold whole characters."""
    whole = b"".join(chars)
    if len(whole) <= alone:
        return [whole] if whole else []
    pieces = [b""]
    for char in chars:
        if len(pieces[-1]) + len(char) > in_part:
            pieces.append(b"")
        pieces[-1] += char
    return pieces


def _packed(septets: bytes, header: bytes) -> bytes:
    """Length and user data of septets, lowest bits first, behind the header on a septet's boundary."""
    before = _HEADER_SEPTETS if header else 0
    bits = int.from_bytes(header, "little")
    for index, septet in enumerate(septets, start=before):
        bits |= septet << 7 * index
    count = before + len(septets)
    return bytes((count,)) + bits.to_bytes((7 * count + 7) // 8, "little")


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise ValueError(f"'{number[:25]}' is not a telephone number")
    kind = _INTERNATIONAL if number.startswith("+") else _UNKNOWN_TYPE
    even = digits + "F" * (len(digits) % 2)
    swapped = "".join(even[index + 1] + even[index] for index in range(0, len(even), 2))
    return bytes((len(digits), kind)) + bytes.fromhex(swapped)
