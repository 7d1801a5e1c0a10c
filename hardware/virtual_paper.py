"""ESC/POS read back: what a printer makes of the bytes, as rows of paper that a person or a test can look at.

It understands what `hardware.escpos` sends and a little more. What it does not know stands on the paper as
such, as the garbage of a real printer would, so that nothing goes unseen.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from pos_app.loyalty.paper import Align

RowKind = Literal["text", "picture", "barcode", "qr", "cut", "drawer", "unknown"]

_CODE_PAGES: Mapping[bytes, Mapping[int, str]] = {
    b"\x1bt": {
        0: "cp437",
        2: "cp850",
        16: "cp1252",
        17: "cp866",
        18: "cp852",
        19: "cp858",
        28: "cp1251",  # Bixolon
        45: "cp1250",
        46: "cp1251",
        47: "cp1250",  # Bixolon
        72: "cp1250",  # many clones
        73: "cp1251",
    },
    b"\x1bu": {0: "cp437", 1: "cp850", 4: "cp852", 9: "cp866", 13: "cp1252", 14: "cp1250", 17: "cp1251"},  # Datecs
    b"\x1b\x1dt": {0: "cp437", 4: "cp858", 5: "cp852", 10: "cp866", 32: "cp1252", 33: "cp1250", 34: "cp1251"},  # Star
}
_ALIGNMENTS: Mapping[int, Align] = {0: "left", 1: "centre", 2: "right", 48: "left", 49: "centre", 50: "right"}
_BARCODES: Mapping[int, str] = {2: "EAN13", 67: "EAN13", 73: "CODE128"}
_NAMES = {0x10: "DLE", 0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}
_OLD_BARCODE_MOST = 255
_BAND_DOTS = 24
_LINE_DOTS = 30  # from line to line, when nothing else is said
_WIDEST_DOTS = 832

_CODE128_PIECE = re.compile(rb"\{([ABC])((?:\{\{|[^{])*)", re.DOTALL)


class Row(Struct, frozen=True):
    """One thing on the paper. `text` is the line, the data of a barcode or QR code, or an unknown command.

    `cut` and `drawer` have no text; they stand where they happened. A `picture` is 24 dots high and has, for each
    column from the left, three bytes in `dots`, the uppermost dot first; `gap` is how many white dots are below it.
    """

    kind: RowKind
    text: str = ""
    bold: bool = False
    big: bool = False
    align: Align = "left"
    symbology: str = ""
    dots: bytes = b""
    gap: int = 0


class Interpreter:
    """The commands of one printer, carried out in order onto `rows`; `replies` is what it says back.

    `columns` of font A is where it breaks a line that is too long, as a printer does: without looking for
    words.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.rows: list[Row] = []
        self.replies = bytearray()
        self.watched = 0
        """What GS a has asked to be told of unasked."""

        self._qr_data = b""
        self.reset()

    def reset(self) -> None:
        """ESC @, or power: the settings are as after switching on, a line not yet printed is lost."""
        self._code_page = "cp437"
        self._bold = False
        self._big = False
        self._align: Align = "left"
        self._line = ""
        self._dots = bytearray()
        self._at = 0
        self._spacing = _LINE_DOTS

    def step(self, data: bytes) -> int:
        """Carry out the first command or set the first characters; returns how long, 0 if not whole yet."""
        if data[0] >= 0x20:
            return self._set_characters(data)
        if data[0] == 0x0A:
            self._end_line()
            return 1
        if data[0] in b"\x00\x0d":
            return 1
        if data[0] not in _NAMES:
            self._unknown(data[:1])
            return 1
        if len(data) < 2:
            return 0
        command = _STAR_PAGE if data.startswith(_STAR_PAGE) else data[:2]
        if _STAR_PAGE.startswith(data):
            return 0
        if command not in _COMMANDS:
            self._unknown(command)
            return 2
        measure, carry_out = _COMMANDS[command]
        length = measure if isinstance(measure, int) else measure(data)
        if length == 0 or len(data) < length:
            return 0
        carry_out(self, data[len(command) : length])
        return length

    def open_drawer(self) -> None:
        """The pulse, at once; it leaves the line that is being set alone."""
        self.rows.append(Row("drawer"))

    def _set_characters(self, data: bytes) -> int:
        columns = self.columns // 2 if self._big else self.columns
        if len(self._line) >= columns:
            self._end_line()
        room = columns - len(self._line)
        run = next((at for at, byte in enumerate(data[:room]) if byte < 0x20), min(room, len(data)))
        self._line += data[:run].decode(self._code_page, "replace")
        return run

    def _end_line(self) -> None:
        if self._line or not self._dots:
            self.rows.append(Row("text", self._line, self._bold, self._big, self._align))
        if self._dots:
            gap = max(0, self._spacing - _BAND_DOTS)
            self.rows.append(Row("picture", align=self._align, dots=bytes(self._dots), gap=gap))
        self._line, self._at = "", 0
        self._dots.clear()

    def _feed(self, parameters: bytes) -> None:
        for _ in range(max(parameters[0], 1 if self._line or self._dots else 0)):
            self._end_line()

    def _put(self, row: Row) -> None:
        """What is no text begins a line of its own."""
        if self._line or self._dots:
            self._end_line()
        self.rows.append(row)

    def _unknown(self, data: bytes) -> None:
        name = _NAMES.get(data[0], f"{data[0]:02X}")
        self._put(Row("unknown", " ".join([name, *(_readable(byte) for byte in data[1:])])))

    def _mode(self, parameters: bytes) -> None:
        self._bold = bool(parameters[0] & 0x08)
        self._big = parameters[0] & 0x30 == 0x30

    def _emphasis(self, parameters: bytes) -> None:
        self._bold = bool(parameters[0] & 1)

    def _size(self, parameters: bytes) -> None:
        self._big = bool(parameters[0] & 0x70) and bool(parameters[0] & 0x07)

    def _alignment(self, parameters: bytes) -> None:
        if parameters[0] in _ALIGNMENTS:
            self._align = _ALIGNMENTS[parameters[0]]
        else:
            self._unknown(b"\x1ba" + parameters)

    def _page(self, parameters: bytes) -> None:
        self._turn_to(b"\x1bt", parameters)

    def _datecs_page(self, parameters: bytes) -> None:
        self._turn_to(b"\x1bu", parameters)

    def _star_page(self, parameters: bytes) -> None:
        self._turn_to(_STAR_PAGE, parameters)

    def _turn_to(self, command: bytes, parameters: bytes) -> None:
        pages = _CODE_PAGES[command]
        if parameters[0] in pages:
            self._code_page = pages[parameters[0]]
        else:
            self._unknown(command + parameters)

    def _place(self, parameters: bytes) -> None:
        """ESC $: where the next dots begin, from the left edge."""
        self._at = int.from_bytes(parameters, "little")

    def _columns(self, parameters: bytes) -> None:
        """ESC * 33: dots in columns of 24, with 32 two dots wide; what reaches beyond the paper is lost."""
        if parameters[0] not in (32, 33):
            self._unknown(b"\x1b*" + parameters[:1])
            return
        columns, start = parameters[3:], 3 * self._at
        if parameters[0] == 32:
            columns = b"".join(columns[at : at + 3] * 2 for at in range(0, len(columns), 3))
        self._at += len(columns) // 3
        if self._at <= _WIDEST_DOTS:
            self._dots.extend(b"\x00" * (start + len(columns) - len(self._dots)))
            under = self._dots[start : start + len(columns)]
            over = bytes(old | new for old, new in zip(under, columns, strict=True))
            self._dots[start : start + len(columns)] = over

    def _space(self, parameters: bytes) -> None:
        self._spacing = parameters[0]

    def _space_as_usual(self, parameters: bytes) -> None:
        self._spacing = _LINE_DOTS

    def _barcode(self, parameters: bytes) -> None:
        kind = parameters[0]
        data = parameters[2:] if kind >= 65 else parameters[1:-1]
        text = code128_text(data) if kind == 73 else data.decode("ascii", "replace")
        if kind not in _BARCODES or text is None:
            self._unknown(b"\x1dk" + parameters)
        else:
            self._put(Row("barcode", text, align=self._align, symbology=_BARCODES[kind]))

    def _parenthesis(self, parameters: bytes) -> None:
        """GS ( with a letter, two bytes of length, and a function's number early in its parameters."""
        letter, function = parameters[:1], parameters[3:]
        if letter == b"H" and function[:2] == b"00" and len(function) == 6:
            self.replies += b"\x37\x22" + function[2:] + b"\x00"
        elif letter == b"k" and function[:2] == b"1P":
            self._qr_data = function[3:]
        elif letter == b"k" and function[:2] == b"1Q":
            self._put(Row("qr", self._qr_data.decode("utf-8", "replace"), align=self._align, symbology="QR"))
        elif letter != b"k" or function[:1] != b"1":
            self._unknown(b"\x1d(" + parameters)

    def _cut(self, parameters: bytes) -> None:
        self._put(Row("cut"))

    def _drawer(self, parameters: bytes) -> None:
        self.open_drawer()

    def _watch(self, parameters: bytes) -> None:
        self.watched = parameters[0]

    def _status_when_reached(self, parameters: bytes) -> None:
        self.replies += b"\x00"

    def _nothing(self, parameters: bytes) -> None:
        """Commands without a trace: heights of bars; real-time requests, answered when they came in."""


