"""Judges what a scanner sent for the three test codes: says what it does, and which settings read it.

Settings are only proposed when the reader that will work with them has read every code by them, key by key.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from statistics import fmean, pstdev
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from hardware.keycodes import KeyTable
from hardware.line_reader import LineReader
from hardware.scanner import Event, Scan, Typing, WedgeReader
from hardware.scanner_settings import ScannerSettings
from hardware.scanner_trial import CODES, Heard, TrialCode

Tone = Literal["good", "attention", "refused"]
Way = Literal["keys", "layout"]
Cased = Literal["as_is", "swapped", "upper", "lower"]

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]\Z")
_MEAN_MOST_MS = 100  # people who type well reach that
_LARGEST_MOST_MS = 300
_HAND_MEAN_MS, _HAND_SPREAD = 60, 0.3
_SLOW_MEAN_MS = 60
_KNOWN_ENOUGH = 4
_SHOWN_MOST = 40

_LAYOUTS = (
    ("bg", "zю wу"),
    ("bg_phonetic", "zз wв"),
    ("bg_phonetic", "zз wш"),
    ("ru", "zя wц"),
    ("sr", "zж wњ"),
    ("fa", "zظ wص 1۱"),
    ("ar", "zئ wص"),
    ("el", "zζ wς"),
    ("sl", "zy :č"),
    ("de", "zy :ö"),
    ("qwertz", "zy"),
    ("fr", "zw wz 1&"),
)
"""How a layout is known: pairs of a key and what it makes of it, Caps Lock or not; the last must have been seen."""


class Finding(Struct, frozen=True):
    """One thing that a scanner does; `code` has words in every language, filled with `values`."""

    tone: Tone
    code: str
    values: Mapping[str, int | str] = {}


class Placed(Struct, frozen=True):
    """Where a test code was found in what came: what stood around it, and what of it came."""

    text: str
    before: str
    after: str
    shortened: str = ""
    cased: Cased = "as_is"

    @property
    def aim(self) -> str:
        """The AIM identifier that stands before the code."""
        found = _AIM.search(self.before)
        return found[0] if found else ""

    @property
    def prefix(self) -> str:
        return self.before.removesuffix(self.aim)


class Trial(Struct, frozen=True):
    """A test code and what came for it."""

    code: TrialCode
    heard: Heard


class ScannerVerdict(Struct, frozen=True):
    """What was found out; `settings` that read this scanner, None when it has to be set otherwise itself."""

    findings: tuple[Finding, ...]
    settings: ScannerSettings | None


def first_look(trial: Trial) -> tuple[Finding, ...]:
    """What is wrong with one code, to be said at once; nothing when it came as it should."""
    found = [*_manner(trial.heard), *_mismatch([trial])]
    return _ordered(finding for finding in found if finding.tone == "refused")


def is_another(trial: Trial) -> bool:
    """Whether what came is one of the other test codes."""
    others = [Trial(code, trial.heard) for code in CODES if code != trial.code]
    return not _matches([trial], _way([trial])) and any(_matches([other], _way([other])) for other in others)


def judge(trials: Sequence[Trial], keys: KeyTable, now: ScannerSettings | None = None) -> ScannerVerdict:
    """All that the trials of one scanner say; `now` are the settings in force, for what no trial can show."""
    if not trials:
        return ScannerVerdict((Finding("refused", "nothing"),), None)
    way = _way(trials)
    found = list(_same_once(finding for trial in trials for finding in _manner(trial.heard)))
    found += _mismatch(trials)
    places = [place for trial in trials if (place := _place(trial, way)) is not None]
    if len(places) == len(trials):
        found += [*_frame(places), *_ending(trials, places)]
    found += [*_typing(trials, way), *_pace(trials)]
    if len(trials) < len(CODES):
        found.append(Finding("attention", "skipped", {"count": len(CODES) - len(trials)}))
    if any(finding.tone == "refused" for finding in found):
        return ScannerVerdict(_ordered(found), None)
    settings = _settings(trials, places, way, now or ScannerSettings())
    if not _reads(settings, trials, places, keys):
        return ScannerVerdict(_ordered([*found, Finding("refused", "not_read")]), None)
    return ScannerVerdict(_ordered(found), settings)


# -- finding a code in what came


def _place(trial: Trial, way: Way) -> Placed | None:
    read = trial.heard.by_keys if way == "keys" else trial.heard.by_layout
    for shortened, text in _variants(trial.code):
        before, there, after = read.partition(text)
        if there:
            return Placed(text, before, after, shortened)
    cases: tuple[tuple[Cased, str], ...] = (
        ("swapped", trial.code.text.swapcase()),
        ("upper", trial.code.text.upper()),
        ("lower", trial.code.text.lower()),
    )
    for cased, text in cases:
        before, there, after = read.partition(text)
        if there:
            return Placed(text, before, after, cased=cased)
    return None


def _variants(code: TrialCode) -> list[tuple[str, str]]:
    """What scanners make of a code: as it is, a UPC-A without its leading 0, either without the check digit."""
    whole = [("", code.text)]
    if code.symbology != "EAN13":
        return whole
    upc = code.text.removeprefix("0")
    return [*whole, ("upca", upc), ("no_check", code.text[:-1]), ("no_check", upc[:-1])]


def _way(trials: Sequence[Trial]) -> Way:
    """Whether the codes stand in the keys, as from a scanner of the US keyboard, or in what the layout made of them."""
    if any(place.cased == "swapped" for trial in trials if (place := _place(trial, "keys")) is not None):
        return "keys"  # the layout may say it right, but only while Caps Lock stays as it is
    return "layout" if _matches(trials, "layout") > _matches(trials, "keys") else "keys"


def _matches(trials: Sequence[Trial], way: Way) -> int:
    places = [_place(trial, way) for trial in trials]
    return sum(2 if place.cased == "as_is" else 1 for place in places if place)


# -- what is said of it


def _manner(heard: Heard) -> Iterable[Finding]:
    """How it came, whatever it was."""
    if not heard.is_text:
        yield Finding("refused", "no_text")
    if heard.with_alt:
        yield Finding("refused", "alt_keypad")
    if heard.leads:
        yield Finding("refused", "leading_enter")
    mean_ms = _mean_ms(heard)
    if heard.corrected or (_is_uneven(heard) and mean_ms >= _HAND_MEAN_MS):
        yield Finding("refused", "by_hand")
    elif mean_ms > _MEAN_MOST_MS or max(heard.gaps_ms, default=0) > _LARGEST_MOST_MS:
        yield Finding("refused", "too_slow", {"mean": round(mean_ms), "largest": max(heard.gaps_ms)})


def _mismatch(trials: Sequence[Trial]) -> Iterable[Finding]:
    """What came instead of the codes."""
    way = _way(trials)
    cased = {place.cased for trial in trials if (place := _place(trial, way)) is not None} - {"as_is"}
    for case in sorted(cased):
        yield Finding("refused", "caps_by_layout" if (way, case) == ("layout", "swapped") else f"case_{case}")
    for trial in trials:
        place = _place(trial, way)
        if place is None and trial.heard.is_text and not trial.heard.with_alt:
            yield _difference(trial)
        elif place is not None and place.shortened == "no_check":
            yield Finding("refused", "no_check")


def _difference(trial: Trial) -> Finding:
    expected = trial.code.text
    reads = (trial.heard.by_keys, trial.heard.by_layout)
    came = max(reads, key=lambda read: SequenceMatcher(None, read, expected, autojunk=False).ratio())
    if len(came) >= _KNOWN_ENOUGH and came not in expected and _is_thinned(came, expected):
        return Finding("refused", "lost", {"count": len(came), "of": len(expected)})
    piece = SequenceMatcher(None, came, expected, autojunk=False).find_longest_match()
    is_cut = piece.b == 0 or piece.b + piece.size == len(expected) or piece.size == len(came)
    if piece.size >= _KNOWN_ENOUGH and len(came) < len(expected) and is_cut:
        return Finding("refused", "cut_short", {"count": piece.size, "of": len(expected)})
    return Finding("refused", "garbled", {"came": shown(came)})


def _is_thinned(came: str, expected: str) -> bool:
    """Whether `came` is the expected text with some characters missing."""
    rest = iter(expected)
    return all(character in rest for character in came)


def _frame(places: Sequence[Placed]) -> Iterable[Finding]:
    """What stands around each code."""
    prefixes, suffixes = {place.prefix for place in places}, {place.after for place in places}
    for code, around in (("prefix", prefixes), ("suffix", suffixes)):
        if len(around) > 1:
            yield Finding("refused", f"{code}_varies", {"text": shown(max(around, key=len))})
        elif around != {""}:
            yield Finding("good", code, {"text": shown(around.pop())})
    aims = list(dict.fromkeys(place.aim for place in places if place.aim))
    if aims:
        yield Finding("good", "aim", {"ids": " ".join(aims)})
    if any(place.shortened == "upca" for place in places):
        yield Finding("good", "upca")


def _ending(trials: Sequence[Trial], places: Sequence[Placed]) -> Iterable[Finding]:
    """How the end of a code is known."""
    ends = {trial.heard.end for trial in trials}
    if len(ends) > 1:
        yield Finding("attention", "end_varies")
    elif ends != {"none"}:
        yield Finding("good", f"end_{ends.pop()}")
    elif not places[0].after:
        yield Finding("attention", "no_end")


def _typing(trials: Sequence[Trial], way: Way) -> Iterable[Finding]:
    """What the system's layout makes of the keys."""
    signs = [sign for trial in trials for sign in trial.heard.signs]
    changed = [(meant, made) for meant, made in signs if meant != made]
    if not changed:
        return
    if all(made == meant.swapcase() for meant, made in changed):
        yield Finding("good", "caps_lock")
        return
    layout = {"layout": _layout_of(signs)}
    if way == "layout":
        yield Finding("good", "by_layout", layout)
    else:
        digits = any(meant.isdecimal() for meant, _ in changed)
        yield Finding("good", "layout_digits" if digits else "layout", layout)


