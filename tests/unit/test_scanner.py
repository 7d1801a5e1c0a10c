"""What is a scan, what is typing, and where each key goes."""

import string

import pytest
from msgspec.structs import replace

from hardware.keycodes import UNKNOWN_KEYS, WINDOWS_KEYS, X11_KEYS, KeyStroke, keys_of
from hardware.scanner import Scan, Typing, WedgeReader
from hardware.scanner_settings import ScannerSettings
from tests.helpers.strokes import (
    BACKSPACE,
    ENTER,
    ESCAPE,
    F1,
    KEYPAD_ENTER,
    TAB,
    burst,
    feed,
    feed_and_flush,
    finish,
    press,
    press_code,
    refusals,
    release,
    repeat,
    scans,
    typed,
)

CARD = "2912345678906"
PERSIAN = str.maketrans(string.digits, "۰۱۲۳۴۵۶۷۸۹")
BULGARIAN = str.maketrans("qwertyuiopasdfghjkl;zxcvbnm", ",уеишщксдзьяаожгтнвмюйъэфхп")


@pytest.fixture
def reader() -> WedgeReader:
    return WedgeReader(keys=X11_KEYS)


class TestText:
    def test_every_us_key_is_read_by_its_code_whatever_the_layout_makes_of_it(self, reader: WedgeReader) -> None:
        text = "".join(map(chr, range(0x21, 0x7F))) + " "
        assert scans(feed(reader, burst(text, layout=lambda _: "ж"))) == [text]

    @pytest.mark.parametrize(
        "layout",
        [
            lambda character: character.translate(PERSIAN),
            lambda character: character.lower().translate(BULGARIAN),
            str.swapcase,
            lambda _: "",
        ],
        ids=["Persian", "Bulgarian", "Caps Lock", "dead keys"],
    )
    def test_layouts_and_caps_lock_change_nothing(self, reader: WedgeReader, layout: object) -> None:
        assert callable(layout)
        assert scans(feed(reader, burst("Shop-0012/aZ", layout=layout))) == ["Shop-0012/aZ"]

    @pytest.mark.parametrize("digits", ["۲۹۱۲۳۴۵۶۷۸۹۰۶", "٢٩١٢٣٤٥٦٧٨٩٠٦", CARD])
    def test_without_key_codes_the_text_counts_and_eastern_digits_are_digits(self, digits: str) -> None:
        reader = WedgeReader()
        strokes = [
            KeyStroke(0, digit, 1000 + 5 * place, shift=False, pressed=True, auto_repeat=False)
            for place, digit in enumerate(digits + "\r")
        ]
        assert scans(feed(reader, strokes)) == [CARD]

    def test_a_code_that_no_table_knows_is_read_by_its_text(self, reader: WedgeReader) -> None:
        strokes = [
            KeyStroke(248, character, 1000 + 5 * place, shift=False, pressed=True, auto_repeat=False)
            for place, character in enumerate("ABCDEF\r")
        ]
        assert scans(feed(reader, strokes)) == ["ABCDEF"]

    def test_the_keypad_types_digits_with_num_lock_off_too(self, reader: WedgeReader) -> None:
        keypad = {"1": 87, "2": 88, "3": 89, "4": 83, "5": 84, "6": 85}
        strokes = [
            KeyStroke(keypad[digit], "", 1000 + 5 * place, shift=False, pressed=True, auto_repeat=False)
            for place, digit in enumerate("123456")
        ]
        assert scans(feed(reader, [*strokes, press_code(KEYPAD_ENTER, 1030)])) == ["123456"]

    def test_windows_numbers_the_same_keys_by_its_own_codes(self) -> None:
        assert [WINDOWS_KEYS.character(code, shift=False) for code in (2, 16, 30, 44, 57, 82)] == list("1qaz 0")
        assert WINDOWS_KEYS.character(3, shift=True) == "@"
        assert {15, 28, 284} == WINDOWS_KEYS.terminators

    def test_a_platform_without_known_codes_has_an_empty_table(self) -> None:
        assert keys_of("cocoa") is UNKNOWN_KEYS
        assert keys_of("xcb") is keys_of("wayland") is X11_KEYS

    def test_ctrl_with_a_letter_that_has_no_capital_is_no_character(self, reader: WedgeReader) -> None:
        stroke = KeyStroke(0, "ß", 1000, shift=False, pressed=True, auto_repeat=False, ctrl=True)
        assert feed(reader, [stroke]) == [Typing((stroke,))]

    def test_with_alt_gr_the_text_counts(self, reader: WedgeReader) -> None:
        """On an Iranian keyboard the digits 0-9 stand behind AltGr; no scanner presses that."""
        strokes = [
            replace(stroke, shift=True, text=digit, alt_gr=True)
            for stroke, digit in zip(burst(CARD, end=None)[::2], CARD, strict=True)
        ]
        assert scans(feed(reader, [*strokes, press_code(ENTER, 1070)])) == [CARD]

    def test_a_scanner_set_to_the_national_layout_is_read_by_its_characters(self) -> None:
        reader = WedgeReader(ScannerSettings(by_layout=True), X11_KEYS)
        swapped = str.maketrans("yz", "zy")
        strokes = burst("abcxyz", layout=lambda character: character.translate(swapped))
        assert scans(feed(reader, strokes)) == ["abcxzy"]


