"""What happens in one run: a history that a seed decides, to its end, when all links work again."""

import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

from pos_app.loyalty import moments
from pos_app.loyalty.facts import PointsAdjusted
from pos_app.loyalty.moments import HOUR, SECOND, Duration
from pos_app.loyalty.tiers import NO_STATUTES, Era, Statutes, Tier, TierRules
from tests.simulation import checks
from tests.simulation.centre import Alarm, Centre
from tests.simulation.end import Violation
from tests.simulation.faults import Fuse, chance_of, mortal_tills
from tests.simulation.keys import Key
from tests.simulation.network import Network, Weather, weather
from tests.simulation.people import DAY, People
from tests.simulation.publisher import Publisher
from tests.simulation.tills import ZONE, Book, Image, Till

START = 1_790_000_000_000
PASSES_MOST = 30
"""After so many rounds of all tills over good links nothing may be waiting any more."""
TIERS = tuple(Tier(id_, {}, least) for id_, least in (("low", 0), ("middle", 40), ("high", 100)))
RULES = (TierRules(TIERS), TierRules(TIERS, "window", Duration(days=30), Duration(days=10)))
_GAPS = (SECOND, 30 * SECOND, 5 * 60 * SECOND, HOUR, HOUR, DAY)
_SKEWS = (0, 0, -3 * 60 * SECOND, 2 * HOUR, -DAY, 400 * DAY)


class Size(NamedTuple):
    tills: int
    families: int
    steps: int


def size_of(rng: Random) -> Size:
    """Mostly small, since most of what can go wrong needs only two tills; now and then the whole cooperative."""
    kind = rng.random()
    if kind < 0.80:
        return Size(rng.choice((2, 2, 3)), rng.randint(2, 8), rng.randint(40, 90))
    if kind < 0.98:
        return Size(rng.randint(3, 6), rng.randint(8, 40), rng.randint(80, 140))
    return Size(10, 200, 250)


class Unknowing(NamedTuple):
    """A centre that has lost a cut without knowing, and a copy of a till that was told of it; by then people had been
    told of so many timelines.
    """

    till: str
    copy: str
    timelines: int


