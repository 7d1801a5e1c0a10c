"""A slip of 20 lines in four languages on the wire: its bytes, its seconds, and what it takes to make them of it."""

from collections.abc import Iterable
from functools import partial
from time import sleep

from hardware.codepages import to_bytes
from hardware.escpos import PROFILES, encode
from hardware.virtual_paper import Interpreter
from tests.bench.slips import SLIPS
from tests.bench.table import Row, interleaved

_PROFILE = PROFILES["epson-tm-t20"]
_BAUDS = (9600, 19_200, 38_400, 57_600, 115_200)
_BITS = 10  # of a byte on the wire: start, eight, stop
_DRAWN_BYTES_MAX = 9000


def rows() -> Iterable[Row]:
    """Bytes in the place of microseconds, but for the last row."""
    from PySide6.QtGui import QGuiApplication

    keep = QGuiApplication.instance() or QGuiApplication(["bench", "-platform", "offscreen"])
    jobs = {language: encode(slip, _PROFILE, language=language) for language, slip in SLIPS.items()}
    print("\n".join(_seconds(jobs)))
    for language, job in jobs.items():
        if language == "fa":
            yield Row("fa: bytes of a slip of 20 lines, drawn, against what they may be", len(job), _DRAWN_BYTES_MAX, 1)
        else:
            yield Row(
                f"{language}: bytes of a slip of 20 lines, against its text", len(job), _text_bytes(job, language), 1.3
            )
    drawing = partial(encode, SLIPS["fa"], _PROFILE, language="fa")
    wire_s = _on_the_wire_s(len(jobs["fa"]), _BAUDS[-1])
    yield interleaved(
        "fa: drawing it, against its way at 115 200 baud", drawing, partial(sleep, wire_s), budget=0.2, rounds=20
    )
    del keep


def _seconds(jobs: dict[str, bytes]) -> Iterable[str]:
    yield f"{'seconds on the wire':<24} {'bytes':>8} " + " ".join(f"{baud:>8}" for baud in _BAUDS)
    for language, job in jobs.items():
        times = (_on_the_wire_s(len(job), baud) for baud in _BAUDS)
        yield f"{language:<24} {len(job):>8} " + " ".join(f"{seconds:>8.2f}" for seconds in times)


def _on_the_wire_s(size: int, baud: int) -> float:
    return size * _BITS / baud


def _text_bytes(job: bytes, language: str) -> int:
    """What the lines alone would take that the printer makes of a job."""
    printer = Interpreter(_PROFILE.columns)
    while job:
        job = job[printer.step(job) :]
    page = _PROFILE.code_page(language)
    return sum(len(to_bytes(row.text, page)) + 1 for row in printer.rows)
