"""Scanners of every kind at the three test codes: what they send, and what a system's layout makes of it."""

from collections.abc import Callable
from itertools import cycle

from msgspec import Struct

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.scanner_trial import CODES, hear_keys
from hardware.scanner_verdict import Trial
from tests.helpers.strokes import ENTER, KEYS, press_code, release, same

_US = "qwertyuiop[]asdfghjkl;'zxcvbnm,./" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?'
_MADE = {
    "bg": ",уеишщксдзц;ьяаожгтнвмчюйъэфхпрлб" + "ыУЕИШЩКСДЗЦ§ѝЯАОЖГТНВМЧЮЙЪЭФХПРЛБ",
    "bg_phonetic": "явертъуиопшщасдфгхйкл;'зьцжбнм,./" + 'ЯВЕРТЪУИОПШЩАСДФГХЙКЛ:"ЗѝЦЖБНМ„“?',
    "sl": "qwertzuiopšđasdfghjklčćyxcvbnm,.-" + "QWERTZUIOPŠĐASDFGHJKLČĆYXCVBNM;:_",
    "de": "qwertzuiopü+asdfghjklöäyxcvbnm,.-" + "QWERTZUIOPÜ*ASDFGHJKLÖÄYXCVBNM;:_",
    "fa": "ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپو./" + "ًٌٍَُِّْ][}{ؤئيإأآة»«:؛كٓژٰ‌ٔء><؟",
}
_SIGNS = {
    "sl": {"-": "'", "_": "?", "/": "-", "?": "_", "&": "/", "=": "+", "+": "*"},
    "de": {"-": "ß", "_": "?", "/": "-", "?": "_", "&": "/", "=": "´", "+": "`"},
    "bg": {"$": '"', "_": "$", "+": "№"},
    "fa": {**dict(zip("0123456789", "۰۱۲۳۴۵۶۷۸۹", strict=True)), "$": "﷼", "_": "ـ"},
}
Layout = Callable[[str], str]


def layout(name: str) -> Layout:
    """What a system of this layout makes of a US keyboard's character."""
    if name == "us":
        return same
    made = dict(zip(_US, _MADE[name], strict=True)) | _SIGNS.get(name, {})
    return lambda character: made.get(character, character)


def caps_lock(system: Layout) -> Layout:
    return lambda character: system(character).swapcase()


class TrialScanner(Struct, frozen=True):
    """How a scanner is set: what it puts around a code, at what pace, with which keys.

    After each key it waits `gap_ms` and the next of `uneven_ms`, over and over.
    """

    gap_ms: int = 5
    uneven_ms: tuple[int, ...] = (0,)
    prefix: str = ""
    suffix: str = ""
    ends: tuple[int, ...] = (ENTER,)
    end_gap_ms: int = 5
    system: Layout = same
    changes: Callable[[str], str] = same
    keys_for: Layout = same

    def strokes(self, text: str, at_ms: int = 1000) -> list[KeyStroke]:
        """What comes when it reads `text`."""
        strokes: list[KeyStroke] = []
        pauses = cycle(self.uneven_ms)
        for character in self.prefix + self.changes(text) + self.suffix:
            down = _press(self.keys_for(character), at_ms, self.system)
            strokes += [down, release(down, at_ms + self.gap_ms // 2)]
            pause_ms = self.gap_ms + next(pauses)
            at_ms += pause_ms
        at_ms += self.end_gap_ms - pause_ms
        for end in self.ends:
            down = press_code(end, at_ms)
            strokes += [down, release(down, at_ms)]
            at_ms += 1
        return strokes

    def trial(self, number: int) -> Trial:
        code = CODES[number]
        return Trial(code, hear_keys(self.strokes(code.text), X11_KEYS))

    def trials(self) -> list[Trial]:
        """The three codes, read one after the other."""
        return [self.trial(number) for number in range(len(CODES))]


def _press(character: str, at_ms: int, system: Layout) -> KeyStroke:
    if character < " ":  # STX is Ctrl+B
        code, _ = KEYS[chr(ord(character) + ord("`"))]
        return KeyStroke(code, character, at_ms, shift=False, pressed=True, auto_repeat=False, ctrl=True)
    code, shift = KEYS[character]
    return KeyStroke(code, system(character), at_ms, shift, pressed=True, auto_repeat=False)