def _layout_of(signs: Sequence[tuple[str, str]]) -> str:
    """The name of the layout that made these signs; with Shift some layouts make other letters."""
    plain = [(meant, made) for meant, made in signs if not meant.isupper()]
    return _named(plain) or _named(signs) or "other"


def _named(signs: Sequence[tuple[str, str]]) -> str:
    made = {meant.lower(): made.lower() for meant, made in reversed(signs)}
    for name, pairs in _LAYOUTS:
        seen = [pair for pair in pairs.split() if pair[0] in made]
        if seen and pairs.endswith(seen[-1]) and all(made[pair[0]] == pair[1] for pair in seen):
            return name
    return ""


def _pace(trials: Sequence[Trial]) -> Iterable[Finding]:
    gaps = [gap for trial in trials for gap in trial.heard.gaps_ms]
    if not gaps:
        return
    values = {"mean": round(max(_mean_ms(trial.heard) for trial in trials)), "largest": max(gaps)}
    is_slow = max(_slowest_ms(trial.heard, 5) for trial in trials) > _SLOW_MEAN_MS
    yield Finding("attention" if is_slow else "good", "slow" if is_slow else "pace", values)


def _mean_ms(heard: Heard) -> float:
    return fmean(heard.gaps_ms) if heard.gaps_ms else 0


