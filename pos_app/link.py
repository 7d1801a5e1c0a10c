"""The command that speaks with the centre, beside the till: round after round, or once.

A round follows soon after something was written down, otherwise every few seconds; where nobody answers, the rests
grow, each by chance longer or shorter, so that a centre that comes back is not met by all tills at once.
"""

import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from db import link
from db.link import Link
from db.store import StoreTrouble
from db.uplink import Uplink
from pos_app import __version__, clock, in_force
from pos_app.loyalty import facts
from pos_app.loyalty.errors import FileFault
from sync.agent import Agent, Away
from sync.line import HttpLine, NotTrusted, Turned
from sync.messages import Page, Pull, Receipt, Report, Upload
from sync.snapshots import Loading

log = logging.getLogger(__name__)

REST_S = 4.0
"""How long to rest between two rounds when nothing is written meanwhile."""
REST_MOST_S = 60.0
LOOK_S = 0.25
"""How often it is looked whether something was written down, or it is time to end."""
CLOCK_S = 300.0
"""After so long the centre's clock is asked for again."""
FAR_MS = 7 * 86_400_000
"""After so long alone a snapshot is loaded, if there is one, instead of all that changed meanwhile."""
DISK_LOW = 500 * 2**20
"""With fewer free bytes on its disk a till warns."""
CLOCK_SLACK_MS = 60_000
"""From so much on the machine's clock is called wrong."""
_JUMP_MS = 1000
_TURNED: dict[str, link.Trouble] = {"shut_out": "shut_out", "signature": "unknown_till"}


class Went(NamedTuple):
    """What a round has done: sent and taken so many; whether the till is to begin an epoch first; the link after it."""

    facts: int
    people: int
    states: int
    things: int
    asked: bool
    link: Link


class Round:
    """One till's rounds. Whoever makes them has the lock of the link."""

    def __init__(self, folder: Path, now: Callable[[], int] = clock.now_ms, ticks: Callable[[], int] = clock.ticks_ms):
        """Open the till's files; raises FileFault for a till that was not enrolled, StoreTrouble."""
        self._folder = folder
        self._now, self._ticks = now, ticks
        with ExitStack() as closing:
            self._uplink = Uplink(folder)
            closing.callback(self._uplink.close)
            standing, url, private = self._uplink.standing(), self._uplink.centre(), link.key(folder)
            if not url or private is None:
                raise FileFault(str(folder), ["this till has no centre yet: 'pos-app enrol' gives it one"])
            try:
                self._line = HttpLine(url, standing.till, private, now, ca_file=link.ca_file(folder))
            except OSError as error:
                sentence = "cannot be used for certificates; put that of the centre in its place"
                raise FileFault(link.ca_file(folder), [sentence]) from error
            closing.callback(self._line.close)
            self._counted = _Counted(self._line)
            self._loading = Loading(folder, self._line)
            self._agent = Agent(folder, self._counted, self._loading.prepare)
            closing.callback(self._agent.close)
            self._closing = closing.pop_all()
        before = link.state(folder)
        self._link = before or Link(now())
        self._line.offset_ms = self._link.offset_ms
        self._loading.is_far = now() - self._link.heard > FAR_MS
        self._clock_at: int | None = None
        self._drift = 0
        self._unfit = ""

    def close(self) -> None:
        self._closing.close()

    def news(self) -> int:
        """A number that changes when anybody else writes into the journal."""
        return self._uplink.writings()

    def go(self) -> Went:
        """Make a round to its end or to the first trouble, and write down how the link is after it."""
        counted = self._counted
        counted.begin()
        why: link.Trouble = ""
        sentence = ""
        try:
            self._look_at_clock()
            try:
                self._agent.round(self._report())
            except Turned as turned:
                if turned.code not in ("stamp", "replay"):
                    raise
                self._learn_clock()
                self._agent.round(self._report())
            self._take_programme()
        except Turned as turned:
            why, sentence = _TURNED.get(turned.code, "refused"), str(turned)
        except NotTrusted as trouble:
            why, sentence = "not_trusted", str(trouble)
        except Away as trouble:
            why, sentence = "away", str(trouble)
        except StoreTrouble as trouble:
            why, sentence = "files", str(trouble)
        self._note(why, sentence)
        asked = not why and bool(self._uplink.standing().new_epoch)
        return Went(counted.facts, counted.people, counted.states, counted.things, asked, self._link)

    def _take_programme(self) -> None:
        """Have the programme here that the centre has put in force; the till takes it up when nobody is at work."""
        wanted = self._agent.programme()
        if wanted in ("", in_force.pack(self._folder), self._unfit):
            return
        content = self._line.pack(wanted)
        try:
            programme = in_force.put(self._folder, wanted, content)
        except FileFault as fault:
            self._unfit = wanted
            log.warning("the programme that the centre has put in force cannot be used here: %s", fault)
            return
        self._uplink.put_pack(wanted, content)
        log.info("programme %s (%s) is in force", programme.id, wanted)

    def _note(self, why: link.Trouble, sentence: str) -> None:
        """Say how the link is; why there is none goes into the log once."""
        now, before = self._now(), self._link
        waiting, oldest = self._waiting()
        alone_since = (before.alone_since or now) if why else 0
        if (why, sentence) != (before.why, before.sentence):
            log.log(logging.WARNING if why not in ("", "away") else logging.INFO, "%s", sentence or "linked")
        self._link = Link(
            now, before.heard if why else now, alone_since, why, sentence, waiting, oldest, self._line.offset_ms
        )
        link.put_state(self._folder, self._link)

    def _waiting(self) -> tuple[int, int | None]:
        try:
            count, data = self._uplink.waiting()
            return count, None if data is None else facts.decode(data).moment
        except (StoreTrouble, msgspec.DecodeError):
            return self._link.waiting, self._link.oldest

    def _report(self) -> Report:
        """How this till is; its devices as the window has noted them, dated by the centre's clock."""
        offset_ms, seen = self._line.offset_ms, link.devices(self._folder)
        report = Report(__version__, offset_ms=offset_ms, warnings=tuple(self._warnings()))
        if seen is None:
            return report
        return replace(report, devices=seen.states, broken=seen.broken, devices_at=seen.at + offset_ms)

    def _warnings(self) -> Iterator[str]:
        """What somebody should see to, as codes."""
        if self._unfit:
            yield "programme_unfit"
        with suppress(OSError):
            if shutil.disk_usage(self._folder).free < DISK_LOW:
                yield "disk_low"

    def _look_at_clock(self) -> None:
        """Ask for the centre's clock at first, now and then, and when the machine's was set meanwhile."""
        drift = self._now() - self._ticks()
        is_old = self._clock_at is None or self._ticks() - self._clock_at > CLOCK_S * 1000
        if is_old or abs(drift - self._drift) > _JUMP_MS:
            self._learn_clock()

    def _learn_clock(self) -> None:
        self._line.set_clock()
        self._clock_at = self._ticks()
        self._drift = self._now() - self._ticks()


