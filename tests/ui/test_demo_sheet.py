"""The demo's sheet of barcodes: every label is a real barcode, and a click on it is a scan."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from db.store import Store
from pos_app import demo, texts
from pos_app.demo import Sample
from pos_app.settings import Settings
from pos_app.till import CardScanned, ProductScanned, StaffScanned, Till, UnknownScanned
from tests.helpers.screen import codes_on
from tests.helpers.shop import PROGRAMME
from ui.demo.sheet import SECTIONS, BarcodeLabel, SheetWindow
from ui.intake import ScanIntake


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo")
    demo.make_demo(made, cards=200, goods=300)
    return made


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Store]:
    opened = Store.open(folder, demo.ZONE)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def samples(store: Store) -> list[Sample]:
    return demo.demo_sheet(store)


@pytest.fixture
def scanned() -> list[str]:
    return []


@pytest.fixture
def sheet(qtbot: QtBot, samples: list[Sample], scanned: list[str]) -> SheetWindow:
    made = SheetWindow(samples, texts.words("bg"), scanned.append)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def _columns(labels: list[BarcodeLabel]) -> int:
    return len({made.x() for made in labels})


def test_every_sample_of_the_demo_shop_has_its_label(sheet: SheetWindow, samples: list[Sample]) -> None:
    every = {kind for kinds in SECTIONS.values() for kind in kinds}
    assert {sample.kind for sample in samples} == every - {"coupon", "order"}  # those are of other programmes
    assert sorted(made.code for made in sheet.labels) == sorted(sample.code for sample in samples)


def test_every_label_can_be_read_from_the_screen(sheet: SheetWindow) -> None:
    for made in sheet.labels:
        assert codes_on(made) == [("EAN13", made.code)]


def test_the_whole_sheet_can_be_read_as_it_stands_there(sheet: SheetWindow) -> None:
    read = {text for _, text in codes_on(sheet)}

    assert len(read) >= 3
    assert read <= {made.code for made in sheet.labels}


def test_a_click_is_a_scan_of_just_that_code(sheet: SheetWindow, scanned: list[str]) -> None:
    for made in sheet.labels:
        QTest.mouseClick(made, Qt.MouseButton.LeftButton)

    assert scanned == [made.code for made in sheet.labels]


def test_what_is_clicked_comes_out_of_the_one_door_for_scans(qtbot: QtBot, samples: list[Sample]) -> None:
    intake = ScanIntake()
    sheet = SheetWindow(samples, texts.words("bg"), lambda code: intake.inject(code, "sheet"))
    qtbot.addWidget(sheet)
    first = sheet.labels[0]

    with qtbot.waitSignal(intake.scanned) as arrived:
        QTest.mouseClick(first, Qt.MouseButton.LeftButton)

    assert arrived.args == [first.code]


def test_the_last_slip_can_be_clicked_for_a_return_and_read_from_the_screen(
    qtbot: QtBot, sheet: SheetWindow, scanned: list[str]
) -> None:
    sheet.show_slip(10_000_412)
    sheet.show_slip(10_000_413)
    slip = sheet.labels[-1]
    qtbot.waitUntil(slip.isVisible)

    assert [made.code for made in sheet.labels if made.kind == "slip"] == ["S00010000413"]
    assert codes_on(slip) == [("CODE128", "S00010000413")]
    QTest.mouseClick(slip, Qt.MouseButton.LeftButton)
    assert scanned == ["S00010000413"]

    sheet.show_slip(None)
    assert not [made for made in sheet.labels if made.kind == "slip"]


def test_a_wider_window_has_more_labels_in_a_row(qtbot: QtBot, sheet: SheetWindow) -> None:
    goods = [made for made in sheet.labels if made.kind in SECTIONS["goods"]]
    sheet.resize(700, 600)
    qtbot.waitUntil(lambda: _columns(goods) == 2)
    sheet.resize(1300, 600)
    qtbot.waitUntil(lambda: _columns(goods) == 4)
    sheet.resize(400, 600)
    qtbot.waitUntil(lambda: _columns(goods) == 1)


def test_it_speaks_both_languages(sheet: SheetWindow) -> None:
    assert sheet.windowTitle() == "Демо: карти и стоки"
    before = [made.grab().toImage() for made in sheet.labels]

    sheet.speak(texts.words("en"))

    assert sheet.windowTitle() == "Demo: cards and goods"
    assert [made.grab().toImage() for made in sheet.labels] != before


def test_the_samples_are_what_their_remarks_say(store: Store, samples: list[Sample]) -> None:
    till = Till(store, PROGRAMME, Settings(), texts.words("bg"))
    expected = {
        "unknown": UnknownScanned,
        "staff": StaffScanned,
        "own_brand": ProductScanned,
        "goods": ProductScanned,
        "weighed": ProductScanned,
    }
    refused = {"waiting": "card_not_active", "blocked": "card_blocked"}
    for sample in samples:
        assert isinstance(till.scan(sample.code), expected.get(sample.kind, CardScanned))
        if sample.kind in refused:
            assert refused[sample.kind] in till.quote().notices
