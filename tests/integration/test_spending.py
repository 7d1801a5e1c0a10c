"""Points at a till of a centre: kept there for the sale, or spent on trust, on a real service over a real network."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from db import link
from pos_app.clock import now_ms
from pos_app.desk import Desk
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import CodeMade
from pos_app.loyalty.tiers import NO_STATUTES
from pos_app.spending import Permit
from sync.central import database, holds
from sync.keeper import WAIT_S
from sync.messages import HoldWanted
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.checkout import (
    COFFEE,
    CUP,
    TRUSTING,
    Checkout,
    answered,
    body,
    checkout,
    linked,
    publish_board,
    up_to_date,
    wait_for,
)
from tests.helpers.linked import give_card, opened, sell
from tests.helpers.network import Network

BLINK_S = 0.15
"""What a noisy machine adds to a wait."""


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        publish_board(running, COFFEE, CUP)
        yield running


@pytest.fixture
def folder(centre: Centre, tmp_path: Path) -> Path:
    return linked(centre, tmp_path / "till")


def card_with(centre: Centre, folder: Path, points: int) -> int:
    """A card whose points everybody knows."""
    with opened(folder) as store:
        card = give_card(store)
        sell(store, card, points)
    up_to_date(centre, folder)
    return card


def kept(centre: Centre, card: int) -> int:
    """The points that the centre keeps of a card."""
    return centre.one(f"SELECT coalesce(sum(points), 0) FROM hold WHERE card = {card} AND over IS NULL")


def refused(made: Checkout, card: int, *items: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        made.sell(card, *items)
    return caught.value


# -- connected


def test_points_that_are_chosen_are_kept_and_the_sale_settles_them(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 100)
    with checkout(folder) as made:
        made.choose(card, "coffee")
        answered(made)
        assert kept(centre, card) == 20
        made.choose(card, "cup")
        answered(made)
        assert kept(centre, card) == 50
        begun = time.monotonic()
        sale = body(made.till.complete())
        assert time.monotonic() - begun < BLINK_S
        assert (sale.authority, len(sale.hold), sale.all_spent) == ("centre", 16, 50)
        assert made.till.basket.hold == b""
        assert kept(centre, card) == 50
    up_to_date(centre, folder)
    assert kept(centre, card) == 0
    with checkout(folder) as made:
        assert made.store.customer(card, made.now()).balance == 50


def test_whoever_completes_at_once_waits_for_the_answer(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 100)
    with checkout(folder) as made:
        made.till.set_customer(card)
        made.till.swap("coffee")
        assert body(made.till.complete()).authority == "centre"


@pytest.mark.parametrize("end", ["void_swap", "hold", "clear", "drop_customer"])
def test_points_that_are_not_wanted_any_more_are_given_up(centre: Centre, folder: Path, end: str) -> None:
    card = card_with(centre, folder, 100)
    with checkout(folder) as made:
        made.choose(card, "coffee")
        answered(made)
        assert kept(centre, card) == 20
        getattr(made.till, end)(*([0] if end == "void_swap" else []))
        made.till.keep_points(made.till.quote())
        wait_for(lambda: kept(centre, card) == 0)
        if end == "hold":
            made.till.recall(made.till.held()[0].id)
            made.till.keep_points(made.till.quote())
            wait_for(lambda: kept(centre, card) == 20)


def test_another_card_has_a_hold_of_its_own(centre: Centre, folder: Path) -> None:
    one, other = card_with(centre, folder, 100), card_with(centre, folder, 100)
    with checkout(folder) as made:
        made.choose(one, "coffee")
        answered(made)
        made.till.set_customer(other)
        made.till.keep_points(made.till.quote())
        wait_for(lambda: (kept(centre, one), kept(centre, other)) == (0, 20))
        assert body(made.till.complete()).authority == "centre"


def test_what_somebody_else_has_taken_is_refused_with_what_can_be_had(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 60)
    wanted = HoldWanted(b"elsewhere " + card.to_bytes(8, "big")[2:], card, 50)
    assert holds.take(centre.link, 1, wanted, NO_STATUTES, now_ms()).granted
    with checkout(folder) as made:
        refusal = refused(made, card, "coffee")
        assert (refusal.code, dict(refusal.values)) == ("points_elsewhere", {"need": 20, "have": 10})
        holds.give_up(centre.link, 1, wanted.hold, now_ms())
        assert made.sell(card, "coffee").authority == "centre"


def test_a_power_cut_brings_the_basket_back_with_its_hold(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 30)
    with checkout(folder) as made:
        made.choose(card, "coffee")
        answered(made)
        hold = made.till.basket.hold
    with checkout(folder) as again:
        again.till.keep_points(again.till.quote())
        answered(again)
        assert again.till.basket.hold == hold
        assert body(again.till.complete()).authority == "centre"


def test_what_the_centre_has_not_heard_of_yet_is_spent_on_trust(centre: Centre, folder: Path) -> None:
    with opened(folder) as store:
        card = give_card(store)
        sell(store, card, 100)
    with checkout(folder) as made:
        assert made.sell(card, "coffee").authority == "allowance"
        assert refused(made, card, "coffee", "cup").code == "over_allowance"


def test_a_code_is_made_of_points_that_are_kept_too(centre: Centre, tmp_path: Path) -> None:
    from msgspec.structs import replace

    from pos_app.loyalty.coupons import Codes
    from pos_app.loyalty.moments import Duration

    codes = Codes(Duration(days=30), step=10, worth_minor=100)
    programme = replace(TRUSTING, versions=tuple([replace(one, codes=codes) for one in TRUSTING.versions]))
    folder = linked(centre, tmp_path / "till")
    card = card_with(centre, folder, 60)
    with checkout(folder, programme) as made:
        desk = Desk(made.store, programme, made.now)
        desk.spending = made.spending
        code = desk.make_code(card, 30).body
        assert isinstance(code, CodeMade)
        assert (code.authority, kept(centre, card)) == ("centre", 30)
    up_to_date(centre, folder)
    assert kept(centre, card) == 0


# -- alone


def test_on_trust_only_so_many_points_of_a_card_and_of_all_cards(centre: Centre, tmp_path: Path) -> None:
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        cards = [card_with(centre, folder, 200) for _ in range(3)]
        network.lie = b""
        with checkout(folder) as made:
            assert made.sell(cards[0], "cup").authority == "allowance"
            refusal = refused(made, cards[0], "cup")
            assert (refusal.code, dict(refusal.values)) == ("over_allowance", {"need": 30, "most": 19})
            assert made.sell(cards[1], "cup").authority == "allowance"
            assert refused(made, cards[2], "cup").values["most"] == 19
        with checkout(folder) as again:  # the facts remember
            assert refused(again, cards[0], "cup").values["most"] == 19
            again.passed_ms = 12 * 3_600_000
            assert refused(again, cards[2], "coffee", "coffee").code == "over_allowance"
            again.passed_ms = 24 * 3_600_000
            assert refused(again, cards[2], "coffee").values["most"] == 0


def test_a_till_that_has_never_heard_the_centre_trusts_nobody(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 100)
    with checkout(folder) as made:
        (folder / link.STATE_FILE).unlink()
        assert made.spending.left(card, made.now()) == 0


def test_a_blocked_card_spends_nothing_on_trust(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 100)
    with checkout(folder) as made:
        assert made.spending.left(card, made.now()) > 0
        Desk(made.store, TRUSTING, made.now).block(card)
        assert made.spending.left(card, made.now()) == 0


def test_a_family_has_one_allowance(centre: Centre, tmp_path: Path) -> None:
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        one, other = card_with(centre, folder, 200), card_with(centre, folder, 200)
        network.lie = b""
        with checkout(folder) as made:
            Desk(made.store, TRUSTING, made.now).merge(one, [other])
            assert made.sell(one, "cup").authority == "allowance"
            assert refused(made, other, "cup").values["most"] == 19


@pytest.mark.parametrize("trouble", ["slow", "silent", "trickling", "lying", "away"])
def test_nobody_waits_longer_than_was_said(centre: Centre, tmp_path: Path, trouble: str) -> None:
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        card = card_with(centre, folder, 100)
        match trouble:
            case "slow":
                network.delay_s = 3.0
            case "silent":
                network.delay_s = 30.0
            case "trickling":
                network.trickles = True
            case "lying":
                network.lie = b"HTTP/1.1 200 OK\r\nContent-Type: application/msgpack\r\nContent-Length: 1\r\n\r\n\xc1"
            case "away":
                network.lie = b""
        with checkout(folder) as made:
            made.till.set_customer(card)
            made.till.swap("coffee")
            begun = time.monotonic()
            sale = body(made.till.complete())
            took = time.monotonic() - begun
            assert sale.authority == "allowance"
            assert took < WAIT_S + BLINK_S
            if trouble in ("lying", "away"):
                assert took < WAIT_S / 2 + BLINK_S


def test_who_has_chosen_before_does_not_wait_at_all(centre: Centre, tmp_path: Path) -> None:
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        card = card_with(centre, folder, 100)
        network.delay_s = 30.0
        with checkout(folder) as made:
            made.choose(card, "coffee")
            answered(made)
            standing = made.till.standing(made.till.quote())
            assert isinstance(standing, Permit)
            assert standing.authority == "allowance"
            begun = time.monotonic()
            assert body(made.till.complete()).authority == "allowance"
            assert time.monotonic() - begun < BLINK_S


def test_a_link_that_comes_back_is_found_while_the_sale_is_open(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.keeper.AGAIN_S", 0.05)
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        card = card_with(centre, folder, 100)
        network.lie = b""
        with checkout(folder) as made:
            made.choose(card, "coffee")
            answered(made)
            network.lie = None
            wait_for(lambda: made.till.standing(made.till.quote()) == Permit("centre", made.till.basket.hold))
            assert body(made.till.complete()).authority == "centre"


def test_a_till_that_was_shut_out_spends_nothing(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 100)
    with checkout(folder) as made:
        centre.link.execute("UPDATE till SET shut_out = 1 WHERE till = %s", (made.store.identity.till,))
        assert refused(made, card, "coffee").code == "points_elsewhere"


# -- the centre


def test_an_answer_that_was_lost_leaves_the_points_kept_until_the_fact_comes(centre: Centre, tmp_path: Path) -> None:
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        card = card_with(centre, folder, 100)
        network.delay_s = 30.0
        with checkout(folder) as made:
            sale = made.sell(card, "coffee")
            assert (sale.authority, len(sale.hold)) == ("allowance", 16)
            wait_for(lambda: kept(centre, card) == 20)
        network.delay_s = 0.0
        up_to_date(centre, folder)
        assert kept(centre, card) == 0


def test_a_till_that_never_comes_back_keeps_points_for_ten_minutes(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 50)
    now = now_ms()
    assert holds.take(centre.link, 1, HoldWanted(os.urandom(16), card, 40), NO_STATUTES, now).granted
    later = HoldWanted(os.urandom(16), card, 40)
    refused_ = holds.take(centre.link, 2, later, NO_STATUTES, now + holds.HOLD_MS - 1)
    assert (refused_.granted, refused_.available) == (False, 10)
    assert holds.take(centre.link, 2, later, NO_STATUTES, now + holds.HOLD_MS).granted
    holds.forget(centre.link, now + holds.HOLD_MS)
    assert kept(centre, card) == 80
    holds.forget(centre.link, now + 2 * 24 * 3_600_000)
    assert kept(centre, card) == 0


def test_tills_that_ask_at_the_same_moment_get_no_more_than_there_is(centre: Centre, folder: Path) -> None:
    card = card_with(centre, folder, 50)
    together = threading.Barrier(8)

    def ask(till: int) -> bool:
        with database.connect(centre.database_url) as link_:
            together.wait(10)
            return holds.take(link_, till, HoldWanted(os.urandom(16), card, 20), NO_STATUTES, now_ms()).granted

    with ThreadPoolExecutor(8) as tills:
        assert sum(tills.map(ask, range(8))) == 2
    assert kept(centre, card) == 40
