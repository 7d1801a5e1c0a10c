"""A scanner on a serial line, which a pseudo-terminal stands in for."""

import errno
import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware import ports
from hardware.ports import Port
from hardware.scanner import Read, Scan, Swallowed
from hardware.scanner_settings import ScannerSettings
from hardware.serial_line import SerialLine, opening_trouble
from hardware.serial_scanner import ScannerState, SerialScanner
from tests.helpers.cable import Cable

PATIENCE_S = 20
CARD = "2912345678906"


class Heard:
    """A scanner, and what it has said so far."""

    def __init__(self, path: str, settings: ScannerSettings | None = None) -> None:
        self._reads: queue.Queue[Read] = queue.Queue()
        self._states: queue.Queue[ScannerState] = queue.Queue()
        self.scanner = SerialScanner(path, self._reads.put, self._states.put, settings=settings, retry_s=0.02)
        self.scanner.start()

    def read(self) -> Read:
        return self._reads.get(timeout=PATIENCE_S)

    def state(self) -> ScannerState:
        return self._states.get(timeout=PATIENCE_S)

    @property
    def is_silent(self) -> bool:
        return self._reads.empty()


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    made = Cable(tmp_path / "scanner")
    made.plug_in()
    yield made
    made.pull_out()


Listening = Callable[..., Heard]


@pytest.fixture
def listen(cable: Cable) -> Iterator[Listening]:
    heard: list[Heard] = []

    def listening(path: str = "", settings: ScannerSettings | None = None) -> Heard:
        heard.append(Heard(path or str(cable.path), settings))
        return heard[-1]

    yield listening
    for one in heard:
        one.scanner.stop()
        assert one.scanner.state == "none"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b""], ids=["CR", "LF", "CR LF", "none"])
def test_codes_are_read_whatever_ends_them(cable: Cable, listen: Listening, end: bytes) -> None:
    heard = listen()
    assert heard.state() == "ready"
    for code in (CARD, "96385074"):
        cable.send(code.encode() + end)
        assert heard.read() == Scan(code, "serial")


def test_frame_and_identifier_are_taken_off(cable: Cable, listen: Listening) -> None:
    heard = listen(settings=ScannerSettings(prefix="\x02", suffix="\x03"))
    assert heard.state() == "ready"
    cable.send(b"\x02]E0" + CARD.encode() + b"\x03\x0242\x03")
    assert [heard.read(), heard.read()] == [Scan(CARD, "serial", "]E0"), Scan("42", "serial")]


def test_a_code_in_pieces_is_one_code(cable: Cable, listen: Listening) -> None:
    heard = listen()
    assert heard.state() == "ready"
    for piece in (CARD[:5], CARD[5:9], CARD[9:], "\r"):
        cable.send(piece.encode())
    assert heard.read() == Scan(CARD, "serial")


def test_what_a_scanner_leaves_unfinished_is_refused_once_it_is_known_to_end_its_lines(
    cable: Cable, listen: Listening
) -> None:
    heard = listen()
    assert heard.state() == "ready"
    cable.send(b"96385074\r" + CARD[:6].encode())
    assert [heard.read(), heard.read()] == [Scan("96385074", "serial"), Swallowed(CARD[:6], "serial")]


def test_fifty_codes_at_once_are_all_read(cable: Cable, listen: Listening) -> None:
    heard = listen()
    assert heard.state() == "ready"
    codes = [f"29{number:011}" for number in range(50)]
    cable.send("".join(f"{code}\r\n" for code in codes).encode())
    assert [heard.read() for _ in codes] == [Scan(code, "serial") for code in codes]


def test_garbage_harms_nothing(cable: Cable, listen: Listening) -> None:
    heard = listen()
    assert heard.state() == "ready"
    cable.send(bytes(range(256)) * 4 + b"\r" + CARD.encode() + b"\r")
    last = heard.read()
    while not isinstance(last, Scan) or last.text != CARD:
        last = heard.read()


def test_a_scanner_comes_back_when_it_was_pulled_out(cable: Cable, listen: Listening) -> None:
    heard = listen()
    assert heard.state() == "ready"
    for code in ("96385074", CARD):
        cable.send(b"12345")
        cable.pull_out()
        assert heard.state() == "gone"
        cable.plug_in()
        assert heard.state() == "ready"
        cable.send(code.encode() + b"\r")
        assert heard.read() == Scan(code, "serial")


def test_a_scanner_that_is_not_there_yet_is_waited_for(cable: Cable, listen: Listening) -> None:
    cable.pull_out()
    heard = listen()
    assert heard.state() == "missing"
    cable.plug_in()
    assert heard.state() == "ready"
    cable.send(b"96385074\n")
    assert heard.read() == Scan("96385074", "serial")


def test_a_scanner_is_found_by_its_identity(cable: Cable, listen: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged: list[Port] = []
    monkeypatch.setattr(ports, "found", lambda: plugged)
    heard = listen("usb:05f9:4204:S1")
    assert heard.state() == "missing"
    plugged.append(Port(str(cable.path), "usb:05f9:4204:S1", "Scanner"))
    assert heard.state() == "ready"


def test_a_port_that_another_program_has_is_busy(cable: Cable, listen: Listening) -> None:
    other = SerialLine(str(cable.path), baud=9600, flow="none", chunk=64)
    heard = listen()
    assert heard.state() == "busy"
    other.close()
    assert heard.state() == "ready"


def test_a_path_that_is_no_port_is_an_error(tmp_path: Path, listen: Listening) -> None:
    (tmp_path / "file").touch()
    assert listen(str(tmp_path / "file")).state() == "error"


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (PermissionError(errno.EACCES, ""), "no_permission"),
        (OSError(errno.EAGAIN, ""), "busy"),
        (FileNotFoundError(errno.ENOENT, ""), "missing"),
        (ValueError("impossible speed"), "error"),
        (OSError("no number"), "error"),
    ],
)
def test_what_hinders_opening_is_known(error: OSError | ValueError, trouble: str) -> None:
    assert opening_trouble(error) == trouble