class TestEndOfACode:
    @pytest.mark.parametrize("end", [ENTER, TAB, KEYPAD_ENTER])
    def test_enter_and_tab_end_a_code_and_go_nowhere(self, reader: WedgeReader, end: int) -> None:
        assert feed(reader, burst(CARD, end=end)) == [Scan(CARD)]
        assert reader.deadline is None

    def test_without_enter_a_code_ends_when_nothing_comes(self, reader: WedgeReader) -> None:
        assert feed(reader, burst(CARD, at_ms=1000, gap_ms=5, end=None)) == []
        assert reader.deadline == 1060 + 200
        assert reader.flush(1259) == []
        assert reader.flush(1260) == [Scan(CARD)]

    def test_a_scanner_known_to_send_no_enter_is_answered_after_the_gap(self) -> None:
        reader = WedgeReader(ScannerSettings(terminator_wait_ms=0), X11_KEYS)
        feed(reader, burst(CARD, at_ms=1000, gap_ms=5, end=None))
        assert reader.deadline == 1060 + 50

    @pytest.mark.parametrize("late_ms", [51, 120, 200])
    @pytest.mark.parametrize("timer_fires", [True, False])
    def test_a_late_enter_still_belongs_to_its_code(self, reader: WedgeReader, late_ms: int, timer_fires: bool) -> None:
        events = feed(reader, burst(CARD, at_ms=1000, gap_ms=5, end=None))
        if timer_fires:
            events += finish(reader)
        events += feed(reader, [press_code(ENTER, 1060 + late_ms)])
        assert events == [Scan(CARD)]

    def test_an_enter_after_that_is_a_persons(self, reader: WedgeReader) -> None:
        feed(reader, burst(CARD, at_ms=1000, gap_ms=5, end=None))
        enter = press_code(ENTER, 1261)
        assert feed(reader, [enter]) == [Scan(CARD), Typing((enter,))]

    def test_the_second_enter_of_cr_lf_is_swallowed(self, reader: WedgeReader) -> None:
        strokes = [*burst(CARD), *burst("", at_ms=1068)]
        assert feed(reader, strokes) == [Scan(CARD)]

    def test_a_line_feed_may_come_as_ctrl_j(self, reader: WedgeReader) -> None:
        line_feed = KeyStroke(44, "\n", 1067, shift=False, pressed=True, auto_repeat=False, ctrl=True)
        assert feed(reader, [*burst(CARD), line_feed]) == [Scan(CARD)]

    def test_an_enter_whose_release_was_lost_is_a_persons_the_next_time(self, reader: WedgeReader) -> None:
        enter = press_code(ENTER, 5000)
        strokes = [*burst(CARD)[:-1], enter, release(enter, 5080)]
        assert typed(feed(reader, strokes)) == strokes[-2:]

    def test_a_persons_enter_soon_after_a_scan_passes(self, reader: WedgeReader) -> None:
        feed(reader, burst(CARD, at_ms=1000, gap_ms=5))
        enter = press_code(ENTER, 1065 + 51)
        assert typed(feed(reader, [enter])) == [enter]

    def test_a_scanners_enter_that_repeats_because_the_system_hangs_presses_nothing(self, reader: WedgeReader) -> None:
        strokes = burst(CARD)
        enter, up = strokes[-2:]
        repeats = [repeat(enter, enter.timestamp_ms + 600 + 30 * times) for times in range(5)]
        assert feed(reader, [*strokes[:-1], *repeats, up]) == [Scan(CARD)]
        assert reader.claims(press_code(ENTER, 5000)) is False

    def test_fifty_codes_a_second_are_all_read(self, reader: WedgeReader) -> None:
        codes = [f"29{number:011}" for number in range(500)]
        strokes = [stroke for place, code in enumerate(codes) for stroke in burst(code, 1000 + 20 * place, 1)]
        assert feed_and_flush(reader, strokes) == [Scan(code) for code in codes]

    def test_a_pause_within_a_code_is_the_scanners_own(self, reader: WedgeReader) -> None:
        strokes = burst(CARD[:8], 1000, 5, end=None) + burst(CARD[8:], 1185, 5)
        assert feed_and_flush(reader, strokes) == [Scan(CARD)]

    def test_a_slow_radio_scanner_needs_a_longer_gap(self) -> None:
        strokes = burst(CARD[:3], 1000, 10, end=None) + burst(CARD[3:], 1130, 10)
        assert scans(feed_and_flush(WedgeReader(keys=X11_KEYS), strokes)) != [CARD]
        slow = WedgeReader(ScannerSettings(gap_max_ms=150), X11_KEYS)
        assert feed_and_flush(slow, strokes) == [Scan(CARD)]

    @pytest.mark.parametrize("given_back_count", [1, 3, 5])
    def test_a_code_torn_by_a_timer_that_fired_too_early_is_read_whole(
        self, reader: WedgeReader, given_back_count: int
    ) -> None:
        strokes = burst(CARD)
        first = strokes[: 2 * given_back_count]
        events = feed(reader, first) + finish(reader) + feed(reader, strokes[2 * given_back_count :])
        assert typed(events) == first
        assert scans(events) == [CARD]

    def test_the_clock_of_the_keys_may_wrap(self, reader: WedgeReader) -> None:
        strokes = [
            KeyStroke(s.scan_code, s.text, s.timestamp_ms % 2**32, s.shift, s.pressed, s.auto_repeat)
            for s in burst(CARD, at_ms=2**32 - 30, gap_ms=5)
        ]
        assert feed_and_flush(reader, strokes) == [Scan(CARD)]


