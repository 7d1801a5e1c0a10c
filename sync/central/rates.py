"""How often somebody may ask: buckets of requests that fill again as time goes by."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

SOMEBODIES_MOST = 20_000
"""How many are remembered; the longest unseen are forgotten first."""


class Rate(Struct, frozen=True):
    """So many requests at once, and so many a second for long."""

    burst: int
    a_second: float


class Limits(Struct, frozen=True):
    """What is let through: from one address, from one till, refused ones of an address, its tries to join, wrong
    passwords; and how many unpacked bytes a till brings.

    Many tills of a shop can share an address; who was refused often is not asked the database about any more.
    """

    address: Rate = Rate(5000, 1000.0)
    till: Rate = Rate(200, 20.0)
    refused: Rate = Rate(100, 2.0)
    joins: Rate = Rate(5, 5 / 60)
    signs_in: Rate = Rate(10, 10 / 60)
    till_bytes: Rate = Rate(64 * 2**20, 2.0**20)


class Buckets:
    """A bucket of requests for each somebody, for any number of threads."""

    def __init__(self, rate: Rate, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock_s = clock_s
        self._left: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def left(self, somebody: object) -> float:
        """How many requests somebody could make now."""
        now = self._clock_s()
        left, seen = self._left.get(somebody, (float(self._rate.burst), now))
        return min(self._rate.burst, left + (now - seen) * self._rate.a_second)

    def may(self, somebody: object, much: int = 1) -> bool:
        """Whether somebody may make one more request now, which is taken from the bucket; or so `much` of something."""
        with self._lock:
            left = self.left(somebody)
            self._left[somebody] = (max(0.0, left - much), self._clock_s())
            self._left.move_to_end(somebody)
            if len(self._left) > SOMEBODIES_MOST:
                self._left.popitem(last=False)
            return left >= much


def household(address: str) -> str:
    """Whose address it is: for IPv6 the whole network of 64 bits that one customer is given."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found)


def is_here(address: str) -> bool:
    """Whether an address is this very machine's."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
