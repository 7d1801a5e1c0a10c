"""Slips read by a program that was not written here: esc2text of escpos-tools, where somebody has it.

ESCPOS_TOOLS names its esc2text.php; docs/printing.md says more.
"""

import os
import subprocess
from pathlib import Path

import pytest

from hardware.escpos import PROFILES, encode
from pos_app.loyalty.paper import Barcode, Cut, Divider, OpenDrawer, Pair, Qr, Text

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


@pytest.mark.skipif(TOOL is None, reason="ESCPOS_TOOLS does not name the esc2text.php of escpos-tools")
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
