"""Members at the desk, on a real store: who joins again, and points of purchases made before joining."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from db.store import Store
from pos_app import shipped, texts
from pos_app.desk import Desk
from pos_app.loyalty.basket import Product
from pos_app.loyalty.errors import Refusal
from pos_app.settings import Settings
from pos_app.till import Till

START = 1_900_000_000_000
PHONE = "0912 345 6789"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk under the programme that takes each telephone once (T10)."""
    programme = shipped.programme("taavoni-ir")
    store = Store.open(tmp_path, programme.zone, statutes=programme.statutes)
    yield Desk(store, programme, lambda: START)
    store.close()


def test_a_telephone_belongs_to_one_member(desk: Desk) -> None:
    desk.enrol(name="Sara", phone=PHONE)
    for written in (PHONE, "0912-345-6789", "(0912) 3456789", "۰۹۱۲۳۴۵۶۷۸۹"):
        with pytest.raises(Refusal, match="phone_taken"):
            desk.enrol(name="Reza", phone=written)
    desk.enrol(name="Reza", phone="0912 345 6780")


def test_who_left_with_a_new_card_can_join_again(desk: Desk) -> None:
    """A card that was lost on the way is no sign that its member is still there."""
    lost = desk.enrol(name="Sara", phone=PHONE).card
    desk.leave(desk.replace(lost))
    assert desk.enrol(name="Sara", phone=PHONE).status == "given"


def test_a_guest_joins_while_the_clock_goes_on(tmp_path: Path) -> None:
    """All facts of one act have one moment, however long it takes to find out what follows from it."""
    programme, clock = shipped.programme("asal-plus"), count(START)
    with closing(Store.open(tmp_path, programme.zone, statutes=programme.statutes)) as store:
        till = Till(store, programme, Settings(), texts.words_of(programme, "en"), lambda: next(clock))
        till.add(Product("1", "Honey", 2_000_000))
        till.set_order(guest=store.guest_number("sara@mail.example"))
        till.complete()
        desk = Desk(store, programme, till.now)
        member = desk.enrol(name="Sara", phone=PHONE, email="sara@mail.example")
        assert member.balance == 20 + 20  # H3, H2 and H12
        assert len({fact.moment for fact in store.facts_of(member.card)}) == 1


def test_how_points_are_used_ends_with_the_card(desk: Desk) -> None:
    """What one customer wished is not done with the points of the next."""
    programme = shipped.programme("taavoni-ir")
    till = Till(desk._store, programme, Settings(), texts.words_of(programme, "en"), desk.now)
    first, second = (desk.enrol(name=name, phone=name).card for name in ("0912000001", "0912000002"))
    desk.adjust(first, 100, "for the test")
    desk.adjust(second, 100, "for the test")
    till.add(Product("1", "Rice", 2_000_000))
    till.set_customer(first)
    till.use_points(60)
    till.set_customer(first)
    assert till.quote().used_points == 60
    till.set_customer(second)
    assert till.quote().used_points == 0
