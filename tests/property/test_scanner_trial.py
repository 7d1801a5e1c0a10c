"""Whatever a scanner puts around a code and however fast it is: the settings proposed read it, or a reason is said."""

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.line_reader import LineReader
from hardware.scanner import WedgeReader
from hardware.scanner_trial import CODES, hear_bytes, hear_keys
from hardware.scanner_verdict import Trial, first_look, judge
from pos_app import texts
from tests.helpers.strokes import ENTER, KEYPAD_ENTER, KEYS, TAB, feed_and_flush, scans, typed
from tests.helpers.trial_scanner import TrialScanner, caps_lock, layout
from ui.devices.findings import sentence

systems = st.sampled_from(["us", "bg", "bg_phonetic", "sl", "de", "fa"]).map(layout)
# A suffix that stands within a code ends it there, and a prefix that reads as an AIM identifier is one.
around = st.text(st.sampled_from("\x02\x03#%&*!;<>~|JKX"), max_size=3)
scanners = st.builds(
    TrialScanner,
    gap_ms=st.one_of(st.integers(0, 30), st.integers(0, 99)),
    uneven_ms=st.just((0,)),
    prefix=around,
    suffix=around,
    ends=st.sampled_from([(), (ENTER,), (TAB,), (KEYPAD_ENTER,), (ENTER, ENTER)]),
    end_gap_ms=st.integers(1, 300),
    system=st.one_of(systems, systems.map(caps_lock)),
)

radio = st.tuples(scanners, st.lists(st.integers(0, 60), min_size=1, max_size=7).map(tuple)).map(
    lambda drawn: replace(drawn[0], gap_ms=drawn[0].gap_ms % 25, uneven_ms=drawn[1])
)


@given(st.one_of(scanners, radio))
def test_the_settings_proposed_read_every_code_and_leave_nothing_behind(scanner: TrialScanner) -> None:
    verdict = judge(scanner.trials(), X11_KEYS)
    assert verdict.settings is not None, verdict.findings

    for code in [*(code.text for code in CODES), "2912345678906", "0038000000004", "Shop-12/aZ"]:
        events = feed_and_flush(WedgeReader(verdict.settings, X11_KEYS), scanner.strokes(code))
        assert scans(events) == [code]
        assert not [stroke for stroke in typed(events) if stroke.pressed]


@given(around, around, st.sampled_from([b"\r", b"\n", b"\r\n", b""]), st.booleans())
def test_so_do_those_for_a_serial_scanner(prefix: str, suffix: str, end: bytes, with_aim: bool) -> None:
    assume(not suffix or suffix not in prefix)  # there a line would end before it has begun

    def line(text: str) -> bytes:
        return f"{prefix}{']C0' if with_aim else ''}{text}{suffix}".encode() + end

    verdict = judge([Trial(code, hear_bytes(line(code.text))) for code in CODES], X11_KEYS)
    assert verdict.settings is not None, verdict.findings

    reader = LineReader(verdict.settings)
    assert scans(reader.feed(line("2912345678906")) + reader.flush()) == ["2912345678906"]


anything = st.builds(
    KeyStroke,
    scan_code=st.one_of(st.just(0), st.sampled_from([code for code, _ in KEYS.values()]), st.integers(0, 300)),
    text=st.one_of(st.just(""), st.text(max_size=2), st.sampled_from("0123456789\r\n\t\x08\x1b")),
    timestamp_ms=st.integers(0, 2**32 - 1),
    shift=st.booleans(),
    pressed=st.booleans(),
    auto_repeat=st.booleans(),
    ctrl=st.booleans(),
    alt_gr=st.booleans(),
)


@given(st.lists(st.lists(anything, max_size=40), max_size=3))
def test_any_keys_end_in_sentences(rows: list[list[KeyStroke]]) -> None:
    trials = [Trial(code, hear_keys(strokes, X11_KEYS)) for code, strokes in zip(CODES, rows, strict=False)]
    _can_be_said(trials)


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_any_bytes_end_in_sentences(lines: list[bytes]) -> None:
    _can_be_said([Trial(code, hear_bytes(line)) for code, line in zip(CODES, lines, strict=False)])


def _can_be_said(trials: list[Trial]) -> None:
    verdict = judge(trials, X11_KEYS)
    findings = [*verdict.findings, *(finding for trial in trials for finding in first_look(trial))]
    assert findings
    for language in texts.LANGUAGES:
        words = texts.words(language)
        assert all(sentence(words, finding) for finding in findings)
