"""Tells a scanner from typing and reads its codes: keys or bytes in, events out; no window and no clock.

A keyboard-wedge scanner is a keyboard that types very fast. `WedgeReader` holds a key back until it is clear
whether a burst follows: a burst becomes one `Scan`, anything else is given back as `Typing`, every key once
and in order. It decides by the time stamps of the keys alone, so a window that was busy for a second comes to
the same answer.
"""

from enum import Enum

from msgspec import Struct

from hardware.keycodes import UNKNOWN_KEYS, KeyStroke, KeyTable
from hardware.pace import GAP_MOST_MS, LENGTH_LEAST, LENGTH_PATIENT, Pace, PaceLearner, may_be_number
from hardware.scanner_settings import ScannerSettings
from pos_app.loyalty.barcodes import split

_GROUP_SEPARATOR = "\x1d"  # between the fields of a GS1 code
_ENTER_OR_TAB = frozenset("\r\n\t")
_EASTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_EXCERPT_LENGTH = 40
REPEAT_DELAY_MIN_MS = 150  # no system repeats a key sooner


class Scan(Struct, frozen=True):
    """A code was read: its exact text, without prefix, suffix and AIM identifier, which stands beside it."""

    text: str
    source: str = "wedge"
    identifier: str = ""

    @property
    def code(self) -> str:
        """The code as the scanner sent it, identifier and text."""
        return self.identifier + self.text


class Typing(Struct, frozen=True):
    """Keys of a person: they go to whoever has the focus, in this order."""

    strokes: tuple[KeyStroke, ...]


class Swallowed(Struct, frozen=True):
    """A scanner sent what cannot be a code (empty, too long, not text); `text` shows its beginning."""

    text: str
    source: str = "wedge"


Read = Scan | Swallowed
Event = Read | Typing


def read_code(raw: str, settings: ScannerSettings, source: str) -> Read:
    """What a device sent as one code, taken apart, if it can be one."""
    identifier, text = split(raw.removeprefix(settings.prefix).removesuffix(settings.suffix))
    readable = text.replace(_GROUP_SEPARATOR, "").isprintable()
    if text and readable and len(raw) <= settings.length_max:
        return Scan(text, source, identifier)
    return Swallowed(excerpt(raw), source)


def excerpt(raw: str) -> str:
    """The beginning of what is no code, as people can read it."""
    return "".join(character if character.isprintable() else "·" for character in raw[:_EXCERPT_LENGTH])


def elapsed_ms(earlier_ms: int, later_ms: int) -> int:
    """Milliseconds from one time stamp to another on a 32-bit clock; negative if in the other order."""
    return (later_ms - earlier_ms + 2**31) % 2**32 - 2**31


class _Verdict(Enum):
    OPEN = "too early to say"
    MACHINE = "no person types like that"
    HUMAN = "too slow for a scanner"


class _Stretch(Struct):
    """The part of a run behind its last gap above `gap_max_ms`: since when, after how many characters and strokes."""

    began_ms: int
    characters: int = 0
    strokes: int = 0


