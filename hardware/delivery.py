"""A print job on its way: which of its pieces have left, and as far as where the printer has acknowledged them.

Behind each piece stands a question that the printer answers when it comes to it. A few pieces are let go ahead of the
answers, so that the printer never waits for the till; the first one, which may say that this is a copy, goes alone.
"""

import string
from collections import deque
from collections.abc import Sequence
from random import randrange

from hardware.escpos import Acknowledges

WINDOW = 8
"""The most pieces that are out unanswered: what may come out by itself when a printer goes on after a trouble."""

_DIGITS = string.digits + string.ascii_letters
_ID_LENGTH = 4


class Questions:
    """What stands behind the pieces: GS ( H with an id that does not come again soon, or GS r 1, which has none."""

    def __init__(self, acknowledges: Acknowledges) -> None:
        self.has_ids = acknowledges == "process_id"
        self._number = randrange(len(_DIGITS) ** _ID_LENGTH)  # what an earlier run has asked must not fit

    def next(self) -> tuple[str, bytes]:
        """The id that the answer will bear ("" for GS r), and the bytes to send."""
        if not self.has_ids:
            return "", b"\x1dr\x01"
        self._number += 1
        id_ = "".join(_DIGITS[self._number // len(_DIGITS) ** place % len(_DIGITS)] for place in range(_ID_LENGTH))
        return id_, b"\x1d(H\x06\x0000" + id_.encode("ascii")


class Delivery:
    """The pieces of one job, sent by `next` and taken off the list by `heard`.

    `done` pieces are acknowledged; `is_torn` once the answer for a later piece came and one for an earlier did not:
    then the printer may never have had it.
    """

    def __init__(self, pieces: Sequence[bytes], questions: Questions) -> None:
        self.done = 0
        self.is_torn = False
        self.in_flight = 0
        """Bytes that have left and are not acknowledged."""

        self._pieces = pieces
        self._questions = questions
        self._asked: deque[tuple[str, int]] = deque()

    @property
    def is_over(self) -> bool:
        return self.done == len(self._pieces)

    def next(self) -> bytes | None:
        """The next piece with its question, which counts as sent from now on; None while answers have to come first."""
        sent = self.done + len(self._asked)
        if sent == len(self._pieces) or len(self._asked) == (WINDOW if self.done else 1):
            return None
        id_, question = self._questions.next()
        data = self._pieces[sent] + question
        self._asked.append((id_, len(data)))
        self.in_flight += len(data)
        return data

    def heard(self, id_: str) -> None:
        """The printer has answered a question; what it answers twice or was never asked is passed over."""
        place = next((place for place, (asked, _) in enumerate(self._asked) if asked == id_), None)
        if place is None:
            return
        self.is_torn = self.is_torn or place > 0
        for _ in range(place + 1):
            self.in_flight -= self._asked.popleft()[1]
            self.done += 1
