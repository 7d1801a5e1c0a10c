"""The witness: what it remembers, torn writes, and what a journal that lost facts has to do."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.witness import Head, Witness, after_loss

HASH = bytes(range(16))
HEADS = [Head(1, n, HASH, 1000 + n, 10 + n, n) for n in range(1, 4)]


def test_it_remembers_the_last_head_across_openings(tmp_path: Path) -> None:
    for head in [Head(1), *HEADS]:
        witness = Witness(tmp_path / "w")
        witness.read()
        witness.write(head)
        witness.close()
        again = Witness(tmp_path / "w")
        assert again.read() == head
        again.close()


def test_a_new_one_has_seen_nothing(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "w")
    assert witness.read() is None
    witness.close()
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o600


@given(st.integers(0, 200), st.binary(max_size=60))
def test_a_torn_write_leaves_the_head_before_it(tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("w") / "w"
    witness = Witness(path)
    for head in HEADS:
        witness.write(head)
    before = path.read_bytes()
    third, second = before[: len(before) // 2], before[len(before) // 2 :]
    torn = third[:at] + junk + third[at + len(junk) :]
    path.write_bytes(torn[: len(third)].ljust(len(third), b"\0") + second)

    assert witness.read() in (HEADS[1], HEADS[2])
    witness.close()


def test_after_reopening_the_newest_head_is_not_the_one_that_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "w"
    for newest in (HEADS[0], HEADS[1]):
        witness = Witness(path)
        witness.read()
        before = path.read_bytes()
        witness.write(newest)
        witness.close()
    torn = bytearray(path.read_bytes())
    changed = next(at for at, byte in enumerate(torn) if at >= len(before) or byte != before[at])
    torn[changed] ^= 0xFF
    path.write_bytes(torn)

    witness = Witness(path)
    assert witness.read() == HEADS[0]
    witness.close()


def test_what_is_no_witness_is_as_good_as_none(tmp_path: Path) -> None:
    for content in (b"\0" * 500, os.urandom(500), b"short"):
        (tmp_path / "w").write_bytes(content)
        witness = Witness(tmp_path / "w")
        assert witness.read() is None
        witness.close()


class TestAfterLoss:
    """Which of the two is right, and where it goes on."""

    head = Head(2, 50, HASH, 9000, 40, 7)

    def hash_at(self, seq: int) -> bytes | None:
        return HASH if seq <= self.head.seq else None

    def test_nothing_is_lost_when_the_journal_knows_the_last_fact(self) -> None:
        assert after_loss(self.head, self.head, self.hash_at) is None

    def test_the_witness_may_lag_behind(self) -> None:
        assert after_loss(self.head, Head(2, 48, HASH), self.hash_at) is None

    def test_a_new_journal_needs_no_witness(self) -> None:
        assert after_loss(Head(1), None, lambda seq: b"") is None

    def test_a_shorter_journal_goes_on_behind_all_that_was_seen(self) -> None:
        seen = Head(2, 60, HASH, 9500, 45, 9)
        assert after_loss(self.head, seen, self.hash_at) == Head(3, 60, HASH, 9500, 45, 9)

    def test_another_past_is_a_loss_too(self) -> None:
        seen = Head(2, 49, b"x" * 16, 8000, 30, 2)
        assert after_loss(self.head, seen, self.hash_at) == Head(3, 50, HASH, 9000, 40, 7)

    def test_an_older_epoch_is_an_older_copy(self) -> None:
        seen = Head(4, 10, HASH, 8000, 30, 2)
        assert after_loss(self.head, seen, self.hash_at) == Head(5, 50, HASH, 9000, 40, 7)

    def test_facts_without_a_witness_may_be_a_copy(self) -> None:
        assert after_loss(self.head, None, self.hash_at) == Head(3, 50, HASH, 9000, 40, 7)
