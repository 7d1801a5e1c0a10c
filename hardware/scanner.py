"""Tells a scanner from typing and reads its codes: keys or bytes in, events out; no window and no clock.

A keyboard-wedge scanner is a keyboard that types very fast. `WedgeReader` holds a key back until it is clear
whether a burst follows: a burst becomes one `Scan`, anything else is given back as `Typing`, every key once
and in order. It decides by the time stamps of the keys alone, so a window that was busy for a second comes to
the same answer.
"""

import re
from enum import Enum

from msgspec import Struct

from hardware.keycodes import UNKNOWN_KEYS, KeyTable

_GROUP_SEPARATOR = "\x1d"  # between the fields of a GS1 code
_ENTER_OR_TAB = frozenset("\r\n\t")
_LEADING_AIM_IDENTIFIER = re.compile(r"\A\][A-Za-z][0-9A-Za-z]")
_EASTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_EXCERPT_LENGTH = 40
_REPEAT_DELAY_MIN_MS = 150  # no system repeats a key sooner


class ScannerSettings(Struct, frozen=True):
    """How fast a scanner is, and what it puts around a code.

    A run of keys is a scanner's when its first `length_min` keys came `gap_mean_max_ms` after each other on
    average, or faster. It ends at Enter, Tab or `suffix`, or when nothing came for `terminator_wait_ms`. Keys
    more than `gap_max_ms` apart do not belong together; slow Bluetooth scanners need 150. A scanner that
    sends no Enter at all is answered sooner with `terminator_wait_ms=0`. A code longer than `length_max`
    (characters; bytes on a serial line) is refused.

    `prefix` and `suffix` are cut off where they stand; a code that has both is a scan however short it is.
    `by_layout` is for a scanner that was set to the national layout of this machine: its codes are then read
    from the characters instead of the keys.

    Raises ValueError with a sentence when a figure makes no sense.
    """

    length_min: int = 6
    length_max: int = 512
    gap_max_ms: int = 50
    gap_mean_max_ms: int = 35
    terminator_wait_ms: int = 200
    prefix: str = ""
    suffix: str = ""
    by_layout: bool = False

    def __post_init__(self) -> None:
        if not 2 <= self.length_min <= self.length_max:
            raise ValueError(
                f"scanner: length_min is {self.length_min}; it must be from 2 up to length_max ({self.length_max})."
            )
        if not 1 <= self.gap_mean_max_ms <= self.gap_max_ms:
            raise ValueError(
                f"scanner: gap_mean_max_ms is {self.gap_mean_max_ms}; it must be from 1 up to gap_max_ms "
                f"({self.gap_max_ms})."
            )
        if self.terminator_wait_ms < 0:
            raise ValueError(
                f"scanner: terminator_wait_ms is {self.terminator_wait_ms}; it must be 0 (for a scanner "
                "that sends no Enter) or more."
            )


class KeyStroke(Struct, frozen=True):
    """One key going down (`pressed`), being repeated (`auto_repeat`) or coming up.

    `scan_code` is the windowing system's number of the key, 0 where there is none; `text` what the system's
    layout made of it; `timestamp_ms` the key's own time, on a 32-bit clock that may wrap. With `alt_gr`, which
    a US keyboard has not, only the text counts. `origin` belongs to the feeder, to find the key again when it
    is given back.
    """

    scan_code: int
    text: str
    timestamp_ms: int
    shift: bool
    pressed: bool
    auto_repeat: bool
    ctrl: bool = False
    alt_gr: bool = False
    origin: object = None


class Scan(Struct, frozen=True):
    """A code was read: its exact text, without prefix, suffix and AIM identifier."""

    text: str
    source: str = "wedge"


class Typing(Struct, frozen=True):
    """Keys of a person: they go to whoever has the focus, in this order."""

    strokes: tuple[KeyStroke, ...]


class Swallowed(Struct, frozen=True):
    """A scanner sent what cannot be a code (empty, too long, not text); `text` shows its beginning."""

    text: str
    source: str = "wedge"


