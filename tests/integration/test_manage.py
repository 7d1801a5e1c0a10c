"""Prize draws: entries of sales that stand, winners that anybody can draw again, one seed for a draw (K13)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import Store
from pos_app import shipped, texts
from pos_app.loyalty.basket import Product
from pos_app.loyalty.draws import winners
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Fact
from pos_app.manage import Manage
from pos_app.settings import Settings
from pos_app.till import Till

PROGRAMME = shipped.programme("coop-bg")
DRAW = "zaedno-na-pazar"
MARCH_2026 = 1_772_500_000_000
BREAD = Product("1", "Хляб", 1000)


class Shop:
    def __init__(self, folder: Path) -> None:
        self.now = MARCH_2026
        self.store = Store.open(folder, PROGRAMME.zone, lasting=False)
        words = texts.words("en", PROGRAMME.zone)
        self.till = Till(self.store, PROGRAMME, Settings(language="en"), words, lambda: self.now)
        self.manage = Manage(self.store, PROGRAMME, lambda: self.now)

    def sell(self, pieces: int) -> Fact:
        self.now += 1000
        self.till.add(BREAD, pieces * 1000)
        return self.till.complete().fact


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "till")
    yield made
    made.store.close()


def test_every_full_ten_euro_is_an_entry(shop: Shop) -> None:
    shop.sell(3)
    shop.till.add(Product("2", "Сол", 999))
    shop.till.complete()
    assert shop.manage.entries(DRAW) == [f"0001-0000001/{number}" for number in (1, 2, 3)]


def test_what_came_back_whole_takes_part_no_more(shop: Shop) -> None:
    sale, other = shop.sell(2), shop.sell(1)
    shop.now += 1000
    shop.till.after.return_goods(sale)
    assert shop.manage.entries(DRAW) == ["0001-0000002/1"]
    shop.till.after.cancel(other)
    assert shop.manage.entries(DRAW) == []


def test_the_same_seed_draws_the_same_winners_and_no_other_seed_draws_again(shop: Shop) -> None:
    for _ in range(20):
        shop.sell(2)
    held = shop.manage.hold_draw(DRAW, "7 March, lottery: 4 8 15", 3)
    assert held.entries == 40
    assert list(held.winners) == winners(reversed(shop.manage.entries(DRAW)), "7 March, lottery: 4 8 15", 3)
    assert len(set(held.winners)) == 3
    assert shop.manage.hold_draw(DRAW, held.seed, 3).winners == held.winners
    with pytest.raises(Refusal) as refused:
        shop.manage.hold_draw(DRAW, "a seed that I like better", 3)
    assert refused.value.code == "already_done"
    assert [fact.body for fact in shop.manage.draws_held(DRAW)] == [held, held]


def test_more_winners_than_entries_are_all_of_them(shop: Shop) -> None:
    shop.sell(2)
    assert sorted(shop.manage.hold_draw(DRAW, "s", 10).winners) == ["0001-0000001/1", "0001-0000001/2"]


def test_a_draw_that_nobody_knows(shop: Shop) -> None:
    with pytest.raises(Refusal) as refused:
        shop.manage.hold_draw("other", "s", 1)
    assert refused.value.code == "draw_unknown"
