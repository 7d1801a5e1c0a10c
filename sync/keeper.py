"""Points that the centre is asked to keep: one thread asks, changes, renews and gives up, and nobody waits for it.

Whoever sells says what is wanted and goes on; the answer is there when it is needed, or it is not.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from sync.messages import HoldAnswer, HoldOver, HoldWanted

log = logging.getLogger(__name__)

WAIT_S = 0.4
"""So long after points were chosen somebody may be kept waiting for the centre, in all."""
AGAIN_S = 5.0
"""What was refused, or not answered, is asked again after so long while it is still wanted."""
RENEWED_S = 3600.0
"""So long an open sale keeps its points; then they are free after the end of the hold."""
_OVER_MOST = 100
_TURNED_AWAY = ("shut_out", "signature")

REFUSED = HoldAnswer(False)


class HoldLine(Protocol):
    """The way to the centre; its calls raise Away or Turned."""

    def set_clock(self) -> int: ...

    def hold(self, wanted: HoldWanted) -> HoldAnswer: ...

    def give_up(self, over: HoldOver) -> None: ...

    def close(self) -> None: ...


class _Wish(Struct):
    """What is wanted under a hold, since when (s); the last answer, good until `ends` (s), and when to ask `again`."""

    card: int
    points: int
    since: float
    again: float
    is_asked: bool = False
    answer: HoldAnswer | None = None
    ends: float = 0.0


def seconds() -> float:
    """Seconds that pass whatever the clock is set to, and while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Keeper:
    """Asks through a line, which its thread makes when it is first needed. `told` is called from that thread."""

    def __init__(
        self,
        line: Callable[[], HoldLine],
        told: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = seconds,
    ) -> None:
        self._make_line = line
        self.told = told
        self._clock = clock
        self._turn = threading.Condition()
        self._wishes: dict[bytes, _Wish] = {}
        self._over: list[bytes] = []
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def want(self, hold: bytes, card: int, points: int) -> None:
        """Let these points be kept under a hold; other points than before change it."""
        with self._turn:
            wish, now = self._wishes.get(hold), self._clock()
            if wish is not None and (wish.card, wish.points) == (card, points) and not self._is_spent(wish, now):
                return
            self._wishes[hold] = _Wish(card, points, now, now)
            self._work()

    def _is_spent(self, wish: _Wish, now: float) -> bool:
        """Whether a hold has ended and is not renewed by itself any more."""
        return wish.answer is not None and now >= wish.ends and wish.again == float("inf")

    def card_of(self, hold: bytes) -> int | None:
        """The card whose points are wanted under a hold, None for one that is not."""
        with self._turn:
            wish = self._wishes.get(hold)
            return None if wish is None else wish.card

    def give_up(self, hold: bytes) -> None:
        """The sale of a hold takes no points any more; a hold of an earlier run of the program can be given up, too."""
        with self._turn:
            self._wishes.pop(hold, None)
            if len(self._over) < _OVER_MOST:  # the others end by themselves
                self._over.append(hold)
            self._work()

    def settled(self, hold: bytes) -> None:
        """The sale of a hold is written down: its fact settles it."""
        with self._turn:
            self._wishes.pop(hold, None)

    def answer(self, hold: bytes, *, wait: bool = False) -> HoldAnswer | None:
        """What the centre says to the wish as it stands, None where it has not said anything in time.

        To `wait` is not longer than until WAIT_S after the wish, and not at all where asking has failed already.
        """
        with self._turn:
            while True:
                wish, now = self._wishes.get(hold), self._clock()
                if wish is None:
                    return None
                if wish.answer is not None:
                    return wish.answer if now < wish.ends else None
                left = wish.since + WAIT_S - now
                if not wait or wish.is_asked or left <= 0:
                    return None
                self._turn.wait(left)

    def is_silent(self, hold: bytes) -> bool:
        """Whether the centre was asked, and has not answered in time."""
        with self._turn:
            wish = self._wishes.get(hold)
            return wish is not None and wish.answer is None and (
                wish.is_asked or self._clock() >= wish.since + WAIT_S
            )  # fmt: skip

    def close(self) -> None:
        """Ask no more. The thread ends by itself; what it waits for is not waited for."""
        with self._turn:
            self._is_closed = True
            self.told = lambda: None
            self._turn.notify_all()

    # -- the thread

    def _work(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
            self._thread.start()
        self._turn.notify_all()

    def _run(self) -> None:
        line: HoldLine | None = None
        while True:
            due = self._wait_for_work()
            if due is None:
                break
            hold, wish = due
            try:
                line = line or self._make_line()
                self._do(line, hold, wish)
            except Exception:
                log.exception("the centre could not be asked to keep points")
                self._note(hold, wish, None)
        if line is not None:
            line.close()

    def _wait_for_work(self) -> tuple[bytes, _Wish | None] | None:
        """The next thing to do once there is one; None when nothing more is to be done."""
        with self._turn:
            while not self._is_closed:
                due = self._due()
                if due is not None:
                    return due
                self._turn.wait(self._rest())
        return None

    def _due(self) -> tuple[bytes, _Wish | None] | None:
        """The next thing to do: a hold to give up, or a wish to ask for."""
        if self._over:
            return self._over.pop(0), None
        now = self._clock()
        return next(((hold, wish) for hold, wish in self._wishes.items() if wish.again <= now), None)

    def _rest(self) -> float | None:
        """For how long nothing is to be done (s), None where nothing is wanted."""
        soonest = min((wish.again for wish in self._wishes.values()), default=float("inf"))
        return None if soonest == float("inf") else max(0.0, soonest - self._clock())

    def _do(self, line: HoldLine, hold: bytes, wish: _Wish | None) -> None:
        from sync.agent import Away
        from sync.line import Turned

        try:
            if wish is None:
                line.give_up(HoldOver(hold))
                return
            wanted = HoldWanted(hold, wish.card, wish.points)
            try:
                answer = line.hold(wanted)
            except Turned as turned:
                if turned.code != "stamp":
                    raise
                line.set_clock()
                answer = line.hold(wanted)
        except Away as error:
            log.info("the centre does not answer: %s", error)
            self._note(hold, wish, None)
        except Turned as turned:
            log.info("the centre turns holds away: %s", turned)
            self._note(hold, wish, REFUSED if turned.code in _TURNED_AWAY else None)
        else:
            self._note(hold, wish, answer)

    def _note(self, hold: bytes, wish: _Wish | None, answer: HoldAnswer | None) -> None:
        """Keep an answer, unless the wish is another one by now; no answer leaves a good one from before."""
        with self._turn:
            if wish is None or self._wishes.get(hold) is not wish:
                return
            now = self._clock()
            wish.is_asked = True
            wish.again = now + AGAIN_S
            if answer is not None and answer.granted:
                lasts_s = answer.lasts_ms / 2000  # the rest is for the fact's way to the centre
                wish.ends = now + lasts_s
                wish.again = now + lasts_s / 2 if now < wish.since + RENEWED_S else float("inf")
            elif answer is not None:
                wish.ends = float("inf")
            elif wish.answer is not None and now < wish.ends:
                answer = wish.answer
            changed, wish.answer = wish.answer != answer, answer
            self._turn.notify_all()
        if changed or answer is None:
            self.told()
