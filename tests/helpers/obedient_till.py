"""A till that does what it is told by lines, as a cashier would do it, and says what came of it: it can be killed.

    python -m tests.helpers.obedient_till FOLDER PRINTER STAFF_CARD < ORDERS

It is the whole application, without a screen; its window gets the keys that a scanner and a cashier would press. Until
the next order it stands still, the printer too. Orders, and what is said once each has been carried out:

    scan CODE      basket STEPS   a card or goods; so many of both and of rewards are in the basket
    board PLACE    basket STEPS   the reward at this place of the board, counted from 0
    complete       beeped SLIP    the window has said that the sale is accepted
    print          printed        nothing waits for the printer or for an answer any more
    close          closed         the till is closed in order; the end of the orders does the same

Besides: `ready` once somebody is signed in, `asked SLIP` when the till asked whether a slip is whole and was told to
print a copy (`asked` alone: which slips are still wanted, and was told all), `log ...` for every record of level
WARNING and above.
"""

import logging
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from pos_app import shop
from pos_app.device_settings import PrinterSettings
from pos_app.settings import Settings
from tests.helpers.window_keys import Keyboard
from ui import theme
from ui.app import TillApp

KEY = Qt.Key
HAND_MS = 5
"""A key that comes again sooner is taken for one that is held down."""


def say(*words: object) -> None:
    print(*words, flush=True)


def turn(*, wait: bool = False) -> None:
    """Let the window do what is due: timers, paint, the printer."""
    every = QEventLoop.ProcessEventsFlag.AllEvents
    QCoreApplication.processEvents(every | QEventLoop.ProcessEventsFlag.WaitForMoreEvents if wait else every)


class Cashier:
    """Works at the window, and looks behind it only to say what there is."""

    def __init__(self, running: TillApp) -> None:
        self._running = running
        self._till = running.till
        self._keyboard = Keyboard()
        self._accepted = 0
        running.window.accepted.connect(self._hear)

    def sign_in(self, staff_card: str) -> None:
        while QApplication.focusWindow() is None:
            turn(wait=True)
        self._keyboard.scan(staff_card)
        say("ready")

    def obey(self, order: str) -> None:
        self._answer()
        before = self._accepted
        if order == "print":
            self._print()
            return
        self._do(order)
        while self._accepted == before and self._running.window.page.alarm is not None:
            self._answer()  # the question about a slip came first, and what was done then does not count
            self._do(order)
        assert self._accepted == before + 1, f"{order}: {self._running.window.page.foot.message.text()}"
        say(*(("beeped", self._till.store.last_slip()) if order == "complete" else ("basket", self._steps())))
        if order.startswith("board"):
            self._keyboard.press(KEY.Key_Escape)

    def _do(self, order: str) -> None:
        match order.split():
            case ["complete"]:
                self._keyboard.press(KEY.Key_F10)
            case ["board", place]:
                self._keyboard.press(KEY.Key_F5, *[KEY.Key_Down] * int(place), KEY.Key_Return)
            case ["scan", code]:
                self._keyboard.scan(code)

    def _hear(self) -> None:
        self._accepted += 1

    def _steps(self) -> int:
        basket = self._till.basket
        goods = sum(line.quantity_milli for line in basket.lines) // 1000
        return goods + sum(swap.quantity for swap in basket.swaps) + (basket.card is not None)

    def _print(self) -> None:
        while self._till.store.jobs("queued", "sending", "unsure"):
            turn(wait=True)
            self._answer()
        say("printed")

    def _answer(self) -> None:
        """Have a copy printed of each slip that the till is not sure of, and all that have waited long."""
        page = self._running.window.page
        while page.alarm is not None:
            shown = page.alarm.findChild(QLabel, "alarm_shown")
            assert isinstance(shown, QLabel)
            asked = shown.text()
            self._keyboard.press(*[KEY.Key_Right] * len(page.alarm.buttons), KEY.Key_Return)  # the last answer
            say("asked", asked)


def main() -> None:
    folder, printer, staff_card = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="log %(levelname)s %(name)s: %(message)s")
    qt = QApplication(["pos-app"])
    theme.apply(qt)
    with shop.opened(Path(folder)) as opened:
        running = TillApp(opened._replace(settings=Settings(printer=PrinterSettings(path=printer))), {})
        running.show()
        cashier = Cashier(running)
        cashier.sign_in(staff_card)
        for line in sys.stdin:
            if line.strip() == "close":
                break
            QTest.qWait(HAND_MS)
            cashier.obey(line.strip())
        running.stop()
    say("closed")


if __name__ == "__main__":
    main()
