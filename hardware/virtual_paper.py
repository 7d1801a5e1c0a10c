"""ESC/POS read back: what a printer makes of the bytes, as rows of paper that a person or a test can look at.

It understands what `hardware.escpos` sends and a little more. What it does not know stands on the paper as
such, as the garbage of a real printer would, so that nothing goes unseen.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from pos_app.loyalty.paper import Align

RowKind = Literal["text", "barcode", "qr", "cut", "drawer", "unknown"]

_CODE_PAGES: Mapping[int, str] = {
    0: "cp437",
    2: "cp850",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
    45: "cp1250",
    46: "cp1251",
}
_ALIGNMENTS: Mapping[int, Align] = {0: "left", 1: "centre", 2: "right", 48: "left", 49: "centre", 50: "right"}
_BARCODES: Mapping[int, str] = {2: "EAN13", 67: "EAN13", 73: "CODE128"}
_NAMES = {0x10: "DLE", 0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}
_OLD_BARCODE_MOST = 255

_CODE128_PIECE = re.compile(rb"\{([ABC])((?:\{\{|[^{])*)", re.DOTALL)


class Row(Struct, frozen=True):
    """One thing on the paper. `text` is the line, the data of a barcode or QR code, or an unknown command.

    `cut` and `drawer` have no text; they stand where they happened.
    """

    kind: RowKind
    text: str = ""
    bold: bool = False
    big: bool = False
    align: Align = "left"
    symbology: str = ""


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
        command = data[:2]
        if command not in _COMMANDS:
            self._unknown(command)
            return 2
        measure, carry_out = _COMMANDS[command]
        length = measure if isinstance(measure, int) else measure(data)
        if length == 0 or len(data) < length:
            return 0
        carry_out(self, data[2:length])
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
        self.rows.append(Row("text", self._line, self._bold, self._big, self._align))
        self._line = ""

    def _feed(self, parameters: bytes) -> None:
        for _ in range(max(parameters[0], 1 if self._line else 0)):
            self._end_line()

    def _put(self, row: Row) -> None:
        """What is no text begins a line of its own."""
        if self._line:
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
        if parameters[0] in _CODE_PAGES:
            self._code_page = _CODE_PAGES[parameters[0]]
        else:
            self._unknown(b"\x1bt" + parameters)

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


def _length_of_parenthesis(data: bytes) -> int:
    return 5 + int.from_bytes(data[3:5], "little") if len(data) >= 5 else 0


_Measure = int | Callable[[bytes], int]
_Act = Callable[[Interpreter, bytes], None]

_COMMANDS: Mapping[bytes, tuple[_Measure, _Act]] = {
    b"\x1b@": (2, lambda interpreter, _: interpreter.reset()),
    b"\x1b!": (3, Interpreter._mode),
    b"\x1bE": (3, Interpreter._emphasis),
    b"\x1ba": (3, Interpreter._alignment),
    b"\x1bd": (3, Interpreter._feed),
    b"\x1bp": (5, Interpreter._drawer),
    b"\x1bt": (3, Interpreter._page),
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
        case "text":
            text = " ".join(row.text) if row.big else row.text
    aligned = {"left": text, "centre": text.center(columns), "right": text.rjust(columns)}[row.align]
    return aligned.rstrip()


def _readable(byte: int) -> str:
    return chr(byte) if 0x20 < byte < 0x7F else f"{byte:02X}"
