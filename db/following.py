"""How a store follows the centre: what is told into its replica, or by a newer one, is taken up under its own facts."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from db import generations
from db.accounts import Accounts
from db.journal import Journal
from db.replica import Replica
from db.trouble import tells_troubles
from db.witness import Witness
from pos_app.loyalty.tiers import Statutes

_STATUTES = "statutes"


@tells_troubles
class Following:
    """The part of `Store` that looks for what is new in the replica."""

    path: Path
    replica: Replica
    _journal: Journal
    _accounts: Accounts
    _statutes: Statutes
    _witness: Witness | None
    _seen: tuple[Path, int] | None
    _steps: Iterator[bool] | None
    _warn: Callable[[str], None]

    def reload_replica(self) -> None:
        """Open the newest replica in the place of the one that is open, and put the own facts on top of it."""
        fresh = generations.usable(self.path, read_only=self._witness is None, warn=self._warn)
        self.replica.close()
        self.replica = self._accounts.replica = fresh
        if self._witness is not None:
            self._rebase()

    def refresh(self) -> bool:
        """Show what the centre has told since the last look; whether any account that this till touched has changed."""
        changed = False
        while (step := self.refresh_some()) is not None:
            changed |= step
        return changed

    def refresh_some(self) -> bool | None:
        """The same in small steps, between which the till may sell: whether this one has changed anything.

        None when there is no more to do.
        """
        if self._steps is None:
            self._steps = self._refreshing()
        try:
            step = next(self._steps, None)
        except BaseException:
            self._steps = self._seen = None
            raise
        if step is None:
            self._steps = None
        return step

    def _refreshing(self) -> Iterator[bool]:
        self._seen = self._writings()
        if generations.newest(self.path) == self.replica.path:
            yield from self._accounts.refreshing()
            return
        fresh = generations.usable(self.path, read_only=False, warn=self._warn)
        self.replica.close()
        self.replica = self._accounts.replica = fresh
        self._seen = self._writings()
        yield True
        yield from self._accounts.remaking()
        generations.tidy(self.path, self.replica.path)

    def has_news(self) -> bool:
        """Whether the centre may have told something that is not all taken up; costs next to nothing.

        So it is when the store was just opened, too: nobody knows whether all was taken up before.
        """
        is_seen = self._steps is None and self._writings() == self._seen
        return not is_seen or generations.newest(self.path) != self.replica.path

    def _writings(self) -> tuple[Path, int]:
        return self.replica.path, self.replica.writings()

    def _rebase(self) -> None:
        """Make the journal's states anew when they were made on another replica; one that lacks states is none."""
        told, base = self._journal.base(), self.replica.base
        statutes = _mark_of(self._statutes)
        other_statutes = statutes != (self._journal.meta(_STATUTES) or "")
        if (base and base != told) or other_statutes:
            self._accounts.rebase()
        if other_statutes:
            with self._journal.transaction():
                self._journal.put_meta(_STATUTES, statutes)
        if told and not base:
            self._warn(
                f"What the centre has said is missing in {self.path}: cards, goods and staff are those of this till "
                "alone. Call support; the till goes on."
            )
        generations.tidy(self.path, self.replica.path)


def _mark_of(statutes: Statutes) -> str:
    """What tells statutes from others; empty for none."""
    return hashlib.blake2b(msgspec.msgpack.encode(statutes), digest_size=8).hexdigest() if statutes.eras else ""
