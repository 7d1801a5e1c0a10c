"""Codes of every kind at a till with a real catalogue: what goes into the basket, and how much of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.store import Staff, Store
from pos_app import texts
from pos_app.desk import Desk
from pos_app.device_settings import ScannerSettings
from pos_app.loyalty.basket import Product
from pos_app.loyalty.cards import check_digit
from pos_app.settings import Settings
from pos_app.till import CardScanned, ProductScanned, StaffScanned, Till, UnknownScanned
from tests.helpers.shop import EURO_DAY, PROGRAMME


def _label(body: str) -> str:
    return f"{body}{check_digit(body)}"


OIL = Product("3800123456787", "Олио", 399)
SOAP = Product("036000291452", "Сапун", 125)
CREAM = Product("96385074", "Крем", 250)
SODA = Product("042100005264", "Сода", 99)
SHORT = Product("7", "Торба", 5)
WRONG_DIGIT = Product("3800123456780", "Свещ", 60)
HAM = Product("00123", "Шунка", 1500, weighed=True)
CHEESE = Product(_label("210045600000"), "Сирене", 999, weighed=True)
OLIVES = Product("98001234567876", "Маслини", 1000, weighed=True)
PIE = Product("4711", "Баница", 300)
PITA = Product(_label("210088800000"), "Пита", 150)
STAFF_CARD = "0280000000013"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with closing(Store.open(tmp_path, PROGRAMME.zone)) as store:
        store.replica.put_products([OIL, SOAP, CREAM, SODA, SHORT, WRONG_DIGIT, HAM, CHEESE, OLIVES, PIE, PITA])
        store.replica.put_staff([Staff("ivanka", "Иванка", "cashier", "", STAFF_CARD)])
        chosen = Settings(scanner=ScannerSettings(scale_labels=("21IIIIIWWWWWC", "23IIIIVPPPPPC")))
        yield Till(store, PROGRAMME, chosen, texts.words("bg", PROGRAMME.zone), lambda: EURO_DAY)


def _added(till: Till, code: str) -> tuple[str, int, int]:
    scanned = till.scan(code)
    assert isinstance(scanned, ProductScanned), scanned
    line = till.basket.lines[scanned.line]
    return line.product.name, line.quantity_milli, line.amount_minor


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("3800123456787", "Олио"),
        ("]E03800123456787", "Олио"),
        ("]C10103800123456787", "Олио"),
        ("036000291452", "Сапун"),
        ("0036000291452", "Сапун"),
        ("]E496385074", "Крем"),
        ("]E00000096385074", "Крем"),
        ("04252614", "Сода"),
        ("425261", "Сода"),
        ("7", "Торба"),
        ("3800123456780", "Свещ"),
        ("4711", "Баница"),
        ("https://id.gs1.org/01/03800123456787", "Олио"),
    ],
)
def test_goods_are_found_in_whatever_form_they_are_kept(till: Till, code: str, name: str) -> None:
    product_name, quantity_milli, _ = _added(till, code)
    assert (product_name, quantity_milli) == (name, 1000)


def test_a_label_puts_the_weight_in(till: Till) -> None:
    assert _added(till, _label("210012300345")) == ("Шунка", 345, 518)
    assert _added(till, _label("210045601250")) == ("Сирене", 1250, 1249)


def test_a_label_puts_the_amount_in(till: Till) -> None:
    assert _added(till, _label("234711701250")) == ("Баница", 1000, 1250)


def test_an_element_string_puts_weight_and_amount_in(till: Till) -> None:
    assert _added(till, "]e001980012345678763103000195") == ("Маслини", 195, 195)
    assert _added(till, "]e0019800123456787631030001953922000195") == ("Маслини", 195, 195)
    assert _added(till, "]e0019800123456787631030001953922000234") == ("Маслини", 195, 234)
    assert _added(till, "]e0019800123456787639329780345") == ("Маслини", 1000, 345)
    assert _added(till, "]C1020380012345678737" + "24") == ("Олио", 24_000, 24 * 399)


def test_a_label_in_another_currency_waits_to_be_weighed(till: Till) -> None:
    assert _added(till, "]e00198001234567876" + "3932975" + "0345") == ("Маслини", 0, 0)


@pytest.mark.parametrize("code", ["3800123456786", "96385075", "]C10103800123456786"])
def test_a_misread_is_called_so(till: Till, code: str) -> None:
    scanned = till.scan(code)
    assert isinstance(scanned, UnknownScanned)
    assert scanned.refusal.code == "code_misread"
    assert till.basket.empty


@pytest.mark.parametrize("code", [_label("380099999999"), "KOOP-1", "]C03800123456786", _label("219999900345")])
def test_what_nobody_knows_is_called_so(till: Till, code: str) -> None:
    scanned = till.scan(code)
    assert isinstance(scanned, UnknownScanned)
    assert scanned.refusal.code == "product_unknown"
    assert "]" not in scanned.code


def test_a_weight_is_not_taken_for_goods_that_have_the_items_number_by_chance(till: Till) -> None:
    scanned = till.scan(_label("210000700345"))
    assert isinstance(scanned, UnknownScanned)
    assert scanned.refusal.code == "product_unknown"


def test_goods_by_the_piece_are_one_piece_whatever_a_label_says_they_weigh(till: Till) -> None:
    assert _added(till, _label("210088800345")) == ("Пита", 1000, 150)


@pytest.mark.parametrize("body", ["210012300000", "234711000000"])
def test_a_label_for_nothing_is_not_accepted(till: Till, body: str) -> None:
    scanned = till.scan(_label(body))
    assert isinstance(scanned, UnknownScanned)
    assert scanned.refusal.code == "quantity_wrong"


@pytest.mark.parametrize("code", [STAFF_CARD, STAFF_CARD[1:], f"]E0{STAFF_CARD}"])
def test_staff_are_known_by_either_form_of_their_card(till: Till, code: str) -> None:
    assert isinstance(till.scan(code), StaffScanned)


def test_a_card_is_a_card_with_an_identifier_too(till: Till) -> None:
    card = Desk(till.store, PROGRAMME, lambda: EURO_DAY).enrol(name="Мария П.").card
    assert isinstance(till.scan(f"]E0{card}"), CardScanned)
    assert till.foresee(f"]E0{card}") is not None
    assert till.goods(str(card)) is None