class World:
    """All that there is in one run."""

    def __init__(self, seed: int, centre: Centre, folder: Path, pattern: Path) -> None:
        """Use `centre` anew and keep files in `folder`; tills begin as copies of `pattern`."""
        self.rng = Random(seed)
        self.centre = centre
        self.size = size_of(self.rng)
        self.statutes = self._statutes()
        centre.begin(ZONE, self.statutes, self.size.tills)
        self.network = Network(centre, self.rng, Weather())
        self.now = START
        self.publisher = Publisher(self.rng, centre, self.network.at_centre)
        self.book = Book({}, {}, {})
        self.told: set[Alarm] = set()
        """What people were told before the centre forgot it."""

        self.copied: set[int] = set()
        """The tills of which a disk was copied, put back or damaged."""

        self.had_wrong_clock = False
        self.centre_losses = 0
        """How often the centre was put to an earlier state, in which something was missing or all was said to be."""

        self.restored_to: set[str] = set()
        """The timelines in which the centre went on when somebody said that it was restored."""

        self.unknowing: list[Unknowing] = []

        self.kept: set[Key] = set()
        """What the centre had when it was looked at last."""

        self.people = People(self.rng)
        self.fuse = Fuse()
        self._folder = folder
        self._history = hashlib.blake2b(digest_size=8)
        self.lines: list[str] = []
        self._images: dict[str, Image] = {}
        self._backup: int | None = None
        self._has_backup = self._has_standby = False
        self._pictures = 0
        self._deaths = self.rng.choice((0.0, 0.0, 0.05, 0.2))
        self._pattern = pattern
        self.tills: dict[str, Till] = {}

    def play(self) -> str:
        """The whole run; tells what its history is known by. Violation when it does not come to rest."""
        with ExitStack() as closing:
            closing.enter_context(chance_of(Random(self.rng.random())))
            closing.enter_context(mortal_tills(self.fuse))
            closing.callback(self._close)
            self._begin()
            happenings = self._happenings()
            verbs, shares = list(happenings), [share for share, _ in happenings.values()]
            for _ in range(self.size.steps):
                self._wait(self.rng.randrange(self.rng.choice(_GAPS)))
                (verb,) = self.rng.choices(verbs, shares)
                self._note(verb, happenings[verb][1]() or "")
            self._come_to_rest()
            checks.all_hold(self)
        return self._history.hexdigest()

    def _close(self) -> None:
        self.fuse.left = None
        self.network.forget_requests()
        for till in self.tills.values():
            till.close()

    def copies_of(self, number: int) -> list[Till]:
        """All copies of a till that there are."""
        return [till for till in self.tills.values() if till.number == number]

    def _begin(self) -> None:
        self.publisher.begin()
        for number in range(1, self.size.tills + 1):
            self._till(str(number), number).found(self._pattern)
        for _ in range(self.size.families):
            self.people.enrol(self._any(), self.now)
        self.network.weather = weather(self.rng)

    def _till(self, name: str, number: int) -> Till:
        till = Till(name, number, self._folder / name, self.network, self.statutes, self.book)
        self.tills[name] = till
        return till

    def _statutes(self) -> Statutes:
        rules = self.rng.choice((None, *RULES))
        return NO_STATUTES if rules is None else Statutes((Era(moments.NEVER, rules),))

    def _wait(self, gap: int) -> int:
        """Let time pass; tells the time."""
        self.now += gap
        self.network.now = self.now
        return self.now

    def _any(self) -> Till:
        return self.tills[self.rng.choice(list(self.tills))]

    def _note(self, verb: str, what: str) -> None:
        """Add to what the history is known by."""
        facts = hashlib.blake2b(b"".join(self.book.written), digest_size=4).hexdigest()
        line = f"{self.now - START} {verb} {what} {len(self.book.written)} {facts}"
        self.lines.append(line)
        self._history.update(line.encode())

    # -- what can happen

    def _happenings(self) -> dict[str, tuple[float, Callable[[], str | None]]]:
        """How likely each thing is in this run, and the thing. Few runs have all of the disasters."""
        usual: dict[str, tuple[float, Callable[[], str | None]]] = {
            "act": (55, self._act), "round": (25, self._round), "fold": (8, self._fold), "look": (3, self._look),
            "arrive": (4, self._arrive), "cut": (1, self._cut), "publish": (2, self._publish),
            "spree": (3, self._spree),
        }  # fmt: skip
        disasters: dict[str, tuple[float, Callable[[], str | None]]] = {
            "image": (2, self._image), "put back": (1.5, self._put_back), "clone": (1.5, self._clone),
            "lose the end": (1.5, self._lose_the_end), "back up": (3, self._back_up), "restore": (1.5, self._restore),
            "stand by": (2, self._stand_by), "fall back": (1.5, self._fall_back), "jump": (2, self._jump),
            "twins": (1.5, self._twins), "prune": (10, self._prune),
        }  # fmt: skip
        calm = self.rng.random() < 0.1
        return usual | {name: both for name, both in disasters.items() if not calm and self.rng.random() < 0.6}

    def _mortal(self) -> None:
        self.fuse.left = self.rng.randrange(12) if self.rng.random() < self._deaths else None

    def _act(self) -> str:
        till = self._any()
        self._mortal()
        verb = self.people.act(till, self.now)
        self.fuse.left = None
        return f"{till.name} {verb}"

    def _spree(self) -> str:
        """The centre answers nobody in time, or as before, while somebody goes from till to till.

        Now and then two tills were of one mind right before.
        """
        usual = self.network.weather
        if self.rng.random() < 0.8:
            self.network.weather = usual._replace(silent=1.0)
        tills = self.rng.sample(list(self.tills.values()), min(len(self.tills), 4))
        some = self.rng.choices(self.people.cards, k=6)
        if self.rng.random() < 0.4:
            some = [self.people.earn(tills[0], self.now)]
            for till in tills[:2]:
                till.round()
                self.network.fold()
                till.look()
        where = self.people.spree(tills, some, lambda: self._wait(self.rng.randrange(30 * SECOND)))
        self.network.weather = usual
        return where

    def _round(self) -> str:
        till = self._any()
        self._mortal()
        done = till.round()
        till.look()
        self.fuse.left = None
        return f"{till.name} {done}"

    def _look(self) -> str:
        till = self._any()
        till.look()
        return till.name

    def _fold(self) -> str:
        return str(self.network.fold())

    def _arrive(self) -> None:
        self.network.arrive()

    def _cut(self) -> str:
        """A way is cut, or works again."""
        name = self._any().name
        self.network.cut ^= {name}
        return name

    def _publish(self) -> str:
        return self.publisher.publish()

    def _prune(self) -> str:
        till = self._any()
        self._mortal()
        till.prune(self.now)
        self.fuse.left = None
        return till.name

    def _jump(self) -> str:
        """A till's clock is set wrong, or right again."""
        till = self._any()
        till.skew = self.rng.choice(_SKEWS)
        self.had_wrong_clock = True
        return f"{till.name} {till.skew}"

    # -- disks of tills

    def _image(self) -> str:
        till = self._any()
        self._pictures += 1
        if till.name in self._images:
            shutil.rmtree(self._images[till.name].folder)
        self._images[till.name] = till.image(self._folder / f"image{self._pictures}")
        return till.name

    def _imaged(self) -> Till | None:
        names = [name for name in self.tills if name in self._images]
        return self.tills[self.rng.choice(names)] if names else None

    def _put_back(self) -> str:
        till = self._imaged()
        if till is None:
            return ""
        self.copied.add(till.number)
        till.put_back(self._images[till.name])
        return till.name

    def _lose_the_end(self) -> str:
        till = self._imaged()
        if till is None:
            return ""
        self.copied.add(till.number)
        had, warned = len(till.keys), len(till.warnings)
        till.lose_the_end(self._images[till.name])
        if len(till.keys) < had and len(till.warnings) + len(till.store.warnings) == warned:
            raise Violation(f"nobody was told that till {till.name} has lost facts")
        return till.name

    def _clone(self) -> str:
        original = self._imaged()
        if original is None or len(self.tills) >= self.size.tills + 2:
            return ""
        self.copied.add(original.number)
        copy = self._till(f"{original.name}'{len(self.tills)}", original.number)
        copy.take_over(self._images[original.name])
        return copy.name

    def _twins(self) -> str:
        """Two copies of a till complete what was begun before they parted: under one id, and not alike."""
        some = [till for till in self.tills.values() if "'" in till.name]
        if not some:
            return ""
        copy = self.rng.choice(some)
        other = self.tills[copy.name.partition("'")[0]]
        id_ = self.rng.randbytes(16)
        for till in (copy, other):
            till.write(
                PointsAdjusted(self.rng.choice(self.people.cards), self.rng.randint(1, 9), "twin"), self.now, (), id_
            )
        return copy.name

    # -- the centre's disks

    def _back_up(self) -> None:
        """A backup is begun, or is noted as made."""
        if self._backup is not None:
            self.network.wait_for_slow()
            self.centre.note_backup(self._backup, self.now)
            self._backup, self._has_standby = None, False
        else:
            self._backup, self._has_backup = self.centre.back_up(self.now), True
            self.publisher.keep("backup")

    def _restore(self) -> str:
        if not self._has_backup:
            return ""
        self._centre_ends()
        self.centre.restore(self.now)
        self.publisher.put_back("backup")
        self.centre_losses += 1
        self.restored_to.add(self.centre.timeline())
        self.kept = self.centre.facts()
        return "restored"

    def _stand_by(self) -> None:
        self.centre.stand_by()
        self.publisher.keep("standby")
        self._has_standby = True

    def _fall_back(self) -> str:
        if not self._has_standby:
            return ""
        self._centre_ends()
        facts, ticks, tokens = self.centre.facts(), self.centre.ticks(), self.centre.tokens()
        self.centre.fall_back()
        self.publisher.put_back("standby")
        self.kept = self.centre.facts()
        lost = ticks - self.centre.ticks()
        self.centre_losses += bool(lost or facts - self.kept or tokens - self.centre.tokens())
        timeline, told = self.centre.timeline(), len(self.timelines_told())
        self.unknowing += [
            Unknowing(till.name, till.copy, told) for till in self.tills.values() if till.was_told(timeline) in lost
        ]
        return "fell back"

    def timelines_told(self) -> set[str]:
        """The timelines of which people were told that the centre has begun them."""
        return {alarm.subject for alarm in self.told | self.centre.alarms() if alarm.kind == "restored"}

    def _centre_ends(self) -> None:
        self.network.forget_requests()
        self.told |= self.centre.alarms()
        if self.kept - self.centre.facts():
            raise Violation("the centre has lost facts of its own")

    # -- the end

    def _come_to_rest(self) -> None:
        """All links work, nothing new happens: rounds until nothing is waiting anywhere."""
        self.fuse.left = None
        self.network.calm()
        still = 0
        for number in range(PASSES_MOST):
            self._wait(SECOND)
            before = self.centre.timeline()
            done = [till.round() for till in self.tills.values()]
            for till in self.tills.values():
                till.look()
            self.centre.decide(self.now)
            folded = self.centre.fold()
            waiting = sum(till.waiting() for till in self.tills.values())
            still = still + 1 if all(done) and not folded and not waiting and before == self.centre.timeline() else 0
            self._note("rest", f"{number} {folded} {waiting}")
            if still == 2:
                return
        raise Violation("the tills and the centre do not come to rest")
