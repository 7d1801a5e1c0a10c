"""`pos-app scanner-setup` with a wizard that also says aloud what it shows: one JSON line for each change.

Run as a program with the data folder and the language; `step` is the number of the code that is shown, `found` the
findings of the summary, `end` the exit code.
"""

import json
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent

from ui.devices import scanner_setup
from ui.devices.wizard import ScannerWizard


def say(name: str, value: object) -> None:
    print(json.dumps({name: value}), flush=True)


class TellingWizard(ScannerWizard):
    """Says what it shows once it is on the screen."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, lambda: say("step", 1))

    def _show_step(self, step: int) -> None:
        super()._show_step(step)
        if self.isVisible():
            say("step", step + 1)

    def _conclude(self) -> None:
        super()._conclude()
        assert self.verdict is not None
        say("found", [finding.code for finding in self.verdict.findings])


if __name__ == "__main__":
    say("end", scanner_setup.run(Path(sys.argv[1]), language=sys.argv[2], made=TellingWizard))
