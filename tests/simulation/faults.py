"""Where a program or a connection dies: between any two steps that are each whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any
from unittest.mock import patch

import psycopg
from psycopg.rows import TupleRow

from db import file, witness


class Died(BaseException):
    """The process of a till ended here, as by a power cut."""


class Cut(Exception):
    """The connection to the database broke here."""


class Fuse:
    """Burns down by one at each step; without a length it never does."""

    def __init__(self) -> None:
        self.left: int | None = None

    def burn(self) -> bool:
        """Whether this is the step at which it happens."""
        if self.left is None:
            return False
        self.left -= 1
        if self.left < 0:
            self.left = None
            return True
        return False


class BreakingLink(psycopg.Connection[TupleRow]):
    """A connection to PostgreSQL that breaks after a statement, before a commit or after it."""

    fuse: Fuse

    def execute(self, *args: Any, **options: Any) -> "psycopg.Cursor[TupleRow]":
        cursor = super().execute(*args, **options)
        self._step()
        return cursor

    @contextmanager
    def transaction(self, *args: Any, **options: Any) -> Iterator[psycopg.Transaction]:
        with super().transaction(*args, **options) as transaction:
            yield transaction
            self._step()
        self._step()

    def _step(self) -> None:
        if self.fuse.burn():
            raise Cut


def breaking_link(url: str) -> BreakingLink:
    link = BreakingLink.connect(url, autocommit=True)
    link.fuse = Fuse()
    link.execute("SET lock_timeout = '2s'")  # one thread waits for itself: say so
    return link


@contextmanager
def mortal_tills(fuse: Fuse) -> Iterator[None]:
    """Let a till's programs die before and after each of their commits, and between files, when the fuse has burnt."""
    leave, write = file.Transaction.__exit__, witness.Witness.write

    def exit_(
        self: file.Transaction,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and fuse.burn():
            leave(self, Died, Died(), None)
            raise Died
        leave(self, kind, error, trace)
        _die(error is None and fuse.burn())

    def sync(_path: Path) -> None:
        _die(fuse.burn())

    def write_(self: witness.Witness, head: witness.Head) -> None:
        _die(fuse.burn())
        write(self, head)

    with (
        patch.object(file.Transaction, "__exit__", exit_),
        patch.object(file, "synced", sync),
        patch.object(witness.Witness, "write", write_),
    ):
        yield


def _die(now: bool) -> None:
    if now:
        raise Died


@contextmanager
def chance_of(rng: Random) -> Iterator[None]:
    """Let ids and tokens be those of a seed."""
    with patch.object(os, "urandom", rng.randbytes):
        yield
