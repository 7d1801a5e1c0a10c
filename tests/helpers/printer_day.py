"""A day of slips on a printer that gets into every trouble, at a till that crashes; the cashier looks at the paper.

All of it is the real thing but the printer and the way to crash: a store on the disk, `Printing` and `SerialPrinter` as
they run in the till, a pseudo-terminal. A crash stops the till's own bytes at any one of them and drops what it knew.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from db.keeping import now_ms
from db.store import PrintJob, Store
from hardware.escpos import PROFILES, Acknowledges, pieces
from hardware.machine import Machine
from hardware.printer import Confirmation, PrinterTrouble, SerialPrinter
from hardware.serial_line import Flow, SerialLine
from hardware.virtual_paper import Interpreter, Row
from hardware.virtual_printer import VirtualPrinter
from pos_app import texts
from pos_app.loyalty.paper import Cut, Document, Feed, Pair, Qr, Text
from pos_app.loyalty.slip import as_copy
from pos_app.printing import RETRY_S, BacklogAnswer, Printing

Fault = Literal[
    "",
    "acknowledged at the end only",
    "tried again after it had begun",
    "unsure forgotten at the start",
    "printed on silence",
    "copies without a mark",
]
"""What may be wrong with a till on purpose, to see that such a day shows it."""

EVENTS = 24
SETTLES = 100
WAIT_S = 5.0
_COLUMNS = 48
_TROUBLES = ("paper_out", "cover_open", "cutter", "hot", "stuck", "silent", "holds")
_WORDS = texts.words("en")
_COPY = _WORDS.say("slip.copy")
_LINE = re.compile(r"s\d{3}l\d{2}")
_ECHO = re.compile(rb"\x37\x22....\x00", re.DOTALL)
_NIGHT_MS = 12 * 3600 * 1000


class Killed(BaseException):
    """The till is dead."""


class Death:
    """When the till dies: after so many more bytes; None is never."""

    def __init__(self) -> None:
        self.after_bytes: int | None = None

    def check(self) -> None:
        if self.after_bytes == 0:
            raise Killed


class MortalLine(SerialLine):
    """The real line, on which nothing leaves a till that is dead."""

    death = Death()

    def write_some(self, data: bytes, timeout_s: float) -> int:
        self.death.check()
        if self.death.after_bytes is None:
            return super().write_some(data, timeout_s)
        taken = super().write_some(data[: self.death.after_bytes], timeout_s)
        self.death.after_bytes -= taken
        self.death.check()
        return taken

    def read(self, timeout_s: float) -> bytes:
        self.death.check()
        return super().read(timeout_s)


class Result(NamedTuple):
    """What a day came to. `lost`: slips that are neither whole on paper nor kept, and nobody was told. `doubled`:
    lines that stand on paper twice without a mark. `false`: jobs called printed (or taken) that are torn.
    """

    slips: int
    asked: int
    troubles: int
    crashes: int
    lost: list[int]
    doubled: list[str]
    false: list[int]

    def is_wrong(self, acknowledges: Acknowledges) -> bool:
        """Whether the till has lied; `taken` does not claim that nothing is torn."""
        return bool(self.lost or self.doubled or (self.false and acknowledges == "process_id"))


class Faulty(SerialPrinter):
    """A printer's port with one of the faults."""

    fault: Fault = ""

    def send(self, pieces: Sequence[bytes]) -> Confirmation:
        if self.fault == "acknowledged at the end only":
            pieces = [b"".join(pieces)]
        try:
            return super().send(pieces)
        except PrinterTrouble as trouble:
            if self.fault == "printed on silence" and trouble.begun:
                return "printed"
            if self.fault == "tried again after it had begun":
                raise PrinterTrouble(trouble.code, trouble.detail, begun=False) from trouble
            raise


