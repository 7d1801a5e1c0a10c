"""Slips read by programs that were not written here: escpos-tools, where somebody has it, and zbar and zxing.

ESCPOS_TOOLS names the esc2text.php of escpos-tools; docs/printing.md says more.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from barcode.ean import EuropeanArticleNumber13
from PySide6.QtGui import QColor, QGuiApplication, QImage
from pyzbar.pyzbar import ZBarSymbol, decode

from hardware import script
from hardware.columns import harmless
from hardware.escpos import PROFILES, PrinterProfile, encode
from hardware.virtual_paper import Interpreter
from pos_app.loyalty.paper import Barcode, Cut, Divider, OpenDrawer, Pair, Qr, Text
from tests.helpers.paper import read_code128

TOOL = os.environ.get("ESCPOS_TOOLS")

DOCUMENT = (
    Text("КООП", "centre", bold=True, big=True),
    Divider(),
    Text("Щъркелът Юлий яде фъстъци"),
    Pair("Кисело мляко „Верея“", "1\u202f234,56 €", bold=True),
    Barcode("EAN13", "2900000000018"),
    Barcode("CODE128", "S1-000042-2026"),
    Qr("https://example.org/s/42"),
    Cut(),
    OpenDrawer(),
)

needs_tool = pytest.mark.skipif(TOOL is None, reason="ESCPOS_TOOLS does not name the esc2text.php of escpos-tools")


@needs_tool
@pytest.mark.parametrize(
    ("code_page", "name", "amount"), [("cp1251", "„Верея“", "1 234,56 €"), ("cp866", '"Верея"', "1 234,56 EUR")]
)
def test_a_foreign_program_reads_the_same_slip(tmp_path: Path, code_page: str, name: str, amount: str) -> None:
    slip = tmp_path / "slip.bin"
    slip.write_bytes(encode(DOCUMENT, PROFILES["epson-tm-t20"], code_page=code_page))
    assert TOOL
    reading = subprocess.run(["php", TOOL, slip, "-v"], capture_output=True, check=True)
    # It takes every page for CP437, which has a sign for each byte and so can be turned back.
    text = reading.stdout.decode("utf-8").encode("cp437").decode(code_page)
    assert text.splitlines()[:4] == [
        "КООП",
        "-" * 48,
        "Щъркелът Юлий яде фъстъци",
        f"Кисело мляко {name}".ljust(48 - len(amount)) + amount,
    ]
    commands = [line.split()[1] for line in reading.stderr.decode("utf-8").splitlines() if "[DEBUG]" in line]
    assert [command for command in commands if command not in ("TextCmd", "LineFeedCmd")] == [
        "InitializeCmd",
        "SelectCodeTableCmd",
        "SelectJustificationCmd",
        "SelectPrintModeCmd",
        "SelectPrintModeCmd",
        "SelectJustificationCmd",
        "SelectPrintModeCmd",
        "SelectJustificationCmd",
        "SelectPrintModeCmd",
        *["SetBarcodeHeightCmd", "SetBarcodeWidthCmd", "SelectHriPrintPosCmd", "PrintBarcodeCmd"] * 2,
        *["Code2DDataCmd"] * 5,
        "FeedAndCutCmd",
        "PulseCmd",
    ]


@needs_tool
@pytest.mark.parametrize("profile_id", [name for name, profile in PROFILES.items() if profile.page_command == b"\x1bt"])
@pytest.mark.parametrize(("language", "text"), [("bg", "Щъркелът Юлий яде фъстъци"), ("sl", "Človek žaga češnjo")])
def test_it_reads_every_profile(tmp_path: Path, profile_id: str, language: str, text: str) -> None:
    profile = PROFILES[profile_id]
    slip = tmp_path / "slip.bin"
    slip.write_bytes(encode((Text(text), Qr("https://example.org"), Cut()), profile, language=language))
    assert TOOL
    reading = subprocess.run(["php", TOOL, slip], capture_output=True, check=True)
    assert reading.stdout.decode("utf-8").encode("cp437").decode(profile.code_page(language)).splitlines()[0] == text


@needs_tool
def test_it_sees_the_very_dots_of_a_drawn_slip(tmp_path: Path, qapp: QGuiApplication) -> None:
    profile = PROFILES["epson-tm-t20"]
    picture = QImage(200, 50, QImage.Format.Format_Grayscale8)
    for x in range(200):
        for y in range(50):
            picture.setPixelColor(x, y, QColor(x, x, x))
    assert picture.save(str(tmp_path / "logo.png"))
    logo = script.logo(str(tmp_path / "logo.png"), profile.dots)
    drawn = [
        logo,
        *script.paragraph("رسید امتیاز", profile.dots, align="centre", big=True),
        *script.pair("چای لاهیجان ۵۰۰ گرم", "۱۲۳٬۴۵۶ تومان", profile.dots),
        *script.pair("  تخفیف", "−۱۲٬۰۰۰ تومان", profile.dots, bold=True),
    ]
    document = (
        Text("رسید امتیاز", "centre", big=True),
        Pair("چای لاهیجان ۵۰۰ گرم", "۱۲۳٬۴۵۶ تومان"),
        Pair("  تخفیف", "−۱۲٬۰۰۰ تومان", bold=True),
        Cut(),
    )
    (tmp_path / "slip.bin").write_bytes(encode(document, profile, language="fa", logo=logo))
    assert TOOL
    tool = Path(TOOL).with_name("escimages.php")
    command = ["php", str(tool), "--file", str(tmp_path / "slip.bin"), "--pbm", "-o", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True)

    theirs = [column for file in sorted(tmp_path.glob("*.pbm")) for column in _columns(file)]
    bands = (harmless(band) for one in drawn for band in one.bands)
    ours = [band[at : at + 3] for band in bands for at in range(0, len(band), 3)]
    assert [column for column in theirs if any(column)] == [column for column in ours if any(column)]


def _columns(file: Path) -> Iterable[bytes]:
    """The columns of a picture of 24 rows, as a printer is sent them."""
    kind, size, dots = file.read_bytes().split(b"\n", 2)
    width, height = map(int, size.split())
    assert (kind, height) == (b"P4", 24)
    rows = np.unpackbits(np.frombuffer(dots, np.uint8).reshape(24, -1), axis=1)[:, :width]
    yield from (np.packbits(column).tobytes() for column in rows.T)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_zbar_and_zxing_read_the_bars_of_every_profile(profile: PrinterProfile) -> None:
    """The printer draws the bars; here they are drawn as wide as it was told to, from the data that it was sent."""
    for code in ("S00010000412", "AB-2026/7{x}", "0010200499"):
        sent = encode((Barcode("CODE128", code),), profile)
        start = sent.index(b"\x1dkI")
        data = sent[start + 4 : start + 4 + sent[start + 3]]
        assert read_code128(data) == code
    ean = "2900000000018"
    sent = encode((Barcode("EAN13", ean),), profile)
    assert b"\x1dw\x03" in sent
    assert b"\x1dkC\x0d" + ean.encode("ascii") in sent
    modules = EuropeanArticleNumber13(ean).build()[0]
    row = np.repeat(np.frombuffer(modules.encode("ascii"), np.uint8) == ord("1"), 3)
    paper = np.pad(np.where(np.tile(row, (80, 1)), 0, 255).astype(np.uint8), 40, constant_values=255)
    [by_zbar] = decode(paper, symbols=[ZBarSymbol.EAN13])
    [by_zxing] = zxingcpp.read_barcodes(paper)
    assert by_zbar.data.decode("ascii") == by_zxing.text == ean


def test_zbar_and_zxing_read_a_qr_code_that_is_drawn() -> None:
    profile = PROFILES["datecs-ep-2000"]
    rest, printer = encode((Qr("https://example.org/с/42"),), profile), Interpreter(profile.columns)
    while rest:
        rest = rest[printer.step(rest) :]
    wide = max(len(row.dots) for row in printer.rows) // 3 + 40
    bands = [np.frombuffer(row.dots.ljust(3 * wide, b"\0"), np.uint8).reshape(wide, 3) for row in printer.rows]
    dark = np.concatenate([np.unpackbits(band, axis=1).T for band in bands])
    paper = np.pad(np.where(dark, 0, 255).astype(np.uint8), 40, constant_values=255)
    [by_zbar] = decode(paper, symbols=[ZBarSymbol.QRCODE])
    [by_zxing] = zxingcpp.read_barcodes(paper)
    assert by_zbar.data.decode("utf-8") == by_zxing.text == "https://example.org/с/42"