def _length_of_cut(data: bytes) -> int:
    """GS V m, with a second parameter where the paper is fed first; 0 while unknown, as in those below."""
    return 0 if len(data) < 3 else 4 if data[2] in (65, 66, 97, 98, 103, 104) else 3


def _length_of_barcode(data: bytes) -> int:
    if len(data) < 4:
        return 0
    if data[2] >= 65:
        return 4 + data[3]
    end = data.find(0, 3)
    return end + 1 if end > 0 else 3 + _OLD_BARCODE_MOST


def _length_of_columns(data: bytes) -> int:
    """ESC * m nL nH: so many columns, of three bytes where m is 32 or 33, else of one."""
    if len(data) < 5:
        return 0
    return 5 + int.from_bytes(data[3:5], "little") * (3 if data[2] in (32, 33) else 1)


def _length_of_parenthesis(data: bytes) -> int:
    return 5 + int.from_bytes(data[3:5], "little") if len(data) >= 5 else 0


_Measure = int | Callable[[bytes], int]
_Act = Callable[[Interpreter, bytes], None]

_STAR_PAGE = b"\x1b\x1dt"

_COMMANDS: Mapping[bytes, tuple[_Measure, _Act]] = {
    b"\x1b@": (2, lambda interpreter, _: interpreter.reset()),
    b"\x1b!": (3, Interpreter._mode),
    b"\x1b$": (4, Interpreter._place),
    b"\x1b*": (_length_of_columns, Interpreter._columns),
    b"\x1b2": (2, Interpreter._space_as_usual),
    b"\x1b3": (3, Interpreter._space),
    b"\x1bE": (3, Interpreter._emphasis),
    b"\x1ba": (3, Interpreter._alignment),
    b"\x1bd": (3, Interpreter._feed),
    b"\x1bp": (5, Interpreter._drawer),
    b"\x1bt": (3, Interpreter._page),
    b"\x1bu": (3, Interpreter._datecs_page),
    _STAR_PAGE: (4, Interpreter._star_page),
    b"\x1c.": (2, Interpreter._nothing),
    b"\x1d!": (3, Interpreter._size),
    b"\x1dH": (3, Interpreter._nothing),
    b"\x1dV": (_length_of_cut, Interpreter._cut),
    b"\x1da": (3, Interpreter._watch),
    b"\x1dh": (3, Interpreter._nothing),
    b"\x1dk": (_length_of_barcode, Interpreter._barcode),
    b"\x1dr": (3, Interpreter._status_when_reached),
    b"\x1dw": (3, Interpreter._nothing),
    b"\x1d(": (_length_of_parenthesis, Interpreter._parenthesis),
    b"\x10\x04": (3, Interpreter._nothing),
    b"\x10\x05": (3, Interpreter._nothing),
    b"\x10\x14": (5, Interpreter._nothing),
}