class Day:
    """One day, all of it by chance from `seed`."""

    def __init__(self, folder: Path, seed: int, acknowledges: Acknowledges, fault: Fault = "") -> None:
        self._chance = random.Random(seed)
        self._store = Store.open(folder, "Europe/Sofia")
        self._link = folder / "printer"
        self._acknowledges: Acknowledges = acknowledges
        self._fault: Fault = fault
        chance = self._chance
        self._flow: Flow = chance.choice(("none", "xonxoff"))
        self._machine = Machine(_COLUMNS, xonxoff=self._flow == "xonxoff", buffer_size=chance.choice([64, 4096]))
        self._row_s = 0.001 if chance.random() < 0.7 else 0.0
        self._baud = chance.choice([0, 230_400, 460_800, 921_600])
        self._port: VirtualPrinter | None = None
        self._clock_s = 0.0
        self._later_ms = 0
        self._slips: dict[int, Document] = {}
        self._asked: set[int] = set()
        self._troubles = 0
        self._crashes = 0
        MortalLine.death.after_bytes = None
        self._plug_in()
        self._printing, self._printer = self._till()

    def live(self) -> Result:
        """The day, and what it came to."""
        try:
            self._settle(lambda: self._printing.state.condition == "ready")  # they have met before
            for _ in range(EVENTS):
                self._chance.choices(
                    [self._sell, self._make_trouble, self._repair, self._crash, self._night, self._work],
                    weights=[40, 25, 20, 6, 4, 30],
                )[0]()
                self._work()
            self._repair_all()
            self._settle(lambda: not self._store.jobs("queued", "sending", "unsure"))
            return self._result()
        finally:
            MortalLine.death.after_bytes = 0
            self._printing.stop()
            self._unplug()
            self._store.close()

    # -- the till

    def _till(self) -> tuple[Printing, Faulty]:
        made = Faulty(
            self._link,
            flow=self._flow,
            baud=115_200,
            acknowledges=self._acknowledges,
            write_timeout_s=0.25,
            poll_s=0.04,
            probe_s=0.08,
            confirm_s=0.6,
            opens=MortalLine,
        )
        made.fault = self._fault
        if self._fault == "unsure forgotten at the start":
            for job in self._store.jobs("sending", "unsure"):
                self._store.set_job_state(job.id, "unknown")
        return Printing(self._store, made, _encoded, lambda: self._clock_s, name="it", now_ms=self._now_ms), made

    def _now_ms(self) -> int:
        return now_ms() + self._later_ms

    def _sell(self) -> None:
        for _ in range(self._chance.choice([1, 1, 1, 2, 5])):
            number = len(self._slips) + 1
            lines: list[Text | Pair | Feed | Qr] = [
                Text(f"s{number:03}l{line:02} {'x' * self._chance.randint(0, 30)}")
                for line in range(self._chance.randint(3, 40))
            ]
            lines.insert(self._chance.randint(1, len(lines)), Pair("Хляб", f"{number},00 €"))
            if self._chance.random() < 0.3:
                lines.append(Qr(f"https://example.org/{number:060}"))
            self._slips[number] = (*lines, Cut())
            self._store.add_job(number, self._slips[number], copy=False)

    def _work(self) -> None:
        """The till goes on for a while; the cashier answers what is asked, at once or later."""
        for _ in range(self._chance.randint(1, 4)):
            self._turn()
            if self._chance.random() < 0.5:
                self._answer()

    def _turn(self) -> bool:
        """What the window's timer does; whether the till has died of it."""
        self._clock_s += RETRY_S
        try:
            self._printing.poll()
            self._printing.wait(WAIT_S)
        except Killed:
            self._restart()
            return True
        return False

    def _crash(self) -> None:
        """Die at any byte of what is sent next, or in between; what was not written down is forgotten."""
        self._crashes += 1
        MortalLine.death.after_bytes = self._chance.choice([0, self._chance.randint(1, 900)])
        if not any(self._turn() for _ in range(3)):
            MortalLine.death.after_bytes = 0
            self._restart()

    def _restart(self) -> None:
        self._printing.wait(WAIT_S)
        self._printing._worker.shutdown()  # type: ignore[union-attr]
        self._printer.close()
        MortalLine.death.after_bytes = None
        self._printing, self._printer = self._till()

    def _night(self) -> None:
        self._later_ms += _NIGHT_MS

    def _answer(self) -> None:
        """Look at the paper and say what is on it."""
        state = self._printing.state
        if state.backlog:
            answers: list[BacklogAnswer] = ["all", "last", "none"]
            self._printing.answer_backlog(self._chance.choice(answers))
        for slip in state.unsure:
            self._asked.add(slip)
            if not self._is_on_paper(self._slips[slip]):
                copy = self._slips[slip] if self._fault == "copies without a mark" else self._copy(slip)
                self._store.add_job(slip, copy, copy=True)
            self._printing.forget(slip)

    def _copy(self, slip: int) -> Document:
        return as_copy(self._slips[slip], _WORDS)

    # -- the printer

    def _plug_in(self) -> None:
        if self._port is None:
            self._port = VirtualPrinter(self._machine, link=self._link, baud=self._baud, row_s=self._row_s)

    def _unplug(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _make_trouble(self) -> None:
        """At any of the next bytes; pulling the cable is done at once."""
        self._troubles += 1
        chance = self._chance
        acts: list[Callable[[Machine], None]] = [
            *(partial(_set, name=name, value=True) for name in _TROUBLES),
            *[Machine.switch_off] * 3,
            *[lambda machine: machine.blink(chance.randint(150, 500))] * 6,
            *(partial(_set, name="distort", value=speak) for speak in self._nonsense()),
        ]
        if self._port is None or chance.random() < 0.08:
            self._unplug()
            return
        act = chance.choice(acts)
        with self._port.hands_on() as machine:
            match chance.random():
                case drawn if drawn < 0.1:
                    machine.paper_rows = chance.randint(1, 30)
                case drawn if drawn < 0.2:
                    machine.power_rows = chance.randint(1, 30)
                case drawn if drawn < 0.25:
                    self._port.late_s = chance.choice([0.01, 0.05, 0.15])
                case _:
                    machine.after_bytes(chance.randint(0, 1200), act)

    def _nonsense(self) -> list[Callable[[bytes], bytes]]:
        chance = self._chance
        return [
            lambda said: said + chance.randbytes(chance.randint(0, 6)),
            lambda said: chance.randbytes(len(said)),
            lambda said: said + said,
            lambda said: said if chance.random() < 0.7 else b"",
            lambda said: _ECHO.sub(lambda echo: echo[0][:2] + chance.randbytes(4) + b"\0", said),
        ]

    def _repair(self) -> None:
        if self._chance.random() < 0.5:
            self._repair_all()
        elif self._port is not None:
            with self._port.hands_on() as machine:
                machine.switch_on()
                machine.paper_out = False

    def _repair_all(self) -> None:
        self._plug_in()
        assert self._port is not None
        self._port.late_s = 0.0
        with self._port.hands_on() as machine:
            machine.after_bytes(1 << 30, Machine.switch_on)
            for name in _TROUBLES:
                setattr(machine, name, False)
            machine.paper_rows = machine.power_rows = None
            machine.distort = bytes
            machine.switch_on()

    def _settle(self, done: Callable[[], bool]) -> None:
        for _ in range(SETTLES):
            self._turn()
            self._answer()
            if done():
                return
        raise AssertionError(f"it does not come to an end: {self._printing.state}")

    # -- the paper

    def _is_on_paper(self, document: Document) -> bool:
        """Whether it stands there whole, line after line."""
        wanted = _rows(document)
        paper = self._rows()
        return any(paper[at : at + len(wanted)] == wanted for at, row in enumerate(paper) if row == wanted[0])

    def _rows(self) -> list[Row]:
        return list(self._port.rows() if self._port else self._machine.rows)

    def _result(self) -> Result:
        assert self._port is not None
        self._port.wait_for(lambda machine: not machine.is_busy, WAIT_S)
        jobs = self._store.jobs()
        kept = {job.slip for job in jobs if job.state == "kept"}
        told = kept | (self._asked if self._fault != "unsure forgotten at the start" else set())
        whole = {number for number, document in self._slips.items() if self._is_on_paper(document)}
        false = self._false(jobs)
        lost = [number for number in self._slips if number not in whole | kept | set(false)]
        lost += [job.slip or 0 for job in jobs if job.state == "unknown" and job.slip not in told]
        return Result(len(self._slips), len(self._asked), self._troubles, self._crashes, lost, self._doubled(), false)

    def _false(self, jobs: Sequence[PrintJob]) -> list[int]:
        said = [job for job in jobs if job.state in ("printed", "taken")]
        return [job.slip or 0 for job in said if not self._is_on_paper(job.document)]

    def _doubled(self) -> list[str]:
        """Lines that stand twice outside of copies, which reach from their mark to the next cut or slip's beginning."""
        seen: Counter[str] = Counter()
        is_marked, follows_mark = False, False
        for row in self._rows():
            names = _LINE.findall(row.text) if row.kind == "text" else []
            if row.kind == "cut" or (names and names[0].endswith("l00") and not follows_mark):
                is_marked = False
            follows_mark = row.text == _COPY
            is_marked = is_marked or follows_mark
            seen.update(names if not is_marked else ())
        return [name for name, times in seen.items() if times > 1]


def _set(machine: Machine, name: str, value: object) -> None:
    setattr(machine, name, value)


def _encoded(document: Document) -> tuple[bytes, ...]:
    return pieces(document, PROFILES["epson-tm-t20"], language="en")


def _rows(document: Document) -> list[Row]:
    """What a printer makes of it when all goes well."""
    interpreter = Interpreter(_COLUMNS)
    data = b"".join(_encoded(document))
    while data:
        data = data[interpreter.step(data) :]
    return interpreter.rows