def _is_uneven(heard: Heard) -> bool:
    return bool(heard.gaps_ms) and pstdev(heard.gaps_ms) > _HAND_SPREAD * _mean_ms(heard)


def _slowest_ms(heard: Heard, span: int) -> float:
    """The largest mean of so many gaps in a row."""
    gaps = heard.gaps_ms
    return max((fmean(gaps[at : at + span]) for at in range(max(1, len(gaps) - span + 1))), default=0) if gaps else 0


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What has to be done first; each thing once."""
    found = list(_same_once(findings))
    if any(finding.code in {"by_hand", "too_slow"} for finding in found):
        found = [finding for finding in found if finding.code not in {"pace", "slow", "lost"}]
    rank = {"refused": 0, "attention": 1, "good": 2}
    return tuple(sorted(found, key=lambda finding: rank[finding.tone]))


def _same_once(findings: Iterable[Finding]) -> Iterable[Finding]:
    said: set[str] = set()
    for finding in findings:
        if finding.code not in said:
            said.add(finding.code)
            yield finding


def shown(text: str) -> str:
    """A text with names for the signs that cannot be seen."""
    names = {"\x02": "‹STX›", "\x03": "‹ETX›", "\x1d": "‹GS›", "\t": "‹Tab›", " ": "‹ ›"}
    seen = "".join(
        names.get(sign) or (sign if sign.isprintable() else f"‹{ord(sign):02X}›") for sign in text[:_SHOWN_MOST]
    )
    return f"{seen}…" if len(text) > _SHOWN_MOST else seen


# -- settings


def _settings(trials: Sequence[Trial], places: Sequence[Placed], way: Way, now: ScannerSettings) -> ScannerSettings:
    """What reads this scanner, with room for a slower moment."""
    length_min = min(now.length_min, 8)
    suffix = places[0].after
    largest_ms = max((gap for trial in trials for gap in trial.heard.gaps_ms), default=0)
    slowest_ms = max(_slowest_ms(trial.heard, length_min - 1) for trial in trials)
    end_ms = max(trial.heard.end_gap_ms for trial in trials)
    fresh = ScannerSettings()
    ends = any(trial.heard.end != "none" for trial in trials) or bool(suffix)
    return replace(
        now,
        length_min=length_min,
        gap_max_ms=max(fresh.gap_max_ms, _tens(1.5 * largest_ms)),
        gap_mean_max_ms=max(fresh.gap_mean_max_ms, math.ceil(1.25 * slowest_ms)),
        terminator_wait_ms=max(fresh.terminator_wait_ms, _tens(1.5 * end_ms)) if ends else 0,
        prefix=places[0].prefix,
        suffix=suffix,
        by_layout=way == "layout",
    )


def _tens(milliseconds: float) -> int:
    return math.ceil(milliseconds / 10) * 10


def _reads(settings: ScannerSettings, trials: Sequence[Trial], places: Sequence[Placed], keys: KeyTable) -> bool:
    """Whether the reader makes these codes of what came, and leaves no key of them to anybody else."""
    return all(
        [event.text if isinstance(event, Scan) else "" for event in _again(settings, trial.heard, keys)] == [place.text]
        for trial, place in zip(trials, places, strict=True)
    )


def _again(settings: ScannerSettings, heard: Heard, keys: KeyTable) -> Sequence[Event]:
    """What the reader says of a code that came before, but for keys that only come up."""
    if heard.source == "serial":
        return [*LineReader(settings).feed(f"{heard.by_keys}\r".encode())]
    reader = WedgeReader(settings, keys)
    events = [event for stroke in heard.strokes for event in reader.feed(stroke)]
    if reader.deadline is not None:
        events += reader.flush(reader.deadline)
    return [
        event for event in events if not isinstance(event, Typing) or any(stroke.pressed for stroke in event.strokes)
    ]
