"""Reading ESC/POS back: the paper of the virtual printer."""

import pytest

from hardware.virtual_paper import Interpreter, Row, as_text


def paper(data: bytes, columns: int = 48) -> list[Row]:
    """The rows of bytes that are whole commands."""
    interpreter = Interpreter(columns)
    while data:
        length = interpreter.step(data)
        assert length > 0, f"not whole: {data!r}"
        data = data[length:]
    return interpreter.rows


def test_sets_text_in_the_chosen_code_page() -> None:
    assert paper(b"\x1bt\x2e\xd5\xeb\xff\xe1 \x88\n\x1bt\x11\x95\xab\xef\xa1\n\x1b@\x9b\n") == [
        Row("text", "Хляб €"),
        Row("text", "Хляб"),
        Row("text", "¢"),
    ]


@pytest.mark.parametrize(
    ("commands", "row"),
    [
        (b"\x1b!\x08", Row("text", "a", bold=True)),
        (b"\x1b!\x38", Row("text", "a", bold=True, big=True)),
        (b"\x1b!\x10", Row("text", "a")),
        (b"\x1bE\x01\x1d!\x11", Row("text", "a", bold=True, big=True)),
        (b"\x1d!\x10", Row("text", "a")),
        (b"\x1ba\x01", Row("text", "a", align="centre")),
        (b"\x1ba2", Row("text", "a", align="right")),
        (b"\x1b!\x38\x1ba\x01\x1b@", Row("text", "a")),
    ],
)
def test_styles(commands: bytes, row: Row) -> None:
    assert paper(commands + b"a\n") == [row]


def test_breaks_a_line_where_the_paper_ends() -> None:
    assert paper(b"abcdef\n", columns=4) == [Row("text", "abcd"), Row("text", "ef")]
    assert paper(b"abcd\n", columns=4) == [Row("text", "abcd")]
    assert paper(b"\x1b!\x30abc\n", columns=4) == [Row("text", "ab", big=True), Row("text", "c", big=True)]


def test_feeds_and_keeps_an_unfinished_line_off_the_paper() -> None:
    assert paper(b"a\x1bd\x02\x1bd\x01\r\nb") == [Row("text", text) for text in ("a", "", "", "")]


def test_draws_barcodes() -> None:
    assert paper(b"\x1dkC\x0d2900000000018\x1dkI\x08{BS-{C\x01\x02\x1dk\x022900000000018\x00") == [
        Row("barcode", "2900000000018", symbology="EAN13"),
        Row("barcode", "S-0102", symbology="CODE128"),
        Row("barcode", "2900000000018", symbology="EAN13"),
    ]


def test_draws_a_qr_code_only_when_told_to() -> None:
    store = b"\x1d(k\x04\x001A2\x00\x1d(k\x05\x001P0ab"
    assert paper(store) == []
    assert paper(b"x" + store + b"\x1d(k\x03\x001Q0") == [Row("text", "x"), Row("qr", "ab", symbology="QR")]


def test_cuts_and_opens_the_drawer() -> None:
    assert paper(b"\x1dVB\x00\x1dV\x00\x1bp\x00\x19\xfa") == [Row("cut"), Row("cut"), Row("drawer")]


def test_answers_in_its_turn() -> None:
    interpreter = Interpreter(48)
    for command in (b"\x1dr\x01", b"\x1d(H\x06\x0000abcd"):
        assert interpreter.step(command) == len(command)
    assert interpreter.replies == b"\x00\x37\x22abcd\x00"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x1b\x01", "ESC 01"),
        (b"\x1dz", "GS z"),
        (b"\x07", "07"),
        (b"\x1bt\xc8", "ESC t C8"),
        (b"\x1ba\x09", "ESC a 09"),
        (b"\x1dkI\x02ab", "GS k I 02 a b"),
        (b"\x1dkI\x03{Cd", "GS k I 03 { C d"),
        (b"\x1d(X\x01\x00a", "GS ( X 01 00 a"),
    ],
)
def test_shows_what_it_does_not_know(data: bytes, said: str) -> None:
    assert paper(data) == [Row("unknown", said)]


def test_a_terminal_sees_the_paper() -> None:
    rows = [
        Row("text", "КООП", big=True, align="centre"),
        Row("text", "12", align="right"),
        Row("barcode", "1", symbology="EAN13"),
        Row("qr", "x", align="right", symbology="QR"),
        Row("unknown", "ESC z"),
        Row("drawer"),
        Row("cut"),
    ]
    assert [as_text(row, 10) for row in rows] == [
        " К О О П",
        "        12",
        "[EAN13 1]",
        "    [QR x]",
        "[unknown: ESC z]",
        "[drawer opens]",
        "- - - - - ",
    ]
