"""What a store keeps beside its facts: baskets, print jobs, notices, programme files and notes."""

import time

from db.journal import Journal
from db.records import Dispatch, Held, JobState, NoticeState, PrintJob
from db.trouble import tells_troubles
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.paper import Document


@tells_troubles
class Keeping:
    """The part of `Store` that goes straight to the journal."""

    _journal: Journal

    # -- baskets

    def open_basket(self) -> Basket:
        return self._journal.open_basket()

    def keep_basket(self, basket: Basket) -> None:
        """Make this the open basket; it is on the disk on return."""
        with self._journal.transaction():
            self._journal.put_basket(basket)

    def hold(self, basket: Basket, note: str, at: int, cashier: str) -> int:
        """Put a basket aside and open an empty one; tells the number by which it is recalled."""
        with self._journal.transaction():
            self._journal.put_basket(Basket())
            return self._journal.put_held(basket, note, at, cashier)

    def held(self) -> list[Held]:
        """The baskets put aside, the oldest first."""
        return self._journal.held()

    def recall(self, hold_id: int) -> Basket:
        """Make a held basket the open one; KeyError when there is none of this number."""
        with self._journal.transaction():
            held = next((held for held in self._journal.held() if held.id == hold_id), None)
            if held is None:
                raise KeyError(hold_id)
            self._journal.put_basket(held.basket)
            self._journal.drop_held(hold_id)
        return held.basket

    # -- printing

    def jobs(self, *wanted: JobState) -> list[PrintJob]:
        """Print jobs in these states, the oldest first; without a state all."""
        return self._journal.jobs(*wanted)

    def job(self, job_id: int) -> PrintJob | None:
        return self._journal.job(job_id)

    def job_of(self, slip: int) -> PrintJob | None:
        """The first print of a slip."""
        return self._journal.job_of(slip)

    def set_job_state(self, job_id: int, state: JobState) -> None:
        """Note what became of a print job; KeyError when there is none of this number."""
        with self._journal.transaction():
            if not self._journal.set_job_state(job_id, state):
                raise KeyError(job_id)

    def add_job(self, slip: int | None, document: Document, copy: bool) -> int:
        """Queue a document by itself."""
        with self._journal.transaction():
            return self._journal.add_job(slip, document, copy, now_ms())

    # -- notices

    def notices(self, *wanted: NoticeState) -> list[Dispatch]:
        """What members are to be told or were, by the state it is in; without a state all."""
        return self._journal.notices(*wanted)

    # -- programme files and notes

    def pack(self, hash_: str) -> bytes | None:
        """The programme file of this hash, as facts name it."""
        return self._journal.pack(hash_)

    def keep_pack(self, hash_: str, content: bytes) -> None:
        with self._journal.transaction():
            self._journal.put_pack(hash_, content)

    def meta(self, key: str) -> str | None:
        """A note of the application."""
        return self._journal.meta(key)

    def set_meta(self, key: str, value: str) -> None:
        with self._journal.transaction():
            self._journal.put_meta(key, value)


def now_ms() -> int:
    """The machine's clock."""
    return time.time_ns() // 1_000_000
