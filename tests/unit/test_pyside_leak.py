"""PySide6 6.12.0 on Python 3.11 gives back a reference to None that it never took, at every void call."""

import subprocess
import sys

CALLS = """
from PySide6.QtGui import QImage

image = QImage(8, 8, QImage.Format.Format_Mono)
for _ in range(300_000):
    image.fill(0)
print("alive")
"""


def test_a_day_of_void_calls_does_not_use_up_none() -> None:
    command = [sys.executable, "-c", CALLS]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert (child.returncode, child.stdout, child.stderr) == (0, "alive\n", "")
