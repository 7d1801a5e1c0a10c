"""The demo shop: believable, complete, and everything on its sheet works."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import NewFact, Store, StoreTrouble
from pos_app import demo
from pos_app.loyalty import cards, ledger, redeem
from pos_app.loyalty.customers import refusal_of
from pos_app.loyalty.facts import Acted
from pos_app.sign_in import pin_fits

NOW = 1_900_000_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], list[str]]:
    folder = tmp_path_factory.mktemp("demo") / "shop"
    told: list[str] = []
    pins = demo.make_demo(folder, now=NOW, progress=told.append)
    return folder, pins, told


@pytest.fixture
def store(made: tuple[Path, dict[str, str], list[str]]) -> Iterator[Store]:
    store = Store.open(made[0], demo.ZONE)
    yield store
    store.close()


def members(store: Store) -> list[int]:
    return [row[0] for row in store.replica.connection.execute("SELECT number FROM card")]


def test_it_has_the_cards_and_goods_that_were_asked_for(store: Store) -> None:
    goods = store.replica.connection.execute("SELECT count(*) FROM product").fetchone()[0]

    assert (len(members(store)), goods) == (200, 2000)
    assert store.warnings == []


def test_its_cards_are_of_every_kind(store: Store) -> None:
    customers = [store.customer(card, NOW) for card in members(store)]
    refusals = Counter(refusal.code for one in customers if (refusal := refusal_of(one, NOW)))
    families = {
        tuple(shared)
        for one in customers
        if len(shared := ledger.cards_to(state := store.ledger(one.card), ledger.family(state, one.account))) > 1
    }

    assert all(cards.is_card(str(one.card)) for one in customers)
    assert all(one.name and one.kind in ("client", "cooperator") for one in customers)
    assert Counter(one.kind for one in customers)["cooperator"] in range(20, 40)
    assert len(families) == 4
    assert refusals["card_not_active"] > 1
    assert refusals["card_blocked"] >= 1
    assert sum(one.balance > 0 for one in customers) > 100


def test_its_ledgers_are_sound(store: Store) -> None:
    for card in members(store):
        state = store.ledger(card)
        totals = ledger.totals(state, state.cards[card].account)
        assert totals.earned == totals.balance == store.customer(card, NOW).balance


def test_its_goods_can_be_sold(store: Store) -> None:
    codes = [row[0] for row in store.replica.connection.execute("SELECT code FROM product")]
    goods = [product for code in codes if (product := store.product(code))]

    assert all(len(item.code) == 13 and cards.has_check_digit(item.code) for item in goods)
    assert len({item.name for item in goods}) == len(goods)
    assert all(15 <= item.price_minor <= 5000 for item in goods)
    assert sum(item.brand == "КООП" for item in goods) > 200
    assert 50 < sum(item.weighed for item in goods) < 300
    assert len({item.category for item in goods}) == 11
    cheaper = [item for item in goods if item.card_price_minor is not None]
    assert len(cheaper) == 50
    assert all(0 < (item.card_price_minor or 0) < item.price_minor for item in cheaper)


def test_its_board_can_be_had(store: Store) -> None:
    offers = store.offers()

    assert len(offers) == 12
    assert all(redeem.on_board(offer, NOW) and offer.points > 0 for offer in offers)
    assert all(store.product(offer.product) for offer in offers)
    assert any(offer.stock for offer in offers)
    assert any(offer.price_minor for offer in offers)


def test_its_staff_can_sign_in(store: Store, made: tuple[Path, dict[str, str], list[str]]) -> None:
    staff = {one.id: one for one in store.staff()}

    assert made[1] == demo.PINS
    assert staff.keys() == demo.PINS.keys()
    assert sorted(one.role for one in staff.values()) == ["cashier", "cashier", "manager"]
    assert pin_fits(staff["violeta"].pin_hash, demo.PINS["violeta"])
    assert all(store.staff_by_card(one.card) == one for one in staff.values())
    assert all(one.card.startswith("28") and cards.has_check_digit(one.card) for one in staff.values())
    assert store.customer(staff["violeta"].own_card or 0, NOW).status == "given"


def test_everything_on_its_sheet_is_what_its_caption_says(store: Store) -> None:
    sheet = demo.demo_sheet(store)
    kinds = Counter(sample.kind for sample in sheet)

    assert kinds == {
        "client": 2, "cooperator": 2, "family": 3, "waiting": 2, "blocked": 2, "unknown": 1,
        "own_brand": 5, "goods": 5, "weighed": 3, "staff": 3,
    }  # fmt: skip
    for sample in sheet:
        customer = store.customer(int(sample.code), NOW)
        match sample.kind:
            case "waiting":
                assert customer.active_from > NOW
            case "blocked" | "unknown":
                assert customer.status == sample.kind
            case "client" | "cooperator":
                assert customer.kind == sample.kind
            case "family":
                assert len(store.ledger(customer.card).links) == 2
            case "staff":
                assert store.staff_by_card(sample.code)
            case _:
                product = store.product(sample.code)
                assert product
                assert product.name == sample.name
                assert (product.brand == "КООП", product.weighed) == (
                    sample.kind == "own_brand",
                    sample.kind == "weighed",
                )


def test_it_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    assert demo.ensure_demo(folder) == demo.PINS
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert demo.ensure_demo(folder) == demo.PINS
    assert made.items() <= {path.name: path.read_bytes() for path in folder.iterdir()}.items()


def test_a_till_that_is_there_is_never_made_a_demo(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    store = Store.open(folder, demo.ZONE)
    store.record([NewFact(Acted("drawer_opened", "ana"), NOW)])
    store.close()

    def refused() -> None:
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(
            StoreTrouble, match=r"There is a till's store in .*/till already\. Choose an empty"
        ) as trouble:
            demo.make_demo(folder, cards=5, goods=20, now=NOW)
        assert trouble.value.code == "exists"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    refused()
    (folder / "journal.db").unlink()
    refused()


def test_one_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    Store.open(tmp_path / "demo", demo.ZONE).close()

    demo.ensure_demo(tmp_path / "demo")
    store = Store.open(tmp_path / "demo", demo.ZONE)
    assert len(store.staff()) == 3
    store.close()


def test_the_same_seed_gives_the_same_shop(tmp_path: Path) -> None:
    shops = []
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        demo.make_demo(tmp_path / name, cards=5, goods=20, seed=seed, now=NOW)
        store = Store.open(tmp_path / name, demo.ZONE)
        people = [found.name for found in store.find_people("29", limit=100)]
        shops.append((people, store.find_products("380", limit=100)))
        store.close()

    assert shops[0] == shops[1] != shops[2]


def test_a_shop_that_is_no_demo_has_no_sheet(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "till", demo.ZONE)
    assert demo.demo_sheet(store) == []
    store.close()


def test_more_goods_than_the_brands_make_come_from_small_makers(tmp_path: Path) -> None:
    demo.make_demo(tmp_path / "large", cards=1, goods=6000, now=NOW)
    store = Store.open(tmp_path / "large", demo.ZONE)
    made = store.replica.connection.execute("SELECT count(*), count(DISTINCT name) FROM product").fetchone()
    store.close()

    assert made == (6000, 6000)
