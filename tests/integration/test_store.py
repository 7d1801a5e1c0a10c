"""The store in daily work: what is written is there, at once and after reopening."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import NewFact, Person, Snapshot, Staff, Store, StoreTrouble
from pos_app.loyalty import cards, facts, ledger
from pos_app.loyalty.basket import Basket, Line, Offer, Product, Swap
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.facts import (
    Acted,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    Earned,
    Enrolled,
    Fact,
    LineBack,
    MemberLeft,
    PointsBack,
    SaleCompleted,
)
from pos_app.loyalty.ledger import CardState, Ledger, Link, Lot
from pos_app.loyalty.moments import Duration
from tests.helpers.logs import ExpectLog
from tests.helpers.stores import (
    BREAD,
    DAY,
    SLIP,
    START,
    ZONE,
    enrol,
    give,
    opened,
    sale,
    sell,
    take_back,
    whole,
)

ROOT = Path(__file__).parents[2]
COFFEE = Offer("coffee", "3800000000048", "Кафе 100 г", 60, stock=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a shop?#%20" / "till"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = opened(folder)
    yield store
    store.close()


def reopened(store: Store) -> Store:
    store.close()
    return opened(store.path)


# -- the folder


def test_a_new_till_is_made_for_its_owner_alone(store: Store, folder: Path) -> None:
    sell(store)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}

    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes.keys() >= {"journal.db", "journal.db-wal", "journal.witness", "replica-1.db", "till.lock"}
    assert set(modes.values()) == {0o600}


def test_the_till_stays_who_it_is(store: Store, folder: Path) -> None:
    identity = store.identity
    store = reopened(store)

    assert store.identity == identity
    assert (identity.till, identity.epoch, identity.block) == (1, 1, 1)
    assert len(identity.card_key) == 32
    other = opened(folder.parent / "other")
    assert other.identity.card_key != identity.card_key
    other.close()
    store.close()


def test_a_second_till_on_the_same_files_is_refused(store: Store, folder: Path) -> None:
    with pytest.raises(StoreTrouble, match="Another till program works with the files") as trouble:
        opened(folder)

    assert trouble.value.code == "locked"
    store.close()
    opened(folder).close()


# -- facts


def test_a_fact_carries_who_when_and_by_which_rules(store: Store) -> None:
    written = store.record(
        [NewFact(Acted("signed_in", "ana"), START), NewFact(Acted("drawer_opened"), START)],
        cashier="ana",
        programme="pack",
        version="2026",
    )

    first, second = written
    assert [(fact.till, fact.epoch, fact.seq, fact.moment) for fact in written] == [(1, 1, 1, START), (1, 1, 2, START)]
    assert (first.cashier, first.programme, first.version) == ("ana", "pack", "2026")
    assert first.body == Acted("signed_in", "ana")
    assert len(first.id) == 16
    assert first.id != second.id
    assert int.from_bytes(first.id[:6], "big") == START


def test_facts_are_found_again(store: Store) -> None:
    ana, petar = enrol(store), enrol(store)
    sold, other = sell(store, ana, 5), sell(store)
    back = take_back(store, sold, lines=(LineBack(0, 1000),), taken=(PointsBack(0, 5),))
    store = reopened(store)
    everything = list(store.facts())

    assert [fact.seq for fact in everything] == [1, 2, 3, 4, 5]
    assert store.fact(sold.id) == sold
    assert store.fact(b"?" * 16) is None
    assert store.facts_of(ana) == [everything[0], sold, back]
    assert store.facts_of(petar) == [everything[1]]
    assert isinstance(other.body, SaleCompleted)
    assert store.sale(other.body.slip) == other
    assert store.sale(other.body.slip + 1) == back
    assert store.sale(1) is None
    assert store.returns_of(sold) == [back]
    assert store.returns_of(other) == []
    store.close()


def test_facts_can_be_read_while_more_are_written(store: Store) -> None:
    for _ in range(3):
        sell(store)
    seen = 0
    for fact in store.facts():
        seen += 1
        if fact.seq <= 700:
            store.record([NewFact(Acted("drawer_opened"), store.last_moment)] * 250)
    assert seen == 3 + 700 * 250


def test_facts_are_chained(store: Store) -> None:
    for _ in range(3):
        sell(store)
    connection = store._journal.connection
    previous = b""
    for data, hash_ in connection.execute("SELECT data, hash FROM fact ORDER BY seq"):
        previous = facts.chain(previous, data)
        assert hash_ == previous


def test_time_does_not_go_back(store: Store) -> None:
    sell(store, at=START + DAY)
    assert store.last_moment == START + DAY

    with pytest.raises(ValueError, match="cannot be written after"):
        store.record([NewFact(Acted("drawer_opened"), START)])
    with pytest.raises(ValueError, match="cannot be written after"):
        store.record([NewFact(Acted("drawer_opened"), START + 2 * DAY), NewFact(Acted("drawer_opened"), START)])
    store = reopened(store)
    assert store.last_moment == START + DAY
    assert len(list(store.facts())) == 1
    store.close()


# -- one transaction for everything


def test_what_fails_leaves_nothing_behind(store: Store) -> None:
    ana = enrol(store, "Ана")
    before = (store.customer(ana, START), store.next_slip(), store.next_card())
    store.keep_basket(Basket((Line(BREAD),)))
    body = sale(store, ana, 7)
    stranger = store.next_card()

    with pytest.raises(StoreTrouble):  # the same slip twice
        store.record(
            [
                NewFact(body, START),
                NewFact(Enrolled(stranger, stranger, 9, "client", START), START),
                NewFact(body, START),
            ],
            jobs=[(body.slip, SLIP, False)],
            basket=Basket(),
            people=[Person(9, "Новак")],
        )

    for _ in range(2):
        assert (store.customer(ana, START), store.next_slip(), store.next_card()) == before
        assert store.customer(stranger, START).status == "unknown"
        assert store.open_basket() == Basket((Line(BREAD),))
        assert store.jobs() == []
        assert store.find_people("новак") == []
        assert store.last_slip() is None
        store = reopened(store)
    sell(store, ana, 7)
    assert store.customer(ana, START).balance == 7
    store.close()


def test_a_sale_is_everything_at_once(store: Store) -> None:
    ana = enrol(store, "Ана")
    store.keep_basket(Basket((Line(BREAD),), card=ana))
    held = store.hold(Basket((Line(BREAD),)), "the blue coat", START, "ana")
    body = sale(store, ana, 12)
    store.record(
        [NewFact(body, START), NewFact(Acted("own_card", "1"), START)],
        jobs=[(body.slip, SLIP, False)],
        basket=Basket(),
        hold_done=held,
    )
    store = reopened(store)

    assert store.customer(ana, START).balance == 12
    assert store.open_basket() == Basket()
    assert store.held() == []
    assert [(job.slip, job.state, job.document, job.copy) for job in store.jobs()] == [
        (body.slip, "queued", SLIP, False)
    ]
    assert store.last_slip() == body.slip
    store.close()


# -- customers


def test_an_unknown_card_is_unknown(store: Store) -> None:
    assert store.customer(2900000000018, START) == Customer(
        2900000000018, 2900000000018, 0, "", "", 0, status="unknown"
    )
    assert store.ledger(2900000000018) == Ledger(ZONE)
    assert store.facts_of(2900000000018) == []


def test_a_customer_is_shown_as_of_now(store: Store) -> None:
    ana = enrol(store, "Ана П.", kind="cooperator", member=77)
    give(store, ana, 10, Duration(days=10), at=START + DAY)
    body = SaleCompleted(
        store.next_slip(), "EUR", (Line(BREAD),), 120, card=ana, kind="client",
        earned=(Earned(("all",), 30, credited=START + 3 * DAY, life=Duration(days=1)),),
    )  # fmt: skip
    store.record([NewFact(body, START + DAY)])

    def shown(now: int) -> tuple[int, int]:
        customer = store.customer(ana, now)
        assert (customer.name, customer.kind, customer.member, customer.account) == ("Ана П.", "cooperator", 77, ana)
        return customer.balance, customer.pending

    for _ in range(2):
        assert shown(START + DAY) == (10, 30)
        assert shown(START + 3 * DAY - 1) == (10, 30)
        assert shown(START + 3 * DAY) == (40, 0)
        assert shown(START + 4 * DAY - 1) == (40, 0)
        assert shown(START + 4 * DAY) == (10, 0)
        assert shown(START + 11 * DAY) == (0, 0)
        store = reopened(store)
    store.close()


def test_a_ledger_is_the_callers_own(store: Store) -> None:
    ana = enrol(store)
    give(store, ana, 10)
    mine = store.ledger(ana)
    mine.cards[ana].status = "blocked"
    mine.lots.clear()

    assert store.ledger(ana) == ledger.fold(ZONE, store.facts())
    assert store.customer(ana, START).balance == 10


def test_a_family_sees_one_balance(store: Store) -> None:
    ana, petar, maria, lonely = (enrol(store) for _ in range(4))
    for card in (ana, petar, maria, lonely):
        give(store, card, 10)
    store.record([NewFact(CardsMerged(ana, (petar, maria)), START)])
    sell(store, petar, 5)

    balances = [store.customer(card, START).balance for card in (ana, petar, maria, lonely)]
    assert balances == [35, 35, 35, 10]
    assert store.ledger(ana) == store.ledger(maria)
    assert len(store._journal.connection.execute("SELECT * FROM ledger").fetchall()) == 2

    links = ledger.known_links(store.ledger(maria), maria)
    store.record([NewFact(CardSplit(maria, 4711, links), START)])
    assert [store.customer(card, START).balance for card in (ana, petar, maria)] == [35, 35, 0]
    assert store.customer(maria, START).account == 4711
    store = reopened(store)
    assert [store.customer(card, START).balance for card in (ana, petar, maria)] == [35, 35, 0]
    store.close()


def test_families_of_families_are_one_ledger(store: Store) -> None:
    numbers = [enrol(store) for _ in range(8)]
    for one, other in ((0, 1), (2, 3), (4, 5), (6, 7), (3, 4), (7, 0), (5, 6)):
        give(store, numbers[one], 1)
        store.record([NewFact(CardsMerged(numbers[one], (numbers[other],)), START)])

    assert {store.customer(card, START).balance for card in numbers} == {7}
    assert store.ledger(numbers[3]) == ledger.fold(ZONE, store.facts())
    assert len(store._journal.connection.execute("SELECT * FROM ledger").fetchall()) == 1


def test_a_card_changes_its_state(store: Store) -> None:
    ana = enrol(store, "Ана")
    give(store, ana, 10)
    store.record([NewFact(CardBlocked(ana, "lost"), START)])
    assert store.customer(ana, START).status == "blocked"
    new = store.next_card()
    store.record([NewFact(CardReplaced(ana, new, START), START)])

    assert store.customer(ana, START).status == "replaced"
    assert (store.customer(new, START).status, store.customer(new, START).balance) == ("given", 10)
    assert store.customer(new, START).name == "Ана"
    store.record([NewFact(MemberLeft(new), START)])
    assert (store.customer(new, START).status, store.customer(new, START).balance) == ("left", 0)


def test_a_sale_without_a_card_touches_no_account(store: Store) -> None:
    sell(store)

    assert store._journal.connection.execute("SELECT count(*) FROM ledger").fetchone() == (0,)


# -- numbers


def test_slip_numbers_go_on(store: Store) -> None:
    assert store.last_slip() is None
    assert store.next_slip() == 10_000_001
    sell(store)
    sell(store)
    assert (store.last_slip(), store.next_slip()) == (10_000_002, 10_000_003)
    store = reopened(store)
    assert (store.last_slip(), store.next_slip()) == (10_000_002, 10_000_003)
    store.close()


def test_cards_come_from_the_tills_own_block_and_never_twice(store: Store) -> None:
    given = []
    for number in range(30):
        assert store.next_card() == store.next_card()
        if number == 7:  # somebody hands over the very card that would be next
            store.record([NewFact(Enrolled(store.next_card(), 1, 2, "client", START), START)])
        if number % 10 == 3:
            store = reopened(store)
        given.append(enrol(store))

    assert len(set(given)) == 30
    assert all(cards.is_card(str(card)) for card in given)
    key = store.identity.card_key
    assert {cards.card_counter(key, card) // cards.BLOCK_SIZE for card in given} == {store.identity.block}
    store.close()


def test_a_preprinted_card_does_not_use_up_the_block(store: Store) -> None:
    expected = store.next_card()
    preprinted = cards.card_number(store.identity.card_key, cards.block_counter(cards.PREPRINTED_BLOCK, 5))
    store.record([NewFact(Enrolled(preprinted, preprinted, 2, "client", START), START)])

    assert store.next_card() == expected


def test_a_used_up_block_is_told(store: Store) -> None:
    with store._journal.transaction():
        store._journal.use_cards(cards.BLOCK_SIZE - 1)
    store = reopened(store)
    enrol(store)

    with pytest.raises(StoreTrouble, match="card numbers of this till are used up") as trouble:
        store.next_card()
    assert trouble.value.code == "cards_used_up"
    store.close()


# -- people


def test_people_are_found_by_name_phone_and_card(store: Store) -> None:
    ana = enrol(store, "Мария Иванова", "0888 123 456")
    enrol(store, "Петър Колев", "0877 000 111")

    for text in ("мария", "ВАНОВ", "иван мар", "0888123", "+359 888 123 456", str(ana), str(ana)[3:9]):
        assert [(found.card, found.name, found.kind, found.phone) for found in store.find_people(text)] == [
            (ana, "Мария Иванова", "client", "0888 123 456")
        ]
    assert len(store.find_people("08")) == 2
    assert len(store.find_people("08", limit=1)) == 1
    assert store.find_people("") == []


def test_a_person_can_be_written_anew_and_erased(store: Store) -> None:
    ana = enrol(store, "Мария Иванова", "0888 123 456", member=77)
    store.record([], people=[Person(77, "Мария Петрова", "0899 000 000", "m@example.org", "2026", "1990-05-01")])

    assert store.customer(ana, START).name == "Мария Петрова"
    assert store.find_people("иванова") == store.find_people("0888") == []
    assert [found.name for found in store.find_people("петрова")] == ["Мария Петрова"]
    assert store.person(77) == Person(77, "Мария Петрова", "0899 000 000", "m@example.org", "2026", "1990-05-01")

    store.record([], people=[Person(77, "")])
    store = reopened(store)
    assert store.customer(ana, START).name == ""
    assert store.find_people("петрова") == []
    assert store.person(77) == Person(77, "")
    store.checkpoint()
    store.close()
    everything = b"".join(path.read_bytes() for path in store.path.iterdir())
    for personal in ("Петрова", "Иванова", "петрова", "example.org", "0899 000"):
        assert personal.encode() not in everything


def test_personal_data_is_in_no_fact(store: Store) -> None:
    enrol(store, "Мария Иванова", "0888 123 456")

    for (data,) in store._journal.connection.execute("SELECT data FROM fact"):
        assert "Мария".encode() not in data


def test_a_replaced_card_is_not_found_and_its_successor_is(store: Store) -> None:
    ana = enrol(store, "Мария Иванова")
    new = store.next_card()
    store.record([NewFact(CardReplaced(ana, new, START), START)])

    assert [found.card for found in store.find_people("мария")] == [new]


# -- goods, board, staff


def test_goods_are_found_by_code_and_by_text(store: Store) -> None:
    goods = [
        Product("3800000000017", "Хляб Добруджа", 120, "Златно зърно", "Хляб"),
        Product("036000291452", "Кетчуп", 230, "Heinz"),
        Product("3800000000031", "Сирене краве", 999, "КООП", "Млечни", weighed=True),
        Product("PLU-7", "Банани", 199, weighed=True),
    ]
    store.replica.put_products(goods)
    store = reopened(store)

    assert store.product("3800000000017") == goods[0]
    assert store.product("3800000000031") == goods[2]
    assert store.product("PLU-7") == goods[3]
    assert store.product("380000000001") is None
    assert store.product("") is None
    upc = Product("0036000291452", "Кетчуп", 230, "Heinz")
    assert store.product("036000291452") == store.product("0036000291452") == upc
    assert store.find_products("хляб") == store.find_products("ЗЪРНО хл") == [goods[0]]
    assert store.find_products("36000") == [upc]
    assert [item.name for item in store.find_products("а")] == ["Банани", "Сирене краве", "Хляб Добруджа"]
    assert len(store.find_products("а", limit=2)) == 2
    store.replica.put_products(goods[:1])
    assert store.find_products("сирене") == []
    store.close()


def test_the_stock_of_the_board_follows_what_was_taken(store: Store) -> None:
    tea = Offer("tea", "1", "Чай", 10)
    store.put_offers([COFFEE, tea])
    ana = enrol(store)
    give(store, ana, 1000)
    sold = sell(store, ana, swaps=(Swap(COFFEE, 2), Swap(tea, 3)))
    assert [offer.stock for offer in store.offers()] == [3, None]

    sell(store, ana, swaps=(Swap(COFFEE, 1), Swap(COFFEE, 1)))
    take_back(store, sold, swaps=(LineBack(0, 1000), LineBack(1, 3000)), given=(PointsBack(0, 60),))
    store = reopened(store)
    assert [offer.item for offer in store.offers()] == ["coffee", "tea"]
    assert [offer.stock for offer in store.offers()] == [2, None]
    left = store.offer("coffee")
    assert left is not None
    assert left.stock == 2
    assert store.offer("nothing") is None

    store.put_offers([tea, Offer("coffee", "3800000000048", "Кафе 100 г", 60, stock=20)])  # counted anew
    assert [(offer.item, offer.stock) for offer in store.offers()] == [("tea", None), ("coffee", 20)]
    for _ in range(11):
        sell(store, ana, swaps=(Swap(COFFEE, 2),))
    assert [offer.stock for offer in store.offers()] == [None, 0]
    store.close()


def test_staff(store: Store) -> None:
    staff = [
        Staff("b", "Борис", "manager", "$argon2id$b"),
        Staff("a", "Ана", "cashier", "$argon2id$a", "2800000000011", 2900000000018),
    ]
    store.replica.put_staff(staff)
    store = reopened(store)

    assert store.staff() == [staff[1], staff[0]]
    assert store.staff_by_card("2800000000011") == staff[1]
    assert store.staff_by_card("") is None
    assert store.staff_by_card("2800000000028") is None
    store.close()


# -- baskets


def test_the_open_basket_is_there_after_every_change(store: Store) -> None:
    assert store.open_basket() == Basket()
    basket = Basket()
    for number in range(40):
        basket = Basket((*basket.lines, Line(BREAD, 1000 + number, 120)), (Swap(COFFEE),), 2900000000018, "online")
        store.keep_basket(basket)
        assert store.open_basket() == basket
    store = reopened(store)
    assert store.open_basket() == basket
    store.close()


def test_held_baskets(store: Store) -> None:
    one, two = Basket((Line(BREAD),)), Basket((Line(BREAD, 2000),), card=5)
    store.keep_basket(one)
    first = store.hold(one, "the blue coat", START, "ana")
    assert store.open_basket() == Basket()
    second = store.hold(two, "", START + 1, "")
    store = reopened(store)

    assert [(held.id, held.basket, held.note, held.at, held.cashier) for held in store.held()] == [
        (first, one, "the blue coat", START, "ana"),
        (second, two, "", START + 1, ""),
    ]
    assert store.recall(second) == two == store.open_basket()
    assert [held.id for held in store.held()] == [first]
    with pytest.raises(KeyError):
        store.recall(second)
    assert store.open_basket() == two
    assert store.hold(two, "", START, "") > second  # a number that somebody may still see is not given again
    store.close()


# -- printing


def test_print_jobs(store: Store) -> None:
    sold, _ = sell(store), sell(store)
    assert isinstance(sold.body, SaleCompleted)
    copy = store.add_job(sold.body.slip, SLIP, True)
    drawer = store.add_job(None, (), False)
    first, second, *_ = (job.id for job in store.jobs())
    store.set_job_state(first, "printed")
    store.set_job_state(second, "sending")
    store.set_job_state(copy, "unknown")
    store = reopened(store)

    assert [job.id for job in store.jobs("queued")] == [drawer]
    assert [job.id for job in store.jobs("sending", "unknown")] == [second, copy]
    assert [job.id for job in store.jobs("printed")] == [first]
    assert [job.id for job in store.jobs()] == [first, second, copy, drawer]
    job = store.job(copy)
    assert job is not None
    assert (job.slip, job.copy, job.state, job.document) == (sold.body.slip, True, "unknown", SLIP)
    assert store.job_of(sold.body.slip) == store.job(first)
    assert store.job(99) is None
    assert store.job_of(99) is None
    with pytest.raises(KeyError):
        store.set_job_state(99, "printed")
    store.close()


def test_the_next_job_is_found_without_looking_at_all_that_were_printed(store: Store) -> None:
    plan = store._journal.connection.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM print_job WHERE state IN ('queued') AND state <> 'printed' ORDER BY id"
    ).fetchall()

    assert "print_job_open" in str(plan)


# -- notes and packs


def test_notes_and_programme_files(store: Store) -> None:
    assert store.meta("a") is None
    assert store.pack("x") is None
    store.set_meta("a", "1")
    store.set_meta("a", "2")
    store.keep_pack("x", b"id = 1")
    store.keep_pack("x", b"id = 1")
    store = reopened(store)

    assert store.meta("a") == "2"
    assert store.pack("x") == b"id = 1"
    store.close()


# -- reading beside the till


def test_reading_while_the_till_works(store: Store, folder: Path) -> None:
    ana = enrol(store, "Мария")
    reader = opened(folder, read_only=True)
    give(store, ana, 10)
    sell(store, ana, 5)

    assert reader.customer(ana, START) == store.customer(ana, START)
    assert reader.customer(ana, START).balance == 15
    assert list(reader.facts()) == list(store.facts())
    assert reader.ledger(ana) == store.ledger(ana)
    assert reader.find_people("мар") == store.find_people("мар")
    assert (reader.last_slip(), reader.last_moment) == (store.last_slip(), store.last_moment)
    assert reader.identity == store.identity
    reader.close()


def test_a_reader_writes_nothing(store: Store, folder: Path) -> None:
    enrol(store)
    store.close()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    reader = opened(folder, read_only=True)
    for write in (
        lambda: reader.set_meta("a", "b"),
        lambda: reader.keep_basket(Basket()),
        lambda: reader.record([NewFact(Acted("drawer_opened"), reader.last_moment)]),
        lambda: reader.hold(Basket(), "", 0, ""),
        lambda: reader.replica.put_offers([]),
        lambda: reader.add_job(None, (), False),
    ):
        with pytest.raises(StoreTrouble, match="opened for reading only") as trouble:
            write()
        assert trouble.value.code == "read_only"
    reader.close()

    after = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(("-shm", "-wal"))}
    assert after == before


def test_two_readers_and_no_till(store: Store, folder: Path) -> None:
    ana = enrol(store)
    store.close()
    one, two = opened(folder, read_only=True), opened(folder, read_only=True)

    assert one.customer(ana, START) == two.customer(ana, START)
    one.close()
    two.close()


def test_reading_after_the_till_was_killed(folder: Path) -> None:
    """The WAL is there and nobody has put it into the file."""
    program = (
        "import os, sys; from pathlib import Path; from tests.helpers.stores import *;"
        "store = opened(Path(sys.argv[1])); card = enrol(store, 'Мария'); sell(store, card, 5);"
        "print(card, flush=True); os.kill(os.getpid(), 9)"
    )
    child = subprocess.run(
        [sys.executable, "-c", program, folder], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert child.returncode == -9

    reader = opened(folder, read_only=True)
    assert reader.customer(int(child.stdout), START).balance == 5
    reader.close()


# -- the WAL


def test_the_wal_does_not_grow_for_ever_without_an_idle_moment(store: Store, folder: Path) -> None:
    wal = folder / "journal.db-wal"
    sizes = []
    for _ in range(1500):
        sell(store)
        sizes.append(wal.stat().st_size)

    assert max(sizes) < 20_000_000
    assert sizes[-1] == sizes[-200]  # it was begun again from its start


def test_an_idle_moment_empties_the_wal(store: Store, folder: Path) -> None:
    for _ in range(20):
        sell(store)
    store.checkpoint()
    main = (folder / "journal.db").read_bytes()
    wal_size = (folder / "journal.db-wal").stat().st_size
    sell(store)

    assert BREAD.name.encode() in main
    assert (folder / "journal.db-wal").stat().st_size == wal_size
    store.checkpoint()
    store.checkpoint()


def test_every_commit_is_forced_to_the_disk(store: Store) -> None:
    journal = store._journal.connection
    assert journal.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# -- the replica


def opening(card: int, points: int, last: int | None = None) -> Ledger:
    state = Ledger(ZONE, None if last is None else (last, 9, 1, 1, b"x" * 16))
    state.cards[card] = CardState(card, card, START, "given")
    state.kinds[card] = "client"
    state.lots[ledger.key(card.to_bytes(16, "big"), 0)] = Lot(card, points, points, START, open=True)
    return state


def put_replica(folder: Path, *states: Ledger, name: str = "Елена Ганева", included: int = 0) -> None:
    with Snapshot(folder, included=included) as snapshot:
        snapshot.add(
            (state, [Person(card.member, name, "0888 555 444") for card in state.cards.values()]) for state in states
        )


ELENA, GEORGI = 2900000000018, 2900000000025


def test_the_replica_tells_of_cards_that_this_till_never_saw(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100), opening(GEORGI, 5))
    store.reload_replica()

    assert store.customer(ELENA, START) == Customer(
        ELENA, ELENA, ELENA, "Елена Ганева", "client", 100, active_from=START
    )
    assert [found.card for found in store.find_people("ган")] == [ELENA, GEORGI]
    store = reopened(store)
    assert store.customer(GEORGI, START).balance == 5
    assert not (folder / "replica-1.db").exists()
    store.close()


def test_own_facts_stand_on_the_replica_until_it_tells_them_too(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    sell(store, ELENA, 7)
    assert store.customer(ELENA, START).balance == 107
    assert store.customer(ELENA, START).name == "Елена Ганева"

    put_replica(folder, opening(ELENA, 100))  # a newer one that does not know of the sale yet
    store.reload_replica()
    assert store.customer(ELENA, START).balance == 107
    put_replica(folder, opening(ELENA, 207), name="Елена Петрова", included=1)  # it knows, and of more
    store.reload_replica()
    assert store.customer(ELENA, START).balance == 207
    assert store.customer(ELENA, START).name == "Елена Петрова"
    sell(store, ELENA, 1)
    store = reopened(store)
    assert store.customer(ELENA, START).balance == 208
    store.close()


def test_a_replica_that_came_while_the_till_was_closed(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    sell(store, ELENA, 7)
    store.close()
    put_replica(folder, opening(ELENA, 1000))

    store = opened(folder)
    assert store.customer(ELENA, START).balance == 1007
    store.close()


def test_a_replica_that_was_thrown_away_takes_no_points_of_known_accounts(
    store: Store, folder: Path, expect_log: ExpectLog
) -> None:
    put_replica(folder, opening(ELENA, 100), opening(GEORGI, 50))
    store.reload_replica()
    sell(store, ELENA, 7)
    store.close()
    for path in folder.glob("replica-*"):
        path.unlink()

    expect_log(logging.ERROR, "What the centre has said is missing")
    store = opened(folder)
    assert store.customer(ELENA, START).balance == 107
    assert store.customer(GEORGI, START).status == "unknown"
    store.close()
    put_replica(folder, opening(ELENA, 100), opening(GEORGI, 50))
    store = opened(folder)
    assert (store.customer(ELENA, START).balance, store.customer(GEORGI, START).balance) == (107, 50)
    store.close()


def test_a_replica_that_cannot_be_taken_in_yet_takes_nothing_away(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100), opening(GEORGI, 50))
    store.reload_replica()
    sell(store, ELENA, 7)
    store.checkpoint()
    put_replica(folder, *(opening(ELENA + n, 1) for n in range(200)))
    for n in range(200):
        store.record([NewFact(CardBlocked(ELENA + n), START)])
    execute = store._journal.connection.execute
    execute("PRAGMA max_page_count = 1")  # no more than there are

    with pytest.raises(StoreTrouble, match="Free some space"):
        store.reload_replica()
    assert store.customer(ELENA, START).balance == 107
    execute("PRAGMA max_page_count = 1000000")
    store.reload_replica()
    assert store.customer(ELENA, START).balance == 8
    assert store.customer(ELENA + 1, START).status == "blocked"


def test_a_family_of_both_files(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100), opening(GEORGI, 50))
    store.reload_replica()
    ana = enrol(store, "Ана")
    give(store, ana, 7)
    store.record([NewFact(CardsMerged(ELENA, (ana,)), START)])

    assert {store.customer(card, START).balance for card in (ELENA, ana)} == {107}
    assert store.customer(GEORGI, START).balance == 50
    reader = opened(folder, read_only=True)
    assert {reader.customer(card, START).balance for card in (ELENA, ana)} == {107}
    assert reader.customer(GEORGI, START).balance == 50
    assert reader.ledger(ELENA) == store.ledger(ana)
    assert [found.card for found in reader.find_people("елена")] == [ELENA, GEORGI]
    reader.close()


def test_a_name_that_was_changed_here_counts_before_the_replicas(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    store.record([], people=[Person(ELENA, "Елена Петрова", "0877 1")])

    for _ in range(2):
        assert store.customer(ELENA, START).name == "Елена Петрова"
        assert store.find_people("ганева") == []
        assert [found.phone for found in store.find_people("петрова")] == ["0877 1"]
        assert store.customer(ELENA, START).balance == 100
        put_replica(folder, opening(ELENA, 100))
        store.reload_replica()


def test_a_fact_from_before_the_opening_state_counts_after_it(store: Store, folder: Path) -> None:
    """Another till's clock was ahead: the opening state is of tomorrow."""
    put_replica(folder, opening(ELENA, 100, last=START + DAY))
    store.reload_replica()
    give(store, ELENA, 10, Duration(days=30))
    sold = sell(store, ELENA, swaps=(Swap(COFFEE),))
    assert isinstance(sold.body, SaleCompleted)

    assert store.customer(ELENA, START + DAY).balance == 50
    assert store.customer(ELENA, START + 40 * DAY).balance == 50  # what lapses first was spent first
    state = whole(store, [ELENA], START + 40 * DAY)
    assert state.last == (START + DAY, 9, 1, 1, b"x" * 16)


