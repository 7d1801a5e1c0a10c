"""The real serial port code against pseudo-terminals: a printer that answers, one that does not, and none."""

import os
import select
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from hardware.delivery import WINDOW
from hardware.escpos import PROFILES, pieces
from hardware.machine import Machine
from hardware.printer import PrinterTrouble, SerialPrinter
from hardware.virtual_paper import Row
from hardware.virtual_printer import VirtualPrinter
from pos_app.loyalty.paper import Cut, OpenDrawer, Pair, Qr, Text

EPSON = PROFILES["epson-tm-t20"]
SLIP = pieces((Text("КООП"), Pair("Хляб", "1,20 €"), Cut(), OpenDrawer()), EPSON)
PAPER: tuple[Row, ...] = (Row("text", "КООП"), Row("text", "Хляб" + " " * 38 + "1,20 €"), Row("cut"), Row("drawer"))
LONG = pieces(tuple(Text(f"ред {number}") for number in range(20_000)), EPSON)
BYTES = b"".join(SLIP)
CUT = (Row("cut"),)
PROBE = b"\x10\x04\x01"
PATIENT_S = 30.0  # for what does happen, however slow the machine is
SHORT_S = 0.05  # for what does not


@contextmanager
def printer(path: str | Path, **options: object) -> Iterator[SerialPrinter]:
    settings: dict[str, object] = {
        "acknowledges": "process_id",
        "probe_s": PATIENT_S,
        "confirm_s": PATIENT_S,
        "write_timeout_s": PATIENT_S,
    }
    serial_printer = SerialPrinter(path, **{**settings, **options})  # type: ignore[arg-type]
    try:
        yield serial_printer
    finally:
        serial_printer.close()


