"""How the devices of a till are reaches the centre, from the window through a process that opens none of them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from db import link
from db.link import DevicesSeen
from hardware.virtual_printer import VirtualPrinter
from pos_app import __version__
from pos_app.clock import now_ms
from pos_app.device_settings import DisplaySettings, PrinterSettings
from pos_app.devices import State
from pos_app.settings import Settings
from sync import agent
from sync.central import fleet
from sync.central.fleet import TillState
from sync.line import HttpLine
from sync.messages import Receipt, Upload
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.linked import enrolled, give_card, opened, rounds, sell
from ui.devices import note
from ui.devices.live import LiveDevices
from ui.devices.note import DevicesNote

PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        yield running


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as made:
        yield made


def of_till(centre: Centre, folder: Path) -> TillState:
    with opened(folder) as store:
        number = store.identity.till
    return next(till for till in fleet.tills(centre.link) if till.till == number)


def seen(folder: Path) -> DevicesSeen:
    found = link.devices(folder)
    assert found is not None
    return found


def test_what_changes_is_noted_by_a_thread_and_told_to_the_centre(
    qtbot: QtBot, centre: Centre, tmp_path: Path, printer: VirtualPrinter
) -> None:
    folder = enrolled(centre, tmp_path)
    settings = Settings(printer=PrinterSettings(printer.path), display=DisplaySettings("/dev/no-such-display"))
    live = LiveDevices(settings, folder)
    state: list[State] = ["ready"]
    threads: list[str] = []

    def told() -> State:
        threads.append(threading.current_thread().name)
        return state[0]

    live.states["printer"] = told
    noting = DevicesNote(live, folder)
    try:
        noting.look()
        qtbot.waitUntil(lambda: link.devices(folder) is not None, timeout=PATIENCE_MS)
        assert (seen(folder).states["printer"], seen(folder).broken) == ("ready", ("display",))
        state[0] = "paper_out"
        noting.look()
        qtbot.waitUntil(lambda: seen(folder).states["printer"] == "paper_out", timeout=PATIENCE_MS)
    finally:
        noting.stop()
    assert set(threads) == {threading.main_thread().name}

    link.put_devices(folder, replace(seen(folder), at=seen(folder).at - 3_600_000))
    with rounds(folder) as made:
        assert made.go().link.why == ""
    report = of_till(centre, folder).report
    assert report is not None
    assert (report.version, report.devices) == (__version__, seen(folder).states)
    assert report.devices["display"] == "missing"
    assert set(report.broken) == {"printer", "drawer", "display"}
    assert report.devices_at is not None
    assert abs(now_ms() - 3_600_000 - report.devices_at) < 60_000


def test_the_same_is_noted_again_only_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [1_000_000, 1_000_000 + note.AGAIN_MS - 1, 1_000_000 + note.AGAIN_MS, 5]
    coming, noted = iter(moments), []
    put = link.put_devices

    def noting(folder: Path, seen: DevicesSeen) -> None:
        noted.append(seen.at)
        put(folder, seen)

    monkeypatch.setattr(note, "now_ms", lambda: next(coming))
    monkeypatch.setattr(link, "put_devices", noting)
    made = DevicesNote(LiveDevices(Settings(), tmp_path), tmp_path)
    for _ in moments:
        made.look()
    made.stop()
    assert noted == [moments[0], moments[2], 5]
    assert seen(tmp_path).at == 5


def test_a_disk_that_takes_no_note_and_a_note_that_is_none_harm_nobody(centre: Centre, tmp_path: Path) -> None:
    folder = enrolled(centre, tmp_path / "till")
    link.put_devices(tmp_path / "no such folder", DevicesSeen(1))
    for content in (b"", b"{", b'{"at": "x"}', b"\xff" * 100):
        (folder / link.DEVICES_FILE).write_bytes(content)
        with rounds(folder) as made:
            assert made.go().link.why == ""
    report = of_till(centre, folder).report
    assert report is not None
    assert (report.devices, report.devices_at) == ({}, None)


def test_a_report_tells_what_its_upload_leaves(centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = enrolled(centre, tmp_path)
    told: list[tuple[int, int | None]] = []

    def told_and_sent(line: HttpLine, upload: Upload) -> Receipt:
        assert upload.report is not None
        told.append((upload.report.waiting, upload.report.oldest))
        return send(line, upload)

    send = HttpLine.send
    monkeypatch.setattr(HttpLine, "send", told_and_sent)
    monkeypatch.setattr(agent, "FACTS_MOST", 2)
    with opened(folder) as store:
        card = give_card(store)
        facts = [store.facts_of(card)[0], *[sell(store, card) for _ in range(4)]]
        with rounds(folder) as made:
            assert made.go().facts == 5
    assert told == [(3, facts[2].moment), (1, facts[4].moment), (0, None)]
    report = of_till(centre, folder).report
    assert report is not None
    assert (report.waiting, report.oldest) == (0, None)
    assert report.offset_ms is not None
    assert abs(report.offset_ms) < 1000
