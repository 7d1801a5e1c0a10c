"""The way between tills and centre: it loses requests and answers, brings them twice, late, and in another order."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from random import Random
from typing import NamedTuple, TypeVar

import msgspec
import psycopg

from sync.agent import Away
from sync.central import published
from sync.messages import PAGE_MOST, HoldAnswer, HoldOver, HoldWanted, Page, Pull, Receipt, Upload
from tests.simulation.centre import Centre
from tests.simulation.faults import Cut

STEPS_MOST = 14
"""About how many steps there are in what the centre does for one request."""

_Message = TypeVar("_Message")


class Weather(NamedTuple):
    """How likely each trouble is, a centre that is `silent` about points included, and how long pages are at most."""

    loss: float = 0.0
    answer_loss: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    slow: float = 0.0
    breaks: float = 0.0
    silent: float = 0.0
    page_most: int = PAGE_MOST


def weather(rng: Random) -> Weather:
    """From a calm day to one on which little comes through."""
    bad = rng.choice((0.0, 0.05, 0.15, 0.4))
    return Weather(
        bad * rng.random(),
        bad * rng.random(),
        rng.choice((0.0, 0.1, 0.3)),
        rng.choice((0.0, 0.05, 0.2)),
        rng.choice((0.0, 0.05, 0.2)),
        rng.choice((0.0, 0.1, 0.3)),
        rng.choice((0.0, 0.3, 0.9)),
        rng.choice((1, 3, PAGE_MOST)),
    )


class Network:
    """All ways to one centre."""

    def __init__(self, centre: Centre, rng: Random, weather: Weather) -> None:
        self.centre = centre
        self.rng = rng
        self.weather = weather
        self.now = 0
        self.cut: set[str] = set()
        """The tills, by their names, that have no way at present."""

        self._late: list[tuple[int, Upload]] = []
        self._slow: dict[int, ExitStack] = {}

    def line(self, name: str, till: int) -> "Wire":
        return Wire(self, name, till)

    def happens(self, likely: float) -> bool:
        return bool(likely) and self.rng.random() < likely

    def arrive(self) -> None:
        """One of the requests that are on their way comes to its end; nobody waits for the answer."""
        if self._slow and (not self._late or self.rng.random() < 0.5):
            self._slow.pop(self.rng.choice(sorted(self._slow))).close()
        elif self._late:
            till, upload = self._late.pop(self.rng.randrange(len(self._late)))
            if till in self._slow:
                self._slow.pop(till).close()
            self.centre.receive(till, upload, self.now)

    def calm(self) -> None:
        """Let all that is on its way arrive, and everything come through from now on."""
        while self._slow or self._late:
            self.arrive()
        self.weather = Weather()
        self.cut.clear()

    def wait_for_slow(self) -> None:
        """Let the requests that are being worked at come to their end, for what needs their rows."""
        for till in sorted(self._slow):
            self._slow.pop(till).close()

    def forget_requests(self) -> None:
        """The centre ends here: what it was about to store is lost."""
        if self._slow:
            self.centre.forget_slow()
        for stack in self._slow.values():
            with suppress(psycopg.Error):
                stack.close()
        self._slow.clear()

    def deliver(self, till: int, upload: Upload) -> Receipt:
        """Bring an upload to the centre, in one way or another. Raises Away."""
        upload = _by_wire(upload)
        if till in self._slow:
            raise Away("an earlier request is still being worked at")
        if self.happens(self.weather.late):
            self._late.append((till, upload))
            raise Away("it will come late")
        if not self._slow and self.happens(self.weather.slow):
            self._deliver_slowly(till, upload)
        with self._breaking():
            receipt = self.centre.receive(till, upload, self.now)
        if self.happens(self.weather.twice):
            second = self.centre.receive(till, upload, self.now)
            receipt = self.rng.choice((receipt, second))
        return _by_wire(receipt)

    def _deliver_slowly(self, till: int, upload: Upload) -> None:
        stack = ExitStack()
        receipt = stack.enter_context(self.centre.receiving_slowly(till, upload, self.now))
        if receipt.new_epoch is not None or receipt.timeline != upload.timeline:
            stack.close()  # it holds a row that all others need, too
        else:
            self._slow[till] = stack
        raise Away("no answer in time")

    def _breaking(self) -> "_Breaking":
        steps = self.rng.randrange(STEPS_MOST) if self.happens(self.weather.breaks) else None
        return _Breaking(self.centre, steps)

    def at_centre(self, work: Callable[[], object]) -> None:
        """Let something be done at the centre, again where that breaks off."""
        with suppress(Away), self._breaking():
            work()
            return
        work()

    def fold(self) -> int:
        """Let the centre fold, which may break off."""
        try:
            with self._breaking():
                return self.centre.fold()
        except Away:
            return 0


class _Breaking:
    """While it lasts the centre's connection to its database breaks after some steps: the till gets no answer."""

    def __init__(self, centre: Centre, steps: int | None) -> None:
        self._fuse = centre.link.fuse
        self._steps = steps

    def __enter__(self) -> None:
        self._fuse.left = self._steps

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._fuse.left = None
        if isinstance(error, Cut):
            raise Away("the centre lost its database") from error


class Wire:
    """The way of one till."""

    def __init__(self, network: Network, name: str, till: int) -> None:
        self._network = network
        self._name = name
        self._till = till

    def send(self, upload: Upload) -> Receipt:
        self._go()
        receipt = self._network.deliver(self._till, upload)
        self._come_back()
        return receipt

    def changes(self, pull: Pull) -> Page:
        self._go()
        network = self._network
        with network._breaking():
            page = network.centre.page(self._till, _by_wire(pull), network.now, network.weather.page_most)
        self._come_back()
        return _by_wire(page)

    def hold(self, wanted: HoldWanted) -> HoldAnswer:
        self._go()
        network = self._network
        with network._breaking():
            answer = network.centre.hold(self._till, _by_wire(wanted), network.now)
        self._come_back()
        if network.happens(network.weather.silent):
            raise Away("the answer comes when nobody waits for it any more")
        return answer

    def give_up(self, over: HoldOver) -> None:
        self._go()
        self._network.centre.give_up(self._till, over.hold, self._network.now)
        self._come_back()

    def pack(self, hash_: str) -> bytes:
        """A programme file by its hash."""
        self._go()
        content = published.pack(self._network.centre.link, hash_)
        self._come_back()
        if content is None:
            raise Away("the centre has lost it")
        return content

    def set_clock(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is held open."""

    def _go(self) -> None:
        if self._name in self._network.cut or self._network.happens(self._network.weather.loss):
            raise Away("the way is cut")

    def _come_back(self) -> None:
        if self._network.happens(self._network.weather.answer_loss):
            raise Away("the answer was lost")


def _by_wire(message: _Message) -> _Message:
    """A message as the other side reads it."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=type(message))