def code128_text(data: bytes) -> str | None:
    """What the data of a CODE128 barcode say, without its code sets; None if they are not well made."""
    pieces = list(_CODE128_PIECE.finditer(data))
    if b"".join(piece.group() for piece in pieces) != data or not pieces:
        return None
    text = ""
    for piece in pieces:
        code_set, content = piece.groups()
        if code_set == b"C":
            if any(pair > 99 for pair in content):
                return None
            text += "".join(f"{pair:02d}" for pair in content)
        else:
            text += content.replace(b"{{", b"{").decode("ascii", "replace")
    return text


def as_text(row: Row, columns: int) -> str:
    """A row for a terminal: aligned, with brackets around what a terminal cannot draw."""
    match row.kind:
        case "cut":
            return "- " * (columns // 2)
        case "drawer":
            return "[drawer opens]"
        case "unknown":
            return f"[unknown: {row.text}]"
        case "barcode" | "qr":
            text = f"[{row.symbology} {row.text}]"
        case "picture":
            return f"[picture, {len(row.dots) // 3} dots wide]"
        case "text":
            text = " ".join(row.text) if row.big else row.text
    aligned = {"left": text, "centre": text.center(columns), "right": text.rjust(columns)}[row.align]
    return aligned.rstrip()


def _readable(byte: int) -> str:
    return chr(byte) if 0x20 < byte < 0x7F else f"{byte:02X}"
