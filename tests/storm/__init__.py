"""Bad requests without end, and what becomes of the centre that they are sent to."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from sync.central import tills
from sync.central.state import now_ms
from tests.helpers.served import AskingTill, Served
from tests.storm.attackers import Bad, BadTill, Stranger, Visitor
from tests.storm.breakers import Breaker
from tests.storm.connection import HUNG_UP, Connection

GAIN_MOST_MB = 64
AT_ONCE = 32
"""How many requests go out before the first answer is read."""
TOLD_EVERY = 100_000
_LOOKED_AT_EVERY = 2
_WORST_MOST = 20


class Told(NamedTuple):
    """What a storm came to: answers by who asked and status, what must not have been, memory gained after a tenth."""

    statuses: Counter[tuple[str, int]]
    wrong: list[str]
    gained_mb: float

    def by_status(self) -> dict[int, int]:
        statuses: Counter[int] = Counter()
        for (_, status), count in self.statuses.items():
            statuses[status] += count
        return dict(sorted(statuses.items()))


class Storm:
    """Attackers of all kinds, each as likely as it has shares."""

    def __init__(self, served: Served, seed: int) -> None:
        chance = Random(seed)
        good, gone_bad, other, out = (served.till(name) for name in ("good", "bad", "worse", "stolen"))
        tills.shut_out(served.link, out.joined.till, now_ms())
        self._chance = chance
        self._attackers: list[Stranger | BadTill | Visitor | Breaker] = [
            Stranger(chance, good),
            Visitor(chance),
            Breaker(chance),
        ]
        for till, who in ((gone_bad, "till"), (other, "till"), (out, "shut out")):
            bad = BadTill(chance, till, who)
            bad.token = _told(served, till)
            self._attackers.append(bad)
        self._shares = (6, 2, 0.2, 5, 5, 0.5)

    def bad(self) -> Iterator[Bad]:
        while True:
            yield self._chance.choices(self._attackers, self._shares)[0].bad()


def _told(served: Served, till: AskingTill) -> Callable[[int], tuple[bytes, int, bytes, str]]:
    """What the centre has told a till, looked up now and then only: often a till goes by what is past."""
    known: dict[int, tuple[bytes, int, bytes, str]] = {}
    asked = 0

    def told(epoch: int) -> tuple[bytes, int, bytes, str]:
        nonlocal asked
        asked += 1
        if asked % _LOOKED_AT_EVERY == 1:
            known.clear()
        if epoch not in known:
            found = None
            if -(2**63) <= epoch < 2**63:
                query = "SELECT token, seq, hash, timeline FROM epoch, centre WHERE till = %s AND epoch = %s"
                found = served.link.execute(query, (till.joined.till, epoch)).fetchone()
            known[epoch] = found or (b"", 0, b"", "")
        return known[epoch]

    return told


def rage(served: Served, count: int, seed: int, say: Callable[[str], object] = lambda line: None) -> Told:
    """Send so many bad requests."""
    told = Told(Counter(), [], 0.0)
    connection = Connection(served.url)
    bad = Storm(served, seed).bad()
    before, sent, said = _memory_mb(), 0, 0
    is_later = False
    try:
        while sent < count:
            some = [next(bad) for _ in range(min(AT_ONCE, count - sent))]
            _ask(connection, some, told)
            sent += len(some)
            if not is_later and sent >= count // 10:
                before, is_later = _memory_mb(), True
            if sent // TOLD_EVERY > said:
                said = sent // TOLD_EVERY
                say(f"{sent}: {told.by_status()}, {_memory_mb():.0f} MB, {len(told.wrong)} wrong")
    finally:
        connection.close()
    return told._replace(gained_mb=_memory_mb() - before)


def _ask(connection: Connection, some: list[Bad], told: Told) -> None:
    whole = [bad for bad in some if bad.is_http]
    broken = [bad for bad in some if not bad.is_http]
    statuses = [*connection.ask([bad.raw for bad in whole]), *(connection.tell(bad.raw) for bad in broken)]
    for bad, status in zip([*whole, *broken], statuses, strict=True):
        told.statuses[bad.who, status] += 1
        if is_wrong(bad, status) and len(told.wrong) < _WORST_MOST:
            told.wrong.append(f"{status} for {bad.who}: {bad.raw[:1500]!r}")


def is_wrong(bad: Bad, status: int) -> bool:
    """Whether the centre broke at a request, or let somebody in."""
    was_let_in = 200 <= status < 400 and bad.who != "till" and not bad.is_open
    return status >= 500 or was_let_in or (status == HUNG_UP and bad.is_http)


def _memory_mb() -> float:
    """What this process holds of the machine's memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20
