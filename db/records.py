"""What the store gives and takes besides facts and states: staff, people, finds, print jobs, held baskets."""

from typing import Literal, NamedTuple

from msgspec import Struct

from pos_app.loyalty.basket import Basket
from pos_app.loyalty.facts import Body
from pos_app.loyalty.notices import Channel, Values
from pos_app.loyalty.paper import Document


class Identity(Struct, frozen=True):
    """Who this till is, made when its journal is opened for the first time.

    `epoch` grows when the journal turns out to be an older copy; `block` is where its card numbers come from.
    """

    till: int
    epoch: int
    card_key: bytes
    block: int


class Staff(Struct, frozen=True):
    """Somebody who works at the till: by PIN (an argon2 hash) or staff card; `own_card` is a member card."""

    id: str
    name: str
    role: Literal["cashier", "manager"]
    pin_hash: str
    card: str = ""
    own_card: int | None = None


class Person(Struct, frozen=True):
    """Personal data of a member, never part of a fact; `name` is the short one that the till shows.
    `language` is the one in which the member wants to be told things, empty for the till's.

    Writing a person whose other fields are empty erases them.
    """

    member: int
    name: str
    phone: str = ""
    email: str = ""
    terms: str = ""
    birthday: str = ""
    language: str = ""


class Found(Struct, frozen=True):
    """A row of the look-up of people."""

    card: int
    name: str
    kind: str
    phone: str


JobState = Literal["queued", "sending", "printed", "taken", "unknown", "unsure", "kept"]
"""`printed`: the printer has acknowledged each line once it was on paper; `taken`: it has acknowledged them all, but
may do so before; `unknown`: nobody can tell whether it was printed, or somebody has seen to it; `unsure`: it broke
off, and somebody has to look at the paper; `kept`: it had waited long, and somebody did not want it any more."""


class PrintJob(Struct, frozen=True):
    """A document on its way to the printer; `created` is UTC milliseconds, `copy` a second print."""

    id: int
    slip: int | None
    state: JobState
    document: Document
    copy: bool
    created: int


NoticeState = Literal["queued", "sending", "sent", "unsure", "failed", "nowhere", "expired", "past"]
"""`unsure`: it may have been sent, and is not sent again unless somebody says so; `failed`: it was refused for good;
`nowhere`: the member has given no address, or has had it erased; `expired`: it could not be sent while it was news;
`past`: it was not so any more when it was to be sent."""


class Dispatch(Struct, frozen=True):
    """A notice on its way to a member by one channel; `created` and `tried` (0: never) are UTC milliseconds.

    `error` is a sentence about what went wrong last. `kind` may be one that only another version of the program knows.
    """

    id: bytes
    kind: str
    member: int
    channel: Channel
    values: Values
    state: NoticeState
    created: int
    tried: int
    error: str


class Held(Struct, frozen=True):
    """A basket put aside at the moment `at` (UTC milliseconds)."""

    id: int
    basket: Basket
    note: str
    at: int
    cashier: str


class NewFact(NamedTuple):
    """A fact that is to be written down, dated not before the store's `last_moment`.

    It gets an id unless it brings one (`new_id`), as a fact does that another one of its transaction speaks of.
    """

    body: Body
    moment: int
    id: bytes = b""
