"""Tills that are cut off spend the same points: what is owed is bounded, listed, and nobody's sale is refused later."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from db.store import Store
from pos_app import debts as debts_here
from pos_app.desk import Desk
from pos_app.loyalty import allowance
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import LineBack
from sync.central import debts, stocks
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.checkout import (
    ALLOWANCE,
    COFFEE,
    CUP,
    TRUSTING,
    answered,
    body,
    checkout,
    linked,
    publish_board,
    up_to_date,
)
from tests.helpers.linked import give_card, opened, sell
from tests.helpers.network import Network

TILLS = 4


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    with postgres.running() as running:
        yield running


@pytest.fixture
def centre(server: postgres.Postgres) -> Iterator[Centre]:
    with centres.running(server.database()) as running:
        publish_board(running, COFFEE, CUP)
        yield running


def a_card(centre: Centre, folder: Path, points: int) -> int:
    with opened(folder) as store:
        card = give_card(store)
        sell(store, card, points)
    up_to_date(centre, folder)
    return card


def greedy(folder: Path, card: int, days: int) -> int:
    """Everything that a till lets be spent of a card while it is alone; tells the points."""
    spent = 0
    with checkout(folder) as made:
        for _ in range(days + 1):
            for item in ("cup", "coffee"):
                while True:
                    try:
                        spent += made.sell(card, item).all_spent
                    except Refusal:
                        break
            made.passed_ms += 12 * 3_600_000
    return spent


def test_what_is_lost_to_tills_that_are_cut_off_stays_within_the_bound(centre: Centre, tmp_path: Path) -> None:
    with Network(centre.port) as network:
        folders = [linked(centre, tmp_path / f"till{number}", network.url) for number in range(TILLS)]
        card = a_card(centre, folders[0], 60)
        for folder in folders:
            up_to_date(centre, folder)
        network.lie = b""
        spent = [greedy(folder, card, days=2) for folder in folders]
        network.lie = None
        for folder in [*folders, folders[0]]:
            up_to_date(centre, folder)

        assert all(points >= 30 for points in spent)  # the one card was cheated with everywhere
        lost = sum(spent) - 60
        owed = debts.listed(centre.link)
        bound = allowance.most_lost(ALLOWANCE.card_points, ALLOWANCE.hours, TILLS)
        assert 0 < lost == sum(debt.owed for debt in owed) <= bound
        assert {debt.card for debt in owed} == {card}
        assert {debt.authority for debt in owed} == {"allowance"}
        assert centre.one("SELECT count(*) FROM alarm WHERE kind = 'debt'") == len(owed)
        sales = len({(debt.till, debt.slip) for debt in owed})
        assert centre.one("SELECT count(*) FROM notice WHERE channel = 'mail' AND kind = 'points_owed'") == sales

        with opened(folders[0]) as store:
            store.refresh()
            assert store.customer(card, store.last_moment).balance == -lost
            here = debts_here.owed(store)
            assert [(one.card, one.moment, one.owed) for one in here] == [
                (one.card, one.moment, one.owed) for one in owed
            ]
            assert {one.till for one in here if one.slip} == {store.identity.till}

            sell(store, card, lost)  # what is earned fills it
            assert debts_here.owed(store) == []
        up_to_date(centre, folders[0])
        assert debts.listed(centre.link) == []


def test_tills_that_hear_the_centre_owe_nothing(centre: Centre, tmp_path: Path) -> None:
    folders = [linked(centre, tmp_path / f"till{number}") for number in range(2)]
    card = a_card(centre, folders[0], 50)
    up_to_date(centre, folders[1])
    with checkout(folders[0]) as one, checkout(folders[1]) as other:
        one.choose(card, "cup")
        answered(one)
        with pytest.raises(Refusal) as caught:
            other.sell(card, "cup")
        assert dict(caught.value.values) == {"need": 30, "have": 20}
        assert body(one.till.complete()).authority == "centre"
        with pytest.raises(Refusal):
            other.sell(card, "cup")  # the sale is not there yet, the hold is
        assert other.sell(card, "coffee").authority == "centre"
    for folder in folders:
        up_to_date(centre, folder)
    assert debts.listed(centre.link) == []


def test_a_card_that_was_blocked_elsewhere_spends_no_more_and_a_printed_sale_stays(
    centre: Centre, tmp_path: Path
) -> None:
    here, there = [linked(centre, tmp_path / name) for name in ("here", "there")]
    card = a_card(centre, here, 100)
    up_to_date(centre, there)
    with checkout(here) as made:
        printed = made.sell(card, "coffee")
        made.choose(card, "cup")
        with checkout(there) as elsewhere:
            Desk(elsewhere.store, TRUSTING, elsewhere.now).block(card)
        up_to_date(centre, there)
        up_to_date(centre, here)
        made.store.refresh()
        quoted = made.till.quote(strict=False)
        assert quoted.card_refusal is not None
        assert quoted.card_refusal.code == "card_blocked"
        made.till.keep_points(quoted)
        with pytest.raises(Refusal) as caught:
            made.till.complete()
        assert caught.value.code == "card_blocked"
        fact = made.store.sale(printed.slip)
        assert fact is not None
        assert fact.body == printed
        assert made.store.customer(card, made.now()).balance == 80


def test_a_card_that_was_replaced_or_put_into_a_family_shows_at_the_next_quote(centre: Centre, tmp_path: Path) -> None:
    here, there = [linked(centre, tmp_path / name) for name in ("here", "there")]
    one, other = a_card(centre, here, 100), a_card(centre, here, 40)
    up_to_date(centre, there)
    with checkout(here) as made:
        made.choose(one, "coffee")
        with checkout(there) as elsewhere:
            desk = Desk(elsewhere.store, TRUSTING, elsewhere.now)
            desk.merge(one, [other])
        up_to_date(centre, there)
        up_to_date(centre, here)
        made.store.refresh()
        quoted = made.till.quote()
        assert quoted.customer is not None
        assert quoted.customer.balance == 140
        with checkout(there) as elsewhere:
            Desk(elsewhere.store, TRUSTING, elsewhere.now).split(other)
            Desk(elsewhere.store, TRUSTING, elsewhere.now).replace(one)
        up_to_date(centre, there)
        up_to_date(centre, here)
        made.store.refresh()
        refusal = made.till.quote(strict=False).card_refusal
        assert refusal is not None
        assert refusal.code == "card_blocked"


# -- stocks that shops share


def test_a_shared_stock_is_counted_down_by_all_and_oversold_in_the_open(centre: Centre, tmp_path: Path) -> None:
    centre.publish("offer", "coffee", msgspec.msgpack.encode(replace(COFFEE, stock=3)))
    with Network(centre.port) as network:
        folders = [linked(centre, tmp_path / f"till{number}", network.url) for number in range(2)]
        cards = [a_card(centre, folders[0], 100) for _ in range(2)]
        up_to_date(centre, folders[1])
        with checkout(folders[0]) as made:
            made.sell(cards[0], "coffee")
            assert left(made.store) == 2
        up_to_date(centre, folders[0])
        up_to_date(centre, folders[1])
        for folder in folders:
            with opened(folder) as store:
                assert left(store) == 2
        network.lie = b""
        for folder, card in zip(folders, cards, strict=True):
            with checkout(folder) as made:
                made.sell(card, "coffee")
                made.sell(card, "coffee")
                assert left(made.store) == 0
                assert made.store.oversold() == []
                with pytest.raises(Refusal) as caught:
                    made.sell(card, "coffee")
                assert caught.value.code == "out_of_stock"
        network.lie = None
        for folder in [*folders, *folders]:
            up_to_date(centre, folder)
        assert stocks.oversold(centre.link) == [("coffee", "", 2)]
        for folder in folders:
            with opened(folder) as store:
                assert left(store) == 0
                assert [(offer.item, count) for offer, count in store.oversold()] == [("coffee", 2)]


def test_what_comes_back_is_there_again(centre: Centre, tmp_path: Path) -> None:
    centre.publish("offer", "coffee", msgspec.msgpack.encode(replace(COFFEE, stock=3)))
    folder = linked(centre, tmp_path / "till")
    card = a_card(centre, folder, 100)
    with checkout(folder) as made:
        sale = made.store.sale(made.sell(card, "coffee").slip)
        assert sale is not None
        up_to_date(centre, folder)
        made.till.after.return_goods(sale, [], [LineBack(0, 1000)])
        assert left(made.store) == 3
    up_to_date(centre, folder)
    with opened(folder) as store:
        assert left(store) == 3


def test_a_shop_with_a_stock_of_its_own_does_not_share_it(centre: Centre, tmp_path: Path) -> None:
    centre.publish("offer", "coffee", msgspec.msgpack.encode(replace(COFFEE, stock=3)))
    centre.publish("offer", "coffee", msgspec.msgpack.encode(replace(COFFEE, stock=5)), shop=centres.SHOP)
    folder = linked(centre, tmp_path / "till")
    card = a_card(centre, folder, 100)
    with checkout(folder) as made:
        made.sell(card, "coffee")
    up_to_date(centre, folder)
    rows = centre.link.execute("SELECT shop, data FROM entry WHERE key = 'coffee' ORDER BY shop").fetchall()
    stock = {shop: msgspec.msgpack.decode(data)["stock"] for shop, data in rows}
    assert stock == {"": 3, centres.SHOP: 4}


def left(store: Store) -> int | None:
    offer = store.offer("coffee")
    assert offer is not None
    return offer.stock
