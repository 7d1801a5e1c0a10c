"""A real X server without a screen or a window manager, and the one keyboard on it."""

import os
import shutil
import subprocess
from types import TracebackType
from typing import Self

from tests.helpers.strokes import ENTER, KEYS

PATIENCE_S = 60


class XScreen:
    """Programs that are started with its `environment` are seen on it and get what is typed."""

    def __init__(self, size: str = "1366x768") -> None:
        for program in ("Xvfb", "xdotool"):
            assert shutil.which(program), f"{program} is missing; `make setup-test` installs it."
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb did not start."
        self.environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait(PATIENCE_S)

    def press(self, *names: str) -> None:
        """Keys by their names, one after the other."""
        self._xdotool("key", *names)

    def scan(self, *codes: str, delay_ms: int = 4) -> None:
        """Each code on the keys of a US keyboard, with Enter, as fast as a scanner types."""
        self._xdotool("key", "--delay", str(delay_ms), *(key for code in codes for key in _keys(code)))

    def wait_for_window(self, title: str) -> None:
        """Wait until a window of this title is to be seen, and give it the keyboard."""
        window = self._xdotool("search", "--sync", "--onlyvisible", "--name", f"^{title}$").splitlines()[0]
        self._xdotool("windowfocus", "--sync", window)

    def _xdotool(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self.environment, check=True, timeout=PATIENCE_S, stdout=subprocess.PIPE, text=True
        ).stdout


def _keys(code: str) -> list[str]:
    keys = [KEYS[character] for character in code]
    return [f"shift+{number}" if shift else str(number) for number, shift in keys] + [str(ENTER)]
