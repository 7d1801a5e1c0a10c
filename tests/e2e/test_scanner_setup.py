"""A scanner is set up on a real display: xdotool is the scanner, the X server's layout what the shop has."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.scanner_trial import CODES
from pos_app import settings, texts
from tests.helpers.xscreen import PATIENCE_S, XScreen

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def screen() -> Iterator[XScreen]:
    with XScreen() as made:
        yield made


class Setup:
    """The program; what it says is waited for."""

    def __init__(self, screen: XScreen, folder: Path, language: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/helpers/setup_probe.py"), str(folder), language],
            env=screen.environment | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self) -> tuple[str, object]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the program ended"
        ((name, value),) = json.loads(line).items()
        return name, value

    def close(self) -> int:
        assert self.process.stdout
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        return code


def _set_layout(screen: XScreen, layout: str, variant: str) -> None:
    """The server forgets it when its last window has gone."""
    command = ["setxkbmap", "-layout", layout, "-variant", variant]
    subprocess.run(command, env=screen.environment, check=True, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("layout", "variant", "language", "found"),
    [
        ("bg", "", "bg", "layout"),
        ("bg", "phonetic", "bg", "layout"),
        ("ir", "", "fa", "layout_digits"),
        ("bg", "bas_phonetic", "bg", "layout"),
        ("si", "", "sl", "layout"),
        ("us", "", "en", "prefix"),
    ],
)
def test_a_scanner_is_set_up_in_every_layout(
    screen: XScreen, tmp_path: Path, layout: str, variant: str, language: str, found: str
) -> None:
    setup = Setup(screen, tmp_path, language)
    try:
        screen.wait_for_window(texts.words(language).say("wizard.title"))
        assert setup.says() == ("step", 1)
        _set_layout(screen, layout, variant)
        for number, code in enumerate(CODES, start=2):
            screen.scan(f"%{code.text}")
            if number <= len(CODES):
                assert setup.says() == ("step", number)
        name, findings = setup.says()
        assert name == "found"
        assert isinstance(findings, list)
        assert {found, "prefix", "end_enter"} <= set(findings)
        screen.press("Return")
        assert setup.says() == ("end", 0)
    finally:
        setup.process.terminate()
        setup.close()
    kept = settings.load(tmp_path)
    assert kept.scanner.prefix == "%"
    assert not kept.scanner.by_layout


def test_esc_leaves_and_keeps_nothing(screen: XScreen, tmp_path: Path) -> None:
    setup = Setup(screen, tmp_path, "en")
    screen.wait_for_window(texts.words("en").say("wizard.title"))
    assert setup.says() == ("step", 1)
    screen.press("Escape")
    assert setup.says() == ("end", 0)
    assert setup.close() == 0
    assert list(tmp_path.iterdir()) == []
