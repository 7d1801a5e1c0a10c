"""A keyboard wedge on a real display: xdotool presses the keys, the X server's layout is what it likes.

The settings here are slower than the till's, so that a busy machine, which may take its time between two keys,
is no part of what is tested; the till's own figures are tested elsewhere, with the times of the keys given.
"""

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.strokes import ENTER, KEYPAD_ENTER, KEYS

CARD = "2912345678906"
EVERY_SIGN = "29Shop-0012/aZyx#%+*:;\"'[]{}()<>_~`|\\.,?!@$^&="
ALT = "64"
KEYPAD = ("90", "87", "88", "89", "83", "84", "85", "79", "80", "81")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
POPUPS = {
    "list": "QComboBoxPrivateContainerClassWindow",
    "menu": "QMenuClassWindow",
    "box": "QMessageBoxClassWindow",
}
AS_SCANNER = {"gap_max_ms": 3000, "gap_mean_max_ms": 2000, "terminator_wait_ms": 3000}
AS_STUMBLING = {"gap_max_ms": 400, "gap_mean_max_ms": 400}
AS_TYPIST = {"length_min": 400}


class Display:
    """An X server without a screen, and the keyboard on it."""

    def __init__(self, number: str) -> None:
        self.environment = {
            **os.environ,
            "DISPLAY": f":{number}",
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *command: str) -> None:
        subprocess.run(command, env=self.environment, check=True, timeout=PATIENCE_S)

    def layout(self, layout: str, variant: str = "") -> None:
        self.run("setxkbmap", "-layout", layout, "-variant", variant)

    def scan(self, *codes: str, delay_ms: int = 5) -> None:
        """Each code on the keys of a US keyboard, with Enter."""
        self.run("xdotool", "key", "--delay", str(delay_ms), *(key for code in codes for key in _keys(code)))

    def scan_by_numbers(self, code: str) -> None:
        """A code with Enter, each character as Alt and its number on the keypad."""
        keys = [
            ["keydown", ALT, "key", "--delay", "1", *(KEYPAD[int(digit)] for digit in f"0{ord(sign)}"), "keyup", ALT]
            for sign in code + "\r"
        ]
        self.run("xdotool", *(word for words in keys for word in words))

    def scan_on_keypad(self, code: str) -> None:
        """Digits on the keypad with its Enter."""
        self.run("xdotool", "key", "--delay", "5", *(KEYPAD[int(digit)] for digit in code), str(KEYPAD_ENTER))

    def press(self, *names: str) -> None:
        self.run("xdotool", "key", *names)

    def type(self, text: str, delay_ms: int) -> None:
        self.run("xdotool", "type", "--delay", str(delay_ms), text)


def _keys(code: str) -> list[str]:
    keys = [KEYS[character] for character in code]
    return [f"shift+{number}" if shift else str(number) for number, shift in keys] + [str(ENTER)]


