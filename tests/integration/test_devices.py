"""How devices are told to be: by real ports, real files, and a till that really runs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from hardware.ports import Port
from hardware.printer import TroubleCode
from hardware.serial_line import SerialLine
from hardware.virtual_printer import VirtualPrinter
from pos_app import devices, settings, shop, texts
from pos_app.__main__ import main
from pos_app.device_settings import CameraSettings, DisplaySettings, PrinterSettings, SerialScannerSettings
from pos_app.devices import CAUTIONS, DEVICES, STATES, Device, Machine, Report, State
from pos_app.settings import Settings, SmsSettings
from tests.helpers.virtual_modem import VirtualModem

EMPTY = Machine([], [])


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as made:
        yield made


@pytest.fixture
def line() -> Iterator[str]:
    """The port of a device that never says anything."""
    master, slave = os.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def looked(chosen: Settings, plugged: Machine = EMPTY, *, till_runs: bool = False) -> dict[Device, Report]:
    return {report.device: report for report in devices.looked_at(chosen, plugged, till_runs=till_runs)}


def state_of(device: Device, chosen: Settings, plugged: Machine = EMPTY) -> State:
    return looked(chosen, plugged)[device].state


def test_a_till_without_devices_has_no_trouble() -> None:
    reports = looked(Settings())
    assert list(reports) == list(DEVICES)
    assert {reports[name].state for name in ("printer", "drawer", "display", "serial_scanner", "camera", "modem")} == {
        "none"
    }
    assert {report.ok for report in reports.values()} <= {None, True}


def test_a_printer_says_itself_how_it_is(printer: VirtualPrinter) -> None:
    chosen = Settings(printer=PrinterSettings(printer.path, drawer_pin=5))
    well = looked(chosen)
    assert (well["printer"].state, well["printer"].ok, well["printer"].path) == ("ready", True, printer.path)
    assert (well["drawer"].state, well["drawer"].values) == ("untried", {"drawer_pin": 5})

    with printer.hands_on() as machine:
        machine.paper_low = True
    assert (state_of("printer", chosen), looked(chosen)["printer"].ok) == ("paper_low", True)
    for trouble in ("paper_out", "cover_open"):
        with printer.hands_on() as machine:
            setattr(machine, trouble, True)
        assert state_of("printer", chosen) == trouble
        assert state_of("drawer", chosen) == "no_printer"
        with printer.hands_on() as machine:
            setattr(machine, trouble, False)
    with printer.hands_on() as machine:
        machine.silent = True
    assert (state_of("printer", chosen), looked(chosen)["printer"].ok) == ("silent", None)


def test_what_another_program_has_open_is_busy_or_in_use_by_the_till(line: str) -> None:
    chosen = Settings(serial_scanner=SerialScannerSettings(line))
    assert state_of("serial_scanner", chosen) == "there"

    code = "import sys; from hardware.serial_line import SerialLine as Line; "
    code += f"line = Line({line!r}, baud=9600, flow='none', chunk=64); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        report = looked(chosen)["serial_scanner"]
        in_use = looked(chosen, till_runs=True)["serial_scanner"]
        other.communicate()

    assert (report.state, report.ok) == ("busy", False)
    assert report.holder.startswith("python")
    assert (in_use.state, in_use.ok) == ("in_use", None)


def test_two_devices_at_one_port_are_told(line: str, tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    link.symlink_to(line)
    chosen = Settings(serial_scanner=SerialScannerSettings(str(link)), display=DisplaySettings(line))
    assert (state_of("serial_scanner", chosen), state_of("display", chosen)) == ("shared", "shared")
    assert looked(chosen)["display"].ok is False
    assert line in devices.what(looked(chosen)["display"], texts.words("en"))


def test_what_is_not_there_or_is_no_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    assert state_of("printer", Settings(printer=PrinterSettings("/dev/ttyUSB77"))) == "missing"
    assert state_of("printer", Settings(printer=PrinterSettings("usb:04b8:0202:X7KF001"))) == "missing"
    assert state_of("printer", Settings(printer=PrinterSettings(str(file)))) == "not_serial"
    assert state_of("display", Settings(display=DisplaySettings("/dev/null"))) == "not_serial"
    assert state_of("modem", Settings(sms=SmsSettings(way="modem", path=str(tmp_path)))) == "not_serial"
    assert state_of("camera", Settings(camera=CameraSettings(str(file)))) == "not_camera"
    assert state_of("camera", Settings(camera=CameraSettings("/dev/video77"))) == "missing"

    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as for a user who is not the superuser
    assert state_of("display", Settings(display=DisplaySettings("/dev/null"))) == "no_permission"


def test_a_device_is_found_by_what_it_is(printer: VirtualPrinter) -> None:
    there = Port(printer.path, "usb:04b8:0202:X7", "EPSON TM-T20", ("usb:04b8:0202:X7", "usb:04b8:0202:X7@1-1"))
    plugged = Machine([there], [])
    report = looked(Settings(printer=PrinterSettings("usb:04b8:0202:X7")), plugged)["printer"]
    assert (report.state, report.path, report.name, report.warnings) == ("ready", printer.path, "EPSON TM-T20", ())

    by_number = looked(Settings(printer=PrinterSettings(printer.path)), plugged)["printer"]
    assert by_number.warnings == ("by_number",)

    twin = Port("/dev/ttyUSB9", "usb:04b8:0202:X7@1-2", "EPSON TM-T20", ("usb:04b8:0202:X7", "usb:04b8:0202:X7@1-2"))
    assert state_of("printer", Settings(printer=PrinterSettings("usb:04b8:0202:X7")), Machine([there, twin], [])) == (
        "twins"
    )


def test_a_camera_that_sends_no_picture_does_not_work(tmp_path: Path) -> None:
    report = looked(Settings(camera=CameraSettings(str(tmp_path))))["camera"]
    assert (report.state, report.ok) == ("silent", False)


def test_a_camera_is_asked_by_its_own_program(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "card.png"), np.full((720, 1280, 3), 200, np.uint8))
    report = looked(Settings(camera=CameraSettings(str(tmp_path))))["camera"]  # pictures stand in for one
    assert (report.state, report.ok, report.path) == ("ready", True, str(tmp_path))


def test_loudspeakers_are_looked_for(tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    assert state_of("sounds", Settings(), Machine([], [], cards)) == "none"
    cards.write_text("--- no soundcards ---\n")
    assert state_of("sounds", Settings(), Machine([], [], cards)) == "none"
    cards.write_text(" 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n")
    assert state_of("sounds", Settings(), Machine([], [], cards)) == "there"


def test_a_modem_is_asked(line: str) -> None:
    with VirtualModem() as modem:
        assert state_of("modem", Settings(sms=SmsSettings("modem", path=modem.path))) == "ready"


def test_every_state_of_every_device_has_words() -> None:
    assert set(get_args(TroubleCode)) < set(STATES)
    for language in texts.LANGUAGES:
        words = texts.words(language)
        for device in DEVICES:
            assert words.knows(f"devices.test.{device}")
            for state in STATES:
                report = Report(device, state, "usb:04b8:0202", "/dev/ttyUSB0", warnings=CAUTIONS)
                said = devices.line(report, words)
                assert devices.what(report, words)
                assert devices.remedy(report, words)
                assert "/dev/ttyUSB0" in said
                assert words.say(f"devices.short.{state}")
                assert devices.remedy(Report(device, state), words) or report.ok


def test_the_doctor_tells_the_devices(
    tmp_path: Path, printer: VirtualPrinter, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.save(Settings(printer=PrinterSettings(printer.path)), tmp_path)
    assert main(["doctor", "--devices", "--json", "--data", str(tmp_path)]) == 0
    told = {device["device"]: device for device in json.loads(capsys.readouterr().out)["devices"]}
    assert list(told) == list(DEVICES)
    assert (told["printer"]["state"], told["printer"]["ok"]) == ("ready", True)
    assert told["printer"]["where"] == {"port": printer.path, "identity": printer.path, "name": ""}
    assert told["printer"]["values"]["baud"] == 9600

    with printer.hands_on() as machine:
        machine.paper_out = True
    assert main(["doctor", "--devices", "--data", str(tmp_path), "--lang", "bg"]) == 1
    report = Report("printer", "paper_out", printer.path, printer.path)
    assert devices.line(report, texts.words("bg")) in capsys.readouterr().out


def test_the_doctor_knows_what_the_running_till_has(
    tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.save(Settings(display=DisplaySettings(line)), tmp_path)
    held = SerialLine(line, baud=9600, flow="none", chunk=64)
    with shop.opened(tmp_path):
        main(["doctor", "--devices", "--json", "--data", str(tmp_path)])
    held.close()

    told = {device["device"]: device for device in json.loads(capsys.readouterr().out)["devices"]}
    assert told["display"]["state"] == "in_use"
