"""What is found out about a scanner from three codes: said in so many words, and with settings that read it."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from hardware import patterns
from hardware.keycodes import UNKNOWN_KEYS, X11_KEYS, KeyStroke
from hardware.scanner_settings import ScannerSettings
from hardware.scanner_trial import CODES, hear_bytes, hear_keys
from hardware.scanner_verdict import Finding, ScannerVerdict, Trial, first_look, is_another, judge, shown
from tests.helpers.strokes import BACKSPACE, ENTER, KEYPAD_ENTER, KEYS, TAB, burst, press, press_code
from tests.helpers.trial_scanner import TrialScanner, caps_lock, layout

GOOD = {"pace", "end_enter"}


def verdict_of(scanner: TrialScanner, now: ScannerSettings | None = None) -> ScannerVerdict:
    return judge(scanner.trials(), X11_KEYS, now)


def codes_of(findings: Sequence[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def said(verdict: ScannerVerdict, code: str) -> Finding:
    return next(finding for finding in verdict.findings if finding.code == code)


def proposed(verdict: ScannerVerdict) -> ScannerSettings:
    assert verdict.settings is not None, verdict.findings
    return verdict.settings


def serial(*lines: bytes) -> ScannerVerdict:
    trials = [Trial(code, hear_bytes(line)) for code, line in zip(CODES, lines, strict=True)]
    return judge(trials, X11_KEYS)


def test_the_codes_can_be_drawn_and_show_every_digit_and_both_cases() -> None:
    assert all(patterns.bars(code.symbology, code.text) for code in CODES)
    assert all(patterns.qr(code.text) for code in CODES if code.as_qr)
    assert set("0123456789") <= set(CODES[0].text)
    assert {"z", "Y", "a", "Q", "w", "M"} <= set(CODES[1].text)


def test_a_scanner_as_it_should_be_needs_nothing() -> None:
    verdict = verdict_of(TrialScanner())
    assert codes_of(verdict.findings) == GOOD
    assert proposed(verdict) == ScannerSettings()
    assert said(verdict, "pace").values == {"mean": 5, "largest": 5}


@pytest.mark.parametrize(
    ("ends", "code"), [((TAB,), "end_tab"), ((KEYPAD_ENTER,), "end_keypad"), ((ENTER, ENTER), "end_enter")]
)
def test_the_end_of_a_code_is_named(ends: tuple[int, ...], code: str) -> None:
    verdict = verdict_of(TrialScanner(ends=ends))
    assert codes_of(verdict.findings) == {"pace", code}
    assert proposed(verdict) == ScannerSettings()


def test_without_an_end_the_till_does_not_wait_for_one() -> None:
    verdict = verdict_of(TrialScanner(ends=()))
    assert said(verdict, "no_end").tone == "attention"
    assert proposed(verdict).terminator_wait_ms == 0


def test_an_enter_that_comes_late_is_waited_for() -> None:
    assert proposed(verdict_of(TrialScanner(end_gap_ms=250))).terminator_wait_ms == 380


def test_an_end_that_comes_only_now_and_then_is_told() -> None:
    trials = [*TrialScanner().trials()[:2], TrialScanner(ends=()).trial(2)]
    verdict = judge(trials, X11_KEYS)
    assert said(verdict, "end_varies").tone == "attention"
    assert proposed(verdict).terminator_wait_ms == 200


@pytest.mark.parametrize(("prefix", "suffix"), [("\x02", "\x03"), ("%K", ""), ("", "##"), ("~", "\t~"), (" ", "")])
def test_what_stands_around_every_code_is_cut_off(prefix: str, suffix: str) -> None:
    ends = () if "\t" in suffix else (ENTER,)
    scanner = TrialScanner(prefix=prefix, suffix=suffix.replace("\t", ""), ends=ends)
    found = proposed(verdict_of(scanner))
    assert (found.prefix, found.suffix) == (prefix, suffix.replace("\t", ""))


def test_signs_that_cannot_be_seen_have_names() -> None:
    verdict = verdict_of(TrialScanner(prefix="\x02", suffix="\x03"))
    assert said(verdict, "prefix").values == {"text": "‹STX›"}
    assert shown("a\x1b\x1d b" + "x" * 60) == "a‹1B›‹GS›‹ ›b" + "x" * 35 + "…"


def test_a_suffix_ends_a_code_without_waiting() -> None:
    verdict = verdict_of(TrialScanner(suffix="#", ends=()))
    assert "no_end" not in codes_of(verdict.findings)
    assert proposed(verdict).suffix == "#"


def test_signs_that_differ_from_code_to_code_cannot_be_cut_off() -> None:
    trials = [TrialScanner(prefix=kind).trial(number) for number, kind in enumerate("djj")]
    verdict = judge(trials, X11_KEYS)
    assert said(verdict, "prefix_varies").values["text"] in {"d", "j"}
    assert verdict.settings is None


def test_aim_identifiers_are_no_prefix() -> None:
    kinds = ("]E0", "]C0", "]Q1")
    trials = [TrialScanner(prefix=f"%{kind}").trial(number) for number, kind in enumerate(kinds)]
    verdict = judge(trials, X11_KEYS)
    assert said(verdict, "aim").values == {"ids": "]E0 ]C0 ]Q1"}
    assert proposed(verdict).prefix == "%"


@pytest.mark.parametrize("name", ["bg", "bg_phonetic", "sl", "de", "fa"])
@pytest.mark.parametrize("is_locked", [False, True], ids=["", "Caps Lock"])
def test_a_layout_that_changes_the_keys_is_called_by_its_name(name: str, is_locked: bool) -> None:
    system = caps_lock(layout(name)) if is_locked else layout(name)
    verdict = verdict_of(TrialScanner(system=system))
    code = "layout_digits" if name == "fa" else "layout"
    assert codes_of(verdict.findings) == {*GOOD, code}
    assert said(verdict, code).values == {"layout": name}
    assert proposed(verdict) == ScannerSettings()


def test_a_layout_that_nobody_knows_is_another() -> None:
    verdict = verdict_of(TrialScanner(system=lambda sign: {"a": "ю", "w": "z"}.get(sign, sign)))
    assert said(verdict, "layout").values == {"layout": "other"}


def test_caps_lock_is_seen_and_does_no_harm() -> None:
    verdict = verdict_of(TrialScanner(system=str.swapcase))
    assert codes_of(verdict.findings) == {*GOOD, "caps_lock"}
    assert proposed(verdict) == ScannerSettings()


def _for_layout(name: str) -> TrialScanner:
    """A scanner that was set to the layout of its machine."""
    made = layout(name)
    key_of = {made(key): key for key in reversed(KEYS)}
    return TrialScanner(system=made, keys_for=lambda wanted: key_of[wanted])


@pytest.mark.parametrize("name", ["sl", "de"])
def test_a_scanner_set_to_the_layout_of_the_machine_is_read_by_it(name: str) -> None:
    verdict = verdict_of(_for_layout(name))
    assert codes_of(verdict.findings) == {*GOOD, "by_layout"}
    assert said(verdict, "by_layout").values == {"layout": "qwertz"}
    assert proposed(verdict) == ScannerSettings(by_layout=True)


def test_caps_lock_harms_a_scanner_that_is_read_by_the_layout() -> None:
    scanner = _for_layout("de")
    verdict = verdict_of(replace(scanner, system=caps_lock(scanner.system)))
    assert said(verdict, "caps_by_layout").tone == "refused"
    assert verdict.settings is None


def test_where_no_key_is_known_the_signs_count() -> None:
    strokes = [[replace(stroke, scan_code=0) for stroke in burst(code.text)] for code in CODES]
    trials = [Trial(code, hear_keys(keys, UNKNOWN_KEYS)) for code, keys in zip(CODES, strokes, strict=True)]
    assert proposed(judge(trials, UNKNOWN_KEYS)) == ScannerSettings()


@pytest.mark.parametrize(("change", "code"), [(str.upper, "case_upper"), (str.lower, "case_lower")])
@pytest.mark.parametrize("system", [layout("us"), layout("bg"), str.swapcase], ids=["us", "bg", "Caps Lock"])
def test_letters_of_the_wrong_case_are_the_scanners_own(change: object, code: str, system: object) -> None:
    verdict = verdict_of(replace(TrialScanner(), changes=change, system=system))
    assert said(verdict, code).tone == "refused"
    assert verdict.settings is None


def test_a_scanner_that_makes_up_for_caps_lock_would_be_read_only_as_long_as_that_is_on() -> None:
    verdict = verdict_of(TrialScanner(changes=str.swapcase, system=str.swapcase))
    assert said(verdict, "case_swapped").tone == "refused"
    assert verdict.settings is None


def test_a_upc_a_of_12_digits_is_known() -> None:
    verdict = verdict_of(TrialScanner(changes=lambda text: text[1:] if text == CODES[0].text else text))
    assert codes_of(verdict.findings) == {*GOOD, "upca"}
    assert proposed(verdict) == ScannerSettings()


@pytest.mark.parametrize("kept", ["012345678901", "12345678901"])
def test_a_missing_check_digit_is_told(kept: str) -> None:
    verdict = verdict_of(TrialScanner(changes=lambda text: kept if text == CODES[0].text else text))
    assert said(verdict, "no_check").tone == "refused"
    assert verdict.settings is None


@pytest.mark.parametrize(
    ("came", "code", "values"),
    [
        ("Long-0123456789", "cut_short", {"count": 15, "of": 32}),
        ("89-Abcde/9876543210", "cut_short", {"count": 19, "of": 32}),
        ("Log-0123456789-Abcde/987654310", "lost", {"count": 30, "of": 32}),
        ("Long-0123456789-Abcde?9876543210", "garbled", {"came": "Long-0123456789-Abcde?9876543210"}),
    ],
)
def test_a_code_that_did_not_come_whole(came: str, code: str, values: dict[str, object]) -> None:
    trial = Trial(CODES[2], hear_keys(burst(came), X11_KEYS))
    assert first_look(trial) == (Finding("refused", code, values),)  # type: ignore[arg-type]
    assert judge([*TrialScanner().trials()[:2], trial], X11_KEYS).settings is None


def test_another_of_the_codes_is_not_held_against_the_scanner() -> None:
    assert is_another(Trial(CODES[1], TrialScanner().trial(0).heard))
    assert is_another(Trial(CODES[1], TrialScanner(system=layout("bg"), prefix="%").trial(2).heard))
    assert not is_another(TrialScanner(prefix="%").trial(1))
    assert not is_another(Trial(CODES[1], hear_keys(burst("what?"), X11_KEYS)))


def test_of_two_codes_in_a_row_the_first_counts() -> None:
    strokes = burst(CODES[0].text) + burst(CODES[0].text, at_ms=1300)
    trial = Trial(CODES[0], hear_keys(strokes, X11_KEYS))
    assert first_look(trial) == ()
    assert proposed(judge([trial], X11_KEYS)) == ScannerSettings()


def test_a_slow_scanner_gets_its_time_and_a_word_about_it() -> None:
    verdict = verdict_of(TrialScanner(gap_ms=80))
    assert said(verdict, "slow").tone == "attention"
    found = proposed(verdict)
    assert (found.gap_max_ms, found.gap_mean_max_ms) == (120, 100)


def test_a_slow_scanner_that_loses_characters_is_not_told_to_be_slower() -> None:
    trial = Trial(CODES[2], hear_keys(burst(CODES[2].text.replace("g", ""), gap_ms=150), X11_KEYS))
    assert codes_of(first_look(trial)) == {"too_slow"}
    assert codes_of(judge([trial], X11_KEYS).findings) == {"too_slow", "skipped"}


def test_a_layout_is_known_from_digits_alone_too() -> None:
    verdict = judge(TrialScanner(system=layout("fa")).trials()[:1], X11_KEYS)
    assert said(verdict, "layout_digits").values == {"layout": "fa"}


def test_what_is_slower_than_people_type_is_no_scanner() -> None:
    verdict = verdict_of(TrialScanner(gap_ms=160))
    assert codes_of(verdict.findings) == {"too_slow", "end_enter"}
    assert verdict.settings is None


def _by_hand(text: str, *, corrects: bool = False) -> list[KeyStroke]:
    at_ms, strokes = 1000, []
    for place, character in enumerate(text):
        strokes.append(press(character, at_ms))
        at_ms += (90, 240, 130, 70)[place % 4]
    if corrects:
        strokes.append(press_code(BACKSPACE, at_ms))
    return strokes


def test_a_person_is_asked_to_use_the_scanner() -> None:
    trial = Trial(CODES[0], hear_keys(_by_hand(CODES[0].text), X11_KEYS))
    assert codes_of(first_look(trial)) == {"by_hand"}
    assert judge([trial], X11_KEYS).settings is None
    corrected = hear_keys([*burst(CODES[0].text[:8], end=None), *_by_hand("8", corrects=True)], X11_KEYS)
    assert "by_hand" in codes_of(first_look(Trial(CODES[0], corrected)))


def test_alt_with_the_keypad_is_recognised() -> None:
    strokes = [KeyStroke(0, "", 1000 + 4 * place, False, True, False) for place in range(39)]
    trial = Trial(CODES[0], hear_keys(strokes, X11_KEYS))
    assert codes_of(first_look(trial)) == {"alt_keypad"}
    assert judge([trial], X11_KEYS).settings is None


def test_an_enter_before_the_code_could_press_a_button() -> None:
    strokes = [press_code(ENTER, 990), *burst(CODES[0].text)]
    trial = Trial(CODES[0], hear_keys(strokes, X11_KEYS))
    assert codes_of(first_look(trial)) == {"leading_enter"}
    assert judge([trial], X11_KEYS).settings is None


def test_a_key_that_was_touched_is_no_code() -> None:
    assert hear_keys([press("5", 1000)], X11_KEYS).is_nothing
    assert hear_keys([press_code(ENTER, 1000)], X11_KEYS).is_nothing
    assert hear_keys([], X11_KEYS).is_nothing
    assert hear_bytes(b"\r\n").is_nothing


def test_a_key_held_down_is_one_key() -> None:
    held = [replace(press("5", 1000 + late), auto_repeat=bool(late)) for late in (0, 400, 430, 460)]
    assert hear_keys(held, X11_KEYS).by_keys == "5"


def test_codes_that_were_left_out_are_missed() -> None:
    verdict = judge(TrialScanner().trials()[:1], X11_KEYS)
    assert said(verdict, "skipped").values == {"count": 2}
    assert proposed(verdict) == ScannerSettings()
    assert judge([], X11_KEYS) == ScannerVerdict((Finding("refused", "nothing"),), None)


def test_what_no_trial_can_show_stays_as_it_was() -> None:
    now = ScannerSettings(length_min=4, length_max=90, prefix="old", gap_max_ms=400)
    found = proposed(verdict_of(TrialScanner(), now))
    assert found == ScannerSettings(length_min=4, length_max=90)


def test_settings_that_would_not_read_are_not_proposed() -> None:
    """A suffix that also stands within a code would end it there."""
    verdict = verdict_of(TrialScanner(suffix="3", ends=()))
    assert "not_read" in codes_of(verdict.findings)
    assert verdict.settings is None


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_serial_scanner_with_line_ends(end: bytes) -> None:
    verdict = serial(*(b"]A0" * (number == 9) + code.text.encode() + end for number, code in enumerate(CODES)))
    assert codes_of(verdict.findings) == {"end_line"}
    assert proposed(verdict) == ScannerSettings()


def test_a_serial_scanner_without_line_ends_and_with_a_frame() -> None:
    verdict = serial(*(b"\x02]C0" + code.text.encode() + b"\x03" for code in CODES))
    found = proposed(verdict)
    assert (found.prefix, found.suffix) == ("\x02", "\x03")
    assert "no_end" in codes_of(serial(*(code.text.encode() for code in CODES)).findings)


def test_a_wrong_speed_of_the_port_is_recognised() -> None:
    verdict = serial(*(bytes(byte | 0x80 for byte in code.text.encode()) + b"\r" for code in CODES))
    assert codes_of(verdict.findings) == {"no_text"}
    assert verdict.settings is None