class Probe:
    """The program with the window; everything that it said so far is in `said`."""

    def __init__(self, display: Display, settings: dict[str, int], **variables: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/helpers/wedge_probe.py"), json.dumps(settings)],
            env=display.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.said: list[tuple[str, object]] = []

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def expect(self, name: str, value: object = None) -> list[tuple[str, object]]:
        """Wait until the program says `name` (with `value`); returns what it said before that."""
        before: list[tuple[str, object]] = []
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise AssertionError(f"{name} was expected; the program said {before}.") from None
            assert line is not None, f"The program ended while {name} was expected; it said {before}."
            ((said, what),) = json.loads(line).items()
            if said == name and value in (None, what):
                return before
            before.append((said, what))

    def order(self, order: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        assert self._process.wait(PATIENCE_S) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    for program in ("Xvfb", "xdotool", "setxkbmap"):
        assert shutil.which(program), f"{program} is missing; `make setup` installs it."
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    try:
        assert number, "Xvfb did not start."
        yield Display(number)
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _started(display: Display, settings: dict[str, int], **variables: str) -> Iterator[Probe]:
    probe = Probe(display, settings, **variables)
    probe.expect("focus")
    yield probe
    probe.close()


@pytest.fixture(scope="module")
def scanner_probe(display: Display) -> Iterator[Probe]:
    yield from _started(display, AS_SCANNER)


@pytest.fixture(params=["", "1"], ids=["GLib", "no GLib"])
def stumbling_probe(display: Display, request: pytest.FixtureRequest) -> Iterator[Probe]:
    """Qt has two event loops, and they look at timers and keys in different orders."""
    display.layout("us")
    yield from _started(display, AS_STUMBLING, QT_NO_GLIB=request.param)


@pytest.fixture
def typist_probe(display: Display) -> Iterator[Probe]:
    display.layout("us")
    yield from _started(display, AS_TYPIST)


@pytest.fixture
def probe(display: Display, scanner_probe: Probe) -> Iterator[Probe]:
    """The window with an empty line edit in focus, on a US keyboard."""
    display.layout("us")
    for order in ("clear", "edit"):
        scanner_probe.order(order)
        scanner_probe.expect("done", order)
    yield scanner_probe
    display.layout("us")


@pytest.mark.parametrize("caps_lock", [False, True], ids=["", "Caps Lock"])
@pytest.mark.parametrize(("layout", "variant"), [("us", ""), ("bg", ""), ("bg", "phonetic"), ("ir", ""), ("si", "")])
def test_the_text_is_exact_in_every_layout(
    display: Display, probe: Probe, layout: str, variant: str, caps_lock: bool
) -> None:
    display.layout(layout, variant)
    if caps_lock:
        display.press("66")
    try:
        display.scan(EVERY_SIGN)
        assert probe.expect("scan", EVERY_SIGN) == []
        display.type(CARD + "\n", delay_ms=5)
        assert probe.expect("scan", CARD) == []
    finally:
        if caps_lock:
            display.press("66")


@pytest.mark.parametrize("num_lock", [False, True], ids=["", "Num Lock"])
@pytest.mark.parametrize("layout", ["us", "bg", "ir"])
def test_digits_and_numbers_of_characters_on_the_keypad_are_codes(
    display: Display, probe: Probe, layout: str, num_lock: bool
) -> None:
    display.layout(layout)
    if num_lock:
        display.press("77")
    try:
        display.scan_on_keypad(CARD)
        assert probe.expect("scan", CARD) == []
        display.scan_by_numbers(EVERY_SIGN)
        assert probe.expect("scan", EVERY_SIGN) == []
    finally:
        if num_lock:
            display.press("77")


@pytest.mark.parametrize("focus", ["edit", "button"])
def test_a_scan_presses_and_fills_nothing(display: Display, probe: Probe, focus: str) -> None:
    probe.order(focus)
    probe.expect("done", focus)
    display.scan(CARD, "MARK-1")
    assert probe.expect("scan", "MARK-1") == [("scan", CARD)]


@pytest.mark.parametrize("popup", POPUPS)
def test_a_scan_leaves_what_is_open_as_it_is(display: Display, probe: Probe, popup: str) -> None:
    probe.order(popup)
    if ("focus", POPUPS[popup]) not in probe.expect("done", popup):
        probe.expect("focus", POPUPS[popup])
    display.scan(CARD, "MARK-2")
    assert probe.expect("scan", "MARK-2") == [("scan", CARD)]
    probe.order("close")
    assert probe.expect("still open") == []
    probe.expect("focus", "DeskClassWindow")


def test_fifty_codes_a_second_are_all_read(display: Display, probe: Probe) -> None:
    codes = [f"29{number:011}" for number in range(150)]
    display.scan(*codes, delay_ms=1)
    assert probe.expect("scan", codes[-1]) == [("scan", code) for code in codes[:-1]]


def test_a_window_that_hung_meanwhile_reads_the_same_in_the_same_order(display: Display, probe: Probe) -> None:
    probe.order("button")
    probe.expect("done", "button")
    probe.order("sleep")
    probe.expect("asleep")
    display.scan(CARD, "96385074")
    display.press("F10")
    probe.order("wake")
    happened = probe.expect("key", "F10")
    assert [event for event in happened if event[0] != "done"] == [("scan", CARD), ("scan", "96385074")]


def test_a_window_that_hangs_amid_a_code_takes_no_part_of_it_for_typing(
    display: Display, stumbling_probe: Probe
) -> None:
    probe = stumbling_probe
    probe.order("stumble")
    probe.expect("done", "stumble")
    display.scan(CARD)
    assert probe.expect("scan", CARD) == []


def test_typing_arrives_intact_and_in_order(display: Display, typist_probe: Probe) -> None:
    probe = typist_probe
    display.type("The 3 quick brown foxes", delay_ms=8)
    display.press("BackSpace", "BackSpace", "F10")
    happened = probe.expect("key", "F10")
    assert happened[-1] == ("edit", "The 3 quick brown fox")
    assert happened[-3] == ("edit", "The 3 quick brown foxes")
    assert {name for name, _ in happened} == {"edit"}


def test_a_person_may_type_characters_by_their_numbers(display: Display, typist_probe: Probe) -> None:
    display.scan_by_numbers("Ab")
    assert typist_probe.expect("edit", "Ab") == [("edit", "A")]


def test_a_persons_enter_presses_the_button(display: Display, typist_probe: Probe) -> None:
    probe = typist_probe
    probe.order("button")
    probe.expect("done", "button")
    display.press("Return")
    assert probe.expect("click", True) == []