class _Counted:
    """A line that counts what goes over it in a round."""

    def __init__(self, line: HttpLine) -> None:
        self._line = line
        self.begin()

    def begin(self) -> None:
        self.facts = self.people = self.states = self.things = 0

    def send(self, upload: Upload) -> Receipt:
        receipt = self._line.send(upload)
        self.facts += len(upload.facts)
        self.people += len(upload.people)
        return receipt

    def changes(self, pull: Pull) -> Page:
        page = self._line.changes(pull)
        self.states += len(page.states)
        self.things += len(page.entries)
        return page


def run(folder: Path, *, once: bool, beside: bool, say: Callable[[str], object], is_told: Callable[[], bool]) -> int:
    """Make rounds until the process is told to end; with `beside` also until the one that started it has ended.

    With `once` it is a single round: 0 when the till and its centre are of one mind, 1 when they are not.
    Raises FileFault and StoreTrouble.
    """
    parent = os.getppid()
    with _opened(folder) as rounds:
        if once:
            went = rounds.go()
            for sentence in sentences(went):
                say(sentence)
            return 1 if went.link.why or went.asked else 0
        failed = 0
        while True:
            seen = rounds.news()
            went = rounds.go()
            failed = failed + 1 if went.link.why else 0
            is_over = _rest(rounds, seen, rest_s(failed), lambda: is_told() or (beside and os.getppid() != parent))
            if is_over:
                return 0


@contextmanager
def _opened(folder: Path) -> Iterator[Round]:
    handle = link.locked(folder)
    try:
        rounds = Round(folder)
        try:
            yield rounds
        finally:
            rounds.close()
    finally:
        os.close(handle)


def rest_s(failed: int, chance: Callable[[], float] = random.random) -> float:
    """How long to rest after so many rounds in a row that failed: 0.75 to 1.25 of what doubles with each."""
    rest = REST_S if not failed else min(REST_MOST_S, 2.0 ** min(failed - 1, 10))
    return rest * (0.75 + chance() / 2)


def _rest(rounds: Round, seen: int, rest: float, is_over: Callable[[], bool]) -> bool:
    """Wait, while there is a link no longer than until something is written; whether it is time to end."""
    until = time.monotonic() + rest
    while time.monotonic() < until:
        if is_over():
            return True
        time.sleep(LOOK_S)
        if rest <= REST_S * 1.25 and rounds.news() != seen:
            return is_over()
    return is_over()


def sentences(went: Went) -> list[str]:
    """What a round has done and how things are, for a terminal."""
    now = went.link
    sent = f"{_count(went.facts, 'fact')} and {_count(went.people, 'person', 'people')}"
    taken = f"{_count(went.states, 'account')} and {_count(went.things, 'published thing')}"
    told = [f"Sent {sent}; taken up {taken}."]
    if now.why:
        minutes = max(0, now.at - now.alone_since) // 60_000
        told.append(f"Alone for {_count(minutes, 'minute')}: {now.sentence}")
    if went.asked:
        told.append("Another copy of this till has spoken with the centre: open the till, it goes on by new numbers.")
    if abs(now.offset_ms) >= CLOCK_SLACK_MS:
        way = "behind" if now.offset_ms > 0 else "ahead of"
        seconds = _count(abs(now.offset_ms) // 1000, "second")
        told.append(
            f"The machine's clock is {seconds} {way} the centre's: set it right; the till goes by the centre's."
        )
    told.append(f"{_count(now.waiting, 'fact waits', 'facts wait')} to be sent." if now.waiting else "Nothing waits.")
    return told


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
