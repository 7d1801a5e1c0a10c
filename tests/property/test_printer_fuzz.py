"""Whatever bytes come from a printer: nothing breaks, hangs, grows, or is taken for an acknowledgement.

So many messages as PRINTER_MESSAGES says; `make printer-days` sends a million each to the reader of answers and to the
printer's port, through a pseudo-terminal.
"""

import os
import random
import select
import threading
import time
import tracemalloc
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from hardware.answers import Acknowledgement, Answers, AutomaticStatus, PowerOn, RealTimeStatus
from hardware.escpos import PROFILES, pieces
from hardware.printer import PrinterTrouble, SerialPrinter
from pos_app.loyalty.paper import Cut, Text

MESSAGES = int(os.environ.get("PRINTER_MESSAGES", "30000"))
GROWTH_MOST = 256 * 1024
CALL_MOST_S = 20.0
"""A call's own time-outs are far below a second; this is for a machine that does other things, too."""
LONGEST_ANSWER = 7
SLIP = pieces((Text("КООП"), Text("Хляб"), Cut()), PROFILES["epson-tm-t20"])
TRUE = (
    *[b"\x12"] * 30,  # all is well: otherwise no job would be begun
    b"\x1a",
    b"\x32",
    b"\x7e",
    b"\x00",
    b"\x0f",
    b"\x10\x00\x00\x0f",
    b"\x38\x08\x0f\x0f",
    b"\x37\x220123\x00",
    b"\x37\x22zZ09\x00",
    b"\x3b\x31\x00",
    b"\x11",
    b"\x13",
)


def messages(seed: int) -> Iterator[bytes]:
    """Without end: true ones, true ones with bytes changed, lost, doubled or put in, and any bytes."""
    chance = random.Random(seed)
    while True:
        message = bytearray(chance.choice(TRUE))
        for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 5))):
            at = chance.randrange(len(message) + 1)
            match chance.randrange(4):
                case 0:
                    message[at : at + 1] = chance.randbytes(1)
                case 1:
                    del message[at : at + 1]
                case 2:
                    message[at:at] = message[at : at + 2]
                case _:
                    message[at:at] = chance.randbytes(chance.randint(1, 6))
        yield bytes(message) if chance.random() < 0.9 else chance.randbytes(chance.randint(1, 16))


@contextmanager
def no_growth() -> Iterator[None]:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < GROWTH_MOST, f"{grown} bytes more after {MESSAGES} messages"


def test_the_reader_of_answers_survives_all_of_them() -> None:
    answers, source = Answers(), messages(1)
    kinds: set[type] = set()
    with no_growth():
        for _ in range(MESSAGES):
            kinds.update(map(type, answers.feed(next(source))))
            assert len(answers._bytes) < LONGEST_ANSWER
    assert kinds == {RealTimeStatus, AutomaticStatus, Acknowledgement, PowerOn}
    answers.feed(b"\xff" * LONGEST_ANSWER)
    assert answers.feed(b"\x12") == [RealTimeStatus(0x12)]


class Babbler:
    """A pseudo-terminal on which somebody says all these messages as fast as they are taken, and listens to nothing."""

    def __init__(self, count: int) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self.slave)
        self.said = 0
        self._count = count
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._babble, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return self.said >= self._count

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.slave)

    def _babble(self) -> None:
        source, waiting = messages(2), b""
        while not self._ends.is_set():
            if not waiting and not self.is_done:
                batch = [next(source) for _ in range(50)]
                waiting, self.said = b"".join(batch), self.said + len(batch)
            readable, writable, _ = select.select([self.master], [self.master] if waiting else [], [], 0.05)
            if readable:
                os.read(self.master, 65536)
            if writable:
                waiting = waiting[os.write(self.master, waiting) :]


def test_the_port_survives_all_of_them_and_takes_none_for_an_acknowledgement() -> None:
    babbler = Babbler(MESSAGES)
    printer = SerialPrinter(
        babbler.path, acknowledges="process_id", probe_s=0.02, poll_s=0.02, confirm_s=0.06, write_timeout_s=0.1
    )
    calls: dict[str, int] = {}
    try:
        printer.open()
        with no_growth():
            while not babbler.is_done:
                begun_s = time.monotonic()
                result = _said(printer, job=sum(calls.values()) % 3 > 0)
                calls[result] = calls.get(result, 0) + 1
                assert time.monotonic() - begun_s < CALL_MOST_S
    finally:
        printer.close()
        babbler.close()
    print(babbler.said, "messages,", calls)
    assert "printed" not in calls
    assert len(calls) > 1, "they have got it into more than one state"


def _said(printer: SerialPrinter, *, job: bool) -> str:
    """What came of a call."""
    try:
        if job:
            return printer.send(SLIP)
        status = printer.status()
        return "silent" if status is None else f"status {status.trouble}"
    except PrinterTrouble as trouble:
        return trouble.code
