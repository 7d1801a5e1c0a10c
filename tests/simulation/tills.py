"""A till with its agent, in a folder that is copied, put back, damaged, and left in the middle of everything."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from db import link
from db.link import Link
from db.store import NewFact, Person, Store
from pos_app import consequences, in_force
from pos_app.loyalty import facts, moments
from pos_app.loyalty.facts import Body, CodeMade, Fact, SaleCompleted
from pos_app.loyalty.tiers import Statutes
from pos_app.spending import Spending
from sync.agent import Agent, Away
from tests.simulation.faults import Died
from tests.simulation.keys import Key, key_of
from tests.simulation.network import Network
from tests.simulation.trust import PROGRAMMES, KeeperAtOnce, Trust

ZONE = "Europe/Sofia"
KEEP_MS = 3 * moments.HOUR
"""How long tills keep their facts here, where months pass in a second."""
KEEP_TRUST_MS = 50 * moments.HOUR
"""How long where points were spent on trust: all of a day, by a clock that is a day slow, as they are counted by it."""


class Book(NamedTuple):
    """All facts ever written anywhere, the members whose names were given with one, and those that spent on trust."""

    written: dict[Key, Fact]
    named: dict[Key, int]
    trusted: dict[Key, Trust]


class Image(NamedTuple):
    """A copy of a till's folder, and the facts that are in it."""

    folder: Path
    keys: tuple[Key, ...]


def make_pattern(folder: Path) -> None:
    """An empty till, to be copied."""
    Store.open(folder, ZONE, lasting=False).close()
    pack, (content, _) = next(iter(PROGRAMMES.items()))
    in_force.put(folder, pack, content)


class Till:
    """One copy of a till: most have one, a cloned one has two."""

    def __init__(
        self,
        name: str,
        number: int,
        folder: Path,
        network: Network,
        statutes: Statutes,
        book: Book,
    ) -> None:
        self.name = name
        self.number = number
        self.folder = folder
        self.shop = f"coop/{number % 2}"
        self.skew = 0
        """How far its clock is wrong, in milliseconds."""

        self.keys: list[Key] = []
        """The facts that it has written, as far as its disk was not changed since."""

        self.book = book
        self.changes = 0
        """How often its disk was put back, or lost something."""

        self.warnings: list[str] = []
        self._network = network
        self._line = network.line(name, number)
        self._statutes = statutes

    def found(self, pattern: Path) -> None:
        """Begin as a new till that has just joined."""
        shutil.copytree(pattern, self.folder)
        with sqlite3.connect(self.folder / "journal.db") as journal:
            journal.execute("UPDATE till SET till = ?, block = ?", (self.number, self.number))
        journal.close()
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.folder, ZONE, statutes=self._statutes, lasting=False)
        self.agent = Agent(self.folder, self._line)
        self.keeper = KeeperAtOnce(self._line, lambda: self._network.now / 1000)
        self._begin_programme()

    def _begin_programme(self) -> None:
        _, self.programme = PROGRAMMES[in_force.pack(self.folder)]
        self.spending = Spending(self.store, self.programme, self.keeper, self._heard)

    def _heard(self) -> int:
        known = link.state(self.folder)
        return 0 if known is None else known.heard

    def close(self) -> None:
        self.warnings += self.store.warnings
        self.store.warnings.clear()
        self.agent.close()
        self.store.close()

    def reopen(self) -> None:
        """What the process had in memory is gone."""
        self.close()
        self.open()

    def survives(self, work: Callable[[], object]) -> bool:
        """Whether something was done to its end; a process that dies over it is started again."""
        try:
            work()
        except Died:
            self.reopen()
            return False
        return True

    # -- the day

    def moment(self, now: int) -> int:
        """The time by its clock, which never goes back behind what was written."""
        return max(now + self.skew, self.store.last_moment)

    def write(self, body: Body, now: int, people: Sequence[Person] = (), id_: bytes = b"") -> list[Fact]:
        """Let something happen; tells what was written of it, which is nothing when the process died before."""
        new = NewFact(body, self.moment(now), id_)
        self.survives(lambda: self.store.record([new], people=people, programme=self.programme.pack))
        learnt = self._learn()
        for person in people:
            self.book.named.update(dict.fromkeys(self.keys[-len(learnt) :] if learnt else (), person.member))
        return learnt

    def _learn(self) -> list[Fact]:
        after = self.book.written[self.keys[-1]].seq if self.keys else 0
        learnt = self.store._journal.page(after)
        for fact in learnt:
            key = key_of(facts.encode(fact))
            self.keys.append(key)
            self.book.written[key] = fact
            match fact.body:
                case (
                    SaleCompleted(authority="allowance", card=int() as card)
                    | CodeMade(authority="allowance", card=card)
                ):
                    family = tuple(consequences.family_cards(self.store, card))
                    self.book.trusted[key] = Trust(self.copy, self._heard(), family)
        return learnt

    @property
    def copy(self) -> str:
        """What tells this state of its disk from those that were put in its place."""
        return f"{self.name}/{self.changes}"

    def sales(self, most: int) -> list[Fact]:
        """The last sales that are still in the journal."""
        some = [self.book.written[key] for key in self.keys[-most:]]
        return [fact for fact in some if isinstance(fact.body, facts.SaleCompleted) and self.store.fact(fact.id)]

    # -- with the centre

    def round(self) -> bool:
        """Whether a round came to its end."""
        try:
            is_through = self.survives(self.agent.round)
        except Away:
            return False
        if is_through:
            clock = self._network.now + self.skew
            link.put_state(self.folder, Link(clock, clock))
        return is_through

    def look(self) -> None:
        """What the window does now and then: show what the agent has taken up."""
        self.survives(lambda: (self.store.refresh(), self.store.begin_epoch_if_asked()))
        wanted = self.store.replica.programme
        if wanted not in ("", self.programme.pack):
            with suppress(Away):
                in_force.put(self.folder, wanted, self._line.pack(wanted))
                self._begin_programme()

    def was_told(self, timeline: str) -> int:
        """The newest cut of a timeline that the centre has told this till of, 0 for none."""
        replica = self.store.replica
        return replica.cursor[0] if replica.timeline == timeline == self.agent.standing().timeline else 0

    def prune(self, now: int) -> None:
        has_trusted = any(key in self.book.trusted for key in self.keys)
        self.agent.keep_ms = KEEP_TRUST_MS if has_trusted else KEEP_MS
        self.survives(lambda: self.agent.prune(now))

    def waiting(self) -> int:
        """How much is still to be said or done."""
        standing = self.agent.standing()
        return self.agent.waiting()[0] + (standing.new_epoch != 0)

    # -- disks

    def image(self, to: Path) -> Image:
        """A copy of the folder as it is now."""
        self.close()
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)
        self.open()
        return Image(to, tuple(self.keys))

    def put_back(self, image: Image) -> None:
        """Go on with an earlier copy of the folder."""
        self.close()
        shutil.rmtree(self.folder)
        self.take_over(image)

    def take_over(self, image: Image) -> None:
        """Begin with a copy of another folder."""
        shutil.copytree(image.folder, self.folder)
        self.keys = list(image.keys)
        self.changes += 1
        self.open()

    def lose_the_end(self, image: Image) -> None:
        """Let the journal be the shorter one of an earlier copy: its log was torn, all other files are there."""
        self.close()
        for path in self.folder.glob("journal.db*"):
            path.unlink()
        shutil.copy(image.folder / "journal.db", self.folder)
        self.keys = list(image.keys)
        self.changes += 1
        self.open()
