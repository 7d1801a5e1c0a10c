"""Persian in dots: from the right, joined, its digits and signs in order; and the picture at the head of slips."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from hardware import script
from hardware.columns import Picture
from hardware.escpos import PROFILES, encode, pieces
from hardware.virtual_paper import Interpreter
from pos_app.loyalty.paper import OpenDrawer, Pair, Text

ROOT = Path(__file__).parents[2]
DOTS = 576
EPSON = PROFILES["epson-tm-t20"]


@pytest.fixture(autouse=True)
def _can_draw(qapp: QGuiApplication) -> None:
    assert script.is_ready()


def columns(picture: Picture) -> list[int]:
    """The columns of all bands together, the uppermost dot the highest bit."""
    split = ([int.from_bytes(band[at : at + 3], "big") for at in range(0, len(band), 3)] for band in picture.bands)
    found = [0] * (picture.width // picture.step)
    for band in split:
        found = [upper << 24 | lower for upper, lower in zip(found, band, strict=True)]
    return found


def blots(picture: Picture) -> list[tuple[int, ...]]:
    """The columns of what stands apart from each other, from the left."""
    runs: list[list[int]] = [[]]
    for column in columns(picture):
        if column:
            runs[-1].append(column)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if run]


def one(pictures: list[Picture]) -> Picture:
    [picture] = pictures
    return picture


def ends(picture: Picture) -> tuple[int, int]:
    """The first and the last dot that are black."""
    inked = [place for place, column in enumerate(columns(picture)) if column]
    return inked[0] * picture.step, (inked[-1] + 1) * picture.step


def test_a_text_begins_at_the_right_edge() -> None:
    start, end = ends(one(script.paragraph("چای لاهیجان", DOTS)))
    assert DOTS - 12 <= end <= DOTS
    assert start > DOTS // 2
    start, end = ends(one(script.paragraph("چای لاهیجان", DOTS, align="right")))
    assert start <= 12
    assert end < DOTS // 2
    start, end = ends(one(script.paragraph("چای لاهیجان", DOTS, align="centre")))
    assert abs(start - (DOTS - end)) <= 8


def test_an_indent_is_at_the_right_too() -> None:
    _, plain = ends(one(script.paragraph("تخفیف", DOTS)))
    _, indented = ends(one(script.paragraph("  تخفیف", DOTS)))
    assert plain - indented == 16


def test_a_label_is_at_the_right_and_its_amount_at_the_left() -> None:
    start, end = ends(one(script.pair("چای لاهیجان", "۱۲۳٬۴۵۶ تومان", DOTS)))
    assert start <= 12
    assert end >= DOTS - 12


def test_a_long_label_leaves_its_amount_whole_on_the_last_line() -> None:
    *above, last = script.pair("شیر تازهٔ پرچرب تعاونی با نام بسیار بلند " * 2, "۱۲۳٬۴۵۶ تومان", DOTS)
    assert len(above) >= 1
    amount = one(script.paragraph("۱۲۳٬۴۵۶ تومان", DOTS, align="right"))
    taken = ends(amount)[1] // amount.step
    assert columns(last)[:taken] == columns(amount)[:taken]
    assert all(not any(columns(line)[:taken]) for line in above)


def test_an_amount_without_room_for_its_label_follows_it() -> None:
    assert len(script.pair("جمع", "۹" * 45, DOTS)) == 2
    assert len(script.pair("جمع", "۹" * 90, DOTS)) == 3
    assert script.pair("", "۹", DOTS) == script.paragraph("۹", DOTS, align="right")
    assert script.pair("جمع", " ", DOTS) == script.paragraph("جمع", DOTS)


def test_letters_are_joined() -> None:
    joined, apart = (ends(one(script.paragraph(text, DOTS))) for text in ("سسس", "س\u200cس\u200cس"))
    assert len(blots(one(script.paragraph("سسس", DOTS)))) == 1
    assert joined[0] - 8 > apart[0]


def test_digits_are_persian_and_read_from_the_left() -> None:
    four, five = (blots(one(script.paragraph(digit, DOTS)))[0] for digit in "۴۵")
    assert blots(one(script.paragraph("۴۵", DOTS)))[0][: len(four) - 1] == four[: len(four) - 1]
    assert four != five
    assert four != blots(one(script.paragraph("٤", DOTS)))[0]


@pytest.mark.parametrize("amount", ["-۱۲", "−۱۲ تومان", "\u200e−۱۲ تومان", "\u2066-۱۲\u2069 تومان", "جمع -۱۲"])
def test_a_minus_stays_before_its_number(amount: str) -> None:
    """The sign is flat and stands at the left of the digits, not at their right."""
    found = blots(one(script.paragraph(amount, DOTS)))
    one_digit = next(place for place, blot in enumerate(found) if blot in blots(one(script.paragraph("۱", DOTS))))
    sign = found[one_digit - 1]
    assert len(sign) >= 2
    assert all(column.bit_count() <= 3 for column in sign)


def test_a_number_of_two_parts_keeps_their_order() -> None:
    label = blots(one(script.paragraph("رسید 0001-0000412", DOTS)))
    alone = blots(one(script.paragraph("0001-0000412", DOTS)))
    assert label[: len(alone)] == alone


def test_big_is_twice_as_high_and_bold_is_darker() -> None:
    plain, bold, big = (
        one(script.paragraph("رسید امتیاز", DOTS, bold=bold, big=big))
        for bold, big in ((False, False), (True, False), (False, True))
    )
    ink = [sum(column.bit_count() for column in columns(picture)) for picture in (plain, bold, big)]
    assert [len(picture.bands) for picture in (plain, bold, big)] == [1, 1, 2]
    assert ink[0] * 1.2 < ink[1]
    assert ink[0] * 2.5 < ink[2]


@pytest.mark.parametrize("big", [False, True])
def test_no_letter_is_cut(big: bool) -> None:
    """Whatever is higher or lower than usual is printed whole, as it is alone."""

    def ink(text: str) -> int:
        return sum(column.bit_count() for column in columns(one(script.paragraph(text, DOTS, big=big))))

    for low in "چجحخعغیئؤژروj(":
        assert ink(f"آ {low}") == ink("آ") + ink(low)
    assert len(one(script.paragraph("آ" + "\u0651\u0670" * 9, DOTS, big=big)).bands) > 1


def test_an_empty_text_is_a_line_and_controls_are_no_commands() -> None:
    assert one(script.paragraph("", DOTS)).bands == (b"\0" * 3 * (DOTS // 2),)
    assert script.paragraph("a\x1bp", DOTS) == script.paragraph("a?p", DOTS)
    assert script.paragraph("\ud800", DOTS) == script.paragraph("?", DOTS)


def test_a_piece_is_a_line_of_dots() -> None:
    sent = pieces((Text("رسید", big=True), Pair("چای", "۵"), OpenDrawer()), EPSON, language="fa")
    assert [piece.count(b"\x1b*\x20") > 0 for piece in sent] == [True, True, True]
    assert sent[0].startswith(b"\x1b@\x1bt\x2e\x1b3\x18")
    assert sent[2].startswith(b"\x1b2")
    assert all(piece.endswith(b"\n") for piece in sent[:2])


def test_a_command_without_a_window_spells_it() -> None:
    code = (
        "from hardware.escpos import PROFILES, encode; from pos_app.loyalty.paper import Text;"
        "print(encode((Text('چای ۵'),), PROFILES['epson-tm-t20'], language='fa'))"
    )
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert said.strip() == repr(b"\x1b@\x1bt\x2echay 5\n")


def test_it_draws_in_any_thread() -> None:
    with ThreadPoolExecutor(1) as worker:
        there = worker.submit(script.pair, "چای لاهیجان", "۱۲۳٬۴۵۶ تومان", DOTS).result()
    assert there == script.pair("چای لاهیجان", "۱۲۳٬۴۵۶ تومان", DOTS)


# -- the picture at the head


def saved(path: Path, width: int, height: int) -> str:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.fillRect(QRect(0, 0, width // 2, height), QColor("black"))
    painter.fillRect(QRect(width // 2, 0, width // 4, height), QColor("gray"))
    painter.end()
    assert image.save(str(path))
    return str(path)


def test_a_logo_stands_in_the_middle_above_all_text(tmp_path: Path) -> None:
    logo = script.logo(saved(tmp_path / "logo.png", 200, 40), DOTS)
    assert len(logo.bands) == 2
    start, end = ends(logo)
    assert start == (DOTS - 200) // 2
    black, grey = columns(logo)[start], columns(logo)[start + 100 : start + 150]
    assert black.bit_count() == 40
    assert 0.3 < sum(column.bit_count() for column in grey) / (50 * 40) < 0.7
    assert end <= start + 150

    printer = Interpreter(48)
    data = encode((Text("Coop"),), EPSON, logo=logo)
    while data:
        data = data[printer.step(data) :]
    assert [(row.kind, row.gap) for row in printer.rows] == [("picture", 0), ("picture", 0), ("text", 0)]
    assert encode((OpenDrawer(),), EPSON, logo=logo) == encode((OpenDrawer(),), EPSON)


def test_a_logo_is_no_wider_than_the_paper_and_bounded_in_height(tmp_path: Path) -> None:
    assert script.logo(saved(tmp_path / "wide.png", 2000, 100), DOTS).width <= DOTS
    high = script.logo(saved(tmp_path / "high.png", 100, 3000), DOTS)
    assert len(high.bands) * 24 == script.LOGO_HIGHEST


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 64])
def test_a_bad_logo_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(script.PictureFault, match=r"logo\.png"):
        script.logo(str(path), DOTS)


def test_a_torn_or_huge_logo_is_told(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    saved(path, 900, 900)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(script.PictureFault, match=r"logo\.png"):
        script.logo(str(path), DOTS)
    saved(path, 5000, 5000)
    with pytest.raises(script.PictureFault, match="too large"):
        script.logo(str(path), DOTS)
