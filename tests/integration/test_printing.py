"""Print jobs from the journal through a serial line onto paper, with everything that can go wrong on the way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from db.keeping import now_ms
from db.store import Store
from hardware.escpos import PROFILES, pieces
from hardware.printer import Confirmation, PrinterTrouble, SerialPrinter
from hardware.virtual_printer import VirtualPrinter
from pos_app.loyalty.paper import Cut, Document, OpenDrawer, Text
from pos_app.printing import (
    BACKLOG_AGE_MS,
    BACKLOG_MOST,
    DRAWER_AGE_MS,
    LOOK_S,
    RETRY_S,
    BacklogAnswer,
    PrinterState,
    Printing,
)

WAIT_S = 20.0


def slip(number: int) -> Document:
    return (Text(f"Бележка {number}"), *(Text(f"ред {row}") for row in range(20)), Cut())


def encoded(document: Document) -> tuple[bytes, ...]:
    return pieces(document, PROFILES["generic-80"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, "Europe/Sofia")
    yield opened
    opened.close()


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def settle(printing: Printing, done: Callable[[], bool]) -> None:
    """Poll as the window's timer does, waiting for the printer's thread and not for time."""
    for _ in range(1000):
        printing.poll()
        if done():
            return
        printing.wait(WAIT_S)
    raise AssertionError(f"not done: {printing.state}")


def states(store: Store) -> list[str]:
    return [job.state for job in store.jobs()]


def test_slips_come_out_in_order_and_once(store: Store) -> None:
    for number in (1, 2, 3):
        store.add_job(number, slip(number), copy=False)
    with VirtualPrinter() as paper:
        printing = Printing(store, SerialPrinter(paper.path), encoded)
        settle(printing, lambda: not store.jobs("queued", "sending"))
        printing.stop()
        texts = [row.text for row in paper.rows() if row.text.startswith("Бележка")]
    assert texts == ["Бележка 1", "Бележка 2", "Бележка 3"]
    assert states(store) == ["taken"] * 3
    assert printing.state == PrinterState("ready", 0, ())


def test_without_a_printer_slips_wait(store: Store) -> None:
    store.add_job(1, slip(1), copy=False)
    printing = Printing(store, None, encoded)
    assert not printing.poll()
    assert printing.state == PrinterState("none", 1, ())
    printing.stop()


def test_a_missing_printer_is_told_before_the_first_slip(store: Store, tmp_path: Path) -> None:
    printing = Printing(store, SerialPrinter(tmp_path / "port"), encoded)
    settle(printing, lambda: printing.state.condition == "missing")
    store.add_job(1, slip(1), copy=False)
    assert printing.state == PrinterState("missing", 1, ())
    printing.stop()


def test_a_missing_printer_is_tried_again_when_it_is_there(store: Store, tmp_path: Path) -> None:
    clock = Clock()
    port = tmp_path / "port"
    store.add_job(1, slip(1), copy=False)
    printing = Printing(store, SerialPrinter(port), encoded, clock)
    settle(printing, lambda: printing.state.condition == "missing")
    assert states(store) == ["queued"]
    assert not printing.poll(), "a printer in trouble is left alone for a while"
    with VirtualPrinter() as paper:
        port.symlink_to(paper.path)
        clock.now_s += RETRY_S
        settle(printing, lambda: states(store) == ["taken"])
        printing.stop()
    assert printing.state == PrinterState("ready", 0, ())


def test_paper_out_before_a_slip_keeps_it(store: Store) -> None:
    clock = Clock()
    with VirtualPrinter() as paper:
        with paper.hands_on() as machine:
            machine.paper_out = True
        store.add_job(1, slip(1), copy=False)
        printing = Printing(store, SerialPrinter(paper.path), encoded, clock)
        settle(printing, lambda: printing.state.condition == "paper_out")
        assert (states(store), printing.state.unsure) == (["queued"], ())
        with paper.hands_on() as machine:
            machine.paper_out = False
        clock.now_s += RETRY_S
        settle(printing, lambda: states(store) == ["taken"])
        printing.stop()


def test_paper_out_in_the_middle_is_asked_about_and_not_printed_again(store: Store) -> None:
    clock = Clock()
    with VirtualPrinter() as paper:
        with paper.hands_on() as machine:
            machine.paper_rows = 5
        store.add_job(412, slip(412), copy=False)
        printing = Printing(store, SerialPrinter(paper.path), encoded, clock)
        settle(printing, lambda: printing.state.unsure == (412,))
        assert states(store) == ["unsure"]
        clock.now_s += RETRY_S
        assert not printing.poll()
        printing.forget(412)
        assert (states(store), printing.state.unsure) == (["unknown"], ())
        printing.stop()


def test_a_silent_printer_gets_its_slips_and_nobody_claims_they_are_printed(store: Store) -> None:
    with VirtualPrinter() as paper:
        with paper.hands_on() as machine:
            machine.silent = True
        store.add_job(1, slip(1), copy=False)
        printing = Printing(store, SerialPrinter(paper.path, probe_s=0.05), encoded)
        settle(printing, lambda: states(store) == ["unknown"])
        assert paper.wait_for(lambda machine: any(row.text == "ред 19" for row in machine.rows), WAIT_S)
        printing.stop()
    assert printing.state == PrinterState("silent", 0, ())


def test_an_idle_printer_is_asked_how_it_is(store: Store) -> None:
    clock = Clock()
    with VirtualPrinter() as paper:
        store.add_job(1, slip(1), copy=False)
        printing = Printing(store, SerialPrinter(paper.path), encoded, clock)
        settle(printing, lambda: states(store) == ["taken"])
        with paper.hands_on() as machine:
            machine.cover_open = True
        clock.now_s += LOOK_S
        settle(printing, lambda: printing.state.condition == "cover_open")
        with paper.hands_on() as machine:
            machine.cover_open = False
        clock.now_s += LOOK_S
        settle(printing, lambda: printing.state.condition == "ready")
        printing.stop()


def test_a_slip_that_was_under_way_when_the_till_died_is_unsure_until_somebody_has_told(store: Store) -> None:
    job = store.add_job(7, slip(7), copy=False)
    store.set_job_state(job, "sending")
    for _ in ("the till comes back", "it died again before anybody answered"):
        printing = Printing(store, None, encoded)
        assert (states(store), printing.state.unsure) == (["unsure"], (7,))
    printing.forget(7)
    assert (states(store), printing.state.unsure) == (["unknown"], ())
    assert Printing(store, None, encoded).state.unsure == ()


def test_a_document_without_a_number_that_broke_off_is_asked_about_by_its_job(store: Store) -> None:
    job = store.add_job(None, (Text("Извлечение"), Cut()), copy=False)
    store.set_job_state(job, "sending")
    printing = Printing(store, None, encoded)
    assert (states(store), printing.state.unsure) == (["unsure"], (-job,))
    printing.forget(-job)
    assert (states(store), printing.state.unsure) == (["unknown"], ())


def test_a_drawer_that_was_under_way_when_the_till_died_is_nobodys_question(store: Store) -> None:
    job = store.add_job(None, (OpenDrawer(),), copy=False)
    store.set_job_state(job, "sending")
    assert Printing(store, None, encoded).state.unsure == ()
    assert states(store) == ["unknown"]


class Stubborn:
    """A printer whose state when a job arrives is looked at."""

    talks = False
    acknowledges: bool | None = None
    torn = 0

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look

    def status(self) -> None:
        pass

    def send(self, pieces: Sequence[bytes]) -> Confirmation:
        self.look()
        raise PrinterTrouble("gone", "pulled", begun=True)

    def close(self) -> None:
        pass


def test_the_job_is_marked_on_disk_before_its_first_byte(store: Store, tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def look() -> None:
        other = Store.open(tmp_path, "Europe/Sofia", read_only=True)
        seen.append(states(other))
        other.close()

    store.add_job(1, slip(1), copy=False)
    printing = Printing(store, Stubborn(look), encoded)
    settle(printing, lambda: printing.state.unsure == (1,))
    printing.stop()
    assert seen == [["sending"]]


# -- what has waited long


def tomorrow_ms() -> int:
    return now_ms() + BACKLOG_AGE_MS + 1


def heads(paper: VirtualPrinter) -> list[str]:
    return [row.text for row in paper.rows() if row.text.startswith("Бележка")]


@pytest.mark.parametrize(("answer", "printed", "kept"), [("all", ["1", "2"], 0), ("last", ["2"], 1), ("none", [], 2)])
def test_yesterdays_slips_are_asked_about_and_none_is_lost(
    store: Store, answer: BacklogAnswer, printed: list[str], kept: int
) -> None:
    for number in (1, 2):
        store.add_job(number, slip(number), copy=False)
    with VirtualPrinter() as paper:
        printing = Printing(store, SerialPrinter(paper.path), encoded, now_ms=tomorrow_ms)
        settle(printing, lambda: printing.state.backlog == 2)
        assert (printing.state.condition, printing.state.waiting, heads(paper)) == ("ready", 2, [])

        printing.answer_backlog(answer)
        settle(printing, lambda: not store.jobs("queued", "sending"))
        printing.stop()
        assert heads(paper) == [f"Бележка {number}" for number in printed]
    assert (printing.state.backlog, len(store.jobs("kept")), len(store.jobs("taken"))) == (0, kept, len(printed))
    assert store.job_of(1) is not None, "it can be printed again"


def test_a_sale_is_printed_at_once_while_yesterdays_slips_wait_for_an_answer(store: Store) -> None:
    store.add_job(1, slip(1), copy=False)
    with VirtualPrinter() as paper:
        printing = Printing(store, SerialPrinter(paper.path), encoded, now_ms=tomorrow_ms)
        settle(printing, lambda: printing.state.backlog == 1)
        store.add_job(2, slip(2), copy=False)
        settle(printing, lambda: len(store.jobs("taken")) == 1)
        assert heads(paper) == ["Бележка 2"]
        assert printing.state.backlog == 1
        printing.stop()
    again = Printing(store, None, encoded)
    assert (states(store), again.state.waiting) == (["queued", "taken"], 1), "unanswered, it goes on waiting"


@pytest.mark.parametrize(("slips", "asks"), [(BACKLOG_MOST, False), (BACKLOG_MOST + 1, True)])
def test_a_printer_that_comes_back_does_not_pour_out_many(store: Store, tmp_path: Path, slips: int, asks: bool) -> None:
    clock = Clock()
    port = tmp_path / "port"
    printing = Printing(store, SerialPrinter(port), encoded, clock)
    settle(printing, lambda: printing.state.condition == "missing")
    for number in range(slips):
        store.add_job(number, slip(number), copy=False)
    with VirtualPrinter(link=port) as paper:

        def done() -> bool:
            clock.now_s += LOOK_S
            return printing.state.backlog > 0 or not store.jobs("queued", "sending")

        settle(printing, done)
        printing.stop()
        assert printing.state.backlog == (slips if asks else 0)
        assert len(heads(paper)) == (0 if asks else slips)


def test_many_slips_of_a_busy_till_are_printed_without_a_question(store: Store) -> None:
    with VirtualPrinter() as paper:
        printing = Printing(store, SerialPrinter(paper.path), encoded)
        store.add_job(0, slip(0), copy=False)
        settle(printing, lambda: states(store) == ["taken"])
        for number in range(1, BACKLOG_MOST + 4):
            store.add_job(number, slip(number), copy=False)
        settle(printing, lambda: not store.jobs("queued", "sending"))
        printing.stop()
        assert len(heads(paper)) == BACKLOG_MOST + 4


def test_the_drawer_does_not_open_when_nobody_expects_it_any_more(store: Store) -> None:
    store.add_job(None, (OpenDrawer(),), copy=False)
    with VirtualPrinter() as paper:
        late = Printing(store, SerialPrinter(paper.path), encoded, now_ms=lambda: now_ms() + DRAWER_AGE_MS + 1)
        settle(late, lambda: states(store) == ["kept"])
        late.stop()
        assert paper.rows() == ()


# -- what is known of a printer from before


def test_a_printer_that_has_answered_is_off_line_when_it_is_silent_after_a_restart(store: Store) -> None:
    with VirtualPrinter() as paper:
        first = Printing(store, SerialPrinter(paper.path), encoded, name="it")
        store.add_job(1, slip(1), copy=False)
        settle(first, lambda: states(store) == ["taken"])
        first.stop()
        with paper.hands_on() as machine:
            machine.switch_off()
        store.add_job(2, slip(2), copy=False)
        again = Printing(store, SerialPrinter(paper.path, probe_s=0.05), encoded, name="it")
        settle(again, lambda: again.state.condition == "offline")
        assert states(store) == ["taken", "queued"], "its slip is not sent into the void"
        again.stop()
        other = SerialPrinter(paper.path)
        Printing(store, other, encoded, name="another").stop()
        assert (other.talks, other.acknowledges) == (False, None)


def test_low_paper_is_told_until_there_is_a_new_roll(store: Store) -> None:
    clock = Clock()
    with VirtualPrinter() as paper:
        with paper.hands_on() as machine:
            machine.paper_low = True
        printing = Printing(store, SerialPrinter(paper.path), encoded, clock)
        settle(printing, lambda: printing.state.condition == "paper_low")
        store.add_job(1, slip(1), copy=False)
        settle(printing, lambda: states(store) == ["taken"])
        assert printing.state.condition == "paper_low"
        with paper.hands_on() as machine:
            machine.paper_low = False
        clock.now_s += LOOK_S
        settle(printing, lambda: printing.state.condition == "ready")
        printing.stop()
