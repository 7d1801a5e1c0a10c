"""Key strokes as a scanner and as a person make them, on the keys of a US keyboard under X11."""

from collections.abc import Callable, Iterable

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.scanner import Event, Scan, Swallowed, Typing, WedgeReader

ENTER, TAB, KEYPAD_ENTER = 36, 23, 104
F1, ESCAPE, BACKSPACE = 67, 9, 22
OTHER_TEXTS = {ENTER: "\r", KEYPAD_ENTER: "\r", TAB: "\t", ESCAPE: "\x1b", BACKSPACE: "\x08", F1: ""}

# The main block comes before the keypad, so setdefault finds a scanner's own keys.
KEYS: dict[str, tuple[int, bool]] = {}
for _code, _pair in sorted(X11_KEYS.characters.items()):
    for _shift, _character in enumerate(_pair):
        KEYS.setdefault(_character, (_code, bool(_shift)))


def same(character: str) -> str:
    """The US layout without Caps Lock: what is typed is what stands on the key."""
    return character


def press(character: str, at_ms: int, layout: Callable[[str], str] = same) -> KeyStroke:
    """A character key going down; `layout` says what the system makes of it."""
    code, shift = KEYS[character]
    return KeyStroke(code, layout(character), at_ms, shift, pressed=True, auto_repeat=False)


def press_code(code: int, at_ms: int) -> KeyStroke:
    """A key without a character (ENTER, F1, ...) going down."""
    return KeyStroke(code, OTHER_TEXTS[code], at_ms, shift=False, pressed=True, auto_repeat=False)


def release(stroke: KeyStroke, at_ms: int) -> KeyStroke:
    """The same key coming up."""
    return KeyStroke(stroke.scan_code, stroke.text, at_ms, stroke.shift, pressed=False, auto_repeat=False)


def repeat(stroke: KeyStroke, at_ms: int) -> KeyStroke:
    """The same key being repeated by the system."""
    return KeyStroke(stroke.scan_code, stroke.text, at_ms, stroke.shift, pressed=True, auto_repeat=True)


def burst(
    text: str,
    at_ms: int = 1000,
    gap_ms: int = 5,
    end: int | None = ENTER,
    layout: Callable[[str], str] = same,
) -> list[KeyStroke]:
    """A code as a scanner types it, each key released before the next goes down."""
    strokes: list[KeyStroke] = []
    for place, character in enumerate(text):
        down = press(character, at_ms + place * gap_ms, layout)
        strokes += [down, release(down, down.timestamp_ms + gap_ms // 2)]
    if end is not None:
        down = press_code(end, at_ms + len(text) * gap_ms)
        strokes += [down, release(down, down.timestamp_ms + gap_ms // 2)]
    return strokes


def feed(reader: WedgeReader, strokes: Iterable[KeyStroke]) -> list[Event]:
    """Everything the reader makes of the strokes while no timer fires (a window that is busy)."""
    return [event for stroke in strokes for event in reader.feed(stroke)]


def feed_and_flush(reader: WedgeReader, strokes: Iterable[KeyStroke]) -> list[Event]:
    """The same with a timer that fires whenever something is due, also after the last stroke."""
    events: list[Event] = []
    for stroke in strokes:
        events += reader.flush(stroke.timestamp_ms)
        events += reader.feed(stroke)
    return events + finish(reader)


def finish(reader: WedgeReader) -> list[Event]:
    """What is handed out when nothing more comes."""
    return [] if reader.deadline is None else reader.flush(reader.deadline)


def scans(events: Iterable[Event]) -> list[str]:
    """The texts that were read."""
    return [event.text for event in events if isinstance(event, Scan)]


def refusals(events: Iterable[Event]) -> list[str]:
    """The beginnings of what could not be read."""
    return [event.text for event in events if isinstance(event, Swallowed)]


def typed(events: Iterable[Event]) -> list[KeyStroke]:
    """All strokes that were given back, in order."""
    return [stroke for event in events if isinstance(event, Typing) for stroke in event.strokes]