Event = Scan | Typing | Swallowed


def read_code(raw: str, settings: ScannerSettings, source: str) -> Scan | Swallowed:
    """What a device sent as one code, without prefix, suffix and AIM identifier (`]E0`), if it can be one."""
    text = raw.removeprefix(settings.prefix).removesuffix(settings.suffix)
    text = _LEADING_AIM_IDENTIFIER.sub("", text)
    readable = text.replace(_GROUP_SEPARATOR, "").isprintable()
    if text and readable and len(raw) <= settings.length_max:
        return Scan(text, source)
    return Swallowed(_excerpt(raw), source)


def _excerpt(raw: str) -> str:
    return "".join(character if character.isprintable() else "·" for character in raw[:_EXCERPT_LENGTH])


def elapsed_ms(earlier_ms: int, later_ms: int) -> int:
    """Milliseconds from one time stamp to another on a 32-bit clock; negative if in the other order."""
    return (later_ms - earlier_ms + 2**31) % 2**32 - 2**31


class _Verdict(Enum):
    OPEN = "too early to say"
    MACHINE = "no person types like that"
    HUMAN = "too slow for a scanner"


class WedgeReader:
    """Reads one stream of key strokes (all keyboards of the machine together).

    A *run* is a row of character keys, none more than `gap_max_ms` after the one before. While its verdict is
    open its keys are held back; `deadline` says until when at most. Once the verdict is MACHINE the run is a
    code, whatever comes; once it is HUMAN its keys pass. Enter and Tab are kept only when they end a code, or
    follow one so closely that no person can have pressed them. Keys without a character (F1, Esc, Backspace)
    are never kept, and never overtake a typed key that was pressed before them.
    """

    def __init__(self, settings: ScannerSettings | None = None, keys: KeyTable = UNKNOWN_KEYS) -> None:
        """`keys` are the codes of the windowing system that the strokes come from (`keycodes.keys_of`)."""
        self._settings = settings or ScannerSettings()
        self._keys = UNKNOWN_KEYS if self._settings.by_layout else keys
        self._controls = frozenset(self._settings.prefix + self._settings.suffix + _GROUP_SEPARATOR)
        self._budget_ms = (self._settings.length_min - 1) * self._settings.gap_mean_max_ms
        self._held: list[KeyStroke] = []
        self._held_keys: set[int | str] = set()
        self._swallowed_keys: set[int | str] = set()
        self._running = False
        self._verdict = _Verdict.OPEN
        self._text = ""
        self._first_ms = self._last_ms = 0
        self._tail_until_ms: int | None = None
        self._pressed_key: int | str = ""
        self._pressed_ms = 0

    @property
    def deadline(self) -> int | None:
        """The time stamp at which `flush` has something to hand out, or None when nothing waits."""
        if self._held or self._verdict is _Verdict.MACHINE:
            return self._last_ms + self._patience_ms
        return None

    def feed(self, stroke: KeyStroke) -> list[Event]:
        """Take one stroke, in the order in which they happened; returns what became clear by it, in order.

        A stroke that no event returns is kept for now, or for good. The stroke itself, if it is to go on, is
        the last one of the last event.
        """
        if not stroke.pressed or self._is_repetition(stroke):
            return self._follow(stroke)
        self._pressed_key, self._pressed_ms = _key(stroke), stroke.timestamp_ms
        self._swallowed_keys.discard(_key(stroke))
        character = self._character(stroke)
        if character is not None:
            return self._take(stroke, character)
        if self._ends_code(stroke):
            self._swallowed_keys.add(_key(stroke))
            return self._end(tail_until_ms=stroke.timestamp_ms + self._settings.gap_max_ms)
        return [*self.make_way(stroke), Typing((stroke,))]

    def claims(self, stroke: KeyStroke) -> bool:
        """Whether `feed` would keep this press for now: then no shortcut may act on it. Changes nothing."""
        if self._is_repetition(stroke):
            return _key(stroke) in self._swallowed_keys | self._held_keys
        character = self._character(stroke)
        if character is not None:
            return self._begins(character) or self._joins(stroke)
        return self._ends_code(stroke)

    @property
    def is_holding(self) -> bool:
        """Whether keys wait that may have to be given back."""
        return bool(self._held)

    def lets_go(self, key: int | str) -> bool:
        """Whether a key that comes up, by its scan code or else its text, was a code's: then that was all of it."""
        swallowed = key in self._swallowed_keys
        self._swallowed_keys.discard(key)
        return swallowed

    def make_way(self, stroke: KeyStroke) -> list[Event]:
        """What has to be handed out before a key that belongs to no code (F10, a lone Enter) may act."""
        lasts = self._running and abs(self._gap_ms(stroke)) <= self._settings.gap_max_ms
        return self._give_back() if lasts and not self._is_terminator(stroke) else self._end()

    def flush(self, now_ms: int) -> list[Event]:
        """Hand out what is due, if `now_ms` (on the clock of the strokes) has reached `deadline`."""
        if self.deadline is None or elapsed_ms(self.deadline, now_ms) < 0:
            return []
        # An open run is only given back, not forgotten: if the rest of a burst is still on its way, the code
        # is read whole, and its Enter presses nothing.
        return self._end() if self._verdict is _Verdict.MACHINE else self._give_back()

    def _take(self, stroke: KeyStroke, character: str) -> list[Event]:
        ended: list[Event] = []
        if not self._joins(stroke):
            ended = self._end()
            if not self._begins(character):
                return [*ended, Typing((stroke,))]
            self._running = True
            self._first_ms = stroke.timestamp_ms
        self._last_ms = stroke.timestamp_ms
        if self._verdict is _Verdict.HUMAN:
            return [*ended, Typing((stroke,))]
        if len(self._text) <= self._settings.length_max:
            self._text += character
        self._held.append(stroke)
        self._held_keys.add(_key(stroke))
        return ended + self._judge()

    def _judge(self) -> list[Event]:
        if self._verdict is _Verdict.OPEN:
            if abs(elapsed_ms(self._first_ms, self._last_ms)) > self._budget_ms:
                self._verdict = _Verdict.HUMAN
                return self._give_back()
            if len(self._text) < self._settings.length_min and not self._is_framed():
                return []
            self._verdict = _Verdict.MACHINE
        self._swallowed_keys |= self._held_keys
        self._held.clear()
        self._held_keys.clear()
        complete = self._settings.suffix and self._text.endswith(self._settings.suffix)
        return self._end() if complete else []

    def _is_framed(self) -> bool:
        prefix, suffix = self._settings.prefix, self._settings.suffix
        framed = bool(prefix and suffix) and self._text.startswith(prefix) and self._text.endswith(suffix)
        return framed and len(self._text) >= len(prefix) + len(suffix)

    def _end(self, *, tail_until_ms: int | None = None) -> list[Event]:
        """Close the run: a code if it is one, typing if not.

        Until the end of its tail a terminator still belongs to the code, such as the LF of a CR LF.
        """
        events = self._give_back()
        self._tail_until_ms = tail_until_ms
        if self._verdict is _Verdict.MACHINE:
            events.append(read_code(self._text, self._settings, "wedge"))
            if tail_until_ms is None:
                self._tail_until_ms = self._last_ms + self._patience_ms
        self._running = False
        self._verdict = _Verdict.OPEN
        self._text = ""
        return events

    def _is_repetition(self, stroke: KeyStroke) -> bool:
        """Whether the system repeats a key that is held down.

        X11 also says so of a key that a fast scanner presses twice within one millisecond.
        """
        if not stroke.auto_repeat or _key(stroke) != self._pressed_key:
            return stroke.auto_repeat
        return elapsed_ms(self._pressed_ms, stroke.timestamp_ms) >= _REPEAT_DELAY_MIN_MS

    def _follow(self, stroke: KeyStroke) -> list[Event]:
        """A release or a repetition goes where the press of its key went."""
        key = _key(stroke)
        comes_up = not stroke.pressed and not stroke.auto_repeat
        if key in self._swallowed_keys:
            if comes_up:
                self.lets_go(key)
            return []
        if key in self._held_keys:
            self._held.append(stroke)
            return []
        return [Typing((stroke,))]

    def _give_back(self) -> list[Event]:
        strokes = tuple(self._held)
        self._held.clear()
        self._held_keys.clear()
        return [Typing(strokes)] if strokes else []

    @property
    def _patience_ms(self) -> int:
        """How long after its last key a run goes on. A pause within a code is the scanner's own (radio)."""
        if self._verdict is _Verdict.MACHINE:
            return max(self._settings.gap_max_ms, self._settings.terminator_wait_ms)
        return self._settings.gap_max_ms

    def _gap_ms(self, stroke: KeyStroke) -> int:
        return elapsed_ms(self._last_ms, stroke.timestamp_ms)

    def _joins(self, stroke: KeyStroke) -> bool:
        return self._running and abs(self._gap_ms(stroke)) <= self._patience_ms

    def _begins(self, character: str) -> bool:
        """No code begins with a space; any other sign may, and a code without its first sign is another."""
        return (character.isprintable() and character != " ") or character == self._settings.prefix[:1]

    def _is_terminator(self, stroke: KeyStroke) -> bool:
        return stroke.scan_code in self._keys.terminators or stroke.text in _ENTER_OR_TAB

    def _ends_code(self, stroke: KeyStroke) -> bool:
        if not self._is_terminator(stroke):
            return False
        if self._verdict is _Verdict.MACHINE:
            return self._joins(stroke)
        until_ms = self._tail_until_ms
        return until_ms is not None and elapsed_ms(stroke.timestamp_ms, until_ms) >= 0

    def _character(self, stroke: KeyStroke) -> str | None:
        """The character a scanner means by this key, or None for a key that is no part of a code."""
        character = self._keys.character(stroke.scan_code, shift=stroke.shift)
        if character is None or stroke.alt_gr:
            character = stroke.text.translate(_EASTERN_DIGITS)
        if len(character) != 1:
            return None
        if stroke.ctrl and character.isascii() and "@" <= character.upper() <= "_":
            character = chr(ord(character.upper()) - ord("@"))
        elif stroke.ctrl and character.isprintable():
            return None
        return character if character.isprintable() or character in self._controls else None


