"""Whatever stands in a receipt, only the encoder speaks to the printer."""

import re
from collections.abc import Sequence

from hypothesis import assume, given
from hypothesis import strategies as st

from hardware.answers import Answers
from hardware.codepages import printable
from hardware.escpos import PROFILES, PrinterProfile, encode
from hardware.machine import Machine
from hardware.virtual_paper import Row
from pos_app.loyalty.paper import (
    Align,
    Barcode,
    Cut,
    Divider,
    Document,
    Feed,
    OpenDrawer,
    Pair,
    Part,
    Qr,
    Text,
)

any_text = st.text(st.characters(), max_size=120)
mixed_text = st.text(
    st.sampled_from("абвЯѝЍй €№„“–…−×  \u00a0\u202f\u0301{}0123456789Az\x00\x04\x10\x14\x1b\x1d\n\x7f\x85😀"),
    max_size=150,
)
texts = any_text | mixed_text | st.text("0123456789", max_size=40)
aligns: st.SearchStrategy[Align] = st.sampled_from(["left", "centre", "right"])
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, texts, aligns, st.booleans(), st.booleans()),
    st.builds(Pair, texts, texts, st.booleans()),
    st.builds(Divider),
    st.builds(Feed, st.integers(-5, 400)),
    st.builds(Barcode, st.sampled_from(["EAN13", "CODE128"]), texts),
    st.builds(Qr, texts),
    st.builds(Cut),
    st.builds(OpenDrawer),
)
documents: st.SearchStrategy[Document] = st.lists(parts, max_size=12).map(tuple)
printers = st.sampled_from([(profile, page) for profile in PROFILES.values() for page in profile.code_pages])
code_pages = st.sampled_from(["cp1251", "cp866", "cp1250", "cp852"])

ALLOWED = re.compile(
    rb"[\x20-\x7e\x80-\xff\n]"
    rb"|\x1ba[\x00-\x02]|\x1b![\x00\x08\x30\x38]|\x1bd[\x04-\xff]"
    rb"|\x1dhP|\x1dw[\x02\x03]|\x1dH\x02|\x1dkC\x0d[0-9]{13}"
    rb"|\x1d\(k\x04\x001A2\x00|\x1d\(k\x03\x001C[\x03-\x06]|\x1d\(k\x03\x001E1|\x1d\(k\x03\x001Q0"
    rb"|\x1dVB\x00|\x1bp\x00\x19\xfa|\x1b3\x18|\x1b2|\x1b\$.[\x00-\x03]",
    re.DOTALL,
)
BEGINNING = re.compile(rb"\x1b@(?:\x1c\.)?(?:\x1bt|\x1bu|\x1b\x1dt)(.)", re.DOTALL)
COLUMNS = re.compile(rb"\x1b\*[\x20\x21](.[\x00-\x03])", re.DOTALL)
CODE128 = re.compile(rb"\x1dkI(.)(?=\{[BC])", re.DOTALL)
QR_DATA = re.compile(rb"\x1d\(k(..)1P0", re.DOTALL)


def commands(data: bytes) -> list[bytes]:
    """The job cut into the commands and characters that the encoder may send; fails at any other byte.

    Written apart from the interpreter, so that both cannot overlook the same thing.
    """
    beginning = BEGINNING.match(data)
    assert beginning
    found, at = [beginning.group()], beginning.end()
    while at < len(data):
        if code128 := CODE128.match(data, at):
            end = code128.end() + code128.group(1)[0]
        elif columns := COLUMNS.match(data, at):
            end = columns.end() + 3 * int.from_bytes(columns.group(1), "little")
        elif qr := QR_DATA.match(data, at):
            end = qr.end() + int.from_bytes(qr.group(1), "little") - 3
            assert not re.search(rb"[\x00-\x1f\x7f]", data[qr.end() : end])
        else:
            one = ALLOWED.match(data, at)
            assert one, f"at {at}: {data[at : at + 8]!r}"
            end = one.end()
        found.append(data[at:end])
        at = end
    assert at == len(data)
    return found


def printed(data: bytes, columns: int) -> Sequence[Row]:
    machine = Machine(columns)
    machine.receive(data)
    return machine.rows


@given(documents, printers)
def test_only_the_encoder_sends_control_bytes(document: Document, printer: tuple[PrinterProfile, str]) -> None:
    profile, code_page = printer
    data = encode(document, profile, code_page=code_page)
    found = commands(data)
    assert found[0].endswith(bytes([profile.code_pages[code_page]]))
    assert found.count(b"\x1dVB\x00") == (0 if profile.cutter == "none" else document.count(Cut()))
    assert found.count(b"\x1bp\x00\x19\xfa") == document.count(OpenDrawer())
    assert not re.search(rb"\x10[\x04\x05\x14]", data), "a real-time command, even inside a barcode, acts at once"


