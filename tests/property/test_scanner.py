"""Scanners and people at one keyboard, in every order: each code is read once, each key given back once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.line_reader import LineReader
from hardware.scanner import Event, Scan, Swallowed, WedgeReader
from hardware.scanner_settings import ScannerSettings
from tests.helpers.strokes import (
    BACKSPACE,
    ENTER,
    ESCAPE,
    F1,
    KEYPAD_ENTER,
    TAB,
    finish,
    press,
    press_code,
    release,
    repeat,
    same,
    scans,
    typed,
)

SETTINGS = ScannerSettings()
LAYOUTS: Sequence[Callable[[str], str]] = [same, str.swapcase, lambda _: "ж", lambda _: "۵", lambda _: ""]
code_signs = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
codes = st.text(code_signs, min_size=6, max_size=30).filter(lambda code: not code.startswith("]"))
persons_keys = st.one_of(st.sampled_from("0123456789abcXYZ .-"), st.sampled_from([ENTER, TAB, F1, ESCAPE, BACKSPACE]))


@dataclass
class Timeline:
    """What the keyboards send, and what has to come of it."""

    now_ms: int = 1000
    strokes: list[KeyStroke] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    persons: list[KeyStroke] = field(default_factory=list)

    def in_order(self) -> list[KeyStroke]:
        return sorted(self.strokes, key=lambda stroke: stroke.timestamp_ms)


def _scanner_types(timeline: Timeline, draw: st.DrawFn) -> None:
    code = draw(codes)
    layout = draw(st.sampled_from(LAYOUTS))
    timeline.codes.append(code)
    for character in code:
        down = press(character, timeline.now_ms, layout)
        last = timeline.strokes[-1] if timeline.strokes else None
        if last and (last.scan_code, last.timestamp_ms) == (down.scan_code, down.timestamp_ms):
            # So X11 reports a key that is pressed again within the same millisecond.
            timeline.strokes[-1] = replace(last, auto_repeat=True)
            down = replace(down, auto_repeat=True)
        timeline.strokes += [down, replace(release(down, timeline.now_ms), auto_repeat=False)]
        gap_ms = draw(st.integers(0, SETTINGS.gap_mean_max_ms))
        timeline.now_ms += gap_ms
    timeline.now_ms -= gap_ms
    ends = draw(st.sampled_from([(), (ENTER,), (TAB,), (KEYPAD_ENTER,), (ENTER, ENTER)]))
    for place, end in enumerate(ends):
        most_ms = SETTINGS.gap_max_ms if place else SETTINGS.terminator_wait_ms
        timeline.now_ms += draw(st.integers(0, most_ms))
        down = press_code(end, timeline.now_ms)
        timeline.strokes += [down, release(down, timeline.now_ms)]
    if not ends:
        timeline.now_ms += SETTINGS.terminator_wait_ms + 1


def _person_types(timeline: Timeline, draw: st.DrawFn) -> None:
    timeline.now_ms += SETTINGS.gap_max_ms + 1
    for key in draw(st.lists(persons_keys, min_size=1, max_size=12)):
        down = press(key, timeline.now_ms) if isinstance(key, str) else press_code(key, timeline.now_ms)
        held_ms = draw(st.integers(15, 150))
        keys = [down, release(down, timeline.now_ms + held_ms)]
        if draw(st.integers(0, 9)) == 0:
            keys[1:] = [repeat(down, timeline.now_ms + 500 + 30 * times) for times in range(4)]
            keys.append(release(down, timeline.now_ms + 620))
            timeline.now_ms += 620
        timeline.strokes += keys
        timeline.persons += keys
        timeline.now_ms += draw(st.integers(SETTINGS.gap_mean_max_ms + 1, 400))
    timeline.now_ms += SETTINGS.gap_max_ms


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    timeline = Timeline()
    for is_scanner in draw(st.lists(st.booleans(), min_size=1, max_size=8)):
        (_scanner_types if is_scanner else _person_types)(timeline, draw)
    return timeline


def _handle(reader: WedgeReader, strokes: list[KeyStroke], window_is_awake: Callable[[], bool]) -> list[Event]:
    events: list[Event] = []
    for stroke in strokes:
        if window_is_awake():
            events += reader.flush(stroke.timestamp_ms)
        events += reader.feed(stroke)
    return events + finish(reader)


@given(timelines(), st.data())
def test_each_code_is_read_once_and_each_key_given_back_once_in_order(timeline: Timeline, data: st.DataObject) -> None:
    reader = WedgeReader(SETTINGS, X11_KEYS)
    sleepy = data.draw(st.sampled_from([st.just(True), st.just(False), st.booleans()]))
    events = _handle(reader, timeline.in_order(), lambda: data.draw(sleepy))

    assert scans(events) == timeline.codes
    given_back = typed(events)
    assert [stroke for stroke in given_back if stroke.pressed] == [
        stroke for stroke in sorted(timeline.persons, key=lambda stroke: stroke.timestamp_ms) if stroke.pressed
    ]
    assert sorted(map(id, given_back)) == sorted(map(id, timeline.persons))


anything = st.builds(
    KeyStroke,
    scan_code=st.one_of(st.sampled_from([0, 10, 20, 24, ENTER, TAB, F1, 65]), st.integers(0, 2**32 - 1)),
    text=st.one_of(st.sampled_from(["", "1", "a", "\r", "\t", "\x02", "\x03", "\x1d", "۵"]), st.text(max_size=3)),
    timestamp_ms=st.integers(0, 2**32 - 1),
    shift=st.booleans(),
    pressed=st.booleans(),
    auto_repeat=st.booleans(),
    ctrl=st.booleans(),
    alt_gr=st.booleans(),
)
some_settings = st.builds(
    ScannerSettings,
    length_min=st.integers(2, 6),
    length_max=st.integers(6, 12),
    terminator_wait_ms=st.sampled_from([0, 200]),
    prefix=st.sampled_from(["", "\x02", "1"]),
    suffix=st.sampled_from(["", "\x03", "1"]),
    by_layout=st.booleans(),
)


@given(some_settings, st.lists(st.tuples(anything, st.integers(0, 60)), max_size=60), st.data())
def test_whatever_keyboards_send_no_key_is_doubled_overtaken_or_kept_for_ever(
    settings: ScannerSettings, keys: list[tuple[KeyStroke, int]], data: st.DataObject
) -> None:
    reader = WedgeReader(settings, X11_KEYS)
    fed: list[KeyStroke] = []
    events: list[Event] = []
    now_ms = data.draw(st.integers(0, 2**32 - 1))
    for key, gap_ms in keys:
        now_ms = (now_ms + gap_ms) % 2**32
        wild = data.draw(st.integers(0, 19)) == 0
        stroke = key if wild else replace(key, timestamp_ms=now_ms)
        fed.append(stroke)
        claimed = reader.claims(stroke)
        answer = reader.feed(stroke)
        is_kept = not any(stroke is given for given in typed(answer))
        assert claimed or not is_kept or not stroke.pressed
        events += answer
    events += finish(reader)

    given_back = [id(stroke) for stroke in typed(events)]
    assert len(given_back) == len(set(given_back))
    presses = [id(stroke) for stroke in fed if stroke.pressed and not stroke.auto_repeat]
    given_presses = [stroke for stroke in given_back if stroke in set(presses)]
    assert given_presses == [stroke for stroke in presses if stroke in set(given_back)]
    assert reader.deadline is None
    assert all(len(text) <= settings.length_max for text in scans(events))


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_bytes_mean_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    settings = ScannerSettings(length_max=32)
    whole = LineReader(settings)
    expected = [*whole.feed(data), *whole.flush()]
    reader = LineReader(settings)
    events: list[Event] = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        events += reader.feed(data[start:end])
    assert [*events, *reader.flush()] == expected
    assert all(isinstance(event, Scan | Swallowed) for event in events)


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20), max_size=8))
def test_every_line_is_read_exactly(lines: list[str]) -> None:
    sent = [line for line in lines if not line.startswith("]")]
    events = LineReader().feed(b"".join(line.encode() + b"\r\n" for line in sent))
    assert events == [Scan(line, "serial") for line in sent]
