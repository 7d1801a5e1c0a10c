"""`scan_till.py DIR`: a till at which somebody has signed in, to be scanned at by `bench_window`."""

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from db.store import NewFact
from pos_app import shop
from pos_app.loyalty.facts import Acted
from pos_app.shop import Shop
from tests.bench import stores
from tests.bench.scan_timer import ScanTimer
from ui import theme
from ui.app import TillApp

OPENING_MS = 1000


def run(opened: Shop) -> None:
    """Show the till, and wait for scans once all is loaded that is loaded after the first paint."""
    if opened.store.last_moment < stores.NOW:  # time does not go back: by then the store's cards are active
        opened.store.record([NewFact(Acted("drawer_opened"), stores.NOW)], cashier="")
    till = TillApp(opened, {})
    till.show()
    till.window.showNormal()
    till.window.resize(1366, 768)
    panel = till.window.page.customer

    def is_shown(code: str) -> bool:
        return panel.facts is not None and panel.facts.card.endswith(code[-4:])

    def go_on() -> None:
        till.till.drop_customer()
        till.window.page.refresh()

    def begin() -> None:
        staff_card = next(staff.card for staff in opened.store.staff() if staff.card)
        till.intake.inject(staff_card, "serial")
        ScanTimer(till.window.windowHandle(), panel, is_shown, go_on)

    QTimer.singleShot(OPENING_MS, begin)
    QApplication.exec()
    till.stop()


application = QApplication(["pos-app", *theme.ARGUMENTS])
theme.apply(application)
with shop.opened(Path(sys.argv[1])) as found:
    run(found)
