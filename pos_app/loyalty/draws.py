"""Prize draws: entries for every full amount of a sale, and winners that anybody can draw again (K13)."""

import hashlib
from collections.abc import Iterable

from msgspec import Struct


class Draw(Struct, frozen=True):
    """While `starts <= now < ends` every full `per_minor` of a sale gives one entry."""

    id: str
    names: dict[str, str]
    per_minor: int
    starts: int
    ends: int

    def entries(self, paid_minor: int, now: int) -> int:
        """How many entries a sale of so much gives at `now`."""
        return max(paid_minor, 0) // self.per_minor if self.starts <= now < self.ends else 0


def entry_text(slip: str, number: int) -> str:
    """The number of the `number`-th entry of the sale with this slip, counted from 1, as it is printed."""
    return f"{slip}/{number}"


def winners(entries: Iterable[str], seed: str, count: int) -> list[str]:
    """The first `count` entries in the order of the hash of seed and entry: the same for everybody who draws again."""
    return sorted(set(entries), key=lambda entry: hashlib.sha256(f"{seed}\n{entry}".encode()).digest())[:count]
