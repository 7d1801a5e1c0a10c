"""Goods come back at a till that has not sold them: real tills and a real centre, over a network that fails."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from db.store import NewFact, new_id
from pos_app import elsewhere, reckon_again, shipped, texts
from pos_app.__main__ import main
from pos_app.clock import now_ms
from pos_app.elsewhere import Elsewhere, Known
from pos_app.loyalty import facts, ledger
from pos_app.loyalty.basket import Line
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import BonusGiven, Enrolled, Fact, GoodsReturned, LineBack, SaleCompleted
from pos_app.loyalty.programme_file import decode
from pos_app.loyalty.slip import slip_text
from pos_app.settings import Settings
from pos_app.till import Till
from sync.central import fleet, published, slips, tills
from sync.messages import SaleFound, SaleWanted
from tests.helpers import central, postgres
from tests.helpers import centre as centres
from tests.helpers.centre import Centre
from tests.helpers.checkout import COFFEE, CUP, TRUSTING, checkout, linked, publish_board, up_to_date
from tests.helpers.linked import balance, enrolled, give_card, opened, sell
from tests.helpers.network import Network
from tests.helpers.shop import BREAD, MILK


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    with postgres.running() as running:
        yield running


@pytest.fixture
def centre(server: postgres.Postgres) -> Iterator[Centre]:
    with centres.running(server.database()) as running:
        publish_board(running, COFFEE, CUP)
        yield running


@pytest.fixture
def here(centre: Centre, tmp_path: Path) -> Path:
    return linked(centre, tmp_path / "here")


@pytest.fixture
def there(centre: Centre, tmp_path: Path) -> Path:
    return linked(centre, tmp_path / "there")


def sold(centre: Centre, folder: Path, points: int = 100) -> tuple[int, Fact]:
    """A card with points, and a sale to it of two breads, three milks and a coffee for points, that everybody knows."""
    with opened(folder) as store:
        card = give_card(store)
        sell(store, card, points)
    with checkout(folder) as made:
        made.till.set_customer(card)
        for product, count in ((BREAD, 2), (MILK, 3)):
            made.till.add(product, count * 1000)
        made.till.swap("coffee")
        made.till.keep_points(made.till.quote())
        sale = made.till.complete().fact
    up_to_date(centre, folder)
    return card, sale


def asked(folder: Path, sale: Fact) -> Known:
    """What the centre tells a till of a sale by its slip."""
    assert isinstance(sale.body, SaleCompleted)
    with opened(folder) as store:
        asking, own = elsewhere.of(store), store.fact(sale.id)
    assert asking is not None
    known = asking.ask(sale.body.slip, b"" if own is None else sale.id)
    assert isinstance(known, Known)
    return known


def taken_back(folder: Path, sale: Fact, *lines: LineBack, swaps: tuple[LineBack, ...] = (), ask: bool = True) -> Fact:
    """Goods of a sale come back at a till, which asks the centre before; without lines all of them."""
    known = asked(folder, sale) if ask else None
    with checkout(folder) as made:
        after = made.till.after
        if known is not None:
            after.learn(known.sale or sale, known.about)
        return after.return_goods((known and known.sale) or sale, lines or None, swaps).fact


def balances(centre: Centre, card: int, *folders: Path) -> set[int]:
    """What all tills say of a card once everybody has told everything."""
    for folder in (*folders, *folders):
        up_to_date(centre, folder)
    told = set()
    for folder in folders:
        with opened(folder) as store:
            store.refresh()
            told.add(balance(store, card))
    return told


def body_of(fact: Fact) -> GoodsReturned:
    assert isinstance(fact.body, GoodsReturned)
    return fact.body


def test_goods_of_another_till_come_back_as_if_it_had_sold_them(
    centre: Centre, here: Path, there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card, sale = sold(centre, there)
    other_card, other = sold(centre, there)
    up_to_date(centre, here)
    known = asked(here, sale)
    assert (known.sale, known.about) == (sale, ())

    back = body_of(taken_back(here, sale))
    own = body_of(taken_back(there, other))

    assert (back.sale, back.card) == (sale.id, card)
    assert (back.refund_minor, back.taken, back.given) == (own.refund_minor, own.taken, own.given)
    third = linked(centre, tmp_path / "third")
    assert balances(centre, card, here, there, third) == {100}
    assert balances(centre, other_card, here, there) == {100}
    content = shipped.content("coop-bg")
    published.put_programme(centre.link, "", TRUSTING.id, TRUSTING.pack, content, now_ms())
    assert reckon_again.check(centre.link, shipped.programme("coop-bg"), 0).differ == 0
    assert fleet.alarms(centre.link) == []
    capsys.readouterr()
    assert main(["show", "account", str(card), "--data", str(here)]) == 0
    assert "100" in capsys.readouterr().out


def test_what_came_back_elsewhere_does_not_come_back_again(centre: Centre, here: Path, there: Path) -> None:
    card, sale = sold(centre, there)
    up_to_date(centre, here)
    taken_back(here, sale, LineBack(0, 1000), LineBack(1, 3000))
    up_to_date(centre, here)

    known = asked(there, sale)
    assert known.sale is None
    with checkout(there) as made:
        made.till.after.learn(sale, known.about)
        left = made.till.after.returnable(sale)
        assert (left.left_milli, left.left_swaps) == ((1000, 0), (1,))
        with pytest.raises(Refusal, match="already_returned"):
            made.till.after.return_goods(sale, [LineBack(1, 1000)])
        made.till.after.return_goods(sale)
        assert made.till.after.state(sale) == "returned"
    up_to_date(centre, there)
    with pytest.raises(Refusal, match="already_returned"):
        taken_back(here, sale)
    assert balances(centre, card, here, there) == {100}
    assert fleet.alarms(centre.link) == []


def test_a_till_reckons_with_its_own_returns_that_nobody_else_knows_yet(
    centre: Centre, here: Path, there: Path
) -> None:
    _, sale = sold(centre, there)
    taken_back(here, sale, LineBack(0, 2000))
    known = asked(here, sale)
    assert known.about == ()
    with checkout(here) as made:
        made.till.after.learn(sale, known.about)
        assert made.till.after.returnable(sale).left_milli == (0, 3000)


def test_two_tills_take_the_same_goods_back_while_nobody_tells_them(centre: Centre, here: Path, there: Path) -> None:
    card, sale = sold(centre, there)
    up_to_date(centre, here)
    taken_back(here, sale)
    taken_back(there, sale, ask=False)

    assert balances(centre, card, here, there) == {balance_by_fold(centre, card)}
    assert isinstance(sale.body, SaleCompleted)
    assert [(alarm.kind, alarm.subject) for alarm in fleet.alarms(centre.link)] == [
        ("returned", slip_text(sale.body.slip))
    ]
    for folder in (here, there):
        known = asked(folder, sale)
        assert len(known.about) == 2
        with checkout(folder) as made:
            made.till.after.learn(sale, known.about)
            left = made.till.after.returnable(sale)
            assert (left.left_milli, left.left_swaps) == ((0, 0), (0,))
            assert made.till.after.state(sale) == "returned"
            with pytest.raises(Refusal, match="already_returned"):
                made.till.after.return_goods(sale)


def balance_by_fold(centre: Centre, card: int) -> int:
    """The points of a card by one fold of all that the centre was told, at no loss of the member beyond the sale."""
    rows = centre.link.execute("SELECT data FROM fact").fetchall()
    history = [facts.decode(data) for (data,) in rows]
    state = ledger.fold(TRUSTING.zone, [fact for fact in history if card in facts.cards_of(fact.body)])
    return ledger.totals(state, state.cards[card].account).balance


def test_a_slip_that_nobody_knows_and_a_centre_that_does_not_answer_are_told_apart(
    centre: Centre, tmp_path: Path
) -> None:
    with Network(centre.port) as network:
        folder = linked(centre, tmp_path / "till", network.url)
        with opened(folder) as store:
            asking, till = elsewhere.of(store), store.identity.till
        assert asking is not None
        assert not asking.is_alone()
        assert asking.ask(99_0000001) == "sale_nowhere"
        assert asking.ask(0) == asking.ask(2**63) == asking.ask(2**64 - 1) == "sale_nowhere"
        for lie in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xc1xy", b"HTTP/1.1 500 No\r\n\r\n"):
            network.lie = lie
            assert asking.ask(99_0000001) == "centre_silent"
        up_to_date(centre, folder)
        assert asking.is_alone()
        network.lie = None
        tills.shut_out(centre.link, till, now_ms())
        assert asking.ask(99_0000001) == "centre_silent"
        tills.let_in(centre.link, till)
        centre.stop()
        assert asking.ask(99_0000001) == "centre_silent"


def test_a_till_alone_has_nobody_to_ask(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert elsewhere.of(store) is None


def test_answers_about_another_sale_are_not_believed(centre: Centre, here: Path, there: Path) -> None:
    _, sale = sold(centre, there)
    _, other = sold(centre, there)
    taken_back(here, other)
    up_to_date(centre, here)
    assert isinstance(sale.body, SaleCompleted)
    assert isinstance(other.body, SaleCompleted)
    found = slips.find(centre.link, SaleWanted(sale.body.slip))
    about = slips.find(centre.link, SaleWanted(other.body.slip)).about
    assert len(about) == 1
    for wrong in (SaleFound(found.sales, about), SaleFound(about), SaleFound((b"\xc1",))):
        with pytest.raises((ValueError, msgspec.DecodeError)):
            elsewhere._read(wrong, sale.body.slip, b"")


def test_the_programme_of_the_sale_comes_with_it(centre: Centre, here: Path, there: Path) -> None:
    content = shipped.source("coop-bg")[0]
    for points in (1, 2):
        content = content.replace(b'points = %d\nper = "0.50"' % points, b'points = %d\nper = "0.50"' % (5 * points))
    generous = decode(content, "generous")
    published.put_programme(centre.link, "", generous.id, generous.pack, content, now_ms())
    with opened(there) as store:
        card = give_card(store)
        words = texts.words_of(generous, "en")
        selling = Till(store, generous, Settings(language="en"), words, now_ms)
        selling.set_customer(card)
        selling.add(BREAD, 5000)
        sale = selling.complete().fact
        assert isinstance(sale.body, SaleCompleted)
        points = sum(earned.points for earned in sale.body.earned)
        store.record([NewFact(sale.body.__class__(store.next_slip(), "EUR", (), 0, card=card), store.last_moment)])
    up_to_date(centre, there)

    with opened(here) as store:
        assert store.pack(generous.pack) is None
    back = body_of(taken_back(here, sale, LineBack(0, 2000)))
    with opened(here) as store:
        assert store.pack(generous.pack) == content
    assert points == 115
    assert [part.points for part in back.taken] == [45]
    assert balances(centre, card, here, there) == {70}


def test_an_order_is_finished_where_it_was_taken_and_comes_back_anywhere(
    centre: Centre, here: Path, there: Path
) -> None:
    with opened(there) as store:
        card, line = give_card(store), Line(BREAD, 1000, 120)
        order = SaleCompleted(store.next_slip(), "EUR", (line,), 120, card=card, fulfilled=False, paid=False)
        (sale,) = store.record([NewFact(order, now_ms())])
    up_to_date(centre, there)
    up_to_date(centre, here)
    known = asked(here, sale)
    with checkout(here) as made:
        made.till.after.learn(sale, known.about)
        assert (made.till.after.state(sale), made.till.after.is_elsewhere(sale)) == ("open", True)
    with checkout(there) as made:
        made.till.after.fulfil(sale)
        assert not made.till.after.is_elsewhere(sale)
    up_to_date(centre, there)
    known = asked(here, sale)
    with checkout(here) as made:
        made.till.after.learn(sale, known.about)
        assert made.till.after.state(sale) == "completed"
        made.till.after.return_goods(sale)


def test_an_inviter_loses_the_bonus_of_another_till_with_the_goods(centre: Centre, tmp_path: Path) -> None:
    asal = shipped.programme("asal-plus")
    centre.link.execute("UPDATE centre SET zone = %s", (asal.zone,))
    published.put_programme(centre.link, "", asal.id, asal.pack, shipped.content("asal-plus"), now_ms())
    folders = [linked(centre, tmp_path / name) for name in ("here", "there")]
    here, there = folders
    with checkout(there, asal) as made:
        inviter = made.store.next_card()
        made.store.record([NewFact(Enrolled(inviter, inviter, 1, "client", 0), now_ms())])
        friend = made.store.next_card()
        made.store.record([NewFact(Enrolled(friend, friend, 2, "client", 0, invited_by=inviter), now_ms())])
        order = SaleCompleted(made.store.next_slip(), "IRR", (Line(BREAD, 1000, 900_000),), 900_000, card=friend)
        sale = made.till.record([NewFact(order, now_ms(), new_id(now_ms()))])[0]
        assert made.store.customer(inviter, made.till.now()).balance == 20
    up_to_date(centre, there)
    up_to_date(centre, here)
    known = asked(here, sale)
    assert [type(fact.body) for fact in known.about] == [BonusGiven]
    with checkout(here, asal) as made:
        made.till.after.learn(sale, known.about)
        made.till.after.return_goods(sale)
        assert made.store.customer(inviter, made.till.now()).balance == 0
    assert balances(centre, inviter, here, there) == {0}


def test_tills_that_stood_alone_may_have_the_same_slip(centre: Centre, here: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        folder = tmp_path / name
        with opened(folder) as store:
            sale = sell(store, give_card(store))
        up_to_date(centre, enrolled(centre, folder))
    assert isinstance(sale.body, SaleCompleted)
    with opened(here) as store:
        asking = elsewhere.of(store)
    assert asking is not None
    assert asking.ask(sale.body.slip) == "slip_twice"


def test_facts_that_were_folded_before_are_found_too(centre: Centre, here: Path, there: Path) -> None:
    _, sale = sold(centre, there)
    taken_back(here, sale, LineBack(0, 1000))
    up_to_date(centre, here)
    known = asked(there, sale)
    centre.link.execute("TRUNCATE slip, fact_about")
    centre.link.execute("UPDATE centre SET slips_known = false")
    assert isinstance(sale.body, SaleCompleted)
    assert slips.find(centre.link, SaleWanted(sale.body.slip)) == SaleFound()
    slips.learn(centre.link)
    assert asked(there, sale) == known
    centre.link.execute("TRUNCATE slip")
    slips.learn(centre.link)
    assert slips.find(centre.link, SaleWanted(sale.body.slip)) == SaleFound()


def test_no_slip_and_no_id_that_a_till_makes_up_holds_up_the_folder(centre: Centre) -> None:
    centre.link.execute("INSERT INTO till (till, name, shop, public_key, joined, epochs) VALUES (77, '', '', '', 0, 1)")
    liar = central.FakeTill(77)
    for number in (-1, 0, 2**63, 2**64 - 1):
        liar.write(SaleCompleted(number, "EUR", (), 1))
    for sale in (b"", b"x" * 65, b"x" * 5000):
        liar.write(GoodsReturned(77_0000001, sale, "EUR", 1, lines=(LineBack(2**40, -5),)))
    liar.send(centre.link, now_ms())
    centre.fold()
    assert centre.one("SELECT sum(facts) FROM batch WHERE till = 77 AND tick IS NOT NULL") == 7
    for table in ("slip", "fact_about"):
        assert centre.one(f"SELECT count(*) FROM {table} WHERE till = 77") == 0


def test_asking_needs_a_till_of_the_centre(centre: Centre, here: Path, tmp_path: Path) -> None:
    stranger = Elsewhere(tmp_path, centre.url, 2)
    (tmp_path / "centre.key").write_text("00" * 32)
    assert stranger.ask(1) == "centre_silent"