class WedgeReader:
    """Reads one stream of key strokes (all keyboards of the machine together).

    A *run* is a row of character keys, none more than `gap_max_ms` after the one before. While its verdict is
    open its keys are held back; `deadline` says until when at most. Once the verdict is MACHINE the run is a
    code, whatever comes; once it is HUMAN its keys pass. Enter and Tab are kept only when they end a code, or
    follow one so closely that no person can have pressed them. A scanner that is slower than the settings say
    is learned (`hardware.pace`): then a number may have longer gaps, and its keys are held longer. Keys without
    a character (F1, Esc, Backspace) are never kept, and never overtake a typed key that was pressed before
    them.
    """

    def __init__(self, settings: ScannerSettings | None = None, keys: KeyTable = UNKNOWN_KEYS) -> None:
        """`keys` are the codes of the windowing system that the strokes come from (`keycodes.keys_of`)."""
        self._settings = settings or ScannerSettings()
        self._keys = UNKNOWN_KEYS if self._settings.by_layout else keys
        self._controls = frozenset(self._settings.prefix + self._settings.suffix + _GROUP_SEPARATOR)
        self._budget_ms = (self._settings.length_min - 1) * self._settings.gap_mean_max_ms
        self._learner = PaceLearner(Pace(self._settings.gap_max_ms, self._settings.gap_mean_max_ms))
        self._held: list[KeyStroke] = []
        self._held_keys: set[int | str] = set()
        self._swallowed_keys: set[int | str] = set()
        self._running = False
        self._verdict = _Verdict.OPEN
        self._text = ""
        self._first_ms = self._last_ms = 0
        self._follows_pause = False
        self._stretch = _Stretch(0)
        self._tail_until_ms: int | None = None
        self._pressed_key: int | str = ""
        self._pressed_ms = 0

    @property
    def learned(self) -> Pace | None:
        """The pace of a scanner that is slower than the settings say, once it has shown itself."""
        return self._learner.pace

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
            self._learner.see(character, self._gap_ms(stroke))
            return self._take(stroke, character)
        if self._is_terminator(stroke):
            self._learner.see_end(self._gap_ms(stroke))
        else:
            self._learner.forget()
        if self._ends_code(stroke):
            self._swallowed_keys.add(_key(stroke))
            return self._end(tail_until_ms=stroke.timestamp_ms + self._gap_max_ms)
        return [*self.make_way(stroke), Typing((stroke,))]

    def claims(self, stroke: KeyStroke) -> bool:
        """Whether `feed` would keep this press for now: then no shortcut may act on it. Changes nothing."""
        if self._is_repetition(stroke):
            return _key(stroke) in self._swallowed_keys | self._held_keys
        character = self._character(stroke)
        if character is not None:
            return self._begins(character) or self._joins(stroke, character)
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
        return self._end() if self._is_code() else self._give_back()

    def _take(self, stroke: KeyStroke, character: str) -> list[Event]:
        ended: list[Event] = []
        if not self._joins(stroke, character):
            ended = self._end()
            if not self._begins(character):
                return [*ended, Typing((stroke,))]
            self._running = True
            self._first_ms = stroke.timestamp_ms
            self._follows_pause = abs(self._gap_ms(stroke)) > GAP_MOST_MS
            self._stretch = _Stretch(stroke.timestamp_ms)
        elif abs(self._gap_ms(stroke)) > self._settings.gap_max_ms:
            self._stretch = _Stretch(stroke.timestamp_ms, len(self._text), len(self._held))
        self._last_ms = stroke.timestamp_ms
        if self._verdict is _Verdict.HUMAN:
            return [*ended, Typing((stroke,))]
        if len(self._text) <= self._settings.length_max:
            self._text += character
        self._held.append(stroke)
        self._held_keys.add(_key(stroke))
        return ended + self._judge()

    def _judge(self) -> list[Event]:
        events = self._weigh() if self._verdict is _Verdict.OPEN else []
        if self._verdict is not _Verdict.MACHINE:
            return events
        self._swallow()
        complete = self._settings.suffix and self._text.endswith(self._settings.suffix)
        return events + self._end() if complete else events

    def _weigh(self) -> list[Event]:
        """Come to a verdict if there can be one by now."""
        count = len(self._text) - self._stretch.characters
        in_time = abs(elapsed_ms(self._stretch.began_ms, self._last_ms)) <= self._budget_ms
        is_fast = in_time and (count >= self._settings.length_min or self._is_framed())
        is_slow = self._may_be_slow()
        events = [] if is_slow and not is_fast else self._split()
        # Of a few quick keys behind slow ones nobody knows yet whether they begin the code of another scanner.
        is_new = in_time and count > 1
        if is_fast or (is_slow and not is_new and self._is_code()):
            self._verdict = _Verdict.MACHINE
        elif not is_slow and not in_time:
            self._verdict = _Verdict.HUMAN
            events += self._give_back()
        return events

    def _is_code(self) -> bool:
        """Whether the run is a code if nothing more comes."""
        pace, length = self._learner.pace, len(self._text)
        if self._verdict is _Verdict.OPEN and pace is not None and length >= LENGTH_LEAST:
            return self._may_be_slow() and pace.allows(length, self._elapsed_ms)
        return self._verdict is _Verdict.MACHINE

    def _swallow(self) -> None:
        """Keep the keys that were held, for good: they are a code's."""
        self._swallowed_keys |= self._held_keys
        self._held.clear()
        self._held_keys.clear()

    def _may_be_slow(self) -> bool:
        """Whether the run may be a number at the pace of a slow scanner that was seen before."""
        pace = self._learner.pace
        if pace is None or not self._follows_pause or not self._may_be_number(self._text):
            return False
        slack_ms = pace.gap_max_ms if len(self._text) < LENGTH_PATIENT else 0
        return pace.allows(len(self._text), self._elapsed_ms, slack_ms)

    @property
    def _elapsed_ms(self) -> int:
        return abs(elapsed_ms(self._first_ms, self._last_ms))

    def _may_be_number(self, text: str) -> bool:
        return may_be_number(text.removeprefix(self._settings.prefix))

    def _split(self) -> list[Event]:
        """Give back what came before the last longer gap: only with a slow scanner can it be one code with the rest."""
        if not self._stretch.characters:
            return []
        earlier, later = self._held[: self._stretch.strokes], self._held[self._stretch.strokes :]
        self._held, self._held_keys = [], set()
        for stroke in later:
            if stroke.pressed and not stroke.auto_repeat:
                self._held_keys.add(_key(stroke))
            (self._held if _key(stroke) in self._held_keys else earlier).append(stroke)
        self._text = self._text[self._stretch.characters :]
        self._first_ms = self._stretch.began_ms
        self._stretch = _Stretch(self._first_ms)
        return [Typing(tuple(earlier))] if earlier else []

    def _is_framed(self) -> bool:
        prefix, suffix = self._settings.prefix, self._settings.suffix
        if not (prefix and suffix):
            return False
        text = self._text[self._stretch.characters :]
        return text.startswith(prefix) and text.endswith(suffix) and len(text) >= len(prefix) + len(suffix)

    def _end(self, *, tail_until_ms: int | None = None) -> list[Event]:
        """Close the run: a code if it is one, typing if not.

        Until the end of its tail a terminator still belongs to the code, such as the LF of a CR LF.
        """
        is_code = self._is_code()
        if is_code:
            self._swallow()
        events = self._give_back()
        self._tail_until_ms = tail_until_ms
        if is_code:
            self._verdict = _Verdict.MACHINE
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
        return elapsed_ms(self._pressed_ms, stroke.timestamp_ms) >= REPEAT_DELAY_MIN_MS

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
        self._stretch.strokes = 0
        return [Typing(strokes)] if strokes else []

    @property
    def _gap_max_ms(self) -> int:
        """The longest gap within a code of any scanner that was seen."""
        pace = self._learner.pace
        return pace.gap_max_ms if pace else self._settings.gap_max_ms

    @property
    def _patience_ms(self) -> int:
        """How long after its last key a run goes on. A pause within a code is the scanner's own (radio)."""
        if self._is_code():
            return max(self._gap_max_ms, self._settings.terminator_wait_ms)
        is_slow = self._verdict is _Verdict.OPEN and self._may_be_slow()
        return self._gap_max_ms if is_slow else self._settings.gap_max_ms

    def _gap_ms(self, stroke: KeyStroke) -> int:
        return elapsed_ms(self._last_ms, stroke.timestamp_ms)

    def _joins(self, stroke: KeyStroke, character: str = "") -> bool:
        """Whether a key belongs to the run; a long gap is only one within a number."""
        gap_ms = abs(self._gap_ms(stroke))
        if not self._running or gap_ms > self._patience_ms:
            return False
        is_odd = self._verdict is _Verdict.OPEN and gap_ms > self._settings.gap_max_ms
        return not is_odd or self._may_be_number(self._text + character)

    def _begins(self, character: str) -> bool:
        """No code begins with a space; any other sign may, and a code without its first sign is another."""
        return (character.isprintable() and character != " ") or character == self._settings.prefix[:1]

    def _is_terminator(self, stroke: KeyStroke) -> bool:
        return stroke.scan_code in self._keys.terminators or stroke.text in _ENTER_OR_TAB

    def _ends_code(self, stroke: KeyStroke) -> bool:
        if not self._is_terminator(stroke):
            return False
        if self._is_code():
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
        capital = character.upper()  # of ß that is two letters
        if stroke.ctrl and len(capital) == 1 and "@" <= capital <= "_":
            character = chr(ord(capital) - ord("@"))
        elif stroke.ctrl and character.isprintable():
            return None
        return character if character.isprintable() or character in self._controls else None


def _key(stroke: KeyStroke) -> int | str:
    return stroke.scan_code or stroke.text.lower()