@given(documents, printers)
def test_no_line_is_longer_than_the_paper(document: Document, printer: tuple[PrinterProfile, str]) -> None:
    profile, code_page = printer
    columns, length = profile.columns, 0
    for one in commands(encode(document, profile, code_page=code_page)):
        if one == b"\n":
            length = 0
        elif one[:2] == b"\x1b!":
            assert length == 0, "the style changes only between lines"
            columns = profile.columns // 2 if one[2] & 0x20 else profile.columns
        elif len(one) == 1:
            length += 1
            assert length <= columns


@given(documents, printers)
def test_the_virtual_printer_understands_every_slip(document: Document, printer: tuple[PrinterProfile, str]) -> None:
    profile, code_page = printer
    rows = printed(encode(document, profile, code_page=code_page), profile.columns)
    kinds = [row.kind for row in rows]
    assert "unknown" not in kinds
    assert kinds.count("cut") == (0 if profile.cutter == "none" else document.count(Cut()))
    assert kinds.count("drawer") == document.count(OpenDrawer())


@given(texts, printers, st.booleans())
def test_no_word_of_a_text_is_lost(text: str, printer: tuple[PrinterProfile, str], big: bool) -> None:
    profile, code_page = printer
    rows = printed(encode((Text(text, big=big),), profile, code_page=code_page), profile.columns)
    wanted, _ = printable(text, code_page)
    assert "".join("".join(row.text for row in rows).split()) == "".join(wanted.split())


@given(texts, st.text("0123456789,€ \u202f", min_size=1, max_size=32), printers)
def test_an_amount_that_fits_stands_whole_at_the_right(
    label: str, amount: str, printer: tuple[PrinterProfile, str]
) -> None:
    profile, code_page = printer
    fit, _ = printable(amount, code_page)
    fit = fit.replace("\u00a0", " ")
    assume(fit == fit.strip() and 0 < len(fit) <= profile.columns)
    rows = printed(encode((Pair(label, amount),), profile, code_page=code_page), profile.columns)
    assert rows[-1].text.endswith(fit)
    assert len(rows[-1].text) == profile.columns


@given(texts, code_pages)
def test_printable_text_is_one_byte_a_character(text: str, code_page: str) -> None:
    fit, lost = printable(text, code_page)
    data = fit.replace("\u00a0", " ").encode(code_page)
    assert len(data) == len(fit)
    assert not re.search(rb"[\x00-\x1f\x7f]", data)
    assert len(set(lost)) == len(lost)
    assert printable(fit, code_page) == (fit, ())


scraps = st.lists(
    st.binary(max_size=12)
    | st.sampled_from([b"\x1b@", b"\x1bt\x2e", b"\x1dkI\x04{Bab", b"\x1d(k\x03\x001Q0", b"\x10\x04\x01", b"\x1dVB"])
    | st.sampled_from(
        [b"\x1b*\x21\x02\x00abcdef", b"\x1b*\x20\xff\xff", b"\x1b$\x40\x03", b"\x1b3\x18", b"\x1b\x1dt\x22"]
    )
    | st.sampled_from([b"\x1d(H\x06\x0000abcd", b"\x10\x14\x01\x00\x01", b"\x1dk\x02", b"\x37\x22abcd\x00", b"\n"]),
    max_size=30,
)


@given(scraps, st.integers(1, 60))
def test_the_virtual_printer_survives_any_bytes_however_they_come(pieces: list[bytes], columns: int) -> None:
    at_once, bit_by_bit = Machine(columns), Machine(columns)
    whole = b"".join(pieces)
    replies = at_once.receive(whole)
    # Real-time answers overtake those that wait their turn, so only the order may differ.
    assert sorted(b"".join(bit_by_bit.receive(bytes([byte])) for byte in whole)) == sorted(replies)
    not_at_once = [row for row in bit_by_bit.rows if row.kind != "drawer"]  # a real-time pulse overtakes text
    assert not_at_once == [row for row in at_once.rows if row.kind != "drawer"]
    assert len(bit_by_bit.rows) == len(at_once.rows)


@given(scraps)
def test_answers_are_the_same_in_any_pieces(pieces: list[bytes]) -> None:
    bit_by_bit = Answers()
    assert [answer for piece in pieces for answer in bit_by_bit.feed(piece)] == Answers().feed(b"".join(pieces))
