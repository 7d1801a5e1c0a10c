"""What a printer was sent, read by Epson's published table of commands; nothing of the till's own encoder is used."""

import re
from typing import NamedTuple

import numpy as np
import zxingcpp
from barcode.charsets.code128 import CODES, STOP
from pyzbar.pyzbar import ZBarSymbol, decode

# The length of each command that the paper may bear, and of each page that it may be set in (ESC t). A NUL is none.
_COMMAND = re.compile(
    rb"\x00|\x10\x04[\x01-\x04]|\x1b@|\x1b[!adt].|\x1bp...|\x1c\.|\x1d[ahwHr].|\x1d\(H\x06\x00.{6}|\x1dV[ABab].",
    re.DOTALL,
)
_BARCODE = re.compile(rb"\x1dk([A-I])(.)", re.DOTALL)
_TEXT = re.compile(rb"[^\x00-\x1f\x7f]*\n")
_PAGES = {17: "cp866", 46: "cp1251"}
_RESET = b"\x1b@"
_CODE128 = b"I"


class Job(NamedTuple):
    """One print: its bytes, its lines as text, the data of its barcodes in CODE 128, and whether all of it could be
    read and it was cut off the roll.
    """

    data: bytes
    lines: list[str]
    codes128: list[bytes]
    is_whole: bool

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def jobs(sent: bytes) -> list[Job]:
    """All prints in the order in which they were sent, each beginning with a reset.

    One that broke off, or holds something that is in no table, is not whole.
    """
    return [_job(part) for part in sent.split(_RESET)[1:]]


def _job(data: bytes) -> Job:
    lines: list[str] = []
    codes128: list[bytes] = []
    page, is_cut, at = "ascii", False, 0
    while at < len(data):
        if text := _TEXT.match(data, at):
            lines.append(text[0][:-1].decode(page))
            at = text.end()
        elif command := _COMMAND.match(data, at):
            if command[0].startswith(b"\x1bt"):
                page = _PAGES[command[0][2]]
            is_cut = is_cut or command[0].startswith(b"\x1dV")
            at = command.end()
        elif (barcode := _BARCODE.match(data, at)) and barcode.end() + barcode[2][0] <= len(data):
            end = barcode.end() + barcode[2][0]
            if barcode[1] == _CODE128:
                codes128.append(data[barcode.end() : end])
            at = end
        else:
            break
    return Job(_RESET + data[:at], lines, codes128, is_cut and at == len(data))


def read_code128(data: bytes) -> str:
    """What a scanner reads when a printer draws this data of GS k 73: the bars are drawn, zbar and zxing read them."""
    values = _symbols(data)
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    bars = f"{'0' * 10}{''.join(CODES[value] for value in [*values, check])}{STOP}11{'0' * 10}"
    width = 3 * len(bars)
    row = b"".join(b"\x00\x00\x00" if bar == "1" else b"\xff\xff\xff" for bar in bars)
    (found,) = decode((row * 80, width, 80), symbols=[ZBarSymbol.CODE128])
    (again,) = zxingcpp.read_barcodes(np.frombuffer(row * 80, np.uint8).reshape(80, width))
    assert again.text == found.data.decode("ascii")
    return str(again.text)


def _symbols(data: bytes) -> list[int]:
    """The symbols that the code sets of the data stand for: {A, {B and {C begin a set, or change to it."""
    starts, changes = {b"A": 103, b"B": 104, b"C": 105}, {b"A": 101, b"B": 100, b"C": 99}
    values: list[int] = []
    code_set, at = b"", 0
    while at < len(data):
        if data[at : at + 1] == b"{" and data[at + 1 : at + 2] in starts:
            code_set = data[at + 1 : at + 2]
            values.append((changes if values else starts)[code_set])
            at += 2
        else:
            values.append(data[at] if code_set == b"C" else data[at] - 32)
            at += 2 if data[at : at + 2] == b"{{" else 1
    return values