def _key(stroke: KeyStroke) -> int | str:
    return stroke.scan_code or stroke.text.lower()


class LineReader:
    """Reads codes from a stream of bytes (a serial scanner): one a line, ended by CR, LF, both or the suffix.

    Memory stays bounded by `length_max` bytes whatever arrives; a longer line is refused as a whole.
    """

    def __init__(self, settings: ScannerSettings | None = None, source: str = "serial") -> None:
        self._settings = settings or ScannerSettings()
        self._source = source
        self._suffix = self._settings.suffix.encode()
        self._line = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, cut anywhere; returns the codes that they completed."""
        events: list[Event] = []
        for byte in data:
            if byte in b"\r\n":
                events += self.flush()
                continue
            if len(self._line) <= self._settings.length_max:
                self._line.append(byte)
            if self._suffix and self._line.endswith(self._suffix):
                events += self.flush()
        return events

    def flush(self) -> list[Event]:
        """End the line as it is, for a scanner that sends no line end and has been silent for a while."""
        line = bytes(self._line)
        self._line.clear()
        if not line:
            return []
        if len(line) > self._settings.length_max:
            return [Swallowed(_excerpt(line.decode("utf-8", "replace")), self._source)]
        try:
            return [read_code(line.decode("utf-8"), self._settings, self._source)]
        except UnicodeDecodeError:
            return [Swallowed(_excerpt(line.decode("utf-8", "backslashreplace")), self._source)]
