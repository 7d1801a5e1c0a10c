"""Which character stands on which key of a US keyboard: what a scanner means, whatever layout the system has.

A keyboard-wedge scanner presses the keys of a US keyboard. The national layout, Caps Lock and Num Lock then
turn them into other characters; the key codes stay what they were.
"""

from collections.abc import Mapping

from msgspec import Struct, field


class KeyTable(Struct, frozen=True):
    """The keys of a US keyboard by their codes on one windowing system.

    `characters` holds (plain, shifted) by scan code; `terminators` the codes of both Enter keys and Tab, of
    which `keypad_enter` is one. A code that is in neither says nothing: the text that came with the key counts
    then. `keypad` holds the digits of the keypad where the system does not put Alt codes together itself.
    """

    characters: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    terminators: frozenset[int] = frozenset()
    keypad: Mapping[int, str] = field(default_factory=dict)
    keypad_enter: int | None = None

    def character(self, scan_code: int, *, shift: bool) -> str | None:
        """The character that a US keyboard has on this key, or None where the code is unknown."""
        pair = self.characters.get(scan_code)
        return pair[shift] if pair else None


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


# Linux numbers keys by their place; PC scan codes (set 1) and so Windows number the main block alike.
_KEYPAD = "789-456+1230."
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, _KEYPAD, _KEYPAD),
)
_TAB, _ENTER = 15, 28
_X11_OFFSET = 8


def _table(offset: int, keypad_enter: int, keypad_slash: int, *, has_alt_codes: bool = False) -> KeyTable:
    characters = {
        first + offset + place: pair
        for first, plain, shifted in _ROWS
        for place, pair in enumerate(zip(plain, shifted, strict=True))
    }
    characters[keypad_slash] = ("/", "/")
    terminators = frozenset({_TAB + offset, _ENTER + offset, keypad_enter})
    first, *_ = _ROWS[-1]
    keypad = {first + offset + place: sign for place, sign in enumerate(_KEYPAD) if sign.isdigit()}
    return KeyTable(characters, terminators, {} if has_alt_codes else keypad, keypad_enter)


X11_KEYS = _table(_X11_OFFSET, keypad_enter=104, keypad_slash=106)
WINDOWS_KEYS = _table(0, keypad_enter=0x11C, keypad_slash=0x135, has_alt_codes=True)
UNKNOWN_KEYS = KeyTable()

_BY_PLATFORM = {
    "xcb": X11_KEYS,
    "wayland": X11_KEYS,
    "wayland-egl": X11_KEYS,
    "eglfs": X11_KEYS,
    "linuxfb": X11_KEYS,
    "offscreen": X11_KEYS,
    "windows": WINDOWS_KEYS,
}


def keys_of(platform: str) -> KeyTable:
    """The key table of a Qt platform by its name (`xcb`, `wayland`, `windows`, ...).

    Where the codes of a platform are not known the table is empty, and codes are read from the keys' text.
    """
    return _BY_PLATFORM.get(platform, UNKNOWN_KEYS)
