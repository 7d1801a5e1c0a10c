"""The checkout's use cases on a real store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import Staff, Store
from pos_app import texts
from pos_app.desk import Desk
from pos_app.loyalty import cards
from pos_app.loyalty.basket import Basket, Offer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Acted, GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.paper import Text
from pos_app.loyalty.slip import slip_code, slip_text
from pos_app.settings import Settings
from pos_app.till import CardScanned, ProductScanned, SlipScanned, StaffScanned, Till, UnknownScanned
from tests.helpers.shop import BREAD, CHEESE, COFFEE, EURO_DAY, MILK, PROGRAMME

DAY = 86_400_000
STAFF_CARD = "2800000000011"


class World:
    """One till with goods, a board, staff and a clock to turn."""

    def __init__(self, folder: Path, mode: str = "goods") -> None:
        self.folder = folder
        self.moment = EURO_DAY
        self.settings = Settings(mode=mode, shop_lines=("Магазин 12",))
        self.store = self._open()
        self.store.replica.put_products([BREAD, MILK, CHEESE])
        self.store.put_offers([COFFEE, Offer("cup", "9", "Чаша", 5, per_account_per_day=1)])
        self.store.replica.put_staff([Staff("ivanka", "Иванка", "cashier", "", STAFF_CARD)])
        self.till = self._till()
        self.desk = Desk(self.store, PROGRAMME, lambda: self.moment)

    def _open(self) -> Store:
        return Store.open(self.folder, PROGRAMME.zone)

    def _till(self) -> Till:
        words = texts.words("bg", PROGRAMME.zone)
        return Till(self.store, PROGRAMME, self.settings, words, lambda: self.moment)

    def restart(self) -> None:
        """As after a power cut: nothing but the files is left."""
        self.store.close()
        self.store = self._open()
        self.till = self._till()

    def card(self, points: int = 0) -> int:
        """A card that is active now, with points."""
        number = self.desk.enrol(name="Мария П.").card
        self.desk.activate(number)
        if points:
            self.desk.adjust(number, points, "начални")
        return number

    def balance(self, card: int) -> int:
        return self.store.customer(card, self.till.now()).balance


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def test_a_whole_sale(world: World) -> None:
    card = world.card(100)
    assert isinstance(world.till.scan(str(card)), CardScanned)
    assert world.till.scan(BREAD.code) == ProductScanned(0)
    assert world.till.scan(MILK.code) == ProductScanned(1)
    world.till.swap("coffee")
    quoted = world.till.quote()
    assert (quoted.to_pay_minor, quoted.spent, quoted.earned, quoted.balance_after) == (350, 60, 4 + 16, 60)
    done = world.till.complete()
    body = done.fact.body
    assert isinstance(body, SaleCompleted)
    assert world.till.basket == Basket()
    assert world.balance(card) == quoted.balance_after
    assert world.store.sale(body.slip) == done.fact
    [job] = world.store.jobs("queued")
    assert (job.slip, job.document) == (body.slip, done.document)


def test_the_second_piece_counts_up_its_line(world: World) -> None:
    for code in (BREAD.code, BREAD.code, MILK.code, BREAD.code):
        world.till.scan(code)
    assert [line.quantity_milli for line in world.till.basket.lines] == [2000, 1000, 1000]


def test_weighed_goods_and_quantities(world: World) -> None:
    world.till.scan(CHEESE.code)
    world.till.set_quantity(0, 350)
    assert world.till.quote().to_pay_minor == 350
    world.till.scan(BREAD.code)
    for wrong in (0, -1000, 1500, 10**9):
        with pytest.raises(Refusal, match="quantity_wrong"):
            world.till.set_quantity(1, wrong)
    world.till.void(0)
    assert [line.product for line in world.till.basket.lines] == [BREAD]


def test_goods_that_must_be_weighed_wait_for_their_weight(world: World) -> None:
    world.till.scan(CHEESE.code)
    assert world.till.basket.lines[0].quantity_milli == 0
    with pytest.raises(Refusal, match="not_weighed"):
        world.till.complete()
    world.till.set_quantity(0, 350)
    assert world.till.complete().quote.to_pay_minor == 350


def test_a_card_that_was_misread_is_not_taken_for_goods(world: World) -> None:
    scanned = world.till.scan("2900000000017")
    assert isinstance(scanned, UnknownScanned)
    assert scanned.refusal.code == "card_not_valid"


@pytest.mark.parametrize("code", ["3800000000099", "x", "", "2900000000025", "S00010000999", "Ж" * 500])
def test_an_unknown_code_changes_nothing(world: World, code: str) -> None:
    world.till.scan(BREAD.code)
    before = world.till.basket
    scanned = world.till.scan(code)
    assert isinstance(scanned, UnknownScanned)
    assert world.till.words.refusal(scanned.refusal)
    assert world.till.basket == before


def test_a_staff_card_signs_in_and_the_basket_stays(world: World) -> None:
    world.till.scan(BREAD.code)
    scanned = world.till.scan(STAFF_CARD)
    assert isinstance(scanned, StaffScanned)
    assert world.till.staff is not None
    assert world.till.staff.id == "ivanka"
    assert world.till.basket.lines
    assert world.till.complete().fact.cashier == "ivanka"


def test_power_is_cut_with_a_basket_open(world: World) -> None:
    card = world.card(100)
    for code in (str(card), BREAD.code, MILK.code):
        world.till.scan(code)
    world.till.swap("coffee")
    before = world.till.basket
    world.restart()
    assert world.till.basket == before
    assert world.till.complete().quote.spent == 60


def test_hold_and_recall(world: World) -> None:
    world.till.scan(BREAD.code)
    first = world.till.hold()
    assert world.till.basket == Basket()
    with pytest.raises(Refusal, match="nothing_to_sell"):
        world.till.hold()
    world.restart()
    world.till.scan(MILK.code)
    world.till.recall(first)
    assert [line.product for line in world.till.basket.lines] == [BREAD]
    [other] = world.till.held()
    assert [line.product for line in other.basket.lines] == [MILK]


def test_nothing_is_no_sale(world: World) -> None:
    world.till.scan(str(world.card()))
    with pytest.raises(Refusal, match="nothing_to_sell"):
        world.till.complete()


def test_stock_of_the_board_goes_down_and_up(world: World) -> None:
    world.till.scan(str(world.card(500)))
    world.till.swap("coffee", 2)
    with pytest.raises(Refusal, match="out_of_stock"):
        world.till.swap("coffee")
    sale = world.till.complete().fact
    world.till.scan(str(world.card(500)))
    assert not {offer.item: free for offer, free in world.till.board()}["coffee"]
    world.till.after.return_goods(sale)
    assert {offer.item: free for offer, free in world.till.board()}["coffee"]


def test_a_daily_limit_holds_over_two_sales_and_ends_at_midnight(world: World) -> None:
    card = world.card(500)
    world.till.scan(str(card))
    world.till.swap("cup")
    world.till.complete()
    world.till.scan(str(card))
    with pytest.raises(Refusal, match="limit_reached"):
        world.till.swap("cup")
    world.moment += DAY
    world.till.swap("cup")


def test_a_held_basket_is_checked_against_the_board_of_its_completion(world: World) -> None:
    first, second = world.card(500), world.card(500)
    world.till.scan(str(first))
    world.till.swap("coffee", 2)
    held = world.till.hold()
    world.till.scan(str(second))
    world.till.swap("coffee", 2)
    world.till.complete()
    world.till.recall(held)
    with pytest.raises(Refusal, match="out_of_stock"):
        world.till.complete()


def test_dropping_the_customer_drops_the_swaps(world: World) -> None:
    world.till.scan(str(world.card(100)))
    world.till.scan(BREAD.code)
    world.till.swap("coffee")
    world.till.drop_customer()
    assert (world.till.basket.card, world.till.basket.swaps) == (None, ())
    assert world.till.complete().quote.earned == 0


def test_another_card_takes_the_place_of_the_first(world: World) -> None:
    poor, rich = world.card(), world.card(100)
    world.till.scan(str(rich))
    world.till.swap("coffee")
    world.till.scan(str(poor))
    with pytest.raises(Refusal, match="not_enough_points"):
        world.till.complete()


def test_a_return_by_the_slips_barcode_part_and_rest(world: World) -> None:
    card = world.card(100)
    for code in (str(card), BREAD.code, MILK.code, MILK.code):
        world.till.scan(code)
    sale = world.till.complete().fact
    assert isinstance(sale.body, SaleCompleted)
    balance = world.balance(card)
    scanned = world.till.scan(slip_code(sale.body.slip))
    assert isinstance(scanned, SlipScanned)
    found = world.till.find_sale(slip_text(sale.body.slip))
    assert found == world.till.after.returnable(scanned.sale) == world.till.find_sale("1")
    part = world.till.after.return_goods(sale, [LineBack(1, 1000)])
    assert isinstance(part.fact.body, GoodsReturned)
    assert isinstance(world.till.scan(slip_code(part.fact.body.slip)), UnknownScanned), "a return has no return"
    assert world.balance(card) == balance - 18
    assert str(world.balance(card)) in str(part.document)
    world.till.after.return_goods(sale)
    assert world.balance(card) == 100
    with pytest.raises(Refusal, match="already_returned"):
        world.till.after.return_goods(sale)
    with pytest.raises(Refusal, match="sale_unknown"):
        world.till.find_sale("999")


def test_a_reprint_is_marked_and_on_record(world: World) -> None:
    with pytest.raises(Refusal, match="sale_unknown"):
        world.till.reprint()
    world.till.scan(BREAD.code)
    done = world.till.complete()
    copy = world.till.reprint()
    assert copy[0] == Text("КОПИЕ", "centre", bold=True, big=True)
    assert copy[1:] == done.document
    assert world.till.reprint() == copy, "a copy of a slip is made from the slip, not from its copy"
    assert [fact.body for fact in world.store.facts()][-1] == Acted("reprinted", "0001-0000001")
    assert [job.copy for job in world.store.jobs("queued")] == [False, True, True]


def test_the_drawer_is_on_record(world: World) -> None:
    world.till.open_drawer()
    assert [fact.body for fact in world.store.facts()] == [Acted("drawer_opened")]


def test_amount_mode(tmp_path: Path) -> None:
    world = World(tmp_path, "amount")
    card = world.card()
    world.till.scan(str(card))
    assert isinstance(world.till.scan(BREAD.code), UnknownScanned)
    world.till.set_amounts(230, 1000)
    assert world.till.complete().quote.earned == 2 * 8 + 39
    world.till.set_amounts(0, 0)
    assert world.till.basket.empty
    with pytest.raises(Refusal, match="quantity_wrong"):
        world.till.set_amounts(-1, 0)
    world.store.close()


def test_the_cashiers_own_card_is_noticed(world: World) -> None:
    own = world.card(10)
    world.store.replica.put_staff([Staff("petar", "Петър", "cashier", "", "2800000000028", own)])
    world.till.scan("2800000000028")
    world.till.scan(str(own))
    world.till.scan(BREAD.code)
    world.till.complete()
    assert Acted("own_card", "0001-0000001") in [fact.body for fact in world.store.facts()]


def test_the_till_never_dates_a_sale_before_what_is_written_down(world: World) -> None:
    world.till.scan(BREAD.code)
    first = world.till.complete().fact
    world.moment -= 400 * DAY
    world.till.scan(BREAD.code)
    assert world.till.complete().fact.moment >= first.moment


def test_a_return_is_reckoned_by_the_programme_file_of_its_sale(world: World) -> None:
    from pos_app import shipped
    from pos_app.loyalty import programme_file

    world.store.keep_pack(PROGRAMME.pack, shipped.content("coop-bg"))
    card = world.card()
    for code in (str(card), BREAD.code, BREAD.code):
        world.till.scan(code)
    sale = world.till.complete().fact
    richer = programme_file.decode(shipped.content("coop-bg").replace(b"points = 1\n", b"points = 2\n"), "x")
    world.till.programme = richer
    world.till.after.return_goods(sale, [LineBack(0, 1000)])
    assert world.balance(card) == 4
    world.till.after.return_goods(sale)
    assert world.balance(card) == 0


def test_cards_of_the_desk_are_cards_of_the_till(world: World) -> None:
    number = world.desk.enrol(card="2900000000018").card
    assert number == 2900000000018
    assert all(cards.is_card(str(world.card())) for _ in range(3))
    with pytest.raises(Refusal, match="card_taken"):
        world.desk.enrol(card="2900000000018")
