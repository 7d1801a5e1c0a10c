"""Nobody acts without being known: PINs are slow to guess, every attempt is on record, and no PIN is ever written."""

import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from db.store import Staff, Store
from pos_app import texts
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Acted
from pos_app.sign_in import LOCK_S, SignIn, hash_pin, pin_fits
from tests.helpers.logs import ExpectLog

ZONE = "Europe/Sofia"
START = 1_772_445_600_000  # 2026-03-02 12:00 in Sofia
YEAR_MS = 365 * 86_400_000
PIN = "70465182"
MARIA_CARD = "2800000000011"


@pytest.fixture(scope="module")
def staff() -> list[Staff]:
    return [
        Staff("maria", "Мария", "cashier", hash_pin(PIN), MARIA_CARD),
        Staff("petar", "Петър", "manager", hash_pin("2222")),
        Staff("elena", "Елена", "cashier", "", "2800000000028"),
    ]


class World:
    """A store with staff, a clock that can be set, and one that cannot."""

    def __init__(self, folder: Path, staff: list[Staff]) -> None:
        self.folder = folder
        self.now = START
        self.ticks = 5_000
        self.store = Store.open(folder, ZONE)
        self.store.replica.put_staff(staff)
        self.sign_in = self._sign_in()

    def _sign_in(self) -> SignIn:
        return SignIn(self.store, lambda: max(self.now, self.store.last_moment), lambda: self.ticks)

    def restart(self) -> None:
        """As after a power cut: files are left, and the clock that cannot be set begins anew."""
        self.store.close()
        self.store = Store.open(self.folder, ZONE)
        self.ticks = 77
        self.sign_in = self._sign_in()

    def wait(self, seconds: int) -> None:
        self.now += seconds * 1000
        self.ticks += seconds * 1000

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(Refusal) as caught:
                self.sign_in.by_pin("maria", "0000")
            assert caught.value.code == "sign_in_wrong"

    def acts(self) -> list[tuple[str, str, str]]:
        """What is on record: act, whom it is about, who was signed in."""
        return [
            (fact.body.act, fact.body.subject, fact.cashier)
            for fact in self.store.facts()
            if isinstance(fact.body, Acted)
        ]


@pytest.fixture
def world(tmp_path: Path, staff: list[Staff]) -> Iterator[World]:
    made = World(tmp_path / "till", staff)
    yield made
    made.store.close()


def test_a_name_with_its_pin_is_let_in_and_it_is_on_record(world: World) -> None:
    entered = world.sign_in.by_pin("maria", PIN)

    assert entered.name == "Мария"
    assert world.sign_in.staff == entered
    assert world.acts() == [("signed_in", "maria", "maria")]


def test_a_staff_card_is_enough_and_other_codes_are_none(world: World) -> None:
    assert world.sign_in.by_card("3800000000014") is None
    assert world.sign_in.by_card("") is None
    assert world.sign_in.staff is None

    entered = world.sign_in.by_card(MARIA_CARD)

    assert entered is not None
    assert entered.id == "maria"
    assert world.acts() == [("signed_in", "maria", "maria")]


def test_who_takes_over_signs_the_other_one_out(world: World) -> None:
    world.sign_in.by_card(MARIA_CARD)
    world.sign_in.by_pin("petar", "2222")
    world.sign_in.out()
    world.sign_in.out()

    assert world.sign_in.staff is None
    assert world.acts() == [
        ("signed_in", "maria", "maria"),
        ("signed_out", "maria", "maria"),
        ("signed_in", "petar", "petar"),
        ("signed_out", "petar", "petar"),
    ]


@pytest.mark.parametrize("pin", ["", "2222", PIN + "0", PIN[:-1], "٧٠٤٦٥١٨٢", "x" * 1000])
def test_another_pin_is_refused_and_on_record(world: World, pin: str) -> None:
    with pytest.raises(Refusal) as caught:
        world.sign_in.by_pin("maria", pin)

    assert caught.value.code == "sign_in_wrong"
    assert world.sign_in.staff is None
    assert world.acts() == [("sign_in_failed", "maria", "")]


def test_a_failure_leaves_who_is_signed_in_alone(world: World) -> None:
    petar = world.sign_in.by_pin("petar", "2222")
    world.fail()

    assert world.sign_in.staff == petar


def test_a_name_that_nobody_has_is_refused(world: World) -> None:
    with pytest.raises(Refusal) as caught:
        world.sign_in.by_pin("nobody", PIN)

    assert caught.value.code == "sign_in_wrong"


