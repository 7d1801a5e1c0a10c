"""Characters that a scanner types by their numbers: Alt held down, digits on the keypad, Alt let go.

Windows puts such characters together by itself, X11 and Wayland do not. So typed, a code does not depend on any layout.
"""

from hardware.keycodes import KeyTable
from hardware.scanner import REPEAT_DELAY_MIN_MS, elapsed_ms

_DIGITS_MOST = 4


class AltCodes:
    """Puts one character after the other together."""

    def __init__(self, keys: KeyTable) -> None:
        self._keypad = keys.keypad
        self._digits = ""
        self._last = 0, 0

    def takes(self, scan_code: int) -> bool:
        """Whether a key, while Alt alone is held down, is part of such a character."""
        return scan_code in self._keypad

    def press(self, scan_code: int, timestamp_ms: int, *, auto_repeat: bool) -> None:
        """One of these keys has gone down, or is said to be repeated: X11 says so of one pressed twice at once, too."""
        code, pressed_ms = self._last
        if auto_repeat and code == scan_code and elapsed_ms(pressed_ms, timestamp_ms) >= REPEAT_DELAY_MIN_MS:
            return
        self._last = scan_code, timestamp_ms
        self._digits = (self._digits + self._keypad[scan_code])[: _DIGITS_MOST + 1]

    def end(self) -> str:
        """Alt has come up: the character, or nothing where there is none of that number."""
        digits, self._digits = self._digits, ""
        if not 2 <= len(digits) <= _DIGITS_MOST or int(digits) > 255:
            return ""
        page = "cp1252" if digits[0] == "0" else "cp437"
        return bytes([int(digits)]).decode(page, "ignore")
