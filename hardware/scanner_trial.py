"""Finds out what a scanner does from three known codes: what came is heard here, `scanner_verdict` judges it.

The three codes hold every digit, upper and lower case, and the signs and letters that national layouts move. The
first could be a UPC-A, so that a scanner which shortens those shows it; the last is long, and also a QR code.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from typing import Literal

from msgspec import Struct

from hardware.keycodes import KeyStroke, KeyTable
from hardware.scanner import REPEAT_DELAY_MIN_MS, elapsed_ms

Source = Literal["keys", "serial"]
End = Literal["enter", "keypad", "tab", "line", "none"]


class TrialCode(Struct, frozen=True):
    """A code to be scanned from the screen; one with `as_qr` is shown as a QR code as well."""

    symbology: str
    text: str
    as_qr: bool = False


CODES = (
    TrialCode("EAN13", "0123456789012"),
    TrialCode("CODE128", "zY-a/Qw:$M+b_8"),
    TrialCode("CODE128", "Long-0123456789-Abcde/9876543210", as_qr=True),
)


class Heard(Struct, frozen=True):
    """What came as one code, with everything around it.

    `signs` are its characters as (what the key means on a US keyboard, what the system made of it); from a serial
    scanner both are the same. `gaps_ms` lie between their keys, `end_gap_ms` before the Enter or Tab. `leads` says
    that an Enter or Tab came before the code, `with_alt` that keys were pressed with Alt, `corrected` that Backspace
    was, `is_text` that bytes made sense as text. `strokes` are the keys themselves, for trying settings on them.
    """

    source: Source
    signs: tuple[tuple[str, str], ...]
    end: End
    gaps_ms: tuple[int, ...] = ()
    end_gap_ms: int = 0
    leads: bool = False
    with_alt: bool = False
    corrected: bool = False
    is_text: bool = True
    strokes: tuple[KeyStroke, ...] = ()

    @property
    def by_keys(self) -> str:
        """The code as the keys of a US keyboard say it."""
        return "".join(meant for meant, _ in self.signs)

    @property
    def by_layout(self) -> str:
        """The code as the system's layout says it, Eastern digits as plain ones."""
        return "".join(made for _, made in self.signs).translate(_EASTERN_DIGITS)

    @property
    def is_nothing(self) -> bool:
        """Whether so little came that it can be no code: a key that was touched."""
        return len(self.signs) < _SIGNS_LEAST and not self.with_alt


_EASTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_ENTER_OR_TAB = frozenset("\r\n\t")
_BACKSPACES = frozenset("\x08\x7f")
_ALT_LEAST = 6
_SIGNS_LEAST = 4


def hear_keys(strokes: Sequence[KeyStroke], keys: KeyTable) -> Heard:
    """What a row of key strokes was, of a scanner or a person; of several codes the first."""
    all_presses = _presses(strokes)
    presses = _first_code(all_presses, keys)
    if len(presses) < len(all_presses):
        next_begins = all_presses[len(presses)]
        strokes = strokes[: next(place for place, stroke in enumerate(strokes) if stroke is next_begins)]
    leads = bool(presses) and _is_end(presses[0], keys)
    body = [press for press in presses if not _is_end(press, keys)]
    characters = [(press, sign) for press in body if (sign := _sign(press, keys)) is not None]
    times = [press.timestamp_ms for press, _ in characters]
    ends = list(takewhile(lambda press: _is_end(press, keys), reversed(presses)))[::-1] if times else []
    return Heard(
        "keys",
        tuple(sign for _, sign in characters),
        _end_of(ends, keys),
        gaps_ms=tuple(elapsed_ms(one, other) for one, other in pairwise(times)),
        end_gap_ms=elapsed_ms(times[-1], ends[0].timestamp_ms) if ends else 0,
        leads=leads,
        with_alt=sum(_is_with_alt(press) for press in body) >= _ALT_LEAST,
        corrected=any(press.text in _BACKSPACES for press in body),
        strokes=tuple(strokes),
    )


def hear_bytes(data: bytes) -> Heard:
    """What a serial scanner sent; of several lines the first."""
    line = data.lstrip(b"\r\n")
    text_bytes = line.splitlines()[0] if line else b""
    try:
        text, is_text = text_bytes.decode("utf-8"), True
    except UnicodeDecodeError:
        text, is_text = text_bytes.decode("latin-1"), False
    signs = tuple((character, character) for character in text)
    end: End = "line" if len(line) > len(text_bytes) else "none"
    return Heard("serial", signs, end, is_text=is_text)


def _presses(strokes: Iterable[KeyStroke]) -> list[KeyStroke]:
    """The keys that went down, without what the system repeats of a key that is held down."""
    presses: list[KeyStroke] = []
    for stroke in strokes:
        held = stroke.auto_repeat and presses and stroke.scan_code == presses[-1].scan_code
        repeated = held and elapsed_ms(presses[-1].timestamp_ms, stroke.timestamp_ms) >= REPEAT_DELAY_MIN_MS
        if stroke.pressed and not repeated:
            presses.append(stroke)
    return presses


def _first_code(presses: list[KeyStroke], keys: KeyTable) -> list[KeyStroke]:
    """Up to the Enter or Tab behind the first characters, further ones included."""
    begun = ended = False
    for place, press in enumerate(presses):
        is_end = _is_end(press, keys)
        if ended and not is_end:
            return presses[:place]
        ended = is_end and begun
        begun = begun or not is_end
    return presses


def _is_end(press: KeyStroke, keys: KeyTable) -> bool:
    return press.scan_code in keys.terminators or press.text in _ENTER_OR_TAB


def _is_with_alt(press: KeyStroke) -> bool:
    return not press.scan_code and not press.text


def _sign(press: KeyStroke, keys: KeyTable) -> tuple[str, str] | None:
    """A key as (meant, made), or None for one that is no character (Esc, F1, Backspace)."""
    made = press.text
    meant = keys.character(press.scan_code, shift=press.shift)
    if meant is None or press.alt_gr:
        meant = made.translate(_EASTERN_DIGITS)
    if press.ctrl and len(meant) == 1 and "@" <= meant.upper() <= "_" and meant.isascii():
        meant = made = chr(ord(meant.upper()) - ord("@"))
    if len(meant) != 1 or meant in _BACKSPACES:
        return None
    return meant, made


def _end_of(ends: list[KeyStroke], keys: KeyTable) -> End:
    if not ends:
        return "none"
    if ends[0].text == "\t":
        return "tab"
    return "keypad" if ends[0].scan_code == keys.keypad_enter else "enter"
