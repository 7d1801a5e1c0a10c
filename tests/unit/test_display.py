"""The customer's line display: its bytes, and a display that comes, goes and comes back."""

import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.display import DisplayState, LineDisplay, beginning, frame, pair, sets
from hardware.virtual_display import UNKNOWN, Screen, VirtualDisplay
from pos_app.device_settings import DISPLAY_COMMANDS, DISPLAY_PAGES, DisplayCommands

SOON_S = 5.0


@pytest.mark.parametrize("commands", DISPLAY_COMMANDS)
def test_two_lines_in_its_page(commands: DisplayCommands) -> None:
    screen = Screen()
    screen.receive(beginning(commands, "cp1251"))
    assert screen.lines == ("", "")
    for above, below in (("Прясно мляко  1,20 €", "Общо          1,20 €"), ("КООП", "")):
        screen.receive(frame(above, below, commands=commands, columns=20, code_page="cp1251"))
        assert screen.lines == (above, below)


def test_the_very_bytes() -> None:
    assert beginning("cd5220", "cp866") == b"\x1b@\x0c\x1b_\x00"
    assert beginning("epson", "cp866") == b"\x1b@\x0c\x1f\x01\x1fC\x00\x1bt\x11"
    assert beginning("epson", "cp1251") == b"\x1b@\x0c\x1f\x01\x1fC\x00"  # a page with a number of each maker's own
    assert frame("Тест", "1", commands="cd5220", columns=8, code_page="cp866") == (
        b"\x1bQA\x92\xa5\xe1\xe2    \r\x1bQB1       \r"
    )
    assert frame("a", "b", commands="epson", columns=8, code_page="cp866") == (
        b"\x1f$\x01\x01a       \x1f$\x01\x02b       "
    )


def test_the_right_part_stands_whole() -> None:
    assert pair("Прясно мляко", "1,20 €", 20, "cp1251") == "Прясно мляко  1,20 €"
    assert pair("Кисело мляко Верея 3,6%", "1\u202f234,56 €", 20, "cp1251") == "Кисело мл 1\u00a0234,56 €"
    assert pair("Общо", "9" * 30, 20, "cp1251") == "9" * 20
    assert pair("Total", "1,20 €", 20, "cp866") == "Total       1,20 EUR"


def test_a_page_sets_some_languages() -> None:
    assert [language for language in ("bg", "en", "sl", "fa") if sets(language, "cp1251")] == ["bg", "en"]
    assert [language for language in ("bg", "en", "sl", "fa") if sets(language, "cp852")] == ["en", "sl"]
    assert all(sets("en", page) and not sets("fa", page) for page in DISPLAY_PAGES)


texts = st.text(max_size=60) | st.text(st.sampled_from("абв €№\x00\x0c\x1b\x1f\r\n\u202f123"), max_size=40)


@given(texts, texts, st.sampled_from(DISPLAY_COMMANDS), st.integers(8, 40), st.sampled_from(DISPLAY_PAGES))
def test_no_name_commands_the_display(
    above: str, below: str, commands: DisplayCommands, columns: int, page: str
) -> None:
    screen = Screen(columns, page)
    screen.receive(beginning(commands, page))
    sent = frame(above, below, commands=commands, columns=columns, code_page=page)
    for byte in sent:  # however it comes
        screen.receive(bytes([byte]))
    whole = Screen(columns, page)
    whole.receive(beginning(commands, page) + sent)
    assert screen.lines == whole.lines
    assert UNKNOWN not in "".join(screen.lines)
    assert len(sent) == 8 + 2 * columns


@given(st.lists(st.binary(max_size=9) | st.sampled_from([b"\x1bQA", b"\x1f$", b"\x1b@", b"\r", b"\x0c"]), max_size=30))
def test_the_virtual_display_survives_any_bytes(pieces: list[bytes]) -> None:
    at_once, bit_by_bit = Screen(), Screen()
    at_once.receive(b"".join(pieces))
    for piece in pieces:
        for byte in piece:
            bit_by_bit.receive(bytes([byte]))
    assert at_once.lines == bit_by_bit.lines


class States:
    """What a display says of itself, and a way to wait for it."""

    def __init__(self) -> None:
        self.seen: list[DisplayState] = []
        self._changed = threading.Condition()

    def add(self, state: DisplayState) -> None:
        assert state in get_args(DisplayState)
        with self._changed:
            self.seen.append(state)
            self._changed.notify_all()

    def wait_for(self, state: DisplayState) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.seen[-1:] == [state], SOON_S), self.seen


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """Where the display is plugged in, and may be again."""
    return tmp_path / "ttyUSB0"


@pytest.fixture
def states() -> States:
    return States()


@pytest.fixture
def display(port: Path, states: States) -> Iterator[LineDisplay]:
    shown = LineDisplay(str(port), retry_s=0.02, on_state=states.add)
    yield shown
    shown.close()


@contextmanager
def plugged_in(port: Path) -> Iterator[VirtualDisplay]:
    """A display at the port; its place is gone before it is, since the system may give its terminal to others."""
    with VirtualDisplay() as plugged:
        port.symlink_to(plugged.path)
        yield plugged
        port.unlink()


def test_shows_the_last_lines_when_it_comes_and_when_it_comes_back(
    display: LineDisplay, port: Path, states: States
) -> None:
    display.show("first", "")
    display.show("КООП", "Общо  1,20 €")
    states.wait_for("missing")
    with plugged_in(port) as plugged:
        assert plugged.wait_for(lambda lines: lines == ("КООП", "Общо  1,20 €"), SOON_S)
        states.wait_for("ready")
        display.show("Хляб", "")
        assert plugged.wait_for(lambda lines: lines == ("Хляб", ""), SOON_S)
    states.wait_for("gone")
    display.show("Мляко", "")
    with plugged_in(port) as plugged:
        assert plugged.wait_for(lambda lines: lines == ("Мляко", ""), SOON_S)
        states.wait_for("ready")
    states.wait_for("gone")
    assert states.seen == ["missing", "ready", "gone", "ready", "gone"]


def test_what_was_shown_last_stays(port: Path) -> None:
    with plugged_in(port) as plugged:
        shown = LineDisplay(str(port))
        shown.show("bye", "")
        shown.close()
        assert shown.state == "ready"
        assert plugged.wait_for(lambda lines: lines == ("bye", ""), SOON_S)


def test_one_that_is_in_use_waits_for_it(display: LineDisplay, port: Path, states: States) -> None:
    from serial import Serial

    with plugged_in(port) as plugged, Serial(plugged.path, exclusive=True) as other:
        states.wait_for("busy")
        display.show("free", "")
        other.close()
        assert plugged.wait_for(lambda lines: lines == ("free", ""), SOON_S)


def test_a_file_is_no_display(display: LineDisplay, port: Path, states: States) -> None:
    port.write_text("no port")
    states.wait_for("error")


def test_one_that_takes_nothing_keeps_nobody_waiting(
    port: Path, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.display._WRITE_S", 0.05)
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(slave, False)
    with suppress(BlockingIOError):
        while os.write(slave, b"x" * 1024):
            pass
    port.symlink_to(os.ttyname(slave))
    shown = LineDisplay(str(port), retry_s=0.02, on_state=states.add)
    shown.show("a", "b")
    states.wait_for("error")
    shown.close()
    os.close(slave)
    os.close(master)


def test_none_is_none() -> None:
    shown = LineDisplay("")
    shown.show("a", "b")
    assert shown.state == "none"
    shown.close()
