"""What tills and the centre say to each other. Bytes on the wire are MessagePack or JSON of these, the same for both.

A newer program may add fields, which an older one passes over; none is ever taken away or given another meaning.
Moments are UTC milliseconds. `tick` counts the centre's cuts: all that was folded or published together has one tick,
a later cut a greater one. No tick is ever made twice, not even by a centre that was put back to an earlier state.
"""

from typing import Literal

from msgspec import Struct

VERSION = 1
FACTS_MOST = 500
"""How many facts one upload brings."""
PAGE_MOST = 1000
"""How many rows one page of changes brings."""
IDS_MOST = 1000
"""How many facts a till asks about at once."""


class Sent(Struct, frozen=True, array_like=True):
    """A fact as its till wrote it down: its place in the chain, its id, chain hash and bytes (`facts.encode`)."""

    epoch: int
    seq: int
    id: bytes
    hash: bytes
    data: bytes


class Person(Struct, frozen=True, array_like=True):
    """Personal data of a member; with all other fields empty, what was known of the member is to be erased."""

    member: int
    name: str
    phone: str = ""
    email: str = ""
    terms: str = ""
    birthday: str = ""
    language: str = ""


class Report(Struct, frozen=True):
    """How a till is: its program's version, facts that wait, the moment of the oldest of them, its devices' states, and
    by how many milliseconds the centre's clock is ahead of its own.

    `devices` are states by device, as of `devices_at`; the `broken` among them do not work. `warnings` are codes, or
    whole sentences. What waits are facts that the upload itself does not bring.
    """

    version: str
    waiting: int = 0
    oldest: int | None = None
    devices: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    offset_ms: int | None = None
    broken: tuple[str, ...] = ()
    devices_at: int | None = None


class Upload(Struct, frozen=True):
    """Facts in the order of their numbers, beginning after the last one that the centre has acknowledged.

    `epoch` is the one that the till is in now; facts of an earlier one may still be on their way. `token` is the last
    that the till was given in this epoch, empty for its first upload. `timeline` is that of the last receipt, empty
    before it, and `acknowledged` the number up to which the centre has said that it has the facts; `before` is the
    chain hash there. Facts up to `pruned` are no more at the till.
    """

    epoch: int
    token: bytes
    timeline: str = ""
    acknowledged: int = 0
    facts: tuple[Sent, ...] = ()
    before: bytes = b""
    people: tuple[Person, ...] = ()
    report: Report | None = None
    pruned: int = 0


class Receipt(Struct, frozen=True):
    """What the centre has of the facts of this copy of the till: those up to `seq`, in a backup those up to `safe`.
    A `seq` below what was acknowledged before means that the centre has lost some.

    `token` goes with the next upload. With a `new_epoch` the till turned out to be a copy that is not the newest: it
    goes on in that epoch, with slip numbers above `slips` and card numbers out of `block`.
    """

    timeline: str
    now: int
    token: bytes
    seq: int
    safe: int
    new_epoch: int | None = None
    slips: int = 0
    block: int = 0


class Cursor(Struct, frozen=True, array_like=True):
    """How far a till has come in the changes: all before this tick, and of it all up to this key."""

    tick: int = 0
    key: int = 0


Tiers = dict[int, tuple[str, int | None]]
"""The tier of each account, and its next review if there is one."""


class State(Struct, frozen=True, array_like=True):
    """A ledger as of a tick (`data`: MessagePack of `loyalty.accounts.Ledger`), under its key `root`.

    `members` are what a till may know of its people: short name and phone by member. `marks` are those of their e-mail
    addresses (`loyalty.contacts.mark`), by which an address is known again and cannot be read.
    """

    root: int
    tick: int
    data: bytes
    members: dict[int, tuple[str, str]] = {}
    tiers: Tiers = {}
    marks: dict[int, bytes] = {}


Kind = Literal["product", "offer", "coupon", "staff", "pack", "programme"]


class Entry(Struct, frozen=True, array_like=True):
    """A thing that the centre publishes: goods, an offer of the board, ... `data` is None when it is no more.

    `kind` is a `Kind`, or one that only a newer program knows.
    """

    kind: str
    key: str
    tick: int
    data: bytes | None


class Pull(Struct, frozen=True):
    """A till asks for the changes after its cursor, and in which ticks its own facts `ids` were folded.

    `timeline` is the one that the cursor is of.
    """

    cursor: Cursor
    ids: tuple[bytes, ...] = ()
    timeline: str = ""


class Page(Struct, frozen=True):
    """The next changes after a cursor. Without `more`, the till's states are those of the cursor's tick, or newer.

    `ticks` answers for each of the ids that were asked for: the tick in which the fact was folded, 0 if it was not
    yet. A state of a tick holds all facts of that tick and of those before it, and none of a later one.
    """

    timeline: str
    now: int
    cursor: Cursor
    more: bool = False
    ticks: tuple[int, ...] = ()
    states: tuple[State, ...] = ()
    entries: tuple[Entry, ...] = ()


class HoldWanted(Struct, frozen=True):
    """Points of a card are to be spent in the open sale; `hold` is the till's own 16 random bytes for it."""

    hold: bytes
    card: int
    points: int


class HoldAnswer(Struct, frozen=True):
    """Whether the points are kept for this till, until when, and how long that is; refused, how many can be had."""

    granted: bool
    until: int = 0
    available: int = 0
    lasts_ms: int = 0


class HoldOver(Struct, frozen=True):
    """A hold whose sale was not completed."""

    hold: bytes


class SaleWanted(Struct, frozen=True):
    """A till asks for the sale with a slip number that is not in its journal; or, with the id of a `sale` that is,
    only for what is known about it.
    """

    slip: int
    sale: bytes = b""


class SaleFound(Struct, frozen=True):
    """The facts of the sales with the slip that was asked for, none where no till has told of one. More than one is of
    tills that stood alone under one number.

    `about` are the facts about the sale where it is one: what came back of it, how its order went on, what an inviter
    was given.
    """

    sales: tuple[bytes, ...] = ()
    about: tuple[bytes, ...] = ()


class Joining(Struct, frozen=True):
    """A till asks to become one of the centre's: with a code that is good once, its public key and its name."""

    code: str
    public_key: bytes
    name: str = ""
    version: str = ""


class Joined(Struct, frozen=True):
    """Who the till is from now on, and the cooperative's key for card numbers."""

    till: int
    epoch: int
    block: int
    card_key: bytes
    timeline: str
    now: int


class Offered(Struct, frozen=True):
    """A snapshot that the centre has ready: a replica file of a tick, packed by zstd.

    `hash` is the SHA-256 of its `size` bytes in hex, `unpacked` its size as a file. `things` are what is published for
    the till's own shop and which programme is in force, which the file does not hold.
    """

    hash: str
    size: int
    unpacked: int
    timeline: str
    tick: int
    things: tuple[Entry, ...] = ()