class TestTyping:
    def test_typed_keys_are_held_for_the_gap_and_given_back(self, reader: WedgeReader) -> None:
        down = press("a", 1000)
        up = release(down, 1030)
        assert feed(reader, [down, up]) == []
        assert reader.deadline == 1050
        assert reader.flush(1049) == []
        assert reader.flush(1050) == [Typing((down, up))]
        assert reader.deadline is None

    def test_a_release_goes_where_its_press_went(self, reader: WedgeReader) -> None:
        down = press("a", 1000)
        feed(reader, [down])
        finish(reader)
        up = release(down, 1090)
        assert feed(reader, [up]) == [Typing((up,))]

    def test_a_person_still_holding_a_key_while_a_scanner_types(self, reader: WedgeReader) -> None:
        down = press("7", 1000)
        up = release(down, 1117)
        strokes = sorted([down, up, *burst(CARD, 1100, 5)], key=lambda stroke: stroke.timestamp_ms)
        events = feed_and_flush(reader, strokes)
        assert scans(events) == [CARD]
        assert typed(events) == [down, up]

    def test_a_key_that_a_person_leans_on_while_a_scanner_types(self, reader: WedgeReader) -> None:
        down = press("x", 100)
        leaning = [repeat(down, 1002 + 30 * times) for times in range(3)]
        strokes = sorted([*leaning, *burst(CARD, 1000, 5)], key=lambda stroke: stroke.timestamp_ms)
        events = feed_and_flush(reader, [down, *strokes])
        assert scans(events) == [CARD]
        assert typed(events) == [down, *leaning]

    @pytest.mark.parametrize("gap_ms", [36, 50, 70, 120])
    def test_no_typist_is_a_scanner(self, reader: WedgeReader, gap_ms: int) -> None:
        strokes = burst("the quick brown fox", gap_ms=gap_ms)
        events = feed_and_flush(reader, strokes)
        assert scans(events) == []
        assert typed(events) == strokes

    def test_a_scanner_as_slow_as_is_allowed(self, reader: WedgeReader) -> None:
        assert feed_and_flush(reader, burst(CARD, gap_ms=35)) == [Scan(CARD)]

    def test_a_very_fast_typist_waits_no_longer_than_it_takes_to_be_sure(self, reader: WedgeReader) -> None:
        strokes = [press("a", 1000 + 45 * place) for place in range(9)]
        given = [len(typed(reader.feed(stroke))) for stroke in strokes]
        assert given == [0, 0, 0, 0, 5, 1, 1, 1, 1]

    def test_fewer_keys_than_a_code_are_typing_however_fast(self, reader: WedgeReader) -> None:
        strokes = burst("12345")
        events = feed_and_flush(reader, strokes)
        assert scans(events) == []
        assert typed(events)[-2:] == strokes[-2:]
        assert [stroke for stroke in typed(events) if stroke.pressed] == [s for s in strokes if s.pressed]

    @pytest.mark.parametrize("code", [ENTER, TAB, F1, ESCAPE, BACKSPACE])
    def test_a_key_without_a_character_is_never_held_nor_overtakes(self, reader: WedgeReader, code: int) -> None:
        one, two, other = press("1", 1000), press("2", 1040), press_code(code, 1045)
        assert feed(reader, [one, two]) == []
        assert feed(reader, [other]) == [Typing((one, two)), Typing((other,))]
        assert reader.deadline is None

    @pytest.mark.parametrize("code", [F1, ESCAPE])
    @pytest.mark.parametrize("place", [2, 20])
    def test_a_key_pressed_amid_a_burst_passes_and_the_code_stays_whole(
        self, reader: WedgeReader, code: int, place: int
    ) -> None:
        strokes = burst(CARD)
        other = press_code(code, strokes[place].timestamp_ms)
        events = feed_and_flush(reader, [*strokes[:place], other, *strokes[place:]])
        assert scans(events) == [CARD]
        assert other in typed(events)
        assert press_code(ENTER, strokes[-2].timestamp_ms) not in typed(events)

    def test_a_key_pressed_after_a_code_without_enter_comes_after_its_scan(self, reader: WedgeReader) -> None:
        feed(reader, burst(CARD, at_ms=1000, gap_ms=5, end=None))
        other = press_code(F1, 1160)
        assert feed(reader, [other]) == [Scan(CARD), Typing((other,))]

    def test_a_key_held_down_by_a_person_repeats(self, reader: WedgeReader) -> None:
        down = press("1", 1000)
        strokes = [down, *(repeat(down, 1500 + 30 * times) for times in range(20)), release(down, 2100)]
        assert typed(feed_and_flush(reader, strokes)) == strokes

    def test_repetitions_in_a_code_are_no_part_of_it(self) -> None:
        """The system hangs while a key is down: the scanner's keys come late, the key is repeated meanwhile."""
        reader = WedgeReader(ScannerSettings(gap_max_ms=900), X11_KEYS)
        strokes = burst(CARD[:8], end=None)
        down = strokes[-2]
        repeats = [repeat(down, down.timestamp_ms + 300 + 30 * times) for times in range(4)]
        strokes = [*strokes[:-1], *repeats, release(down, 1440), *burst(CARD[8:], at_ms=1445)]
        assert feed_and_flush(reader, strokes) == [Scan(CARD)]

    def test_a_doubled_sign_that_x11_takes_for_a_repetition_is_part_of_the_code(self, reader: WedgeReader) -> None:
        strokes = burst("2900000000055", gap_ms=0)
        for place in range(1, len(strokes) - 2, 2):
            if strokes[place].text == strokes[place + 1].text:
                strokes[place] = replace(strokes[place], auto_repeat=True)
                strokes[place + 1] = replace(strokes[place + 1], auto_repeat=True)
        assert sum(stroke.auto_repeat for stroke in strokes) == 18
        assert feed_and_flush(reader, strokes) == [Scan("2900000000055")]

    def test_a_lone_space_is_not_held(self, reader: WedgeReader) -> None:
        space = press(" ", 1000)
        assert feed(reader, [space]) == [Typing((space,))]

    def test_commands_are_never_held(self, reader: WedgeReader) -> None:
        copy = KeyStroke(54, "\x03", 1000, shift=False, pressed=True, auto_repeat=False, ctrl=True)
        assert feed(reader, [copy]) == [Typing((copy,))]


