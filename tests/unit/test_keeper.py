"""The thread that asks the centre to keep points: what it asks for, when it asks again, and what it lets be."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sync import keeper
from sync.agent import Away
from sync.keeper import Keeper
from sync.line import Turned
from sync.messages import HoldAnswer, HoldOver, HoldWanted
from tests.helpers.logs import ExpectLog

HOLD, OTHER = b"h" * 16, b"o" * 16
YES = HoldAnswer(True, lasts_ms=60_000)
NO = HoldAnswer(False, available=7)


class Script:
    """A centre that says what it was told to say, the last of it again and again; `gate` lets it answer."""

    def __init__(self, *answers: HoldAnswer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[HoldWanted] = []
        self.over: list[bytes] = []
        self.clocks = 0
        self.is_closed = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def set_clock(self) -> int:
        self.clocks += 1
        return 0

    def hold(self, wanted: HoldWanted) -> HoldAnswer:
        self.asked.append(wanted)
        self.gate.wait(10)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def give_up(self, over: HoldOver) -> None:
        self.over.append(over.hold)

    def close(self) -> None:
        self.is_closed.set()


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Keeper, Script]]]:
    monkeypatch.setattr(keeper, "AGAIN_S", 0.02)
    made: list[Keeper] = []

    def ask(*answers: HoldAnswer | Exception) -> tuple[Keeper, Script]:
        script = Script(*answers)
        made.append(Keeper(lambda: script))
        return made[-1], script

    yield ask
    for one in made:
        one.close()


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.002)


Asking = Callable[..., tuple[Keeper, Script]]


def test_what_is_wanted_is_asked_once_and_known_from_then_on(asking: Asking) -> None:
    kept, script = asking(YES)
    for _ in range(3):
        kept.want(HOLD, 1, 20)
        assert kept.answer(HOLD, wait=True) == YES
    assert script.asked == [HoldWanted(HOLD, 1, 20)]
    assert kept.answer(OTHER, wait=True) is None


def test_only_the_last_wish_counts_while_an_answer_is_on_its_way(asking: Asking) -> None:
    kept, script = asking(NO, YES)
    script.gate.clear()
    kept.want(HOLD, 1, 20)
    wait_for(lambda: len(script.asked) == 1)
    kept.want(HOLD, 1, 30)
    kept.want(HOLD, 1, 40)
    script.gate.set()
    assert kept.answer(HOLD, wait=True) == YES
    assert [wanted.points for wanted in script.asked] == [20, 40]


def test_what_is_given_up_is_given_up_after_the_question_that_was_on_its_way(asking: Asking) -> None:
    kept, script = asking(YES)
    script.gate.clear()
    kept.want(HOLD, 1, 20)
    wait_for(lambda: len(script.asked) == 1)
    kept.give_up(HOLD)
    assert kept.answer(HOLD, wait=True) is None
    assert script.over == []
    script.gate.set()
    wait_for(lambda: script.over == [HOLD])


def test_no_answer_is_none_at_once_when_it_is_known(asking: Asking) -> None:
    kept, _ = asking(Away("nobody"))
    kept.want(HOLD, 1, 20)
    begun = time.monotonic()
    assert kept.answer(HOLD, wait=True) is None
    assert time.monotonic() - begun < keeper.WAIT_S
    assert kept.is_silent(HOLD)


def test_nobody_waits_longer_than_was_said(asking: Asking) -> None:
    kept, script = asking(YES)
    script.gate.clear()
    kept.want(HOLD, 1, 20)
    assert not kept.is_silent(HOLD)
    begun = time.monotonic()
    assert kept.answer(HOLD, wait=True) is None
    assert keeper.WAIT_S * 0.9 < time.monotonic() - begun < keeper.WAIT_S + 0.15
    assert kept.is_silent(HOLD)
    script.gate.set()
    wait_for(lambda: kept.answer(HOLD) == YES)


@pytest.mark.parametrize("first", [NO, Away("nobody"), Turned("rate", "too many"), OSError("no line")])
def test_a_no_and_a_silence_are_asked_again_while_they_are_wanted(
    asking: Asking, first: HoldAnswer | Exception, expect_log: ExpectLog
) -> None:
    if isinstance(first, OSError):
        expect_log(logging.ERROR, "the centre could not be asked to keep points")
    kept, script = asking(first, YES)
    kept.want(HOLD, 1, 20)
    wait_for(lambda: kept.answer(HOLD) == YES)
    assert len(script.asked) == 2


def test_a_silence_leaves_a_yes_until_its_end(asking: Asking) -> None:
    kept, script = asking(HoldAnswer(True, lasts_ms=400), Away("nobody"))
    kept.want(HOLD, 1, 20)
    wait_for(lambda: len(script.asked) > 1)
    wait_for(lambda: kept.answer(HOLD) is None)
    assert len(script.asked) > 2


def test_a_hold_is_renewed_while_it_is_wanted_and_not_for_ever(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    short = HoldAnswer(True, lasts_ms=100)
    kept, script = asking(short)
    kept.want(HOLD, 1, 20)
    wait_for(lambda: len(script.asked) >= 3)
    assert kept.answer(HOLD) == short
    monkeypatch.setattr(keeper, "RENEWED_S", 0.0)
    wait_for(lambda: kept.answer(HOLD) is None)
    asked = len(script.asked)
    kept.want(HOLD, 1, 20)
    assert kept.answer(HOLD, wait=True) == short
    assert len(script.asked) == asked + 1


def test_what_is_settled_is_asked_for_no_more(asking: Asking) -> None:
    kept, script = asking(HoldAnswer(True, lasts_ms=20))
    kept.want(HOLD, 1, 20)
    assert kept.answer(HOLD, wait=True)
    kept.settled(HOLD)
    asked = len(script.asked)
    kept.want(OTHER, 2, 5)
    kept.give_up(OTHER)
    wait_for(lambda: script.over == [OTHER])
    assert HOLD not in [wanted.hold for wanted in script.asked[asked:]]


@pytest.mark.parametrize("code", ["shut_out", "signature"])
def test_a_till_that_the_centre_turns_away_gets_a_no(asking: Asking, code: str) -> None:
    kept, _ = asking(Turned(code, "no"))
    kept.want(HOLD, 1, 20)
    assert kept.answer(HOLD, wait=True) == HoldAnswer(False)


def test_a_clock_that_is_wrong_is_set_and_the_question_asked_again(asking: Asking) -> None:
    kept, script = asking(Turned("stamp", "not now"), YES)
    kept.want(HOLD, 1, 20)
    assert kept.answer(HOLD, wait=True) == YES
    assert script.clocks == 1


def test_it_ends(asking: Asking) -> None:
    kept, script = asking(YES)
    told: list[int] = []
    kept.told = lambda: told.append(1)
    kept.want(HOLD, 1, 20)
    assert kept.answer(HOLD, wait=True) == YES
    wait_for(lambda: told == [1])
    kept.close()
    assert script.is_closed.wait(10)
