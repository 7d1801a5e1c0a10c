"""The points slip: everything explained, and nothing that looks like a fiscal receipt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app import texts
from pos_app.loyalty import slip
from pos_app.loyalty.basket import Basket, Line, Offer, Swap
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.facts import Fact, GoodsReturned, LineBack, PointsBack
from pos_app.loyalty.paper import Barcode, Document, Pair, Text
from pos_app.loyalty.quote import completed, quote
from pos_app.loyalty.slip import SlipHead
from tests.helpers.shop import BREAD, CARD, CHEESE, COFFEE, LEV_DAY, MILK, PROGRAMME, customer

HEAD = SlipHead(("Магазин 12", "с. Долно Нанагорнище"), 1, "Иванка")
VERSION = PROGRAMME.version_at(LEV_DAY)
LINES = (Line(BREAD, 1000, 120), Line(MILK, 2000, 230, 30), Line(CHEESE, 350, 999))


def rows(document: Document) -> list[str]:
    shown = []
    for part in document:
        match part:
            case Text(text):
                shown.append(text)
            case Pair(left, right):
                shown.append(f"{left} | {right}")
            case Barcode(symbology, data):
                shown.append(f"[{symbology} {data}]")
            case _:
                pass
    return shown


def slip_of(basket: Basket, who: Customer | None, language: str = "bg") -> list[str]:
    quoted = quote(basket, who, VERSION, LEV_DAY, PROGRAMME.zone)
    body = completed(quoted, 10_000_412, [])
    words = texts.words(language, PROGRAMME.zone)
    return rows(slip.sale_slip(body, LEV_DAY, quoted.balance_after, HEAD, PROGRAMME, VERSION, words))


def test_every_line_and_every_point_is_explained() -> None:
    shown = slip_of(Basket(LINES, (Swap(COFFEE),), CARD), customer())
    assert shown[0] == "БЕЛЕЖКА ЗА ТОЧКИ"
    assert "Бележка № 0001-0000412 | Каса 1" in shown
    assert "Хляб Добруджа | 1,20 лв." in shown
    assert "  2 × 2,30 лв. | 4,60 лв." in shown
    assert "  отстъпка | −0,30 лв." in shown
    assert "  0,350 кг × 9,99 лв. | 3,50 лв." in shown
    assert "Стойност на стоките | 9,00 лв." in shown
    assert "1 × Кафе 100 г | 60 т." in shown
    assert "1 точка на 0,50 лв. за стоки от други марки: 4,70 лв. → 9" in shown
    assert "2 точки на 0,50 лв. за стоки с марка КООП: 4,30 лв. → 16" in shown
    assert "Спечелени точки | 25" in shown
    assert "Използвани точки | 60" in shown
    assert "Вашите точки сега | 65" in shown
    assert "[CODE128 S00010000412]" in shown


def test_the_card_is_not_printed_whole() -> None:
    shown = "\n".join(slip_of(Basket(LINES, (), CARD), customer()))
    assert "Карта *0018" in shown
    assert str(CARD) not in shown


def test_english() -> None:
    shown = slip_of(Basket(LINES, (), CARD), customer(), "en")
    assert "2 points per 0.50 BGN on goods of the brand КООП: 4.30 BGN → 16" in shown


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("who", [None, customer(), customer(status="blocked"), customer(active_from=LEV_DAY + 1)])
def test_it_is_no_fiscal_receipt(language: str, who: Customer | None) -> None:
    shown = "\n".join(slip_of(Basket(LINES, (), CARD if who else None), who, language)).lower()
    for word in ("фискал", "fiscal", "ддс", "vat", "касов бон", "данъч"):
        assert word not in shown


def test_k7_the_slip_says_why_the_card_took_no_part() -> None:
    shown = slip_of(Basket(LINES, (), CARD), customer(active_from=LEV_DAY + 3_600_000))
    assert "Картата става активна на 03.11.2025 11:00. Дотогава не събира и не разменя точки." in shown
    assert not any("точки на 0,50" in row for row in shown)


def test_a_return() -> None:
    quoted = quote(Basket(LINES, (Swap(COFFEE),), CARD), customer(), VERSION, LEV_DAY, PROGRAMME.zone)
    sale = Fact(b"s", 1, 1, 1, LEV_DAY, completed(quoted, 10_000_412, []))
    back = GoodsReturned(
        10_000_413,
        b"s",
        "BGN",
        430,
        (LineBack(1, 2000),),
        (LineBack(0, 1000),),
        CARD,
        (PointsBack(1, 16),),
        (PointsBack(0, 60),),
    )
    words = texts.words("bg", PROGRAMME.zone)
    shown = rows(slip.return_slip(back, LEV_DAY, sale, 109, HEAD, PROGRAMME, words))
    assert "ВРЪЩАНЕ НА СТОКИ" in shown
    assert "По бележка № 0001-0000412 от 03.11.2025 10:00" in shown
    assert "2 × Прясно мляко КООП" in shown
    assert "Отнети точки | 16" in shown
    assert "Върнати точки | 60" in shown
    assert "Вашите точки сега | 109" in shown


def test_money_on_top_of_points_is_shown_where_it_is_asked() -> None:
    dear = Offer("pot", "1", "Тенджера", 10, price_minor=500)
    shown = slip_of(Basket(LINES[:1], (Swap(dear, 2),), CARD), customer())
    assert "2 × Тенджера | 20 т. + 10,00 лв." in shown
    assert shown.index("2 × Тенджера | 20 т. + 10,00 лв.") < shown.index("Стойност на стоките | 11,20 лв.")


def test_a_refund_in_another_currency_names_both() -> None:
    quoted = quote(Basket(LINES[:1], (), CARD), customer(), VERSION, LEV_DAY, PROGRAMME.zone)
    sale = Fact(b"s", 1, 1, 1, LEV_DAY, completed(quoted, 10_000_412, []))
    back = GoodsReturned(10_000_413, b"s", "EUR", 61, (LineBack(0, 1000),), refund_then_minor=120)
    shown = rows(slip.return_slip(back, LEV_DAY, sale, None, HEAD, PROGRAMME, texts.words("bg", PROGRAMME.zone)))
    assert "Стойност на върнатото | 0,61 €" in shown
    assert "Тогава: 1,20 лв." in shown


def test_a_copy_says_so_first() -> None:
    document = slip.as_copy((Text("x"),), texts.words("bg"))
    assert rows(document)[0] == "КОПИЕ"


@given(st.integers(1, 9999), st.integers(0, slip.TILL_SPACE - 1))
def test_a_slip_number_is_read_back(till: int, counter: int) -> None:
    number = till * slip.TILL_SPACE + counter
    assert slip.parse_slip(slip.slip_text(number)) == number
    assert slip.parse_slip(slip.slip_code(number)) == number
    assert slip.parse_slip(slip.slip_code(number).lower()) == number


@given(st.text())
def test_no_text_breaks_the_reading_of_slip_numbers(text: str) -> None:
    number = slip.parse_slip(text)
    assert number is None or 0 <= number < 10**11


def test_a_bare_counter_is_read_as_it_is() -> None:
    assert slip.parse_slip(" 412 ") == 412
    assert slip.parse_slip("") is None
    assert slip.parse_slip("-5") is None
