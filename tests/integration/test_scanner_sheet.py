"""The test codes on paper: poppler draws the page, zbar reads them."""

import subprocess
from pathlib import Path

import cv2
import pytest
from pyzbar.pyzbar import ZBarSymbol, decode

from hardware.scanner_trial import CODES
from pos_app.__main__ import main

pytestmark = pytest.mark.usefixtures("qapp")


def test_every_code_on_the_sheet_can_be_read(tmp_path: Path) -> None:
    out = tmp_path / "codes.pdf"
    assert main(["scanner-setup", "--sheet", str(out)]) == 0
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", out, tmp_path / "page"], check=True)
    picture = cv2.imread(str(tmp_path / "page.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    found = decode(picture, symbols=[ZBarSymbol.EAN13, ZBarSymbol.CODE128, ZBarSymbol.QRCODE])
    texts = sorted((one.type, one.data.decode()) for one in found)
    assert texts == sorted(
        [*((code.symbology, code.text) for code in CODES), *(("QRCODE", code.text) for code in CODES if code.as_qr)]
    )
