"""What the store gives and takes besides facts and states: staff, people, finds, print jobs, held baskets."""

from typing import Literal, NamedTuple

from msgspec import Struct

from pos_app.loyalty.basket import Basket
from pos_app.loyalty.facts import Body
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

    Writing a person whose other fields are empty erases them.
    """

    member: int
    name: str
    phone: str = ""
    email: str = ""
    terms: str = ""
    birthday: str = ""


class Found(Struct, frozen=True):
    """A row of the look-up of people."""

    card: int
    name: str
    kind: str
    phone: str


JobState = Literal["queued", "sending", "printed", "unknown", "unsure"]
"""`unknown`: nobody can tell whether it was printed; `unsure`: it broke off, and somebody has to look at the paper."""


class PrintJob(Struct, frozen=True):
    """A document on its way to the printer; `created` is UTC milliseconds, `copy` a second print."""

    id: int
    slip: int | None
    state: JobState
    document: Document
    copy: bool
    created: int


class Held(Struct, frozen=True):
    """A basket put aside at the moment `at` (UTC milliseconds)."""

    id: int
    basket: Basket
    note: str
    at: int
    cashier: str


class NewFact(NamedTuple):
    """A fact that is to be written down, dated not before the store's `last_moment`."""

    body: Body
    moment: int