class TestShortcuts:
    def test_what_may_be_a_scanners_is_claimed_before_a_shortcut_takes_it(self, reader: WedgeReader) -> None:
        assert reader.claims(press("5", 1000))
        assert not reader.claims(press(" ", 1000))
        assert not reader.claims(press_code(F1, 1000))
        assert not reader.claims(press_code(ENTER, 1000))

    def test_the_enter_of_a_burst_is_claimed(self, reader: WedgeReader) -> None:
        strokes = burst(CARD)
        feed(reader, strokes[:-2])
        assert reader.claims(strokes[-2])
        feed(reader, strokes[-2:-1])
        assert reader.claims(repeat(strokes[-2], strokes[-2].timestamp_ms + 500))

    def test_a_space_within_a_burst_is_claimed(self, reader: WedgeReader) -> None:
        feed(reader, burst("29 1", 1000, 5, end=None)[:4])
        assert reader.claims(press(" ", 1010))

    def test_a_shortcut_acts_behind_what_was_typed_before_it(self, reader: WedgeReader) -> None:
        one = press("1", 1000)
        feed(reader, [one])
        assert reader.make_way(press_code(F1, 1020)) == [Typing((one,))]
        assert reader.make_way(press_code(F1, 1020)) == []


class TestWhatStandsAroundACode:
    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            ("]E04006381333931", "4006381333931"),
            ("]E496385074", "96385074"),
            ("]C1010460043993", "010460043993"),
            ("29]E0123456", "29]E0123456"),
        ],
    )
    def test_aim_identifiers_are_cut_off(self, reader: WedgeReader, sent: str, code: str) -> None:
        assert scans(feed(reader, burst(sent))) == [code]

    def test_prefix_and_suffix_are_cut_off_where_they_stand(self) -> None:
        reader = WedgeReader(ScannerSettings(prefix="~", suffix="#!"), X11_KEYS)
        assert feed(reader, burst(f"~]E0{CARD}#!", end=None)) == [Scan(CARD, identifier="]E0")]
        assert feed(reader, burst(CARD, at_ms=2000)) == [Scan(CARD)]

    def test_a_suffix_ends_a_code_at_once_and_keeps_codes_apart_without_enter(self) -> None:
        reader = WedgeReader(ScannerSettings(prefix="~", suffix="#"), X11_KEYS)
        assert feed(reader, burst("~123~#~456#", end=None)) == [Scan("123~"), Scan("456")]

    def test_an_enter_behind_the_suffix_is_swallowed(self) -> None:
        reader = WedgeReader(ScannerSettings(prefix="~", suffix="#"), X11_KEYS)
        assert feed(reader, burst("~1234567#")) == [Scan("1234567")]

    def test_stx_and_etx_come_as_control_keys_and_frame_short_codes(self) -> None:
        reader = WedgeReader(ScannerSettings(prefix="\x02", suffix="\x03"), X11_KEYS)
        stx = KeyStroke(56, "\x02", 1000, shift=False, pressed=True, auto_repeat=False, ctrl=True)
        etx = KeyStroke(54, "", 1020, shift=False, pressed=True, auto_repeat=False, ctrl=True)
        strokes = [stx, *burst("42", at_ms=1005, end=None), etx, press_code(ENTER, 1025)]
        assert feed(reader, strokes) == [Scan("42")]

    def test_the_group_separator_of_gs1_codes_is_kept(self, reader: WedgeReader) -> None:
        separator = KeyStroke(35, "\x1d", 1050, shift=False, pressed=True, auto_repeat=False, ctrl=True)
        strokes = [*burst("10ABC123", 1000, 5, end=None), separator, *burst("21X", 1055, 5)]
        assert scans(feed(reader, strokes)) == ["10ABC123\x1d21X"]

    def test_a_code_that_is_too_long_is_refused_with_its_beginning(self) -> None:
        reader = WedgeReader(ScannerSettings(length_max=20), X11_KEYS)
        strokes = burst("0123456789" * 50)
        events = feed(reader, strokes)
        assert scans(events) == []
        assert refusals(events) == ["012345678901234567890"]
        assert typed(events) == []

    def test_a_frame_with_nothing_in_it_is_refused_with_its_enter(self) -> None:
        reader = WedgeReader(ScannerSettings(prefix="~", suffix="#"), X11_KEYS)
        events = feed(reader, burst("~#"))
        assert refusals(events) == ["~#"]
        assert typed(events) == []

    def test_prefix_and_suffix_may_be_the_same(self) -> None:
        reader = WedgeReader(ScannerSettings(prefix="*", suffix="*"), X11_KEYS)
        assert feed(reader, burst("*42*")) == [Scan("42")]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"length_min": 1}, "length_min is 1"),
        ({"length_min": 9, "length_max": 8}, "length_max"),
        ({"gap_mean_max_ms": 60}, "gap_max_ms"),
        ({"gap_mean_max_ms": 0}, "gap_mean_max_ms is 0"),
        ({"terminator_wait_ms": -1}, "terminator_wait_ms is -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(settings: dict[str, int], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        ScannerSettings(**settings)  # type: ignore[arg-type]