@pytest.mark.parametrize("ahead", [None, START + DAY])
def test_own_facts_of_a_whole_family_are_folded_together(store: Store, folder: Path, ahead: int | None) -> None:
    """Whichever card of a family brings its ledger in, no own fact of the others is left out."""
    family = ledger.join(opening(ELENA, 100, ahead), opening(GEORGI, 50, ahead))
    family.links[b"l" * 18] = Link((ELENA, GEORGI), (ELENA, GEORGI))
    put_replica(folder, family)
    store.reload_replica()
    for points, card in ((7, GEORGI), (20, ELENA), (3, GEORGI)):
        sell(store, card, points)
        ana = enrol(store)
        give(store, ana, 400)
        store.record([NewFact(CardsMerged(ana, (card,)), START)])

    for _ in range(2):
        balances = {store.customer(card, START + DAY).balance for card in (ELENA, GEORGI, ana)}
        assert balances == {150 + 30 + 1200}
        put_replica(folder, family)
        store.reload_replica()


def test_what_the_replica_tells_already_is_not_folded_again(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    sell(store, ELENA, 20)
    sell(store, ELENA, swaps=(Swap(COFFEE),))
    told = store.ledger(ELENA)
    sell(store, ELENA, 3)
    put_replica(folder, told, included=2)
    store.reload_replica()

    assert store.customer(ELENA, START).balance == 63
    assert store.ledger(ELENA).takings == told.takings
    assert store.ledger(ELENA).lots.items() > told.lots.items()


def test_a_write_that_fails_leaves_the_replicas_word(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    body = sale(store, ELENA, 7)
    with pytest.raises(StoreTrouble):  # the same slip twice
        store.record([NewFact(body, START), NewFact(body, START)])

    assert store.customer(ELENA, START).balance == 100
    sell(store, ELENA, 7)
    assert store.customer(ELENA, START).balance == 107


def test_a_snapshot_that_breaks_off_changes_nothing(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    before = sorted(path.name for path in folder.iterdir())

    def broken() -> Iterator[tuple[Ledger, list[Person]]]:
        yield opening(GEORGI, 5), []
        raise RuntimeError("the line is cut")

    with pytest.raises(RuntimeError), Snapshot(folder) as snapshot:
        snapshot.add(broken())
    store.reload_replica()
    assert store.customer(GEORGI, START).status == "unknown"
    assert store.customer(ELENA, START).balance == 100
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_reader_keeps_the_replica_that_it_opened(store: Store, folder: Path) -> None:
    put_replica(folder, opening(ELENA, 100))
    store.reload_replica()
    reader = opened(folder, read_only=True)
    put_replica(folder, opening(ELENA, 300))
    store.reload_replica()

    assert reader.customer(ELENA, START).balance == 100
    reader.reload_replica()
    assert reader.customer(ELENA, START).balance == 300
    reader.close()


def test_the_board_of_a_snapshot_counts_only_what_it_does_not_know(store: Store, folder: Path) -> None:
    ana = enrol(store)
    give(store, ana, 1000)
    sell(store, ana, swaps=(Swap(COFFEE, 2),))
    with Snapshot(folder, included=3) as snapshot:
        snapshot.add([(store.ledger(ana), [])])
        snapshot.replica.put_offers([COFFEE], counted=3)
    store.reload_replica()
    assert [offer.stock for offer in store.offers()] == [5]
    sell(store, ana, swaps=(Swap(COFFEE),))
    assert [offer.stock for offer in store.offers()] == [4]


def test_opening_and_closing_leaks_no_handle(folder: Path) -> None:
    handles = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        store = opened(folder)
        enrol(store)
        store.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == handles


def test_a_fact_written_by_hand_is_decoded_as_it_was(store: Store) -> None:
    sold = sell(store, enrol(store), 3)

    assert isinstance(sold, Fact)
    assert facts.decode(facts.encode(sold)) == sold == store.fact(sold.id)


def test_notes_are_kept_with_the_facts_or_not_at_all(store: Store) -> None:
    store.record([NewFact(Acted("sign_in_failed", "ana"), START)], meta={"sign_in.ana": "1"})
    assert (store.last_moment, store.meta("sign_in.ana")) == (START, "1")

    with pytest.raises(ValueError, match="cannot be written after"):
        store.record([NewFact(Acted("sign_in_failed", "ana"), START - 1)], meta={"sign_in.ana": "2"})
    with pytest.raises(UnicodeEncodeError):  # the fact is written by then, but not for good
        store.record([NewFact(Acted("sign_in_failed", "ana"), START)], meta={"sign_in.ana": "\ud800"})
    assert (len(list(store.facts())), store.meta("sign_in.ana")) == (1, "1")