@pytest.mark.parametrize("pin", ["", "0000"])
def test_who_has_only_a_card_has_no_pin(world: World, pin: str) -> None:
    with pytest.raises(Refusal) as caught:
        world.sign_in.by_pin("elena", pin)

    assert caught.value.code == "sign_in_wrong"


def test_a_damaged_hash_lets_nobody_in_and_is_logged(expect_log: ExpectLog) -> None:
    expect_log(logging.ERROR, "a PIN could not be verified", logger="pos_app.sign_in", times=2)

    assert not pin_fits("$argon2id$v=19$m=65536,t=3,p=4$cut", "1234")
    assert not pin_fits("1234", "1234")


def test_each_further_failure_locks_longer_and_then_it_stays_at_the_longest(world: World) -> None:
    waits = []
    for _ in range(len(LOCK_S) + 2):
        world.fail()
        waits.append(world.sign_in.wait_s("maria"))
        world.wait(waits[-1])

    assert waits == [0, 0, 5, 15, 60, 300, 900, 900, 900]


def test_a_locked_name_is_not_even_asked_for_its_pin(world: World) -> None:
    world.fail(3)
    recorded = len(world.acts())
    with pytest.raises(Refusal) as caught:
        world.sign_in.by_pin("maria", PIN)

    assert caught.value.code == "sign_in_locked"
    assert caught.value.values == {"seconds": 5}
    assert "след 5 секунди" in texts.words("bg").refusal(caught.value)
    assert len(world.acts()) == recorded
    world.wait(4)
    assert world.sign_in.wait_s("maria") == 1
    world.wait(1)
    assert world.sign_in.by_pin("maria", PIN).id == "maria"


def test_a_lock_is_of_one_name_and_of_the_pin_alone(world: World) -> None:
    world.fail(3)

    assert world.sign_in.by_pin("petar", "2222").id == "petar"
    assert world.sign_in.by_card(MARIA_CARD) is not None


def test_success_forgives_the_failures_before_it(world: World) -> None:
    world.fail(2)
    world.sign_in.by_pin("maria", PIN)
    world.fail(2)

    assert world.sign_in.wait_s("maria") == 0


def test_a_restart_forgives_nothing(world: World) -> None:
    world.fail(3)
    world.now += 2_000
    world.restart()

    assert world.sign_in.wait_s("maria") == 3
    with pytest.raises(Refusal) as caught:
        world.sign_in.by_pin("maria", PIN)
    assert caught.value.code == "sign_in_locked"
    world.wait(3)
    world.fail()
    assert world.sign_in.wait_s("maria") == 15


@pytest.mark.parametrize("shift_ms", [-YEAR_MS, YEAR_MS])
def test_setting_the_clock_neither_shortens_a_lock_nor_makes_it_longer(world: World, shift_ms: int) -> None:
    world.fail(3)
    world.now += shift_ms

    assert world.sign_in.wait_s("maria") == 5
    world.wait(5)
    assert world.sign_in.by_pin("maria", PIN).id == "maria"


def test_a_clock_that_was_a_year_ahead_locks_nobody_for_a_year(world: World) -> None:
    world.now += YEAR_MS
    world.fail(3)
    world.now -= YEAR_MS
    world.restart()

    assert 0 < world.sign_in.wait_s("maria") <= 5
    world.wait(5)
    assert world.sign_in.by_pin("maria", PIN).id == "maria"


def test_the_three_steps_of_signing_in_by_pin_do_what_the_one_does(world: World) -> None:
    wrong = pin_fits(world.sign_in.hash_to_fit("maria"), "0000")
    with pytest.raises(Refusal):
        world.sign_in.finish("maria", wrong)
    right = pin_fits(world.sign_in.hash_to_fit("maria"), PIN)

    assert world.sign_in.finish("maria", right).id == "maria"
    assert [act for act, _, _ in world.acts()] == ["sign_in_failed", "signed_in"]


def test_no_pin_is_in_any_file_fact_log_or_refusal(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        world.fail()
        with pytest.raises(Refusal) as caught:
            world.sign_in.by_pin("petar", PIN)
        world.sign_in.by_pin("maria", PIN)
        world.sign_in.out()
    facts = b"".join(msgspec.json.encode(fact) for fact in world.store.facts())
    world.store.close()
    written = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
    world.store = Store.open(world.folder, ZONE)

    assert b"sign_in_failed" in facts
    assert b"argon2id" in written
    for kept in (facts, written, caplog.text.encode(), str(caught.value.values).encode()):
        assert PIN.encode() not in kept
