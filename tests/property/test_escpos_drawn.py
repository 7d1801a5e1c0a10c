"""Slips that are drawn: whatever stands in them, the printer gets dots, and nothing that acts at once."""

import random
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QGuiApplication

from hardware import script
from hardware.columns import Picture, harmless
from hardware.escpos import PROFILES, PrinterProfile, encode, pieces
from hardware.machine import Machine
from hardware.virtual_paper import Row
from pos_app.loyalty.paper import Cut, Document, OpenDrawer, Pair, Part, Text
from tests.property.test_escpos import aligns, any_text, commands, documents, mixed_text

LETTERS = "اآأبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیئؤۀ"
DIGITS = "۰۱۲۳۴۵۶۷۸۹"
REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")

persian = st.text(
    st.sampled_from(f"{LETTERS}{DIGITS}   \u200c\u200e\u2066\u2069٬٫٪،؛؟-−+/()Az09\u064b\u0301\x10\x14\x1b"),
    max_size=90,
)
texts = persian | any_text | mixed_text
drawn_parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, texts, aligns, st.booleans(), st.booleans()), st.builds(Pair, texts, texts, st.booleans())
)
drawn: st.SearchStrategy[Document] = st.lists(drawn_parts, min_size=1, max_size=4).map(tuple)
profiles = st.sampled_from(list(PROFILES.values()))


@pytest.fixture(autouse=True)
def _can_draw(qapp: QGuiApplication) -> None:
    assert script.is_ready()


def printed(data: bytes, columns: int) -> Sequence[Row]:
    machine = Machine(columns)
    machine.receive(data)
    return machine.rows


@given(drawn | documents, profiles)
def test_only_the_encoder_sends_commands(document: Document, profile: PrinterProfile) -> None:
    data = encode(document, profile, language="fa")
    found = commands(data)
    assert not REAL_TIME.search(data)
    assert found.count(b"\x1bp\x00\x19\xfa") == document.count(OpenDrawer())
    assert found.count(b"\x1dVB\x00") == (0 if profile.cutter == "none" else document.count(Cut()))


@given(drawn, profiles)
def test_the_virtual_printer_shows_the_very_dots(document: Document, profile: PrinterProfile) -> None:
    rows = printed(encode(document, profile, language="fa"), profile.columns)
    assert {row.kind for row in rows} == {"picture"}
    assert max(len(row.dots) for row in rows) <= 3 * profile.dots
    wanted = [
        b"".join(band[at : at + 3] * picture.step for at in range(0, len(band), 3))
        for part in document
        for picture in _pictures(part, profile.dots)
        for band in map(harmless, picture.bands)
    ]
    assert [row.dots.rstrip(b"\0") for row in rows] == [dots.rstrip(b"\0") for dots in wanted]


@given(drawn | documents, profiles, st.sampled_from(["bg", "en", "sl", "fa"]))
def test_every_piece_puts_something_on_the_paper(document: Document, profile: PrinterProfile, language: str) -> None:
    """Behind each of them the printer can be asked; only what prints nothing at all has a piece without paper."""
    sent = pieces(document, profile, language=language)
    assert b"".join(sent) == encode(document, profile, language=language)
    machine, before = Machine(profile.columns), 0
    for piece in sent:
        machine.receive(piece)
        on_paper = sum(row.kind != "drawer" for row in machine.rows)
        assert on_paper > before or len(sent) == 1
        before = on_paper


def _pictures(part: Part, dots: int) -> list[Picture]:
    match part:
        case Text(text, align, bold, big):
            return script.paragraph(text, dots, align=align, bold=bold, big=big)
        case Pair(left, right, bold):
            return script.pair(left, right, dots, bold=bold)
        case _:
            raise AssertionError(part)


def test_3000_lines_have_nothing_that_opens_the_drawer() -> None:
    chance = random.Random(1404)
    profile = PROFILES["epson-tm-t20"]
    lines = 0
    while lines < 3000:
        words = ["".join(chance.choices(LETTERS, k=chance.randrange(2, 9))) for _ in range(chance.randrange(1, 6))]
        amount = "".join(chance.choices(DIGITS, k=chance.randrange(1, 7))) + " تومان"
        sent = pieces((Pair(" ".join(words), amount, chance.random() < 0.3),), profile, language="fa")
        assert not any(REAL_TIME.search(piece) for piece in sent)
        lines += len(sent)