class RawPort:
    """A pseudo-terminal on which nobody answers; `close` pulls it out."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.is_open = True

    def read(self, length: int) -> bytes:
        """Exactly so many bytes of what was sent."""
        data = b""
        while len(data) < length:
            data += os.read(self.master, length - len(data))
        return data

    def is_quiet(self) -> bool:
        """Whether nothing has been sent that was not read."""
        return not select.select([self.master], [], [], 0)[0]

    def say(self, data: bytes) -> None:
        """Answer, and wait until the answer has gone through the port."""
        os.write(self.master, data + b"\x80")  # a byte that means nothing, but arrives behind what does
        assert select.select([self.slave], [], [], PATIENT_S)[0]

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            os.close(self.master)
            os.close(self.slave)


@pytest.fixture
def raw_port() -> Iterator[RawPort]:
    port = RawPort()
    yield port
    port.close()


def trouble(serial_printer: SerialPrinter, data: Sequence[bytes] = SLIP) -> tuple[str, bool]:
    """The code of the trouble that sending meets, and whether bytes of the job had left."""
    with pytest.raises(PrinterTrouble) as caught:
        serial_printer.send(data)
    assert caught.value.detail
    return caught.value.code, caught.value.begun


@pytest.mark.parametrize(("acknowledges", "confirmed"), [("process_id", "printed"), ("status", "taken")])
def test_a_printer_that_answers_confirms_each_job(acknowledges: str, confirmed: str) -> None:
    with VirtualPrinter() as virtual, printer(virtual.path, acknowledges=acknowledges) as serial_printer:
        assert serial_printer.send(SLIP) == confirmed
        assert serial_printer.talks
        assert virtual.rows() == PAPER
        assert serial_printer.send(SLIP) == confirmed
        assert virtual.rows() == PAPER * 2


def test_a_long_job_arrives_whole() -> None:
    with VirtualPrinter() as virtual, printer(virtual.path) as serial_printer:
        assert serial_printer.send(LONG) == "printed"
        assert [row.text for row in virtual.rows()] == [f"ред {number}" for number in range(20_000)]


def test_tells_what_the_printer_says_of_itself() -> None:
    with VirtualPrinter() as virtual, printer(virtual.path) as serial_printer:
        fine = serial_printer.status()
        assert fine
        assert fine.trouble is None
        with virtual.hands_on() as machine:
            machine.paper_low = True
        low = serial_printer.status()
        assert low
        assert low.paper_low
        assert low.trouble is None


@pytest.mark.parametrize("code", ["paper_out", "cover_open"])
def test_asks_before_a_job_and_sends_nothing_to_a_printer_in_trouble(code: str) -> None:
    with VirtualPrinter() as virtual, printer(virtual.path) as serial_printer:
        with virtual.hands_on() as machine:
            setattr(machine, code, True)
        assert trouble(serial_printer) == (code, False)
        with virtual.hands_on() as machine:
            setattr(machine, code, False)
        assert virtual.rows() == ()
        assert serial_printer.send(SLIP) == "printed"
        assert virtual.rows() == PAPER


@pytest.mark.parametrize(("acknowledges", "confirmed"), [("process_id", "printed"), ("status", "taken")])
def test_notices_that_the_paper_ran_out_in_the_middle(acknowledges: str, confirmed: str) -> None:
    options = {"acknowledges": acknowledges, "probe_s": 1.0}
    with VirtualPrinter() as virtual, printer(virtual.path, **options) as serial_printer:
        with virtual.hands_on() as machine:
            machine.paper_rows = 1
        assert trouble(serial_printer) == ("paper_out", True)
        assert virtual.rows() == PAPER[:1]
        with virtual.hands_on() as machine:
            machine.paper_out = False
        assert virtual.rows() == PAPER[:1], "nothing was sent ahead of the first line"
        assert serial_printer.send(SLIP) == confirmed, "the late answer for the first job was not taken for this one"
        assert virtual.rows() == PAPER[:1] + CUT + PAPER


@pytest.mark.parametrize("acknowledges", ["process_id", "status"])
@pytest.mark.parametrize("code", ["cutter", "hot", "cover_open"])
def test_tells_after_which_line_it_broke_off(acknowledges: str, code: str) -> None:
    lines = pieces(tuple(Text(f"ред {number}") for number in range(40)), EPSON)
    with VirtualPrinter() as virtual, printer(virtual.path, acknowledges=acknowledges) as serial_printer:
        with virtual.hands_on() as machine:
            machine.after_bytes(300, lambda machine: setattr(machine, code, True))
        with pytest.raises(PrinterTrouble) as caught:
            serial_printer.send(lines)
        assert (caught.value.code, caught.value.begun) == (code, True)
        done = len(virtual.rows())
        assert caught.value.done in (done - 1, done), "at most the last one is not acknowledged yet"
        assert 0 < done < 40
        with virtual.hands_on() as machine:
            setattr(machine, code, False)
        assert done < len(virtual.rows()) <= done + WINDOW, "what it had taken in comes out, and nothing more"


def test_power_lost_in_the_middle_is_off_line() -> None:
    with VirtualPrinter() as virtual, printer(virtual.path, probe_s=1.5) as serial_printer:
        serial_printer.open()
        with virtual.hands_on() as machine:
            machine.power_rows = 1
        assert trouble(serial_printer) == ("offline", True), "it answered before, so silence means something"
        assert virtual.rows() == PAPER[:1]
        assert trouble(serial_printer) == ("offline", False)
        with virtual.hands_on() as machine:
            machine.switch_on()
        assert serial_printer.send(SLIP) == "printed"
        assert virtual.rows() == PAPER[:1] + CUT + PAPER


@pytest.mark.parametrize("lost", [100, 150, 300])
def test_power_that_is_back_at_once_does_not_hide_the_lines_that_it_took(lost: int) -> None:
    lines = pieces(tuple(Text(f"ред {number}") for number in range(40)), EPSON)
    with VirtualPrinter() as virtual, printer(virtual.path, probe_s=SHORT_S, poll_s=SHORT_S) as serial_printer:
        serial_printer.open()
        with virtual.hands_on() as machine:
            machine.after_bytes(500, lambda machine: machine.blink(lost))
        code, begun = trouble(serial_printer, lines)
        assert (code in ("interrupted", "offline"), begun) == (True, True)
        with virtual.hands_on() as machine:
            machine.switch_on()
        assert serial_printer.send(SLIP) == "printed"
        assert virtual.rows()[-len(PAPER) - 1 :] == CUT + PAPER


def test_a_printer_that_tells_when_it_is_switched_on_hides_not_even_a_torn_line() -> None:
    lines = pieces(tuple(Text(f"ред {number} {'x' * 30}") for number in range(20)), EPSON)
    with VirtualPrinter() as virtual, printer(virtual.path) as serial_printer:
        assert serial_printer.send(SLIP) == "printed"
        with virtual.hands_on() as machine:
            machine.tells_power_on = True
            machine.after_bytes(500, lambda machine: machine.blink(5))
        assert trouble(serial_printer, lines) == ("interrupted", True)


def test_what_the_printer_says_unasked_is_not_waited_for() -> None:
    with VirtualPrinter() as virtual, printer(virtual.path, poll_s=10 * PATIENT_S) as serial_printer:
        with virtual.hands_on() as machine:
            machine.paper_rows = 1
        begun_s = time.monotonic()
        assert trouble(serial_printer) == ("paper_out", True)
        assert time.monotonic() - begun_s < PATIENT_S


def test_a_command_that_broke_off_swallows_nothing_of_the_next_job() -> None:
    qr = pieces((Qr("X" * 300),), EPSON)
    with VirtualPrinter() as virtual:
        with printer(virtual.path) as killed:
            killed.open()
            port = os.open(virtual.path, os.O_RDWR | os.O_NOCTTY)
            os.write(port, b"".join(qr)[:100])
            os.close(port)
        with printer(virtual.path) as serial_printer:
            serial_printer.torn = max(map(len, qr))
            assert serial_printer.send(SLIP) == "printed"
        assert virtual.rows() == CUT + PAPER


def test_a_printer_known_to_talk_is_off_line_from_the_beginning(raw_port: RawPort) -> None:
    with printer(raw_port.path, probe_s=SHORT_S) as serial_printer:
        serial_printer.talks = True
        assert trouble(serial_printer) == ("offline", False)


def test_a_printer_that_answers_and_never_acknowledges_is_unknown_and_waited_for_once() -> None:
    machine = Machine()
    machine.distort = lambda answers: bytes(byte for byte in answers if byte & 0x93 == 0x12)
    with VirtualPrinter(machine) as virtual, printer(virtual.path, acknowledges="status", confirm_s=0.3) as mute:
        assert mute.send(SLIP) == "unknown"
        assert virtual.rows() == PAPER
        mute._confirm_s = PATIENT_S * 10
        assert mute.send(SLIP) == "unknown"
        assert virtual.rows() == PAPER * 2
        with virtual.hands_on() as machine:
            machine.paper_rows = 1
        assert trouble(mute) == ("paper_out", True), "it is asked how it is at the end"


def test_a_printer_that_prints_and_never_answers_is_unknown() -> None:
    machine = Machine()
    machine.silent = True
    with VirtualPrinter(machine) as virtual, printer(virtual.path, probe_s=SHORT_S) as serial_printer:
        assert serial_printer.send(SLIP) == "unknown"
        assert not serial_printer.talks
        assert serial_printer.status() is None
        assert virtual.wait_for(lambda machine: tuple(machine.rows) == PAPER, PATIENT_S)


def test_a_silent_receiver_gets_one_probe_and_then_the_jobs_alone(raw_port: RawPort) -> None:
    with printer(raw_port.path, probe_s=SHORT_S) as serial_printer:
        assert [serial_printer.send(SLIP) for _ in range(3)] == ["unknown"] * 3
    assert raw_port.read(len(PROBE) + 3 * len(BYTES)) == PROBE + 3 * BYTES
    assert raw_port.is_quiet()


def test_a_printer_that_answers_late_is_not_taken_for_silent_for_ever(raw_port: RawPort) -> None:
    with printer(raw_port.path, probe_s=SHORT_S) as serial_printer:
        serial_printer.open()
        raw_port.say(b"\x12")
        assert trouble(serial_printer) == ("offline", False)
        assert serial_printer.talks
    assert raw_port.read(len(PROBE) * 2) == PROBE * 2
    assert raw_port.is_quiet()


def test_a_dead_path_is_missing_until_there_is_a_printer(tmp_path: Path) -> None:
    path = tmp_path / "printer"
    with printer(path) as serial_printer:
        assert trouble(serial_printer) == ("missing", False)
        with VirtualPrinter() as virtual:
            path.symlink_to(virtual.path)
            assert serial_printer.send(SLIP) == "printed"
        assert trouble(serial_printer) == ("missing", False)


def test_replugging_between_two_jobs_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "printer"
    with printer(path) as serial_printer:
        for _ in range(3):
            with VirtualPrinter() as virtual:
                path.unlink(missing_ok=True)
                path.symlink_to(virtual.path)
                assert serial_printer.send(SLIP) == "printed"
                assert virtual.rows() == PAPER


def test_pulling_the_cable_in_the_middle_is_told(raw_port: RawPort) -> None:
    with printer(raw_port.path, probe_s=SHORT_S) as serial_printer, ThreadPoolExecutor(1) as worker:
        sending = worker.submit(serial_printer.send, LONG)
        raw_port.read(len(PROBE) + 1000)
        raw_port.close()
        with pytest.raises(PrinterTrouble) as caught:
            sending.result(PATIENT_S)
        assert (caught.value.code, caught.value.begun) == ("gone", True)
        assert trouble(serial_printer) == ("missing", False)


def test_pulling_the_cable_while_waiting_for_the_answer_is_told(raw_port: RawPort) -> None:
    with printer(raw_port.path, acknowledges="status") as serial_printer, ThreadPoolExecutor(1) as worker:
        sending = worker.submit(serial_printer.send, SLIP)
        for number in (1, 1, 2, 3, 4):
            assert raw_port.read(3) == b"\x10\x04" + bytes([number])
            os.write(raw_port.master, b"\x12")
        assert raw_port.read(3) == b"\x1dr\x01"
        os.write(raw_port.master, b"\x00")
        assert raw_port.read(len(SLIP[0]) + 3) == SLIP[0] + b"\x1dr\x01"
        raw_port.close()
        with pytest.raises(PrinterTrouble) as caught:
            sending.result(PATIENT_S)
        assert (caught.value.code, caught.value.begun) == ("gone", True)


def test_a_receiver_that_takes_nothing_more_is_a_write_timeout(raw_port: RawPort) -> None:
    with printer(raw_port.path, probe_s=SHORT_S, write_timeout_s=SHORT_S) as serial_printer:
        assert trouble(serial_printer, LONG * 4) == ("write_timeout", True)


def test_a_line_held_from_the_beginning_loses_no_byte(raw_port: RawPort) -> None:
    with printer(raw_port.path, flow="xonxoff", probe_s=SHORT_S, write_timeout_s=SHORT_S) as serial_printer:
        serial_printer.open()
        raw_port.say(b"\x13")
        assert serial_printer.status() is None
        assert trouble(serial_printer) == ("write_timeout", False)
        assert raw_port.read(len(PROBE)) == PROBE
        assert raw_port.is_quiet()


def test_a_printer_that_holds_the_line_gets_the_rest_when_it_lets_go() -> None:
    machine = Machine(xonxoff=True, buffer_size=64)
    machine.silent = machine.paper_out = True
    with (
        VirtualPrinter(machine) as virtual,
        printer(virtual.path, flow="xonxoff", probe_s=SHORT_S) as serial_printer,
        ThreadPoolExecutor(1) as worker,
    ):
        sending = worker.submit(serial_printer.send, LONG)
        assert virtual.wait_for(lambda machine: machine.holds_line, PATIENT_S)
        assert virtual.rows() == ()
        with virtual.hands_on() as machine:
            machine.paper_out = False
        assert sending.result(PATIENT_S) == "unknown"
        assert virtual.wait_for(lambda machine: len(machine.rows) == 20_000, PATIENT_S)
        assert [row.text for row in virtual.rows()] == [f"ред {number}" for number in range(20_000)]


def test_an_xoff_that_no_xon_follows_does_not_hold_the_till_for_ever() -> None:
    """It may be noise, or the printer has lost its power since it said so."""
    with VirtualPrinter() as virtual, printer(virtual.path, flow="xonxoff", probe_s=0.5) as serial_printer:
        assert serial_printer.send(SLIP) == "printed"
        with virtual.hands_on() as machine:
            machine.distort = lambda answers: answers + b"\x13"
        assert serial_printer.status() is None
        with virtual.hands_on() as machine:
            machine.distort = bytes
        assert serial_printer.send(SLIP) == "printed"
        assert virtual.rows() == PAPER * 2


def test_a_port_in_use_is_busy() -> None:
    with VirtualPrinter() as virtual, printer(virtual.path) as first, printer(virtual.path) as second:
        assert first.send(SLIP) == "printed"
        assert trouble(second) == ("busy", False)
        first.close()
        assert second.send(SLIP) == "printed"


def test_a_port_of_somebody_else_is_no_permission(raw_port: RawPort) -> None:
    Path(raw_port.path).chmod(0)
    user = os.geteuid()
    with printer(raw_port.path) as serial_printer:
        trouble(SerialPrinter("/nonexistent"))  # what an ordinary user may not read is imported before
        try:
            if user == 0:
                os.seteuid(65534)
            assert trouble(serial_printer) == ("no_permission", False)
        finally:
            os.seteuid(user)


@pytest.mark.parametrize("path", ["/dev/null", "/", "a\0b"])
def test_what_is_no_serial_port_is_an_error(path: str) -> None:
    with printer(path) as serial_printer:
        assert trouble(serial_printer) == ("not_serial", False)


def test_closing_twice_and_opening_again_is_fine(raw_port: RawPort) -> None:
    with printer(raw_port.path, probe_s=SHORT_S) as serial_printer:
        serial_printer.close()
        serial_printer.open()
        serial_printer.open()
        serial_printer.close()
        serial_printer.close()
        assert serial_printer.send(SLIP) == "unknown"
    assert raw_port.read(2 * len(PROBE) + len(BYTES)) == PROBE + PROBE + BYTES


def test_the_virtual_printer_hands_over_each_row_once_and_in_order() -> None:
    seen: list[Row] = []
    with VirtualPrinter(on_rows=seen.extend) as virtual, printer(virtual.path) as serial_printer:
        serial_printer.send(SLIP)
        serial_printer.send(SLIP)
    assert tuple(seen) == PAPER * 2
    virtual.close()


def test_the_virtual_printer_outlives_programs_that_come_and_go() -> None:
    with VirtualPrinter() as virtual:
        for count in (1, 2, 3):
            with printer(virtual.path) as serial_printer:
                assert serial_printer.send(SLIP) == "printed"
            assert virtual.rows() == PAPER * count


def test_the_virtual_printer_goes_on_when_nobody_reads_its_answers() -> None:
    with VirtualPrinter() as virtual:
        port = os.open(virtual.path, os.O_RDWR | os.O_NOCTTY)
        with os.fdopen(port, "wb", buffering=0) as writer:
            for _ in range(200):
                writer.write(PROBE * 1000)
            writer.write(BYTES)
            assert virtual.wait_for(lambda machine: tuple(machine.rows) == PAPER, PATIENT_S)


def test_the_virtual_printer_runs_alone_and_leaves_nothing_behind_when_killed() -> None:
    command = [sys.executable, "-m", "hardware.virtual_printer", "--columns", "48"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stdout
            path = process.stdout.readline().strip()
            with printer(path) as serial_printer:
                assert serial_printer.send(SLIP) == "printed"
                assert [process.stdout.readline() for _ in range(4)] == [
                    "КООП\n",
                    "Хляб" + " " * 38 + "1,20 €\n",
                    "- " * 24 + "\n",
                    "[drawer opens]\n",
                ]
                process.kill()
                process.wait()
                assert trouble(serial_printer) == ("missing", False)
            assert not Path(path).exists()
        finally:
            process.kill()


def test_the_virtual_printer_gets_into_trouble_by_lines_and_options(tmp_path: Path) -> None:
    link = tmp_path / "printer"
    command = [sys.executable, "-m", "hardware.virtual_printer", "--columns", "48", "--link", str(link)]
    command += ["--power-bytes", "250", "--row-ms", "1", "--baud", "115200", "--xonxoff"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        subprocess.Popen(command, text=True, encoding="utf-8", bufsize=1, **pipes) as process,  # type: ignore[call-overload]
        printer(link, probe_s=1.0, flow="xonxoff") as serial_printer,
    ):
        try:
            assert process.stdout.readline().strip() == os.path.realpath(link)
            assert trouble(serial_printer, LONG[:40]) == ("offline", True)
            process.stdin.write("nonsense\non\npaper out\n")
            assert process.stderr.readline().startswith("possible: ")
            while trouble(serial_printer) != ("paper_out", False):
                pass
            process.stdin.write("paper in\n")
            while (status := serial_printer.status()) is None or status.trouble:
                pass
            assert serial_printer.send(SLIP) == "printed"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENT_S) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
