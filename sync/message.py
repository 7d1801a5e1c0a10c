"""A notice in words, and what whoever sends it has to say about it."""

import re
from typing import Literal, NamedTuple, Protocol

Outcome = Literal["away", "later", "refused", "unsure"]
"""`away`: nothing can be sent this way now; `later`: this message cannot be now; `refused`: it never can; `unsure`: it
may have left."""


_PERSONAL = re.compile(r"\S+@\S+|\+?[0-9]{6,}")


class Message(NamedTuple):
    """A notice in the words of its member. `created` is UTC milliseconds; the same `id` is the same message."""

    id: bytes
    to: str
    subject: str
    text: str
    created: int


class SendTrouble(Exception):
    """A message was not sent, or nobody knows; the text is a sentence that everybody may see.

    Servers like to repeat whom they were to write to: addresses and long numbers are left out.
    """

    def __init__(self, outcome: Outcome, sentence: str) -> None:
        super().__init__(_PERSONAL.sub("…", sentence))
        self.outcome: Outcome = outcome


class Sender(Protocol):
    """One way to send. `send` returns when the message was taken, else raises SendTrouble; both calls may wait."""

    def send(self, message: Message) -> None: ...

    def close(self) -> None: ...
