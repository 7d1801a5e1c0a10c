"""Time that never goes back and never stands still, whatever the machine's clock says."""

from hypothesis import given
from hypothesis import strategies as st

from pos_app.clock import SteadyClock


class Machine:
    """A clock that can be set, and one that cannot."""

    def __init__(self, wall: int = 1000, ticks: int = 50) -> None:
        self.wall = wall
        self.ticks = ticks

    def clock(self, floor: int = 0) -> SteadyClock:
        return SteadyClock(floor, lambda: self.wall, lambda: self.ticks)


def test_it_tells_what_the_machine_tells() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall, machine.ticks = 1700, 750
    assert (clock(), clock.ahead_ms) == (1700, 0)


def test_after_a_clock_that_was_wrong_time_goes_on_from_what_is_written_down() -> None:
    machine = Machine(wall=1000)
    clock = machine.clock(floor=9000)
    assert (clock(), clock.ahead_ms) == (9000, 8000)
    machine.wall, machine.ticks = 1300, 350
    assert clock() == 9300
    machine.wall = 9500
    assert clock() == 9500


def test_a_clock_that_is_set_back_while_the_till_runs() -> None:
    machine = Machine(wall=5000)
    clock = machine.clock()
    machine.wall, machine.ticks = 100, 60
    assert clock() == 5010


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**6))))
def test_it_never_goes_back_nor_slower_than_time(steps: list[tuple[int, int]]) -> None:
    machine = Machine()
    clock = machine.clock()
    last = clock()
    for wall, passed in steps:
        machine.wall, machine.ticks = wall, machine.ticks + passed
        now = clock()
        assert now >= last + passed
        last = now
