"""Slow scanners, fast scanners and people at one keyboard, in every order, once the slow one has shown itself."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.scanner import WedgeReader
from pos_app.loyalty.cards import check_digit
from tests.helpers.strokes import ENTER, ESCAPE, finish, press, press_code, release, scans, typed

TEACHER = "2912345678906"
SLOW_GAPS_MS = (20, 110, 15, 90, 130, 20, 100, 60, 120, 10, 95, 70)
DIGITS_LEAST_MS = 95
"""The fastest that fingers go from digit to digit; letters roll faster."""
numbers = st.integers(0, 10**12 - 1).map(lambda body: f"{body:012}{check_digit(f'{body:012}')}")
persons_keys = st.one_of(
    st.text("0123456789", min_size=1, max_size=16),
    st.text("0123456789abcXYZ .-", min_size=1, max_size=12),
    st.sampled_from([ENTER, ESCAPE]).map(lambda key: (key,)),
)


@dataclass
class Timeline:
    now_ms: int
    strokes: list[KeyStroke] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    persons: list[KeyStroke] = field(default_factory=list)

    def key(self, down: KeyStroke, held_ms: int) -> list[KeyStroke]:
        keys = [down, release(down, self.now_ms + held_ms)]
        self.strokes += keys
        return keys


def _scanner_types(timeline: Timeline, draw: st.DrawFn) -> None:
    code = draw(numbers)
    is_slow = draw(st.booleans())
    timeline.now_ms += draw(st.integers(160 if is_slow else 51, 3000))
    gaps_ms = draw(st.permutations(SLOW_GAPS_MS)) if is_slow else draw(st.lists(st.integers(0, 30), min_size=12))[:12]
    timeline.codes.append(code)
    for character, gap_ms in zip(code, [*gaps_ms, 20], strict=True):
        timeline.key(press(character, timeline.now_ms), 0)
        timeline.now_ms += gap_ms
    timeline.key(press_code(ENTER, timeline.now_ms), 0)
    timeline.now_ms += 160


def _person_types(timeline: Timeline, draw: st.DrawFn) -> None:
    timeline.now_ms += draw(st.integers(DIGITS_LEAST_MS, 3000))
    before = ""
    for key in draw(persons_keys):
        is_digit = isinstance(key, str) and key.isdigit()
        least_ms = DIGITS_LEAST_MS if is_digit and before.isdigit() else 36
        timeline.now_ms += draw(st.integers(least_ms, 400)) if before else 0
        down = press(key, timeline.now_ms) if isinstance(key, str) else press_code(key, timeline.now_ms)
        timeline.persons += timeline.key(down, draw(st.integers(15, 50)))
        before = key if isinstance(key, str) else "-"


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    timeline = Timeline(100_000)
    for is_scanner in draw(st.lists(st.booleans(), min_size=1, max_size=8)):
        (_scanner_types if is_scanner else _person_types)(timeline, draw)
    return timeline


def _taught() -> WedgeReader:
    reader = WedgeReader(keys=X11_KEYS)
    at_ms = 1000
    for character, gap_ms in zip(TEACHER, (*SLOW_GAPS_MS, 20), strict=True):
        reader.feed(press(character, at_ms))
        at_ms += gap_ms
    reader.feed(press_code(ENTER, at_ms))
    finish(reader)
    assert reader.learned is not None
    return reader


@given(timelines(), st.data())
def test_no_code_is_lost_and_no_typing_is_taken_for_one(timeline: Timeline, data: st.DataObject) -> None:
    reader = _taught()
    learned = reader.learned
    sleepy = data.draw(st.sampled_from([st.just(True), st.just(False), st.booleans()]))
    events = []
    for stroke in sorted(timeline.strokes, key=lambda stroke: stroke.timestamp_ms):
        if data.draw(sleepy):
            events += reader.flush(stroke.timestamp_ms)
        events += reader.feed(stroke)
    events += finish(reader)

    assert scans(events) == timeline.codes
    given_back = typed(events)
    assert [stroke for stroke in given_back if stroke.pressed] == [s for s in timeline.persons if s.pressed]
    assert sorted(map(id, given_back)) == sorted(map(id, timeline.persons))
    assert reader.learned == learned


@st.composite
def typing(draw: st.DrawFn) -> list[KeyStroke]:
    timeline = Timeline(1000)
    for _ in range(draw(st.integers(1, 6))):
        _person_types(timeline, draw)
    return timeline.strokes


@given(typing())
def test_a_person_teaches_nothing(strokes: list[KeyStroke]) -> None:
    reader = WedgeReader(keys=X11_KEYS)
    for stroke in strokes:
        reader.feed(stroke)
    assert reader.learned is None
