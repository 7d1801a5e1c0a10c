"""What codes mean, by numbers from the GS1 General Specifications and from real packages."""

import pytest

from pos_app.loyalty import barcodes
from pos_app.loyalty.barcodes import Code, Price
from pos_app.loyalty.cards import check_digit

GS = "\x1d"
EAN = "3800123456787"
UPC = "036000291452"
EAN_8 = "96385074"


@pytest.mark.parametrize("identifier", ["", "]E0", "]C0", "]Q1"])
def test_an_identifier_is_no_part_of_the_number(identifier: str) -> None:
    assert barcodes.read(identifier + EAN) == Code(EAN, (EAN,))


@pytest.mark.parametrize("sent", [UPC, f"0{UPC}", f"]E0{UPC}", f"]E00{UPC}", f"00{UPC}"])
def test_upc_a_is_one_number_in_every_form(sent: str) -> None:
    read = barcodes.read(sent)
    assert {UPC, f"0{UPC}"} <= set(read.numbers)
    assert not read.is_misread


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("04252614", "042100005264"),
        ("0425261", "042100005264"),
        ("425261", "042100005264"),
        ("4252614", "042100005264"),
        ("01234505", "012000003455"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234565", "012345000065"),
        ("11234562", "112345000062"),
    ],
)
def test_upc_e_is_read_in_full(short: str, whole: str) -> None:
    read = barcodes.read(short)
    assert read.text == read.numbers[0] == short
    assert {whole, f"0{whole}"} <= set(read.numbers)
    assert not read.is_misread


def test_ean_8_is_itself_and_one_that_was_filled_up_is_ean_8() -> None:
    assert barcodes.read(f"]E4{EAN_8}").numbers == (EAN_8,)
    assert EAN_8 in barcodes.read(f"]E000000{EAN_8}").numbers
    assert barcodes.read("]E401234505") == Code("01234505", ("01234505",), is_misread=True)


def test_an_add_on_is_left_out() -> None:
    assert barcodes.read("]E3978020137962112345").text == "9780201379621"


@pytest.mark.parametrize("wrong", ["3800123456786", "036000291453", "96385075", "04252615", "]E03800123456786"])
def test_a_wrong_check_digit_is_a_misread(wrong: str) -> None:
    assert barcodes.read(wrong).is_misread


@pytest.mark.parametrize(
    "text", ["]C03800123456786", "]Q13800123456786", "12345", "1234567890", "KOOP-29", "۲۹۱۲۳۴۵۶۷۸۹۰۷", "", "]", "]E0"]
)
def test_what_has_no_check_digit_of_ean_is_no_misread(text: str) -> None:
    assert not barcodes.read(text).is_misread


@pytest.mark.parametrize("identifier", ["]C1", "]e0", "]d2", "]Q3", ""])
def test_an_element_string_is_its_goods(identifier: str) -> None:
    read = barcodes.read(f"{identifier}010{EAN}1728010110LOT-7{GS}21A1")
    assert EAN in read.numbers
    assert (read.weight_milli, read.pieces, read.price) == (None, None, None)


def test_an_element_string_of_weighed_goods() -> None:
    read = barcodes.read("]e001980012345678763103000195" + "3922000345")
    assert (read.weight_milli, read.price) == (195, Price(345, 2))
    assert read.numbers[1:] == ("98001234567876", f"800123456787{check_digit('800123456787')}")
    read = barcodes.read(f"]C1{GS}3932978{'1099'}{GS}3101000015010{EAN}")
    assert (read.weight_milli, read.price) == (1500, Price(1099, 2, "EUR"))


def test_a_link_of_gs1_is_its_goods() -> None:
    read = barcodes.read(f"https://id.coop.example/shop/01/{EAN}/10/LOT?3103=000350&lang=bg")
    assert EAN in read.numbers
    assert read.weight_milli == 350
    assert barcodes.read("https://coop.example/01/club").numbers == ("https://coop.example/01/club",)


def test_a_case_is_not_its_content_and_counted_goods_are_counted() -> None:
    case = f"1{EAN[:-1]}"
    case += str(check_digit(case))
    assert barcodes.read(f"]C101{case}").numbers[1:] == (case,)
    assert barcodes.read(f"]C1020{EAN}3724").pieces == 24


@pytest.mark.parametrize("wrong", [f"010{EAN[:-1]}6", "01", "]C1", "]C101123", "0103800123456787ж", f"]C1{GS}{GS}"])
def test_a_torn_element_string_is_no_goods(wrong: str) -> None:
    assert len(barcodes.read(wrong).numbers) == 1


def test_an_element_string_with_a_wrong_number_is_a_misread() -> None:
    assert barcodes.read("]C10103800123456786").is_misread


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        (Price(345, 2), "EUR", 345),
        (Price(34, 1), "EUR", 340),
        (Price(3450, 3), "EUR", 345),
        (Price(3455, 3), "EUR", None),
        (Price(345, 2, "EUR"), "EUR", 345),
        (Price(345, 2, "BGN"), "EUR", None),
        (Price(250000, 0), "IRR", 250000),
    ],
)
def test_a_price_in_minor_units(price: Price, currency: str, minor: int | None) -> None:
    assert price.minor(currency) == minor
