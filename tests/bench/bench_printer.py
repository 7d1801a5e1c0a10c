"""Printing with an acknowledgement for each line against asking how the printer is and pouring the same job out, on the
virtual printer's wire.
"""

from collections.abc import Iterable

from hardware.escpos import PROFILES, pieces
from hardware.machine import Machine
from hardware.printer import SerialPrinter
from hardware.virtual_printer import VirtualPrinter
from pos_app.loyalty.paper import Cut
from tests.bench.bench_slip import text_slip
from tests.bench.table import Row, interleaved

PATIENCE_S = 30.0
USB_LATENCY_S = 0.016
"""How long the common USB adapters keep an answer for themselves."""
SLIP = pieces((*text_slip(), Cut()), PROFILES["epson-tm-t20"])


def rows() -> Iterable[Row]:
    """Until the last row is on paper."""
    for baud, row_s, late_s, what, budget in (
        (9_600, 0.0, 0.0, "9 600 baud", 1.3),
        (115_200, 0.0, 0.0, "115 200 baud", 1.3),
        (115_200, 0.0, USB_LATENCY_S, "115 200 baud, answers 16 ms late", 1.5),
        (115_200, 0.025, USB_LATENCY_S, "115 200 baud, answers 16 ms late, 25 ms a row", 1.3),
    ):
        yield _row(baud, row_s, late_s, f"a slip of 20 lines, each acknowledged; {what}", budget)


def _row(baud: int, row_s: float, late_s: float, what: str, budget: float) -> Row:
    with VirtualPrinter(Machine(), baud=baud, row_s=row_s) as virtual:
        virtual.late_s = late_s
        printer = SerialPrinter(virtual.path, baud=baud, acknowledges="process_id")

        def prints(acknowledges: bool) -> None:
            wanted = len(virtual.rows()) + len(SLIP)
            if not acknowledges:
                assert printer.status() is not None
                printer.talks = False
            assert printer.send(SLIP) == ("printed" if acknowledges else "unknown")
            assert virtual.wait_for(lambda machine: len(machine.rows) >= wanted, PATIENCE_S)
            printer.talks = True

        try:
            return interleaved(what, lambda: prints(True), lambda: prints(False), budget=budget, rounds=9, warm_up=1)
        finally:
            printer.close()
